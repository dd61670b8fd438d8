"""What the library that reads workbooks gives, and what it does not: what it has against a file as an error that helps,
which cells are merged into one, and the cells as the text that a spreadsheet shows (dates, durations, names of errors)."""

from __future__ import annotations

import logging
import os
import re
import zipfile
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import PurePosixPath
from threading import Condition, Lock, get_ident
from typing import IO, Any
from xml.etree import ElementTree

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from crm_metrics.errors import DataError
from crm_metrics.loaders.reading import limits
from crm_metrics.loaders.reading.content import Content, readable
from crm_metrics.loaders.reading.extents import column_number


def reader_of(content: Content) -> Any:
    """fastexcel's reader. Raises DataError."""
    import fastexcel

    source = content.file if content.file is not None else content.all()
    with _understood(content):
        return fastexcel.read_excel(source)


def load(reader: Any, name: str, content: Content, **options: Any) -> Any:
    """A sheet from its very first row, so that row numbers are those of the spreadsheet. Raises DataError."""
    with _understood(content):
        return reader.load_sheet(name, header_row=None, skip_rows=0, schema_sample_rows=None, **options)


class _Complaints(logging.Handler):
    """Keeps what the library warns this thread of, such as rows that it cuts off, instead of printing it."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.messages: list[str] = []
        self._thread = get_ident()

    def emit(self, record: logging.LogRecord) -> None:
        if record.thread == self._thread:
            self.messages.append(record.getMessage())


class _Silence:
    """Nothing of what the library warns of, or prints past Python when it meets a bug of its own, is seen while any thread
    reads."""

    def __init__(self) -> None:
        self._lock, self._readers, self._kept = Lock(), 0, -1

    def __enter__(self) -> None:
        with self._lock:
            self._readers += 1
            if self._readers == 1:
                _LOGGER.propagate = False
                with suppress(OSError):  # no standard error, as in some services
                    self._kept = os.dup(2)
                    os.dup2(nowhere := os.open(os.devnull, os.O_WRONLY), 2)
                    os.close(nowhere)

    def __exit__(self, *error: object) -> None:
        with self._lock:
            self._readers -= 1
            if not self._readers:
                _LOGGER.propagate = True
                if self._kept >= 0:
                    os.dup2(self._kept, 2)
                    os.close(self._kept)
                    self._kept = -1


class _Room:
    """Memory for so many cells, which threads share: each waits until there is enough for what it reads."""

    def __init__(self) -> None:
        self._left, self._cells = Condition(), 0

    @contextmanager
    def taken(self, cells: int) -> Iterator[None]:
        with self._left:
            self._left.wait_for(lambda: not self._cells or self._cells + cells <= limits.MOST_CELLS)
            self._cells += cells
        try:
            yield
        finally:
            with self._left:
                self._cells -= cells
                self._left.notify_all()


_LOGGER = logging.getLogger("calamine")
_SILENCE, ROOM = _Silence(), _Room()


@contextmanager
def _understood(content: Content) -> Iterator[None]:
    """Turns whatever the library has against a workbook into a DataError."""
    complaints = _Complaints()
    _LOGGER.addHandler(complaints)
    try:
        with _SILENCE:
            yield
    except Exception as error:
        raise _unreadable(content, error) from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # what a bug in the library looks like
            raise
        raise _unreadable(content, error) from error
    finally:
        _LOGGER.removeHandler(complaints)
    if any("max" in message and "row" in message for message in complaints.messages):
        raise DataError(
            f"claims more rows than a spreadsheet has ({'; '.join(complaints.messages)[:200]})",
            where=content.path,
            hint="Delete what lies below the table, or export it as CSV.",
        )


def _unreadable(content: Content, error: BaseException) -> DataError:
    problem = str(error).partition("\n")[0]
    if "Cell limit" in problem:
        problem = "it claims more cells than fit into memory"
    if "assword" in problem or "ncrypt" in problem:
        return protected(content)
    hint = "Open it in a spreadsheet program and save it as .xlsx, or export it as CSV."
    return DataError(f"is not a workbook that can be read ({problem})", where=content.path, hint=hint)


def protected(content: Content) -> DataError:
    """The error for a workbook that asks for a password."""
    hint = "Save a copy without a password (in Excel: File, Info, Protect Workbook)."
    return DataError("is protected by a password", where=content.path, hint=hint)


_MERGE = re.compile(rb"""<(?:\w+:)?mergeCell\b[^>]*?\bref=["']([A-Z]+)(\d+):([A-Z]+)(\d+)["']""")
_SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}sheet"
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"


@dataclass(frozen=True)
class Merged:
    """Cells that are merged into one over several rows: the column and the rows, from 0, both ends inclusive."""

    column: int
    first: int
    last: int


