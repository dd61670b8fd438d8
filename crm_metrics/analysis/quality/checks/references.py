"""What is named but not there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING

from crm_metrics.analysis.quality.check import Hits, check, issue_check
from crm_metrics.issues import NOTE
from crm_metrics.loaders.coercing.words import folded

if TYPE_CHECKING:
    from crm_metrics.analysis.quality.data import Data

check_of = partial(issue_check, __name__)


def _orphans(
    data: Data, tables: tuple[str, ...], column: str, other: str, key: str, fold: Callable[[str], str], *shown: str
) -> Iterator[Hits]:
    for others in data.tables(other, having=[key]):
        there = {fold(str(value)) for value in others.frame[key].dropna().unique()}
        for rows in data.tables(*tables, having=[column]):
            cells = [name for name in (column, *shown) if any(name in source.columns for source in data.sources)]
            yield rows.hits(rows.strange(column, there, fold), *(cells or [column]), among=rows.filled(column))


@check(effect="they have no segment, country or other attribute of a customer", codes=["unmatched"])
def unknown_customer(data: Data) -> Iterator[Hits]:
    # Leads are not customers yet.
    """Deals, tickets, orders, subscriptions or answers name a customer that the customers file does not have."""
    tables = ("deals", "tickets", "orders", "subscriptions", "responses")
    yield from _orphans(data, tables, "customer", "customers", "customer", str, "customer_name", "customer_email")


@check(effect="they have no team or region")
def unknown_owner(data: Data) -> Iterator[Hits]:
    """Records name an owner that the sellers' file does not have."""
    tables = ("customers", "leads", "deals", "tickets", "responses", "orders")
    yield from _orphans(data, tables, "owner", "owners", "owner", folded)


@check(effect="they have no product category")
def unknown_product(data: Data) -> Iterator[Hits]:
    """Records name a product that the product list does not have."""
    yield from _orphans(data, ("deals", "orders", "order_lines"), "product", "products", "product", folded)


@check(effect="they have no source or campaign of a lead", columns=["deals.source", "deals.campaign"])
def unknown_lead(data: Data) -> Iterator[Hits]:
    """Deals name a lead that the leads file does not have."""
    yield from _orphans(data, ("deals",), "lead_id", "leads", "lead_id", str)


check_of(
    "unknown-order",
    "Order lines belong to no order that was read.",
    effect="they are left out of what is said by product",
    columns=["sold_lines.amount", "sold_lines.quantity"],
    codes=["lines-without-order"],
)


@check(effect="their stages are in no figure")
def unknown_deal(data: Data) -> Iterator[Hits]:
    """The history of stages names deals that the deals file does not have."""
    yield from _orphans(data, ("deal_stages",), "deal_id", "deals", "deal_id", str)


@check(effect="their revenue is in no return on campaign cost", columns=["spend.cost"], severity=NOTE)
def unknown_campaign(data: Data) -> Iterator[Hits]:
    """Deals or leads name a campaign for which no cost was read."""
    yield from _orphans(data, ("deals", "leads"), "campaign", "spend", "campaign", folded)
