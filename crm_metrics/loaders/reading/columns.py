"""Columns of text as Arrow arrays: empty cells made null, and conversion to dates and numbers."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from crm_metrics.loaders.reading.limits import LARGEST_NUMBER
from crm_metrics.loaders.reading.raw import As

YEAR_2 = -62_104_060_800_000_000  # in microseconds since 1970; the year 1 is a placeholder
TYPES = {
    As.TEXT: pa.dictionary(pa.int32(), pa.string()),
    As.PLAIN: pa.string(),
    As.MOMENT: pa.timestamp("us"),
    As.INTEGER: pa.int64(),
    As.FLOAT: pa.float64(),
}
TEXTS = (As.TEXT, As.PLAIN)


def empty(kind: As) -> pa.ChunkedArray:
    """A column without rows."""
    return pa.chunked_array([], TYPES[kind])


def nulled(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """A text column whose empty cells are null; dictionaries must be the same in all chunks."""
    if pa.types.is_dictionary(column.type):
        return _nulled_dictionary(column)
    if pc.min(pc.binary_length(column)).as_py() != 0:
        return column
    return blank_as_null(column)


def blank_as_null(texts: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    """A column of strings whose empty cells are null."""
    return pc.if_else(pc.equal(texts, ""), pa.scalar(None, pa.string()), texts)


def _nulled_dictionary(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if column.num_chunks == 0:
        return column
    values = column.chunk(0).dictionary
    blank = values.index("").as_py()
    if blank < 0:
        return column
    old = np.arange(len(values), dtype=np.int32)
    moved = pa.array(old - (old > blank), pa.int32(), mask=old == blank)
    kept = pa.concat_arrays([values.slice(0, blank), values.slice(blank + 1)])
    chunks = [pa.DictionaryArray.from_arrays(moved.take(chunk.indices), kept) for chunk in column.chunks]
    return pa.chunked_array(chunks, column.type)


def converted(texts: pa.Array, kind: As, missing: Collection[str] = ()) -> pa.Array | None:
    """A column of strings as dates or numbers, empty and missing cells null; None when a cell is neither."""
    null = pa.scalar(None, pa.string())
    texts = pc.if_else(pc.is_in(texts, value_set=pa.array(["", *missing], pa.string())), null, texts)
    if kind is not As.MOMENT:
        texts = pc.utf8_trim_whitespace(texts)
    if kind is As.INTEGER and is_hexadecimal(texts):
        return None
    try:
        column = texts.cast(TYPES[kind])
    except pa.ArrowInvalid:
        return None
    return column if is_finite(column) else None


def is_hexadecimal(texts: pa.Array) -> bool:
    """True when a cell starts with `0x`: Arrow reads 0x10 as the integer 16."""
    texts = pc.utf8_trim_whitespace(texts)
    return any(pc.any(pc.starts_with(texts, start)).as_py() for start in ("0x", "0X"))


def is_finite(column: pa.Array | pa.ChunkedArray) -> bool:
    """False for numbers with NaN, infinity or larger than any figure in them: Arrow reads the words `nan` and `inf`, and
    1e400, as numbers; and for moments before the year 2: it has years 0 and less."""
    # The least and the largest as Python's numbers: to compare a column with one imports pandas.
    if pa.types.is_timestamp(column.type):
        least = pc.min(column.cast(pa.int64())).as_py()
        return bool(least is None or least >= YEAR_2)
    if not pa.types.is_floating(column.type):
        return True
    finite = pc.all(pc.is_finite(column)).as_py()
    if not finite:
        return finite is None  # all cells are empty
    extremes = pc.min_max(column).as_py()
    return bool(max(-extremes["min"], extremes["max"]) < LARGEST_NUMBER)


def is_text(column: pa.Array | pa.ChunkedArray | pa.Scalar) -> bool:
    """Whether cells are text, as against dates and numbers."""
    return bool(pa.types.is_string(column.type) or pa.types.is_dictionary(column.type))


def is_number(column: pa.Array | pa.ChunkedArray) -> bool:
    """Whether cells are numbers, whole or with decimals."""
    return bool(pa.types.is_integer(column.type) or pa.types.is_floating(column.type))


def typed(texts: pa.Array, kind: As, missing: Collection[str] = ()) -> pa.Array | None:
    """A column of strings as asked for, empty cells null; None when a cell is not what was asked for."""
    if kind not in TEXTS:
        return converted(texts, kind, missing)
    texts = blank_as_null(texts)
    return texts.dictionary_encode() if kind is As.TEXT else texts


def interleaved(table: pa.Table, rows: np.ndarray, other: pa.Table, other_rows: np.ndarray) -> pa.Table:
    """Both tables in the order of their rows, chunk by chunk: one chunk of everything could outgrow Arrow's offsets."""
    before = np.searchsorted(rows, other_rows)
    pieces, start, done = [], 0, 0
    for batch in table.to_batches():
        stop = start + batch.num_rows
        upto = int(np.searchsorted(before, stop))
        piece = pa.Table.from_batches([batch])
        if upto > done:
            both = pa.concat_tables([piece, other.slice(done, upto - done)]).unify_dictionaries().combine_chunks()
            piece = both.take(pa.array(np.argsort(np.concatenate([rows[start:stop], other_rows[done:upto]]))))
        pieces.append(piece)
        start, done = stop, upto
    return pa.concat_tables([*pieces, other.slice(done)]).unify_dictionaries()
