"""Each product's revenue, units, buyers, rank and share; what is bought together; what the best customers buy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Unpack

from crm_metrics.book import BY_SIGNAL, Book, Cell, Column, Origin, Sheet, cells
from crm_metrics.book.rows import limits, row_of, unseen
from crm_metrics.commands import PeriodOption, option
from crm_metrics.errors import NothingToReport, UsageError
from crm_metrics.metrics.metric import Unit
from crm_metrics.periods import Period
from crm_metrics.session import Asking, Session

if TYPE_CHECKING:
    from crm_metrics.analysis.products.pairs import Pair
    from crm_metrics.analysis.products.ranking import Product, Sales
    from crm_metrics.tables import Dataset

ABOUT, PLACE = "each product's sales, what is bought together, and what the best customers buy", 120


@dataclass(frozen=True)
class Products:
    """The sales of a period by currency; `earlier` is the period that they are compared with, `top` how many rows a
    table of them shows, `least` the fewest baskets or buyers that say something."""

    dataset: Dataset
    period: Period
    earlier: Period | None
    top: int
    least: int
    sales: list[Sales]


def products(
    paths: Sequence[str] | Session,
    *,
    period: PeriodOption = None,
    compare: Annotated[str, option("--compare PERIOD", "previous, year-ago, none, or a period.")] = "previous",
    top: Annotated[int, option("--top N", "Rows of each table; all other products are one row.", least=1)] = 20,
    least: Annotated[int, option("--least N", "Pairs bought together at least so many times.", least=1)] = 5,
    **files: Unpack[Asking],
) -> Products:
    """Each product's sales, what is bought together, and what the best customers buy. Raises `NothingToReport` when the
    files name no products or none was sold, else `CrmMetricsError` with what, where and what to do."""
    from crm_metrics.analysis.products.ranking import LINES, METRICS, sales

    session = Session.of(paths, **files)
    if min(top, least) < 1:
        raise UsageError("--top and --least take a whole number from 1 up")
    asked = session.query(period=period, metrics=METRICS, compare=compare)
    dataset = session.load(asked, also=[(LINES, "order_id"), (LINES, "customer")])
    from crm_metrics.reporting.timeline import asked_windows

    shown, now, before = asked_windows(dataset, asked.period, asked.compare)
    by_currency = sales(dataset, asked.catalog, now, before, top=top, least=least)
    if not by_currency:
        raise NothingToReport(
            f"nothing was sold in {shown.period.label}", hint="Choose another period with -p, or -p all."
        )
    return Products(dataset, shown.period, shown.earlier, top, least, by_currency)


_STYLES = {**BY_SIGNAL, "more often": "green", "more": "green"}
_MORE = "more often"
_SAID = 3  # products, and pairs, that a sentence names
_PRODUCTS = (
    Column("rank", "Rank", Unit.COUNT),
    Column("rank_before", "before", Unit.COUNT, spare=3),
    Column("product", "Product"),
    Column("revenue", "Revenue", Unit.MONEY),
    *unseen("low", "high", unit=Unit.MONEY),
    Column("revenue_before", "Before", Unit.MONEY, spare=1),
    *unseen("change", unit=Unit.MONEY),
    Column("signal", "Change", spare=1, styles=_STYLES),
    Column("share", "Share", Unit.PERCENT, bar=True),
    *limits(Unit.PERCENT, 4, "share_"),
    Column("units", "Units", Unit.COUNT, spare=2),
    Column("buyers", "Buyers", Unit.COUNT),
    *unseen("repeat_buyers", unit=Unit.COUNT),
    Column("repeat_rate", "Bought again", Unit.PERCENT),
    *limits(Unit.PERCENT, 5, "repeat_"),
    *unseen("products", unit=Unit.COUNT),
    Column("reason", spare=1),
    *unseen("currency"),
)
_PAIRS = (
    Column("product", "Product"),
    Column("with", "with"),
    Column("both", "Together", Unit.COUNT),
    Column("expected", "by chance", Unit.COUNT, spare=3),
    *unseen("baskets", unit=Unit.COUNT),
    Column("support", "Support", Unit.PERCENT, spare=2),
    Column("confidence", "Of the first", Unit.PERCENT),
    Column("confidence_back", "Of the second", Unit.PERCENT),
    Column("lift", "Lift", Unit.RATIO),
    *limits(Unit.RATIO, 1),
    Column("together", "Together", styles=_STYLES),
    *unseen("basket", "currency"),
)
_BEST = (
    Column("product", "Product"),
    Column("share", "Of the best customers' revenue", Unit.PERCENT),
    *limits(Unit.PERCENT, 2),
    Column("others", "Of the others'", Unit.PERCENT),
    *limits(Unit.PERCENT, 2, "others_"),
    Column("buyers", "Best who bought", Unit.COUNT, spare=1),
    Column("other_buyers", "Others who bought", Unit.COUNT, spare=1),
    Column("mark", "They buy", styles=_STYLES),
    *unseen("currency"),
)


def book(products: Products) -> Book:
    """The products by rank, the pairs that are bought together, and what the best customers buy."""
    about = [f"compared with {products.earlier.label}"] if products.earlier else []
    says = [sentence for sales in products.sales for sentence in _says(sales, several=len(products.sales) > 1)]
    extra: dict[str, object] = {
        "period": products.period.label,
        "compare_period": products.earlier.label if products.earlier else None,
    }
    sheets = [_table(products), _together(products), _best(products)]
    return Book(f"Products  {products.period.label}", Origin.of(products.dataset), sheets, about, says, extra=extra)


def _table(products: Products) -> Sheet:
    rows = [[*_product(product), sales.currency] for sales in products.sales for product in sales.products]
    notes = ["Share, and bought again (buyers with two or more purchases of it in the period), with 95 % limits."]
    if products.earlier:
        notes.append("Change: of each product on its own; of twenty that stay the same, one is marked by chance.")
    if len(products.sales) > 1:
        notes.append("Each currency on its own: its revenue, its units, and the customers who bought in it.")
    return Sheet("products", "Products", _PRODUCTS, rows, notes=notes)


def _product(product: Product) -> list[Cell]:
    revenue, share, again = product.revenue, product.share, product.repeat_rate
    has_both = revenue.value is not None and product.before is not None
    change = revenue.value - product.before if has_both else None  # type: ignore[operator]
    return [
        *(product.rank, product.rank_before, product.name, *revenue, product.before, change, product.signal),
        *(*share, product.units, product.buyers, product.repeat_buyers, *again, product.of, product.reason or None),
    ]


def _together(products: Products) -> Sheet:
    rows: list[list[Cell]] = []
    for sales in products.sales:
        baskets = sales.pairs.baskets
        for pair in sales.pairs.pairs:
            row: list[Cell] = [pair.left, pair.right, pair.both, pair.expected, baskets, pair.both / baskets]
            row += [pair.both / pair.first, pair.both / pair.second, pair.lift, pair.low, pair.high, pair.mark]
            rows.append([*row, sales.pairs.basket, sales.currency])
    kinds = sorted({sales.pairs.basket for sales in products.sales})
    notes = [
        f"A basket is what one {' or one '.join(kinds)} holds. Support: of all baskets; of the first and of the second: of "
        "the baskets with that product. Lift, with 95 % limits: 1 where two products are together as often as by chance. "
        "By chance: with as many partners as each product has. More often: lift and number are beyond chance, all that is "
        "claimed here taken together."
    ]
    if aside := sum(sales.pairs.left_aside for sales in products.sales):
        notes.append(f"{cells.count(aside)} products that are in the fewest baskets were not looked at.")
    empty = f"no two products are bought together {products.least} times"
    return Sheet("pairs", "Bought together", _PAIRS, rows, notes=notes, empty=empty)


def _best(products: Products) -> Sheet:
    rows: list[list[Cell]] = []
    notes = []
    for sales in products.sales:
        rows += [row_of(_BEST, liked, currency=sales.currency) for liked in sales.best.products[: products.top]]
        if sales.best.share is not None:
            notes.append(
                f"The best: {cells.count(sales.best.customers)} of {cells.count(sales.best.of)} customers, who brought "
                f"{cells.value(sales.best.least_revenue, Unit.MONEY, sales.currency)} or more and "
                f"{cells.value(sales.best.share, Unit.PERCENT)} of the revenue. What costs much makes its buyers the best."
            )
    empty = "too few customers to tell the best from the others"
    return Sheet("best", "What the best customers buy", _BEST, rows, notes=notes, empty=empty)


def _says(sales: Sales, *, several: bool) -> list[str]:
    sentences = [_sold(sales), _pairs(sales)]
    return [f"{sales.currency or 'no currency'}: {sentence}" for sentence in sentences] if several else sentences


def _sold(sales: Sales) -> str:
    first = [product for product in sales.products if product.rank is not None][:_SAID]
    named = [
        f"{product.name} {cells.value(product.revenue.value, Unit.MONEY, sales.currency)}"
        + (f" ({cells.value(product.share.value, Unit.PERCENT)})" if product.share.value is not None else "")
        for product in first
    ]
    count = cells.several(sales.count, "product")
    return f"Most revenue of {count}: {', '.join(named)}." if named else f"{count}, of which no revenue is known."


def _pairs(sales: Sales) -> str:
    more_often = [pair for pair in sales.pairs.pairs if pair.mark == _MORE]
    if not more_often:
        return "No two products are bought together more often than chance explains."
    more = f", and {sales.pairs.significant - _SAID} more pairs" if sales.pairs.significant > _SAID else ""
    return f"Bought together: {', '.join(_pair(pair, sales) for pair in more_often[:_SAID])}{more}."


def _pair(pair: Pair, sales: Sales) -> str:
    whose = {"order": "orders", "customer": "customers"}[sales.pairs.basket]
    return (
        f"{pair.left} with {pair.right} ({cells.count(pair.both)} {whose}, lift {cells.value(pair.lift, Unit.RATIO)})"
    )
