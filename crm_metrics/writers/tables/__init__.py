"""Arrow tables of any size as files: CSV and Parquet in a folder, sheets of a workbook; columns are written whole, and what
is written is read back as it was."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from pyarrow.csv import write_csv
from pyarrow.parquet import write_table

from crm_metrics.book import cells
from crm_metrics.errors import UsageError
from crm_metrics.loaders.exported import GUARDED
from crm_metrics.loaders.reading.columnar import plain
from crm_metrics.loaders.reading.columns import is_text
from crm_metrics.writers.drawing.tidy import neutralised
from crm_metrics.writers.workbook.cells import LETTERS, ROWS
from crm_metrics.writers.workbook.rows import save


def write(tables: Mapping[str, pa.Table], format: str, target: Path) -> None:  # noqa: A002
    """The tables as files of a folder, each under its name, or as sheets of one workbook: all there, or nothing. Raises
    `UsageError` for what cannot be written."""
    try:
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.name}.") as name:
            draft = Path(name, "made")
            if format == "xlsx":
                _workbook(tables, draft)
            else:
                draft.mkdir()
                for table, rows in tables.items():
                    (_csv if format == "csv" else write_table)(rows, draft / f"{table}.{format}")
                if target.exists():
                    target.rmdir()  # it is empty
            draft.replace(target)
    except OSError as error:
        raise UsageError(f"cannot be written: {error.strerror}", where=str(target)) from error


def _csv(rows: pa.Table, path: Path) -> None:
    columns = [
        plain(column) if pa.types.is_floating(column.type) else _guarded(column) if is_text(column) else column
        for column in rows.columns
    ]
    write_csv(pa.table(columns, names=rows.column_names), path)


def _guarded(column: pa.ChunkedArray) -> pa.Array:
    """Texts with an apostrophe in front of those that a spreadsheet would run; reading takes it off again."""
    encoded = column.combine_chunks().dictionary_encode()
    texts = encoded.dictionary.cast(pa.string()).to_pylist()
    safe = [f"'{text}" if neutralised(text) != text or re.match(GUARDED, text) else text for text in texts]
    return pa.array(safe, pa.string()).take(encoded.indices)


def _workbook(tables: Mapping[str, pa.Table], path: Path) -> None:
    workbook = Workbook(write_only=True)
    for name, rows in tables.items():
        if rows.num_rows > ROWS:
            raise UsageError(
                f"the {rows.num_rows:,} records of {name} are more than a sheet holds",
                hint="Write them as csv or parquet.",
            )
        sheet = workbook.create_sheet(name)
        sheet.append(rows.column_names)
        for row in zip(*(column.to_pylist() for column in rows.columns), strict=True):
            sheet.append([_cell(cell, sheet) for cell in row])
    save(workbook, path)


def _cell(cell: object, sheet: Any) -> object:
    """What a sheet takes for a value: text is text, whatever it begins with, and so is a moment with a zone, as sheets know
    none."""
    if isinstance(cell, datetime) and cell.tzinfo is not None:
        return cell.isoformat(sep=" ")
    if not isinstance(cell, str) or (cell[:1] not in ("=", "#") and cell.isprintable() and len(cell) <= LETTERS):
        return cell  # neither a formula nor an error, and nothing that a sheet cannot hold
    text = WriteOnlyCell(sheet)
    text.value = "".join(char if char >= " " or char in "\t\n" else cells.visible(char) for char in cell)[:LETTERS]
    text.data_type = "s"
    return text
