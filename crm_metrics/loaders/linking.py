"""The same customer in every table, and attributes carried down many-to-one: from customers, owners, products and leads."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
import pandas as pd

from crm_metrics.issues import Issue
from crm_metrics.loaders.coercing.words import folded
from crm_metrics.schema import IDENTITY, LINKED
from crm_metrics.tables import SOURCE, Source, Table

_FILES = {
    "owners": "the sellers' file",
    "products": "the product list",
    "leads": "the leads file",
    "deals": "the deals file",
}


class Customers:
    """Who is who: ids as they are, names and e-mail addresses with case and spaces aside, all leading to one key."""

    def __init__(self, tables: dict[str, Table]) -> None:
        self._ids: dict[str, str] = {}
        self._names: dict[str, str] = {}
        self._emails: dict[str, str] = {}
        self.listed: set[str] = set()
        if "customers" in tables:
            frame = tables["customers"].frame
            frame["customer"] = self._own(frame)
            self.listed = set(frame["customer"].dropna().astype(str))
        for name in sorted(tables):
            if name != "customers":
                self._learn(tables[name].frame)

    def _own(self, frame: pd.DataFrame) -> pd.Series:
        """The key of each listed customer: their id, else name, else e-mail."""
        columns = [frame.get(name) for name in ("customer_id", "name", "email")]
        keys = []
        for cells in zip(*(_texts(column, len(frame)) for column in columns), strict=True):
            key = next((cell for cell in cells if cell), None)
            keys.append(key)
            if key is not None:
                self._add(key, cells[0], cells[1], cells[2])
        return pd.Series(pd.Categorical(keys), index=frame.index)

    def _add(self, key: str, identity: str | None, name: str | None, email: str | None) -> None:
        if identity:
            self._ids.setdefault(identity, key)
        if name:
            self._names.setdefault(folded(name), key)
        if email:
            self._emails.setdefault(folded(email), key)

    def _learn(self, frame: pd.DataFrame) -> None:
        """Names and addresses that stand beside an id are that customer's."""
        columns = [name for name in IDENTITY if name in frame]
        if "customer" not in columns or len(columns) < 2:
            return
        known = frame[columns].drop_duplicates().sort_values(columns)
        for cells in zip(*(_texts(known.get(name), len(known)) for name in IDENTITY), strict=True):
            key = self.key(*cells)
            if key is not None:
                self._add(key, cells[0], cells[1], cells[2])

    def key(self, identity: str | None, name: str | None, email: str | None) -> str | None:
        """The customer that an id, a name and an address lead to; None when all are missing."""
        if identity and identity in self._ids:
            return self._ids[identity]
        for text, known in ((email, self._emails), (name, self._names)):
            if text and known and (found := known.get(folded(text))):
                return found
        # A name in the id column is matched as a name too.
        if identity and (self._names or self._emails):
            return self._names.get(folded(identity)) or self._emails.get(folded(identity)) or identity
        if identity:
            return identity
        for text, known in ((name, self._names), (email, self._emails)):
            if text:
                return known.setdefault(folded(text), text if known is self._names else folded(text))
        return None


def _texts(column: pd.Series | None, n: int) -> Iterable[str | None]:
    if column is None:
        return [None] * n
    return column.astype(object).where(column.notna(), None).tolist()


def link_customers(tables: dict[str, Table], sources: list[Source], issues: list[Issue]) -> None:
    """Write one `customer` key onto every row that names a customer in any way; say how many are not in the customers
    file."""
    customers = Customers(tables)
    for name, table in sorted(tables.items()):
        columns = [column for column in IDENTITY if column in table.frame]
        if name == "customers" or not columns:
            continue
        table.frame["customer"] = _keys(table.frame, columns, customers)
        if customers.listed:
            _report_unknown(table, customers.listed, sources, issues)


