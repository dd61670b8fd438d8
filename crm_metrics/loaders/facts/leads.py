"""Leads: whether, when and how fast each was answered, qualified and converted."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from crm_metrics.loaders.facts import states
from crm_metrics.loaders.facts.draft import DAY_US, HOUR_US, Bools, Draft, distinct_values, in_target, optional_truth
from crm_metrics.schema import LEAD_STAGES, STATES
from crm_metrics.tables import LATER, STATE, Table
from crm_metrics.tables.frames import has_value, moments, numbers, truths

_CONVERTED = STATES["leads"].index("converted")
_CALLED = {"mql": "marketing qualification", "sql": "sales qualification", "opportunity": "the opportunity"}
_KINDS = {"mql": "MQLs", "sql": "SQLs", "opportunity": "opportunities"}


def derive(draft: Draft) -> None:
    """Conversion, stages and response of every lead; then the leads or reported leads that spend is compared with."""
    if "leads" in draft.tables:
        table = draft.tables["leads"]
        _conversion(draft, table)
        _stages(draft, table)
        _response(draft, table)
    if "lead_counts" in draft.wanted:
        _counts(draft)


def _conversion(draft: Draft, table: Table) -> None:
    frame = table.frame
    dated = bool((has_value(frame, "converted_at") | truths(frame, LATER)).any())
    has_state = np.ones(len(frame), dtype=bool)  # whose state is not known is in no share
    own = {"is_converted", "converted_at"} & {*frame}
    if "status" in frame and not own:
        states.settle(draft, table)
    if "is_converted" in frame:
        flag = truths(frame, "is_converted")
        by_status = states.read_by(draft, table, "status") == _CONVERTED if "status" in frame else flag
        draft.report("converted-conflict", table, by_status & ~flag & ~truths(frame, LATER), column="the flag")
        converted = flag & ~truths(frame, LATER)
    elif "converted_at" in frame:
        converted = has_value(frame, "converted_at")
    elif "lead_id" in frame and "deals" in draft.tables and {"lead_id", "closed_at"} <= {*draft.tables["deals"].frame}:
        frame["converted_at"] = _won_at(draft, table)
        converted, dated = has_value(frame, "converted_at"), True
        draft.say("lead-conversion-from", how="when a deal that came of them was won")
    elif "status" in frame:
        converted, has_state = states.is_in(frame, "leads", "converted"), has_value(frame, STATE)
        if not converted.any():
            return
        how = " or ".join(distinct_values(frame, "status", converted)[:5])
        draft.say("lead-conversion-from", how=f"when their status is {how}")
    else:
        return
    at = moments(frame, "converted_at")
    converted = converted & ~(at >= draft.known_until(table.name))
    frame["is_converted"] = optional_truth(converted, has_state)
    # Young leads are young whether or not anybody has converted yet.
    dated |= "converted_at" in frame and not converted.any()
    if own:
        states.record(draft, table, "status", np.where(converted, np.int8(_CONVERTED), np.int8(0)))
    created, window, why = moments(frame, "created_at"), draft.settings.conversion_days, ""
    if "created_at" not in frame:
        why = "the leads have no creation date"
    elif not dated:
        has_state = has_state & ~np.isnat(created)
        young = int((draft.last_day(table.name) - draft.days(created) < np.timedelta64(window, "D")).sum())
        why = f"no dates of conversion are given; {young:,} of them are younger than {window} days"
    else:
        called = {"end": "conversion", "duration": "conversion in time"}
        converted, _ = _in_window(draft, table, "converted_at", converted, **called)
        has_state = ~np.isnat(created) & _is_old_enough(draft, table)
    frame["is_mature"], frame["is_converted_in_window"] = has_state, converted
    if why:
        draft.say("lead-conversion-from", how=f"whenever it happened, as {why}")


def _is_old_enough(draft: Draft, table: Table) -> Bools:
    age = draft.last_day(table.name) - draft.days(table.frame["created_at"].to_numpy())
    return np.asarray(age >= np.timedelta64(draft.settings.conversion_days, "D"))


def _in_window(draft: Draft, table: Table, column: str, among: Bools, **called: str) -> tuple[Bools, Bools]:
    """Which of some leads have a date within `conversion_days` of their creation, and which before it, which is reported."""
    before = among & (draft.between(table, "created_at", column, DAY_US) < 0)
    draft.report("negative-duration", table, before, start="creation", **called)
    created, at = (draft.days(moments(table.frame, name)) for name in ("created_at", column))
    return among & ~before & (at - created <= np.timedelta64(draft.settings.conversion_days, "D")), before


def _stages(draft: Draft, table: Table) -> None:
    """Which stages a lead came to in time, missing where its file has no dates of a stage or they cannot be: before its
    arrival. A lead that has a date of a later stage and none of an earlier one has skipped that: it never was in it."""
    frame = table.frame
    if "created_at" not in frame:
        return
    frame["is_old_enough"] = _is_old_enough(draft, table)
    for stage, column in LEAD_STAGES.items():
        if column in frame:
            with_dates = states.in_file(draft, table, column)
            reached, before = _in_window(draft, table, column, with_dates, end=_CALLED[stage], duration="its stages")
            frame[f"is_{stage}"] = optional_truth(reached, with_dates & ~before)
    for (earlier, start), (later, end) in pairwise(LEAD_STAGES.items()):
        if f"is_{earlier}" in frame and f"is_{later}" in frame:
            before = draft.between(table, start, end, DAY_US) < 0
            called = {"start": _CALLED[earlier], "end": _CALLED[later], "duration": "the share that went on"}
            draft.report("negative-duration", table, before, **called)
            reached = truths(frame, f"is_{later}")
            is_told = truths(frame, f"is_{earlier}") & has_value(frame, f"is_{later}") & ~before
            frame[f"is_{later}_of_{earlier}"] = optional_truth(reached, is_told)
            if skipped := int((reached & has_value(frame, f"is_{earlier}") & ~has_value(frame, start)).sum()):
                skips = f"{skipped:,} of {int(reached.sum()):,} {_KINDS[later]}"
                sentence = f"Without a date as {_KINDS[earlier]}, so in no share of these: {skips}."
                draft.note(sentence, f"{table.name}.is_{later}_of_{earlier}")


def _won_at(draft: Draft, table: Table) -> np.ndarray:
    """When the first deal that came of each lead was won."""
    deals = draft.tables["deals"]
    won = deals.frame[deals.frame["is_outcome_won"].to_numpy() & has_value(deals.frame, "closed_at")]
    first = won.groupby(won["lead_id"].astype("str"), observed=True)["closed_at"].min()
    result = first.reindex(table.frame["lead_id"].astype("str")).to_numpy()
    if "closed_at" in deals.calendar:
        by_day = bool(deals.calendar["closed_at"][draft.files(deals)].any())
        table.calendar["converted_at"] = np.full(len(draft.sources), by_day)
    return result


def _response(draft: Draft, table: Table) -> None:
    frame = table.frame
    if "responded_at" not in frame or "created_at" not in frame:
        return
    at = frame["responded_at"].to_numpy()
    answered = ~np.isnat(at) & (at < draft.known_until(table.name))
    hours = draft.between(table, "created_at", "responded_at", HOUR_US)
    hours = np.where(answered, draft.no_negative(table, hours, "creation", "the answer", "lead response time"), np.nan)
    draft.say_by_day(table, answered, ("created_at", "responded_at"), "lead response time", "response_hours")
    waited = draft.waited(table, "created_at", "responded_at", HOUR_US)
    frame["is_responded"] = answered
    frame["response_hours"] = hours
    frame["wait_hours"] = np.where(answered, hours, np.where(waited >= 0, waited, np.nan))
    target = draft.settings.lead_response_target_hours
    if target is not None:
        frame["is_in_target"] = in_target(answered, hours, waited, target)


def _counts(draft: Draft) -> None:
    """One row per lead; without leads, the leads that the spend file reports."""
    if "leads" in draft.tables:
        table = draft.tables["leads"]
        if "created_at" not in table.frame:
            return
        date, frame = "created_at", table.frame.assign(leads=1.0)
    elif "spend" in draft.tables and "leads" in draft.tables["spend"].frame:
        table = draft.tables["spend"]
        date, frame = "spent_at", table.frame.assign(leads=numbers(table.frame, "leads"))
        sentence = "Cost per lead uses the leads that the spend file reports, as no leads were given."
        draft.note(sentence, "lead_counts")
    else:
        return
    if date in frame:
        frame["counted_at"] = frame[date]
    calendar = {"counted_at": draft.calendar(table, date)}
    draft.tables["lead_counts"] = Table("lead_counts", frame, calendar, in_parts=table.in_parts)
