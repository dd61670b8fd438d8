"""Whether a change is more than chance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from crm_metrics.engine.cells import Floats
from crm_metrics.engine.intervals.counts import garwood
from crm_metrics.engine.intervals.shares import difference
from crm_metrics.metrics.metric import Better, Metric, Unit

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


def with_limits(metric: Metric, figures: Figures) -> Figures:
    """The figures to compare by. A count is shown without limits; how much it could have been otherwise is that of a
    Poisson count."""
    if metric.unit is not Unit.COUNT:
        return figures
    low, high = garwood(np.maximum(figures.value, 0))
    return Figures(figures.value, low, high)
