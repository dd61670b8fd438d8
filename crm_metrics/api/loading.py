"""From paths to a dataset: only the tables and columns that a question needs."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, BinaryIO

from crm_metrics import schema
from crm_metrics.api.asking import Query
from crm_metrics.issues import Issue
from crm_metrics.settings import Settings

if TYPE_CHECKING:
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
) -> Dataset:
    """The tables of the given files that the question needs. `tables` names the table of a path where it is known, for
    files whose columns have the canonical names; with `ids` the records' own ids are kept in any case."""
    from crm_metrics.loaders.gathering import IDS, gather
    from crm_metrics.metrics.checking import columns_of

    files = opened(paths, asked.settings, stdin)
    parts = [part for part in asked.catalog.parts(asked.metrics) if part.aggregate]
    wanted = {(part.table, column) for part in parts for column in (*columns_of(part), *part.per)}
    if ids:
        found = {base for part in parts for base in (schema.TABLES[part.table].bases or (part.table,))}
        wanted |= {(table, IDS[table]) for table in found if table in IDS}
    now = today or date.today()
    settings = asked.settings
    if settings.as_of is None and asked.period is not None and asked.period.needs_clock:
        settings = settings.model_copy(update={"as_of": now})
    gathered = gather(files.tables, wanted, asked.by, forced=tables, issues=files.issues, settings=settings)
    from crm_metrics.loaders.loading import load as load_tables  # imports pandas, while the files are being read

    dataset = load_tables(gathered, settings, today=now)
    dataset.ignored = files.ignored
    dataset.raws |= {raw.path: raw for raw in files.tables}
    return dataset


def opened(paths: Sequence[str], settings: Settings, stdin: BinaryIO | None) -> Opened:
    """The tables in the paths. The file of exchange rates is no table of a report, also when it lies among them. A pattern
    of the settings that names no file is noted: it may be misspelt."""
    from crm_metrics.loaders.reading import open_inputs

    files = open_inputs(paths, stdin=stdin, encoding=settings.encoding_of)
    if settings.rates is not None and settings.rates.file is not None:
        own = os.path.realpath(settings.rates.file)
        files.tables = [raw for raw in files.tables if os.path.realpath(raw.path.partition("#")[0]) != own]
    if patterns := settings.unused([raw.path for raw in files.tables]):
        files.issues.append(Issue("settings-unused", detail={"seen": " and ".join(patterns)}))
    return files
