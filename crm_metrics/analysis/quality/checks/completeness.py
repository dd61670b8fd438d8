"""What is missing where a figure needs it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from crm_metrics.analysis.quality.check import Hits, check, issue_check
from crm_metrics.issues import NOTE

if TYPE_CHECKING:
    from crm_metrics.analysis.quality.data import Data

check_of = partial(issue_check, __name__)
_PLACED_BY = {
    "leads": "created_at",
    "deals": "created_at",
    "tickets": "created_at",
    "orders": "ordered_at",
    "subscriptions": "started_at",
    "spend": "spent_at",
}
_CUSTOMER = ("customer", "customer_name", "customer_email")


@check(
    effect="they are in no figure by close date, and in no pipeline",
    columns=["deals.closed_at"],
    codes=["won-without-date"],
)
def won_without_date(data: Data) -> Iterator[Hits]:
    """Won deals have no close date."""
    yield from _closed_without_date(data, "won")


@check(effect="they are in no figure by close date; win rates look better than they are", columns=["deals.closed_at"])
def lost_without_date(data: Data) -> Iterator[Hits]:
    """Lost deals have no close date."""
    yield from _closed_without_date(data, "lost")


def _closed_without_date(data: Data, outcome: str) -> Iterator[Hits]:
    for deals in data.tables("deals", having=["outcome", "closed_at"]):
        closed = deals.equals("outcome", outcome)
        yield deals.hits(~deals.filled("closed_at"), "stage", "status", "closed_at", among=closed)


@check(effect="they count as won, and add nothing to sums and averages of amounts", columns=["deals.amount"])
def won_without_amount(data: Data) -> Iterator[Hits]:
    """Won deals have no amount."""
    for deals in data.tables("deals", having=["outcome", "amount"]):
        won = deals.equals("outcome", "won")
        unpriced = deals.among(data.issue_hits("no-rate"))  # these have an amount, only no rate
        yield deals.hits(deals.missing("amount") & ~unpriced, "stage", "amount", among=won)


@check(
    effect="they are in no figure of a period",
    columns=[f"{table}.{column}" for table, column in _PLACED_BY.items()] + ["responses.responded_at"],
    codes=["no-date"],
)
def row_without_date(data: Data) -> Iterator[Hits]:
    """Rows lack the date that places them in time."""
    for name, column in _PLACED_BY.items():
        for rows in data.tables(name, having=[column]):
            yield rows.hits(rows.missing(column), column)
    # An invitation to a survey that nobody answered has no date of an answer.
    for answers in data.tables("responses", having=["responded_at", "score"]):
        answered = answers.filled("score")
        yield answers.hits(answers.missing("responded_at"), "score", "responded_at", among=answered)


@check(effect="by owner they stand under (none)", severity=NOTE)
def without_owner(data: Data) -> Iterator[Hits]:
    """Records have no owner."""
    for rows in data.tables("deals", "leads", "tickets", having=["owner"]):
        yield rows.hits(rows.missing("owner"), "name", "subject", "owner")


@check(
    effect="their money counts, but in no figure per customer",
    columns=["purchases.customer", "recurring.customer", "spells.customer"],
)
def without_customer(data: Data) -> Iterator[Hits]:
    """Won deals, orders or subscriptions name no customer."""
    for rows in data.tables("deals", "orders", "subscriptions", having=["customer"]):
        bought = rows.equals("outcome", "won") if rows.name == "deals" else rows.filled("_row")
        unnamed = bought & ~rows.filled("customer")
        yield rows.hits(unnamed, "name", "order_id", "subscription_id", *_CUSTOMER, among=bought)


@check(
    effect="they are summed apart from all others",
    columns=["deals.amount", "purchases.amount", "recurring.mrr", "spend.cost"],
)
def without_currency(data: Data) -> Iterator[Hits]:
    """Amounts have no currency while others of the same table have one."""
    for name, column in (("deals", "amount"), ("orders", "amount"), ("subscriptions", "amount"), ("spend", "cost")):
        for rows in data.tables(name, having=[column, "currency"]):
            priced = rows.filled(column)
            if rows.filled("currency").any():
                yield rows.hits(~rows.filled("currency"), column, "currency", among=priced)


@check(effect="they stand under (none) among the reasons for losing", columns=["deals.lost_reason"], severity=NOTE)
def lost_without_reason(data: Data) -> Iterator[Hits]:
    """Lost deals have no reason."""
    for deals in data.tables("deals", having=["outcome", "lost_reason"]):
        lost = deals.equals("outcome", "lost")
        yield deals.hits(deals.missing("lost_reason"), "stage", "lost_reason", among=lost)


check_of(
    "solved-without-date",
    "Tickets are solved or closed without a date of it.",
    effect="they are in no figure by the date of the solution, and never open",
    columns=["tickets.solved_at"],
)


@check(effect="they count as converted, but within no number of days", columns=["leads.is_converted_in_window"])
def converted_without_date(data: Data) -> Iterator[Hits]:
    """Converted leads have no date of it."""
    for leads in data.tables("leads", having=["is_converted", "converted_at"]):
        converted = leads.equals("is_converted", True)
        yield leads.hits(leads.missing("converted_at"), "status", "converted_at", among=converted)
