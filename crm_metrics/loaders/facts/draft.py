"""What the makers of facts share: the tables so far, as-of, the settings, and where to report what was noticed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from crm_metrics.expressions import Filter
from crm_metrics.issues import Issue
from crm_metrics.loaders.coercing.columns import by_text
from crm_metrics.loaders.identity import by_file
from crm_metrics.loaders.recognising import Recognised, normalised
from crm_metrics.settings import Settings
from crm_metrics.tables import SOURCE, Coverage, Source, Table
from crm_metrics.tables.arrays import taken
from crm_metrics.tables.frames import categorical, has_value, instants, numbers, wall_clock

if TYPE_CHECKING:
    from crm_metrics.loaders.rates import Book

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]

SECOND = np.timedelta64(1, "s")
BLOCK = 1 << 16  # so many rows at once stay in the processor's cache
MINUTE_US, HOUR_US, DAY_US = 60_000_000, 3_600_000_000, 86_400_000_000


@dataclass
class Draft:
    """A dataset in the making: its tables by name. `as_of` is the last day the data knows; `now` the instant behind its end,
    `wanted` the tables that the figures are made of, `needs` the columns they need of each: others are not derived;
    `dims` the attributes that figures are asked by."""

    tables: dict[str, Table]
    sources: list[Source]
    recognised: dict[int, Recognised]
    settings: Settings
    as_of: date
    now: np.datetime64
    wanted: set[str] = field(default_factory=set)
    needs: dict[str, set[str]] = field(default_factory=dict)
    dims: tuple[str, ...] = ()
    where: Filter | None = None  # which rows figures are made of
    issues: list[Issue] = field(default_factory=list)
    labels: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    concerns: dict[str, tuple[str, ...]] = field(default_factory=dict)
    constants: dict[str, float] = field(default_factory=dict)
    rates: Book | None = None
    priced_in: str | None = None  # the currency that all amounts are converted to
    coverage: dict[str, Coverage] = field(default_factory=dict)

    def note(self, sentence: str, *concerned: str) -> None:
        """Have a sentence printed with the figures, with all of them or with those that read the tables or columns
        (`table.column`) concerned."""
        self.notes.append(sentence)
        if concerned:
            self.concerns[sentence] = concerned

    def known_until(self, table: str) -> np.datetime64:
        """The instant behind the last day on which the state of a table's records is known: ages, who still waits and
        what has happened are judged by it."""
        covered = self.coverage.get(table)
        if covered is None or covered.known_until >= self.as_of:
            return self.now
        behind = np.array([covered.known_until], dtype="datetime64[D]") + 1
        until: np.datetime64 = instants(behind, self.settings.timezone)[0]
        return until

    def last_day(self, table: str) -> Any:
        """The last calendar day up to which the state of a table's records is known."""
        return self.days(np.array([self.known_until(table) - np.timedelta64(1, "us")]))[0]

    def report(self, code: str, table: Table, hit: Bools, **detail: str) -> None:
        """One issue per file for the marked rows of a table; none when no row is marked."""
        for index, rows in by_file(table.frame, hit) if hit.any() else ():
            rows = np.unique(rows) if table.in_parts else rows
            self.issues.append(Issue.of_rows(code, self.sources[index].path, rows, **detail))

    def asks(self, table: str, *columns: str) -> bool:
        """Whether any figure needs one of these columns of a table."""
        return not self.needs.get(table, set()).isdisjoint(columns)

    def say(self, code: str, **detail: str) -> None:
        """An issue that belongs to no single file."""
        issue = Issue(code, detail=detail)
        if issue not in self.issues:
            self.issues.append(issue)

    def leave_out(self, table: Table, hit: Bools, reason: str) -> None:
        """Take the marked rows out of a table. Each counts as left out of its file, unless the file is one of another
        table, from which these rows are made: there they still count."""
        if hit.any():
            for index, rows in by_file(table.frame, hit):
                if self.sources[index].table == table.name:
                    self.sources[index].left_out[reason] += len(rows)
            table.frame = table.frame[~hit].reset_index(drop=True)

    def days(self, moments: NDArray[Any]) -> NDArray[Any]:
        """The calendar day of each instant in the declared time zone."""
        return wall_clock(moments, self.settings.timezone).astype("datetime64[D]")

    def between(self, table: Table, start: str, end: str, unit_us: int, *, like: str | None = None) -> Floats:
        """Time from one date column to another in units of so many microseconds, NaN where either is missing: exact, or
        whole calendar days where either file holds a date without a time, or where `like`, another column, does."""
        begin, until = table.frame[start].to_numpy(), table.frame[end].to_numpy()
        by_day = self.by_day(table, start) | self.by_day(table, end)
        return self._elapsed(begin, until, until, by_day | self.by_day(table, like) if like else by_day, unit_us)

    def waited(self, table: Table, start: str, end: str, unit_us: int) -> Floats:
        """Time from a date column to the end of what is known of the table, for what has not come to its end yet: in
        whole days up to its last day where the time to the end would be."""
        begin = table.frame[start].to_numpy()
        day = np.array([self.last_day(table.name)])
        today = np.full(len(begin), instants(day, self.settings.timezone)[0])
        by_day = self.by_day(table, start) | self.by_day(table, end)
        return self._elapsed(begin, np.full(len(begin), self.known_until(table.name)), today, by_day, unit_us)

    def _elapsed(
        self, begin: NDArray[Any], until: NDArray[Any], until_day: NDArray[Any], by_day: Bools, unit_us: int
    ) -> Floats:
        result = np.empty(len(begin))
        for start in range(0, len(begin), BLOCK):
            exact = (until[start : start + BLOCK] - begin[start : start + BLOCK]).astype("timedelta64[us]", copy=False)
            result[start : start + BLOCK] = np.where(np.isnat(exact), np.nan, exact.view(np.int64))
        if by_day.any():
            day = (self.days(until_day[by_day]) - self.days(begin[by_day])).astype("timedelta64[D]")
            as_us = day.astype(np.float64) * DAY_US
            as_us[np.isnat(day)] = np.nan
            result[by_day] = as_us
        result /= unit_us
        return result

    def by_day(self, table: Table, column: str) -> Bools:
        """The rows whose file holds calendar dates in this column."""
        return self.by_row(self.calendar(table, column), table.frame)

    def files(self, table: Table, rows: Bools | None = None) -> list[int]:
        """The sources that a table's rows, or the marked ones, are of."""
        source = table.frame[SOURCE].to_numpy()
        if len(source) and (source == source[0]).all():
            return [int(source[0])] if rows is None or rows.any() else []
        counts = np.bincount(source if rows is None else source[rows], minlength=len(self.sources))
        return np.flatnonzero(counts).tolist()

    def by_file(self, table: Table, rows: Bools | None = None) -> Iterator[tuple[int, Bools]]:
        """Each source that a table's rows, or the marked ones, are of, with these rows."""
        source = table.frame[SOURCE].to_numpy()
        for index in self.files(table, rows):
            here: Bools = source == index
            yield index, here if rows is None else here & rows

    def of_files(self, frame: pd.DataFrame, holds: Callable[[Source], bool]) -> Bools:
        """The rows that are of a source for which something holds."""
        return self.by_row(np.array([holds(source) for source in self.sources], dtype=bool), frame)

    def by_row(self, flags: Bools, frame: pd.DataFrame) -> Bools:
        """Of each row what holds of its source."""
        if flags.all() or not flags.any():
            return np.full(len(frame), bool(flags.all()))
        return taken(flags, frame[SOURCE].to_numpy())

    def calendar(self, table: Table, column: str) -> Bools:
        """Of each source whether its column holds calendar dates; a blank one does not."""
        flags = table.calendar.get(column, np.zeros(len(self.sources), dtype=bool))
        if not flags.any():
            return flags
        filled = self.files(table, has_value(table.frame, column))
        return flags & np.isin(np.arange(len(flags)), filled)

    def say_by_day(self, table: Table, rows: Bools, dates: Sequence[str], duration: str, column: str) -> None:
        """Have it printed that a duration of less than a day is in whole days, where a date of it has no time of day."""
        spots = [(name, i) for name in dates for i in self.files(table, rows & self.by_day(table, name))]
        columns = [(name, self.sources[i].columns) for name, i in spots]
        headers = sorted({own.get(name) or own.get("closed_at", name) for name, own in columns})
        if headers:
            listed = " and ".join(f'"{header}"' for header in headers)
            self.note(f"The {duration} is in whole days: no time of day in {listed}.", f"{table.name}.{column}")

    def no_negative(self, table: Table, values: Floats, start: str, end: str, duration: str) -> Floats:
        """The durations with negative ones, which are impossible, missing and reported."""
        negative = values < 0
        if not negative.any():
            return values
        self.report("negative-duration", table, negative, start=start, end=end, duration=duration)
        return np.where(negative, np.nan, values)


