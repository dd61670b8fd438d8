"""What the best customers buy: each product's share of their revenue, against its share of the others'."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.special import ndtri

from crm_metrics.analysis.products.bought import Bought
from crm_metrics.engine.cells import Bools, Floats, Z, or_none
from crm_metrics.intervals.shares import difference, wilson

BEST = 0.2
MORE, LESS, NONE = "more", "less", "no more than chance"
_FEWEST = 5  # customers of either group


@dataclass(frozen=True)
class Liked:
    """A product's share of the revenue of the best customers and of the others, with 95 % limits (None where too few
    say), how many of either bought it, and what can be said of the difference."""

    product: str
    share: float
    low: float | None
    high: float | None
    others: float
    others_low: float | None
    others_high: float | None
    buyers: int
    other_buyers: int
    mark: str


@dataclass(frozen=True)
class Best:
    """The best customers: how many, of how many who brought revenue, from which revenue on, and their share of all."""

    products: list[Liked]
    customers: int
    of: int
    least_revenue: float | None
    share: float | None


def best(sold: Bought, *, least: int, risk: float) -> Best:
    """What the fifth of customers with the most revenue buys; those who brought as much as the last of them are in it.
    A product of fewer than `least` buyers says too little for a mark. Nothing where either group has fewer than
    five."""
    rows = (sold.customer >= 0) & (sold.product >= 0) & ~np.isnan(sold.amount)
    customers, place = np.unique(sold.customer[rows], return_inverse=True)
    shape = len(customers), len(sold.products)
    paid = sparse.csr_array((sold.amount[rows], (place, sold.product[rows])), shape=shape)
    paid.sum_duplicates()
    revenue: Floats = np.asarray(paid.sum(axis=1), dtype=np.float64).ravel()
    paying = np.flatnonzero(revenue > 0)
    count = int(np.ceil(BEST * len(paying)))
    if count < _FEWEST or len(paying) - count < _FEWEST:
        return Best([], 0, len(paying), None, None)
    edge = float(np.sort(revenue[paying])[-count])
    is_best = revenue[paying] >= edge
    paid, revenue = paid[paying], revenue[paying]
    if (~is_best).sum() < _FEWEST:
        return Best([], 0, len(paying), None, None)
    liked = _compared(sold.products, paid, revenue, is_best, least, risk)
    return Best(liked, int(is_best.sum()), len(paying), edge, float(revenue[is_best].sum() / revenue.sum()))


def _compared(
    names: list[str], paid: sparse.csr_array, revenue: Floats, is_best: Bools, least: int, risk: float
) -> list[Liked]:
    groups = [(paid[rows], revenue[rows]) for rows in (is_best, ~is_best)]
    buyers = [np.asarray((part > 0).sum(axis=0)).ravel() for part, _ in groups]
    comparable = buyers[0] + buyers[1] >= least
    z = -float(ndtri(risk / 2 / max(int(comparable.sum()), 1)))
    (mine, own, wide), (theirs, other, other_wide) = (_shares(part, total, z) for part, total in groups)
    low, high = difference((mine, *wide), (theirs, *other_wide))
    mark = np.select([comparable & (low > 0), comparable & (high < 0)], [MORE, LESS], NONE)
    order = np.lexsort((np.arange(len(names)), -mine))
    return [
        Liked(
            names[at],
            float(mine[at]),
            or_none(own[0][at]),
            or_none(own[1][at]),
            float(theirs[at]),
            or_none(other[0][at]),
            or_none(other[1][at]),
            int(buyers[0][at]),
            int(buyers[1][at]),
            str(mark[at]),
        )
        for at in order.tolist()
        if buyers[0][at] + buyers[1][at]
    ]


def _shares(
    paid: sparse.csr_array, revenue: Floats, z: float
) -> tuple[Floats, tuple[Floats, Floats], tuple[Floats, Floats]]:
    """Each product's share of the revenue, its 95 % limits, and those for `z`: Wilson's of as many records as would
    vary as much, by the delta method with the customer as the unit."""
    total, n = revenue.sum(), len(revenue)
    share = np.asarray(paid.sum(axis=0)).ravel() / total
    squares = np.asarray((paid * paid).sum(axis=0)).ravel()
    crossed = np.asarray(paid.T @ revenue).ravel()
    variance = (squares - 2 * share * crossed + share**2 * (revenue**2).sum()) / total**2 * n / (n - 1)
    with np.errstate(all="ignore"):
        records = np.where(variance > 0, share * (1 - share) / variance, float(n))
        inside = (share >= 0) & (share <= 1)  # refunds may take a part beyond the whole
        limits = [wilson(np.where(inside, share, np.nan), records, at) for at in (Z, z)]
    return share, limits[0], limits[1]
