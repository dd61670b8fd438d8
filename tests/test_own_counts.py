"""What tools have counted themselves: the times of help desks, the worth of conversions, the activities of deals."""

from __future__ import annotations

from pathlib import Path

import pytest

from .conftest import figures

TICKET = "ticket id,created at,solved at"
HELP_DESKS = {
    "Zendesk's own columns": (
        "Id,Requester,Assignee,Created at,Status,Solved at,First resolution time in minutes,"
        "Requester wait time in minutes,Agent wait time in minutes,On hold time in minutes",
        "7,Alma,Nora,2026-03-02 09:00:00,Solved,2026-03-03 09:00:00,60,90,30,15",
        {"first_resolution_time": 60, "requester_wait_time": 90, "agent_wait_time": 30, "on_hold_time": 15},
    ),
    "Zendesk Explore in hours": (
        "Ticket ID,Ticket created - Timestamp,Ticket solved - Timestamp,Requester wait time (hrs),On-hold time (hrs)",
        "7,2026-03-02 09:00:00,2026-03-03 09:00:00,2,0.5",
        {"requester_wait_time": 120, "on_hold_time": 30},
    ),
    "units in any header": (
        f"{TICKET},Handle time (hours),Average reply time (minutes),Next reply time (seconds)",
        "7,2026-03-02 09:00,2026-03-03 09:00,0.5,45,600",
        {"handle_time": 30, "reply_time": 45, "next_reply_time": 10},
    ),
    "a time whose unit nobody names is no figure, and refuses nothing": (
        f"{TICKET},Handle time",
        "7,2026-03-02 09:00,2026-03-03 09:00,30",
        {"handle_time": None, "tickets_solved": 1},
    ),
}


def found(folder: Path, header: str, row: str) -> dict[tuple[str, ...], float]:
    path = folder / "export.csv"
    path.write_text(f"{header}\n{row}\n", encoding="utf-8")
    return figures(str(path), period="2026-03")


@pytest.mark.parametrize("case", HELP_DESKS)
def test_a_help_desk_s_own_times_are_read_in_their_unit(tmp_path: Path, case: str) -> None:
    header, row, expected = HELP_DESKS[case]
    given = found(tmp_path, header, row)

    assert expected == {name: given.get((name,)) for name in expected}


@pytest.mark.parametrize(
    ("header", "row"),
    [
        (
            "Campaign,Day,Currency code,Conv. value,Impr.,Conversions,Clicks,Cost",
            "Fair,2026-03-02,EUR,3000,900,3,90,1000",
        ),
        (
            "Day,Reporting starts,Reporting ends,Campaign name,Amount spent (EUR),Purchases,Purchases conversion value",
            "2026-03-02,2026-03-01,2026-03-31,Fair,1000,3,3000",
        ),
        ("Date,Campaign,Cost,Clicks,Conversion value", "2026-03-02,Fair,1000,90,3000"),
    ],
    ids=["Google Ads", "Meta Ads", "any"],
)
def test_the_worth_of_conversions_is_read_and_is_the_return_where_no_deals_are(
    tmp_path: Path, header: str, row: str
) -> None:
    given = found(tmp_path, header, row)

    assert (3000, 3, 3) == tuple(given[name,] for name in ("conversion_value", "conversion_value_per_cost", "roas"))


def test_the_quotient_that_google_shows_is_not_the_value(tmp_path: Path) -> None:
    header = "Campaign,Day,Currency code,Conv. value / cost,Impr.,Clicks,Cost"

    assert ("conversion_value",) not in found(tmp_path, header, "Fair,2026-03-02,EUR,3,900,90,1000")


@pytest.mark.parametrize(
    "header",
    [
        "Record ID,Deal Name,Deal Stage,Close Date,Number of Sales Activities",
        "Deal - ID,Deal - Title,Deal - Status,Deal - Won time,Deal - Total activities",
    ],
    ids=["HubSpot", "Pipedrive"],
)
def test_the_activities_of_deals_are_read(tmp_path: Path, header: str) -> None:
    stage = "Closed Won" if header.startswith("Record") else "Won"

    assert 12 == found(tmp_path, header, f"7,Fir,{stage},2026-03-02,12")["activities_per_deal",]
