"""What a change came of: parts that add up exactly, by each segment's own rate and its share of the mix."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from crm_metrics import api
from crm_metrics.analysis.drivers import by_which
from crm_metrics.errors import NothingToReport, UsageError
from crm_metrics.query import Need

from .conftest import TODAY

SAMPLE = str(Path(__file__).parents[1] / "sample_data")
RATIOS = [
    "win_rate",
    "churn_rate",
    "csat",
    "nps",
    "roi",
    "loss_reasons",
    "average_deal_value",
    "arpu",
    "nrr",
    "reopen_rate",
]
SUMS = ["revenue_won", "mrr", "deals_won", "tickets_created", "new_mrr", "attributed_revenue", "unattributed_revenue"]


@cache
def sample() -> api.Session:
    """The sample data, read once for all metrics that are taken apart."""
    session = api.Session([SAMPLE], today=TODAY)
    for name in (*RATIOS, *SUMS):
        asked = session.query(period="2025-Q3", metrics=[name])
        session.expect(Need.of(replace(asked, by=by_which(asked.only, session.catalog, session.columns))))
    return session


def why(folder: Path, lines: list[str], metric: str = "win_rate", **asked: object) -> api.Why:
    path = folder / "deals.csv"
    path.write_text("\n".join(["Deal ID,Owner,Region,Stage,Amount,Close Date", *lines]) + "\n", encoding="utf-8")
    return api.why([str(path)], metric, period="2024-03", today=TODAY, **asked)  # type: ignore[arg-type]


def deals(owner: str, month: int, won: int, lost: int, region: str = "North") -> list[str]:
    stages = ["Closed Won"] * won + ["Closed Lost"] * lost
    return [f"{owner}{month}{i},{owner},{region},{stage},100,2024-{month:02}-01" for i, stage in enumerate(stages)]


@pytest.mark.parametrize("period", ["2025-Q3", "2025-06"])
@pytest.mark.parametrize("metric", [*RATIOS[:5], *RATIOS[6:], *SUMS])
def test_contributions_add_up_to_the_change_and_effects_to_contributions(metric: str, period: str) -> None:
    change = api.why(sample(), metric, period=period).change

    assert change.dimensions
    for dimension in change.dimensions:
        whole = sum(driver.contribution for driver in dimension.drivers)
        assert whole == pytest.approx(change.now - change.before, rel=1e-9, abs=1e-9)
        for driver in dimension.drivers:
            assert driver.contribution == pytest.approx(driver.rate_effect + driver.mix_effect, rel=1e-12, abs=1e-12)


def test_a_rate_and_its_mix_are_told_apart_by_hand(tmp_path: Path) -> None:
    """Ann: 10 of 20, then 4 of 20. Ben: 5 of 20, then 15 of 60. All: 37.5 %, then 23.75 %."""
    found = why(
        tmp_path,
        [*deals("Ann", 2, 10, 10), *deals("Ben", 2, 5, 15), *deals("Ann", 3, 4, 16), *deals("Ben", 3, 15, 45)],
        by=["owner"],
    )
    ann, ben = sorted(found.change.dimensions[0].drivers, key=lambda driver: driver.segment)
    middle = (0.375 + 0.2375) / 2

    assert (0.375, 0.2375) == (found.change.before, found.change.now)
    assert ((0.5 + 0.25) / 2 * (0.2 - 0.5), 0.0) == (pytest.approx(ann.rate_effect), pytest.approx(ben.rate_effect))
    assert pytest.approx((0.35 - middle) * (0.25 - 0.5)) == ann.mix_effect
    assert pytest.approx((0.25 - middle) * (0.75 - 0.5)) == ben.mix_effect


def test_who_was_not_there_before_changes_the_mix_and_no_rate(tmp_path: Path) -> None:
    found = why(tmp_path, [*deals("Ann", 2, 10, 10), *deals("Ann", 3, 10, 10), *deals("Cleo", 3, 20, 0)], by=["owner"])
    cleo = next(driver for driver in found.change.dimensions[0].drivers if driver.segment == "Cleo")

    assert (None, 1.0, 0.0) == (cleo.before, cleo.now, cleo.rate_effect)
    assert cleo.mix_effect > 0
    assert sum(driver.contribution for driver in found.change.dimensions[0].drivers) == pytest.approx(0.25)


def test_the_dimension_that_explains_most_comes_first(tmp_path: Path) -> None:
    """Everything happened in the South; the owners have changed alike."""
    lines = []
    for owner in ("Ann", "Ben"):
        lines += [*deals(owner, 2, 15, 5, "North"), *deals(owner, 2, 15, 5, "South")]
        lines += [*deals(owner, 3, 15, 5, "North"), *deals(owner, 3, 2, 18, "South")]
    lines = [line.replace(line.split(",")[0], f"D{i}", 1) for i, line in enumerate(lines)]
    change = why(tmp_path, lines, by=["owner", "region"]).change

    assert ["region", "owner"] == [dimension.name for dimension in change.dimensions]
    assert ("South", "worse") == (change.dimensions[0].drivers[0].segment, change.dimensions[0].drivers[0].signal)


def test_of_many_segments_one_is_no_more_than_chance_brings(tmp_path: Path) -> None:
    even = [line for i in range(30) for month in (2, 3) for line in deals(f"P{i}", month, 20, 20)]
    odd = [*deals("Ann", 2, 8, 20), *deals("Ann", 3, 18, 12)]  # alone .014; of 31 together that is nothing
    said = {
        driver.segment: driver.signal
        for driver in why(tmp_path, [*even, *odd], by=["owner"]).change.dimensions[0].drivers
    }
    alone = why(tmp_path, odd, by=["owner"]).change.dimensions[0].drivers[0]

    assert {"no detectable change"} == set(said.values())
    assert ("Ann", "maybe better") == (alone.segment, alone.signal)


def test_segments_of_too_few_records_are_put_together_and_counted(tmp_path: Path) -> None:
    lines = [*deals("Ann", 2, 10, 10), *deals("Ann", 3, 10, 10)]
    for owner in ("Ben", "Cleo", "Dan"):
        lines += [*deals(owner, 2, 1, 1), *deals(owner, 3, 1, 2)]
    dimension = why(tmp_path, lines, by=["owner"]).change.dimensions[0]

    assert {"Ann", "(3 small ones)"} == {driver.segment for driver in dimension.drivers}
    small = next(driver for driver in dimension.drivers if driver.segment != "Ann")
    assert (6, 9, None) == (small.n_before, small.n, small.signal)


@pytest.mark.parametrize("metric", ["median_deal_value", "first_response_time_p90", "churn_rate_monthly", "clv"])
def test_what_has_no_parts_that_add_up_is_refused(metric: str) -> None:
    with pytest.raises(UsageError, match="no parts that add up"):
        api.why([SAMPLE], metric, period="2025-Q3", today=TODAY)


def test_a_dimension_whose_segments_overlap_is_named_not_used() -> None:
    change = api.why([SAMPLE], "active_customers", period="2025-Q3", by=["product", "country"], today=TODAY).change

    assert ["country"] == [dimension.name for dimension in change.dimensions]
    assert "product" in change.refused


def test_without_a_value_in_one_of_the_periods_nothing_is_said(tmp_path: Path) -> None:
    with pytest.raises(NothingToReport, match="earlier period"):
        why(tmp_path, deals("Ann", 3, 10, 10))


def test_a_segment_with_nothing_to_divide_by_makes_no_endless_rate(tmp_path: Path) -> None:
    """Fairs had no new lead in March, but two older ones converted: their own rate does not exist."""
    web = [
        f"W{month}{i},2024-{month:02}-03,Web,{f'2024-{month:02}-09' if i < 4 else ''}"
        for month in (2, 3)
        for i in range(12)
    ]
    fair = ["F1,2024-02-01,Fair,2024-03-05", "F2,2024-02-05,Fair,2024-03-06", "F3,2024-02-06,Fair,2024-02-20"]
    path = tmp_path / "leads.csv"
    path.write_text("\n".join(["Lead ID,Created At,Source,Converted At", *web, *fair]) + "\n", encoding="utf-8")
    change = api.why([str(path)], "lead_conversion_in_period", period="2024-03", by=["source"], today=TODAY).change

    assert [] == change.dimensions
    assert "nothing to divide" in change.refused["source"]


def test_a_metric_of_every_stage_or_reason_is_refused():
    with pytest.raises(UsageError, match="a figure for each stage"):
        api.why([SAMPLE], "stage_conversion_rate", period="2025-Q3", today=TODAY)
