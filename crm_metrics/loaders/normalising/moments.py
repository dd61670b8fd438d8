"""A file's dates as instants: one day/month order for the file, one zone for each column."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from crm_metrics.errors import DataError
from crm_metrics.loaders.coercing import columns as coerced, dates
from crm_metrics.loaders.normalising import ambiguities, clocks
from crm_metrics.loaders.normalising.file import File
from crm_metrics.loaders.planning import Halves
from crm_metrics.loaders.reading import Cells
from crm_metrics.schema import Kind
from crm_metrics.tables import Unusable, frames

# Square's names for the zones that most of its sellers are in.
_REGIONS = {
    "Eastern Time (US & Canada)": "America/New_York",
    "Central Time (US & Canada)": "America/Chicago",
    "Mountain Time (US & Canada)": "America/Denver",
    "Pacific Time (US & Canada)": "America/Los_Angeles",
}


@dataclass(frozen=True)
class Times:
    """The time of day of each row in microseconds, `dates.NEVER` where there is none, and its minutes east of UTC, NaN where
    none are known."""

    of_day: NDArray[np.int64]
    offsets: NDArray[np.float64]
    zones: coerced.Texts | None


def times_of_day(file: File, halves: Mapping[str, Halves], cells: Cells) -> dict[str, Times]:
    """The times of day that lie in columns of their own, by the name of their date. A cell that is no time is reported."""
    times: dict[str, Times] = {}
    for name, half in halves.items():
        column = coerced.texts(cells.columns[half.time], file.missing)
        written = dates.take_apart(pc.binary_join_element_wise("1970-01-01", column.values, " "))
        moment = dates.resolve(written, "dmy")
        bad = moment == dates.NEVER
        file.note_cells("unreadable-date", file.raw.header[half.time], column, bad, cells)
        of_day = column.spread(moment, np.int64(0))
        zones = coerced.texts(cells.columns[half.zone], file.missing) if half.zone is not None else None
        times[name] = Times(of_day, column.spread(written.zone, np.nan), zones)
    for half in halves.values():
        cells.columns.pop(half.time, None)
        cells.columns.pop(-1 if half.zone is None else half.zone, None)
    return times


def joined(
    file: File, name: str, wall: NDArray[np.int64], offsets: NDArray[np.float64] | None, times: Mapping[str, Times]
) -> Any:
    """A column as instants, at the times of day that lie in another column, in the zones that lie in a third."""
    own = times.get(name)
    if own is None:
        return instants(file, name, wall, offsets)
    has_both = (wall != dates.NEVER) & (own.of_day != dates.NEVER)
    wall = np.where(has_both, wall + np.where(has_both, own.of_day, 0), dates.NEVER)
    offsets = own.offsets
    if own.zones is not None:
        for place, zone in enumerate(own.zones.values.to_pylist()):
            rows = has_both & (own.zones.codes == place) & np.isnan(offsets)
            offsets[rows] = clocks.offsets_in(_REGIONS.get(str(zone), str(zone)), wall[rows])
    return instants(file, name, wall, None if np.isnan(offsets).all() else offsets)


def from_texts(
    file: File, columns: dict[str, coerced.Texts], cells: Cells, times: Mapping[str, Times]
) -> dict[str, Any]:
    """The columns of written dates as instants; the unreadable ones are reported and missing. Raises `DataError` when the
    day/month order stays open."""
    if not columns:
        return {}
    written = {name: dates.take_apart(column.values) for name, column in columns.items()}
    order = _order(file, columns, written)
    if any(parts.open.any() for parts in written.values()):
        file.date_order = order
    result = {}
    for name, column in columns.items():
        wall = dates.resolve(written[name], order)
        unread = wall == dates.NEVER
        file.note_cells("unreadable-date", file.header(name), column, unread, cells)
        if len(unread) and unread.all():
            _refuse_unread(file, name, column.at(0))
        if (exchanged := written[name].exchanged) is not None:
            file.note_cells("exchanged-dates", file.header(name), column, exchanged, cells)
        if written[name].unix:
            file.note("unix-time", column=file.header(name), seen=column.at(0))
        zones = written[name].zone
        offsets = None if np.isnan(zones).all() else column.spread(zones, np.nan)
        result[name] = joined(file, name, column.spread(wall, dates.NEVER), offsets, times)
    return result


def _refuse_unread(file: File, name: str, seen: str) -> None:
    """Give no figure by a moment of which no cell can be read: 0 of everything would be told. Raises `DataError` where it is
    what places the records in time."""
    if name not in file.schema.moments:
        return
    problem = f"no cell of {file.header(name)} is a date that can be read ({seen})"
    if name in (file.schema.placed_by, "closed_at"):
        raise DataError(problem, where=file.raw.path, hint="Write dates as 2025-01-31 14:30.")
    file.unusable[name] = Unusable("missing-values", f"{file.raw.path}: {problem}", "write dates as 2025-01-31 14:30")


def _order(file: File, columns: dict[str, coerced.Texts], written: dict[str, dates.Written]) -> str:
    """The day/month order of the file's dates: the setting, else what one of its date columns proves."""
    ambiguous = {name: parts for name, parts in written.items() if parts.open.any()}
    if not ambiguous:
        return "dmy"
    preset = file.settings.date_order or file.layout.date_order
    if preset:
        return preset
    allowed = set.intersection(*(parts.orders for parts in ambiguous.values()))
    if len(allowed) == 2:
        proof = _proof_elsewhere(file, set(columns))
        allowed = proof or allowed
    if len(allowed) == 1:
        order = next(iter(allowed))
        for name, parts in ambiguous.items():
            if parts.proof is not None:
                words = {"dmy": "day", "mdy": "month"}
                shown = f"{columns[name].at(parts.proof)} in {file.header(name)}"
                file.note("date-order", order=words[order], proof=shown)
                break
        return order
    if len(allowed) == 2 and all((parts.first == parts.second)[parts.open].all() for parts in ambiguous.values()):
        return "dmy"
    raise _undecided(file, columns, ambiguous, allowed)


