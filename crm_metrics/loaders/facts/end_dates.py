"""The ends of subscriptions: whether a file gives the last paid day or the first day without."""

from __future__ import annotations

import numpy as np

from crm_metrics.loaders.facts.workbench import DAY, NAT, Bools, Workbench, has_value, instants, moments
from crm_metrics.tables import SOURCE, Table

_WEEK = np.timedelta64(7, "D")  # who comes back later has been away
_FEWEST = 3
_SHARE = 0.9


def settle(bench: Workbench) -> None:
    """Make every end the first moment without: where a file's ends are last paid days (`end_dates`, else where nine of ten
    renewals begin the day after, three at least) that is the next renewal, else the beginning of the next day."""
    table = bench.tables.get("subscriptions")
    said = bench.settings.end_dates
    if table is None or said == "exclusive" or "customer" not in table.frame or "started_at" not in table.frame:
        return
    frame = table.frame
    ended = moments(frame, "ended_at")
    if np.isnat(ended).all():
        return
    following = _following(bench, table)
    wait = bench.days(following) - bench.days(ended)
    day_after = wait == DAY
    source = frame[SOURCE].to_numpy()
    if said == "inclusive":
        rows = ~np.isnat(ended)
    else:
        renewed = (wait >= np.timedelta64(0, "D")) & (wait <= _WEEK)
        every = np.bincount(source[renewed], minlength=len(bench.sources))
        ready = np.bincount(source[day_after], minlength=len(bench.sources))
        inclusive = (ready >= _FEWEST) & (ready >= _SHARE * every)
        rows = inclusive[source] & ~np.isnat(ended)
        for index in np.flatnonzero(inclusive).tolist():
            column = bench.sources[index].columns.get("ended_at", "ended_at")
            shown = f"{ready[index]:,} of {every[index]:,}"
            bench.report("end-dates-inclusive", table, rows & (source == index), column=column, seen=shown)
    rows &= ~(has_value(frame, "trial_ends_at") & (ended <= moments(frame, "started_at")))  # only a trial ended
    if rows.any():
        over = instants(bench.days(ended) + DAY, bench.settings.timezone)
        frame["ended_at"] = np.where(rows, np.where(day_after, following, over), ended)


def _following(bench: Workbench, table: Table) -> np.ndarray:
    """When each subscription's customer began the next one in the same file: the first start on the day of its end or later,
    missing for none."""
    frame = table.frame
    started, ended = moments(frame, "started_at"), moments(frame, "ended_at")
    customer = frame["customer"].astype("category").cat.codes.to_numpy().astype(np.int64)
    key = customer * (int(frame[SOURCE].max()) + 1) + frame[SOURCE].to_numpy()
    begun: Bools = has_value(frame, "customer") & ~np.isnat(started)
    asked: Bools = has_value(frame, "customer") & ~np.isnat(ended)
    made = np.full(len(frame), NAT)
    # Starts and ends in one order of customer and day; behind an end, the next start of the same customer is the one.
    rows = np.concatenate([np.flatnonzero(asked), np.flatnonzero(begun)])
    is_start = np.repeat([False, True], [asked.sum(), begun.sum()])
    at = np.concatenate([instants(bench.days(ended[asked]), bench.settings.timezone), started[begun]])
    order = np.lexsort((is_start, at, key[rows]))
    rows, is_start = rows[order], is_start[order]
    place = np.where(is_start, np.arange(len(rows)), len(rows))
    following = np.minimum.accumulate(place[::-1])[::-1]
    found = following[~is_start]
    kept = found < len(rows)
    ends, starts = rows[~is_start][kept], rows[found[kept]]
    same = (key[ends] == key[starts]) & (ends != starts)
    made[ends[same]] = started[starts[same]]
    return made
