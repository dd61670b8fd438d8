"""Every table and column of the files, not only what a figure needs; a file that cannot be read safely is put aside with
the reason, so that the others can still be looked at. And how the files fit together: how many rows of one find what they
name in another, and customers met in several files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np

from crm_metrics import schema
from crm_metrics.errors import DataError, NothingToReport, SeveralError
from crm_metrics.issues import Issue
from crm_metrics.loaders.coercing.words import folded
from crm_metrics.loaders.gathering import gather
from crm_metrics.loaders.loading import load
from crm_metrics.loaders.mapping import Recogniser
from crm_metrics.loaders.normalising import FileRows
from crm_metrics.loaders.reading import Opened, Raw
from crm_metrics.schema import Kind
from crm_metrics.settings import Settings
from crm_metrics.tables import SOURCE, Dataset, Source, Table


@dataclass(frozen=True)
class Span:
    """A date column of a file as it was read, before anything was derived: its first and last day (of the wall clock in
    UTC or in no zone; None without any date) and whether it holds calendar dates without a time of day."""

    first: date | None
    last: date | None
    by_day: bool


@dataclass(frozen=True)
class AsRead:
    """One file as it was read: its records, how many cells of each canonical column are filled, and the span of each date
    column."""

    records: int
    filled: Mapping[str, int]
    spans: Mapping[str, Span]


@dataclass(frozen=True)
class Inventory:
    """What there is. `dataset` is None when no file could be read; `read` is by index of the source; `refused` are the files
    that cannot be read as they are, by path; `unrecognised` are tables of no known kind."""

    dataset: Dataset | None
    settings: Settings
    read: Mapping[int, AsRead]
    refused: Mapping[str, DataError]
    unrecognised: Sequence[Raw]
    issues: Sequence[Issue] = ()
    ignored: Sequence[str] = ()
    raws: Mapping[str, Raw] = field(default_factory=dict)


def load_inventory(opened: Opened, settings: Settings, *, today: date, forced: Mapping[str, str]) -> Inventory:
    """All that the opened files hold. `forced` names the table of a path. Raises `DataError` only for what belongs to no
    single file."""
    remaining, refused = list(opened.tables), dict(opened.unreadable)
    recogniser = Recogniser(settings)
    dataset, read, issues = None, dict[int, AsRead](), list(opened.issues)

    def watch(files: Sequence[FileRows]) -> None:
        read.update({file.source.index: _as_read(file) for file in files})

    while remaining:
        try:
            gathered = gather(remaining, all_columns(), (), forced=forced, issues=opened.issues, recogniser=recogniser)
            dataset = load(gathered, settings, today=today, watch=watch)
            issues = dataset.issues
            break
        except NothingToReport:
            break
        except DataError as error:
            read.clear()
            by_path = _by_path(error, remaining)
            if not by_path:
                raise
            refused |= by_path
            remaining = [raw for raw in remaining if raw.path not in by_path]
    paths = {source.path for source in dataset.sources} if dataset else set()
    raws = {raw.path: raw for raw in opened.tables}
    if dataset is not None:
        dataset.raws, dataset.ignored = {**dataset.raws, **raws}, opened.ignored
    unrecognised = [raw for raw in remaining if raw.path not in paths]
    return Inventory(dataset, settings, read, refused, unrecognised, issues, opened.ignored, raws)


def all_columns() -> list[tuple[str, str]]:
    """Each column of each table that files can hold."""
    return [(table, column) for table, spec in schema.TABLES.items() for column in spec.columns]


def _by_path(error: DataError, raws: Sequence[Raw]) -> dict[str, DataError]:
    """The error of each file it belongs to; empty when it belongs to none of them."""
    parts = error.errors if isinstance(error, SeveralError) else (error,)
    return {raw.path: part for part in parts for raw in raws if part.where and _is_in(part.where, raw.path)}


def _is_in(where: str, path: str) -> bool:
    """Whether a place lies in a file: the file itself, or a sheet or row of it."""
    return where == path or where.startswith((f"{path}#", f"{path}:", f"{path},"))


def _as_read(file: FileRows) -> AsRead:
    frame = file.frame
    names = [name for name in file.source.columns if name in frame]
    specs = schema.TABLES[file.source.table].columns
    dates = [name for name in names if name in specs and specs[name].kind is Kind.DATE]
    filled = {name: int(frame[name].notna().sum()) for name in names}
    spans = {name: _span(frame[name].to_numpy(), file.calendar.get(name, False)) for name in dates}
    return AsRead(len(frame), filled, spans)


def _span(moments: Any, by_day: bool) -> Span:
    dated = moments[~np.isnat(moments)]
    if not len(dated):
        return Span(None, None, by_day)
    first, last = (day.astype("datetime64[D]").astype(object) for day in (dated.min(), dated.max()))
    return Span(first, last, by_day)


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
