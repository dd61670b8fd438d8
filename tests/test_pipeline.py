"""The open pipeline: what is open, worth, likely, at risk; the same as the report says wherever both speak."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from crm_metrics import api
from crm_metrics.commands.pipeline.book import book
from crm_metrics.errors import NothingToReport, UsageError
from crm_metrics.settings import Settings, from_pairs

from .conftest import TODAY, figures, shared

SAMPLE = str(Path(__file__).parents[1] / "sample_data")
HEADER = "Deal ID,Deal Name,Owner,Stage,Amount,Probability,Created At,Close Date"


def written(folder: Path, lines: list[str], name: str = "deals.csv", header: str = HEADER) -> str:
    path = folder / name
    path.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
    return str(path)


def closed(won: int, lost: int, days: int = 20) -> list[str]:
    """Deals created one a day from the first of 2024, each closed after so many days."""
    first = date(2024, 1, 1)
    return [
        f"C{i},,Ann,{'Closed Won' if i < won else 'Closed Lost'},100,,{first + timedelta(i)},{first + timedelta(i + days)}"
        for i in range(won + lost)
    ]


def test_totals_are_those_of_the_report() -> None:
    settings = Settings(as_of="2025-12-31")
    found = api.pipeline([SAMPLE], settings=settings, today=TODAY).standing
    names = ["open_deals", "open_pipeline", "weighted_pipeline", "overdue_open_deals"]
    said = figures(SAMPLE, metrics=names, period="2025-12", settings=settings)
    (total,) = found.total

    assert said == {
        ("open_deals",): total.deals,
        ("open_pipeline",): total.value,
        ("weighted_pipeline",): pytest.approx(total.by_file),
        ("overdue_open_deals",): total.overdue,
    }
    assert total.overdue == sum(risk.overdue_days is not None for risk in found.risks)


@pytest.mark.parametrize("month", ["2025-06", "2025-09"])
def test_totals_of_a_past_moment_are_those_of_the_report(month: str) -> None:
    last = {"2025-06": "2025-06-30", "2025-09": "2025-09-30"}[month]
    (total,) = api.pipeline([SAMPLE], settings=Settings(as_of=last), today=TODAY).standing.total
    said = figures(SAMPLE, metrics=["open_deals", "open_pipeline", "weighted_pipeline"], period=month)

    assert said == {("open_deals",): total.deals, ("open_pipeline",): total.value}
    assert total.by_file is None


@pytest.mark.parametrize("dim", ["stage", "owner", "expected"])
def test_the_groups_of_a_dimension_make_the_whole(dim: str) -> None:
    standing = api.pipeline([SAMPLE], today=TODAY).standing
    groups, (total,) = standing.groups[dim], standing.total

    assert total.deals == sum(group.deals for group in groups)
    assert total.value == pytest.approx(sum(group.value or 0 for group in groups))
    assert total.by_history == pytest.approx(sum(group.by_history or 0 for group in groups))


def test_an_open_deal_is_weighed_with_the_deals_that_were_open_as_long(tmp_path: Path) -> None:
    """Half of 20 deals are won, all on the 20th day: at 5 days of age the chance is a half; it is not the file's 90 %."""
    path = written(tmp_path, [*closed(10, 10), "O1,New,Ben,Demo,500,0.9,2024-02-05,2024-03-01"])
    (total,) = api.pipeline([path], settings=Settings(as_of="2024-02-10"), today=TODAY).standing.total

    assert (500, 450, 250) == (total.value, total.by_file, total.by_history)


def test_fewer_than_ten_closed_deals_weigh_nothing(tmp_path: Path) -> None:
    path = written(tmp_path, [*closed(4, 5), "O1,New,Ben,Demo,500,,2024-01-20,2024-03-01"])
    (total,) = api.pipeline([path], today=TODAY).standing.total

    assert (500, None, None) == (total.value, total.by_history, total.wins)


def test_what_is_older_than_every_win_counts_for_nothing(tmp_path: Path) -> None:
    old = [f"O{i},,Ben,Demo,500,,2024-01-01,2025-03-01" for i in range(12)]
    path = written(tmp_path, [*closed(10, 10), *old])
    standing = api.pipeline([path], settings=Settings(as_of="2024-12-31"), today=TODAY).standing

    assert (6000, 0) == (standing.total[0].value, standing.total[0].by_history)
    assert (21, 0.0, 12) == (standing.chances[-1].age, standing.chances[-1].share, standing.chances[-1].n)


