"""What is there more than once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING

from crm_metrics.analysis.quality.check import Hits, check, issue_check
from crm_metrics.issues import NOTE
from crm_metrics.loaders.coercing.words import folded
from crm_metrics.loaders.recognising import normalised

if TYPE_CHECKING:
    from crm_metrics.analysis.quality.data import Data, Rows

check_of = partial(issue_check, __name__)
_NAMING = ("leads", "deals", "tickets", "responses", "orders", "subscriptions")
check_of("repeated-id", "Several rows have the same id.", effect="only the newest row of each id counts")
check_of(
    "part-of-deal",
    "Rows without an id repeat a deal for its products or shares, a ticket or lead for its owners.",
    effect="a deal counts once where the parts add up to its amount, other rows each",
    severity=NOTE,
    codes=["part-of-deal", "alike-record"],
)
check_of(
    "older-version",
    "A newer export holds the same records.",
    effect="the newest version of each counts",
    severity=NOTE,
    codes=["older-version", "only-older"],
)
check_of(
    "two-numberings",
    "Several files of one kind use equal ids for different records.",
    effect="every record counts; what names one by its id alone may be about either",
)
check_of(
    "same-spend",
    "Several files hold the same costs in another breakdown.",
    effect="the file with the columns that the figures need counts",
)
check_of(
    "spend-in-parts",
    "The costs of a range lie beside those of other files for days within it.",
    effect="the range counts with what is left, on the days that are left",
)
check_of(
    "perhaps-total",
    "Rows are called all of a kind, and cost more than the others of their time together.",
    effect="they count beside the others; if they hold these, the spend is too high",
)
check_of(
    "id-of-many",
    "A column of ids repeats with different content.",
    effect="it is not taken as an id: every row counts",
    codes=["not-an-id"],
)
check_of(
    "duplicate-row",
    "Rows are exact copies of another row, and have no id to tell them apart.",
    effect="each counts: two equal purchases on one day happen",
    severity=NOTE,
    codes=["exact-duplicate"],
)


@check(effect="one customer may count several times", columns=["spells.*", "customers.*", "purchases.customer"])
def duplicate_email(data: Data) -> Iterator[Hits]:
    """Several customers have the same e-mail address, case aside."""
    for customers in data.tables("customers", having=["email", "customer"]):
        yield _several(customers, "email", folded)


@check(
    effect="one customer may count several times",
    columns=["spells.*", "customers.*", "purchases.customer"],
    severity=NOTE,
)
def duplicate_name(data: Data) -> Iterator[Hits]:
    """Several customers have the same name, case, spaces and punctuation aside."""
    for customers in data.tables("customers", having=["name", "customer"]):
        yield _several(customers, "name", normalised)
    for rows in data.tables(*_NAMING, having=["customer_name", "customer"]):
        yield _several(rows, "customer_name", normalised)


@check(effect="each counts as a lead of its own", columns=["leads.*"], severity=NOTE)
def duplicate_lead(data: Data) -> Iterator[Hits]:
    """Several leads have the same e-mail address, case aside."""
    for leads in data.tables("leads", having=["customer_email", "lead_id"]):
        yield _several(leads, "customer_email", folded, key="lead_id")


def _several(rows: Rows, column: str, fold: Callable[[str], str], *, key: str = "customer") -> Hits:
    """The rows whose value, folded, belongs to several keys."""
    return rows.hits(rows.of_several(column, key, fold), column, key, among=rows.filled(column))
