"""What exports of help desks hold that looks like a figure of a ticket, and is none."""

from __future__ import annotations

from pathlib import Path

import pytest

from crm_metrics import api
from crm_metrics.errors import NothingToReport

from .conftest import TODAY
from .test_vendors import seen

VENDORS = Path(__file__).parent / "vendors"


@pytest.mark.parametrize(
    "header",
    [
        "Agent name,Assigned conversations,Avg first response time,Avg resolution time,Resolution Count",
        "Inbox name,Inbox type,No. of conversations,Avg first response time,Avg resolution time",
        "Team name,Conversations count,Avg first response time,Resolution Count",
    ],
)
def test_sums_by_agent_are_no_tickets(tmp_path: Path, header: str) -> None:
    path = tmp_path / "report.csv"
    cells = ",".join("9" for _ in header.split(",")[1:])
    path.write_text(
        f"Reporting period 2025-07-01 to 2025-07-31\n{header}\nBob,{cells}\nEve,{cells}\n", encoding="utf-8"
    )

    with pytest.raises(NothingToReport):
        api.report([str(path)], period="2025-07", today=TODAY)


@pytest.mark.parametrize("case", ["jira-service-management", "jira-service-management-spanish"])
def test_the_time_left_of_a_target_is_not_the_time_taken(case: str) -> None:
    found = seen(VENDORS / case)
    (file,) = found["files"].values()

    assert not any("Time to" in header for header in file["columns"].values())
    # From the moments: 30 minutes and 4 hours, in Spanish as in English; a third answer after 15 minutes only in English.
    assert found["figures"]["first_response_time"] == [30, 3] if case == "jira-service-management" else [135, 2]


def test_a_status_of_ones_own_is_told_by_its_category() -> None:
    found = seen(VENDORS / "jira-service-management")

    assert found["figures"]["backlog"] == [2, 2]  # without Veröffentlicht, which has no date of its solution
    assert not any(issue.startswith("unknown-state") for issue in found["issues"])


def test_minutes_of_unknown_working_hours_are_not_read() -> None:
    (file,) = seen(VENDORS / "zammad-tickets")["files"].values()

    assert not any("In Min" in header for header in file["columns"].values())
    assert file["left_out"] == {"other-state": 2}


def test_what_was_closed_without_an_answer_waits_no_longer() -> None:
    figures = seen(VENDORS / "dixa-conversations")["figures"]

    assert figures["backlog"] == [1, 1]
    assert figures["unanswered_rate"] == [0.5, 4]


def test_stars_are_satisfaction_and_anonymous_is_nobody() -> None:
    figures = seen(VENDORS / "trustpilot")["figures"]
    assert figures["csat"] == [0.75, 4]
    assert "nps" not in figures

    (file,) = seen(VENDORS / "microsoft-forms")["files"].values()
    assert file["columns"]["responded_at"] == "Completion time"
