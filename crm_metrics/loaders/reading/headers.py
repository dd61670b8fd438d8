"""Which rows above the records are the header: the one with the labels, and the second and third that survey tools add; and
several tables in one sheet, below each other with blank rows and a header of its own between, or side by side."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from crm_metrics.errors import SettingsError
from crm_metrics.issues import Issue
from crm_metrics.loaders.reading.extents import column_letters

HEADER_WITHIN = 20
# Qualtrics: `{"ImportId":"startDate"}` in each cell, quotation marks lost or not.
_IMPORT_ID = re.compile(r"""^\{\s*["']*ImportId["']*\s*:.*\}$""", re.DOTALL | re.IGNORECASE)
# SurveyMonkey: what stands below a question that has no options of its own.
_ANSWER = {"response", "open-ended response", "open ended response"}
_SURVEY = {"respondent id", "collector id"}
_MOST_GAPS = 1000  # between the tables of a sheet
COUNTS = {2: "two", 3: "three", 4: "four"}

Record = Sequence[str | None]


@dataclass(frozen=True)
class Header:
    """The labels of the columns, blank ones as ""; `first` and `last` are the places of the rows they come from, `rows`
    those rows as they are written, each as wide as the labels."""

    labels: list[str]
    first: int
    last: int
    rows: tuple[tuple[str, ...], ...]


def header_rows(path: str, count: int) -> Issue:
    """The note that several rows are read as one header."""
    return Issue("header-rows", path, detail={"seen": COUNTS.get(count, str(count))})


def no_header(path: str, row: int) -> SettingsError:
    """The error for a header that the settings say is in a row without one."""
    hint = (
        "Give the number of the row in which the names of the columns stand, as the spreadsheet shows it; "
        "of a workbook with several sheets name the one that is meant with sheet."
    )
    return SettingsError(f"header = {row}, but nothing stands in row {row}", where=path, hint=hint)


def header_at(records: Sequence[Record], at: int) -> Header:
    """The header whose labels stand at this place, or one above it when the options below the questions fill more cells."""
    for first in (at - 1, at):
        if first >= 0 and first + 1 < len(records) and _is_survey(records[first], records[first + 1]):
            return _of(records, first, first + 1, _merged(records[first], records[first + 1]))
    for last in (at + 1, at + 2):
        if last < len(records) and len(records[last]) == len(records[at]) and _is_import_ids(records[last]):
            return _of(records, at, last, [cell or "" for cell in records[at]])
    return _of(records, at, at, [cell or "" for cell in records[at]])


def _of(records: Sequence[Record], first: int, last: int, labels: list[str]) -> Header:
    blank = [""] * len(labels)
    rows = tuple(tuple(cell or "" for cell in [*records[at], *blank][: len(blank)]) for at in range(first, last + 1))
    return Header([label if label.strip() else "" for label in labels], first, last, rows)


def header_among(records: Sequence[Record], width: int | None = None) -> int | None:
    """The header among the first twenty: the first record of that width in which more than half as many cells are filled
    as in the fullest record. A title above it fills one or two, also where a spreadsheet padded its line."""
    fullest = max((filled(cells) for cells in records), default=0)
    for at, cells in enumerate(records[:HEADER_WITHIN]):
        if (width is None or len(cells) == width) and 2 * filled(cells) > fullest:
            return at
    return None


def ragged_header(records: Sequence[Record], at: int) -> int:
    """The place of a header that is not as wide as the records, or `at`, the first record that is as wide as most.

    Either every record ends in blank cells that have no label, or the first record holds a number and the labels do not.
    """
    width, numbers = len(records[at]), any(map(_is_number, records[at]))
    for above, labels in enumerate(records[:at]):
        if len(labels) < 2 or filled(labels) < len(labels) or any(map(_is_number, labels)):
            continue
        is_blank = len(labels) < width and not any(filled(cells[len(labels) :]) for cells in records[above + 1 :])
        if is_blank or (numbers and 2 * len(labels) > width):
            return above
    return at


def _is_number(cell: str | None) -> bool:
    return bool(re.match(r"\W{0,3}\d", (cell or "").strip()))


def filled(cells: Record) -> int:
    """How many cells hold more than blanks."""
    return sum(map(bool, map(str.strip, filter(None, cells))))


def _is_import_ids(cells: Record) -> bool:
    texts = [cell.strip() for cell in cells if cell and cell.strip()]
    return bool(texts) and all(_IMPORT_ID.match(text) for text in texts)


def _is_survey(above: Record, below: Record) -> bool:
    """Whether the lower row holds the answer options of the questions in the upper one: nothing below the first label,
    which is the respondent's number, and a word that only survey tools write there."""
    if len(above) != len(below) or not above or not _text(above[0]) or _text(below[0]):
        return False
    has_survey_label = any(_text(label) in _SURVEY for label in above)
    return bool(filled(below)) and (has_survey_label or any(_text(cell) in _ANSWER for cell in below))


def _text(cell: str | None) -> str:
    return " ".join((cell or "").casefold().split())


def _merged(above: Record, below: Record) -> list[str]:
    """Each question with its option; a question stands above the first of its options only."""
    labels, question = [], ""
    for label, option in zip(above, below, strict=True):
        question = (label or "") if _text(label) else question
        if not _text(option):
            labels.append(label or "")
        elif _text(option) in _ANSWER or not question:
            labels.append(question or option or "")
        else:
            labels.append(f"{question} - {option}")
    return labels


@dataclass(frozen=True)
class Block:
    """One of the tables of a sheet: its rows and columns, from 0, the ends exclusive; `where` says it to people."""

    rows: tuple[int, int]
    columns: tuple[int, int]
    where: str

    def holds(self, row: int, column: int) -> bool:
        return self.rows[0] <= row < self.rows[1] and self.columns[0] <= column < self.columns[1]


def blocks_in(columns: Sequence[pa.Array]) -> list[Block]:
    """The tables of a sheet; one block of everything where nothing proves that there are several."""
    valid = [column.is_valid().to_numpy(zero_copy_only=False) for column in columns]
    sheet = Block((0, len(columns[0])), (0, len(columns)), "")
    below = _below_each_other(columns, valid, sheet)
    return below if len(below) > 1 else _side_by_side(columns, valid, sheet)


def only(columns: Sequence[pa.Array], block: Block) -> list[pa.Array]:
    """The columns of the whole sheet, blank outside the block."""
    (first, stop), (left, right) = block.rows, block.columns
    nothing = pa.nulls(len(columns[0]), pa.string())
    return [
        pa.concat_arrays([nothing[:first], column[first:stop], nothing[stop:]]) if left <= at < right else nothing
        for at, column in enumerate(columns)
    ]


def _below_each_other(columns: Sequence[pa.Array], valid: Sequence[np.ndarray], sheet: Block) -> list[Block]:
    filled = np.logical_or.reduce(valid)
    starts = np.flatnonzero(filled[1:] & ~filled[:-1]) + 1
    if filled[0]:
        starts = np.concatenate([[0], starts])
    if not 1 < len(starts) <= _MOST_GAPS:
        return [sheet]
    headers: list[tuple[int, frozenset[str]]] = []
    for start in map(int, starts):
        header = _labels_at(columns, valid, start)
        if header is not None and (not headers or header != headers[-1][1]):
            headers.append((start, header))
    tops = [0, *(start for start, _ in headers[1:])]
    ends = [*tops[1:], sheet.rows[1]]
    return [
        Block((top, end), sheet.columns, f" (row {top + 1})" if top else "")
        for top, end in zip(tops, ends, strict=True)
    ]


def _labels_at(columns: Sequence[pa.Array], valid: Sequence[np.ndarray], start: int) -> frozenset[str] | None:
    """The labels of the header with which a table begins at a row or below a title; None where none does: a header is words
    alone, above a row that has a number or a date below one of them."""
    count = len(columns[0])
    for row in range(start, min(start + HEADER_WITHIN, count - 1)):
        at = [place for place, mask in enumerate(valid) if mask[row]]
        if not at:
            return None
        labels = [_shown(columns[place][row]) for place in at]
        values = [_shown(columns[place][row + 1]) for place in at]
        is_words = len(at) > 1 and not any(map(_is_number, labels)) and len(set(labels)) == len(labels)
        if is_words and any(map(_is_number, values)):
            return frozenset(labels)
        if len(at) > 1:
            return None
    return None


def _shown(cell: Any) -> str:
    return str(cell.as_py() or "").strip()


def _side_by_side(columns: Sequence[pa.Array], valid: Sequence[np.ndarray], sheet: Block) -> list[Block]:
    """Tables with a blank column between them, each with a header of its own and as many rows as it has: without gaps, and
    not as many as the other, unless both have a column of one name."""
    used = np.array([mask.any() for mask in valid])
    edges = np.flatnonzero(np.diff(np.concatenate([[False], used, [False]]).astype(int)))
    groups = [(int(left), int(right)) for left, right in edges.reshape(-1, 2)]
    if len(groups) < 2 or any(right - left < 2 for left, right in groups):
        return [sheet]
    lengths: list[int] = []
    labels: list[str] = []
    for left, right in groups:
        rows = np.flatnonzero(np.logical_or.reduce(valid[left:right]))
        top = int(rows[0])
        header = _labels_at(columns[left:right], valid[left:right], top)
        if header is None or len(rows) != rows[-1] - top + 1:
            return [sheet]
        lengths.append(len(rows))
        labels += map(str.casefold, header)
    if len(set(lengths)) < len(lengths) and len(set(labels)) == len(labels):
        return [sheet]
    return [
        Block(sheet.rows, group, f" (column {column_letters(group[0] + 1)})" if place else "")
        for place, group in enumerate(groups)
    ]
