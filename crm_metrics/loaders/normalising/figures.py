"""A file's numbers: amounts, durations, shares and scores, each column read in one way."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from crm_metrics.errors import DataError
from crm_metrics.loaders.coercing import columns as coerced, currencies, numbers, ratings
from crm_metrics.loaders.currency_codes import DIGITS
from crm_metrics.loaders.durations import is_spelt as is_spelt_out
from crm_metrics.loaders.normalising import ambiguities
from crm_metrics.loaders.normalising.file import File
from crm_metrics.loaders.reading import Cells
from crm_metrics.loaders.reading.columns import is_number
from crm_metrics.loaders.scales import UNCLEAR, scale_of
from crm_metrics.loaders.vocabulary import words_of
from crm_metrics.schema import NUMERIC, Kind
from crm_metrics.tables import ROW, Unusable

_EAST_ASIAN = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_COUNTED = ("clicks", "impressions")
_SCALES = {
    "minor": "hundredths, or the smallest unit of their currency",
    "micro": "millionths",
    "1000": "thousands",
    "10000": "tens of thousands",
    "1000000": "millions",
}


def from_texts(file: File, columns: dict[str, coerced.Texts], cells: Cells) -> dict[str, Any]:
    """The columns of written numbers as floats; the unreadable ones are reported and missing. Raises `DataError` when the
    decimal separator stays open."""
    in_words = {name for name in columns if _is_scaled(file, name) and scale_of(file.header(name)) is None}
    written = {name: numbers.take_apart(column.values, is_scaled=name in in_words) for name, column in columns.items()}
    signs = coerced.separator(written, file.settings.decimal)
    if None in signs.values() and (witness := _witness(file, set(columns))) is not None:
        signs = {name: sign or witness for name, sign in signs.items()}
    open_ = {name for name, parts in written.items() if parts.decimals or parts.doubtful is not None}
    decided = {sign for name, sign in signs.items() if sign and name in open_}
    file.decimal = next(iter(decided)) if len(decided) == 1 else ""
    result = {}
    for name, column in columns.items():
        sign = signs[name] or _without_decimals(file, name, column, written[name])
        if sign is None:
            raise ambiguities.decimal(file, name, column, written[name])
        by_value = numbers.resolve(written[name], sign)
        if file.kind(name) is Kind.MINUTES:
            unit = file.recognised.units.get(name)
            clock = numbers.clock_minutes(column.values, is_short=unit == "mm:ss")
            if _is_time_left(file, name, column, clock):
                file.note("time-left", column=file.header(name), seen=column.at(int(np.argmax(~np.isnan(clock)))))
                problem = f"{file.header(name)} is the time that is left of a target, not the time taken"
                hint = "export the time taken, or the moment at which it was over"
                file.unusable[name] = Unusable("missing-values", problem, hint)
                continue
            if unit in coerced.CLOCKS:
                by_value = clock
            else:
                scale = _minutes(file, name, plain=bool((np.isnan(clock) & ~np.isnan(by_value)).any()))
                by_value = np.where(np.isnan(clock), by_value, clock / scale)
        if file.kind(name) is Kind.MONEY and (signs_in := currencies.in_cells(column.values)) is not None:
            file.currencies[name] = _in_currencies(file, name, signs_in, column)
        bad = np.isnan(by_value)
        file.note_cells("unreadable-number", file.header(name), column, bad, cells)
        percent = written[name].percent
        signed = percent[~bad] if len(percent) else percent
        result[name] = scaled(file, name, column.spread(by_value, np.nan), cells.rows, percent=signed)
    return result


def _without_decimals(file: File, name: str, column: coerced.Texts, parts: numbers.Written) -> str | None:
    """The decimal separator of amounts in a currency that has no decimals, as the header or the cells name it: the other one
    than stands before their groups of three. None for all others."""
    if file.kind(name) is not Kind.MONEY or parts.doubtful is None or parts.decimals:
        return None
    named = currencies.in_cells(column.values) or [currencies.of_header(file.recognised.suffixes.get(name, ""))]
    codes = {file.currency_of(sign, name) for sign in {*named} if sign is not None}
    core = str(parts.core[parts.doubtful].as_py())
    is_integral = bool(codes) and all(DIGITS.get(code or "", 2) == 0 for code in codes)
    return ("." if "," in core else ",") if is_integral else None


def _in_currencies(file: File, name: str, signs: Sequence[str | None], column: coerced.Texts) -> pd.Categorical:
    """The currency of each row's amount, that of the header where the cell names none; missing where its sign is that of
    several and nothing says which. Where another column names currencies, what the cell says."""
    if "currency" in file.recognised.columns:
        return coerced.category(coerced.relabelled(pa.array(signs, pa.string()), column.codes))
    of_header = currencies.of_header(file.recognised.suffixes.get(name, ""))
    signs = [sign or of_header for sign in signs]
    codes = {sign: file.currency_of(sign, name) for sign in set(signs) if sign is not None}
    labels = pa.array([codes.get(sign) if sign is not None else None for sign in signs], pa.string())
    return coerced.category(coerced.relabelled(labels, column.codes))


def note_shown(file: File, name: str, place: int, cells: Cells) -> None:
    """Remember the currencies that a workbook shows amounts in, where neither the header nor a column names one."""
    if file.kind(name) is not Kind.MONEY or "currency" in file.recognised.columns:
        return
    signs = file.raw.shown_in(place, cells.rows)
    if any(signs) and currencies.of_header(file.recognised.suffixes.get(name, "")) is None:
        shown = coerced.texts(pa.array(signs, pa.string()))
        named = [currencies.code_of(str(sign)) for sign in shown.values.to_pylist()]
        file.currencies[name] = _in_currencies(file, name, named, shown)


def once_per_merged(file: File, values: dict[str, Any], cells: Cells, places: Mapping[str, int]) -> None:
    """Leave the number of a merged cell to the first of its rows: it would count as often as there are rows."""
    for name, place in places.items():
        if place in cells.merged and name in values and file.kind(name) in NUMERIC:
            values[name] = np.where(np.isin(cells.rows, cells.merged[place]), np.nan, values[name])


def blank_zeros(file: File, values: dict[str, Any], cells: Cells) -> None:
    """Make 0 missing where the vendor writes it for "none was given", and say so."""
    for name in sorted(file.layout.zero_is_missing & values.keys()):
        zero = values[name] == 0
        if zero.any():
            values[name] = np.where(zero, np.nan, values[name])
            file.note("zero-as-blank", cells.rows[zero], vendor=file.layout.title)


def _witness(file: File, used: set[str]) -> str | None:
    """The decimal separator that the file's other number columns prove, read only for this, else its headers: Chinese,
    Japanese and Korean have a point. None when nothing proves one."""
    texts = [coerced.texts(column, file.missing) for column in file.others(NUMERIC, used).values()]
    proofs = set().union(*(numbers.take_apart(column.values).decimals for column in texts))
    if not proofs and _EAST_ASIAN.search("".join(file.raw.header)):
        return "."
    return next(iter(proofs)) if len(proofs) == 1 else None


def _is_time_left(file: File, name: str, column: coerced.Texts, clock: NDArray[np.float64]) -> bool:
    """Whether durations are what is left of a target, as Jira's "Time to …" in words and whatever falls below 0 are."""
    words = words_of(file.header(name))
    is_spelt = words[:2] == ("time", "to") and any(map(is_spelt_out, column.values.to_pylist()))
    return bool((clock < 0).any()) or is_spelt


