"""What was recognised in a set of files: tables, columns, dates, values and what they mean, joins, problems."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from crm_metrics import schema
from crm_metrics.analysis.inventory import AsRead, Inventory, Join, Shared, Span, joins, shared_customers
from crm_metrics.errors import DataError
from crm_metrics.issues import Issue
from crm_metrics.loaders.advising import Nearest, nearest
from crm_metrics.loaders.beside import is_beside
from crm_metrics.loaders.recognising import layouts
from crm_metrics.settings import FileRules
from crm_metrics.settings.blocks import values_of
from crm_metrics.tables import Coverage, Dataset, Source, Unusable

BY_SETTING = "date_order is set"
_ORDERS = {"dmy": "day first", "mdy": "month first"}


@dataclass(frozen=True)
class Column:
    """A column of a file: its header, the canonical column it was taken for (None: left alone), the share of its cells
    that is filled (None where it was left alone or there are no rows), and its span where it holds dates."""

    header: str
    name: str | None
    filled: float | None = None
    span: Span | None = None


@dataclass(frozen=True)
class Value:
    """A value that decides something (the stage of a deal, the status of a lead), what it was read as, and its rows."""

    column: str
    value: str
    meaning: str
    rows: int


@dataclass(frozen=True)
class File:
    """One table of one file. `date_order` is empty where no date leaves it open; `date_proof` says what decided it;
    `settings` are the rules of the settings for this file; `offer` says how to read headers that were left alone as
    columns that no file has, where their words allow it."""

    source: Source
    title: str
    columns: tuple[Column, ...]
    values: tuple[Value, ...]
    issues: tuple[Issue, ...]
    date_order: str = ""
    date_proof: str = ""
    settings: tuple[str, ...] = ()
    offer: str = ""


@dataclass(frozen=True)
class Scan:
    """What is known of the files. `refused` cannot be read as they are, `unrecognised` are of no known table."""

    files: tuple[File, ...]
    refused: Mapping[str, DataError]
    unrecognised: Mapping[str, Nearest]
    headers: Mapping[str, Sequence[str]]
    ignored: Sequence[str]
    joins: tuple[Join, ...]
    shared: tuple[Shared, ...]
    issues: tuple[Issue, ...]
    unusable: Mapping[str, Unusable]
    currencies: Mapping[str, int]
    as_of: date | None
    first: date | None
    last: date | None
    settings_file: str | None
    coverage: Mapping[str, Coverage] = field(default_factory=dict)


def scan(inventory: Inventory) -> Scan:
    dataset = inventory.dataset
    files = tuple(_file(source, inventory, dataset) for source in dataset.sources) if dataset is not None else ()
    spans = [column.span for file in files for column in file.columns if column.span is not None]
    return Scan(
        files=files,
        refused=inventory.refused,
        unrecognised={raw.path: nearest(raw, inventory.settings) for raw in inventory.unrecognised},
        headers={raw.path: raw.header for raw in inventory.unrecognised},
        ignored=inventory.ignored,
        joins=tuple(joins(dataset)) if dataset is not None else (),
        shared=tuple(shared_customers(dataset)) if dataset is not None else (),
        issues=tuple(_elsewhere(inventory, files)),
        unusable=_unusable(dataset) if dataset is not None else {},
        currencies=_currencies(dataset) if dataset is not None else {},
        as_of=dataset.as_of if dataset is not None else None,
        first=min((span.first for span in spans if span.first), default=None),
        last=max((span.last for span in spans if span.last), default=None),
        settings_file=inventory.settings.file,
        coverage=dataset.coverage if dataset is not None else {},
    )


def _file(source: Source, inventory: Inventory, dataset: Dataset) -> File:
    issues = tuple(issue for issue in inventory.issues if issue.path == source.path)
    # A file of exchange rates is an input that the settings name.
    raw = inventory.raws.get(source.path)
    header = raw.header if raw is not None else list(source.columns.values())
    order = next((issue for issue in issues if issue.code == "date-order"), None)
    proof = order.detail["proof"] if order else ""
    if source.date_order and not proof:
        is_set = dataset.settings.for_file(source.path).date_order
        proof = BY_SETTING if is_set else "a convention of the tool, or both readings agree"
    return File(
        source=source,
        title=next((layout.title for layout in layouts() if layout.vendor == source.vendor), source.vendor),
        columns=_columns(source, inventory.read.get(source.index), header),
        values=_values(source, dataset),
        issues=issues,
        date_order=_ORDERS.get(source.date_order, ""),
        date_proof=proof,
        settings=tuple(_rules(dataset.settings.rules(source.path))),
        offer=next((text for (path, *_), text in dataset.offers.items() if path == source.path), ""),
    )


def _rules(rules: FileRules) -> Iterator[str]:
    """What is set for a file, a line for each rule."""
    for name, value in values_of(rules).items():
        if name == "path" or value is None:
            continue
        if not isinstance(value, dict):
            yield f"{name} = {value}"
            continue
        for key, inner in value.items():
            if isinstance(inner, dict):
                yield from (f"{key}: {raw} = {meant}" for raw, meant in inner.items())
            else:
                yield f"{key} = {str(inner).lower() if isinstance(inner, bool) else inner}"


def _columns(source: Source, read: AsRead | None, header: Sequence[str]) -> tuple[Column, ...]:
    """The file's columns in its own order; a header that two canonical columns were taken from stands twice."""
    names: dict[str, list[str]] = {}
    for name, label in source.columns.items():
        names.setdefault(label, []).append(name)
    filled = {name: count / read.records for name, count in read.filled.items()} if read and read.records else {}
    spans = read.spans if read else {}
    result = []
    for label in header:
        taken = names.pop(label, None)
        if taken is None:
            result.append(Column(label, None))
        else:
            result += [Column(label, _known_as(name), filled.get(name), spans.get(name)) for name in taken]
    return tuple(result)


def _known_as(name: str) -> str:
    """A column of a file's second table by that table's column: of a stage's own column the stage stands in its header."""
    return f"deal_stages.{name.split()[0]}" if is_beside(name) and " " in name else name


def _values(source: Source, dataset: Dataset) -> tuple[Value, ...]:
    """What each stage and status of a file was read as, by column, the most frequent first."""
    table = dataset.tables.get(source.table)
    states = table.states if table is not None else {}
    values = [
        Value(column, word, state, rows)
        for (index, column, word, state), rows in states.items()
        if index == source.index
    ]
    return tuple(sorted(values, key=lambda value: (value.column, -value.rows, value.value)))


def _elsewhere(inventory: Inventory, files: Sequence[File]) -> list[Issue]:
    """The problems that belong to no recognised file."""
    paths = {file.source.path for file in files} | {raw.path for raw in inventory.unrecognised}
    return [issue for issue in inventory.issues if issue.path not in paths]


def _unusable(dataset: Dataset) -> dict[str, Unusable]:
    """Columns that are there but cannot be read safely, as `table.column`."""
    return {
        f"{table.name}.{column}": reason
        for table in dataset.tables.values()
        if not schema.is_derived(table.name)
        for column, reason in table.unusable.items()
    }


def _currencies(dataset: Dataset) -> dict[str, int]:
    """The currencies met, with the rows of each, the most frequent first."""
    counts: dict[str, int] = {}
    for name in sorted({source.table for source in dataset.sources} & dataset.tables.keys()):
        table = dataset.tables[name]
        if table.has("currency"):
            for currency, count in table.frame["currency"].value_counts().items():
                if count:
                    counts[str(currency)] = counts.get(str(currency), 0) + int(count)
    return dict(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))
