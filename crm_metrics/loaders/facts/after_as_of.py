"""What happened after the day up to which a table is known has not happened: it is undone before facts are made of it.

A deal closed later is open and a ticket solved later is in the backlog; a reply, a conversion, a cancellation later is
not there yet (and a visit of a stage that began later is no visit: see stages). Rows marked `LATER` have ended by
the file, but not yet: its words and flags about their end do not count. What lies later than today is a mistake:
reported, and in no figure by that date; a deal closed then is neither won, lost nor open. All else (amount, owner,
probability) is as the export has it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd

from crm_metrics.loaders.facts import states
from crm_metrics.loaders.facts.draft import Bools, Draft, minutes_after
from crm_metrics.loaders.facts.outcomes import LOST, OPEN, WON, put_outcome
from crm_metrics.schema import LEAD_STAGES
from crm_metrics.tables import LATER, STATE, Table
from crm_metrics.tables.frames import NAT, categorical, moments, numbers

_OF_THE_REPLY = ("first_response_minutes", "first_response_business_minutes", "sla_status")
_OF_THE_SOLUTION = ("resolution_minutes", "resolution_business_minutes")
_OF_THE_EXPORT = ("amount", "stage", "owner", "probability")


@dataclass(frozen=True)
class _Later:
    """What came at or after `until`, the end of what is known of a table, and before `mistaken`, from when on dates are
    mistakes."""

    until: np.datetime64
    mistaken: np.datetime64

    def among(self, frame: pd.DataFrame, column: str) -> Bools:
        """The rows whose date came later."""
        dates = moments(frame, column)
        later: Bools = (dates >= self.until) & (dates < self.mistaken)
        return later

    def undo(self, frame: pd.DataFrame, column: str, *others: str) -> Bools:
        """Blank the dates that came later, and the other columns in their rows; these rows."""
        hit = self.among(frame, column)
        if hit.any():
            frame[column] = np.where(hit, NAT, frame[column].to_numpy())
            _blank(frame, hit, *others)
        return hit


def undo(draft: Draft, today: date) -> None:
    """Undo what happened in each table after the day up to which it is known."""
    tomorrow = np.datetime64(today + timedelta(days=1), "us")
    for name, table in draft.tables.items():
        until = draft.known_until(name)
        later = _Later(until, max(tomorrow, until))
        if name in _UNDONE:
            _UNDONE[name](draft, table, later)


def _goes_on_to(draft: Draft, name: str) -> date | None:
    return draft.coverage[name].goes_on_to if name in draft.coverage else None


def _deals(draft: Draft, table: Table, later: _Later) -> None:
    frame = table.frame
    outcome = categorical(frame["outcome"]).codes
    frame["is_still_open"] = outcome == OPEN
    closed = moments(frame, "closed_at")
    ahead, reopened = closed >= later.mistaken, later.among(frame, "closed_at")
    for code, name in ((WON, "won"), (LOST, "lost")):
        day = draft.days(np.array([later.mistaken - np.timedelta64(1, "us")]))[0]
        draft.report("closed-in-future", table, ahead & (outcome == code), outcome=name, as_of=str(day))
    newest = _goes_on_to(draft, "deals")
    if newest is not None and draft.asks("deals", *_OF_THE_EXPORT):
        sentence = "The amount, stage, owner and probability of deals are those of the export, which goes on to"
        draft.note(f"{sentence} {newest}, not those of {draft.last_day('deals')}.", "deals")
    if not (ahead | reopened).any():
        return
    outcome = np.select([reopened, ahead], [np.int8(OPEN), np.int8(-1)], outcome)
    put_outcome(frame, outcome)
    if "expected_close_at" in frame:
        # A file with one column for the close of every deal, be it past or expected.
        expected = reopened & states.in_file(draft, table, "closed_at")
        expected &= ~states.in_file(draft, table, "expected_close_at")
        frame["expected_close_at"] = np.where(expected, closed, frame["expected_close_at"].to_numpy())
    frame["closed_at"] = np.where(ahead | reopened, NAT, closed)
    _blank(frame, ahead | reopened, "lost_reason")
    _blank(frame, reopened, "stage")  # the one it ended in; where it stood before, only a history knows
    frame[LATER] = reopened


def _tickets(draft: Draft, table: Table, later: _Later) -> None:
    frame = table.frame
    later.undo(frame, "closed_at")
    _put_back(table, later.undo(frame, "solved_at", *_OF_THE_SOLUTION))
    later.undo(frame, "first_response_at", *_OF_THE_REPLY)
    if _goes_on_to(draft, "tickets") is None:  # an answer in minutes only is there, whenever it was given
        return
    minutes = numbers(frame, "first_response_minutes")
    replied = minutes_after(moments(frame, "created_at"), minutes)
    _blank(frame, ~np.isnan(minutes) & (replied >= later.until), *_OF_THE_REPLY)


def _leads(draft: Draft, table: Table, later: _Later) -> None:
    stages = tuple(LEAD_STAGES.values())
    _blank(table.frame, later.among(table.frame, "created_at"), *stages)  # who has not come in has become nothing
    for column in ("responded_at", *stages):
        later.undo(table.frame, column)
    table.frame[LATER] = later.undo(table.frame, "converted_at")


def _orders(draft: Draft, table: Table, later: _Later) -> None:
    _put_back(table, later.undo(table.frame, "cancelled_at"))


def _put_back(table: Table, rows: Bools) -> None:
    """Give rows the first state of their table, which is where every record begins."""
    if STATE in table.frame and rows.any():
        states.put(table, np.where(rows, np.int8(0), categorical(table.frame[STATE]).codes))


def _blank(frame: pd.DataFrame, rows: Bools, *columns: str) -> None:
    for column in columns:
        if column in frame and rows.any():
            frame[column] = frame[column].mask(rows)


_UNDONE = {"deals": _deals, "tickets": _tickets, "leads": _leads, "orders": _orders}
