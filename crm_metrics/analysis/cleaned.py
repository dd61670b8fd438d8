"""The cleaned tables: every record that was read, in canonical columns, with its file and row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pyarrow as pa

from crm_metrics import schema
from crm_metrics.analysis.inventory import all_columns
from crm_metrics.loaders.exported import BESIDE, FILE, READ_AS, ROW as ROW_OF, name_of
from crm_metrics.loaders.gathering import gather
from crm_metrics.loaders.loading import load
from crm_metrics.loaders.mapping import Recogniser
from crm_metrics.loaders.normalising import FileRows
from crm_metrics.loaders.normalising.rows import SCORES
from crm_metrics.loaders.reading import Opened
from crm_metrics.loaders.versions import day_in_name
from crm_metrics.schema import Kind
from crm_metrics.settings import Settings
from crm_metrics.tables import ROW, SOURCE, Dataset, Source


@dataclass(frozen=True)
class Cleaned:
    """The records of one file as rows of a canonical table: dates without a time of day are days, others moments (of the
    wall clock, in UTC where the settings name a time zone); money in whole units, shares as fractions."""

    name: str
    table: str
    rows: pa.Table


def cleaned(opened: Opened, settings: Settings, *, today: date) -> list[Cleaned]:
    """The tables of all files that are recognised: one of each file and table, named like its table, with a number where
    there are several. Costs that another file has too are left out; of other records all are there, also those that repeat,
    since what they say is joined (the refund of a payment, the older stage of a deal).

    Raises `DataError` for what can be read in two ways, `NothingToReport` where nothing is recognised.
    """
    gathered = gather(opened.tables, all_columns(), (), issues=opened.issues, recogniser=Recogniser(settings))
    headers = {fetched.raw.path: fetched.raw.header for fetched in gathered.files}
    tables: list[tuple[str, Source, pa.Table]] = []

    def watch(files: Sequence[FileRows]) -> None:
        for file in files:
            read_as = name_of(file.recognised, headers[file.source.path])
            rows = _rows(file, file.source.table, file.frame, read_as, settings)
            tables.append((file.source.table, file.source, rows))
            if file.part is not None:
                beside = f"{file.source.vendor} {file.part.table} {BESIDE}"
                stated = file.part.frame.dropna(axis="columns", how="all")  # of no stage it is said when it was left
                rows = _rows(file, file.part.table, stated, beside, settings)
                tables.append((file.part.table, file.source, rows))

    dataset = load(gathered, settings, today=today, watch=watch)
    numbers: Counter[str] = Counter()
    named = []
    for table, source, rows in tables:
        rows = _counted(rows, dataset, table, source)
        name = " ".join([table, *_day_of(source.path)])
        numbers[name] += 1
        named.append(Cleaned(name if numbers[name] == 1 else f"{name} ({numbers[name]})", table, rows))
    return named


def _counted(rows: pa.Table, dataset: Dataset, table: str, source: Source) -> pa.Table:
    """The rows of a source without costs that are another's: by which columns they are the same, tables do not show."""
    if table != "spend" or table not in dataset.tables:
        return rows
    frame = dataset.tables[table].frame
    kept = frame[ROW].to_numpy()[frame[SOURCE].to_numpy() == source.index]
    return rows.filter(pa.array(np.isin(rows[ROW_OF].to_numpy(), kept)))


def _day_of(path: str) -> list[str]:
    """The day or month that a file's name says, which tells up to when its records are known."""
    if day := day_in_name(path):
        return [day.isoformat()]
    month = day_in_name(path, or_month=True)
    return [month.strftime("%Y-%m")] if month else []


def _rows(file: FileRows, table: str, frame: pd.DataFrame, read_as: str, settings: Settings) -> pa.Table:
    calendar = file.calendar_of(table)
    specs = schema.TABLES[table].columns
    columns = {
        name: _column(frame[name], specs[name].kind, settings.timezone, by_day=calendar.get(name, False))
        for name in specs
        if name in frame
    }
    for name in [name for name in SCORES if name in columns and name in file.recognised.suffixes]:
        columns[f"{name} ({file.recognised.suffixes[name]})"] = columns.pop(name)  # its scale, which a header says
    columns[FILE] = pa.array([file.source.path] * len(frame), pa.string())
    columns[ROW_OF] = pa.array(frame[ROW].to_numpy(), pa.int64())
    columns[READ_AS] = pa.array([read_as] * len(frame), pa.string())
    return pa.table(columns)


def _column(values: pd.Series[Any], kind: Kind, zone: str | None, *, by_day: bool) -> pa.Array:
    """The cells of a column by their kind; dates without a time of day are days."""
    if kind is Kind.DATE:
        if not by_day:
            moments = values.dt.tz_localize("UTC") if zone else values
            return pa.array(moments, pa.timestamp("us", "UTC" if zone else None), from_pandas=True)
        days = values.dt.tz_localize("UTC").dt.tz_convert(ZoneInfo(zone)).dt.tz_localize(None) if zone else values
        return pa.array(days, pa.timestamp("us"), from_pandas=True).cast(pa.date32())
    if kind is Kind.BOOL:
        return pa.array([None if pd.isna(cell) else bool(cell) for cell in values], pa.bool_())
    if kind in schema.NUMERIC:
        return pa.array(values.to_numpy(dtype=float, na_value=float("nan")), pa.float64(), from_pandas=True)
    return pa.array(values.astype(object), pa.string(), from_pandas=True)
