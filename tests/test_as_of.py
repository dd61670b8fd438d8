"""The state as of a day: what came later has not happened, in every command alike."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from crm_metrics import api
from crm_metrics.settings import Settings

from .conftest import TODAY, figures

MARCH = Settings(as_of=date(2025, 3, 31))
# Of each export: A won before as-of, B won and C lost after it, D open with an expected day in May.
HUBSPOT = """
Record ID,Deal Name,Deal Stage,Amount,Create Date,Close Date
1,A,Closed Won,1000,2025-01-10,2025-02-15
2,B,Closed Won,2000,2025-02-03,2025-05-20
3,C,Closed Lost,3000,2025-03-05,2025-04-10
4,D,Proposal,4000,2025-03-11,2025-05-02
"""
PIPEDRIVE = """
Deal - ID,Deal - Status,Deal - Value,Deal - Deal created,Deal - Won time,Deal - Lost time,Deal - Expected close date
1,Won,1000,2025-01-10 08:00:00,2025-02-15 08:00:00,,2025-02-20
2,Won,2000,2025-02-03 08:00:00,2025-05-20 08:00:00,,2025-03-10
3,Lost,3000,2025-03-05 08:00:00,,2025-04-10 08:00:00,2025-04-30
4,Open,4000,2025-03-11 08:00:00,,,2025-05-02
"""
OWN = """
deal_id,outcome,amount,created_at,closed_at
1,won,1000,2025-01-10,2025-02-15
2,won,2000,2025-02-03,2025-05-20
3,lost,3000,2025-03-05,2025-04-10
4,open,4000,2025-03-11,2025-05-02
"""
DEALS = {"hubspot": HUBSPOT, "pipedrive": PIPEDRIVE, "own": OWN}


def write(folder: Path, text: str, name: str = "deals.csv") -> str:
    path = folder / name
    path.write_text(text.strip() + "\n", encoding="utf-8")
    return str(path)


@pytest.mark.parametrize("text", DEALS.values(), ids=DEALS)
def test_a_deal_closed_after_as_of_is_open_in_report_and_pipeline_alike(text: str, tmp_path: Path) -> None:
    path = write(tmp_path, text)
    names = ("deals_created", "deals_won", "deals_lost", "open_deals", "open_pipeline", "sales_conversion_rate")
    found = figures(path, settings=MARCH, period="2025-Q1", metrics=names)
    total = api.pipeline([path], settings=MARCH, today=TODAY).standing.total[0]

    assert found == {
        ("deals_created",): 4,
        ("deals_won",): 1,
        ("deals_lost",): 0,
        ("open_deals",): 3,
        ("open_pipeline",): 9000,
        ("sales_conversion_rate",): 0.25,
    }
    assert (total.deals, total.value) == (3, 9000)


@pytest.mark.parametrize(
    ("text", "overdue"), [(HUBSPOT, 0), (OWN, 0), (PIPEDRIVE, 1)], ids=["hubspot", "own", "pipedrive"]
)
def test_only_a_column_of_its_own_makes_a_deal_overdue_that_was_closed_later(
    text: str, overdue: int, tmp_path: Path
) -> None:
    """Where one column holds both, the day of the close is the expected one, and lies ahead."""
    path = write(tmp_path, text)
    asked = {"settings": MARCH, "period": "2025-03", "metrics": ("overdue_open_deals",)}

    assert figures(path, **asked) == {("overdue_open_deals",): overdue}
    assert api.pipeline([path], settings=MARCH, today=TODAY).standing.total[0].overdue == overdue


@pytest.mark.parametrize("text", DEALS.values(), ids=DEALS)
def test_that_the_export_goes_on_is_said_and_that_it_does_not_is_not(text: str, tmp_path: Path) -> None:
    path = write(tmp_path, text)
    past, newest = (api.report([path], settings=settings, period="2025-03", today=TODAY) for settings in (MARCH, None))

    assert any("are those of the export, which goes on to 2025-05-20" in note for note in past.notes)
    assert not any("those of the export" in note for note in newest.notes)


def test_the_probability_of_a_deal_closed_since_is_not_known(tmp_path: Path) -> None:
    weighted = HUBSPOT.replace("Close Date\n", "Close Date,Deal probability\n")
    lines = weighted.strip().splitlines()
    path = write(tmp_path, "\n".join([lines[0], *(f"{line},0.5" for line in lines[1:])]))

    asked = {"period": "2025-03", "metrics": ("open_deals", "weighted_pipeline")}
    row = api.report([path], settings=MARCH, today=TODAY, **asked).rows.iloc[1]
    june = Settings(as_of=date(2025, 6, 30))

    assert (row["metric"], row["status"], row["reason"]) == ("weighted_pipeline", "unavailable", "missing-values")
    assert figures(path, settings=june, period="2025-06", metrics=("weighted_pipeline",)) == {
        ("weighted_pipeline",): 2000
    }


def test_a_deal_closed_later_than_today_is_neither_won_lost_nor_open(tmp_path: Path) -> None:
    path = write(tmp_path, HUBSPOT.replace("2025-05-20", "2027-05-20"))
    names = ("deals_created", "deals_created_won", "deals_created_lost", "deals_created_open", "open_deals")
    report = api.report([path], period="2025", metrics=names, today=TODAY)

    values = dict(zip(report.rows["metric"], report.rows["value"], strict=True))
    assert values == {**dict.fromkeys(names, 1), "deals_created": 4}
    assert ["closed-in-future"] == [issue.code for issue in report.issues if issue.code.startswith("closed")]
    assert api.pipeline([path], today=TODAY).standing.total[0].deals == 1


TICKETS = """
Ticket ID,Status,Created at,Solved at,First reply at,First reply time in minutes
1,Solved,2025-03-01 10:00,2025-03-02 10:00,2025-03-01 11:00,60
2,Solved,2025-03-20 10:00,2025-04-10 10:00,2025-04-01 11:00,17340
3,Closed,2025-03-21 10:00,2025-04-10 10:00,2025-03-21 11:00,60
4,Open,2025-03-22 10:00,,,
"""


@pytest.mark.parametrize("without", ["", "First reply at", "First reply time in minutes"])
def test_a_ticket_solved_later_is_in_the_backlog_and_a_later_reply_has_not_been_given(
    without: str, tmp_path: Path
) -> None:
    rows = [line.split(",") for line in TICKETS.strip().splitlines()]
    kept = [place for place, name in enumerate(rows[0]) if name != without]
    path = write(tmp_path, "\n".join(",".join(row[place] for place in kept) for row in rows), "tickets.csv")
    asked = {"period": "2025-03", "metrics": ("backlog", "tickets_solved", "unanswered_rate", "first_response_time")}

    assert figures(path, settings=MARCH, **asked) == {
        ("backlog",): 3,
        ("tickets_solved",): 1,
        ("unanswered_rate",): 0.5,
        ("first_response_time",): 60,
    }
    assert figures(path, settings=Settings(as_of=date(2025, 4, 30)), **asked)[("unanswered_rate",)] == 0.25


LEADS = """
Lead ID,Created,Responded at,Converted,Converted at
1,2025-03-01,2025-03-02,yes,2025-03-10
2,2025-03-02,2025-04-02,yes,2025-04-10
3,2025-03-03,,no,
4,2025-03-04,2025-03-05,no,
"""


def test_a_lead_converted_later_is_not_converted_whatever_its_flag_says(tmp_path: Path) -> None:
    path = write(tmp_path, LEADS, "leads.csv")
    names = ("lead_conversion_to_date", "lead_unanswered_rate", "lead_conversion_in_period")

    assert figures(path, settings=MARCH, period="2025-03", metrics=names) == {
        ("lead_conversion_to_date",): 0.25,
        ("lead_unanswered_rate",): 0.5,
        ("lead_conversion_in_period",): 0.25,
    }


ORDERS = """
Order ID,Customer,Ordered at,Amount,Status,Cancelled at
1,Ann,2025-03-01,100,paid,
2,Ben,2025-03-02,200,cancelled,2025-04-10
3,Cy,2025-03-03,400,cancelled,2025-03-10
4,Di,2025-04-03,800,paid,
"""


def test_an_order_cancelled_later_is_a_sale_until_then(tmp_path: Path) -> None:
    path = write(tmp_path, ORDERS, "orders.csv")
    asked = {"period": "2025-03", "metrics": ("revenue", "active_customers")}

    assert figures(path, settings=MARCH, **asked) == {("revenue",): 300, ("active_customers",): 2}
    assert figures(path, **asked) == {("revenue",): 100, ("active_customers",): 1}
    people = api.customers([path], settings=MARCH, today=TODAY).rows
    assert {"Ann": 100, "Ben": 200} == dict(zip(people["customer"], people["revenue"], strict=True))


STAGES = """
Record ID,Deal Name,Deal Stage,Amount,Create Date,Close Date,Date entered 'New',Date entered 'Offer'
1,A,Closed Won,1000,2025-01-10,2025-02-15,2025-01-10,2025-02-01
2,B,Closed Won,2000,2025-02-03,2025-05-20,2025-02-03,2025-04-01
3,C,Closed Lost,3000,2025-03-05,2025-04-10,2025-03-05,
4,D,Offer,4000,2025-03-11,2025-05-02,2025-03-11,2025-04-20
"""


def test_a_stage_entered_later_has_not_been_entered_in_report_funnel_and_pipeline_alike(tmp_path: Path) -> None:
    paths = [write(tmp_path, STAGES)]
    report = figures(*paths, settings=MARCH, period="2025-Q1", metrics=("stages_entered", "stage_snapshot_deals"))
    groups = api.pipeline(paths, settings=MARCH, today=TODAY).standing.groups["stage"]
    funnel = api.bottleneck(paths, period="2025-Q1", settings=MARCH, today=TODAY)

    assert report == {("stages_entered", "New"): 4, ("stages_entered", "Offer"): 1, ("stage_snapshot_deals", "New"): 3}
    assert [(group.label, group.deals) for group in groups] == [("New", 3)]
    assert [(stage.name, stage.waiting) for stage in funnel.bottleneck.stages] == [("New", 3), ("Offer", 0)]