def _keys(frame: pd.DataFrame, columns: list[str], customers: Customers) -> pd.Series:
    """Each row's customer, looked up once per distinct combination of what the row says."""
    combined = np.zeros(len(frame), dtype=np.int64)
    parts = [frame[column].astype("category") for column in columns]
    for part in parts:
        combined = combined * (len(part.cat.categories) + 1) + part.cat.codes.to_numpy() + 1
    place, distinct = pd.factorize(combined, sort=True)
    first = np.empty(len(distinct), dtype=np.int64)
    first[place[::-1]] = np.arange(len(place))[::-1]
    cells = {column: list(_texts(part.iloc[first], len(first))) for column, part in zip(columns, parts, strict=True)}
    keys = [
        customers.key(*(cells[column][i] if column in cells else None for column in IDENTITY))
        for i in range(len(distinct))
    ]
    labels = sorted({key for key in keys if key is not None})
    number = {label: i for i, label in enumerate(labels)}
    codes = np.array([number[key] if key is not None else -1 for key in keys], dtype=np.int64)
    categories = pd.Index(labels, dtype="str")
    return pd.Series(pd.Categorical.from_codes(codes[place], categories=categories), index=frame.index)


def _report_unknown(table: Table, listed: set[str], sources: list[Source], issues: list[Issue]) -> None:
    column = table.frame["customer"]
    unknown = np.array([str(value) not in listed for value in column.cat.categories] + [False], dtype=bool)
    hit = unknown[column.cat.codes.to_numpy()]
    _unmatched(table, hit, "customer", "the customers file", column, sources, issues)


def _unmatched(
    table: Table,
    hit: np.ndarray,
    column: str,
    other: str,
    values: pd.Series,
    sources: list[Source],
    issues: list[Issue],
) -> None:
    if not hit.any():
        return
    total = int(values.notna().sum())
    frame = table.frame.loc[hit]
    examples = sorted(set(values[hit].astype(str)))[:3]
    for source, count in frame[SOURCE].value_counts().items():
        every = frame.loc[frame[SOURCE] == source, "_row"].to_numpy()
        rows = tuple(int(row) for row in every[:10])
        detail = {"column": column, "other": other, "total": f"{total:,}", "seen": f", such as {', '.join(examples)}"}
        issues.append(Issue("unmatched", sources[int(str(source))].path, int(count), rows, detail, every))


def report_unmatched(tables: dict[str, Table], sources: list[Source], issues: list[Issue]) -> None:
    """Say how many rows name a seller, a product or a lead that the file made for these does not know."""
    for other, link in LINKED.items():
        mine, key = link.column, link.key
        if other == "customers" or other not in tables or not tables[other].has(key):
            continue
        if other == "deals" and not any(source.table == "deal_stages" for source in sources):
            continue  # without a history of its own, stages stand in the deals' own rows
        fold = _fold(key)
        known = {fold(value) for value in tables[other].frame[key].dropna().unique()}
        for name, table in sorted(tables.items()):
            if name == other or not table.has(mine) or not link.leads_to(name):
                continue
            values = table.frame[mine].astype("category")
            unknown = np.array([*(fold(value) not in known for value in values.cat.categories), False], dtype=bool)
            _unmatched(table, unknown[values.cat.codes.to_numpy()], mine, _FILES[other], values, sources, issues)


def _fold(key: str) -> Callable[[object], str]:
    """How values of a key are compared: ids as they are, names with case and spaces aside."""
    return str if key in ("customer", "lead_id", "deal_id") else lambda value: folded(str(value))


def carry(tables: dict[str, Table], column: str) -> None:
    """Write an attribute onto every table that lacks it and is joined to one that has it. A table's own column stays."""
    for name, table in sorted(tables.items()):
        if table.has(column):
            continue
        for other, link in LINKED.items():
            mine, key = link.column, link.key
            if name == other or other not in tables or not tables[other].has(column) or not table.has(mine):
                continue
            if not tables[other].has(key) or not link.leads_to(name):
                continue
            known = tables[other].frame[[key, column]].dropna(subset=[key])
            attribute = dict(zip(map(_fold(key), known[key]), known[column], strict=True))
            values = table.frame[mine].astype("category")
            found = [attribute.get(_fold(key)(value)) for value in values.cat.categories]
            spread = np.array([*found, None], dtype=object)[values.cat.codes.to_numpy()]
            table.frame[column] = pd.Categorical([None if pd.isna(value) else str(value) for value in spread])
            break
