"""What was bought in a period, currency by currency."""

from __future__ import annotations

from dataclasses import dataclass

from crm_metrics.analysis.products.best import Best, best
from crm_metrics.analysis.products.bought import bought
from crm_metrics.analysis.products.pairs import Pairs, together
from crm_metrics.analysis.products.ranking import NOW, REVENUE, Product, cut, ranked
from crm_metrics.engine.cells import Unavailable
from crm_metrics.engine.currencies import slices
from crm_metrics.engine.windows import Window
from crm_metrics.errors import NothingToReport
from crm_metrics.intervals.engine import Engine
from crm_metrics.metrics.catalog import Catalog
from crm_metrics.tables import Dataset

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
    revenue = Engine(dataset, catalog, windows).cells(REVENUE)
    if isinstance(revenue, Unavailable):
        raise NothingToReport(f"there are no sales by product: {revenue.seen}", hint=revenue.hint or None)
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
