"""Limits of medians and other quantiles: two of the values themselves, by their ranks."""

from __future__ import annotations

from functools import cache

import numpy as np

from crm_metrics.engine.cells import Bools, Floats, Ints
from crm_metrics.intervals.distributions import binomial_at_most

_TAIL = 0.025
_MANY = 1 << 14


def ranks(n: Ints, q: float) -> tuple[Ints, Ints]:
    """The ranks (from 1) of the values between which the q-quantile of n values lies with 95 % confidence at least, whatever
    their distribution: at most 2.5 % beyond either, by the binomial distribution. 0 where n is too small for both."""
    sizes, place = np.unique(n, return_inverse=True)
    low = _sought(sizes, q)
    high = sizes + 1 - _sought(sizes, 1 - q)  # seen from the other end, the upper rank is a lower one
    usable = (low >= 1) & (high <= sizes)
    low, high = np.where(usable, low, 0), np.where(usable, high, 0)
    return low[place].reshape(n.shape), high[place].reshape(n.shape)


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


def _sought(sizes: Ints, q: float) -> Ints:
    """The largest ranks of `_largest`, each sought only once in a run: medians of many metrics are of as many values."""
    ranks = _ranks(q)
    if (new := sizes[(sizes < len(ranks)) & (ranks[np.minimum(sizes, len(ranks) - 1)] < 0)]).size:
        ranks[new] = _largest(new, q)
    many = sizes >= len(ranks)
    return np.concatenate([ranks[sizes[~many]], _largest(sizes[many], q)])


@cache
def _ranks(q: float) -> Ints:
    return np.full(_MANY, -1, dtype=np.int64)


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
