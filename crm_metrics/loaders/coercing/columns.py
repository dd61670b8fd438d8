"""One raw column becomes one typed column: the kind says what it should be, the whole column how it is to be read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from crm_metrics.loaders.coercing import numbers
from crm_metrics.loaders.coercing.words import FALSE, MISSING_TEXT, TRUE, folded
from crm_metrics.loaders.reading import Cells
from crm_metrics.tables.arrays import taken
from crm_metrics.tables.frames import categorical

Ints = NDArray[np.int32]
_UNTIDY = r"^\s|\s$|\s\s|[\t\n\r]|[^\x00-\x7f]"
_LEADING = r"^\s*(?P<v>-?\d+(?:[.,]\d+)?)"
# Ids of Salesforce in short form, and how their long one ends.
_SHORT = r"^[A-Za-z0-9]{15}$"
_ENDINGS = np.frombuffer(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ012345", dtype=np.uint8)
_BITS = np.array([1, 2, 4, 8, 16])
MINUTES = {"minutes": 1.0, "hours": 60.0, "seconds": 1 / 60, "days": 1440.0, "clock": 1.0, "mm:ss": 1.0}
CLOCKS = ("clock", "mm:ss")  # a plain number could be anything


@dataclass(frozen=True)
class Texts:
    """A column of text: its distinct values and which of them each row has, −1 for a missing cell."""

    values: pa.Array
    codes: Ints

    def at(self, place: int) -> str:
        return str(self.values[place].as_py())

    def rows_of(self, bad: NDArray[np.bool_]) -> NDArray[np.intp]:
        """The rows that have one of the marked values."""
        return np.flatnonzero(taken(np.append(bad, False), self.codes))

    def spread(self, by_value: NDArray[Any], missing: Any) -> NDArray[Any]:
        """One entry per row from one entry per distinct value."""
        return taken(np.append(by_value, np.array([missing], dtype=by_value.dtype)), self.codes)


def texts(column: pa.ChunkedArray | pa.Array, missing: frozenset[str] | None = MISSING_TEXT) -> Texts:
    """The distinct texts of a column, tidied; those that mean missing are taken out."""
    if not pa.types.is_dictionary(column.type):
        column = pc.dictionary_encode(column.cast(pa.string()))
    chunks = column.unify_dictionaries().chunks if isinstance(column, pa.ChunkedArray) else [column]
    values = chunks[0].dictionary.cast(pa.string()) if chunks else pa.array([], pa.string())
    codes, start = np.empty(len(column), dtype=np.int32), 0
    for chunk in chunks:
        places = chunk.indices.fill_null(-1) if chunk.null_count else chunk.indices
        codes[start : start + len(chunk)] = places.to_numpy()
        start += len(chunk)
    if pc.any(pc.match_substring_regex(values, _UNTIDY)).as_py():
        tidy = pc.utf8_trim_whitespace(
            pc.replace_substring_regex(pc.utf8_normalize(values, "NFC"), r"[\s\x{00a0}]+", " ")
        )
        encoded = pc.dictionary_encode(tidy)
        values, places = encoded.dictionary, encoded.indices.cast(pa.int32()).to_numpy(zero_copy_only=False)
        codes = taken(np.append(places, np.int32(-1)), codes)
    if missing:
        gone = pc.is_in(pc.utf8_lower(values), pa.array(sorted(missing)))
        if pc.any(gone).as_py():
            kept = ~np.asarray(gone)
            places = np.where(kept, np.cumsum(kept) - 1, -1).astype(np.int32)
            values, codes = values.filter(pa.array(kept)), taken(np.append(places, np.int32(-1)), codes)
    return Texts(values, codes)


def relabelled(labels: pa.Array, codes: Ints) -> Texts:
    """The label of each row, given a label (or null) for each distinct value and which of these each row has."""
    encoded = pc.dictionary_encode(labels)
    places = encoded.indices.cast(pa.int32()).fill_null(-1).to_numpy(zero_copy_only=False)
    return Texts(encoded.dictionary, taken(np.append(places, np.int32(-1)), codes))


def by_text(column: pd.Series, of: Callable[[str], Any], missing: Any, dtype: Any = bool) -> NDArray[Any]:
    """What a function makes of the text of each row, asked once for each different one; `missing` where there is none."""
    texts = categorical(column)
    return taken(np.array([*(of(str(text)) for text in texts.categories.tolist()), missing], dtype=dtype), texts.codes)


def compared(values: pa.Array) -> pa.Array:
    """Distinct texts as `folded` has each, those of ASCII all at once."""
    odd = pc.match_substring_regex(values, _UNTIDY)
    return pc.replace_with_mask(
        pc.ascii_lower(values), odd, pa.array([folded(text) for text in values.filter(odd).to_pylist()], pa.string())
    )


def category(column: Texts) -> pd.Categorical:
    """Text as a categorical whose categories are in alphabetical order, whatever the order of rows."""
    order = pc.sort_indices(column.values).to_numpy()
    narrow = np.min_scalar_type(-max(len(order), 1))  # as pandas keeps them: it need not copy them
    rank = np.empty(len(order) + 1, dtype=narrow)
    rank[order], rank[-1] = np.arange(len(order)), -1  # the last is for missing cells
    categories = pd.Index(column.values.take(pa.array(order)).to_pylist(), dtype="str")
    return pd.Categorical.from_codes(taken(rank, column.codes), categories=categories)


def whole(cells: Cells) -> pd.DataFrame:
    """All cells as categories, by their places in the header and their row numbers."""
    return pd.DataFrame({at: category(texts(column, None)) for at, column in cells.columns.items()}, cells.rows)


def flags(column: Texts, *, blank_is_false: bool) -> tuple[Any, NDArray[np.bool_]]:
    """Truth values, missing ones as NA, and which distinct texts are neither yes nor no."""
    words = [folded(word) for word in column.values.to_pylist()]
    yes = np.array([word in TRUE for word in words], dtype=bool)
    no = np.array([word in FALSE for word in words], dtype=bool)
    truth, unknown = column.spread(yes, False), column.spread(~yes & ~no, False)
    absent = unknown if blank_is_false else (unknown | (column.codes < 0))
    return pd.arrays.BooleanArray(truth.copy(), absent.copy()), ~yes & ~no


def leading_numbers(column: Texts) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """The number each text begins with, such as 10 of "10 - Extremely likely", and which texts have none."""
    parts = pc.extract_regex(column.values, _LEADING)
    hit = np.asarray(parts.is_valid())
    digits = pc.if_else(pa.array(hit), pc.replace_substring(pc.coalesce(parts.field("v"), "0"), ",", "."), "0")
    values = np.where(hit, np.asarray(pc.cast(digits, pa.float64())), np.nan)
    return column.spread(values, np.nan), ~hit


def typed_moments(column: pa.ChunkedArray | pa.Array) -> NDArray[np.int64]:
    """Time stamps as microseconds, `NEVER` for missing ones."""
    chunked = column if isinstance(column, pa.ChunkedArray) else pa.chunked_array([column])
    return chunked.to_numpy().astype("datetime64[us]", copy=False).view(np.int64)  # NaT is the smallest number


def typed_numbers(column: pa.ChunkedArray | pa.Array) -> NDArray[np.float64]:
    """Numbers as floats, NaN for missing ones."""
    chunked = column if isinstance(column, pa.ChunkedArray) else pa.chunked_array([column])
    result, start = np.empty(len(chunked)), 0
    for chunk in chunked.chunks:
        result[start : start + len(chunk)] = chunk.to_numpy(zero_copy_only=False)
        start += len(chunk)
    return result


def separator(columns: dict[str, numbers.Written], preset: str | None) -> dict[str, str | None]:
    """The decimal separator of each text column: the setting, what its own cells prove, what another column of the file
    proves, else a point; None for a column that could be read either way."""
    proofs = {name: written.decimals for name, written in columns.items()}
    shared = set().union(*proofs.values()) if proofs else set()
    result: dict[str, str | None] = {}
    for name, written in columns.items():
        own = proofs[name] or (shared if len(shared) == 1 else set())
        if preset:
            result[name] = preset
        elif len(own) == 1:
            result[name] = next(iter(own))
        else:
            result[name] = None if own or written.doubtful is not None else "."
    return result


def without_prefix(ids: pa.Array, prefix: str) -> pa.Array:
    """The ids without what only some exports write before them."""
    start = pc.starts_with(ids, prefix)
    return pc.if_else(start, pc.utf8_slice_codeunits(ids, len(prefix)), ids)


def in_long_form(ids: pa.Array | pa.ChunkedArray) -> pa.Array:
    """Salesforce's ids of 15 characters, which its reports have, as the same ids of 18, which all else has: the three behind
    say which of the 15 are capitals, five at a time. Other ids stay."""
    ids = ids.combine_chunks() if isinstance(ids, pa.ChunkedArray) else ids
    short = pc.match_substring_regex(ids, _SHORT).fill_null(False)
    if not pc.any(short).as_py():
        return ids
    written = np.array(ids.filter(short).to_pylist(), dtype="S15")
    letters = written.view(np.uint8).reshape(-1, 3, 5)
    capitals = (letters >= ord("A")) & (letters <= ord("Z"))
    endings = np.ascontiguousarray(_ENDINGS[capitals @ _BITS]).view("S3").reshape(-1)
    long = pa.array(np.char.add(written, endings).astype("U18"), pa.string())
    return pc.replace_with_mask(ids, short, long)
