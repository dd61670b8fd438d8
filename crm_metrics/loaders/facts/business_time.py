"""Working time between two instants, for whole columns at once; and the first responses and resolutions of tickets in it: by
the working hours of the settings, else by the help desk's own column.

A moment is working time when the wall clock of the hours' zone then shows a time within the hours of its weekday, on no
holiday. So an hour that the clock shows twice in autumn is worked twice where it lies within the hours, and one that it
skips in spring is not worked at all. Between two changes of the clock a zone is a fixed offset: the working time up to
an instant is a sum over the wall clock, looked up in a table of stretches.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from crm_metrics.errors import SettingsError
from crm_metrics.loaders.facts.draft import DAY_US, MINUTE_US, Bools, Draft, Floats, Ints, minutes_after
from crm_metrics.tables import SOURCE, Source, Table
from crm_metrics.tables.frames import NAT, instants, moments, numbers, wall_clock

if TYPE_CHECKING:
    from crm_metrics.settings.hours import Holidays, Hours

_SECOND_US = 1_000_000
# Beyond these years the rules of clocks and public holidays are not known.
_EARLIEST, _LATEST = np.datetime64("1900-01-01", "us"), np.datetime64("2100-01-01", "us")


def business_minutes(
    begin: NDArray[Any], end: NDArray[Any], hours: Hours, zone: str | None, holidays: Holidays | None = None
) -> Floats:
    """Working minutes from one instant to the other, row by row; NaN where either is missing, the end lies before the
    beginning, or they are not both of the years 1900 to 2099. Instants are in UTC; without a zone they are the wall clock
    itself, and nothing is converted."""
    result = np.full(len(begin), np.nan)
    usable: Bools = (_EARLIEST <= begin) & (begin <= end) & (end < _LATEST)  # false where either is missing
    if not usable.any():
        return result
    since, until = _microseconds(begin[usable]), _microseconds(end[usable])
    first, last = int(since.min()), int(until.max())
    clock = _Clock.of(zone, first, last)
    worked = _Worked.of(hours, holidays, first, last)
    result[usable] = (clock.worked_until(until, worked) - clock.worked_until(since, worked)) / MINUTE_US
    return result


def _microseconds(moments: NDArray[Any]) -> Ints:
    return moments.astype("datetime64[us]").astype(np.int64)


@dataclass(frozen=True)
class _Worked:
    """Stretches of working time on the wall clock, in microseconds and in order: where each begins, how long it is, and how
    much was worked before it."""

    begins: Ints
    lengths: Ints
    before: Ints

    @classmethod
    def of(cls, hours: Hours, holidays: Holidays | None, first: int, last: int) -> _Worked:
        """The stretches of every day that some zone's wall clock can show between two instants."""
        days = np.arange(first // DAY_US - 2, last // DAY_US + 3)
        if holidays is not None:
            edges = days[[0, -1]].astype("datetime64[D]").astype(date)
            off = np.array(holidays.between(edges[0], edges[1]), dtype="datetime64[D]").astype(np.int64)
            days = days[~np.isin(days, off)]
        weekday = (days + 3) % 7  # 1970-01-01 was a Thursday
        pieces = [(begin, end - begin) for day in hours.week for begin, end in day]
        table = np.array(pieces, dtype=np.int64) * MINUTE_US
        counts = np.array([len(day) for day in hours.week])
        places = np.cumsum(counts) - counts
        many = counts[weekday]
        nth = np.arange(many.sum()) - np.repeat(np.cumsum(many) - many, many)
        piece = np.repeat(places[weekday], many) + nth
        lengths = table[piece, 1]
        return cls(np.repeat(days, many) * DAY_US + table[piece, 0], lengths, np.cumsum(lengths) - lengths)

    def until(self, wall: Ints) -> Ints:
        """How much is worked before the wall clock shows a time."""
        if not len(self.begins):
            return np.zeros(len(wall), dtype=np.int64)
        place = np.searchsorted(self.begins, wall, side="right") - 1
        last = np.maximum(place, 0)
        into = np.minimum(wall - self.begins[last], self.lengths[last])
        return np.where(place < 0, 0, self.before[last] + into)


@dataclass(frozen=True)
class _Clock:
    """A zone's offsets from UTC, in microseconds, and the instants from which each holds."""

    since: Ints
    offsets: Ints

    @classmethod
    def of(cls, zone: str | None, first: int, last: int) -> _Clock:
        """The offsets between two instants; the clock of no zone is the instants themselves."""
        if zone is None:
            return cls(np.array([first]), np.zeros(1, dtype=np.int64))
        grid = np.arange(first // DAY_US * DAY_US, last + 2 * DAY_US, DAY_US)
        offsets = _offsets(grid, zone)
        changed = np.flatnonzero(np.diff(offsets))
        early, late = grid[changed], grid[changed + 1]
        # The clock changes at most once within a day, on a full second: halve each day until only that second is left.
        while len(early) and (late - early).max() > _SECOND_US:
            middle = (early + late) // (2 * _SECOND_US) * _SECOND_US
            still = _offsets(middle, zone) == offsets[changed]
            early, late = np.where(still, middle, early), np.where(still, late, middle)
        return cls(np.append(grid[:1], late), np.append(offsets[:1], offsets[changed + 1]))

    def worked_until(self, instants: Ints, worked: _Worked) -> Ints:
        """How much is worked from the first offset on up to each instant."""
        begins = worked.until(self.since + self.offsets)
        ends = worked.until(self.since[1:] + self.offsets[:-1])
        before = np.append(0, np.cumsum(ends - begins[:-1]))
        place = np.searchsorted(self.since, instants, side="right") - 1
        return before[place] + worked.until(instants + self.offsets[place]) - begins[place]


def _offsets(instants: Ints, zone: str) -> Ints:
    return _microseconds(wall_clock(instants.astype("datetime64[us]"), zone)) - instants


@dataclass(frozen=True)
class _Wait:
    """From creation to `end`. `minutes` is the help desk's column in calendar time, `own` the one in its business time,
    `elapsed` what was made of the former; `column` is made here, for `metric`."""

    column: str
    metric: str
    end: str
    minutes: str
    own: str
    elapsed: str
    end_called: str
    called: str


def _wait(of: str, column: str, end: str, elapsed: str, end_called: str) -> _Wait:
    """A wait by what the names of its metric and of the help desk's columns have in common."""
    called = f"{of.replace('_', ' ')} time in business hours"
    return _Wait(
        column, f"{of}_time_business", end, f"{of}_minutes", f"{of}_business_minutes", elapsed, end_called, called
    )


_WAITS = (
    _wait("first_response", "business_response_minutes", "first_response_at", "response_minutes", "the first reply"),
    _wait("resolution", "business_resolution_minutes", "solved_at", "resolution_hours", "the solution"),
)


@dataclass(frozen=True)
class _Ways:
    """How each row is measured: between its stamps, by whole days where these have no time, by calendar minutes from its
    creation, or by the help desk's own business minutes; `timed` are rows whose file knows the calendar time as well."""

    stamps: Bools
    days: Bools
    minutes: Bools
    own: Bools
    timed: Bools


def derive(draft: Draft, table: Table) -> None:
    """Business minutes to the first answer and to the solution, where a figure needs them and a file allows it."""
    hours = draft.settings.hours
    for wait in _WAITS:
        if not draft.asks("tickets", wait.column):
            continue
        if hours is None and draft.settings.holidays is not None:
            raise SettingsError(
                "holidays are set, but no working hours they could be taken from",
                where="settings",
                hint='Set the hours as well: [hours] and below it mon = "09:00-17:30" and the other days',
            )
        ways = _ways(draft, table, wait, hours)
        computed = ways.stamps | ways.days | ways.minutes
        if not computed.any() and not ways.own.any():
            continue
        result = np.where(ways.own, numbers(table.frame, wait.own), np.nan)
        result = draft.no_negative(table, result, "creation", wait.end_called, wait.called)
        if hours is not None and computed.any():
            result = np.where(computed, _by_hours(draft, table, wait, ways, hours), result)
        # Who has no answer, or an impossible one, has no time in business hours either.
        happened = ~np.isnan(numbers(table.frame, wait.elapsed))
        table.frame[wait.column] = np.where(happened | ~ways.timed, result, np.nan)
        draft.labels[wait.metric] = _label(draft, table, wait, computed, ways.own)


def _ways(draft: Draft, table: Table, wait: _Wait, hours: Hours | None) -> _Ways:
    """Decided per file: its two stamps; else its calendar minutes behind an exact creation; else the help desk's own
    business minutes, which are all there is without hours; else the days that its stamps name."""
    frame = table.frame
    stamps, days, minutes, own, timed = ways = np.zeros((5, len(draft.sources)), dtype=bool)
    dated = draft.calendar(table, "created_at"), draft.calendar(table, wait.end)
    for i in draft.files(table):
        mapped = {name for name in draft.sources[i].columns if name in frame}
        stamped = has_stamps(draft.sources[i], frame, wait.end)
        counted = "created_at" in mapped and wait.minutes in mapped
        timed[i] = stamped or counted
        if hours is not None and stamped and not (dated[0][i] or dated[1][i]):
            stamps[i] = True
        elif hours is not None and counted and not dated[0][i]:
            minutes[i] = True
        elif wait.own in mapped:
            own[i] = True
        elif hours is not None and stamped:
            days[i] = True
    return _Ways(*ways[:, frame[SOURCE].to_numpy()])


def has_stamps(source: Source, frame: pd.DataFrame, end: str) -> bool:
    """Whether a file says when its tickets came in and when they came to an end; one that is closed is solved."""
    ends = {end, "closed_at"} if end == "solved_at" else {end}
    return "created_at" in source.columns and not ends.isdisjoint(source.columns) and end in frame


def _by_hours(draft: Draft, table: Table, wait: _Wait, ways: _Ways, hours: Hours) -> Floats:
    settings = draft.settings
    if hours.zone is not None and settings.timezone is None:
        raise SettingsError(
            f"hours.zone is {hours.zone}, but times in the files have no zone as long as timezone is not set",
            where="settings",
            hint=f"Say in which zone they are, for example --timezone {hours.zone}",
        )
    zone = hours.zone or settings.timezone
    begin, end = table.frame["created_at"].to_numpy(), moments(table.frame, wait.end)
    if ways.minutes.any():
        minutes = numbers(table.frame, wait.minutes)
        end = np.where(ways.minutes, np.where(np.isnan(minutes), NAT, minutes_after(begin, minutes)), end)
    if ways.days.any():
        begin = np.where(ways.days, instants(draft.days(begin), zone), begin)
        end = np.where(ways.days, instants(draft.days(end), zone), end)
    skipped = ~(ways.stamps | ways.days | ways.minutes)
    return business_minutes(np.where(skipped, NAT, begin), end, hours, zone, settings.holidays)


def _label(draft: Draft, table: Table, wait: _Wait, computed: Bools, own: Bools) -> str:
    """Whose hours they are; a note names the help desk's columns."""
    parts = ["by your working hours"] if computed.any() else []
    if own.any():
        headers = sorted({f'"{draft.sources[i].columns[wait.own]}"' for i in draft.files(table, own)})
        draft.note(f"The {wait.called} is the help desk's own: {', '.join(headers)}.", f"tickets.{wait.column}")
        parts.append("by the help desk's")
    return " and ".join(parts)
