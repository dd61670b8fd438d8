"""Several tables in one sheet: below each other with blank rows and a header of its own between, or side by side."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from crm_metrics.loaders.reading.extents import column_letters
from crm_metrics.loaders.reading.headers import HEADER_WITHIN

_VALUE = re.compile(r"\W{0,3}\d")
_MOST_GAPS = 1000
Mask = np.ndarray


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


def _below_each_other(columns: Sequence[pa.Array], valid: Sequence[Mask], sheet: Block) -> list[Block]:
    filled = np.logical_or.reduce(valid)
    starts = np.flatnonzero(filled[1:] & ~filled[:-1]) + 1
    if filled[0]:
        starts = np.concatenate([[0], starts])
    if not 1 < len(starts) <= _MOST_GAPS:
        return [sheet]
    headers: list[tuple[int, frozenset[str]]] = []
    for start in map(int, starts):
        header = _header(columns, valid, start)
        if header is not None and (not headers or header != headers[-1][1]):
            headers.append((start, header))
    tops = [0, *(start for start, _ in headers[1:])]
    ends = [*tops[1:], sheet.rows[1]]
    return [
        Block((top, end), sheet.columns, f" (row {top + 1})" if top else "")
        for top, end in zip(tops, ends, strict=True)
    ]


def _header(columns: Sequence[pa.Array], valid: Sequence[Mask], start: int) -> frozenset[str] | None:
    """The labels of the header with which a table begins at a row or below a title; None where none does: a header is words
    alone, above a row that has a number or a date below one of them."""
    count = len(columns[0])
    for row in range(start, min(start + HEADER_WITHIN, count - 1)):
        at = [place for place, mask in enumerate(valid) if mask[row]]
        if not at:
            return None
        labels = [_text(columns[place][row]) for place in at]
        values = [_text(columns[place][row + 1]) for place in at]
        is_words = len(at) > 1 and not any(map(_VALUE.match, labels)) and len(set(labels)) == len(labels)
        if is_words and any(map(_VALUE.match, values)):
            return frozenset(labels)
        if len(at) > 1:
            return None
    return None


def _text(cell: Any) -> str:
    return str(cell.as_py() or "").strip()


def _side_by_side(columns: Sequence[pa.Array], valid: Sequence[Mask], sheet: Block) -> list[Block]:
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
        header = _header(columns[left:right], valid[left:right], top)
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
