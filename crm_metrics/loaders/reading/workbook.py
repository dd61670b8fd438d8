"""Excel and OpenDocument workbooks as raw tables, one per visible sheet, through fastexcel."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from crm_metrics.errors import DataError
from crm_metrics.issues import Issue
from crm_metrics.loaders.reading.columns import TEXTS, converted, empty
from crm_metrics.loaders.reading.content import Content
from crm_metrics.loaders.reading.layout import HEADER_WITHIN, SAMPLED, header_among
from crm_metrics.loaders.reading.raw import SHOWN_ROWS, As, Cells

ERRORS = {
    "Div0": "#DIV/0!",
    "NA": "#N/A",
    "Name": "#NAME?",
    "Null": "#NULL!",
    "Num": "#NUM!",
    "Ref": "#REF!",
    "Value": "#VALUE!",
}
MIDNIGHT = r"^(\d{4}-\d\d-\d\d) 00:00:00$"
# Excel keeps a duration as days since 1899-12-31; it comes as a date in the first two months of its calendar.
DURATION = r"^(1899-12-3[01]|1900-0[12]-\d\d) \d\d:\d\d:\d\d"


@dataclass
class Sheet:
    """A sheet whose cells were read as text: numbers as written by a program (`123`, `0.5`), dates in ISO form,
    `true` and `false`. `columns` start below the header, blank rows included; `errors` are (row, column, spelling)."""

    content: Content
    path: str
    name: str
    header: list[str]
    header_row: int
    columns: list[pa.Array]
    errors: list[tuple[int, int, str]]

    def __post_init__(self) -> None:
        filled = np.zeros(len(self.columns[0]), bool)
        for column in self.columns:
            filled |= column.is_valid().to_numpy(zero_copy_only=False)
        for row, _, _ in self.errors:
            filled[row - self.header_row - 1] = True
        self.rows = (np.flatnonzero(filled) + self.header_row + 1).astype(np.int32)
        if not filled.all():
            self.columns = [column.filter(pa.array(filled)) for column in self.columns]

    def head(self, count: int = 500) -> list[list[str | None]]:
        return [column.slice(0, count).to_pylist() for column in self.columns]

    def digest(self) -> str:
        return self.content.digest()

    @property
    def size(self) -> int:
        return 0

    def read(self, wanted: Mapping[int, As], missing: Collection[str] = (), *, threads: bool = True) -> Cells:
        columns = {at: self._column(at, kind, missing) for at, kind in wanted.items()}
        return Cells(columns, self.rows, issues=self._issues(wanted))

    def _column(self, at: int, kind: As, missing: Collection[str]) -> pa.Array | pa.ChunkedArray:
        texts = self.columns[at]
        if not len(texts):
            return empty(kind)
        if kind not in TEXTS:
            column = converted(texts, kind, missing)
            if column is not None:
                return self._exact(at, texts, column) if kind is As.FLOAT else column
            kind = As.TEXT
        return texts.dictionary_encode() if kind is As.TEXT else texts

    def _exact(self, at: int, texts: pa.Array, column: pa.Array) -> pa.Array:
        """Numbers in full: as text they are rounded to nine decimals, so those that may be are read once more."""
        if not pc.any(pc.match_substring_regex(texts, r"\.\d{9}")).as_py():
            return column
        sheet = _load(_reader(self.content), self.name, self.content, dtypes={at: "float"}, use_columns=[at])
        numbers = sheet.to_arrow().column(0).take(pa.array(self.rows - 1))
        return pc.if_else(pc.and_(pc.is_valid(column), pc.is_valid(numbers)), numbers, column)

    def _issues(self, wanted: Iterable[int]) -> list[Issue]:
        """One issue per column read that holds error cells."""
        rows, seen = defaultdict(list), defaultdict(set)
        for row, at, spelling in self.errors:
            rows[at].append(row)
            seen[at].add(spelling)
        return [
            Issue(
                "error-cell",
                self.path,
                len(rows[at]),
                tuple(rows[at][:SHOWN_ROWS]),
                {"column": self.header[at] or f"column {at + 1}", "seen": ", ".join(sorted(seen[at]))},
            )
            for at in wanted
            if at in rows
        ]


def open_workbook(content: Content) -> tuple[list[Sheet], list[str]]:
    """The visible sheets that hold cells, and the names of the hidden ones. Raises DataError."""
    reader = _reader(content)
    loaded, hidden = [], []
    for name in reader.sheet_names:
        sheet = _load(reader, name, content, dtypes="string")
        if sheet.visible != "visible":
            hidden.append(f"{content.path}#{name} (hidden)")
        elif sheet.width and sheet.height:
            loaded.append((name, *sheet.to_arrow_with_errors()))
    found = []
    for name, batch, errors in loaded:
        path = f"{content.path}#{name}" if len(loaded) > 1 else content.path
        sheet = _sheet(content, path, name, batch, errors)
        if sheet is not None:
            found.append(sheet)
    return found, hidden


def _reader(content: Content) -> Any:
    """fastexcel's reader. Raises DataError."""
    import fastexcel

    try:
        return fastexcel.read_excel(content.file if content.file is not None else content.all())
    except fastexcel.FastExcelError as error:
        raise _unreadable(content, error) from error


