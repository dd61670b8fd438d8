"""Subscriptions: which were paid for, from when to when, and what each brings a month."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from crm_metrics.loaders.facts import states
from crm_metrics.loaders.facts.workbench import Bools, Floats, Workbench, has_value, moments, numbers, truths
from crm_metrics.loaders.recognising import normalised
from crm_metrics.tables import STATE, Table

# A month has 365.25 / 12 days; a week and a day are parts of that.
_PER_MONTH = {
    "day": 365.25 / 12,
    "week": 365.25 / 84,
    "month": 1.0,
    "quarter": 1 / 3,
    "half year": 1 / 6,
    "year": 1 / 12,
}
_ALSO = {"daily": "day", "annual": "year", "annually": "year", "semi annual": "half year", "semiannual": "half year"}
_ALSO |= {"half yearly": "half year", "quarterly": "quarter", "weekly": "week", "monthly": "month", "yearly": "year"}
_INTERVAL = re.compile(r"(?:(?:every|per) )?(?:(\d+) )?(day|week|month|quarter|half year|year)s?")


def settle_dates(bench: Workbench, table: Table) -> None:
    """Paid time only: the end, and a start behind the trial. This comes before as-of is known, which depends on it."""
    states.settle(bench, table)
    frame = table.frame
    ended = moments(frame, "ended_at")
    canceled = moments(frame, "canceled_at")
    ended = np.where(np.isnat(ended) & states.is_in(frame, "subscriptions", "ended"), canceled, ended)
    if "ended_at" in frame or "canceled_at" in frame:
        flags = [table.calendar[name] for name in ("ended_at", "canceled_at") if name in table.calendar]
        table.calendar["ended_at"] = np.logical_and.reduce(flags)
        frame["ended_at"] = ended
    started = moments(frame, "started_at")
    trial_end = moments(frame, "trial_ends_at")
    # The end of a trial that still runs has not happened: it says nothing of how far the data reaches.
    over = ~np.isnat(trial_end) & (trial_end > started) & ~states.is_in(frame, "subscriptions", "trial")
    frame["started_at"] = np.where(over, trial_end, started)


def paid(bench: Workbench) -> pd.DataFrame | None:
    """The subscriptions that were paid for, with a customer and a start; None when no subscriptions are given."""
    if "subscriptions" not in bench.tables:
        return None
    table = bench.tables["subscriptions"]
    frame = table.frame
    is_trial = truths(frame, "is_trial") | states.is_in(frame, "subscriptions", "trial")
    told = ~states.is_in(frame, "subscriptions", "never-started") & has_value(frame, STATE)
    started, ended = moments(frame, "started_at"), moments(frame, "ended_at")
    tried = ~np.isnat(moments(frame, "trial_ends_at")) & (ended <= started)  # left before the trial was over
    over = states.is_in(frame, "subscriptions", "ended") & np.isnat(ended)
    keep = told & ~is_trial & ~tried & ~np.isnat(started) & has_value(frame, "customer")
    bench.report("ended-without-date", table, keep & over)
    keep &= ~over
    bench.report("ended-before-started", table, keep & (ended < started))
    return frame[keep].reset_index(drop=True)


def monthly(frame: pd.DataFrame) -> Floats | None:
    """Recurring revenue a month of each subscription; None when neither it nor an amount with its interval is given."""
    mrr = numbers(frame, "mrr")
    if ("amount" in frame or "unit_amount" in frame) and "interval" in frame:
        intervals = frame["interval"].astype("category")
        shares = [_share_of_month(str(name)) for name in intervals.cat.categories]
        share, written = np.array([*shares, (np.nan, 0.0)])[intervals.cat.codes.to_numpy()].T
        count = numbers(frame, "interval_count")
        count = np.where(np.isnan(count), np.maximum(written, 1.0), count)
        said_twice = (written > 0) & (count != 1) & (count != written)
        share = np.where((count > 0) & ~said_twice, share, np.nan) / np.where(
            written > 0, written, np.where(count > 0, count, 1)
        )
        mrr = np.where(np.isnan(mrr), charged(frame) * share, mrr)
    elif "mrr" not in frame:
        return None
    return mrr


def charged(frame: pd.DataFrame) -> Floats:
    """What each subscription is charged per interval: its amount, else that of one unit times how many there are."""
    amount, quantity = numbers(frame, "amount"), numbers(frame, "quantity")
    each = numbers(frame, "unit_amount") * np.where(np.isnan(quantity), 1.0, quantity)
    return np.where(np.isnan(amount), each, amount)


def _share_of_month(interval: str) -> tuple[float, float]:
    """What an amount per interval is a month, NaN for an interval that is no known one; and the number written with it,
    0 for none."""
    text = normalised(interval)
    found = _INTERVAL.fullmatch(_ALSO.get(text, text))
    if found is None or found[1] == "0":
        return np.nan, 0.0
    return _PER_MONTH[found[2]], float(found[1] or 0)


def priced(bench: Workbench, frame: pd.DataFrame) -> pd.DataFrame | None:
    """The subscriptions with their recurring revenue a month as `mrr`, and `is_known`, False where it is missing although
    something was paid; None when no file says what is paid. A revenue of 0 on a subscription that has ended is that of
    today, unless its plan is free: all that still run on it bring 0 too."""
    of_today = _of_today(bench, frame)
    if of_today.any():
        frame = frame.assign(mrr=np.where(of_today, np.nan, numbers(frame, "mrr")))
    mrr = monthly(frame)
    if mrr is None:
        return None
    of_today &= np.isnan(mrr)
    bench.report("mrr-of-today", Table("subscriptions", frame), of_today)
    unknown = np.isnan(mrr) & ~np.isnan(charged(frame)) & has_value(frame, "interval")
    if unknown.any():
        shown = frame.loc[unknown, "interval"].astype(str)
        count = numbers(frame, "interval_count")[unknown]
        several = np.array(
            [f"{number:g} " if number == number and number != 1 else "" for number in count], dtype=object
        )
        seen = ", ".join(sorted(set(several + shown.to_numpy(dtype=object)))[:3])
        bench.report("unknown-interval", Table("subscriptions", frame), unknown, seen=seen)
    frame = frame.assign(mrr=mrr, is_known=~of_today)
    started, ended = moments(frame, "started_at"), moments(frame, "ended_at")
    kept = np.where(of_today, ended > started, ~np.isnan(mrr) & ~(ended < started))
    return frame[kept].reset_index(drop=True)


def _of_today(bench: Workbench, frame: pd.DataFrame) -> Bools:
    over = moments(frame, "ended_at") < bench.now
    nothing = numbers(frame, "mrr") == 0
    hit: Bools = over & nothing
    if hit.any() and "plan" in frame:
        plan = frame["plan"].astype("category").cat.codes.to_numpy()
        runs = np.bincount(plan[~over] + 1, minlength=plan.max() + 2)
        free = np.bincount(plan[~over & nothing] + 1, minlength=len(runs))
        hit &= ~((runs > 0) & (free == runs) & (np.arange(len(runs)) > 0))[plan + 1]
    return hit


def spells(bench: Workbench) -> tuple[pd.DataFrame, bool] | None:
    """The paid subscriptions as stretches of time per customer, and whether the file says when any of them ended; None
    without subscriptions. `weight` says which of several at a time a customer's plan is read from: the dearest."""
    frame = paid(bench)
    if frame is None or "customer" not in frame:
        return None
    given = has_value(bench.tables["subscriptions"].frame, "ended_at").any()
    mrr = monthly(frame)
    weight = np.zeros(len(frame)) if mrr is None else np.nan_to_num(mrr)
    return frame.assign(ended_at=moments(frame, "ended_at"), weight=weight), bool(given)
