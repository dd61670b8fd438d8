"""Limits of shares, and of what is made of shares."""

from __future__ import annotations

import numpy as np

from crm_metrics.engine.cells import Floats, Z

_ADDED, _ADDED_EACH = 3.0, 0.75


def wilson(share: Floats, n: Floats, z: float = Z) -> tuple[Floats, Floats]:
    """The score limits of a share of n records (Wilson 1927), never beyond 0 and 1; NaN where there are no records. `z` is
    the point of the normal distribution they are for, of 95 % when not given."""
    with np.errstate(all="ignore"):
        middle = (share + z**2 / (2 * n)) / (1 + z**2 / n)
        half = z * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2)) / (1 + z**2 / n)
        low, high = np.where(share == 0, 0.0, middle - half), np.where(share == 1, 1.0, middle + half)
    valid = n > 0
    return np.where(valid, np.maximum(low, 0.0), np.nan), np.where(valid, np.minimum(high, 1.0), np.nan)


def net_promoter(promoters: Floats, detractors: Floats, n: Floats) -> tuple[Floats, Floats]:
    """The limits of a Net Promoter Score in points: adjusted Wald with three answers added, three quarters of one at each
    end (Rocks 2016), within ±100; NaN where there are no answers."""
    total = n + _ADDED
    up, down = (promoters + _ADDED_EACH) / total, (detractors + _ADDED_EACH) / total
    half = Z * np.sqrt((up + down - (up - down) ** 2) / total)
    low, high = np.maximum(up - down - half, -1.0), np.minimum(up - down + half, 1.0)
    return np.where(n > 0, 100 * low, np.nan), np.where(n > 0, 100 * high, np.nan)


def difference(
    minuend: tuple[Floats, Floats, Floats], subtrahend: tuple[Floats, Floats, Floats], together: Floats | float = 0.0
) -> tuple[Floats, Floats]:
    """The limits of the difference of two figures, each given as value, low and high (Newcombe 1998, method 10, for shares
    with Wilson's limits; Zou and Donner 2008 for any figure; with the correlation `together`, Zou 2007)."""
    (first, first_low, first_high), (second, second_low, second_high) = minuend, subtrahend

    def reach(mine: Floats, theirs: Floats) -> Floats:
        return np.sqrt(np.maximum(mine**2 + theirs**2 - 2 * together * mine * theirs, 0))

    gap = first - second
    low = gap - reach(first - first_low, second_high - second)
    return low, gap + reach(first_high - first, second - second_low)
