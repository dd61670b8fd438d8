"""Working time between two instants, for whole columns at once.

A moment is working time when the wall clock of the hours' zone then shows a time within the hours of its weekday, on no
holiday. So an hour that the clock shows twice in autumn is worked twice where it lies within the hours, and one that it
skips in spring is not worked at all. Between two changes of the clock a zone is a fixed offset: the working time up to
an instant is a sum over the wall clock, looked up in a table of stretches.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from crm_metrics.loaders.facts.workbench import DAY_US, MINUTE_US, Bools, Floats, Ints
from crm_metrics.settings import Holidays, Hours

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
    known: Bools = (_EARLIEST <= begin) & (begin <= end) & (end < _LATEST)  # false where either is missing
    if not known.any():
        return result
    since, until = _microseconds(begin[known]), _microseconds(end[known])
    first, last = int(since.min()), int(until.max())
    clock = _Clock.of(zone, first, last)
    worked = _Worked.of(hours, holidays, first, last)
    result[known] = (clock.worked_until(until, worked) - clock.worked_until(since, worked)) / MINUTE_US
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
        found = np.maximum(place, 0)
        into = np.minimum(wall - self.begins[found], self.lengths[found])
        return np.where(place < 0, 0, self.before[found] + into)


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
    index = pd.DatetimeIndex(instants.astype("datetime64[us]"))
    local = index.tz_localize("UTC").tz_convert(zone).tz_localize(None)
    return _microseconds(local.to_numpy()) - instants
