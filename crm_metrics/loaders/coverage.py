"""What each table knows of time: from its own records, the date in a file's name, or the settings.

Days are numbers since 1970-01-01 in the declared time zone while they are worked with.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from functools import reduce
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from crm_metrics import schema
from crm_metrics.loaders import missing_exports
from crm_metrics.loaders.facts.draft import DAY_US, Bools, Draft, Ints
from crm_metrics.loaders.missing_exports import ENOUGH, MONTH, YEAR, date_of, number_of
from crm_metrics.loaders.versions import day_in_name
from crm_metrics.tables import SOURCE, Coverage, Table
from crm_metrics.tables.frames import instants, moments

_ODD_RECORDS, _ODD_SHARE, _ODD_DAYS, _ODD_TIMES = 3, 0.05, 90, 3
_QUARTER_US = 15 * 60_000_000  # the offsets of time zones are whole quarters of an hour


@dataclass(frozen=True)
class _Days:
    """The days on which the records of a table say that something happened and those on which they came in: sorted, not
    after today, none out of line (`oldest` may be); `ends` are days that may have been planned. `exported` is the latest day
    on which one of its files was made, by its name or the settings (long ago for none); `until` is what the settings say for
    all of its files."""

    oldest: int
    happened: Ints
    came_in: Ints
    ends: Ints
    exported: int
    until: int | None

    @property
    def newest(self) -> int:
        return max(int(self.happened[-1]), self.exported)


def settle(draft: Draft, today: date) -> None:
    """Put into the draft as-of (the setting, else the newest day on which something happened, today at the latest) and what
    each table with dates covers; report dates out of line and dates after today."""
    last = number_of(today)
    by_table = {name: days for name, table in draft.tables.items() if (days := _days(draft, table, last)) is not None}
    newest = max((days.newest for days in by_table.values()), default=last)
    draft.as_of = draft.settings.as_of or date_of(newest)
    draft.now = _behind(draft, draft.as_of)
    draft.coverage = {name: _covered(_with_others(draft, name, by_table), draft.as_of, name) for name in by_table}
    for name, days in by_table.items():
        missing_exports.report(draft, draft.tables[name], days.came_in, days.happened)
    until = _behind(draft, today)
    for table in draft.tables.values():
        for column in schema.TABLES[table.name].moments:
            dates = moments(table.frame, column) if table.has(column) else _NONE
            if dates.view(np.int64).max(initial=_MISSING) >= until.astype(np.int64):
                draft.report("after-as-of", table, dates >= until, as_of=str(today), column=column)


def _with_others(draft: Draft, name: str, by_table: dict[str, _Days]) -> _Days:
    """The days of a table with those of what else its files hold (a deal's stages), and of deals for leads that are
    converted when a deal of theirs is won."""
    own, table = by_table[name], draft.tables[name]
    files = set(draft.files(table))
    beside = [other for other in by_table if other != name and files & set(draft.files(draft.tables[other]))]
    if name == "leads" and "deals" in by_table and table.has("lead_id") and draft.tables["deals"].has("lead_id"):
        beside += [] if table.has("converted_at") or table.has("is_converted") else ["deals"]
    happened = [own.happened, *(by_table[other].happened for other in beside)]
    return replace(own, happened=np.unique(np.concatenate(happened)))


def derive(draft: Draft) -> None:
    """Put into the draft what the derived tables cover: as much as the tables that their rows are made of."""
    for name, table in draft.tables.items():
        if name not in draft.coverage and (bases := _bases(draft, table)):
            draft.coverage[name] = reduce(Coverage.within, bases)


def _bases(draft: Draft, table: Table) -> list[Coverage]:
    """What the tables cover that share files with a derived one; all that it could be made of where none of them does. Lines
    without a date of their own have that of their order."""
    names = [name for name in schema.TABLES[table.name].bases or sorted(draft.coverage) if name in draft.tables]
    dated = [name for name in names if name in draft.coverage]
    mine = set(draft.files(table)) if SOURCE in table.frame else set()
    sharing = [name for name in names if mine & set(draft.files(draft.tables[name]))]
    if not sharing:
        return [draft.coverage[name] for name in dated if schema.is_derived(table.name)]
    names = [name for name in sharing if name in draft.coverage] or dated[:1]
    return [draft.coverage[name] for name in names]


def _covered(days: _Days, as_of_day: date, name: str) -> Coverage:
    as_of = number_of(as_of_day)
    happened = np.union1d(days.happened, days.ends[days.ends <= as_of])
    newest = max(int(happened[-1]), days.exported)
    if days.until is not None:
        known_until = complete = min(days.until, as_of)
    else:
        known_until = as_of if newest >= as_of or missing_exports.is_usual(as_of - newest, happened) else newest
        complete = known_until
        came_in = days.came_in
        if len(came_in) and np.count_nonzero(came_in > came_in[-1] - YEAR) >= ENOUGH:
            pause = known_until - int(came_in[-1])
            complete = known_until if pause <= 0 or missing_exports.is_usual(pause, came_in) else known_until - pause
    # Nothing is spent after the last day of the costs; of other records none may have come in.
    last = min(complete, newest) if name == "spend" else complete
    oldest, first = date_of(days.oldest), date_of(int(days.happened[0]))
    return Coverage(oldest, first, date_of(newest), date_of(known_until), date_of(complete), date_of(last))


def _days(draft: Draft, table: Table, today: int) -> _Days | None:
    """None for a table without any date that has come."""
    spec = schema.TABLES[table.name]
    names = [name for name in dict.fromkeys((*spec.moments, *spec.traces)) if table.has(name)]
    sure = [moments(table.frame, name) for name in names]
    days = {name: _distinct(draft, [dates], today) for name, dates in zip(names, sure, strict=True)}
    happened = np.unique(np.concatenate([_NONE.view(np.int64), *days.values()]))
    if not len(happened):
        return None
    oldest = int(happened[0])
    happened = _in_line(draft, table, sure, happened)
    came_in = days.get(spec.placed_by, happened[:0])
    came_in = came_in[(came_in >= happened[0]) & (came_in <= happened[-1])]
    # The end of a contract may lie ahead of the day of the export: it does not settle as-of.
    ends = _distinct(draft, [moments(table.frame, name) for name in spec.ends if table.has(name)], today)
    return _Days(oldest, happened, came_in, ends[ends >= happened[0]], *_told(draft, table, sure, today))


def _distinct(draft: Draft, columns: list[NDArray[Any]], today: int) -> Ints:
    """The different days of some columns of instants up to today, sorted."""
    zone = draft.settings.timezone
    unit = DAY_US if zone is None else _QUARTER_US
    days = [pd.unique(dates.view(np.int64) // unit) for dates in columns]
    units = np.unique(np.concatenate([_NONE.view(np.int64), *days]))
    units = units[units > _MISSING // unit]
    if zone is not None:
        units = np.unique(draft.days((units * unit).view("datetime64[us]")).astype(np.int64))
    return units[units <= today]


_NONE = np.zeros(0, dtype="datetime64[us]")
_MISSING = np.iinfo(np.int64).min  # a missing date as a number


def _in_line(draft: Draft, table: Table, columns: list[NDArray[Any]], days: Ints) -> Ints:
    """The days without those of a few records that lie far beyond all others, at either end; these are reported."""
    rows = len(table.frame)
    kept, odd = days, np.zeros(rows, dtype=bool)
    for sign in (1, -1):
        ordered = np.sort(sign * kept)
        for count in range(min(_ODD_RECORDS, len(ordered) - 2), 0, -1):
            others, pause = ordered[:-count], int(ordered[-count] - ordered[-count - 1])
            if pause <= max(_ODD_DAYS, _ODD_TIMES * int(np.diff(others).max(initial=0))):
                continue
            hit = _beyond(draft, columns, int(others[-1]), sign)
            if hit.sum() <= _ODD_RECORDS and hit.sum() < _ODD_SHARE * rows:
                kept, odd = np.sort(sign * others), odd | hit
                break
    if odd.any():
        draft.report(
            "date-out-of-line", table, odd, newest=str(date_of(int(kept[-1]))), first=str(date_of(int(kept[0])))
        )
    return kept


def _beyond(draft: Draft, columns: list[NDArray[Any]], day: int, sign: int) -> Bools:
    """The records with a date after a day, or before it."""
    edge = _behind(draft, date_of(day if sign > 0 else -day - 1))
    hit = [dates >= edge if sign > 0 else dates < edge for dates in columns]
    return np.logical_or.reduce(hit)


def _told(draft: Draft, table: Table, columns: list[NDArray[Any]], today: int) -> tuple[int, int | None]:
    """The latest day on which one of the table's files was made, and up to when they all know by hand."""
    source = table.frame[SOURCE].to_numpy()
    exported, untils = -(1 << 40), []
    for index in draft.files(table):
        path = draft.sources[index].path
        until = draft.settings.rules(path).until
        untils.append(until)
        if until is not None:
            exported = max(exported, min(number_of(until), today))
        in_name = day_in_name(path)
        if in_name is None or in_name > date_of(today):
            continue
        named = number_of(in_name)
        mine = [dates[source == index] for dates in columns]
        newest = max((int(days[-1]) for dates in mine if len(days := _distinct(draft, [dates], today))), default=None)
        if newest is not None and 0 <= named - newest <= MONTH:
            exported = max(exported, named)
    stated = [number_of(until) for until in untils if until is not None]
    return exported, max(stated) if stated and len(stated) == len(untils) else None


def _behind(draft: Draft, day: date) -> np.datetime64:
    """The instant behind the end of a day."""
    days = np.array([day], dtype="datetime64[D]") + 1
    until: np.datetime64 = instants(days, draft.settings.timezone)[0]
    return until