def scaled(
    file: File, name: str, values: NDArray[np.float64], rows: NDArray[Any], percent: NDArray[np.bool_] | None = None
) -> NDArray[np.float64]:
    """The numbers in the unit of their kind: durations in minutes, shares as fractions. `rows` are their rows as a
    spreadsheet shows them; `percent` marks the distinct values that have a percent sign."""
    kind = file.kind(name)
    if kind is Kind.MINUTES:
        scale = _minutes(file, name, plain=percent is None)
        return values if scale == 1 else values * scale
    if kind is Kind.SHARE:
        return _shares(file, name, values, rows, percent)
    return values


def _minutes(file: File, name: str, *, plain: bool) -> float:
    """How many minutes a duration's unit has. Raises `DataError` where `plain` numbers are in no unit that the header or the
    vendor's file names."""
    unit = file.recognised.units.get(name)
    if unit is None and plain and not file.layout.signature:
        header = file.header(name)
        raise DataError(
            f"{header} holds plain numbers and does not say whether they are seconds, minutes or hours",
            where=file.raw.path,
            hint=f"Write the unit into the header, for example {header + ' (minutes)'!r}.",
        )
    return coerced.MINUTES[unit or "minutes"]


def in_units(file: File, frame: pd.DataFrame) -> None:
    """Amounts in cents, thousands or millions become whole units, where the header says so or the vendor is known for it."""
    for name in [str(name) for name in frame if _is_scaled(file, str(name))]:
        header = file.header(name) if name in file.recognised.columns else ""
        scale = scale_of(header)
        is_money = file.kind(name) is Kind.MONEY
        factor = scale.factor if scale is not None else file.layout.money if is_money else ""
        if not is_money and not factor.isdigit():
            continue
        if scale is not None and factor == UNCLEAR:
            del frame[name]
            problem = f"{header} of {file.raw.path} can be thousands or millions"
            hint = f"write which into the header, for example {scale.name + ' (in thousands)'!r}"
            file.unusable[name] = Unusable("scale-ambiguous", problem, hint)
            file.note("money-unclear", column=header)
            continue
        if factor:
            frame[name] = _whole(frame[name].to_numpy(), factor, frame)
        if scale is not None and factor != file.layout.money:
            file.note("money-scale", column=header, form=_SCALES[factor])


