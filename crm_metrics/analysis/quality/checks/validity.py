"""Cells and rows that are not what they should be."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from crm_metrics.analysis.quality.check import Dimension, Hits, check, noticed
from crm_metrics.issues import ERROR, NOTE
from crm_metrics.loaders.recognising import normalised

if TYPE_CHECKING:
    from crm_metrics.analysis.quality.data import Data

VALIDITY = Dimension.VALIDITY
_MAIL = re.compile(r"[^@\s,;<>]+@[^@\s,;<>]+\.[^@\s,;<>.]+")
# What the tools themselves write; a value beside these is one that somebody made up, or that was mistyped.
_KNOWN = {
    ("zendesk", "tickets", "status"): "new, open, pending, hold, on hold, solved, closed, deleted",
    ("freshdesk", "tickets", "status"): "open, pending, resolved, closed, customer responded, waiting on customer, "
    "waiting on third party",
    ("intercom", "tickets", "status"): "open, closed, snoozed",
    ("helpscout", "tickets", "status"): "active, open, pending, closed, spam",
    (
        "stripe",
        "subscriptions",
        "status",
    ): "active, trialing, past due, unpaid, canceled, incomplete, incomplete expired, paused",
    ("pipedrive", "deals", "status"): "open, won, lost, deleted",
    (
        "hubspot",
        "customers",
        "status",
    ): "subscriber, lead, marketing qualified lead, sales qualified lead, opportunity, "
    "customer, evangelist, other, marketingqualifiedlead, salesqualifiedlead",
}


noticed(
    "unreadable-cell",
    VALIDITY,
    "Cells are no date, no number or neither yes nor no, where they should be.",
    effect="they are read as missing",
    codes=["unreadable-date", "unreadable-number", "unreadable-flag", "error-cell"],
)


@check(
    "unreadable-row",
    VALIDITY,
    "Rows could not be read.",
    effect="they are left out of every figure",
    codes=["malformed-row"],
)
def unreadable_row(data: Data) -> Iterator[Hits]:
    yield from data.unread()


noticed(
    "short-row",
    VALIDITY,
    "Rows have fewer cells than the header.",
    effect="the cells at their end are read as missing",
    codes=["short-row"],
)


@check(
    "unreadable-file",
    VALIDITY,
    "Files could not be read.",
    effect="nothing of them was looked at; a report with them ends with the same error",
    severity=ERROR,
)
def unreadable_file(data: Data) -> Iterator[Hits]:
    yield data.whole(
        {path: f"{error.within(path)}. {error.hint or ''}".strip() for path, error in data.refused.items()}
    )


noticed(
    "unrecognised-file",
    VALIDITY,
    "Files are no table that is known.",
    effect="nothing of them is in any figure; 'crm-metrics scan' says what they lack",
    codes=["unrecognised-file", "empty-file"],
)
noticed(
    "close-second",
    VALIDITY,
    "A file could nearly as well be another table.",
    effect="if it is that, its figures are missing and others are wrong",
    codes=["close-second"],
)


@check(
    "amount-not-positive",
    VALIDITY,
    "Won deals have an amount of 0 or below.",
    effect="sums and averages of amounts are too low",
    columns=["deals.amount"],
)
def amount_not_positive(data: Data) -> Iterator[Hits]:
    for deals in data.tables("deals", having=["outcome", "amount"]):
        won = deals.equals("outcome", "won")
        yield deals.hits(won & (deals.numbers("amount") <= 0), "stage", "amount", of=int(won.sum()))


@check(
    "negative-number",
    VALIDITY,
    "Costs, clicks, quantities or recurring revenue are below 0.",
    effect="sums are too low",
    columns=["spend.cost", "spend.clicks", "spend.impressions", "recurring.mrr", "sold_lines.quantity"],
)
def negative_number(data: Data) -> Iterator[Hits]:
    looked_at = {
        "spend": ("cost", "impressions", "clicks", "conversions", "leads"),
        "subscriptions": ("mrr", "quantity"),
        "order_lines": ("quantity",),
        "tickets": ("first_response_minutes", "resolution_minutes", "replies", "reopens"),
    }
    for name, columns in looked_at.items():
        for rows in data.tables(name):
            having = [column for column in columns if rows.has(column)]
            for column in having:
                yield rows.hits(rows.numbers(column) < 0, column)


noticed(
    "out-of-range",
    VALIDITY,
    "Scores or shares lie outside their scale.",
    effect="they are left out of what is made of them",
    columns=["responses.score", "responses.nps_group", "ratings.score", "deals.probability"],
    codes=["out-of-range"],
)


@check(
    "strange-status",
    VALIDITY,
    "Statuses are none that the tool itself writes.",
    effect="they are read as not done, not won, not active",
    columns=["tickets.solved_at", "tickets.open_from", "recurring.mrr", "customers.is_customer"],
    severity=NOTE,
)
def strange_status(data: Data) -> Iterator[Hits]:
    for (vendor, table, column), words in _KNOWN.items():
        for rows in data.tables(table, having=[column]):
            mine = [source.index for source in data.sources if (source.vendor, source.table) == (vendor, table)]
            if mine:
                known = {normalised(word) for word in words.split(",")}
                here = rows.from_sources(mine)
                yield rows.hits(here & rows.strange(column, known, normalised), column, of=int(here.sum()))


@check(
    "not-an-email",
    VALIDITY,
    "E-mail addresses are none.",
    effect="they match no customer of another file",
    severity=NOTE,
)
def not_an_email(data: Data) -> Iterator[Hits]:
    for name, column in (("customers", "email"), ("leads", "customer_email"), ("tickets", "customer_email")):
        for rows in data.tables(name, having=[column]):
            wrong = rows.matching(column, lambda value: _MAIL.fullmatch(value.strip()) is None)
            yield rows.hits(wrong, column, of=int(rows.filled(column).sum()))


noticed(
    "two-candidates",
    VALIDITY,
    "A figure's column could be one of several.",
    effect="none of them is used",
    columns=["spend.conversions"],
    codes=["two-candidates"],
)
