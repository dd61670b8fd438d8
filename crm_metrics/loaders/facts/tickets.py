"""Tickets: first response, resolution, and whether they were answered in time."""

from __future__ import annotations

import numpy as np

from crm_metrics.loaders.facts import business_time, ratings, states
from crm_metrics.loaders.facts.draft import (
    HOUR_US,
    MINUTE_US,
    Bools,
    Draft,
    all_calendar,
    distinct_values,
    in_target,
    minutes_after,
    optional_truth,
    put,
    words,
)
from crm_metrics.tables import Table, Unusable
from crm_metrics.tables.frames import NAT, has_value, moments, numbers, truths

_SHOWN = 5
_KEPT = ("within sla", "achieved", "met", "hit", "yes", "true")
_MISSED = ("sla violated", "violated", "breached", "missed", "overdue", "no", "false")


def settle_solved(draft: Draft, table: Table) -> None:
    """The state of each ticket, and when it was solved: solved before closed, and not at all while its status says that it
    is open. Those that are no tickets any more are left out. This comes before as-of is known, which depends on it."""
    states.settle(draft, table)
    gone = {
        "status": states.is_in(table.frame, "tickets", "left-out"),
        "resolution_code": states.says(draft, table, "resolution_code", "left-out"),  # Done, as a duplicate
    }
    every = np.logical_or(*gone.values())
    if every.any():
        seen = [word for name, rows in gone.items() if rows.any() for word in distinct_values(table.frame, name, rows)]
        draft.report("other-state", table, every, seen=", ".join(seen[:_SHOWN]))
        draft.leave_out(table, every, "other-state")
    frame = table.frame
    if "solved_at" not in frame and "closed_at" not in frame:
        return
    if "closed_at" in frame:
        solved = moments(frame, "solved_at")
        put(frame, "solved_at", np.where(np.isnat(solved), frame["closed_at"].to_numpy(), solved))
    is_open = states.is_in(frame, "tickets", "open")
    if is_open.any():
        put(frame, "solved_at", np.where(is_open, NAT, frame["solved_at"].to_numpy()))
    table.calendar["solved_at"] = all_calendar(table, "solved_at", "closed_at")


def derive(draft: Draft) -> None:
    """Waits, answers, open times and ratings of every ticket."""
    if "tickets" not in draft.tables:
        return
    table = draft.tables["tickets"]
    frame = table.frame
    if "created_at" in frame:
        _response(draft, table)
        _resolution(draft, table)
        business_time.derive(draft, table)
        if draft.asks("tickets", "open_from", "late_from"):
            _open(draft, table)
    if "reopens" in frame:
        frame["is_reopened"] = optional_truth(numbers(frame, "reopens") >= 1, has_value(frame, "reopens"))
    if "replies" in frame:
        frame["is_one_touch"] = optional_truth(numbers(frame, "replies") == 1, has_value(frame, "replies"))
    if "replies" in frame and "reopens" in frame:
        at_once = (numbers(frame, "replies") <= 1) & (numbers(frame, "reopens") == 0)
        frame["is_first_contact"] = optional_truth(at_once, has_value(frame, "replies") & has_value(frame, "reopens"))
    if "satisfaction" in frame:
        ratings.of_tickets(draft, table)


def _clock(draft: Draft, table: Table, end: str, own: str) -> tuple[Bools, Bools]:
    """The rows whose file is measured by its time stamps of creation and of an end, and those measured by the help desk's
    own column: stamps when the file has both with a time of day, else the column, else whatever stamps there are."""
    frame = table.frame
    by_day = draft.calendar(table, "created_at") | draft.calendar(table, end)
    stamped = [business_time.has_stamps(source, frame, end) for source in draft.sources]
    has_own = [own in source.columns and own in frame for source in draft.sources]
    by_column = np.array(has_own, dtype=bool) & (by_day | ~np.array(stamped, dtype=bool))
    by_stamps = np.array(stamped, dtype=bool) & ~by_column
    return draft.by_row(by_stamps, frame), draft.by_row(by_column, frame)


