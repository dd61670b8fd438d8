"""From paths to a dataset: only the tables and columns that a question needs."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from importlib import import_module
from typing import TYPE_CHECKING, BinaryIO

from crm_metrics import schema
from crm_metrics.errors import NothingToReport
from crm_metrics.issues import Issue
from crm_metrics.query import Query
from crm_metrics.settings import Settings

# Imported while the files are being read: pandas, the engine, what limits and reports need.
_LATER = (
    *("crm_metrics.loaders.loading", "crm_metrics.assembly"),
    *("crm_metrics.analysis.waiting", "crm_metrics.ranking", "crm_metrics.timeline"),
)

if TYPE_CHECKING:
    from crm_metrics.engine.windows import Window
    from crm_metrics.loaders.reading import Opened
    from crm_metrics.tables import Dataset


def load(
    paths: Sequence[str],
    asked: Query,
    *,
    today: date | None = None,
    stdin: BinaryIO | None = None,
    tables: Mapping[str, str] | None = None,
    ids: bool = False,
    also: Iterable[tuple[str, str]] = (),
) -> Dataset:
    """The tables of the given files that the question needs. `tables` names the table of a path where it is known, for
    files whose columns have the canonical names; with `ids` the records' own ids are kept in any case; `also` are further
    `(table, column)` pairs."""
    from crm_metrics.metrics.checking import columns_of

    parts = [part for part in asked.catalog.parts(asked.read) if part.aggregate]
    wanted = {(part.table, column) for part in parts for column in (*columns_of(part), *part.per)} | set(also)
    # What is only compared by it is computed without it too.
    wanted |= {(part.table, part.outcome_at) for part in parts if part.outcome_at}
    if ids:
        found = {base for part in parts for base in (schema.TABLES[part.table].bases or (part.table,))}
        wanted |= {(table, key) for table in found if (key := schema.TABLES[table].key)}
    needs_clock = asked.period is not None and asked.period.needs_clock
    return load_columns(
        paths,
        wanted,
        asked.settings,
        by=asked.by,
        needs_clock=needs_clock,
        today=today,
        stdin=stdin,
        tables=tables,
        apart={base for part in parts for base in (part.table, *schema.TABLES[part.table].bases)},
    )


def load_columns(
    paths: Sequence[str],
    wanted: Iterable[tuple[str, str]],
    settings: Settings,
    *,
    by: Sequence[str] = (),
    needs_clock: bool = False,
    today: date | None = None,
    stdin: BinaryIO | None = None,
    tables: Mapping[str, str] | None = None,
    apart: Iterable[str] = (),
) -> Dataset:
    """The wanted `(table, column)` pairs of the given files, as far as they have them, with the dimensions `by`. The rows
    of tables in `apart` are told apart by customer. What is asked for up to today (`needs_clock`) has today as its as-of."""
    from crm_metrics.loaders.gathering import gather

    files = opened(paths, settings, stdin)
    now = today or date.today()
    if settings.as_of is None and needs_clock:
        settings = settings.model_copy(update={"as_of": now})
    gathered = gather(files.tables, wanted, by, forced=tables, issues=files.issues, settings=settings, apart=apart)
    for name in _LATER:
        import_module(name)
    from crm_metrics.loaders.loading import load as load_tables

    dataset = load_tables(gathered, settings, today=now)
    dataset.ignored = files.ignored
    dataset.raws |= {raw.path: raw for raw in files.tables}
    return dataset


def refuse_empty(dataset: Dataset) -> None:
    """Raises `NothingToReport` for files that all hold no rows: a figure of 0 from them would be no real 0."""
    if dataset.sources and not any(source.rows for source in dataset.sources):
        paths = ", ".join(source.path for source in dataset.sources)
        raise NothingToReport(f"the files hold no rows: {paths}")


def complete(dataset: Dataset, asked: Query, windows: Sequence[Window]) -> Dataset:
    """The dataset with the tables that are made only for the metrics and periods asked for."""
    if all(part.table != "predictions" for part in asked.catalog.parts(asked.metrics)):
        return dataset
    from crm_metrics.analysis.lifetimes.predictions import with_predictions

    return with_predictions(dataset, windows, asked.by)


def opened(paths: Sequence[str], settings: Settings, stdin: BinaryIO | None, *, lenient: bool = False) -> Opened:
    """The tables in the paths. The file of exchange rates is no table of a report, also when it lies among them. A pattern
    of the settings that names no file is noted: it may be misspelt. With `lenient` what cannot be read is put aside."""
    from crm_metrics.loaders.reading import open_inputs

    files = open_inputs(paths, stdin=stdin, stated=settings.stated, lenient=lenient)
    if settings.rates is not None and settings.rates.file is not None:
        own = os.path.realpath(settings.rates.file)
        files.tables = [raw for raw in files.tables if os.path.realpath(raw.path.partition("#")[0]) != own]
    if patterns := settings.unused([*(raw.path for raw in files.tables), *files.unreadable]):
        files.issues.append(Issue("settings-unused", detail={"seen": " and ".join(patterns)}))
    return files
