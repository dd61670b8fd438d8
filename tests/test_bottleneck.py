"""The bottleneck of a pipeline: by money and by delay, as far as the data can tell; without histories a snapshot."""

from __future__ import annotations

from pathlib import Path

import pytest

from crm_metrics import api
from crm_metrics.analysis.bottleneck import Bottleneck
from crm_metrics.errors import NothingToReport, UsageError
from crm_metrics.settings import validated
from tests.conftest import TODAY
from tests.test_deal_stages import written

HEADER = (
    "Record ID,Deal Name,Deal Stage,Deal owner,Amount,Create Date,Close Date,Date entered 'New',Date entered 'Demo'"
)


def deals(new: list[str], demo: list[str], *, currency: bool = False) -> str:
    """Lost deals: those lost in New, then those lost in Demo, by their amounts."""
    lines = [HEADER + (",Currency" if currency else "")]
    for number, amount in enumerate(new + demo):
        owner = "Ann" if number % 2 else "Ben"
        entered = "2024-01-04 09:00" if number >= len(new) else ""
        dates = f"2024-01-01 09:00,2024-01-20 09:00,2024-01-01 09:00,{entered}"
        code = f",{'EUR' if number % 2 else 'USD'}" if currency else ""
        lines.append(f"{number},D{number},Closed Lost,{owner},{amount},{dates}{code}")
    return "\n".join(lines)


def of(folder: Path, text: str, **asked: object) -> Bottleneck:
    path = written(folder, "hubspot-deals.csv", text)
    settings = validated({"as_of": "2024-01-31"}, "test")
    return api.bottleneck([path], period=asked.pop("period", "all"), settings=settings, today=TODAY, **asked).bottleneck  # type: ignore[arg-type]


def test_the_stages_have_their_figures(tmp_path):
    found = of(tmp_path, deals(["100", ""], ["200"] * 6))
    new, demo = found.stages

    assert (new.name, new.entered, new.went_on, new.lost, new.waiting) == ("New", 8, 6, 2, 0)
    assert (new.rate, new.amount, new.priced, new.estimate, new.days) == (0.75, 100, 1, 200, 3)
    assert (demo.entered, demo.lost, demo.amount, demo.days) == (6, 6, 1200, 16)
    assert new.low == pytest.approx(0.409, abs=0.001)
    assert [found.ends, found.snapshot, found.no_money] == [{}, (), None]


def test_the_first_is_told_from_the_second_where_the_data_can(tmp_path):
    told = of(tmp_path, deals(["10"] * 10, ["200"] * 10)).by_money
    untold = of(tmp_path, deals(["190"] * 10, ["200"] * 10)).by_money

    assert ([stage.name for stage in told.stages], told.is_told) == (["Demo", "New"], True)
    assert ([stage.name for stage in untold.stages], untold.is_told) == (["Demo", "New"], False)


def test_stages_of_few_deals_are_not_told_apart(tmp_path):
    """Two and three deals: there are no limits to tell by."""
    found = of(tmp_path, deals(["10"] * 2, ["200"] * 3))

    assert (found.by_money.is_told, found.by_delay.is_told) == (False, False)


def test_deals_without_an_amount_are_counted_and_not_priced(tmp_path):
    found = of(tmp_path, deals([*["100"] * 6, *[""] * 20], ["200"] * 6))

    assert [stage.name for stage in found.by_money.stages] == ["Demo", "New"]
    assert (found.stages[0].lost, found.stages[0].priced, found.stages[0].estimate) == (26, 6, 2600)


def test_amounts_of_several_currencies_are_not_ranked(tmp_path):
    found = of(tmp_path, deals(["100"] * 4, ["200"] * 4, currency=True))

    assert found.by_money is None
    assert "several currencies (EUR and USD)" in found.no_money
    assert {stage.amount for stage in found.stages} == {None}


def test_a_stage_where_nothing_was_lost_has_lost_nothing(tmp_path):
    found = of(tmp_path, deals([], ["200"] * 6))

    assert [(stage.name, stage.lost, stage.amount) for stage in found.stages] == [("New", 0, 0), ("Demo", 6, 1200)]


def test_of_one_segment(tmp_path):
    text = deals(["100"] * 3, ["200"] * 4)
    found = of(tmp_path, text, segment={"owner": "Ann"})

    assert [(stage.name, stage.entered) for stage in found.stages] == [("New", 3), ("Demo", 2)]
    with pytest.raises(UsageError, match="Ann"):
        of(tmp_path, text, segment={"owner": "An"})
    with pytest.raises(UsageError, match="every stage"):
        of(tmp_path, text, segment={"stage": "New"})


WAITING = '''
    Record ID,Deal Name,Deal Stage,Amount,Create Date,Close Date,"Date entered ""New (S)"""
    1,A,New,10,2024-01-01 09:00,,2024-01-01 09:00
    2,B,New,10,2024-01-29 09:00,,2024-01-29 09:00
    3,C,Closed Lost,10,2024-01-01 09:00,2024-01-05 09:00,2024-01-01 09:00
    4,D,Closed Lost,10,2024-01-01 09:00,2024-01-06 09:00,2024-01-01 09:00
    5,E,Closed Lost,10,2024-01-01 09:00,2024-01-07 09:00,2024-01-01 09:00
'''


def test_who_waits_longer_than_usual_is_counted(tmp_path):
    (new,) = of(tmp_path, WAITING).stages

    assert (new.waiting, new.days, new.overdue) == (2, 5, 1)


PLAIN = """
    Record ID,Deal Name,Deal Stage,Amount,Create Date,Close Date
    1,A,New,10,2024-01-01 09:00,
    2,B,Demo,,2024-01-29 09:00,
    3,C,Demo,30,2024-01-02 09:00,
    4,D,Closed Lost,10,2024-01-01 09:00,2024-01-05 09:00
"""


def test_without_a_history_it_is_a_snapshot(tmp_path):
    found = of(tmp_path, PLAIN)

    assert (found.stages, found.by_money, found.by_delay) == ((), None, None)
    assert [(standing.name, standing.deals, standing.amount) for standing in found.snapshot] == [
        ("Demo", 2, 30),
        ("New", 1, 10),
    ]


def test_a_snapshot_is_of_today_and_of_no_other_day(tmp_path):
    assert len(of(tmp_path, PLAIN, period=None).snapshot) == 2
    with pytest.raises(NothingToReport, match="only the stage a deal is in now"):
        of(tmp_path, PLAIN, period="2023")


def test_a_period_in_which_no_deal_entered_a_stage_has_no_funnel(tmp_path):
    with pytest.raises(NothingToReport, match="no deal entered a stage"):
        of(tmp_path, WAITING, period="2023")


def test_files_without_deals_have_none(tmp_path):
    with pytest.raises(NothingToReport, match="no deals were given"):
        of(tmp_path, "Ticket ID,Created at,Status\n1,2024-01-01,solved")
