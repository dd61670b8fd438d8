"""One recognised file becomes rows of its canonical table, with what was noticed about it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from crm_metrics import schema
from crm_metrics.errors import DataError
from crm_metrics.issues import Issue
from crm_metrics.loaders.coercing import columns as coerced
from crm_metrics.loaders.gathering import Fetched
from crm_metrics.loaders.identity import is_all_different
from crm_metrics.loaders.normalising import figures, moments, records
from crm_metrics.loaders.normalising.file import File
from crm_metrics.loaders.planning import Plan
from crm_metrics.loaders.reading import As, Cells
from crm_metrics.loaders.recognising import Recognised
from crm_metrics.schema import Kind
from crm_metrics.settings import Settings
from crm_metrics.tables import ROW, SOURCE, Source, Unusable

SCORES = ("score", "nps_score", "csat_score", "ces_score")
_CURRENCY_SIGNS = {"$": "USD", "€": "EUR", "£": "GBP", "¥": "JPY"}


@dataclass
class FileRows:
    """The rows of one file in canonical columns; `calendar` names the date columns without a time of day."""

    frame: pd.DataFrame
    source: Source
    recognised: Recognised
    issues: list[Issue]
    calendar: dict[str, bool] = field(default_factory=dict)
    unusable: dict[str, Unusable] = field(default_factory=dict)


def normalise(fetched: Fetched, settings: Settings, index: int) -> FileRows:
    """The file's columns, coerced, without rows that are no records. Raises `DataError` when one can be read in two ways."""
    file, file_plan = File(fetched.raw, fetched.recognised, settings, index), fetched.plan
    _refuse_candidates(file, file_plan.names)
    cells = fetched.cells.result()
    if fetched.unread is not None and fetched.unread in file_plan.names:
        _identity(file, fetched.unread, file_plan, cells)
    file.issues += cells.issues
    values = _coerced(file, file_plan, cells)
    values |= {SOURCE: np.full(len(cells.rows), file.index, dtype=np.int16), ROW: cells.rows}
    frame = pd.DataFrame(values, copy=False)
    left_out = Counter(record.reason for record in cells.left_out)
    frame = records.kept(file, frame, file_plan, cells, left_out)
    records.report_copies(file, frame)
    _currency(file, frame)
    source = Source(
        file.index,
        file.raw.path,
        file.layout.table,
        file.layout.vendor,
        len(cells.rows) + len(cells.left_out),
        left_out,
        {name: file.raw.header[place] for name, place in file.recognised.columns.items()},
        tuple(label for place, label in enumerate(file.raw.header) if place not in file.recognised.columns.values()),
    )
    return FileRows(frame, source, file.recognised, file.issues, file.calendar, file.unusable)


def _identity(file: File, name: str, file_plan: Plan, cells: Cells) -> None:
    """Leave an id away that was read as numbers and does not repeat; read it as text when it does."""
    place = file_plan.names[name]
    if not pa.types.is_integer(cells.columns[place].type):
        return
    if is_all_different(cells.columns[place]):
        del file_plan.names[name], cells.columns[place]
    else:
        cells.columns[place] = file.raw.read({place: As.PLAIN}).columns[place]


def _refuse_candidates(file: File, chosen: dict[str, int]) -> None:
    for name in chosen:
        labels = file.recognised.candidates.get(name)
        if labels is None or file.kind(name) in schema.TEXTUAL:
            continue
        if name == "conversions":
            seen = " or ".join(labels)
            file.unusable[name] = Unusable("missing-column", f"{name} could be {seen}", "rename the one that counts")
            file.note("two-candidates", column=name, seen=seen)
            continue
        raise DataError(
            f"{name} could be the column {' or '.join(repr(label) for label in labels)}",
            where=file.raw.path,
            hint=f"Rename the one that counts to {name!r}, or remove the other from the export.",
        )


def _coerced(file: File, file_plan: Plan, cells: Cells) -> dict[str, Any]:
    values: dict[str, Any] = {}
    text_dates: dict[str, coerced.Texts] = {}
    text_numbers: dict[str, coerced.Texts] = {}
    places = Counter(file_plan.names.values())
    for name, place in file_plan.names.items():
        column, kind = cells.columns[place], file.kind(name)
        places[place] -= 1
        if not places[place] and place != file_plan.totals:
            del cells.columns[place]  # its memory serves the columns to come
        if kind is Kind.DATE:
            if pa.types.is_temporal(column.type):
                values[name] = moments.instants(file, name, coerced.typed_moments(column))
            else:
                text_dates[name] = coerced.texts(column, file.missing)
        elif name in SCORES:
            values[name] = figures.scores(file, name, column, cells)
        elif kind in schema.NUMERIC:
            if pa.types.is_integer(column.type) or pa.types.is_floating(column.type):
                values[name] = figures.scaled(file, name, coerced.typed_numbers(column))
            else:
                text_numbers[name] = coerced.texts(column, file.missing)
        elif kind is Kind.BOOL:
            values[name] = _flags(file, name, column, cells)
        elif pa.types.is_string(column.type):
            values[name] = _ids(file, column)
        else:
            values[name] = coerced.category(coerced.texts(column, file.missing_text))
    values |= moments.from_texts(file, text_dates, cells)
    values |= figures.from_texts(file, text_numbers, cells)
    return values


def _flags(file: File, name: str, column: Any, cells: Cells) -> Any:
    found = coerced.texts(column, file.missing)
    values, bad = coerced.flags(found, blank_is_false=file.layout.blank_is_false)
    if bad.any():
        rows = cells.rows[found.rows_of(bad)]
        file.note("unreadable-flag", rows, column=file.header(name), seen=found.at(int(np.argmax(bad))))
    return values


def _ids(file: File, column: Any) -> Any:
    trimmed = pc.utf8_trim_whitespace(column)
    empty = pc.is_in(trimmed, pa.array(["", *sorted(file.layout.missing)]))
    if pc.any(empty).as_py():
        trimmed = pc.if_else(empty, None, trimmed)
    return pd.Series(trimmed.to_pandas(), dtype="str", copy=False)


def _currency(file: File, frame: pd.DataFrame) -> None:
    """Currency that only a header names, such as `Spend [USD]`, is written onto every row."""
    if "currency" not in file.schema.columns:
        return
    if "currency" in frame:
        codes = frame["currency"].cat
        frame["currency"] = _upper(codes.categories, codes.codes.to_numpy())
        return
    for name in ("amount", "cost", "mrr"):
        suffix = file.recognised.suffixes.get(name, "")
        code = _CURRENCY_SIGNS.get(suffix, suffix.upper())
        if name in frame and len(code) == 3 and code.isalpha():
            frame["currency"] = pd.Categorical.from_codes(
                np.zeros(len(frame), dtype=np.int8), pd.Index([code], dtype="str")
            )


def _upper(labels: pd.Index, codes: NDArray[Any]) -> pd.Categorical:
    """Currency codes in capitals, as ISO 4217 writes them: Stripe exports `usd`."""
    upper = [str(label).upper() for label in labels]
    known = sorted(set(upper))
    place = np.array([*(known.index(label) for label in upper), -1], dtype=np.int32)
    return pd.Categorical.from_codes(place[codes], pd.Index(known, dtype="str"))