def _proof_elsewhere(file: File, used: set[str]) -> set[str]:
    """The orders that the file's other date columns allow, read only for this."""
    others = file.others({Kind.DATE}, used).values()
    orders = [
        dates.take_apart(coerced.texts(column, file.missing).values).orders
        for column in others
        if not pa.types.is_temporal(column.type)
    ]
    return set.intersection({"dmy", "mdy"}, *orders) if others else set()


def _undecided(
    file: File, columns: dict[str, coerced.Texts], ambiguous: dict[str, dates.Written], allowed: set[str]
) -> DataError:
    """The error that asks for the order, shown at a date that reads differently in the two."""
    differing = [name for name, parts in ambiguous.items() if (parts.first != parts.second)[parts.open].any()]
    name = differing[0] if differing else next(iter(ambiguous))
    return ambiguities.date_order(file, name, columns[name], ambiguous[name], contradiction=not allowed)


def instants(file: File, name: str, wall: NDArray[np.int64], offsets: NDArray[np.float64] | None = None) -> Any:
    """The column as instants; whether it holds calendar dates is remembered. `offsets` are each row's minutes east of UTC,
    NaN where none is written."""
    filled = wall != dates.NEVER
    seen, offsets = offsets, clocks.with_stated(file, name, wall, offsets)
    first = int(np.argmax(filled)) if len(filled) else 0
    # Where the first date has a time of day, the column holds no calendar dates, and nothing needs to be divided.
    by_day = not filled.any() or not wall[first] % dates.DAY
    file.calendar[name] = by_day and bool((wall[filled] % dates.DAY == 0).all())
    if not file.calendar[name] and (midnights := _midnights(file, wall, filled, offsets)) is not None:
        file.note(
            "constant-clock", column=file.header(name), seen=clocks.written(int(wall[first])), form="calendar dates"
        )
        wall, file.calendar[name] = midnights, True
    elif not file.calendar[name] and name != "updated_at" and clocks.constant(wall) is not None:
        file.constant[name] = wall
    if not file.calendar[name] and not file.settings.timezone:
        clocks.say(file, name, seen)
        if offsets is not None:
            file.offsets[name] = offsets
            clocks.say_evenings(file, name, wall, offsets)
    if zone := file.settings.timezone:
        utc = frames.instants(wall.view("datetime64[us]"), zone).view(np.int64)
        told = None if file.calendar[name] else offsets
        wall = utc if told is None else np.where(np.isnan(told), utc, clocks.moved(wall, told))
    return wall.view("datetime64[us]")


def settle_clocks(file: File, values: dict[str, Any]) -> None:
    """Put moments on one clock, and make calendar dates of the columns in which every cell has the same time of day, unless
    another column shows that it is a real one; both are said."""
    clocks.on_one_clock(file, values)
    for name, wall in list(file.constant.items()):
        moment = int(wall[wall != dates.NEVER][0])
        witness = clocks.is_moment(file, name, wall, values)
        if witness is None:
            values[name] = instants(file, name, clocks.days(wall))
        form = "calendar dates" if witness is None else f"moments, as {file.header(witness)} agrees with it"
        file.note("constant-clock", column=file.header(name), seen=clocks.written(moment), form=form)


def _midnights(
    file: File, wall: NDArray[np.int64], filled: NDArray[np.bool_], offsets: NDArray[np.float64] | None
) -> NDArray[np.int64] | None:
    """The midnights that the cells are all of, in UTC where every cell has an offset, or in the time zone of the settings;
    None where they are not."""
    zone = file.settings.timezone
    if offsets is None or np.isnan(offsets[filled]).any():
        return None
    utc = clocks.moved(wall, offsets)
    if clocks.constant(utc) == 0:
        return utc
    if zone is None:
        return None
    sample = utc[filled][: clocks.SAMPLE]
    if (in_zone(sample, zone) % dates.DAY).any():
        return None
    local = in_zone(utc, zone)
    return local if clocks.constant(local) == 0 else None


def in_zone(utc: NDArray[np.int64], zone: str) -> NDArray[np.int64]:
    """The wall clock of a zone at moments in UTC."""
    return frames.wall_clock(utc.view("datetime64[us]"), zone).view(np.int64)
