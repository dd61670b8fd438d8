"""Texts as numbers, where all that matters is which are the same: several times quicker than to tell them apart as texts.

Each text becomes 64 bits of its bytes, eight at a time, mixed as in SplitMix64 (Steele, Lea and Flood 2014). Among a million
different texts the chance that two have the same number is 3 in 100 million.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

_LONGEST = 64  # longer texts are quicker told apart once each
_CHUNKS = 8  # so many of the reader at once stay in the processor's cache
_BLANK = 32  # what is smaller is a tab, a line end or another control character
# First bytes of letters that are the same in every normal form, and of those behind the first.
_SETTLED = np.isin(np.arange(256), [*range(0x80, 0xC0), 0xC3, 0xC4, 0xC5, 0xD0, 0xD1, *range(0xE4, 0xEA)])
_STEP, _MIX = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9)
# The bytes that count of eight, by how many are left of the text.
_LEFT = np.array([(1 << 8 * count) - 1 for count in range(9)], dtype=np.uint64)


def is_tidy(column: pa.ChunkedArray | pa.Array, missing: Collection[str], sign: str = "") -> bool:
    """Whether the texts of a column can be told apart by their bytes: not long, in a normal form, without blanks that do not
    count, none of them a word for a missing one (lower case) or with the sign that separates several values."""
    if not pa.types.is_string(column.type):
        return False
    # By first letter and length, of which few words have any.
    words = np.zeros((256, _LONGEST + 1), dtype=bool)
    for word in missing:
        if word and len(word) <= _LONGEST:
            words[[word.encode()[0], word.upper().encode()[0]], len(word.encode())] = True
    return all(
        _is_tidy(begin, length, data, words) and not (sign and (data == ord(sign)).any())
        for _, begin, length, data in _texts(column)
    )


def _is_tidy(begin: Ints, length: Ints, data: Bytes, words: Bools) -> bool:
    if not len(data):
        return True
    blank, foreign = data <= _BLANK, data > 0x7F
    some = np.flatnonzero(length)
    begin, length = begin.take(some), length.take(some)
    return not (
        length.max() > _LONGEST
        or (foreign.any() and not _SETTLED[data[foreign]].all())
        or (blank[:-1] & blank[1:]).any()
        or data.min() < _BLANK
        or blank.take(begin).any()
        or blank.take(begin + length - 1).any()
        or words.take(data.take(begin) * np.int64(_LONGEST + 1) + length).any()
    )


def of_column(column: pa.ChunkedArray | pa.Array) -> Ints:
    """A number for each text, the same for the same text in any column; 0 for an empty or missing one."""
    parts = [np.zeros(0, dtype=np.int64)]
    for valid, begin, length, data in _texts(column):
        # Eight bytes from any place: the text's end may lie nearer to the end of all.
        padded = np.concatenate([data, np.zeros(8, dtype=np.uint8)])
        words = np.ndarray(len(data) + 1, dtype="<u8", buffer=padded, strides=(1,))
        number = length.astype(np.uint64)
        for at in range(0, int(length.max(initial=0)), 8):
            left = length - at
            mixed = words[np.minimum(begin + at, len(data))]  # `take` would copy all of them
            mixed &= _LEFT.take(left, mode="clip")
            mixed ^= number
            mixed += _STEP
            mixed *= _MIX
            mixed ^= mixed >> np.uint64(29)
            np.copyto(number, mixed, where=left > 0)
        number[length == 0] = 0
        if valid is not None:
            number[~valid] = 0
        parts.append(number.view(np.int64))
    return np.concatenate(parts)


def _texts(column: pa.ChunkedArray | pa.Array) -> Iterator[tuple[Bools | None, Ints, Ints, Bytes]]:
    """Of some rows at a time which cells are there (None: all), where in their bytes each text begins, how long it is, and
    the bytes."""
    chunks = column.chunks if isinstance(column, pa.ChunkedArray) else [column]
    for together in range(0, len(chunks), _CHUNKS):
        texts = pa.concat_arrays(chunks[together : together + _CHUNKS]).cast(pa.string())
        _, offsets, data = texts.buffers()
        ends = np.frombuffer(offsets, dtype=np.int32)[texts.offset :][: len(texts) + 1].astype(np.int64)
        if len(ends):
            bytes_of = np.frombuffer(data or b"", dtype=np.uint8)[ends[0] : ends[-1]]
            yield (
                np.asarray(pc.is_valid(texts)) if texts.null_count else None,
                ends[:-1] - ends[0],
                np.diff(ends),
                bytes_of,
            )