def test_deals_at_risk_say_why_and_where(tmp_path: Path) -> None:
    lines = [
        *closed(12, 0),
        "O1,Late,Ann,Demo,700,,2024-01-25,2024-02-08",
        "O2,Stuck,Ben,Demo,900,,2024-01-02,2024-05-08",
        "O3,Today,Ben,Demo,100,,2024-01-25,2024-02-10",
    ]
    risks = api.pipeline([written(tmp_path, lines)], settings=Settings(as_of="2024-02-10"), today=TODAY).standing.risks

    assert ["Stuck", "Late"] == [risk.label for risk in risks]
    assert (None, 39, 20.0, 15) == (risks[0].overdue_days, risks[0].age, risks[0].age_limit, risks[0].row)
    assert (2, None, 14) == (risks[1].overdue_days, risks[1].age_limit, risks[1].row)


ACTIVE = "Deal ID,Deal Name,Stage,Created At,Last Activity Date"


def test_deals_without_activity_are_at_risk(tmp_path: Path) -> None:
    lines = [
        "1,Quiet,Demo,2024-01-02,2024-01-10",
        "2,Enough,Demo,2024-01-02,2024-01-11",
        "3,Never,Demo,2024-01-03,",
        "4,Before,Demo,2024-01-05,2023-06-01",
        "5,Young,Demo,2024-01-30,",
        "6,Undated,Demo,,2024-01-01",
        "7,Nothing,Demo,,",
    ]
    path = written(tmp_path, lines, header=ACTIVE)
    standing = api.pipeline([path], settings=Settings(as_of="2024-02-10"), today=TODAY).standing

    assert [("Quiet", 31, False), ("Never", 38, True), ("Before", 36, True), ("Undated", 40, False)] == [
        (risk.label, risk.inactive_days, risk.never) for risk in standing.risks
    ]
    assert (4, 0, 0) == (standing.total[0].inactive, standing.activity.untold, standing.activity.later)


def test_how_long_without_activity_is_too_long_is_a_setting(tmp_path: Path) -> None:
    path = written(tmp_path, ["1,Quiet,Demo,2024-01-02,2024-01-10"], header=ACTIVE)
    found = {
        days: api.pipeline([path], settings=Settings(as_of="2024-02-10", no_activity_days=days)) for days in (30, 31)
    }

    assert {30: 1, 31: 0} == {days: pipeline.standing.total[0].inactive for days, pipeline in found.items()}


def test_activity_after_a_past_day_tells_nothing_of_that_day(tmp_path: Path) -> None:
    lines = [
        "1,Quiet,Demo,2024-01-02,2024-01-10",
        "2,Later,Demo,2024-01-02,2024-05-01",
        "3,Closed,Closed Won,2024-01-02,2024-05-02,2024-05-02",
    ]
    path = written(tmp_path, lines, header=f"{ACTIVE},Close Date")
    past = api.pipeline([path], settings=Settings(as_of="2024-02-10"), today=TODAY)

    assert (["Quiet"], 3, 2) == (
        [risk.label for risk in past.standing.risks],
        past.standing.total[0].deals,
        past.standing.activity.later,
    )
    assert "The last activity of 2 of the 3 deals came after 2024-02-10" in " ".join(book(past).notes)


def test_activity_newer_than_the_newest_deal_is_activity(tmp_path: Path) -> None:
    """As-of is the newest day of the deals. Where it is set, what came before a later activity is not known."""
    path = written(tmp_path, ["1,Old,Demo,2023-01-02,2024-01-12", "2,New,Closed Won,2024-01-10,"], header=ACTIVE)
    newest, asked = (api.pipeline([path], settings=Settings(as_of=day), today=TODAY) for day in (None, "2024-01-11"))

    assert (date(2024, 1, 12), 0) == (newest.as_of, newest.standing.activity.later)
    assert 0 == newest.standing.total[0].inactive
    assert (None, 1) == (asked.standing.total[0].inactive, asked.standing.activity.later)
    assert newest.standing.risks == asked.standing.risks == []


@pytest.mark.parametrize(
    ("header", "line"),
    [("Deal ID,Deal Name,Stage,Created At", "9,Other,Demo,2024-01-02"), (ACTIVE, "9,Other,Demo,2024-01-02,")],
    ids=["no column", "a blank column"],
)
def test_a_file_without_activity_says_nothing_of_its_deals(tmp_path: Path, header: str, line: str) -> None:
    other = written(tmp_path, [line], "other.csv", header)
    settings = Settings(as_of="2024-02-10")
    alone = api.pipeline([other], settings=settings, today=TODAY)
    both = api.pipeline(
        [other, written(tmp_path, ["1,Quiet,Demo,2024-01-02,2024-01-10"], header=ACTIVE)], settings=settings
    )

    assert ([], None) == (alone.standing.risks, alone.standing.total[0].inactive)
    assert "none can be called without activity" in " ".join(book(alone).notes)
    assert (["Quiet"], 1) == ([risk.label for risk in both.standing.risks], both.standing.total[0].inactive)
    assert "the last activity of 1 of the 2 open deals" in " ".join(book(both).notes)


