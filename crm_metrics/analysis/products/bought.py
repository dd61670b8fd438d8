"""The lines sold in a period as numbers: of each its product, its basket and its customer; and what the best customers buy:
each product's share of their revenue, against its share of the others'."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.special import ndtri

from crm_metrics.engine.cells import Bools, Floats, Ints, Z
from crm_metrics.intervals.engine import Engine
from crm_metrics.intervals.shares import difference, wilson
from crm_metrics.tables import SOURCE, Dataset
from crm_metrics.tables.frames import numbers


@dataclass(frozen=True)
class Bought:
    """The lines of a window, by product, purchase and customer (−1 where missing), with their amounts (NaN where
    missing); those that are money given back are marked."""

    products: list[str]
    product: Ints
    purchase: Ints
    customer: Ints
    amount: Floats
    is_refund: Bools
    is_order: bool

    def baskets(self) -> tuple[sparse.csr_array, str]:
        """Which basket holds which product, as ones, and what a basket is: an order, or a customer where no order holds
        two products."""
        sold = ~self.is_refund & (self.product >= 0)
        orders = _together(self.purchase[sold], self.product[sold], len(self.products))
        if self.is_order and (np.diff(orders.indptr) > 1).any():
            return orders, "order"
        rows = sold & (self.customer >= 0)
        return _together(self.customer[rows], self.product[rows], len(self.products)), "customer"

    def buyers(self) -> Ints:
        """Of each product how many customers bought it in two or more purchases."""
        rows = ~self.is_refund & (self.product >= 0) & (self.customer >= 0)
        span = int(self.customer.max(initial=0)) + 1
        often = self._again(self.product[rows] * span + self.customer[rows], rows)[1]
        return np.bincount(often // span, minlength=len(self.products))

    def buyers_of(self, products: Sequence[str]) -> tuple[int, int]:
        """How many customers bought any of some products, and how many of them in two or more purchases."""
        asked = {*products}
        names = [place for place, name in enumerate(self.products) if name in asked]
        rows = ~self.is_refund & (self.customer >= 0) & np.isin(self.product, names)
        everyone, often = self._again(self.customer[rows], rows)
        return len(everyone), len(often)

    def _again(self, key: Ints, lines: Bools) -> tuple[Ints, Ints]:
        """The distinct keys of some lines, and those that stand in two or more purchases."""
        span = int(self.purchase.max(initial=0)) + 1
        distinct, often = np.unique(np.unique(key * span + self.purchase[lines]) // span, return_counts=True)
        return distinct, distinct[often > 1]


def bought(engine: Engine, window: int) -> Bought:
    """The lines sold in one of the engine's windows. The metrics of products must be available."""
    dataset = engine.dataset
    pairs = engine.pairs(engine.catalog["product_revenue"])
    frame = dataset.tables["sold_lines"].frame.iloc[pairs.rows[pairs.window == window]]
    product = frame["product"].astype("category").cat.remove_unused_categories()
    is_order = "orders" in dataset.tables
    return Bought(
        [str(name) for name in product.cat.categories],
        product.cat.codes.to_numpy().astype(np.int64),
        _purchases(frame, dataset) if is_order else np.arange(len(frame)),
        _numbered(frame, "customer"),
        numbers(frame, "amount"),
        frame["is_refund"].to_numpy(dtype=bool, na_value=False),
        is_order,
    )


def _purchases(frame: pd.DataFrame, dataset: Dataset) -> Ints:
    """The order of each line: its id, equal ids of two systems apart; a line without one is an order of its own."""
    number = _numbered(frame, "order_id")
    vendors = pd.factorize(np.array([source.vendor for source in dataset.sources], dtype=object))[0]
    of_line = vendors[frame[SOURCE].to_numpy()]
    numbered = number >= 0
    count = len(vendors) * (int(number.max(initial=0)) + 1)
    return np.where(numbered, number * len(vendors) + of_line, count + np.arange(len(frame)))


def _numbered(frame: pd.DataFrame, column: str) -> Ints:
    """The values of a column as numbers; −1 where they are missing, as all are without the column."""
    if column not in frame:
        return np.full(len(frame), -1)
    return frame[column].astype("category").cat.codes.to_numpy().astype(np.int64)


def _together(basket: Ints, product: Ints, products: int) -> sparse.csr_array:
    baskets, place = np.unique(basket, return_inverse=True)
    once = np.unique(place * products + product)
    ones = np.ones(len(once), dtype=np.float64)
    return sparse.csr_array((ones, (once // products, once % products)), shape=(len(baskets), products))


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
    order = order[(buyers[0] + buyers[1])[order] > 0]
    listed = (column[order].tolist() for column in (mine, *own, theirs, *other, *buyers, mark))
    rows: Any = zip(*([None if cell != cell else cell for cell in column] for column in listed), strict=True)
    return [Liked(names[at], *row) for at, row in zip(order.tolist(), rows, strict=True)]


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
