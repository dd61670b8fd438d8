"""Leads: whether, when and how fast each was answered and converted."""

from __future__ import annotations

import numpy as np
import pandas as pd

from crm_metrics.loaders.facts import states
from crm_metrics.loaders.facts.workbench import DAY_US, HOUR_US, Workbench, distinct_values, in_target, optional_truth
from crm_metrics.schema import STATES
from crm_metrics.tables import LATER, STATE, Table
from crm_metrics.tables.frames import NAT, has_value, moments, numbers, truths

_CONVERTED = STATES["leads"].index("converted")


def derive(bench: Workbench) -> None:
    """Conversion, maturity and response of every lead; then the leads or reported leads that spend is compared with."""
    if "leads" in bench.tables:
        table = bench.tables["leads"]
        _conversion(bench, table)
        _response(bench, table)
    if "lead_counts" in bench.wanted:
        _counts(bench)


def _conversion(bench: Workbench, table: Table) -> None:
    frame = table.frame
    dated = bool((has_value(frame, "converted_at") | truths(frame, LATER)).any())
    has_state = np.ones(len(frame), dtype=bool)  # whose state is not known is in no share
    own = {"is_converted", "converted_at"} & {*frame}
    if "status" in frame and not own:
        states.settle(bench, table)
    if "is_converted" in frame:
        flag = truths(frame, "is_converted")
        by_status = states.read_by(bench, table, "status") == _CONVERTED if "status" in frame else flag
        bench.report("converted-conflict", table, by_status & ~flag & ~truths(frame, LATER), column="the flag")
        converted = flag & ~truths(frame, LATER)
    elif "converted_at" in frame:
        converted = has_value(frame, "converted_at")
    elif "lead_id" in frame and "deals" in bench.tables and {"lead_id", "closed_at"} <= {*bench.tables["deals"].frame}:
        frame["converted_at"] = _won_at(bench, table)
        converted, dated = has_value(frame, "converted_at"), True
        bench.say("lead-conversion-from", how="when a deal that came of them was won")
    elif "status" in frame:
        converted, has_state = states.is_in(frame, "leads", "converted"), has_value(frame, STATE)
        if not converted.any():
            return
        how = " or ".join(distinct_values(frame, "status", converted)[:5])
        bench.say("lead-conversion-from", how=f"when their status is {how}")
    else:
        return
    at = moments(frame, "converted_at")
    converted = converted & ~(at >= bench.known_until(table.name))
    frame["is_converted"] = optional_truth(converted, has_state)
    # Young leads are young whether or not anybody has converted yet.
    dated |= "converted_at" in frame and not converted.any()
    if own:
        states.record(bench, table, "status", np.where(converted, np.int8(_CONVERTED), np.int8(0)))
    if "created_at" not in frame:
        frame["is_mature"] = has_state
        frame["is_converted_in_window"] = converted
        bench.say("lead-conversion-from", how="whenever it happened, as the leads have no creation date")
        return
    created, window = frame["created_at"].to_numpy(), bench.settings.conversion_days
    if not dated:
        frame["is_mature"] = ~np.isnat(created) & has_state
        frame["is_converted_in_window"] = converted
        young = int((bench.last_day(table.name) - bench.days(created) < np.timedelta64(window, "D")).sum())
        how = f"whenever it happened, as no dates of conversion are given; {young:,} of them are younger than {window} days"
        bench.say("lead-conversion-from", how=how)
        return
    days = (bench.days(at) - bench.days(created)).astype(float)
    days[np.isnat(at) | np.isnat(created)] = np.nan
    before = bench.between(table, "created_at", "converted_at", DAY_US) < 0
    called = {"start": "creation", "end": "conversion", "duration": "conversion in time"}
    bench.report("negative-duration", table, converted & before, **called)
    age = (bench.last_day(table.name) - bench.days(created)).astype(float)
    frame["is_mature"] = ~np.isnat(created) & (age >= window)
    frame["is_converted_in_window"] = converted & ~before & (days <= window)


def _won_at(bench: Workbench, table: Table) -> np.ndarray:
    """When the first deal that came of each lead was won."""
    deals = bench.tables["deals"]
    won = deals.frame[deals.frame["is_outcome_won"].to_numpy() & has_value(deals.frame, "closed_at")]
    first = won.groupby(won["lead_id"].astype("str"), observed=True)["closed_at"].min()
    place = pd.Index(first.index).get_indexer(pd.Index(table.frame["lead_id"].astype("str")))
    result = np.append(first.to_numpy(), NAT)[place]
    if "closed_at" in deals.calendar:
        by_day = bool(deals.calendar["closed_at"][bench.files(deals)].any())
        table.calendar["converted_at"] = np.full(len(bench.sources), by_day)
    return result


def _response(bench: Workbench, table: Table) -> None:
    frame = table.frame
    if "responded_at" not in frame or "created_at" not in frame:
        return
    at = frame["responded_at"].to_numpy()
    answered = ~np.isnat(at) & (at < bench.known_until(table.name))
    hours = bench.between(table, "created_at", "responded_at", HOUR_US)
    hours = np.where(answered, bench.no_negative(table, hours, "creation", "the answer", "lead response time"), np.nan)
    waited = bench.waited(table, "created_at", "responded_at", HOUR_US)
    frame["is_responded"] = answered
    frame["response_hours"] = hours
    frame["wait_hours"] = np.where(answered, hours, np.where(waited >= 0, waited, np.nan))
    target = bench.settings.lead_response_target_hours
    if target is not None:
        frame["is_in_target"] = in_target(answered, hours, waited, target)


def _counts(bench: Workbench) -> None:
    """One row per lead; without leads, the leads that the spend file reports."""
    if "leads" in bench.tables:
        table = bench.tables["leads"]
        if "created_at" not in table.frame:
            return
        date, frame = "created_at", table.frame.assign(leads=1.0)
    elif "spend" in bench.tables and "leads" in bench.tables["spend"].frame:
        table = bench.tables["spend"]
        date, frame = "spent_at", table.frame.assign(leads=numbers(table.frame, "leads"))
        sentence = "Cost per lead uses the leads that the spend file reports, as no leads were given."
        bench.note(sentence, "lead_counts")
    else:
        return
    if date in frame:
        frame["counted_at"] = frame[date]
    calendar = {"counted_at": bench.calendar(table, date)}
    bench.tables["lead_counts"] = Table("lead_counts", frame, calendar, in_parts=table.in_parts)