def quantities(frame: pd.DataFrame) -> Floats:
    """How many of a thing each row is about: one where it does not say."""
    quantity = numbers(frame, "quantity")
    return np.where(np.isnan(quantity), 1.0, quantity)


def minutes_after(begin: NDArray[Any], minutes: Floats) -> NDArray[Any]:
    """The instants so many minutes after others; the same where the minutes are missing."""
    return begin + (np.nan_to_num(minutes) * MINUTE_US).astype("timedelta64[us]")


def all_calendar(table: Table, *columns: str) -> Bools:
    """Of each source whether those of the columns that the table has hold calendar dates in all its rows."""
    return np.logical_and.reduce([table.calendar[name] for name in columns if name in table.calendar])


def words(frame: pd.DataFrame, column: str, accepted_words: Sequence[str] | frozenset[str]) -> Bools:
    """The rows whose text, with case and punctuation aside, is one of the known ones."""
    if column not in frame:
        return np.zeros(len(frame), dtype=bool)
    accepted = {normalised(word) for word in accepted_words}
    return by_text(frame[column], lambda text: normalised(text) in accepted, False)


def distinct_values(frame: pd.DataFrame, column: str, rows: Bools | None = None) -> list[str]:
    """The different texts of a column, in all or the marked rows, sorted."""
    texts = categorical(frame[column])
    codes = texts.codes if rows is None else texts.codes[rows]
    there = np.zeros(len(texts.categories) + 1, dtype=bool)  # the last is for missing ones
    there[codes] = True
    return sorted(str(text) for text in texts.categories[there[:-1]])


