"""Rows of a table and the windows they belong to: whose date falls into one, what stands at its edge."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from crm_metrics.engine.cells import Bools, Codes, Floats, Ints
from crm_metrics.engine.columns import NEVER
from crm_metrics.engine.windows import DAY, Layer
from crm_metrics.tables.arrays import kept, taken

FOREVER = np.iinfo(np.int64).max
_MOST_DAYS = 200_000
_BLOCK = 1 << 16  # so many rows at once stay in the processor's cache
_MIX = np.int64(-0x61C8864680B583EB)  # 2**64 over the golden ratio: spreads what lies side by side


@dataclass(frozen=True)
class Groups:
    """Pairs put together by cell and sampling unit, in the order of their first pairs. Most are alone: `shared` are the
    pairs that are not, `place` says of each of these which group it is in, `first` is the first pair of each group."""

    cell: Codes
    unit: Ints
    shared: Ints
    place: Ints
    first: Ints

    def add_up(self, values: Floats | Bools) -> None:
        """Of the values of the pairs puts the sum of each group, or whether any is true, at its first pair, 0 at others."""
        sums = np.bincount(self.place, weights=values.take(self.shared), minlength=len(self.first))
        values[self.shared] = 0
        values[self.first] = sums


class Pairs:
    """Rows of a table and the window each belongs to; a row may be in several windows. `value` replaces the column's value
    where a row counts for less than its own; `blocked` are windows for which no rows can be told, with the reason. What is
    computed of pairs is kept: by dimensions the cell of each (`numbered`), how many each cell has (`counted`), their units
    (`grouped`)."""

    def __init__(
        self, rows: Ints, window: Codes, value: Floats | None = None, blocked: dict[int, str] | None = None
    ) -> None:
        self.rows, self.window, self.value, self.blocked = rows, window, value, blocked or {}
        self.numbered: dict[tuple[str, ...], Codes] = {}
        self.counted: dict[tuple[str, ...], Ints] = {}
        self.grouped: dict[tuple[str, ...], Groups] = {}
        self._limited: Pairs | None = None

    def only(self, keep: Bools) -> Part:
        """The pairs that are kept."""
        return Part(self, keep)

    def within(self, windows: Bools) -> Pairs:
        """The pairs of the windows that are True, which are the same whenever it is asked for."""
        if self._limited is None:
            self._limited = self._within(windows)
        return self._limited

    def _within(self, windows: Bools) -> Pairs:
        keep = windows[self.window]
        value = kept(self.value, keep) if self.value is not None else None
        return Pairs(kept(self.rows, keep), kept(self.window, keep), value, self.blocked)

    def cells(self, dims: tuple[str, ...], codes: Codes, shape: tuple[int, int]) -> Codes:
        """The number of the cell of each pair, in a grid of windows and of segments of the dimensions, with the segment of
        each row of the table in `codes`."""
        if dims not in self.numbered:
            self.numbered[dims] = self._cells(dims, codes, shape)
        return self.numbered[dims]

    def _cells(self, dims: tuple[str, ...], codes: Codes, shape: tuple[int, int]) -> Codes:
        cells = np.multiply(self.window, shape[1], dtype=np.int32 if shape[0] * shape[1] < 2**31 else np.int64)
        cells += taken(codes, self.rows)
        return cells

    @property
    def every(self) -> Pairs:
        """All pairs of which these may be a part."""
        return self

    @property
    def member(self) -> Bools | None:
        """Which of every pair are among these; None where all are."""
        return None

    def groups(self, dims: tuple[str, ...], units: Ints | None, cell: Codes) -> Groups:
        """The pairs by cell and by the unit of each row of the table, where rows have any."""
        if dims not in self.grouped:
            # A row is in a window only once: where it is a unit of its own, so is each pair.
            none = np.zeros(0, dtype=np.int64)
            self.grouped[dims] = (
                Groups(cell, self.rows, none, none, none) if units is None else grouped(cell, taken(units, self.rows))
            )
        return self.grouped[dims]


class Part(Pairs):
    """Some of other pairs. What nobody asks for is not taken out of them: a count needs no rows."""

    def __init__(self, base: Pairs, keep: Bools) -> None:
        self._base, self.keep, self.blocked = base, keep, base.blocked
        self.numbered, self.counted, self.grouped, self._limited = {}, {}, {}, None

    @cached_property
    def rows(self) -> Ints:  # type: ignore[override]
        return kept(self._base.rows, self.keep)

    @cached_property
    def window(self) -> Codes:  # type: ignore[override]
        return kept(self._base.window, self.keep)

    @cached_property
    def value(self) -> Floats | None:  # type: ignore[override]
        return kept(self._base.value, self.keep) if self._base.value is not None else None

    def _within(self, windows: Bools) -> Part:
        return Part(self._base.within(windows), self.keep[windows[self._base.window]])

    def _cells(self, dims: tuple[str, ...], codes: Codes, shape: tuple[int, int]) -> Codes:
        return kept(self._base.cells(dims, codes, shape), self.keep)

    @property
    def every(self) -> Pairs:
        return self._base.every

    @property
    def member(self) -> Bools:
        if self._base.member is None:
            return self.keep
        member = np.zeros(len(self.every.rows), dtype=bool)
        member[self._base.member] = self.keep
        return member


def grouped(cell: Codes, unit: Ints) -> Groups:
    """The pairs that share cell and unit.

    Where cells and units make few numbers, each is counted. Else most pairs are alone: which may not be, sorted hashes of 32
    bits tell. In a table of buckets of what repeats each pair is looked up, and only those that fall into one are told
    apart: several times quicker than to tell all apart.
    """
    span, cells = int(unit.max(initial=0)) + 1, int(cell.max(initial=0)) + 1
    keys = np.multiply(cell, span, dtype=np.int64)
    keys += unit
    shared = place = np.arange(len(keys))
    if span * cells <= 4 * len(keys):
        place = keys
    else:
        keys *= _MIX
        mixed = (keys.view(np.uint64) >> np.uint64(32)).astype(np.uint32)
        ordered = np.sort(mixed)
        repeated = kept(ordered[1:], ordered[1:] == ordered[:-1])
        if 2 * len(repeated) <= len(keys):
            beyond = np.uint32(32 - min(len(repeated).bit_length() + 3, 22))
            is_repeated = np.zeros(1 << int(32 - beyond), dtype=bool)
            is_repeated[repeated >> beyond] = True
            shared = np.flatnonzero(taken(is_repeated, mixed >> beyond))
        place = pd.factorize(cell.take(shared).astype(np.int64) * span + unit.take(shared))[0]
    several = np.bincount(place) > 1
    keep = taken(several, place)
    shared, place = kept(shared, keep), (np.cumsum(several) - 1).take(kept(place, keep))
    first = np.empty(np.count_nonzero(several), dtype=np.int64)
    first[place[::-1]] = shared[::-1]  # of several the last stays
    return Groups(cell, unit, shared, place, first)


def beginning(dates: Ints, layer: Layer) -> Pairs:
    """The rows whose date falls into a window of the layer."""
    if len(layer.places) > 1 and _by_whole_days(layer):
        # A table of days is several times quicker than searching the windows for every row.
        first = int(layer.starts[0]) // DAY
        edges = np.stack([layer.starts, layer.ends]) // DAY - first
        of_day = np.full(int(edges[1, -1]) + 1, -1, dtype=np.int32)  # the last is for the days outside
        for place, (start, end) in zip(layer.places.tolist(), edges.T.tolist(), strict=True):
            of_day[start:end] = place
        window = np.empty(len(dates), dtype=np.int32)
        for begin in range(0, len(dates), _BLOCK):
            day = dates[begin : begin + _BLOCK] // DAY - first
            day = np.minimum(day.view(np.uint64), len(of_day) - 1)  # before the first, a number without sign is large
            window[begin : begin + _BLOCK] = of_day.take(day.view(np.int64))
        rows = np.flatnonzero(window >= 0)
        return Pairs(rows, taken(window, rows))
    place = np.searchsorted(layer.starts, dates, side="right") - 1
    inside = (place >= 0) & (dates < layer.ends[np.maximum(place, 0)]) & (dates != NEVER)
    rows = np.flatnonzero(inside)
    return Pairs(rows, layer.places[place[rows]])


def _by_whole_days(layer: Layer) -> bool:
    days = (layer.ends[-1] - layer.starts[0]) // DAY
    return bool(days <= _MOST_DAYS and not (layer.starts % DAY).any() and not (layer.ends % DAY).any())


def standing(started: Ints, ended: Ints, edges: Ints, places: Ints) -> Pairs:
    """The rows that are there just before each edge: started before it, and not ended before it."""
    until = np.where(ended == NEVER, FOREVER, ended)
    first = np.searchsorted(edges, started, side="right")
    last = np.searchsorted(edges, until, side="right")
    often = np.where(started == NEVER, 0, np.maximum(last - first, 0))
    rows = np.repeat(np.arange(len(started), dtype=np.int64), often)
    step = np.arange(len(rows), dtype=np.int64) - np.repeat(np.cumsum(often) - often, often)
    return Pairs(rows, places[first[rows] + step])


def numbers_standing(started: Ints, ended: Ints, edges: Ints) -> Ints:
    """How many rows are there just before each edge, in whatever order the edges are."""
    ordered = np.sort(edges)
    first = np.searchsorted(ordered, np.where(started == NEVER, FOREVER, started), side="right")
    last = np.maximum(np.searchsorted(ordered, np.where(ended == NEVER, FOREVER, ended), side="right"), first)
    size = len(edges) + 1
    there = np.cumsum(np.bincount(first, minlength=size) - np.bincount(last, minlength=size))
    return there[np.searchsorted(ordered, edges)]


def concatenated(parts: Sequence[Pairs]) -> Pairs:
    """The pairs of several layers as one."""
    if len(parts) == 1:
        return parts[0]
    empty = np.zeros(0, dtype=np.int64)
    values = [part.value for part in parts if part.value is not None]
    return Pairs(
        np.concatenate([empty, *(part.rows for part in parts)]),
        np.concatenate([empty, *(part.window for part in parts)]),
        np.concatenate(values) if values else None,
    )
