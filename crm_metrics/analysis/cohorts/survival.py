"""For how long customers stay: the curve of those still there, and the time by which half have left."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np

from crm_metrics.analysis.cohorts.staying import with_ends
from crm_metrics.analysis.lifetimes.contracts import months_held
from crm_metrics.engine import survival
from crm_metrics.engine.cells import Floats, Ints
from crm_metrics.tables import Dataset
from crm_metrics.tables.frames import moments, numbers


@dataclass(frozen=True)
class Lifetime:
    """Of `customers`, by their first time as one, `left` have left. By whole months since the start: the `share` still
    there with its 95 % limits (NaN where they are not defined), and how many were watched for longer. The median lifetime in
    months with its limits is NaN where fewer than half are known to have left."""

    customers: int
    left: int
    months: Ints
    share: Floats
    low: Floats
    high: Floats
    watched: Ints
    median: tuple[float, float, float]


def lifetime(dataset: Dataset) -> Lifetime:
    """How long customers stay (Kaplan and Meier, with log-log limits); who is still there counts for as long as they have
    been. Raises `NothingToReport` where nothing says when customers leave."""
    frame = with_ends(dataset).frame
    now = np.datetime64(dataset.now, "us")
    frame = frame[(moments(frame, "started_at") < now) & (numbers(frame, "ordinal") == 1)]
    ended = moments(frame, "ended_at")
    left = ended < now
    held = months_held(moments(frame, "started_at"), np.where(left, ended, now))
    from scipy.stats import CensoredData, ecdf

    curve = ecdf(CensoredData(uncensored=held[left], right=held[~left])).sf
    with warnings.catch_warnings():  # where nobody has left yet, or everybody, there are no limits
        warnings.simplefilter("ignore", RuntimeWarning)
        limits: Any = curve.confidence_interval(method="log-log")
    months = np.arange(int(held.max()) + 1)
    low, high = (np.asarray(part.evaluate(months), dtype=np.float64) for part in (limits.low, limits.high))
    cells = np.zeros(len(held), dtype=np.int64)
    least, most = survival.limits(held, left, cells, 1)
    return Lifetime(
        len(held),
        int(left.sum()),
        months,
        np.asarray(curve.evaluate(months), dtype=np.float64),
        low,
        high,
        (held[:, None] > months).sum(axis=0),
        (float(survival.median(held, left, cells, 1)[0]), float(least[0]), float(most[0])),
    )
