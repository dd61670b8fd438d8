"""What each table knows of time: from when, up to when, and how complete; and where that must not fire."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path

import pytest

from crm_metrics import api
from crm_metrics.errors import NothingToReport, UsageError
from crm_metrics.reporting.report import Report
from crm_metrics.settings import Settings, validated
from crm_metrics.tables import Coverage

TODAY = date(2026, 11, 1)


def days(first: str, last: str, step: int = 1, *, weekdays: bool = False) -> list[date]:
    start, end = date.fromisoformat(first), date.fromisoformat(last)
    every = [start + timedelta(days=place) for place in range(0, (end - start).days + 1, step)]
    return [day for day in every if not weekdays or day.weekday() < 5]


HEADER = "Order ID,Customer ID,Order Date,Amount"


def orders(folder: Path, dates: Iterable[date], name: str = "orders.csv") -> str:
    path = folder / name
    path.write_text(
        "\n".join([HEADER, *(f"{name}{place},C{place % 7},{day},20" for place, day in enumerate(dates))]) + "\n"
    )
    return str(path)


def tickets(folder: Path, rows: Iterable[tuple[date, date | str]], name: str = "tickets.csv") -> str:
    lines = [f"{place},{came},{solved},{'Solved' if solved else 'Open'}" for place, (came, solved) in enumerate(rows)]
    path = folder / name
    path.write_text("\n".join(["Ticket ID,Created at,Solved at,Status", *lines]) + "\n")
    return str(path)


def told(paths: list[str], period: str | None, *metrics: str, **settings: object) -> Report:
    given: Settings = validated(settings, "test")
    return api.report(paths, period=period, metrics=metrics, compare="previous", settings=given, today=TODAY)


def row(report: Report, metric: str) -> dict[str, object]:
    (found,) = report.rows[report.rows["metric"] == metric].to_dict("records")
    return found


def covered(paths: list[str], table: str, **settings: object) -> Coverage:
    asked = api.query(metrics=["orders", "tickets_created"], settings=validated(settings, "test"))
    return api.load(paths, asked, today=TODAY).coverage[table]


def test_a_table_that_ends_early_has_no_figure_beyond_and_a_part_of_the_month_it_ends_in(tmp_path: Path) -> None:
    paths = [orders(tmp_path, days("2025-08-01", "2025-12-31"))]
    paths.append(tickets(tmp_path, [(day, day) for day in days("2025-08-01", "2025-11-20", weekdays=True)]))

    for metric in ("tickets_created", "tickets_solved", "backlog"):
        found = row(told(paths, "2025-12", "orders", metric), metric)
        assert (found["status"], found["reason"], found["n"]) == ("unavailable", "not-covered", 0)
    part = row(told(paths, "2025-11", "tickets_created"), "tickets_created")
    assert (part["status"], part["complete"], part["value"]) == ("partial", False, 14)
    assert part["compare_value"] == 14  # of the first twenty days of October
    report = told(paths, "2025-12", "orders", "tickets_created")
    assert report.missing["tickets_created"] == "the tickets end on 2025-11-20"
    assert report.uncovered == ["The tickets end on 2025-11-20: figures of them go no further."]


@pytest.mark.parametrize(
    ("dates", "is_stale"),
    [
        (days("2025-08-01", "2025-12-24"), False),  # the week after Christmas
        (days("2025-08-01", "2025-12-20"), True),
        (days("2025-08-04", "2025-12-15", 7), False),  # twenty orders, one a week
        (days("2023-01-02", "2025-11-24", 14), False),  # every other week, for years
        (days("2025-11-24", "2025-12-05"), False),  # a young company
        (days("2025-08-01", "2025-08-20"), True),
    ],
    ids=["a quiet week", "eleven days without any", "one a week", "every other week", "a few days ago", "months ago"],
)
def test_a_pause_that_is_usual_for_a_table_does_not_end_it(tmp_path: Path, dates: list[date], is_stale: bool) -> None:
    known = covered([orders(tmp_path, dates)], "orders", as_of="2025-12-31")

    assert known.complete == (dates[-1] if is_stale else date(2025, 12, 31))
    assert known.known_until == known.complete


def test_what_was_created_in_a_quarter_knows_of_solutions_later_and_is_yet_no_later_month(tmp_path: Path) -> None:
    rows = [(day, day + timedelta(days=place % 60)) for place, day in enumerate(days("2025-07-01", "2025-09-30"))]
    paths = [tickets(tmp_path, rows)]
    known = covered(paths, "tickets", as_of="2025-11-05")

    assert (known.known_until, known.complete) == (date(2025, 11, 5), date(2025, 9, 30))
    with pytest.raises(NothingToReport, match="the tickets end on 2025-09-30"):
        told(paths, "2025-10", "tickets_solved", "tickets_created", as_of="2025-11-05")
    few = [pair for place, pair in enumerate(rows) if place % 4 == 0]  # too few to say that they were chosen
    assert covered([tickets(tmp_path, few, "few.csv")], "tickets", as_of="2025-11-05").complete == date(2025, 11, 5)


@pytest.mark.parametrize("name", ["orders-2026-01-05.csv", "export_20260105.csv", "Bestellungen 05.01.2026.csv"])
def test_the_day_in_a_files_name_is_that_of_the_export(tmp_path: Path, name: str) -> None:
    assert covered([orders(tmp_path, days("2025-08-01", "2025-12-31"), name)], "orders").known_until == date(2026, 1, 5)
    late = orders(tmp_path, days("2025-08-01", "2025-11-20"), name)  # more than a month after the newest record
    assert covered([late], "orders").known_until == date(2025, 11, 20)


def test_the_settings_say_up_to_when_files_know_everything(tmp_path: Path) -> None:
    path = orders(tmp_path, days("2025-08-01", "2025-11-20"))
    files = [{"path": "orders.csv", "until": date(2025, 12, 31)}]

    assert row(told([path], "2025-12", "orders", files=files), "orders")["value"] == 0
    files = [{"path": "orders.csv", "until": date(2025, 11, 10)}]
    assert row(told([path], "2025-11", "orders", files=files), "orders")["value"] == 10


@pytest.mark.parametrize("odd", ["2026-08-02", "2024-06-30"])
def test_a_date_far_out_of_line_moves_nothing_and_is_reported(tmp_path: Path, odd: str) -> None:
    dates = days("2025-08-01", "2025-12-31")
    plain, with_odd = (
        told([orders(tmp_path, every)], None, "orders", "revenue")
        for every in (dates, [*dates, date.fromisoformat(odd)])
    )

    assert (plain.as_of, plain.period) == (with_odd.as_of, with_odd.period) == (date(2025, 12, 31), "2025-12")
    assert str(row(plain, "orders")) == str(row(with_odd, "orders"))
    assert [issue.count for issue in with_odd.issues if issue.code == "date-out-of-line"] == [1]
    first = told([orders(tmp_path, [*dates, date.fromisoformat(odd)])], "2025-08", "orders")
    assert str(row(first, "orders")["compare_value"]) == "nan"
    many = [*dates, *days("2026-08-02", "2026-08-05")]  # four of them are no slip
    assert told([orders(tmp_path, many)], "2026-08", "orders").as_of == date(2026, 8, 5)


@pytest.mark.parametrize("later", [["2025-11-04"], ["2025-09-02", "2025-09-29", "2025-11-04"]])
def test_a_few_late_records_of_another_table_make_no_month_of_their_own(tmp_path: Path, later: list[str]) -> None:
    few = [(day, "") for day in (*days("2025-05-03", "2025-08-20", 30), *map(date.fromisoformat, later))]
    paths = [orders(tmp_path, days("2025-05-01", "2025-08-31")), tickets(tmp_path, few)]

    assert told(paths, None, "orders").period == "2025-08"
    many = [*few, (date(2025, 11, 5), ""), (date(2025, 11, 6), ""), (date(2025, 11, 7), "")]
    assert told([paths[0], tickets(tmp_path, many)], None, "tickets_created").period == "2025-10"


def test_nothing_is_compared_with_what_was_before_the_first_record(tmp_path: Path) -> None:
    paths = [orders(tmp_path, days("2025-07-20", "2025-12-31"))]
    august, july, june = (told(paths, period, "orders", "revenue") for period in ("2025-08", "2025-07", "2025-09"))

    assert str(row(august, "orders")["compare_value"]) == "nan"  # July begins nineteen days before the first order
    assert row(june, "orders")["compare_value"] == 31
    assert row(july, "orders")["value"] == 12
    assert july.uncovered == ["The orders begin on 2025-07-20: 2025-07 is not whole."]
    months = api.report(paths, period="2025-04..2025-08", by=["month"], metrics=["orders"], today=TODAY)
    assert months.uncovered == ["The orders begin on 2025-07-20: 2025-04 to 2025-07 are not whole."]  # said once
    close = told([orders(tmp_path, days("2025-07-03", "2025-12-31"))], "2025-08", "orders")  # within a tenth of July
    assert row(close, "orders")["compare_value"] == 29


def test_two_tables_that_end_within_the_period_give_no_ratio_of_both(tmp_path: Path) -> None:
    spend = tmp_path / "spend.csv"
    spend.write_text(
        "\n".join(["Date,Campaign,Cost", *(f"{day},A,10" for day in days("2025-08-01", "2025-11-30"))]) + "\n"
    )
    paths = [orders(tmp_path, days("2025-08-01", "2025-12-31")), str(spend)]
    year = told(paths, "2025", "cac", "orders")

    assert row(year, "cac")["reason"] == "not-covered"
    assert year.missing["cac"] == "the campaign costs end on 2025-11-30 and the orders end on 2025-12-31"
    assert row(told(paths, "2025-08", "cac"), "cac")["value"] == pytest.approx(310 / 7)  # both know August


@pytest.mark.parametrize("metric", ["deals_won", "deals_created", "win_rate", "tickets_solved"])
def test_a_month_in_which_a_table_ends_is_no_month_of_its_forecast(tmp_path: Path, metric: str) -> None:
    """Of records created up to the end of September the ends are known until December, and the report has no figure beyond
    September: the forecast is that of October, by whole months. A table that goes on changes nothing."""
    created = days("2025-01-01", "2025-09-30")
    ends = [day + timedelta(days=5 + 7 * place % 80) for place, day in enumerate(created)]
    rows = [(day, end) for day, end in zip(created, ends, strict=True)]
    stages = ("Closed Won", "Closed Lost", "Closed Won")
    lines = [f"D{place},{stages[place % 3]},{day},{end}" for place, (day, end) in enumerate(rows)]
    (deals := tmp_path / "deals.csv").write_text("\n".join(["Deal ID,Stage,Created At,Close Date", *lines]) + "\n")
    own = str(deals) if "deal" in metric or metric == "win_rate" else tickets(tmp_path, rows)
    others = orders(tmp_path, days("2025-01-01", "2025-12-31"))
    alone, beside = (api.forecast(paths, metric, today=TODAY) for paths in ([own], [own, others]))

    assert (beside.as_of, beside.period.label) == (date(2025, 9, 30), "2025-10")
    assert [one.chosen for one in beside.forecasts] == [one.chosen for one in alone.forecasts]
    with pytest.raises(UsageError, match="2025-09 is over at 2025-09-30"):
        api.forecast([own, others], metric, period="2025-09", today=TODAY)


def test_two_exports_of_months_side_by_side_are_one_table(tmp_path: Path) -> None:
    paths = [
        orders(tmp_path, days("2025-08-01", "2025-08-31"), "august.csv"),
        orders(tmp_path, days("2025-09-01", "2025-09-30"), "september.csv"),
    ]

    for period, many in (("2025-08", 31), ("2025-09", 30)):
        assert row(told(paths, period, "orders"), "orders")["value"] == many
