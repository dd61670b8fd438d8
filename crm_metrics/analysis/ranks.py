"""A fair comparison of segments, such as the people of a team: who stands out by more than chance, and which places each
may hold.

A share stands out when it lies outside the funnel limits of the share of all together at its own number of records
(Spiegelhalter 2005, Stat. Med. 24, 1185-1202; exact binomial; as many independent ones as say as much as its records, of
which a customer may have several), any other figure when its limits and those of the others' mean leave 0 out of the
difference. The limits are as wide as it takes (Sidak 1967) for at most 5 of 100 groups of equal segments to hold one that is
marked. The range of places follows from all pairs, likewise together (Klein, Wright and Wieczorek 2020, J. R. Stat. Soc. C
69, 589-606).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from crm_metrics.engine.cells import Bools, Figures, Floats, Ints
from crm_metrics.intervals.distributions import binomial_at_most, binomial_more_than, normal_quantile, t_quantile
from crm_metrics.intervals.limits import AMOUNTS
from crm_metrics.intervals.shares import difference, wilson
from crm_metrics.intervals.signals import with_limits
from crm_metrics.metrics.metric import Better, Metric, Unit

ABOVE, BELOW = "above", "below"
FEWEST = 5  # with fewer records nobody is ranked
_RISK = 0.05
_MOST = 300  # of so many the pairs are compared


@dataclass(frozen=True)
class Standings:
    """Of each segment `above`, `below` or None, and the best and worst place it may hold, NaN where that says nothing."""

    mark: NDArray[np.object_]
    best: Floats
    worst: Floats


def standings(metric: Metric, figures: Figures, n: Ints, rankable: Bools, *, risk: float = _RISK) -> Standings:
    """How the segments of one period stand to each other; `n` are the records a figure rests on, `rankable` the segments
    that can be compared at all. Nothing is said of a metric of which neither direction is better, nor of segments with fewer
    than five records or without limits. All marks together risk `risk`, and so do all places."""
    size = len(n)
    standing = Standings(np.full(size, None, dtype=object), np.full(size, np.nan), np.full(size, np.nan))
    if metric.better is Better.NEITHER:
        return standing
    figures = with_limits(metric, figures)
    ranked = np.flatnonzero(rankable & (n >= FEWEST) & ~np.isnan(figures.low) & ~np.isnan(figures.high))
    if len(ranked) < 2:
        return standing
    grids = (figures.value, figures.low, figures.high, figures.effective)
    own = Figures(*(grid[ranked].astype(np.float64) for grid in grids))
    is_share = metric.interval == "proportion"
    if metric.unit in AMOUNTS and (own.low > 0).all():  # what is twice as long also varies twice as much
        own = Figures(np.log(own.value), np.log(own.low), np.log(own.high), own.effective)
    alone, pairs = _risk(len(ranked), risk), _risk(len(ranked) * (len(ranked) - 1) / 2, risk)
    if is_share:
        independent = _independent(own.effective, n[ranked])
        above, below = _outside_funnel(own.value, independent, _together(figures.value, n), alone / 2)
        wide = Figures(own.value, *wilson(own.value, own.effective, normal_quantile(1 - pairs / 2)), own.effective)
    else:
        weights, (further, furthest) = _weights(metric, n[ranked]), _factors(own.effective, alone, pairs)
        above, below = _apart(_widened(_no_narrower(own, weights), further), weights)
        wide = _widened(own, furthest)
    standing.mark[ranked[above]], standing.mark[ranked[below]] = ABOVE, BELOW
    if len(ranked) <= _MOST:
        best, worst = _places(wide, higher=metric.better is Better.HIGHER)
        telling = (best > 1) | (worst < len(ranked))
        standing.best[ranked[telling]], standing.worst[ranked[telling]] = best[telling], worst[telling]
    return standing


def _risk(comparisons: float, together: float) -> float:
    """What one of many comparisons may risk so that all of them risk so much together."""
    return float(1 - (1 - together) ** (1 / comparisons))


def _together(share: Floats, n: Ints) -> float:
    """The share of all segments together, those included that are not ranked."""
    has_share = ~np.isnan(share)
    return float((share[has_share] * n[has_share]).sum() / n[has_share].sum())


def _independent(effective: Floats, n: Ints) -> Ints:
    """The independent records of each segment, none more in proportion to its records than all have together: what few
    customers of a segment say of how much they vary may be too little by chance."""
    alike = n * effective.sum() / n.sum()
    return np.floor(np.minimum(effective, alike) + 1e-9).astype(np.int64)


def _outside_funnel(share: Floats, n: Ints, together: float, tail: float) -> tuple[Bools, Bools]:
    hits = np.rint(share * n)
    at_least = binomial_more_than(hits - 1, n, together)
    at_most = binomial_at_most(hits, n, together)
    return at_least <= tail, at_most <= tail


def _weights(metric: Metric, n: Ints) -> Floats:
    """What each segment weighs in the mean of the others: its records, but one where the figure itself is a size."""
    is_size = metric.unit is Unit.COUNT or metric.aggregate == "sum"
    return np.ones(len(n)) if is_size else n.astype(np.float64)


def _apart(wide: Figures, weights: Floats) -> tuple[Bools, Bools]:
    """Which figures differ from the weighted mean of the others, up and down."""
    total = weights.sum() - weights
    value = ((weights * wide.value).sum() - weights * wide.value) / total
    ends = []
    for end in (wide.low, wide.high):
        squares = (weights * (end - wide.value)) ** 2
        ends.append(np.sqrt(squares.sum() - squares) / total)
    low, high = difference((wide.value, wide.low, wide.high), (value, value - ends[0], value + ends[1]))
    return low > 0, high < 0


def _no_narrower(figures: Figures, weights: Floats) -> Figures:
    """The figures with limits at least as wide as all segments together would have at that weight: of amounts, low figures
    come with narrow limits of their own, so that chance alone would mark them."""
    squares = (figures.high - figures.value) ** 2 + (figures.value - figures.low) ** 2
    least = np.sqrt((squares * weights**2).sum() / (2 * weights.sum() * weights))
    low, high = np.minimum(figures.low, figures.value - least), np.maximum(figures.high, figures.value + least)
    return Figures(figures.value, low, high, figures.effective)


def _factors(effective: Floats, *risks: float) -> Floats:
    """For each risk, by how much limits are farther from their values than for one of 5 %: as much as Student's t's are."""
    usual, *others = t_quantile(effective - 1.0, 1 - np.array([_RISK, *risks])[:, None] / 2)
    return np.array(others) / usual


def _widened(figures: Figures, factor: Floats) -> Figures:
    low = figures.value - (figures.value - figures.low) * factor
    return Figures(figures.value, low, figures.value + (figures.high - figures.value) * factor, figures.effective)


def _places(wide: Figures, *, higher: bool) -> tuple[Ints, Ints]:
    """The best and the worst place of each: behind those that are surely better, before those that are surely worse."""
    row, column = ((wide.value[at], wide.low[at], wide.high[at]) for at in (np.s_[:, None], np.s_[None, :]))
    more = difference(row, column)[0] > 0
    better = more if higher else more.T
    return 1 + better.sum(axis=0), len(wide.value) - better.sum(axis=1)
