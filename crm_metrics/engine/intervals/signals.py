"""Whether a change is more than chance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from crm_metrics.engine.cells import Bools, Floats, Ints
from crm_metrics.engine.intervals.counts import garwood
from crm_metrics.engine.intervals.shares import difference
from crm_metrics.metrics.metric import Better, Metric, Unit

FEWEST = 6  # of fewer records in one of the periods nothing is claimed beside other claims
BETTER, WORSE, NONE, UNKNOWN = "better", "worse", "no detectable change", "cannot tell"


@dataclass(frozen=True)
class Figures:
    """Values with their limits, NaN for what is not known."""

    value: Floats
    low: Floats
    high: Floats


def signals(metric: Metric, now: Figures, before: Figures) -> NDArray[np.object_]:
    """What each change says, by the limits of the difference of two independent figures: better or worse by the metric's
    direction where they leave 0 out, `no detectable change` where they hold it, `cannot tell` where a figure or its limits
    are missing. None for a metric of which neither direction is better."""
    if metric.better is Better.NEITHER:
        return np.full(len(now.value), None, dtype=object)
    now, before = with_limits(metric, now), with_limits(metric, before)
    low, high = difference((now.value, now.low, now.high), (before.value, before.low, before.high))
    up, down = (BETTER, WORSE) if metric.better is Better.HIGHER else (WORSE, BETTER)
    said = np.full(len(now.value), NONE, dtype=object)
    said[low > 0], said[high < 0] = up, down
    said[np.isnan(low) | np.isnan(high)] = UNKNOWN
    return said


def chances(metric: Metric, now: Figures, before: Figures, n: Ints) -> Floats:
    """How often chance alone brings changes as large as these, from the limits of the difference, by Student's t with `n`,
    the fewer records of both; NaN where nothing can be said."""
    from scipy.special import stdtr, stdtrit

    if metric.better is Better.NEITHER:
        return np.full(len(now.value), np.nan)
    now, before = with_limits(metric, now), with_limits(metric, before)
    low, high = difference((now.value, now.low, now.high), (before.value, before.low, before.high))
    gap = now.value - before.value
    half = np.where(gap > 0, gap - low, high - gap)
    with np.errstate(all="ignore"):
        found = 2 * stdtr(n - 1.0, -np.abs(gap) / half * stdtrit(n - 1.0, 0.975))
    return np.where((half > 0) & (n >= FEWEST), found, np.nan)


def holm(many: Floats, risk: float) -> Bools:
    """Which of many chances are too small to be one, at a risk for all of them together (Holm 1979, Scand. J. Stat. 6).
    One that is NaN never is."""
    order = np.argsort(many, kind="stable")
    small = many[order] <= risk / (np.count_nonzero(~np.isnan(many)) - np.arange(len(many))).clip(1)
    told = np.zeros(len(many), dtype=bool)
    told[order[np.logical_and.accumulate(small)]] = True
    return told


def with_limits(metric: Metric, figures: Figures) -> Figures:
    """The figures to compare by. A count is shown without limits; how much it could have been otherwise is that of a
    Poisson count."""
    if metric.unit is not Unit.COUNT:
        return figures
    low, high = garwood(np.maximum(figures.value, 0))
    return Figures(figures.value, low, high)
