"""Limits of counts of events that come by chance."""

from __future__ import annotations

import numpy as np

from crm_metrics.engine.cells import Floats, Ints


def garwood(count: Floats | Ints) -> tuple[Floats, Floats]:
    """The exact limits of the mean of a Poisson count (Garwood 1936); the low one of nothing is 0."""
    from scipy.special import gammaincinv

    known = np.asarray(count, dtype=np.float64)
    with np.errstate(all="ignore"):
        low = np.where(known > 0, np.asarray(gammaincinv(np.maximum(known, 1e-12), 0.025), dtype=np.float64), 0.0)
        high = np.asarray(gammaincinv(known + 1, 0.975), dtype=np.float64)
    return np.where(np.isnan(known), np.nan, low), high


def per_count(amount: Floats, count: Floats) -> tuple[Floats, Floats]:
    """The limits of a fixed amount divided by a Poisson count, such as a cost per customer won; NaN where the count is 0."""
    low, high = garwood(count)
    with np.errstate(all="ignore"):
        known = count > 0
        return np.where(known, amount / high, np.nan), np.where(known, amount / low, np.nan)
