"""Records that only repeat the header: exports put together, and programs that print it on every page."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from crm_metrics.errors import DataError
from crm_metrics.issues import Issue
from crm_metrics.loaders.reading.columns import is_text
from crm_metrics.loaders.reading.headers import filled
from crm_metrics.loaders.reading.raw import Cells, LeftOut

Column: TypeAlias = "pa.ChunkedArray | pa.Array"


def without_repeats(
    cells: Cells, header_rows: Iterable[Sequence[str]], path: str, others: Callable[[], Mapping[int, Column]]
) -> Cells:
    """The cells without records that are in all columns what a row of the header is; these are left out and said.

    The columns read tell whether there may be any; only then `others` is asked for the remaining ones. Raises `DataError`
    for a record that is a header of other columns: what stands below it are no records of the table.
    """
    rows = [row for row in header_rows if filled(row) > 1]
    for row in rows:
        _refuse_inner_header(cells, row, path, others)

    def repeating(columns: Mapping[int, Column]) -> list[np.ndarray]:
        return [hit for row in rows if (hit := _equal(columns, row, len(cells.rows))) is not None]

    if not repeating(cells.columns) or not (hits := repeating({**cells.columns, **others()})):
        return cells
    repeats = np.logical_or.reduce(hits)
    numbers = cells.rows[repeats].tolist()
    width = len(rows[0])
    left_out = [*cells.left_out, *(LeftOut("repeated-header", number, width, "") for number in numbers)]
    kept = pa.array(~repeats)
    return Cells(
        {at: _kept(column, kept) for at, column in cells.columns.items()},
        cells.rows[~repeats],
        sorted(left_out, key=lambda record: record.row),
        [*cells.issues, Issue.of_rows("repeated-header", path, numbers)],
        cells.merged,
    )


def _kept(column: Column, kept: pa.Array) -> Column:
    """A column without the records that go, and without texts that only they hold."""
    rest = column.filter(kept)
    return rest.cast(pa.string()).dictionary_encode() if pa.types.is_dictionary(rest.type) else rest


def _refuse_inner_header(
    cells: Cells, row: Sequence[str], path: str, others: Callable[[], Mapping[int, Column]]
) -> None:
    """Raise `DataError` where a record's first cell and another one are labels of other columns, as in the sub-items of a
    board: `Subitems, Name, Owner` below `Name, Subitems, Stage, Owner`."""
    if 0 in cells.columns and not (is_text(cells.columns[0]) and _labels_elsewhere({0: cells.columns[0]}, row).any()):
        return
    if not _labels_elsewhere(cells.columns, row).any():
        return
    columns = {**others(), **cells.columns}
    if 0 not in columns or not is_text(columns[0]):
        return
    inner = _labels_elsewhere({0: columns.pop(0)}, row)
    inner = inner & _labels_elsewhere(columns, row)
    if inner.any():
        raise DataError(
            f"row {int(cells.rows[inner][0])} is a header of its own: below it stand parts of the record above, with other "
            "columns",
            where=path,
            hint="Export it without sub-items, or take them out of the file.",
        )


def _labels_elsewhere(columns: Mapping[int, Column], row: Sequence[str]) -> np.ndarray:
    """A mask of the records that hold the label of another column in one of these; a single False when none does."""
    result = np.zeros(1, bool)
    for at, column in columns.items():
        if is_text(column):
            # A label of one or two letters may as well be a value.
            labels = pa.array(sorted({label for label in row if len(label.strip()) > 2} - {row[at]}), pa.string())
            # A dictionary is the same in all chunks, and most hold no label at all.
            if pa.types.is_dictionary(column.type) and not _holds(column, labels):
                continue
            result = result | np.asarray(pc.fill_null(pc.is_in(column, labels), False))
    return result


def _holds(column: Column, labels: pa.Array) -> bool:
    """Whether one of the texts of a dictionary is one of these."""
    chunks = column.chunks[:1] if isinstance(column, pa.ChunkedArray) else [column]
    return any(pc.any(pc.is_in(chunk.dictionary, labels)).as_py() for chunk in chunks)


def _equal(columns: Mapping[int, Column], row: Sequence[str], count: int) -> np.ndarray | None:
    """A mask of the records that are in these columns what the row is; None when there is none."""
    # A label is hardly ever a number or a date: typed columns clear most files without a look at their cells.
    if any(row[at].strip() and not is_text(column) for at, column in columns.items()):
        return None
    same = np.ones(count, bool)
    for at, column in columns.items():
        cell = row[at]
        hit = pc.equal(column, pa.scalar(cell, pa.string())) if cell.strip() else pc.is_null(column)
        same &= np.asarray(pc.fill_null(hit, False))
        if not same.any():
            return None
    return same
