"""What each way to read a file would do to its data: the words of the errors that ask which one is right."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crm_metrics.errors import AmbiguousError, Reading
from crm_metrics.loaders.coercing import columns as coerced, dates, numbers
from crm_metrics.loaders.normalising.file import File
from crm_metrics.loaders.rule_lines import with_rule
from crm_metrics.schema import called

_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
_ORDERS = {"dmy": "day first", "mdy": "month first"}


def date_order(
    file: File, name: str, column: coerced.Texts, parts: dates.Written, *, contradiction: bool
) -> AmbiguousError:
    """The error for a column of dates that both orders fit, or neither: the month of one of its dates under each."""
    # A date whose two numbers differ: of 04/04/2025 nothing could be told.
    place = int(np.argmax(parts.open & (parts.first != parts.second)))
    shown = column.at(place)
    what = f"the dates can be read day first or month first ({file.header(name)}: {shown})"
    what += "; nothing in the file proves which"
    if contradiction:
        what = f"some dates are day first and others month first ({file.header(name)}: {shown})"
    readings = [_by_order(file, column, parts, place, order) for order in _ORDERS]
    return AmbiguousError(what, where=file.raw.path, setting="date_order", readings=readings)


def _by_order(file: File, column: coerced.Texts, parts: dates.Written, place: int, order: str) -> Reading:
    wall = dates.resolve(parts, order)
    rows = column.spread(wall, dates.NEVER)
    moments = rows[rows != dates.NEVER]
    unread = int((column.codes >= 0).sum()) - len(moments)
    things = called(file.layout.table)
    shown = column.at(place)
    if wall[place] == dates.NEVER:
        effect = f"{shown} is no date"
    else:
        day = _day(wall[place])
        months = moments.view("datetime64[us]").astype("datetime64[M]")
        inside = int((months == np.datetime64(int(wall[place]), "us").astype("datetime64[M]")).sum())
        effect = f"{shown} is {day.day} {_MONTHS[day.month - 1]} {day.year}; {things} in {day:%Y-%m}: {inside:,}"
    if len(moments):
        effect += f"; all from {_day(moments.min())} to {_day(moments.max())}"
    if unread:
        effect += f"; {unread:,} date{'s' * (unread != 1)} could not be read"
    return Reading(_ORDERS[order], effect, f"--date-order {order}", f'date_order = "{order}"')


def _day(wall: Any) -> Any:
    return np.datetime64(int(wall), "us").astype("datetime64[D]").astype(object)


def decimal(file: File, name: str, column: coerced.Texts, parts: numbers.Written) -> AmbiguousError:
    """The error for a column of numbers whose separator may be that of thousands or of decimals: its sum under each."""
    place = parts.doubtful if parts.doubtful is not None else 0
    readings = []
    for sign, title in ((".", "a point separates decimals"), (",", "a comma separates decimals")):
        values = numbers.resolve(parts, sign)
        total = column.spread(values, np.nan)
        shown = f"{values[place]:,.10g}" if not np.isnan(values[place]) else "no number"
        effect = f"{column.at(place)} is {shown}; all {_known(total):,} add up to {np.nansum(total):,.10g}"
        readings.append(Reading(title, effect, f"--decimal {sign}", f'decimal = "{sign}"'))
    return AmbiguousError(
        f"{column.at(place)} in {file.header(name)} can be a whole number or have decimals; "
        "nothing in the file proves which",
        where=file.raw.path,
        setting="decimal",
        readings=readings,
    )


def two_columns(file: File, name: str, labels: tuple[str, ...], columns: dict[str, coerced.Texts]) -> AmbiguousError:
    """The error for a canonical column that several headers claim: how many cells of each are filled, and their sum."""
    readings = []
    for label in labels:
        values = _plain(columns[label])
        filled = int((columns[label].codes >= 0).sum())
        total = f", {np.nansum(values):,.10g} in all" if _known(values) else ""
        effect = f"{filled:,} cell{'s' * (filled != 1)} filled{total}"
        setting = f"columns.{_quoted(file.raw.path.rpartition('/')[2])}.{name} = {_quoted(label)}"
        _, option, _ = with_rule(file.settings, file.raw.path, {"columns": {name: label}})
        readings.append(Reading(repr(label), effect, option, setting))
    return AmbiguousError(
        f"{name} could be the column {' or '.join(repr(label) for label in labels)}",
        where=file.raw.path,
        setting="columns",
        readings=readings,
        hint=f"Or rename the one that counts to {name!r}, or remove the others from the export.",
    )


def _plain(column: coerced.Texts) -> NDArray[np.float64]:
    """The column's numbers with a decimal point, a comma where only that is proved; NaN for what is none."""
    parts = numbers.take_apart(column.values)
    return column.spread(numbers.resolve(parts, "," if parts.decimals == {","} else "."), np.nan)


def _known(values: NDArray[np.float64]) -> int:
    return len(values) - int(np.isnan(values).sum())


def _quoted(text: str) -> str:
    """The text as TOML writes it."""
    return json.dumps(text, ensure_ascii=False)
