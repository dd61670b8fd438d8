"""What is there more than once."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from crm_metrics.analysis.quality.check import Dimension, Hits, check
from crm_metrics.analysis.quality.data import Data, Rows
from crm_metrics.loaders.coercing.words import folded
from crm_metrics.loaders.recognising import normalised

UNIQUENESS = Dimension.UNIQUENESS


@check(
    "repeated-id",
    UNIQUENESS,
    "Several rows have the same id.",
    effect="only the newest row of each id counts",
    codes=["repeated-id"],
)
def repeated_id(data: Data) -> Iterator[Hits]:
    yield data.noticed("repeated-id")


@check(
    "id-of-many",
    UNIQUENESS,
    "A column of ids repeats with different content.",
    effect="it is not taken as an id: every row counts",
    codes=["not-an-id"],
)
def id_of_many(data: Data) -> Iterator[Hits]:
    yield data.noticed("not-an-id")


@check(
    "duplicate-row",
    UNIQUENESS,
    "Rows are exact copies of another row, and have no id to tell them apart.",
    effect="each counts: two equal purchases on one day happen",
    note=True,
    codes=["exact-duplicate"],
)
def duplicate_row(data: Data) -> Iterator[Hits]:
    yield data.noticed("exact-duplicate")


@check(
    "duplicate-email",
    UNIQUENESS,
    "Several customers have the same e-mail address, case aside.",
    effect="one customer may count several times",
    columns=["spells.*", "customers.*", "purchases.customer"],
)
def duplicate_email(data: Data) -> Iterator[Hits]:
    for customers in data.tables("customers", having=["email", "customer"]):
        yield _several(customers, "email", folded)


@check(
    "duplicate-name",
    UNIQUENESS,
    "Several customers have the same name, case, spaces and punctuation aside.",
    effect="one customer may count several times",
    columns=["spells.*", "customers.*", "purchases.customer"],
    note=True,
)
def duplicate_name(data: Data) -> Iterator[Hits]:
    for customers in data.tables("customers", having=["name", "customer"]):
        yield _several(customers, "name", normalised)


@check(
    "duplicate-lead",
    UNIQUENESS,
    "Several leads have the same e-mail address, case aside.",
    effect="each counts as a lead of its own",
    columns=["leads.*"],
    note=True,
)
def duplicate_lead(data: Data) -> Iterator[Hits]:
    for leads in data.tables("leads", having=["customer_email", "lead_id"]):
        yield _several(leads, "customer_email", folded, key="lead_id")


def _several(rows: Rows, column: str, fold: object, *, key: str = "customer") -> Hits:
    """The rows whose value, folded, belongs to several keys."""
    values = rows.frame[column].astype("category")
    assert callable(fold)
    same = pd.Series([fold(str(value)) for value in values.cat.categories], dtype="object")
    place = pd.factorize(same)[0]
    code = np.append(place, -1)[values.cat.codes.to_numpy()]
    known = pd.DataFrame({"code": code, "key": rows.frame[key].astype("object").to_numpy()})[
        code >= 0
    ].drop_duplicates()
    counts = known["code"].value_counts()
    shared = counts.index[counts > 1]
    return rows.hits(np.isin(code, shared), column, key, of=int(rows.filled(column).sum()))