def merged_cells(content: Content, sheet: str) -> list[Merged]:
    """The merged cells of a sheet that cover more than one row; none for kinds of workbooks that hide them (.xls, .xlsb)."""
    with _understood(content), readable(content.path), content.open() as stream:
        if not zipfile.is_zipfile(stream):
            return []
        with zipfile.ZipFile(stream) as archive:
            names = set(archive.namelist())
            if "xl/workbook.xml" in names:
                path = part_of(archive, sheet)
                return list(_of_excel(archive.open(path))) if path in names else []
            return list(_of_opendocument(archive.open("content.xml"), sheet)) if "content.xml" in names else []


def part_of(archive: zipfile.ZipFile, name: str) -> str:
    """The path of the part that holds a sheet; empty when there is none."""
    book = ElementTree.fromstring(archive.read("xl/workbook.xml"))
    key = next((sheet.get(_RELATION) for sheet in book.iter(_SHEET) if sheet.get("name") == name), None)
    relations = ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))
    target = next((part.get("Target", "") for part in relations if key and part.get("Id") == key), "")
    return target.lstrip("/") if target.startswith("/") else str(PurePosixPath("xl") / target)


def _of_excel(part: IO[bytes]) -> Iterator[Merged]:
    for match in limits.found_in(part, _MERGE):
        first, last = int(match[2]) - 1, int(match[4]) - 1
        if last > first:
            yield Merged(column_number(match[1]) - 1, first, last)


def _of_opendocument(part: IO[bytes], sheet: str) -> Iterator[Merged]:
    inside, row = False, 0
    for event, element in ElementTree.iterparse(part, ("start", "end")):
        if element.tag == _TABLE + "table" and event == "start":
            inside, row = element.get(_TABLE + "name") == sheet, 0
        elif element.tag == _TABLE + "table-row" and event == "end":
            column = 0
            for cell in element if inside else ():
                rows = int(cell.get(_TABLE + "number-rows-spanned", "1"))
                if rows > 1:
                    yield Merged(column, row, row + rows - 1)
                column += int(cell.get(_TABLE + "number-columns-repeated", "1"))
            row += int(element.get(_TABLE + "number-rows-repeated", "1"))
            element.clear()


ERRORS = {
    "Div0": "#DIV/0!",
    "NA": "#N/A",
    "Name": "#NAME?",
    "Null": "#NULL!",
    "Num": "#NUM!",
    "Ref": "#REF!",
    "Value": "#VALUE!",
}
DATED = r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"
MIDNIGHT = r"^(\d{4}-\d\d-\d\d) 00:00:00$"
# Excel keeps a duration as days since 1899-12-31; it comes as a date in the first two months of its calendar.
DURATION = r"^(1899-12-3[01]|1900-0[12]-\d\d) \d\d:\d\d:\d\d"

# OpenDocument has durations of its own; the library hands them over as cells that are no text.
ISO_DURATION = re.compile(r'DurationIso\("PT(\d+)H(\d+)M(\d+)(?:[.,]\d+)?S"\)')


def with_durations(columns: list[pa.Array], problems: list[Any]) -> list[pa.Array]:
    """The columns with OpenDocument's durations as HH:MM:SS; these are taken out of the problems."""
    durations: dict[int, dict[int, str]] = defaultdict(dict)
    for problem in problems:
        if duration := ISO_DURATION.search(problem.detail):
            row, at = problem.position
            hours, minutes, seconds = map(int, duration.groups())
            durations[at][row] = f"{hours:02}:{minutes:02}:{seconds:02}"
    problems[:] = [problem for problem in problems if problem.position[0] not in durations.get(problem.position[1], ())]
    columns = list(columns)
    for at, cells in durations.items():
        texts = columns[at].cast(pa.string()).to_pylist()
        columns[at] = pa.array([cells.get(row, text) for row, text in enumerate(texts)], pa.string())
    return columns


def spelling(detail: str) -> str:
    """An error cell as the spreadsheet shows it (`#DIV/0!`), from what the library says of it."""
    match = re.search(r"Error\((\w+)\)", detail)
    return ERRORS.get(match[1], f"#{match[1].upper()}") if match else detail.removeprefix("Expected string but got ")


def cleaned(column: pa.Array) -> pa.Array:
    """Cells of blanks as null; dates without a time when no cell of the column has one; durations as HH:MM:SS."""
    column = column.cast(pa.string())
    column = pc.if_else(pc.equal(pc.utf8_trim_whitespace(column), ""), pa.scalar(None, pa.string()), column)
    if (pc.max(pc.binary_length(column)).as_py() or 0) < len("2025-01-31 00:00:00"):
        return column
    dated = pc.match_substring_regex(column, DATED)
    if not pc.any(dated).as_py():
        return column
    if pc.any(pc.match_substring_regex(column, "^1899-12-3")).as_py():
        column = pa.array([_duration(cell) for cell in column.to_pylist()], pa.string())
        dated = pc.match_substring_regex(column, DATED)
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
