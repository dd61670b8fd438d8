"""Figures that follow records to what became of them are compared with what the earlier period was at the same age."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from crm_metrics import api
from crm_metrics.metrics import catalog
from crm_metrics.settings import Settings, validated

from ..conftest import TODAY
from .conftest import Reports
from .exports import Exports, of_seed
from .figures import text

CATALOG = catalog.built_in()
FOLLOWED = tuple(metric.name for metric in CATALOG.shown() if CATALOG.follows(metric))


def known(exports: Exports, day: date) -> Exports:
    files = validated({"files": [{"path": "*.csv", "until": day}]}, "test").files
    return replace(exports, settings=exports.settings.but(as_of=day, files=files))


def compared(
    reports: Reports, exports: Exports, period: str, earlier: str, column: str
) -> dict[tuple[str, ...], float]:
    rows = reports(exports, period, metrics=FOLLOWED, compare=earlier).rows
    stages = [text(stage) or "" for stage in rows["stage"]] if "stage" in rows else [""] * len(rows)
    found = zip(rows["metric"], stages, rows[column], rows["currency"], strict=True)
    return {(metric, stage): value for metric, stage, value, money in found if value == value and not text(money)}


def test_the_figures_that_follow_records_are_those_that_the_law_names() -> None:
    assert set(FOLLOWED) == {
        *("sales_conversion_rate", "deals_created_won", "deals_created_lost", "deals_created_open"),
        *("lead_conversion_to_date", "unanswered_rate", "lead_unanswered_rate"),
        *("stage_conversion_rate", "stage_went_on", "stage_lost", "stage_waiting", "stage_amount_lost"),
    }


# In those of 8 and 36 deals enter stages after they were lost.
@pytest.mark.parametrize("seed", [6, 11, 12, 18])
@pytest.mark.parametrize(
    ("period", "day", "earlier", "then"),
    [
        ("2024-03", date(2024, 4, 10), "2024-02", date(2024, 3, 10)),
        ("2024-03", date(2024, 3, 31), "2024-01", date(2024, 1, 31)),
        ("2024-04", date(2024, 4, 12), "2024-02", date(2024, 2, 12)),
    ],
)
def test_an_earlier_period_is_compared_as_a_report_of_the_same_age_shows_it(
    seed: int, period: str, day: date, earlier: str, then: date, reports: Reports
) -> None:
    """For a period to date (the last case): as many days after its start."""
    now = compared(reports, known(of_seed(seed), day), period, earlier, "compare_value")
    told = compared(reports, known(of_seed(seed), then), earlier, "none", "value")

    shared = now.keys() & told.keys()
    assert shared
    assert {key: now[key] for key in shared} == pytest.approx({key: told[key] for key in shared})


HEADER = "Deal ID,Stage,Amount,Create Date,Close Date"


def deals(folder: Path, *, dated: bool) -> str:
    """Deals of January and May that fare alike: a third is won after 40 days, a third lost, a third stays open."""
    lines = [HEADER if dated else HEADER.replace("Close Date", "Expected Close Date")]
    for month in (1, 2, 3, 4, 5):
        for number in range(60):
            created = date(2025, month, 1) + timedelta(number % 28)
            closed = created + timedelta(20 + number % 40)
            stage = ("Closed Won", "Closed Lost", "Proposal")[number % 3]
            open_ = stage == "Proposal" or (closed > date(2025, 5, 31))
            end = "" if open_ or not dated else closed
            lines.append(f"{month}-{number},{'Proposal' if open_ else stage},100,{created},{end}")
    path = folder / "deals.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return str(path)


@pytest.mark.parametrize("dated", [True, False], ids=["dated", "without dates"])
def test_young_deals_are_no_worse_for_their_age(dated: bool, tmp_path: Path) -> None:
    rows = api.report(
        [deals(tmp_path, dated=dated)],
        period="2025-05",
        compare="2025-01",
        metrics=["sales_conversion_rate", "deals_created"],
        settings=Settings(as_of=date(2025, 5, 31)),
        today=TODAY,
    ).rows.set_index("metric")
    rate = rows.loc["sales_conversion_rate"]

    assert rate["signal"] not in ("better", "worse", "maybe better", "maybe worse")
    assert math.isnan(rate["compare_value"]) is not dated
    assert (rate["signal"] is None) is not dated
    assert rows.loc["deals_created", "compare_value"] == 60


@pytest.mark.parametrize("dated", [True, False], ids=["dated", "without dates"])
@pytest.mark.parametrize("day", [date(2025, 5, 31), date(2025, 6, 10)])
def test_a_trend_is_of_periods_of_the_same_age(dated: bool, day: date, tmp_path: Path) -> None:
    """Every month fares alike, so that none is fitted as lower than another; without dates of the outcome none is fitted."""
    found = api.trend(
        [deals(tmp_path, dated=dated)],
        ["sales_conversion_rate", "deals_created"],
        settings=Settings(as_of=day),
        today=TODAY,
    )
    rates, created = ([point for point in track.points if point.fitted] for track in found.tracks)

    assert [point.period for point in rates] == ([f"2025-0{month}" for month in range(1, 6)] if dated else [])
    assert len({point.value for point in rates}) == dated
    assert len(created) >= 4
    assert ("as it stood at the age that 2025-05 has now" in " ".join(found.notes)) is dated
    assert ("no trend" in " ".join(found.notes)) is not dated


@pytest.mark.parametrize("seed", [6, 11])
def test_the_figures_of_a_trend_are_those_that_a_report_is_compared_with(seed: int, reports: Reports) -> None:
    exports = known(of_seed(seed), date(2024, 4, 12))
    now = compared(reports, exports, "2024-03", "2024-01", "compare_value")
    asked = api.query(period="2024-01..2024-04", by=["month"], metrics=FOLLOWED)
    rows = api.compute(reports.dataset(exports, metrics=FOLLOWED), asked, alike=True).rows
    stages = rows["stage"].fillna("") if "stage" in rows else [""] * len(rows)
    first = {
        (metric, stage): value
        for metric, stage, value, label, money in zip(
            rows["metric"], stages, rows["value"], rows["period"], rows["currency"], strict=True
        )
        if label == "2024-01" and value == value and not text(money)
    }

    assert now.keys() & first.keys()
    assert {key: first[key] for key in now.keys() & first.keys()} == pytest.approx(
        {key: now[key] for key in now.keys() & first.keys()}
    )
