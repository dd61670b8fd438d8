"""Limits of medians and other quantiles: two of the values themselves, by their ranks."""

from __future__ import annotations

from functools import cache

import numpy as np

from crm_metrics.engine.cells import Bools, Floats, Ints
from crm_metrics.intervals.distributions import Remembered, binomial_at_most

_TAIL = 0.025


def ranks(n: Ints, q: float) -> tuple[Ints, Ints]:
    """The ranks (from 1) of the values between which the q-quantile of n values lies with 95 % confidence at least, whatever
    their distribution: at most 2.5 % beyond either, by the binomial distribution. 0 where n is too small for both."""
    low = _sought(q)(n).astype(np.int64)
    high = n + 1 - _sought(1 - q)(n).astype(np.int64)  # seen from the other end, the upper rank is a lower one
    usable = (low >= 1) & (high <= n)
    return np.where(usable, low, 0), np.where(usable, high, 0)


def among(n: Floats, effective: Floats, q: float) -> tuple[Ints, Ints]:
    """The same ranks among n values that say as much as `effective` independent ones: as far along as those would be
    (Woodruff 1952), rounded outwards."""
    size = np.nan_to_num(np.maximum(effective, 0))
    some, many = np.floor(size + 1e-9).astype(np.int64), n.astype(np.int64)
    low, high = ranks(some, q)
    alike, stretch = some == many, (n + 1) / (some + 1)
    return (
        np.where(alike | (low == 0), low, np.maximum(np.floor(low * stretch), 1)).astype(np.int64),
        np.where(alike | (high == 0), high, np.minimum(np.ceil(high * stretch), n)).astype(np.int64),
    )


@cache
def _sought(q: float) -> Remembered:
    """The largest ranks of `_largest`: medians of many metrics are of as many values."""
    return Remembered(lambda sizes: _largest(sizes.astype(np.int64), q))


def _largest(sizes: Ints, q: float) -> Ints:
    """The largest rank with at most 2.5 % below it; 0 where there is none. Sought from near where the normal distribution
    would have it."""

    def holds(rank: Ints, sizes: Ints) -> Bools:
        return (rank <= sizes) & (binomial_at_most(np.maximum(rank - 1, 0), sizes, q) <= _TAIL)

    near = np.floor(sizes * q - 2 * np.sqrt(sizes * q * (1 - q))).astype(np.int64)
    rank = np.clip(near, 0, sizes)
    moving = holds(rank + 1, sizes)
    falling = (rank > 0) & ~moving
    while moving.any():
        rank = rank + moving
        moving[moving] = holds(rank[moving] + 1, sizes[moving])
    falling[falling] = ~holds(rank[falling], sizes[falling])
    while falling.any():
        rank = rank - falling
        falling &= rank > 0
        falling[falling] = ~holds(rank[falling], sizes[falling])
    return rank
