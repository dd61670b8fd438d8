"""Tables whose columns have names and types, as Parquet files and databases hold them: told from their text alike those of
CSV, and read without it where the type says the same."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache, cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from crm_metrics.loaders.reading.columns import TEXTS, TYPES, blank_as_null, converted, is_finite, is_number, typed
from crm_metrics.loaders.reading.content import Content
from crm_metrics.loaders.reading.layout import HEAD
from crm_metrics.loaders.reading.raw import As, Cells, Raw
from crm_metrics.loaders.reading.repeats import without_repeats


@dataclass
class Columnar(Raw):
    """A table of `count` records (None: not counted before they are read), from which `fetch` gives the columns at some
    places, of the first records only or of all. Records are numbered like the rows of a spreadsheet with a header."""

    fetch: Callable[[Sequence[int], int | None], pa.Table]

    @cached_property
    def head(self) -> list[list[str | None]]:
        table = self.fetch(range(len(self.header)), HEAD)
        return [blank_as_null(_texts(column)).to_pylist() for column in table.columns]

    def read(self, wanted: Mapping[int, As], missing: Collection[str] = (), *, threads: bool = True) -> Cells:
        places = list(wanted) or [0]
        table = self.fetch(places, None)
        columns = {at: _as(table.column(i), wanted.get(at, As.PLAIN), missing) for i, at in enumerate(places)}
        rows = np.arange(self.header_row + 1, self.header_row + 1 + table.num_rows, dtype=np.int32)
        others = cache(lambda: self._others(places))
        kept = _filled(columns, others)
        if kept is not None:
            columns = {at: column.filter(pa.array(kept)) for at, column in columns.items()}
            rows = rows[kept]
        cells = without_repeats(
            Cells(columns, rows),
            self.header_rows,
            self.path,
            lambda: {at: column if kept is None else column.filter(pa.array(kept)) for at, column in others().items()},
        )
        cells.columns = {at: cells.columns[at] for at in wanted}
        return cells

    def _others(self, places: Collection[int]) -> dict[int, pa.ChunkedArray]:
        """The columns that were not asked for, as text."""
        rest = [at for at in range(len(self.header)) if at not in places]
        table = self.fetch(rest, None) if rest else None
        return {} if table is None else {at: _as(table.column(i), As.TEXT) for i, at in enumerate(rest)}


def columnar(
    content: Content,
    path: str,
    header: Sequence[str],
    fetch: Callable[[Sequence[int], int | None], pa.Table],
    count: int | None,
) -> Columnar:
    """A table with the labels of its header, and the number of its records where it is known, by which its size is told."""
    labels = list(header)
    table = Columnar(content, path, labels, 1, (tuple(labels),), (), 0, fetch)
    if count:
        head = table.head
        shown = max(len(head[0]), 1)
        table.size = int(count * sum(len(cell or "") + 1 for column in head for cell in column) / shown)
    return table


def _filled(
    columns: Mapping[int, pa.ChunkedArray], others: Callable[[], Mapping[int, pa.ChunkedArray]]
) -> np.ndarray | None:
    """A mask of the records in which any cell is filled; None when all are."""
    if any(column.null_count == 0 for column in columns.values()):
        return None
    blank = np.logical_and.reduce([_is_null(column) for column in columns.values()])
    if blank.any():
        for column in others().values():
            blank &= _is_null(column)
    return ~blank if blank.any() else None


def _is_null(column: pa.ChunkedArray) -> np.ndarray:
    return np.asarray(pc.is_null(column).combine_chunks().to_numpy(zero_copy_only=False))


def _as(column: pa.ChunkedArray, kind: As, missing: Collection[str] = ()) -> pa.ChunkedArray:
    """A column as asked for: as it is where its type says the same as its text would, else by its text; as text where a cell
    does not fit."""
    same = _same(column, kind)
    if same is not None and is_finite(same):
        # A date or number can be a spelling of missing too, such as 1900-01-01.
        blanks = [cell for text in missing if (cell := converted(pa.array([text], pa.string()), kind)) is not None]
        values = pa.concat_arrays(blanks).drop_null() if blanks else None
        if values is None or not len(values) or not pc.any(pc.is_in(same, values)).as_py():
            return same
        return pc.if_else(pc.is_in(same, values), pa.scalar(None, same.type), same)
    texts = _texts(column)
    chunks = [typed(chunk, kind, missing) for chunk in texts.chunks]
    if any(chunk is None for chunk in chunks):
        kind, chunks = As.TEXT, [typed(chunk, As.TEXT) for chunk in texts.chunks]
    result = pa.chunked_array(chunks, TYPES[kind])
    return result.unify_dictionaries() if kind is As.TEXT else result


def _same(column: pa.ChunkedArray, kind: As) -> pa.ChunkedArray | None:
    """The column as its own type has it; None where that is another one, or has cells that do not fit. Decimals are read by
    their text: it is exact."""
    own = column.type
    fits = {
        As.MOMENT: pa.types.is_date(own) or (pa.types.is_timestamp(own) and own.tz is None),
        As.INTEGER: is_number(column),
        As.FLOAT: is_number(column),
    }
    if kind in TEXTS or not fits[kind]:
        return None
    try:
        return column.cast(TYPES[kind])
    except pa.ArrowInvalid:
        return None


def _texts(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """A column as the text that a CSV would have."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        return _texts(column.cast(kind.value_type))
    if pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return plain(column)
    if pa.types.is_timestamp(kind):
        try:
            column = column.cast(pa.timestamp("s", kind.tz))
        except pa.ArrowInvalid:
            column = column.cast(pa.timestamp("us", kind.tz), safe=False)
    return column.cast(pa.string())


def is_plain(kind: pa.DataType) -> bool:
    """Whether a column of this type holds single values that can be written as text."""
    value = kind.value_type if pa.types.is_dictionary(kind) else kind
    return not (pa.types.is_nested(value) or pa.types.is_duration(value) or pa.types.is_fixed_size_binary(value))


def plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Numbers as text that can be read in one way only: without an exponent, and never as 1.234, which could be one thousand
    two hundred and thirty-four."""
    texts = pc.cast(column, pa.string())
    if pc.any(pc.match_substring(texts, "e")).as_py():
        cells = texts.to_pylist()
        texts = pa.chunked_array(
            [[format(Decimal(cell), "f") if cell and "e" in cell else cell for cell in cells]], pa.string()
        )
    return pc.replace_substring_regex(texts, r"^(-?\d{1,3}\.\d{3})$", r"\10")
