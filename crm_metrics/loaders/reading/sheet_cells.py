"""The cells of a workbook as the text that a spreadsheet shows: dates, durations, and the names of errors."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

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

# OpenDocument has durations of its own; the library hands them over as cells that are no text.
ISO_DURATION = re.compile(r'DurationIso\("PT(\d+)H(\d+)M(\d+)(?:[.,]\d+)?S"\)')


def with_durations(columns: list[pa.Array], problems: list[Any]) -> list[pa.Array]:
    """The columns with OpenDocument's durations as HH:MM:SS; these are taken out of the problems."""
    found: dict[int, dict[int, str]] = defaultdict(dict)
    for problem in problems:
        if duration := ISO_DURATION.search(problem.detail):
            row, at = problem.position
            hours, minutes, seconds = map(int, duration.groups())
            found[at][row] = f"{hours:02}:{minutes:02}:{seconds:02}"
    problems[:] = [problem for problem in problems if problem.position[0] not in found.get(problem.position[1], ())]
    columns = list(columns)
    for at, cells in found.items():
        texts = columns[at].cast(pa.string()).to_pylist()
        columns[at] = pa.array([cells.get(row, text) for row, text in enumerate(texts)], pa.string())
    return columns


def spelling(detail: str) -> str:
    """An error cell as the spreadsheet shows it (`#DIV/0!`), from what the library says of it."""
    found = re.search(r"Error\((\w+)\)", detail)
    return ERRORS.get(found[1], f"#{found[1].upper()}") if found else detail.removeprefix("Expected string but got ")


def cleaned(column: pa.Array) -> pa.Array:
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
