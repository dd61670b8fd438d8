"""What lies in the future, too far back, or has been waiting for too long."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import partial
from typing import TYPE_CHECKING

from crm_metrics.analysis.quality.check import Hits, check, issue_check
from crm_metrics.issues import NOTE
from crm_metrics.schema import TABLES, called

if TYPE_CHECKING:
    from crm_metrics.analysis.quality.data import Data

check_of = partial(issue_check, __name__)
_EARLIEST = date(1990, 1, 1)
_USUAL_DAYS, _TIMES, _LEAST_DAYS, _TICKET_DAYS = 365.0, 3.0, 90.0, 90.0


@check(
    effect="the rows are left out of figures up to now",
    columns=["deals.closed_at", "deals.created_at", "leads.created_at", "tickets.created_at", "purchases.purchased_at"],
    codes=["after-as-of", "closed-in-future"],
)
def future_date(data: Data) -> Iterator[Hits]:
    """Dates of what has happened lie in the future."""
    closed = {(issue.path, row) for issue in data.issues if issue.code == "closed-in-future" for row in issue.rows}
    yield data.issue_hits("closed-in-future")
    # A deal that is left out for its close date is listed once.
    after = data.issue_hits("after-as-of")
    parts = [part for part in after.parts if not {(part.path, int(row)) for row in part.rows[:10]} <= closed]
    yield Hits(parts, after.of)


@check(effect="no figure of theirs is given for later periods; an export may be missing")
def stale_table(data: Data) -> Iterator[Hits]:
    """Files end earlier than the others, by more than the usual pause between their records."""
    ends = {name: covered.complete for name, covered in data.dataset.coverage.items() if covered.complete < data.as_of}
    by_path = {
        source.path: f"{called(source.table)} end on {ends[source.table]}, other records go on to {data.as_of}"
        for source in data.sources
        if source.table in ends
    }
    if by_path:
        yield data.file_hits(by_path)


check_of(
    "date-out-of-line",
    "Single records are dated far beyond all others.",
    effect="what the data covers does not follow them; a mistyped year or month",
)


check_of(
    "gap-in-days",
    "Nothing is dated within far more days than usually lie between records.",
    effect="figures of these days are too low if an export is missing",
)


@check(effect="their durations are far too long; a mistyped year, or a placeholder")
def ancient_date(data: Data) -> Iterator[Hits]:
    """Dates lie before 1990."""
    import numpy as np  # the names of checks are known without it

    for rows in data.tables():
        for column in filter(rows.has, TABLES[rows.name].moments):
            yield rows.hits(rows.moments(column) < np.datetime64(_EARLIEST, "us"), column, among=rows.filled(column))


@check(
    effect="the pipeline and what is forecast from it look better than they are",
    columns=["deals.open_from"],
    severity=NOTE,
)
def stale_open_deal(data: Data) -> Iterator[Hits]:
    """Open deals are three times as old as won deals usually get (at least 90 days; a year where none was won)."""
    usual = data.dataset.constants.get("median_cycle_days")
    limit = max(_TIMES * usual, _LEAST_DAYS) if usual is not None else _USUAL_DAYS
    for deals in data.tables("deals", having=["outcome", "created_at"]):
        is_open = deals.equals("outcome", "open")
        old = is_open & (deals.age_days("created_at") > limit)
        yield deals.hits(old, "stage", "created_at", "owner", among=is_open)


@check(
    effect="the pipeline and what is forecast from it look better than they are",
    columns=["deals.overdue_from", "deals.expected_close_at"],
    severity=NOTE,
)
def overdue_open_deal(data: Data) -> Iterator[Hits]:
    """Open deals should have closed by now."""
    for deals in data.tables("deals", having=["outcome", "expected_close_at"]):
        is_open = deals.equals("outcome", "open") & deals.filled("expected_close_at")
        overdue = is_open & (deals.age_days("expected_close_at") > 1)
        yield deals.hits(overdue, "stage", "expected_close_at", "owner", among=is_open)


@check(effect="the backlog may hold what was forgotten", columns=["tickets.open_from"], severity=NOTE)
def stale_open_ticket(data: Data) -> Iterator[Hits]:
    """Tickets have been open for more than 90 days."""
    for tickets in data.tables("tickets", having=["created_at", "open_from"]):
        is_open = tickets.filled("open_from") & ~tickets.filled("open_until")
        old = is_open & (tickets.age_days("created_at") > _TICKET_DAYS)
        yield tickets.hits(old, "status", "created_at", "owner", among=is_open)
