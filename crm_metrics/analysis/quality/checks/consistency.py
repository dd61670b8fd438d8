"""What contradicts itself."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from crm_metrics import schema
from crm_metrics.analysis.quality.check import Hits, check, issue_check
from crm_metrics.schema import Kind

if TYPE_CHECKING:
    from crm_metrics.analysis.quality.data import Data, Rows

check_of = partial(issue_check, __name__)
_PAIRS = {
    "tickets": (("created_at", "first_response_at"), ("created_at", "solved_at")),
    "leads": (("created_at", "responded_at"), ("created_at", "converted_at")),
    "subscriptions": (("started_at", "ended_at"),),
    "customers": (("started_at", "ended_at"),),
    "responses": (("asked_at", "responded_at"),),
    "deal_stages": (("entered_at", "left_at"),),
    "spend": (("spent_at", "spent_to_at"),),
}
_LONGEST_DAYS = 3653
_ROUNDED_MINUTES = 60  # some tools write hours


@check(effect="they are left out of the sales cycle, and never open", columns=["deals.cycle_days", "deals.open_from"])
def closed_before_created(data: Data) -> Iterator[Hits]:
    """Deals were closed before they were created."""
    for deals in data.tables("deals", having=["created_at", "closed_at"]):
        both = deals.filled("created_at") & deals.filled("closed_at")
        yield deals.hits(deals.before("closed_at", "created_at"), "created_at", "closed_at", among=both)


@check(
    effect="its duration is left out, and it is never counted as active",
    columns=[
        *("tickets.response_minutes", "tickets.resolution_hours", "leads.response_hours", "spells.ended_at"),
        *("leads.is_converted_in_window", "recurring.ended_at"),
    ],
    codes=["negative-duration", "ended-before-started"],
)
def ended_before_started(data: Data) -> Iterator[Hits]:
    """Something ended, or was answered, before it began."""
    for name, pairs in _PAIRS.items():
        for start, end in pairs:
            for rows in data.tables(name, having=[start, end]):
                both = rows.filled(start) & rows.filled(end)
                yield rows.hits(rows.before(end, start), start, end, among=both)


@check(effect="times to the first answer are made of the dates", columns=["tickets.response_minutes"])
def duration_contradicted(data: Data) -> Iterator[Hits]:
    """The help desk's own time to the first answer is another than its two dates say."""
    import numpy as np  # the names of checks are known without it

    for rows in data.tables("tickets", having=["created_at", "first_response_at", "first_response_minutes"]):
        elapsed = (rows.moments("first_response_at") - rows.moments("created_at")).astype("timedelta64[us]")
        minutes = np.where(np.isnat(elapsed), np.nan, elapsed.view(np.int64) / 60_000_000)
        stated = rows.numbers("first_response_minutes")
        apart = np.abs(minutes - stated) > np.maximum(_ROUNDED_MINUTES, stated * 0.01)
        apart &= ~(rows.by_day("created_at") | rows.by_day("first_response_at"))
        shown = ("created_at", "first_response_at", "first_response_minutes")
        yield rows.hits(apart, *shown, among=~np.isnan(minutes - stated))


@check(
    effect="averages of durations are too long",
    columns=["deals.cycle_days", "tickets.resolution_hours", "tickets.response_minutes"],
)
def unlikely_duration(data: Data) -> Iterator[Hits]:
    """Deals or tickets took more than ten years."""
    looked_at = (("deals", "cycle_days", 1), ("tickets", "resolution_hours", 24), ("tickets", "response_minutes", 1440))
    for name, column, per_day in looked_at:
        for rows in data.tables(name, having=[column]):
            long = rows.numbers(column) > _LONGEST_DAYS * per_day
            shown = ("created_at", "closed_at", "first_response_at", "solved_at")
            yield rows.hits(long, *shown, among=rows.filled(column))


@check(effect="the flag decides", columns=["deals.outcome"], codes=["outcome-conflict"])
def outcome_conflict(data: Data) -> Iterator[Hits]:
    """The stage of deals contradicts their flag."""
    for deals in data.tables("deals", having=["stage", "outcome"]):
        yield deals.hits(deals.among(data.issue_hits("outcome-conflict")), "stage", "is_won", "is_closed", "outcome")


check_of(
    "converted-conflict",
    "The status of leads contradicts whether they are converted.",
    effect="the flag or date decides",
    columns=["leads.is_converted"],
)


@check(
    effect="by that column it stands in several rows",
    columns=["deals.campaign", "spend.campaign", "deals.source", "leads.source", "leads.campaign"],
    codes=["case-variants"],
)
def several_spellings(data: Data) -> Iterator[Hits]:
    """One value is written in several ways: case, spaces or punctuation differ."""
    for rows in data.tables():
        for column in _categories(rows):
            hit, why = rows.spellings(column)
            if hit.any():
                yield rows.hits(hit, why=why, among=rows.filled(column))


def _categories(rows: Rows) -> Iterator[str]:
    """The columns of words that a file of this table has."""
    columns_read = set().union(*(source.columns for source in rows.data.sources if source.table == rows.name))
    for name, columns in schema.TABLES[rows.name].columns.items():
        if columns.kind is Kind.CATEGORY and name in columns_read and rows.has(name) and name != "currency":
            yield name
