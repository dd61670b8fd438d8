"""Limits of shares and of what is made of shares; of counts of events that come by chance; and of medians and other
quantiles: two of the values themselves, by their ranks."""

from __future__ import annotations

from functools import cache

import numpy as np

from crm_metrics.engine.cells import Bools, Floats, Ints, Z
from crm_metrics.intervals.distributions import Remembered, binomial_at_most, poisson_limits

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


def per_count(amount: Floats, count: Floats) -> tuple[Floats, Floats]:
    """The limits of a fixed amount divided by a Poisson count, such as a cost per customer won; NaN where the count is 0."""
    low, high = poisson_limits(count)
    with np.errstate(all="ignore"):
        positive = count > 0
        return np.where(positive, amount / high, np.nan), np.where(positive, amount / low, np.nan)


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
