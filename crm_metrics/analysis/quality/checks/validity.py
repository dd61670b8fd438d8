"""Cells and rows that are not what they should be."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from crm_metrics.analysis.quality.check import Hits, check, issue_check
from crm_metrics.issues import ERROR, NOTE

if TYPE_CHECKING:
    from crm_metrics.analysis.quality.data import Data

check_of = partial(issue_check, __name__)
_MAIL = re.compile(r"[^@\s,;<>]+@[^@\s,;<>]+\.[^@\s,;<>.]+")


check_of(
    "unreadable-cell",
    "Cells are no date, no number or neither yes nor no, where they should be.",
    effect="they are read as missing",
    codes=["unreadable-date", "unreadable-number", "unreadable-flag", "error-cell"],
)


@check(effect="they are left out of every figure", codes=["malformed-row"])
def unreadable_row(data: Data) -> Iterator[Hits]:
    """Rows could not be read."""
    yield from data.unread()


check_of("short-row", "Rows have fewer cells than the header.", effect="the cells at their end are read as missing")


@check(effect="nothing of them was looked at; a report with them ends with the same error", severity=ERROR)
def unreadable_file(data: Data) -> Iterator[Hits]:
    """Files could not be read."""
    yield data.file_hits(
        {path: f"{error.within(path)}. {error.hint or ''}".strip() for path, error in data.refused.items()}
    )


check_of(
    "unrecognised-file",
    "Files are no table that is known.",
    effect="nothing of them is in any figure; 'crm-metrics scan' says what they lack",
    codes=["unrecognised-file", "empty-file"],
)
check_of(
    "close-second",
    "A file could nearly as well be another table.",
    effect="if it is that, its figures are missing and others are wrong",
)


@check(effect="sums and averages of amounts are too low", columns=["deals.amount"])
def amount_not_positive(data: Data) -> Iterator[Hits]:
    """Won deals have an amount of 0 or below."""
    for deals in data.tables("deals", having=["outcome", "amount"]):
        won = deals.equals("outcome", "won")
        yield deals.hits(won & (deals.numbers("amount") <= 0), "stage", "amount", among=won)


@check(
    effect="sums are too low",
    columns=["spend.cost", "spend.clicks", "spend.impressions", "recurring.mrr", "sold_lines.quantity"],
)
def negative_number(data: Data) -> Iterator[Hits]:
    """Costs, clicks, quantities or recurring revenue are below 0."""
    looked_at = {
        "spend": ("cost", "impressions", "clicks", "conversions", "leads"),
        "subscriptions": ("mrr", "quantity"),
        "order_lines": ("quantity",),
        "tickets": ("first_response_minutes", "resolution_minutes", "replies", "reopens"),
    }
    for name, columns in looked_at.items():
        for rows in data.tables(name):
            for column in filter(rows.has, columns):
                yield rows.hits(rows.numbers(column) < 0, column)


check_of(
    "out-of-range",
    "Scores or shares lie outside their scale.",
    effect="they are left out of what is made of them",
    columns=["responses.score", "responses.nps_group", "ratings.score", "deals.probability"],
)


check_of(
    "unknown-state",
    "What became of records is told neither by a word that is known nor by the rest of their rows.",
    effect="how they count stands under the figures; 'crm-metrics scan' prints the line that says what each word means",
    columns=["tickets.open_from", "recurring.mrr", "customers.is_churned", "purchases.amount", "leads.is_converted"],
)


@check(effect="they match no customer of another file", severity=NOTE)
def not_an_email(data: Data) -> Iterator[Hits]:
    """E-mail addresses are none."""
    for name, column in (("customers", "email"), ("leads", "customer_email"), ("tickets", "customer_email")):
        for rows in data.tables(name, having=[column]):
            wrong = rows.matching(column, lambda value: _MAIL.fullmatch(value.strip()) is None)
            yield rows.hits(wrong, column, among=rows.filled(column))


check_of(
    "two-candidates",
    "A figure's column could be one of several.",
    effect="none of them is used",
    columns=["spend.conversions"],
)
