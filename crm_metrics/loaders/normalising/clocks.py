"""The clocks of a file's dates: columns in which every cell has the same time of day, be they calendar dates or moments that
really come so; and the zones that moments are written in, by their cells, by their headers, of one place or of several."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from crm_metrics.loaders.coercing import columns as coerced, dates
from crm_metrics.loaders.normalising.file import File
from crm_metrics.schema import Kind
from crm_metrics.tables import frames

Moments = NDArray[np.int64]

SAMPLE = 64
ENOUGH_DAYS = 3  # two records may agree by chance
# Before this hour nobody is at work: a time that is a shift of midnight, or that of a job that runs at night.
_MORNING = 7 * 3600 * dates.SECOND
# Tables whose dates, but for when a record was made, people fill in: they choose a day, and the time comes of the tool.
_TYPED = ("customers", "deals", "orders", "spend", "subscriptions")
_ZONE_ID = re.compile(r"""timeZone["']*\s*:\s*["']*([\w+-]+(?:/[\w+-]+)*)""")
_NONE, _HOUR = timedelta(), 3600 * dates.SECOND
_FIRST = ("created_at", "started_at", "asked_at", "spent_at")


def constant(wall: Moments) -> int | None:
    """The time of day in microseconds that all moments have, on three days at least; None where they differ."""
    moments = wall[:SAMPLE][wall[:SAMPLE] != dates.NEVER] % dates.DAY
    if len(moments) and (moments != moments[0]).any():
        return None
    moments = wall[wall != dates.NEVER]
    if not len(moments) or (moments % dates.DAY != moments[0] % dates.DAY).any():
        return None
    return int(moments[0] % dates.DAY) if len(np.unique(moments // dates.DAY)) >= ENOUGH_DAYS else None


def written(moment: int) -> str:
    """The time of day of a moment as people write it."""
    seconds = moment % dates.DAY // dates.SECOND
    shown = f"{seconds // 3600:02}:{seconds // 60 % 60:02}"
    return f"{shown}:{seconds % 60:02}" if seconds % 60 else shown


def days(wall: Moments) -> Moments:
    """The beginnings of the days of the moments."""
    return np.where(wall == dates.NEVER, wall, wall - wall % dates.DAY)


def is_moment(file: File, name: str, wall: Moments, read: dict[str, Any]) -> str | None:
    """The column that shows that a constant time of day is a real one: it is in order with it on each day that both are of,
    and more than once by chance. None where there is no such column, or one that contradicts it."""
    is_typed = file.layout.table in _TYPED and name != "created_at"
    if is_typed or wall[wall != dates.NEVER][0] % dates.DAY < _MORNING:
        return None
    witness = None
    for other, moments in _others(file, name, read).items():
        both = (moments != dates.NEVER) & (wall != dates.NEVER) & (moments % dates.DAY != 0)
        gap = (moments - wall)[both]
        same = (moments // dates.DAY == wall // dates.DAY)[both]
        gap, same = gap[gap != 0], same[gap != 0]
        if other in _FIRST:
            ahead = False
        elif name in _FIRST or not (~same).any():
            ahead = True
        else:
            ahead = bool((gap[~same] > 0).mean() > 0.5)
        if same.any():
            if not ((gap[same] > 0) == ahead).all():
                return None
            witness = other
    return witness


def others(file: File, read: Collection[str]) -> dict[str, tuple[Moments, NDArray[np.float64]]]:
    """The wall clocks and the offsets, NaN for none, of the file's other columns of dates, by name: what is asked decides no
    reading."""
    found = {}
    for name, column in file.others({Kind.DATE}, read).items():
        if pa.types.is_temporal(column.type):
            moments = coerced.typed_moments(column)
            found[name] = moments, np.full(len(moments), np.nan)
            continue
        texts = coerced.texts(column, file.missing)
        written = dates.take_apart(texts.values)
        by_text = dates.resolve(written, file.date_order or "dmy")
        found[name] = texts.spread(by_text, dates.NEVER), texts.spread(written.zone, np.nan)
    return found


def _others(file: File, name: str, read: dict[str, Any]) -> dict[str, Moments]:
    """The file's other columns of moments, whether a figure asks for them or not."""
    dates_of = {
        other: values.view(np.int64)
        for other, values in read.items()
        if other != name and file.kind(other) is Kind.DATE and isinstance(values, np.ndarray)
    }
    return dates_of | {other: wall for other, (wall, _) in others(file, {*dates_of, name}).items()}


def with_stated(
    file: File, name: str, wall: Moments, offsets: NDArray[np.float64] | None
) -> NDArray[np.float64] | None:
    """The offsets of a column with those of the zone that its header names, where its cells name none."""
    stated = _stated_zone(file, name)
    if stated is None:
        return offsets
    bare = (wall != dates.NEVER) & (True if offsets is None else np.isnan(offsets))
    result = np.full(len(wall), np.nan) if offsets is None else offsets.copy()
    result[bare] = offsets_in(stated, wall[bare])
    return result


def on_one_clock(file: File, values: dict[str, Any]) -> None:
    """Put moments of several zones on the clock of UTC where no zone of the report is set, and say so. Those of one place,
    whose clock only summer moves, stay."""
    if not file.offsets:
        return
    told = [(values[name].view(np.int64), offsets) for name, offsets in file.offsets.items() if name in values]
    for name, (wall, own) in others(file, {*file.calendar}).items():
        if (wall[wall != dates.NEVER] % dates.DAY).any():  # a calendar date is of no zone
            stated = with_stated(file, name, wall, own)
            told.append((wall, own if stated is None else stated))
    wall, offsets = (np.concatenate(parts) for parts in zip(*told, strict=True))
    is_told = (wall != dates.NEVER) & ~np.isnan(offsets)
    seen = np.unique(offsets[is_told])
    if len(seen) < 2 or _is_of_one_place(wall[is_told], offsets[is_told]):
        return
    for name, own in file.offsets.items():
        values[name] = moved(values[name].view(np.int64), own).view("datetime64[us]")
    named = ", ".join(file.header(name) for name in file.offsets)
    file.note("several-zones", column=named, seen=", ".join(map(_shown, seen)))


def _is_of_one_place(wall: Moments, offsets: NDArray[np.float64]) -> bool:
    """Whether the clocks of one time zone, which summer moves, have these offsets from UTC, in minutes."""
    _, firsts = np.unique(offsets, return_index=True)
    sample = [*firsts, *np.linspace(0, len(wall) - 1, SAMPLE, dtype=int)]
    known = [(datetime(1970, 1, 1) + timedelta(microseconds=int(wall[at])), offsets[at] * 60) for at in sample]
    zones = map(ZoneInfo, sorted(available_timezones()))
    return any(
        all((at.replace(tzinfo=zone).utcoffset() or _NONE).total_seconds() == of for at, of in known) for zone in zones
    )


def say(file: File, name: str, offsets: NDArray[np.float64] | None) -> None:
    """Note the zones of a column whose wall clock is used as it is: those of its cells, and that of its header."""
    if offsets is not None:
        zones = map(_shown, np.unique(offsets[~np.isnan(offsets)]))
        file.note("zone-seen", column=file.header(name), seen=", ".join(sorted(zones)))
    stated = _stated_zone(file, name)
    if stated is not None and all(issue.code != "zone-seen" or issue.detail["seen"] != stated for issue in file.issues):
        file.note("zone-seen", column=file.header(name), seen=stated)


def say_evenings(file: File, name: str, wall: Moments, offsets: NDArray[np.float64]) -> None:
    """Warn of a column whose cells all have one hour of the evening in UTC, or two that summer tells apart, as the midnights
    of a place farther east have: then each is of the day after the written one."""
    filled = wall != dates.NEVER
    if np.isnan(offsets[filled]).any():
        return
    utc = moved(wall, offsets)[filled]
    times = np.unique(utc % dates.DAY)
    is_midnight = len(times) <= 2 and np.ptp(times) <= _HOUR and times[0] >= 20 * _HOUR and not (times % _HOUR).any()
    days = utc // dates.DAY
    if is_midnight and len(np.unique(days)) >= ENOUGH_DAYS and (wall[filled] // dates.DAY == days).all():
        file.note("evening-clock", column=file.header(name), seen=" or ".join(map(written, times.tolist())))


def moved(wall: Moments, offsets: NDArray[np.float64]) -> Moments:
    """Wall clocks so many minutes east of UTC as moments of it, those without an offset as they are."""
    moved = np.where(wall == dates.NEVER, wall, wall - (np.nan_to_num(offsets) * 60).astype(np.int64) * dates.SECOND)
    return np.where(moved < dates.AFTER_LAST, moved, wall)


def offsets_in(zone: str, wall: Moments) -> NDArray[np.float64]:
    """How many minutes east of UTC each of these clocks of a zone is, of an offset or a region; NaN for what is neither."""
    if "/" in zone and _is_zone(zone):
        return (wall - frames.instants(wall.view("datetime64[us]"), zone).view(np.int64)) / (60 * dates.SECOND)
    return np.full(len(wall), dates.zone_minutes(zone))


def _stated_zone(file: File, name: str) -> str | None:
    """The time zone that a column's header names in brackets, `(UTC)`, `(in UTC)`, `(PST)`, `(GMT+1)`,
    `(America/New_York)`, or in a further row, as Qualtrics does."""
    stated = file.recognised.suffixes.get(name, "").removeprefix("in ").strip()
    place = file.recognised.columns.get(name)
    if place is not None and not stated:
        for row in file.raw.header_rows[1:]:
            if match := _ZONE_ID.search(row[place]):
                stated = match[1]
    is_known = not np.isnan(dates.zone_minutes(stated)) or ("/" in stated and _is_zone(stated))
    return stated if is_known else None


def _shown(offset: float) -> str:
    return f"{'+' if offset >= 0 else '-'}{abs(int(offset)) // 60:02d}:{abs(int(offset)) % 60:02d}"


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True
