"""The columns of a file that hold text: categories, ids, flags, and customers that are only told apart."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from crm_metrics.loaders.coercing import columns as coerced, keys
from crm_metrics.loaders.content import looked_at
from crm_metrics.loaders.exported import GUARDED
from crm_metrics.loaders.normalising.file import File, translated
from crm_metrics.loaders.reading import Cells
from crm_metrics.loaders.reading.columns import is_text
from crm_metrics.schema import Kind


def _texts(file: File, name: str, column: Any) -> coerced.Texts:
    """The texts of a column; ids in the one form that all exports of the vendor have in common."""
    column_texts = coerced.texts(column, file.missing_in(name) - file.meanings(name).keys())
    if file.kind(name) is not Kind.ID or not (file.layout.id_prefix or file.layout.long_ids):
        return column_texts
    return coerced.relabelled(_one_form(file, column_texts.values), column_texts.codes)


def settled(file: File, name: str, column: Any, cells: Cells) -> coerced.Texts:
    """The texts of a column as they count: in one form, one value a cell, with what the settings say in its place."""
    return translated(file, name, _single(file, name, _texts(file, name, column), cells), cells)


def unguarded(column: Any) -> Any:
    """A column of text without the apostrophes that keep a spreadsheet from running cells; others as they are."""
    if not is_text(column):
        return column
    plain = pc.replace_substring_regex(column.cast(pa.string()), GUARDED, r"\1")
    return plain.dictionary_encode() if pa.types.is_dictionary(column.type) else plain


def whole(column: Any) -> Any:
    """A column of ids without the `.0` that programs write which keep numbers with gaps as decimals, where all have it."""
    if not is_text(column):
        return column
    first = column[int(np.argmax(column.is_valid()))].as_py() if len(column) else None
    if first is None or not first.endswith(".0"):
        return column
    values = column.cast(pa.string())
    if not pc.all(pc.match_substring_regex(values, r"^\d+\.0$")).as_py():
        return column
    plain = pc.replace_substring_regex(values, r"\.0$", "")
    return plain.dictionary_encode() if pa.types.is_dictionary(column.type) else plain


def units(file: File, name: str, column: Any, cells: Cells) -> NDArray[np.int64]:
    """The customer of each row as a number that is the same in all files; 0 where none is named."""
    is_as_written = not file.meanings(name)
    is_as_written &= not (file.kind(name) is Kind.ID and (file.layout.id_prefix or file.layout.long_ids))
    if is_as_written and keys.is_tidy(column, file.missing_in(name), file.layout.separators.get(name, "")):
        return keys.of_column(column)
    texts = settled(file, name, column, cells)
    return texts.spread(keys.of_column(texts.values), 0)


def _single(file: File, name: str, texts: coerced.Texts, cells: Cells) -> coerced.Texts:
    """The texts without cells that hold several values: which one counts, nothing says."""
    sign = file.layout.separators.get(name)
    if sign is None:
        return texts
    several = np.asarray(pc.match_substring(texts.values, sign), dtype=bool)
    if not several.any():
        return texts
    file.note_cells("several-values", file.header(name), texts, several, cells)
    return coerced.relabelled(pc.if_else(pa.array(several), None, texts.values), texts.codes)


def _one_form(file: File, values: Any) -> Any:
    """Ids as all exports of the vendor have them in common."""
    if file.layout.id_prefix:
        values = coerced.without_prefix(values, file.layout.id_prefix)
    return coerced.in_long_form(values) if file.layout.long_ids else values


def flags(file: File, name: str, column: Any, cells: Cells) -> Any:
    """A column of yes and no as truth values, what is neither missing and said."""
    texts = coerced.texts(column, file.missing - file.meanings(name).keys())
    texts = translated(file, name, texts, cells)
    if name == "is_deleted":  # or when
        words = ["true" if looked_at([text]).form == "date" else text for text in texts.values.to_pylist()]
        texts = coerced.relabelled(pa.array(words, pa.string()), texts.codes)
    values, bad = coerced.flags(texts, blank_is_false=file.layout.blank_is_false)
    file.note_cells("unreadable-flag", file.header(name), texts, bad, cells)
    return values


def ids(file: File, column: Any) -> Any:
    """Ids that hardly repeat, as text, in the one form that all exports of the vendor have in common."""
    trimmed = pc.utf8_trim_whitespace(column)
    empty = pc.is_in(trimmed, pa.array(["", *sorted(file.layout.missing)]))
    if pc.any(empty).as_py():
        trimmed = pc.if_else(empty, None, trimmed)
    trimmed = _one_form(file, trimmed)
    return pd.Series(trimmed.to_pandas(), dtype="str", copy=False)
