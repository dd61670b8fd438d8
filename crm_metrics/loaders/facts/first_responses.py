"""One row per first answer: of tickets where there are some, else of leads."""

from __future__ import annotations

from crm_metrics.loaders.facts.workbench import Workbench, numbers, truths
from crm_metrics.tables import Table


def derive(bench: Workbench) -> None:
    """The answered tickets or leads, with the minutes until then."""
    if "first_responses" not in bench.wanted:
        return
    if "tickets" in bench.tables:
        table, minutes = bench.tables["tickets"], "response_minutes"
        scale = 1.0
    elif "leads" in bench.tables:
        table, minutes = bench.tables["leads"], "response_hours"
        scale = 60.0
        bench.labels["average_response_time"] = "of leads"
    else:
        return
    if minutes not in table.frame:
        return
    answered = truths(table.frame, "is_answered" if minutes == "response_minutes" else "is_responded")
    frame = table.frame.assign(minutes=numbers(table.frame, minutes) * scale)[answered].reset_index(drop=True)
    bench.tables["first_responses"] = Table("first_responses", frame, dict(table.calendar))
