"""Rows of a table and the windows they belong to."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

from crm_metrics.engine.cells import Bools, Codes, Floats, Ints

_MIX = np.int64(-0x61C8864680B583EB)  # 2**64 over the golden ratio: spreads what lies side by side


@dataclass(frozen=True)
class Groups:
    """Pairs put together by cell and sampling unit: the group of each pair, and of each group its cell and its unit."""

    place: Codes
    cell: Ints
    unit: Ints


@dataclass(frozen=True)
class Pairs:
    """Rows of a table and the window each belongs to; a row may be in several windows. `value` replaces the column's value
    where a row counts for less than its own. `blocked` are windows for which no rows can be told, with the reason;
    `numbered`, `counted` and `grouped` keep, by dimensions, the cell of each pair, how many each cell has, and its units."""

    rows: Ints
    window: Codes
    value: Floats | None = None
    blocked: dict[int, str] = field(default_factory=dict)
    numbered: dict[tuple[str, ...], Codes] = field(default_factory=dict)
    counted: dict[tuple[str, ...], Ints] = field(default_factory=dict)
    grouped: dict[tuple[str, ...], Groups] = field(default_factory=dict)
    limited: list[Pairs] = field(default_factory=list)

    def only(self, keep: Bools) -> Part:
        """The pairs that are kept."""
        return Part(self, keep)

    def within(self, windows: Bools) -> Pairs:
        """The pairs of the windows that are True, which are the same whenever it is asked for."""
        if not self.limited:
            keep = windows[self.window]
            value = np.compress(keep, self.value) if self.value is not None else None
            parts = np.compress(keep, self.rows), np.compress(keep, self.window), value
            self.limited.append(Pairs(*parts, self.blocked))
        return self.limited[0]


class Part:
    """Some of other pairs. What nobody asks for is not taken out of them: a count needs no rows."""

    def __init__(self, base: Pairs | Part, keep: Bools) -> None:
        self.base, self.keep = base, keep
        self.blocked: dict[int, str] = base.blocked
        self.numbered: dict[tuple[str, ...], Codes] = {}
        self.counted: dict[tuple[str, ...], Ints] = {}
        self.grouped: dict[tuple[str, ...], Groups] = {}
        self.limited: list[Part] = []

    @cached_property
    def rows(self) -> Ints:
        return np.compress(self.keep, self.base.rows)

    @cached_property
    def window(self) -> Codes:
        return np.compress(self.keep, self.base.window)

    @cached_property
    def value(self) -> Floats | None:
        return np.compress(self.keep, self.base.value) if self.base.value is not None else None

    def only(self, keep: Bools) -> Part:
        """The pairs of these that are kept."""
        return Part(self, keep)

    def within(self, windows: Bools) -> Part:
        """Those of the windows that are True, which are the same whenever it is asked for."""
        if not self.limited:
            self.limited.append(Part(self.base.within(windows), self.keep[windows[self.base.window]]))
        return self.limited[0]


Chosen = Pairs | Part


def grouped(cell: Codes, unit: Ints) -> Groups:
    """Groups in the order of their first rows, so that what is added up row by row lies side by side.

    In a table of buckets each pair finds the first of its bucket, which hardly ever is another one: quicker than to sort.
    """
    rows: Codes = np.arange(len(cell), dtype=np.int32 if len(cell) < 2**31 else np.int64)
    keys = np.multiply(cell, int(unit.max(initial=0)) + 1, dtype=np.int64) + unit
    bits = len(cell).bit_length() + 1
    bucket = ((keys * _MIX).view(np.uint64) >> np.uint64(64 - bits)).view(np.int64)
    first = np.empty(1 << bits, dtype=rows.dtype)
    first[bucket[::-1]] = rows[::-1]  # of several the last stays
    leader = first.take(bucket)
    others = np.flatnonzero(keys.take(leader) != keys)
    if len(others):
        place, _ = pd.factorize(keys[others])
        first[place[::-1]] = others[::-1]
        leader[others] = first[place]
    leads = leader == rows
    if leads.all():
        return Groups(rows, cell, unit)
    return Groups(
        (np.cumsum(leads, dtype=rows.dtype) - 1).take(leader), np.compress(leads, cell), np.compress(leads, unit)
    )
