"""What becomes of deals in their stages: the order that is told from histories, ends, visits, and whose history it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from crm_metrics import api
from crm_metrics.reporting.report import Report
from crm_metrics.settings import validated
from tests.conftest import TODAY, load_tables
from tests.test_deal_stages import written

AS_OF = validated({"as_of": "2024-04-30"}, "test")
STAGES = ["stages_entered", "stage_went_on", "stage_lost", "stage_waiting", "time_in_stage"]
DEALS = """
deal_id, outcome, created_at, closed_at
A,       open,    2024-03-01,
B,       lost,    2024-03-01, 2024-03-25
C,       won,     2024-03-01, 2024-03-30
"""


def report_of(folder: Path, deals: str, history: str, *, period: str = "all", **asked: Any) -> Report:
    """The figures of stages from tables with canonical columns."""
    settings = validated({"as_of": "2024-04-30", **asked.pop("settings", {})}, "test")
    question = api.query(period=period, metrics=asked.pop("metrics", STAGES), settings=settings, **asked)
    dataset = load_tables(folder, {"deals": deals, "deal_stages": history}, question)
    return api.compute(dataset, question, strict=False)


def of_stage(report: Report, metric: str) -> dict[str, float | None]:
    """A metric by stage, in the order of the rows."""
    rows = report.rows[report.rows["metric"] == metric]
    return {row.stage: None if row.status == "unavailable" else row.value for row in rows.itertuples()}


def history(*entries: str) -> str:
    """Entries such as "A New 2024-03-01", one per line."""
    return "deal_id, stage, entered_at\n" + "\n".join(", ".join(entry.split(" ", 2)) for entry in entries)


def order(report: Report) -> list[str]:
    return list(of_stage(report, "stages_entered"))


def test_stages_come_in_the_order_in_which_deals_go_through_them(tmp_path):
    """Offer is skipped by most, and Zero is named last and entered first."""
    entries = [f"{deal} {stage} 2024-03-{day:02}" for deal in "ABC" for stage, day in (("Zero", 1), ("Demo", 9))]
    report = report_of(
        tmp_path, DEALS, history(*entries, "A Offer 2024-03-12", "C Won 2024-03-30", "B Lost 2024-03-25")
    )

    assert order(report) == ["Zero", "Demo", "Offer", "Won", "Lost"]
    assert "order, as most deals went through them: Zero, Demo, Offer; Won and Lost end a deal." in report.notes[0]


def test_stages_that_contradict_each_other_are_ordered_by_the_clearest_majority(tmp_path):
    """A before B by three deals, B before C by two, C before A by one: the last of these gives way, and the deal that was
    moved back from C to A has been in a later stage than A."""
    pairs = ["AB", "AB", "AB", "BC", "BC", "CA"]
    deals = "deal_id, outcome, created_at\n" + "\n".join(f"{number}, open, 2024-03-01" for number in range(6))
    entries = [f"{number} {pair[0]} 2024-03-01" for number, pair in enumerate(pairs)]
    entries += [f"{number} {pair[1]} 2024-03-02" for number, pair in enumerate(pairs)]
    report = report_of(tmp_path, deals, history(*entries))

    assert order(report) == ["A", "B", "C"]
    assert of_stage(report, "stage_went_on") == {"A": 4, "B": 2, "C": 0}


def test_the_order_can_be_set(tmp_path):
    entries = ["A Demo 2024-03-01", "A New 2024-03-05", "A Offer 2024-03-09"]
    report = report_of(tmp_path, DEALS, history(*entries), settings={"stage_order": ["new", "Demo"]})

    assert order(report) == ["New", "Demo", "Offer"]
    assert "set by stage_order: New, Demo, Offer." in report.notes[0]
    assert of_stage(report, "stage_went_on") == {"New": 1, "Demo": 1, "Offer": 0}


def test_what_happened_after_as_of_is_not_known(tmp_path):
    """Neither the entry, nor the order it speaks for, nor that the stage before was left."""
    entries = ["A New 2024-03-01", "A Demo 2024-04-20"]
    report = report_of(tmp_path, DEALS, history(*entries), settings={"as_of": "2024-04-10"})

    assert of_stage(report, "stages_entered") == {"New": 1}
    assert of_stage(report, "stage_waiting") == {"New": 1}
    assert of_stage(report, "time_in_stage") == {"New": None}
    (issue,) = [issue for issue in report.issues if issue.code == "after-as-of"]
    assert (issue.count, issue.rows) == (1, (3,))


@pytest.mark.parametrize("backwards", [False, True])
def test_entries_of_one_day_follow_the_order_of_the_stages(tmp_path, backwards):
    """A stays in Demo from the 5th on, however the rows stand."""
    entries = ["B New 2024-03-01", "B Demo 2024-03-04", "A New 2024-03-05", "A Demo 2024-03-05", "A Offer 2024-03-15"]
    report = report_of(tmp_path, DEALS, history(*(reversed(entries) if backwards else entries)), period="2024-03-05")

    assert of_stage(report, "time_in_stage") == {"New": 0, "Demo": 10, "Offer": None}


def test_of_one_day_the_stage_that_the_deal_is_in_now_comes_last(tmp_path):
    """A was moved back to New on the day it came to Demo, and is there for 56 days."""
    deals = "deal_id, outcome, stage, closed_at\nA, open, New,\nB, lost, Lost, 2024-03-09"
    entries = ["B New 2024-03-01", "B Demo 2024-03-04", "B Lost 2024-03-09", "A Demo 2024-03-05", "A New 2024-03-05"]
    report = report_of(tmp_path, deals, history(*entries), period="2024-03-05", metrics=["time_in_stage"])

    assert of_stage(report, "time_in_stage") == {"New": None, "Demo": 0}


def test_a_stage_left_without_an_entry_elsewhere_ends_when_the_deal_is_closed(tmp_path):
    """In tools where lost is no stage: B was in Demo until the 25th, C for ten days. How long A has been there is not known:
    the history ends on the day it came."""
    entries = ["A Demo 2024-03-20", "B New 2024-03-01", "B Demo 2024-03-10", "C Demo 2024-03-20"]
    report = report_of(tmp_path, DEALS, history(*entries))

    assert of_stage(report, "stage_lost") == {"New": 0, "Demo": 1}
    assert of_stage(report, "time_in_stage") == {"New": 9, "Demo": 10}


def test_an_end_before_its_entry_is_no_duration_and_is_reported(tmp_path):
    text = "deal_id, stage, entered_at, left_at\nA, New, 2024-03-10, 2024-03-01\nB, New, 2024-03-01, 2024-03-05"
    report = report_of(tmp_path, DEALS, text, metrics=["time_in_stage"])

    assert of_stage(report, "time_in_stage") == {"New": 4}
    (issue,) = [issue for issue in report.issues if issue.code == "negative-duration"]
    assert issue.rows == (2,)
    assert "1 row has the end of the visit before the entry into a stage; left out of the time in" in issue.sentence


def test_an_entry_without_a_date_is_in_no_period_but_was_made(tmp_path):
    text = history("A New 2024-03-01", "A Offer ", "B New 2024-03-01", "B Offer 2024-03-02")
    report = report_of(tmp_path, DEALS, text, period="2024-03")

    assert of_stage(report, "stage_went_on")["New"] == 2
    assert of_stage(report, "stages_entered")["Offer"] == 1
    assert "no-date" in {issue.code for issue in report.issues}


def test_histories_of_deals_that_are_not_there_count_for_nothing(tmp_path):
    report = report_of(tmp_path, DEALS, history("A New 2024-03-01", "X New 2024-03-01"))

    assert of_stage(report, "stages_entered") == {"New": 1}
    assert "unmatched" in {issue.code for issue in report.issues}


def test_a_lost_stage_of_ones_own_is_an_end_where_the_tool_says_so(tmp_path):
    """No list names "Shelved"; that its deals are closed and not won makes it an end, and nobody went on to it."""
    opportunities = written(
        tmp_path,
        "opportunities.csv",
        """
        Id,Name,StageName,Amount,CloseDate,CreatedDate,IsClosed,IsWon,IsDeleted
        006A,A,Shelved,10,2024-03-20,2024-03-01T08:00:00.000Z,true,false,false
        006B,B,Demo,20,2024-06-20,2024-03-01T08:00:00.000Z,false,false,false
        """,
    )
    changes = written(
        tmp_path,
        "history.csv",
        """
        Id,OpportunityId,CreatedDate,StageName,Amount,CloseDate,Probability,SystemModstamp,IsDeleted
        1,006A,2024-03-01T08:00:00.000Z,Demo,10,2024-03-20,10,2024-03-01T08:00:00.000Z,false
        2,006A,2024-03-20T08:00:00.000Z,Shelved,10,2024-03-20,0,2024-03-20T08:00:00.000Z,false
        3,006B,2024-03-01T08:00:00.000Z,Demo,20,2024-06-20,10,2024-03-01T08:00:00.000Z,false
        """,
    )
    report = api.report([opportunities, changes], period="all", metrics=STAGES, today=TODAY)

    assert of_stage(report, "stage_lost") == {"Demo": 1}
    assert of_stage(report, "stage_waiting") == {"Demo": 1}
    assert of_stage(report, "stages_entered") == {"Demo": 2, "Shelved": 1}


def test_a_column_of_something_else_is_no_funnel(tmp_path):
    report = report_of(tmp_path, DEALS, history(*(f"A note-{number} 2024-03-01" for number in range(301))))

    assert "more than 300 different stages" in report.missing["stages_entered"]


@pytest.mark.parametrize("by", ["owner", "segment"])
def test_stages_can_be_given_by_what_belongs_to_the_deal_or_its_customer(tmp_path, by):
    tables = {
        "customers": "customer_id, segment\nK1, Large\nK2, Small",
        "deals": "deal_id, outcome, owner, customer, created_at\nA, open, Ann, K1, 2024-03-01\nB, open, Ben, K2, 2024-03-01",
        "deal_stages": history("A New 2024-03-01", "B New 2024-03-01", "B Demo 2024-03-05"),
    }
    asked = api.query(period="all", metrics=["stage_went_on"], by=[by], settings=AS_OF)
    rows = api.compute(load_tables(tmp_path, tables, asked), asked).rows

    first, second = ("Ann", "Ben") if by == "owner" else ("Large", "Small")
    assert {(getattr(row, by), row.stage): row.value for row in rows.itertuples() if row.stage == "New"} == {
        (first, "New"): 0,
        (second, "New"): 1,
    }


def test_equal_ids_of_two_systems_are_two_deals(tmp_path):
    """Each with the history in its own row."""
    hubspot = '''
        Record ID,Deal Name,Deal Stage,Create Date,Close Date,"Date entered ""New (Sales)""","Date entered ""Demo (Sales)"""
        1,A,Demo,2024-03-01 09:00,,2024-03-01 09:00,2024-03-05 09:00
    '''
    changes = """
        Id,OpportunityId,CreatedDate,StageName,Amount,CloseDate,Probability,SystemModstamp,IsDeleted
        1,1,2024-03-01T08:00:00.000Z,New,10,2024-06-20,10,2024-03-01T08:00:00.000Z,false
    """
    opportunities = """
        Id,Name,StageName,Amount,CloseDate,CreatedDate,IsClosed,IsWon,IsDeleted
        1,B,New,10,2024-06-20,2024-03-01T08:00:00.000Z,false,false,false
    """
    names = {"hubspot.csv": hubspot, "history.csv": changes, "opportunities.csv": opportunities}
    paths = [written(tmp_path, name, text) for name, text in names.items()]
    report = api.report(paths, period="all", metrics=STAGES, settings=AS_OF, today=TODAY)

    assert of_stage(report, "stages_entered") == {"New": 2, "Demo": 1}
    assert of_stage(report, "stage_waiting") == {"New": 1, "Demo": 1}


def test_a_history_is_of_no_deal_of_another_system(tmp_path):
    """Both have a deal 1; that of the history is in no file."""
    deals = "Record ID,Deal Name,Deal Stage,Create Date,Close Date\n1,A,Demo,2024-03-01 09:00,"
    changes = """
        Id,OpportunityId,CreatedDate,StageName,Probability,SystemModstamp,IsDeleted
        1,1,2024-03-01T08:00:00.000Z,New,10,2024-03-01T08:00:00.000Z,false
    """
    paths = [written(tmp_path, name, text) for name, text in (("deals.csv", deals), ("history.csv", changes))]
    asked = api.query(period="all", metrics=["stages_entered"], settings=AS_OF)
    report = api.compute(api.load(paths, asked, today=TODAY), asked, strict=False)

    assert "hold no stages that deals reached" in report.missing["stages_entered"]
