"""A file's numbers: amounts, durations, shares and scores, each column read in one way."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from crm_metrics.errors import DataError
from crm_metrics.loaders.coercing import columns as coerced
from crm_metrics.loaders.coercing import numbers
from crm_metrics.loaders.normalising.file import File
from crm_metrics.loaders.reading import As, Cells
from crm_metrics.schema import NUMERIC, Kind


def from_texts(file: File, found: dict[str, coerced.Texts], cells: Cells) -> dict[str, Any]:
    """The columns of written numbers as floats; the unreadable ones are reported and missing. Raises `DataError` when the
    decimal separator stays open."""
    written = {name: numbers.take_apart(column.values) for name, column in found.items()}
    signs = coerced.separator(written, file.settings.decimal)
    if None in signs.values() and (witness := _witness(file, set(found))) is not None:
        signs = {name: sign or witness for name, sign in signs.items()}
    result = {}
    for name, column in found.items():
        sign = signs[name]
        if sign is None:
            parts = written[name]
            place = parts.doubtful if parts.doubtful is not None else 0
            raise DataError(
                f"{column.at(place)} in {file.header(name)} can be a whole number or have decimals; "
                "nothing in the file proves which",
                where=file.raw.path,
                hint="Say which sign separates decimals with --decimal . or --decimal ,",
            )
        by_value = numbers.resolve(written[name], sign)
        if file.kind(name) is Kind.MINUTES:
            clock = numbers.clock_minutes(column.values)
            scale = coerced.MINUTES[file.recognised.units.get(name, "minutes")]
            by_value = np.where(np.isnan(clock), by_value, clock / scale)
        bad = np.isnan(by_value)
        if bad.any():
            rows = cells.rows[column.rows_of(bad)]
            file.note("unreadable-number", rows, column=file.header(name), seen=column.at(int(np.argmax(bad))))
        percent = written[name].percent
        known = percent[~bad] if len(percent) else percent
        result[name] = scaled(file, name, column.spread(by_value, np.nan), percent=known)
    return result


def _witness(file: File, used: set[str]) -> str | None:
    """The decimal separator that the file's other number columns prove, read only for this; None when they prove none."""
    others = [
        place for name, place in file.recognised.columns.items() if file.kind(name) in NUMERIC and name not in used
    ]
    if not others:
        return None
    columns = file.raw.read(dict.fromkeys(others, As.TEXT)).columns.values()
    texts = [coerced.texts(column, file.missing) for column in columns]
    proofs = set().union(*(numbers.take_apart(column.values).decimals for column in texts))
    return next(iter(proofs)) if len(proofs) == 1 else None


def scaled(
    file: File, name: str, values: NDArray[np.float64], percent: NDArray[np.bool_] | None = None
) -> NDArray[np.float64]:
    """The numbers in the unit of their kind: durations in minutes, shares as fractions. `percent` marks the distinct values
    that have a percent sign."""
    kind = file.kind(name)
    if kind is Kind.MINUTES:
        scale = coerced.MINUTES[file.recognised.units.get(name, "minutes")]
        return values if scale == 1 else values * scale
    if kind is Kind.SHARE:
        return _shares(file, name, values, percent)
    return values


def _shares(
    file: File, name: str, values: NDArray[np.float64], percent: NDArray[np.bool_] | None
) -> NDArray[np.float64]:
    """Fractions, whether written as 0.45, 45 or 45 %: decided once for the column."""
    if percent is not None and percent.any() and not percent.all():
        raise DataError(
            f"some values of {file.header(name)} have a percent sign and others have none",
            where=file.raw.path,
            hint="Write them all in one way.",
        )
    header = file.header(name)
    stated = (percent is not None and percent.any()) or "%" in header or file.layout.probability == "percent"
    as_percent = bool(stated or np.nanmax(values, initial=0) > 1)
    file.note("percent-read", column=header, form="percent" if as_percent else "fractions of 1")
    result = values / 100 if as_percent else values
    outside = (result < 0) | (result > 1)
    if outside.any():
        file.note(
            "out-of-range",
            count=int(outside.sum()),
            column=header,
            range="0 to 100 %",
            seen=str(values[outside][0]),
        )
    return np.where(outside, np.nan, result)


def scores(file: File, name: str, column: Any, cells: Cells) -> NDArray[np.float64]:
    """The score each cell is or begins with."""
    if pa.types.is_integer(column.type) or pa.types.is_floating(column.type):
        return coerced.typed_numbers(column)
    found = coerced.texts(column, file.missing)
    values, bad = coerced.leading_numbers(found)
    if bad.any():
        rows = cells.rows[found.rows_of(bad)]
        file.note("unreadable-number", rows, column=file.header(name), seen=found.at(int(np.argmax(bad))))
    return values
