"""The lines sold in a period as numbers: of each its product, its basket and its customer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse

from crm_metrics.engine.cells import Bools, Floats, Ints
from crm_metrics.intervals.engine import Engine
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
        _numbered(frame["customer"]) if "customer" in frame else np.full(len(frame), -1),
        numbers(frame, "amount"),
        frame["is_refund"].to_numpy(dtype=bool, na_value=False),
        is_order,
    )


def _purchases(frame: pd.DataFrame, dataset: Dataset) -> Ints:
    """The order of each line: its id, equal ids of two systems apart; a line without one is an order of its own."""
    number = _numbered(frame["order_id"]) if "order_id" in frame else np.full(len(frame), -1)
    vendors = pd.factorize(np.array([source.vendor for source in dataset.sources], dtype=object))[0]
    of_line = vendors[frame[SOURCE].to_numpy()]
    numbered = number >= 0
    count = len(vendors) * (int(number.max(initial=0)) + 1)
    return np.where(numbered, number * len(vendors) + of_line, count + np.arange(len(frame)))


def _numbered(column: pd.Series) -> Ints:
    return column.astype("category").cat.codes.to_numpy().astype(np.int64)


def _together(basket: Ints, product: Ints, products: int) -> sparse.csr_array:
    baskets, place = np.unique(basket, return_inverse=True)
    once = np.unique(place * products + product)
    ones = np.ones(len(once), dtype=np.float64)
    return sparse.csr_array((ones, (once // products, once % products)), shape=(len(baskets), products))