def test_with_a_history_of_stages_the_chance_is_the_stages(tmp_path: Path) -> None:
    found = api.pipeline([shared("pipeline_leak/sample_hubspot_deals.csv")], today=TODAY).standing
    shares = {chance.stage: (chance.share, chance.n) for chance in found.chances if chance.stage}

    # All 175 won deals and all 1,384 lost ones were in Discovery: the share is the win rate.
    assert (pytest.approx(175 / 1559), 1559) == shares["Discovery"]
    assert sorted(share for share, _ in shares.values()) == [share for share, _ in shares.values()]
    assert 1_611_600 == found.total[0].value


def test_currencies_are_never_added(tmp_path: Path) -> None:
    header = "Deal ID,Owner,Stage,Amount,Currency,Created At,Close Date"
    lines = [
        "1,Ann,Demo,100,USD,2024-01-01,2024-03-01",
        "2,Ann,Demo,70,EUR,2024-01-01,2024-03-01",
        "3,Ann,Demo,5,,2024-01-01,",
    ]
    goal = 'goal=[{metric="revenue_won", target=9000, start=2024-01-01, due=2024-03-31}]'
    settings = Settings(**from_pairs([goal]))
    standing = api.pipeline([written(tmp_path, lines, header=header)], settings=settings, today=TODAY).standing

    assert [("EUR", 70), ("USD", 100), (None, 5)] == [(group.currency, group.value) for group in standing.total]
    assert [("Ann", "EUR"), ("Ann", "USD"), ("Ann", None)] == [
        (group.label, group.currency) for group in standing.groups["owner"]
    ]
    assert (None, None) == (standing.covers[0].ratio, standing.covers[0].value)
    assert "do not add up" in standing.covers[0].problem


def test_coverage_is_that_of_the_report(tmp_path: Path) -> None:
    """5,000 of 25,000 is won, 20,000 are missing, 30,000 are expected to close in March."""
    lines = [
        "1,,Ann,Closed Won,5000,,2024-02-01,2024-03-04",
        "2,,Ann,Demo,20000,,2024-02-01,2024-03-20",
        "3,,Ann,Demo,10000,,2024-02-10,2024-03-31",
        "4,,Ann,Demo,40000,,2024-02-10,2024-04-01",
    ]
    goal = 'goal=[{metric="revenue_won", target=25000, start=2024-03-01, due=2024-03-31}]'
    settings = Settings(**from_pairs([goal]), as_of="2024-03-15")
    path = written(tmp_path, lines)
    (cover,) = api.pipeline([path], settings=settings, today=TODAY).standing.covers

    assert (5000, 30000, 1.5) == (cover.won, cover.value, cover.ratio)
    assert {("pipeline_coverage",): 1.5} == figures(
        path, settings=settings, metrics=["pipeline_coverage"], period="2024-03"
    )


def test_deals_won_without_an_amount_are_no_revenue_of_0(tmp_path: Path) -> None:
    lines = ["1,,Ann,Closed Won,,,2024-02-01,2024-03-04", "2,,Ann,Demo,20000,,2024-02-01,2024-03-20"]
    goal = 'goal=[{metric="revenue_won", target=25000, start=2024-03-01, due=2024-03-31}]'
    settings = Settings(**from_pairs([goal]), as_of="2024-03-15")
    (cover,) = api.pipeline([written(tmp_path, lines)], settings=settings, today=TODAY).standing.covers

    assert (None, None) == (cover.won, cover.ratio)
    assert "none of the deals won has an amount" == cover.problem


def test_deals_can_be_shown_by_any_dimension() -> None:
    groups = api.pipeline([SAMPLE], by=["region,month"], today=TODAY).standing.groups

    assert ["region", "expected"] == list(groups)
    assert 71 == sum(group.deals for group in groups["region"])


@pytest.mark.parametrize(
    ("asked", "said"),
    [({"by": ["regoin"]}, "region"), ({"by": ["week"]}, "expected month"), ({"period": "2025-Q1"}, "--against")],
)
def test_a_mistake_is_named(asked: dict[str, object], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        api.pipeline([SAMPLE], today=TODAY, **asked)  # type: ignore[arg-type]


def test_without_deals_nothing_can_be_said() -> None:
    with pytest.raises(NothingToReport, match="no deals"):
        api.pipeline([f"{SAMPLE}/nps-survey.csv"], today=TODAY)