def _response(draft: Draft, table: Table) -> None:
    frame = table.frame
    by_stamps, by_column = _clock(draft, table, "first_response_at", "first_response_minutes")
    if not by_stamps.any() and not by_column.any():
        return
    minutes = numbers(frame, "first_response_minutes")
    if not by_column.all():
        minutes = np.where(by_column, minutes, np.nan)
    none_yet = (minutes == 0) & (numbers(frame, "replies") == 0)  # no reply after no time is none
    if none_yet.any():
        minutes = np.where(none_yet, np.nan, minutes)
    answered: Bools = by_column & ~np.isnan(minutes)
    if by_stamps.any():
        at = moments(frame, "first_response_at")
        stamped = draft.between(table, "created_at", "first_response_at", MINUTE_US)
        minutes = np.where(by_stamps, stamped, minutes)
        answered = answered | (by_stamps & ~np.isnat(at) & (at < draft.known_until(table.name)))
        timed = ("created_at", "first_response_at")
        draft.say_by_day(table, by_stamps & answered, timed, "first response time", "response_minutes")
    minutes = draft.no_negative(table, minutes, "creation", "the first reply", "first response time")
    frame["is_answered"] = answered
    put(frame, "response_minutes", np.where(answered, minutes, np.nan))
    if draft.asks("tickets", "answered_at"):
        at = minutes_after(frame["created_at"].to_numpy(), minutes)
        at = np.where(by_stamps, moments(frame, "first_response_at"), at)
        frame["answered_at"] = np.where(answered & (by_stamps | ~np.isnan(minutes)), at, NAT)
    if not draft.asks("tickets", "wait_minutes", "is_in_target"):
        return
    solved = moments(frame, "solved_at")
    waited = draft.waited(table, "created_at", "first_response_at", MINUTE_US)
    if "solved_at" in frame:
        until_solved = draft.between(table, "created_at", "solved_at", MINUTE_US, like="first_response_at")
        waited = np.where(~np.isnat(solved) & (solved < draft.known_until(table.name)), until_solved, waited)
    wait = np.where(answered, frame["response_minutes"].to_numpy(), waited)
    frame["wait_minutes"] = np.where(wait >= 0, wait, np.nan)
    _target(draft, table, answered)


def _target(draft: Draft, table: Table, answered: Bools) -> None:
    frame = table.frame
    if "sla_status" in frame:
        kept, missed = words(frame, "sla_status", _KEPT), words(frame, "sla_status", _MISSED)
        frame["is_in_target"] = optional_truth(kept, kept | missed)
    elif (target := draft.settings.response_target_minutes) is not None:
        minutes, wait = frame["response_minutes"].to_numpy(), frame["wait_minutes"].to_numpy()
        frame["is_in_target"] = in_target(answered, minutes, wait, target)


def _resolution(draft: Draft, table: Table) -> None:
    frame = table.frame
    by_stamps, by_column = _clock(draft, table, "solved_at", "resolution_minutes")
    if not by_stamps.any() and not by_column.any():
        return
    if by_stamps.any():
        hours = draft.between(table, "created_at", "solved_at", HOUR_US)
        there = by_stamps & ~np.isnan(hours)
        draft.say_by_day(table, there, ("created_at", "solved_at"), "resolution time", "resolution_hours")
    if not by_stamps.all():
        own = np.where(by_column, numbers(frame, "resolution_minutes") / 60, np.nan)
        hours = np.where(by_stamps, hours, own) if by_stamps.any() else own
    put(frame, "resolution_hours", draft.no_negative(table, hours, "creation", "the solution", "resolution time"))


def _open(draft: Draft, table: Table) -> None:
    """From when until when a ticket was open. One that is done without a date is never open, nor one of an unknown state."""
    frame = table.frame
    if "solved_at" not in frame and not ("status" in frame or "is_closed" in frame):
        return
    done = states.is_in(frame, "tickets", "solved")
    has_state = done | states.is_in(frame, "tickets", "open")
    if len(frame) and not has_state.any():
        what = "nothing says which tickets are open"
        table.unusable["open_from"] = Unusable("missing-values", what, "say what each status means, see the problems")
        return
    solved = moments(frame, "solved_at")
    undated = done & np.isnat(solved)
    draft.report("solved-without-date", table, undated, status="solved or closed")
    frame["open_from"] = np.where(undated | ~has_state, NAT, frame["created_at"].to_numpy())
    frame["open_until"] = solved
    if (target := draft.settings.resolution_target_hours) is not None:
        frame["late_from"] = minutes_after(frame["open_from"].to_numpy(), np.full(len(frame), target * 60))


def first_responses(draft: Draft) -> None:
    """The answered tickets or leads, with the minutes until then."""
    if "first_responses" not in draft.wanted:
        return
    if "tickets" in draft.tables:
        table, minutes = draft.tables["tickets"], "response_minutes"
        scale = 1.0
    elif "leads" in draft.tables:
        table, minutes = draft.tables["leads"], "response_hours"
        scale = 60.0
        draft.labels["average_response_time"] = "of leads"
    else:
        return
    if minutes not in table.frame:
        return
    answered = truths(table.frame, "is_answered" if minutes == "response_minutes" else "is_responded")
    frame = table.frame.assign(minutes=numbers(table.frame, minutes) * scale)[answered].reset_index(drop=True)
    draft.tables["first_responses"] = Table("first_responses", frame, dict(table.calendar))
