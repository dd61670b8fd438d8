"""How the files fit together: how many rows of one find what they name in another, and customers met in several files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from crm_metrics import schema
from crm_metrics.loaders.coercing.words import folded
from crm_metrics.tables import SOURCE, Dataset, Source, Table

# The table that rows name a record of, the column that names it, and the column there; ids are compared as they are.
_JOINS = (
    ("customers", "customer", "customer", False),
    ("owners", "owner", "owner", True),
    ("products", "product", "product", True),
    ("leads", "lead_id", "lead_id", False),
    ("orders", "order_id", "order_id", False),
    ("deals", "deal_id", "deal_id", False),
)
_ONLY_FROM = {"leads": ("deals",), "orders": ("order_lines",), "deals": ("deal_stages",)}


@dataclass(frozen=True)
class Join:
    """Rows of a file that name a record of another table: how many do, how many of those are found there, and up to three
    of the values that are not."""

    path: str
    table: str
    column: str
    other: str
    rows: int
    matched: int
    examples: tuple[str, ...]

    @property
    def share(self) -> float | None:
        """The share that was found; None when no row names any."""
        return self.matched / self.rows if self.rows else None


@dataclass(frozen=True)
class Shared:
    """The customers of one file, and how many of them another file names too."""

    path: str
    customers: int
    elsewhere: int

    @property
    def share(self) -> float | None:
        """The share named elsewhere; None when the file names no customer."""
        return self.elsewhere / self.customers if self.customers else None


def joins(dataset: Dataset) -> list[Join]:
    """Every join between the files of the dataset, in the order of the files."""
    tables = {source.table for source in dataset.sources}
    joined = []
    for source in dataset.sources:
        table = dataset.tables.get(source.table)
        for other, mine, key, fold in _JOINS if table is not None else ():
            if other == source.table or other not in tables or source.table not in _ONLY_FROM.get(other, schema.TABLES):
                continue
            if table is not None and table.has(mine) and dataset.tables[other].has(key):
                joined.append(_join(source, table, mine, dataset.tables[other], key, folded if fold else str))
    return joined


def _join(source: Source, table: Table, mine: str, other: Table, key: str, fold: Callable[[str], str]) -> Join:
    values = table.frame.loc[(table.frame[SOURCE] == source.index).to_numpy(), mine].astype("category")
    keys = {fold(str(value)) for value in other.frame[key].dropna().unique()}
    labels = [str(value) for value in values.cat.categories]
    counts = np.bincount(values.cat.codes[values.notna()], minlength=len(labels))
    here = np.array([fold(label) in keys for label in labels], dtype=bool)
    strange = [label for label, matches, count in zip(labels, here, counts, strict=True) if count and not matches]
    rows, matched = int(counts.sum()), int(counts[here].sum())
    return Join(source.path, source.table, mine, other.name, rows, matched, tuple(strange[:3]))


def shared_customers(dataset: Dataset) -> list[Shared]:
    """For each file that names customers how many of them are met in another file; empty with fewer than two such files."""
    by_file: dict[int, set[str]] = {}
    for source in dataset.sources:
        table = dataset.tables.get(source.table)
        if table is not None and table.has("customer"):
            values = table.frame["customer"].astype("category").cat
            codes = np.unique(values.codes[(table.frame[SOURCE] == source.index).to_numpy()])
            by_file[source.index] = set(map(str, values.categories[codes[codes >= 0]]))
    if len(by_file) < 2:
        return []
    met = Counter(name for names in by_file.values() for name in names)
    several = {name for name, times in met.items() if times > 1}
    paths = {source.index: source.path for source in dataset.sources}
    return [Shared(paths[index], len(names), len(names & several)) for index, names in by_file.items()]