def refuse_fractions(file: File, frame: pd.DataFrame) -> None:
    """Use no clicks and impressions of a column that holds a part of one: a program has read 1.200 as 1.2."""
    for name in [name for name in _COUNTED if name in frame and file.layout.table == "spend"]:
        values = frame[name].to_numpy()
        odd = (values % 1 != 0) & ~np.isnan(values)
        if odd.any():
            header, seen = file.header(name), f"{values[odd][0]:g}"
            problem = f"{header} of {file.raw.path} holds parts of one, such as {seen}"
            hint = "a program may have read the sign of thousands as that of decimals: export it again"
            file.unusable[name] = Unusable("missing-values", problem, hint)
            file.note("fractional-count", frame[ROW].to_numpy()[odd], column=header, seen=seen)
            del frame[name]


def _is_scaled(file: File, name: str) -> bool:
    """Whether thousands and millions of a column can be meant: of money, and of clicks; a quantity of 5 m is a length."""
    return file.kind(name) is Kind.MONEY or (file.kind(name) is Kind.NUMBER and file.layout.table == "spend")


def _whole(amounts: NDArray[np.float64], factor: str, frame: pd.DataFrame) -> NDArray[np.float64]:
    if factor == "micro":
        return amounts / 1e6
    if factor != "minor":
        return amounts * float(factor)
    codes = frame["currency"].astype(object) if "currency" in frame else pd.Series([None] * len(frame), dtype=object)
    digits = codes.map(lambda code: DIGITS.get(code, 2)).to_numpy(dtype=float)
    return amounts / 10.0**digits


def _shares(
    file: File, name: str, values: NDArray[np.float64], rows: NDArray[Any], percent: NDArray[np.bool_] | None
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
        file.note("out-of-range", rows[outside], column=header, range="0 to 100 %", seen=str(values[outside][0]))
    return np.where(outside, np.nan, result)


def scores(file: File, name: str, column: Any, cells: Cells) -> NDArray[np.float64]:
    """The score each cell is or begins with."""
    if is_number(column):
        return coerced.typed_numbers(column)
    texts = coerced.texts(column, file.missing)
    if (worded := ratings.satisfaction(texts)) is not None:
        file.recognised.suffixes.setdefault(name, worded[1])
        return worded[0]
    values, bad = coerced.leading_numbers(texts)
    if len({rated[1] for text in texts.values.to_pylist() if (rated := ratings.out_of(text))}) > 1:  # 4/5 and 8/10
        values, bad = np.full(len(texts.codes), np.nan), np.ones(len(texts.values), dtype=bool)
    file.note_cells("unreadable-number", file.header(name), texts, bad, cells)
    return values