def _load(reader: Any, name: str, content: Content, **options: Any) -> Any:
    """A sheet from its very first row, so that row numbers are those of the spreadsheet. Raises DataError."""
    import fastexcel

    try:
        return reader.load_sheet(name, header_row=None, skip_rows=0, schema_sample_rows=None, **options)
    except fastexcel.FastExcelError as error:
        raise _unreadable(content, error) from error


def _unreadable(content: Content, error: Exception) -> DataError:
    said = str(error).partition("\n")[0]
    if "assword" in said or "ncrypt" in said:
        return protected(content)
    hint = "Open it in a spreadsheet program and save it as .xlsx, or export it as CSV."
    return DataError(f"is not a workbook that can be read ({said})", where=content.path, hint=hint)


def protected(content: Content) -> DataError:
    """The error for a workbook that asks for a password."""
    hint = "Save a copy without a password (in Excel: File, Info, Protect Workbook)."
    return DataError("is protected by a password", where=content.path, hint=hint)


def _sheet(content: Content, path: str, name: str, batch: pa.RecordBatch, errors: Any) -> Sheet | None:
    """The sheet below its header; None when it has none: no text at all."""
    columns = [_cleaned(column) for column in batch.columns]
    first = min(HEADER_WITHIN + SAMPLED, batch.num_rows)
    # Leading blank rows do not count among those that may hold the header.
    start = next((row for row in range(batch.num_rows) if any(column[row].is_valid for column in columns)), None)
    if start is None:
        return None
    records = [[column[row].as_py() for column in columns] for row in range(start, min(start + first, batch.num_rows))]
    at = header_among(records)
    if at is None:
        return None
    header = [label or "" for label in records[at]]
    at += start
    used = [
        position
        for position, column in enumerate(columns)
        if header[position] or column.slice(at + 1).null_count < len(column) - at - 1
    ]
    place = {position: new for new, position in enumerate(used)}
    cells = [
        (error.position[0] + 1, place[error.position[1]], _spelling(error.detail))
        for error in (errors.errors if errors else ())
        if error.position[0] > at and error.position[1] in place
    ]
    body = [columns[position].slice(at + 1) for position in used]
    return Sheet(content, path, name, [header[position] for position in used], at + 1, body, cells)


def _spelling(detail: str) -> str:
    found = re.search(r"Error\((\w+)\)", detail)
    return ERRORS.get(found[1], f"#{found[1].upper()}") if found else detail.removeprefix("Expected string but got ")


def _cleaned(column: pa.Array) -> pa.Array:
    """Cells of blanks as null; dates without a time when no cell of the column has one; durations as HH:MM:SS."""
    column = column.cast(pa.string())
    column = pc.if_else(pc.equal(pc.utf8_trim_whitespace(column), ""), pa.scalar(None, pa.string()), column)
    dated = pc.match_substring_regex(column, r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")
    if not pc.any(dated).as_py():
        return column
    if pc.any(pc.match_substring_regex(column, "^1899-12-3")).as_py():
        column = pa.array([_duration(cell) for cell in column.to_pylist()], pa.string())
        dated = pc.match_substring_regex(column, r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")
    if pc.all(pc.match_substring_regex(column.filter(dated), MIDNIGHT)).as_py():
        column = pc.replace_substring_regex(column, MIDNIGHT, r"\1")
    return column


def _duration(cell: str | None) -> str | None:
    """`30:00:00` of `1900-01-01 06:00:00`, which is how 1.25 days look as a date."""
    if cell is None or not re.match(DURATION, cell):
        return cell
    day, clock = cell.split(" ", 1)
    days = int((np.datetime64(day) - np.datetime64("1899-12-31")).astype(int))
    hours, rest = clock.split(":", 1)
    return f"{max(days, 0) * 24 + int(hours):02}:{rest}"
