"""Subscriptions: paid stretches, each customer's recurring revenue over time, and its movements."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from crm_metrics.loaders.facts import states
from crm_metrics.loaders.facts.workbench import (
    Bools,
    Floats,
    Workbench,
    category,
    has_value,
    moments,
    numbers,
    truths,
    unusable,
)
from crm_metrics.loaders.recognising import normalised
from crm_metrics.tables import NO_RATE, ROW, SOURCE, STATE, Table

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
_MOVES = ("churn", "contraction", "expansion", "new", "reactivation")
_NOTHING = 1e-6


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
    if "amount" in frame and "interval" in frame:
        intervals = frame["interval"].astype("category")
        shares = [_share_of_month(str(name)) for name in intervals.cat.categories]
        factor = np.array([*shares, np.nan])[intervals.cat.codes.to_numpy()]
        mrr = np.where(np.isnan(mrr), numbers(frame, "amount") * factor, mrr)
    elif "mrr" not in frame:
        return None
    return mrr


def _share_of_month(interval: str) -> float:
    """What an amount per interval is a month; NaN for an interval that is no known one."""
    text = normalised(interval)
    found = _INTERVAL.fullmatch(_ALSO.get(text, text))
    return _PER_MONTH[found[2]] / int(found[1] or 1) if found and found[1] != "0" else np.nan


def derive(bench: Workbench) -> None:
    """Each customer's recurring revenue as stretches of time, and every change of it as a movement."""
    frame = paid(bench) if bench.wanted & {"recurring", "movements"} else None
    if frame is None or "customer" not in frame:
        return
    mrr = monthly(frame)
    if mrr is None:
        return
    unpriced = frame[truths(frame, NO_RATE)]
    _report_unknown(bench, frame, mrr)
    if bench.priced_in is not None:  # what a customer pays in several currencies is one total
        frame = frame.drop(columns="currency", errors="ignore")
    known = ~np.isnan(mrr) & ~(moments(frame, "ended_at") < moments(frame, "started_at"))
    frame, mrr = frame[known].reset_index(drop=True), mrr[known]
    steps = _steps(frame, mrr)
    bench.tables["recurring"] = Table("recurring", _stretches(steps))
    bench.tables["movements"] = Table("movements", _movements(steps))
    if len(unpriced):
        _add_unpriced(bench, unpriced)
    if "ended_at" not in frame:
        seen, hint = "the subscriptions do not say when one ended", "add the column with the end of each subscription"
        bench.tables["recurring"].unusable["ended_at"] = unusable("missing-column", seen, hint)
        bench.tables["movements"].unusable["kind"] = unusable("missing-column", seen, hint)


def _report_unknown(bench: Workbench, frame: pd.DataFrame, mrr: Floats) -> None:
    """Report the subscriptions whose amount is of no known interval: they are in no recurring revenue."""
    unknown = np.isnan(mrr) & has_value(frame, "amount") & has_value(frame, "interval")
    if unknown.any():
        seen = ", ".join(sorted(set(frame.loc[unknown, "interval"].astype(str)))[:3])
        bench.report("unknown-interval", Table("subscriptions", frame), unknown, seen=seen)


def _add_unpriced(bench: Workbench, frame: pd.DataFrame) -> None:
    """Rows without an amount for subscriptions that have no exchange rate: where there are only these, nothing can be said,
    which is not 0."""
    rows = frame[["customer", SOURCE, ROW]].assign(**{NO_RATE: True})
    ended = moments(frame, "ended_at")
    stretches = rows.assign(started_at=frame["started_at"], ended_at=ended, mrr=np.nan)
    begun = rows.assign(moved_at=frame["started_at"], kind="new", amount=np.nan)
    over = rows.assign(moved_at=ended, kind="churn", amount=np.nan)[~np.isnat(ended)]
    for name, parts in (("recurring", [stretches]), ("movements", [begun, over])):
        table = bench.tables[name]
        priced = table.frame.assign(**{NO_RATE: False})
        kinds = {column: priced[column].dtype for column in ("customer", "kind") if column in priced}
        together = pd.concat([priced, *(part for part in parts if len(part))], ignore_index=True)
        table.frame = together.astype(kinds)


def _steps(frame: pd.DataFrame, mrr: Floats) -> pd.DataFrame:
    """One row per customer (and currency) and moment at which the total changes: the level before and after it."""
    ended = moments(frame, "ended_at")
    closes = ~np.isnat(ended)
    keys = ["customer", "currency"] if "currency" in frame else ["customer"]
    columns = [*keys, SOURCE, ROW]
    starts = frame[columns].assign(at=frame["started_at"].to_numpy(), change=mrr)
    stops = frame.loc[closes, columns].assign(at=ended[closes], change=-mrr[closes])
    events = pd.concat([starts, stops], ignore_index=True)
    events = events.sort_values([*keys, "at", "change", SOURCE, ROW], kind="stable")
    totals = events.groupby([*keys, "at"], observed=True, sort=True, dropna=False)
    steps = totals.agg(change=("change", "sum"), **{SOURCE: (SOURCE, "first"), ROW: (ROW, "first")}).reset_index()
    level = steps.groupby(keys, observed=True, dropna=False)["change"].cumsum().to_numpy()
    steps["after"] = np.where(np.abs(level) < _NOTHING, 0.0, level)
    steps["before"] = steps.groupby(keys, observed=True, dropna=False)["after"].shift(fill_value=0.0)
    steps["until"] = steps.groupby(keys, observed=True, dropna=False)["at"].shift(-1)
    had = steps.groupby(keys, observed=True, dropna=False)["after"].cummax()
    steps["had_before"] = (
        had.groupby([steps[key] for key in keys], observed=True, dropna=False).shift(fill_value=0.0) > 0
    )
    return steps


def _stretches(steps: pd.DataFrame) -> pd.DataFrame:
    some = steps[steps["after"] != 0]
    return some.rename(columns={"at": "started_at", "until": "ended_at", "after": "mrr"}).reset_index(drop=True)


def _movements(steps: pd.DataFrame) -> pd.DataFrame:
    before, after = steps["before"].to_numpy(), steps["after"].to_numpy()
    moved: Bools = np.abs(after - before) >= _NOTHING
    back = steps["had_before"].to_numpy(dtype=bool)
    kind = np.select(
        [after == 0, (before == 0) & back, before == 0, after > before],
        [_MOVES.index(name) for name in ("churn", "reactivation", "new", "expansion")],
        _MOVES.index("contraction"),
    )
    made = steps.assign(kind=category(_MOVES, kind), amount=np.abs(after - before), moved_at=steps["at"])
    return made[moved].reset_index(drop=True)


def spells(bench: Workbench) -> tuple[pd.DataFrame, bool] | None:
    """The paid subscriptions as stretches of time per customer, and whether the file says when any of them ended; None
    without subscriptions."""
    frame = paid(bench)
    if frame is None or "customer" not in frame:
        return None
    given = has_value(bench.tables["subscriptions"].frame, "ended_at").any()
    return frame.assign(ended_at=moments(frame, "ended_at")), bool(given)