def put(frame: pd.DataFrame, column: str, values: NDArray[Any]) -> None:
    """Make an array a column of the frame without copying it: it must be new, and nobody else's."""
    frame[column] = pd.Series(values, index=frame.index, copy=False)


def optional_truth(true: Bools, is_told: Bools) -> Any:
    """Truth values with those not known missing."""
    return pd.arrays.BooleanArray(true & is_told, ~is_told)


def in_target(answered: Bools, elapsed: Floats, waited: Floats, target: float) -> Any:
    """Whether each was answered within a target, missing while it is too early to tell and where nobody knows how long an
    answer took; all in one unit."""
    is_judged = (answered & ~np.isnan(elapsed)) | (~answered & (waited > target))
    return optional_truth(answered & (elapsed <= target), is_judged)


def category(labels: Sequence[str], codes: NDArray[Any]) -> pd.Categorical:
    """A categorical from labels and places among them, −1 for missing."""
    return pd.Categorical.from_codes(codes.astype(np.int8 if len(labels) < 128 else np.int32), dtype=_of(tuple(labels)))


@lru_cache(maxsize=64)
def _of(labels: tuple[str, ...]) -> pd.CategoricalDtype:
    """The type of a column of these labels, which takes longer to make than a column of few rows."""
    return pd.CategoricalDtype(pd.Index(list(labels), dtype="str"))
