"""Each product's sales of a period, currency by currency: revenue, units, buyers, share and rank, against an earlier
period."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from crm_metrics.analysis.products.bought import Best, Bought, best, bought
from crm_metrics.analysis.products.pairs import Pairs, together
from crm_metrics.engine.cells import REASONS, Cells, Floats
from crm_metrics.engine.currencies import slices, split
from crm_metrics.engine.windows import Window
from crm_metrics.intervals.engine import Engine
from crm_metrics.intervals.shares import wilson
from crm_metrics.intervals.signals import Noises, signals
from crm_metrics.metrics.catalog import Catalog
from crm_metrics.tables import Dataset

REVENUE, UNITS, BUYERS, SHARE = METRICS = ("product_revenue", "product_units", "product_buyers", "product_share")
NOW, BEFORE = 0, 1  # the windows of the engine


class Figure(NamedTuple):
    """A value with its 95 % limits; None for what is not known."""

    value: float | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Product:
    """A product's sales; what is not known is None, why in `reason`. `rank` is by revenue, 1 the first, of
    those sold in the period; `signal` says
    whether the change of revenue is more than chance. `of` is the number of products that the row stands for."""

    name: str
    revenue: Figure
    reason: str
    share: Figure
    units: float | None
    buyers: int | None
    repeat_buyers: int | None
    rank: int | None = None
    rank_before: int | None = None
    before: float | None = None
    signal: str | None = None
    of: int = 1

    @property
    def repeat_rate(self) -> Figure:
        """Of the buyers the share that bought it in two or more purchases."""
        if not self.buyers or self.repeat_buyers is None:
            return Figure()
        share = self.repeat_buyers / self.buyers
        low, high = wilson(np.array([share]), np.array([float(self.buyers)]))
        return Figure(share, float(low[0]), float(high[0]))


def ranked(engine: Engine, sold: Bought, *, compare: bool) -> tuple[list[Product], str | None]:
    """The products sold in either window, by their rank in the first, and the currency of their revenue."""
    money = split(engine, engine.catalog[REVENUE], engine.required(REVENUE))[0]
    revenue, units = money.cells, engine.available(UNITS)
    records = revenue.n + (0 if units is None else units.n)
    ranks = [_ranks(np.where(some > 0, values, np.nan)) for values, some in zip(revenue.value, records, strict=True)]
    signs = _signals(engine, revenue) if compare else None
    again = dict(zip(sold.products, sold.buyers().tolist(), strict=True))
    products = []
    for at in np.flatnonzero((records > 0).any(axis=0)).tolist():
        name = engine.segments(revenue.dims).labels[at][0]
        buyers = _figure(engine.available(BUYERS), at).value
        products.append(
            Product(
                name,
                _figure(revenue, at),
                REASONS[revenue.reason[NOW, at]],
                _figure(engine.available(SHARE), at),
                _figure(units, at).value,
                None if buyers is None else int(buyers),
                again.get(name, 0) if buyers is not None else None,
                rank=ranks[NOW][at],
                rank_before=ranks[BEFORE][at] if compare else None,
                before=_figure(revenue, at, BEFORE).value if compare else None,
                signal=signs[at] if signs is not None else None,
            )
        )
    products.sort(key=lambda product: (product.rank is None, product.rank, product.name))
    return products, money.currency[NOW, 0] if money.currency.size else None


def cut(products: list[Product], sold: Bought, top: int) -> list[Product]:
    """The first `top` products, and all others as one row; a single one stays itself."""
    rest = products[top:]
    if len(rest) < 2:
        return products
    buyers, again = sold.buyers_of([product.name for product in rest])
    has_buyers = any(product.buyers is not None for product in rest)
    missing = [product.reason for product in rest if product.revenue.value is None]
    together = Product(
        f"(rest: {len(rest)})",
        Figure(_sum(product.revenue.value for product in rest)),
        missing[0] if len(missing) == len(rest) else "",
        Figure(_sum(product.share.value for product in rest)),
        _sum(product.units for product in rest),
        buyers if has_buyers else None,
        again if has_buyers else None,
        before=_sum(product.before for product in rest),
        of=len(rest),
    )
    return [*products[:top], together]


def _sum(values: Iterable[float | None]) -> float | None:
    numbers = [value for value in values if value is not None]
    return math.fsum(numbers) if numbers else None


def _ranks(values: Floats) -> list[int | None]:
    """The place of each value from the largest down, equal ones the same; None for what is missing."""
    ordered = np.sort(-values[~np.isnan(values)])
    places = np.searchsorted(ordered, -values) + 1
    return [None if np.isnan(value) else int(place) for value, place in zip(values, places, strict=True)]


def _signals(engine: Engine, revenue: Cells) -> list[str | None]:
    now, before = (revenue.figures(i) for i in (NOW, BEFORE))
    metric = engine.catalog[REVENUE]
    return list(signals(metric, now, before, Noises(engine).of(metric, NOW, BEFORE)))


def _figure(cells: Cells | None, at: int, window: int = NOW) -> Figure:
    return Figure() if cells is None else Figure(*cells.at(window, at))


LINES = "sold_lines"
RISK = 0.05  # that anything is claimed of what chance made
_CLAIMS = 2  # kinds of them: of pairs and of what the best customers buy


@dataclass(frozen=True)
class Sales:
    """What was bought for one currency (None where it is not known): all products by their rank but those after the
    first few, which are one; the pairs; and what the best customers buy. `count` is the number of products."""

    currency: str | None
    products: list[Product]
    count: int
    pairs: Pairs
    best: Best


def sales(
    dataset: Dataset, catalog: Catalog, now: Window, before: Window | None, *, top: int, least: int
) -> list[Sales]:
    """The sales of each currency in a window, against those of an earlier one. Raises `NothingToReport` when the data
    names no products or no amounts."""
    windows = [now, *([before] if before else [])]
    Engine(dataset, catalog, windows).required(REVENUE, "there are no sales by product")
    by_currency = []
    parts = slices(dataset, LINES)
    risk = RISK / _CLAIMS / len(parts)
    for part in parts:
        engine = Engine(part, catalog, windows)
        sold = bought(engine, NOW)
        products, currency = ranked(engine, sold, compare=before is not None)
        if products:
            table, basket = sold.baskets()
            pairs = together(table, sold.products, basket, least=least, top=top, risk=risk)
            liked = best(sold, least=least, risk=risk)
            by_currency.append(Sales(currency, cut(products, sold, top), len(products), pairs, liked))
    return by_currency
