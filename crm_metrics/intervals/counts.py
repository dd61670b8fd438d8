"""Limits of counts of events that come by chance."""

from __future__ import annotations

import numpy as np

from crm_metrics.engine.cells import Floats
from crm_metrics.intervals.distributions import poisson_limits


def per_count(amount: Floats, count: Floats) -> tuple[Floats, Floats]:
    """The limits of a fixed amount divided by a Poisson count, such as a cost per customer won; NaN where the count is 0."""
    low, high = poisson_limits(count)
    with np.errstate(all="ignore"):
        positive = count > 0
        return np.where(positive, amount / high, np.nan), np.where(positive, amount / low, np.nan)
