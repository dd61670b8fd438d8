"""A figure opened: the rows that `explain --rows` writes give the value again, worked out by a few independent lines."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator
from fractions import Fraction
from functools import cache
from pathlib import Path

import pandas as pd
import pytest

from crm_metrics import api
from crm_metrics.analysis.explanation import Opened
from crm_metrics.commands.explain.book import book
from crm_metrics.metrics.catalog import built_in
from crm_metrics.metrics.metric import Metric
from crm_metrics.tables import Dataset
from crm_metrics.writers import write

from .conftest import TODAY
from .oracle.figures import incidence_median, median, quantile, survival_median

SAMPLE = str(Path(__file__).parents[1] / "sample_data")
CATALOG = built_in()
PERIODS = ("2025-Q3", "2024", "2025-11")
SEGMENTS: tuple[tuple[str, ...], ...] = ((), ("owner",), ("plan",), ("source",))


@cache
def dataset() -> Dataset:
    """The sample data with all that any segment needs, read once."""
    by = [name for segment in SEGMENTS for name in segment]
    return api.load([SAMPLE], api.query(period="2025-Q3", by=by), today=TODAY, ids=True)


def opened(name: str, period: str, segment: dict[str, str]) -> Opened:
    asked = api.query(period=period, by=list(segment), metrics=[name], compare="none")
    return api.open_figure(dataset(), asked, segment)


def written(figure: Opened) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(str(write(book(figure), "csv")))))


def again(metric: Metric, rows: list[dict[str, str]]) -> Fraction | None:
    """The value of an aggregate from its rows alone; None where they are too few to say."""
    values = [Fraction(row["counts_as"]) for row in rows if row["counts_as"]] if metric.aggregate != "distinct" else []
    match metric.aggregate:
        case "count":
            return Fraction(len(rows))
        case "distinct":
            often = Counter(row["counts_as"] for row in rows)
            return Fraction(sum(count >= (metric.at_least or 1) for count in often.values()))
        case "sum":
            return sum(values, Fraction())
        case "mean":
            return sum(values, Fraction()) / len(values) if values else None
        case "median":
            return median(values) if values else None
        case "quantile":
            return quantile(values, Fraction(str(metric.q))) if values else None
    waits = [row for row in rows if row["counts_as"]]
    ended, *other = metric.event
    if other:
        ends = [
            (
                Fraction(row["counts_as"]),
                "won" if row[ended] == "true" else "lost" if row[other[0]] == "true" else "open",
            )
            for row in waits
        ]
        return incidence_median(ends)
    return survival_median([(Fraction(row["counts_as"]), row[ended] == "true") for row in waits])


def value_again(figure: Opened) -> float:
    """The figure from its rows, through its formulas."""
    rows = written(figure)
    known: dict[str, float] = dict(figure.now.named)
    for part in figure.now.parts:
        found = again(part.metric, [row for row in rows if row["part"] == part.metric.name])
        assert found is not None
        known[part.metric.name] = float(found)
    for step in reversed(figure.now.steps):
        value = eval(step.metric.formula_text, {}, known)  # our own catalogue's text
        known[step.metric.name] = 1 - (1 - value) ** (1 / 3) if step.metric.per_month else value
    return known[figure.now.metric.name]


@cache
def given_rows(by: tuple[str, ...]) -> pd.DataFrame:
    """The rows of the report that have a value."""
    rows = api.compute(dataset(), api.query(period="2025-Q3", by=by, compare="none"), strict=False).rows
    return rows[rows["status"] != "unavailable"]


def segments(metric: Metric, by: tuple[str, ...]) -> Iterator[dict[str, str]]:
    """The first and the last of the segments in which the metric has a value: the last is often of rows without any."""
    given = given_rows(by)
    given = given[given["metric"] == metric.name]
    each = given[[*by, *metric.per]].drop_duplicates()
    for values in each.iloc[sorted({0, len(each) - 1})].itertuples(index=False) if len(each) else ():
        yield dict(zip((*by, *metric.per), map(str, values), strict=True))


# What is worked out over months is opened month by month (test_lifetime_value).
OF_ROWS = [metric.name for metric in CATALOG.shown() if not any(part.over_months for part in CATALOG.parts([metric]))]


@pytest.mark.parametrize("by", SEGMENTS, ids=lambda by: "-".join(by) or "all")
@pytest.mark.parametrize("name", OF_ROWS)
def test_the_rows_give_the_value_again(name: str, by: tuple[str, ...]) -> None:
    metric = CATALOG[name]
    checked = 0
    for segment in segments(metric, by):
        figure = opened(name, "2025-Q3", segment)
        for amount in figure.now.amounts:
            if amount.value is not None and len(figure.now.amounts) == 1:
                assert amount.value == pytest.approx(value_again(figure), rel=1e-9, abs=1e-9)
                checked += 1
    assert (
        checked
        or not list(segments(metric, by))
        or any(_in_currencies(name, segment) for segment in segments(metric, by))
    )


def _in_currencies(name: str, segment: dict[str, str]) -> bool:
    return len(opened(name, "2025-Q3", segment).now.amounts) > 1


@pytest.mark.parametrize("period", PERIODS)
@pytest.mark.parametrize(
    "name", ["win_rate", "revenue_won", "mrr", "churn_rate", "nps", "first_response_time", "backlog"]
)
def test_every_row_of_the_table_is_counted_or_left_out_for_a_reason(name: str, period: str) -> None:
    for part in opened(name, period, {}).now.parts:
        without_value = part.left_out.get("without a value", 0)
        assert part.total == len(part.rows) + sum(part.left_out.values()) - without_value


@pytest.mark.parametrize("period", PERIODS)
@pytest.mark.parametrize("name", ["backlog", "open_pipeline", "mrr", "customers_at_start", "churn_rate"])
def test_of_a_stock_every_row_is_written_counted_or_with_the_reason_why_not(name: str, period: str) -> None:
    figure = opened(name, period, {})
    rows = written(figure)
    for part in figure.now.parts:
        if part.metric.open is None:
            continue
        without = [row for row in rows if row["part"] == f"{part.metric.name}, not counted"]
        counted = {(row["file"], row["row"]) for row in rows if row["part"] == part.metric.name}
        reasons = {name: count for name, count in part.left_out.items() if name != "without a value"}
        assert Counter(row["left_out"] for row in without) == reasons
        assert part.total == len(without) + len(part.rows)
        assert {row["counts_as"] for row in without} <= {""}
        assert counted


def test_what_is_not_in_a_stock_says_whether_it_came_later_or_had_gone(tmp_path: Path) -> None:
    path = tmp_path / "tickets.csv"
    path.write_text(
        "Ticket ID,Created At,Solved At\n1,2024-01-02,\n2,2024-03-31,2024-04-01\n3,2024-03-05,2024-03-31\n4,2024-04-01,\n",
        encoding="utf-8",
    )
    figure = api.explain([str(path)], "backlog", period="2024-03", today=TODAY)

    assert {"2": "", "3": "", "4": "that had gone by that moment", "5": "that came after that moment"} == {
        row["row"]: row["left_out"] for row in written(figure)
    }


def test_a_figure_says_how_the_vendor_s_own_screen_differs_where_its_file_is_in_use(tmp_path: Path) -> None:
    path = tmp_path / "subscriptions.csv"
    path.write_text(
        "id,Customer ID,Customer Email,Plan,Interval,Amount,Status,Start (UTC),Created (UTC),Ended At (UTC)\n"
        "sub_1,cus_1,a@example.com,Pro,month,10.00,active,2024-01-02 10:00,2024-01-02 10:00,\n",
        encoding="utf-8",
    )
    figure = api.explain([str(path)], "mrr", period="2024-03", today=TODAY)

    assert list(figure.elsewhere) == ["stripe"]
    assert "On the vendor's own screen: Stripe" in str(write(book(figure), "text"))
    assert not opened("revenue_won", "2025-Q3", {}).elsewhere


def test_rows_say_where_they_stand_as_the_spreadsheet_shows_it(tmp_path: Path) -> None:
    path = tmp_path / "deals.csv"
    path.write_text(
        "Deal ID,Owner,Stage,Amount,Close Date\nD1,Ann,Closed Won,10,2024-03-04\nD2,Ben,Closed Lost,20,2024-03-05\n"
        "D3,Ann,Closed Won,30,2024-02-05\n",
        encoding="utf-8",
    )
    figure = api.explain([str(path)], "win_rate", period="2024-03", today=TODAY)

    assert [("deals_won", "2", "D1"), ("closed_deals", "2", "D1"), ("closed_deals", "3", "D2")] == [
        (row["part"], row["row"], row["deal_id"]) for row in written(figure)
    ]
    assert {str(path)} == {row["file"] for row in written(figure)}


def test_a_difference_names_who_came_went_and_changed(tmp_path: Path) -> None:
    path = tmp_path / "subscriptions.csv"
    path.write_text(
        "subscription_id,customer,started_at,ended_at,mrr\n1,A,2024-01-01,,10\n2,B,2024-01-01,2024-03-02,20\n3,C,2024-03-05,,30\n",
        encoding="utf-8",
    )
    figure = api.explain([str(path)], "mrr", period="2024-03", diff="previous", today=TODAY)
    changes = {row["row"]: (row["change"], row["counts_as"], row["counted_as"]) for row in written(figure)}

    assert {"2": ("stayed", "10", "10"), "3": ("left", "", "20"), "4": ("entered", "30", "")} == changes
