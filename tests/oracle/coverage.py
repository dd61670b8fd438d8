"""What a table knows of time, worked out day by day as TRUST §1 says it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

from .rows import Row, day, fold

# What says that something happened, and which of it says that a record came in.
HAPPENED = {
    "customers": ("started_at", "updated_at"),
    "leads": (
        *("created_at", "responded_at", "converted_at", "updated_at"),
        *("became_mql_at", "became_sql_at", "became_opportunity_at"),
    ),
    "deals": ("created_at", "closed_at", "updated_at", "last_activity_at"),
    "tickets": ("created_at", "first_response_at", "solved_at", "closed_at", "updated_at"),
    "responses": ("responded_at", "asked_at", "updated_at"),
    "orders": ("ordered_at", "cancelled_at", "updated_at"),
    "subscriptions": ("started_at", "canceled_at", "updated_at"),
    "spend": ("spent_at",),
    "deal_stages": ("entered_at", "left_at"),
}
CAME_IN = {"leads": "created_at", "deals": "created_at", "tickets": "created_at", "responses": "responded_at"}
CAME_IN |= {"customers": "started_at", "orders": "ordered_at", "subscriptions": "started_at", "spend": "spent_at"}
CAME_IN |= {"deal_stages": "entered_at"}
ENDS = {"customers": "ended_at", "subscriptions": "ended_at"}
UNSOLVED = {"open", "pending", "new", "on hold"}


@dataclass(frozen=True)
class Span:
    """The first day of a table's records, the days up to which their state is known and their periods are complete, and the
    last day that a period may begin on."""

    first: date
    known: date
    complete: date
    last: date


def dates(table: str, row: Row, column: str) -> Iterable[date]:
    """The days that a cell names; a cost is of all its days, a deal closes when it is won or lost."""
    value = row.get(column)
    if value is None or (table == "deals" and column == "closed_at" and row.get("outcome") == "open"):
        return
    if table == "tickets" and column == "solved_at" and fold(row.get("status")) in UNSOLVED:
        return
    if table == "subscriptions" and column == "started_at" and row.get("trial_ends_at") is not None:
        is_over = fold(row.get("status")) not in ("trialing", "trial", "in trial")
        value = max(day(value), day(row["trial_ends_at"])) if is_over else value
    last = row.get("spent_to_at") if table == "spend" else None
    for step in range(1 if last is None else max(1, (day(last) - day(value)).days + 1)):
        yield day(value) + timedelta(days=step)


def days(table: str, rows: list[Row], columns: Iterable[str], today: date) -> list[date]:
    found = {one for row in rows for column in columns for one in dates(table, row, column) if one <= today}
    return sorted(found)


def is_usual(pause: int, row: list[date]) -> bool:
    year = [one for one in row if (row[-1] - one).days < 365]
    pauses = [(later - earlier).days for earlier, later in pairwise(year)]
    if len(year) < 30:
        return pause <= max(31, (year[-1] - year[0]).days)
    return pause <= max(7, 2 * max(pauses), 7 * sum(pauses) / len(pauses))


def in_line(table: str, rows: list[Row], known: list[date], today: date) -> list[date]:
    """The days without those of at most three records, and fewer than 5 %, that lie far beyond all others."""
    for backwards in (False, True):
        for count in (3, 2, 1):
            others = known[count:] if backwards else known[:-count]
            if len(others) < 2:
                continue
            pauses = [(later - earlier).days for earlier, later in pairwise(others)]
            beyond = (others[0] - known[count - 1]).days if backwards else (known[-count] - others[-1]).days
            if beyond <= 90 or beyond <= 3 * max(pauses):
                continue
            odd = [
                row
                for row in rows
                if any(
                    (one < others[0] if backwards else one > others[-1])
                    for column in HAPPENED[table]
                    for one in dates(table, row, column)
                )
            ]
            if len(odd) <= 3 and len(odd) < 0.05 * len(rows):
                known = others
                break
    return known


def span(table: str, rows: list[Row], as_of: date, today: date) -> Span | None:
    happened: list[date] = days(table, rows, HAPPENED.get(table, ()), today)
    if not happened:
        return None
    happened = in_line(table, rows, happened, today)
    first = happened[0]
    came = [one for one in days(table, rows, [CAME_IN[table]], today) if first <= one <= happened[-1]]
    ended = [one for one in days(table, rows, [ENDS[table]] if table in ENDS else [], today) if first <= one <= as_of]
    if table == "subscriptions":
        ended += [one for row in rows for one in _cancelled(row) if first <= one <= as_of]
    happened = sorted({*happened, *ended})
    newest = happened[-1]
    known = as_of if newest >= as_of or is_usual((as_of - newest).days, happened) else newest
    complete = known
    if len([one for one in came if (came[-1] - one).days < 365]) >= 30:
        pause = (known - came[-1]).days
        complete = known if pause <= 0 or is_usual(pause, came) else came[-1]
    return Span(first, known, complete, min(complete, newest) if table == "spend" else complete)


def _cancelled(row: Row) -> list[date]:
    value: Any = row.get("canceled_at")
    is_end = row.get("ended_at") is None and fold(row.get("status")) in ("canceled", "cancelled")
    return [day(value)] if is_end and value is not None else []
