"""The records behind a figure as CSV: one line per record and part, with its file and its row as a spreadsheet shows it."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, TextIO

import pandas as pd

from crm_metrics.writers.drawing.tidy import neutralised

if TYPE_CHECKING:
    from crm_metrics.analysis.opening import Opened


def write(figure: Opened, out: TextIO) -> None:
    """Writes all records, of a stock also those that are not counted, last; dates are ISO, without a time where the column
    has none, missing is empty."""
    rows = figure.rows
    if figure.before is None and len(figure.left_out):
        rows = pd.concat([rows.astype(object), figure.left_out.astype(object)], ignore_index=True)
    columns = {name: _texts(rows[name]) for name in rows}
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(zip(*columns.values(), strict=True))


def _texts(column: pd.Series) -> list[str]:
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        by_day = bool((column.dropna() == column.dropna().dt.normalize()).all())
        return column.dt.strftime("%Y-%m-%d" if by_day else "%Y-%m-%dT%H:%M:%S").fillna("").tolist()
    return [_text(value) for value in column.tolist()]


def _text(value: object) -> str:
    if value is None or value is pd.NA or value is pd.NaT or value != value:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return repr(int(value)) if value.is_integer() and abs(value) < 2**53 else repr(value)
    if isinstance(value, pd.Timestamp):
        return value.isoformat()
    return neutralised(str(value)) if isinstance(value, str) else str(value)
