"""Aggregates by cell: values and cell numbers in, one number per cell out; the order of rows does not matter."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from crm_metrics.engine.cells import Bools, Codes, Floats, Ints
from crm_metrics.tables.arrays import counts, kept, taken

_SCALES = (1.0, 100.0, 1e4, 1e6, 1e8, 1e10, 1e12)
_LARGEST = 2.0**53
_SAMPLE = 1000
_FEW_CELLS = 20_000


def weighted(cells: Codes, weights: Floats, size: int) -> Floats:
    """The sum of the weights in each cell."""
    return np.bincount(cells, weights=weights, minlength=size).astype(np.float64, copy=False)


def exact_sums(values: Floats, cells: Codes, size: int) -> Floats | None:
    """The sum of each cell when all values have at most twelve decimals: added as whole numbers it is exact, and the same in
    whatever order the rows come. None when they have more."""
    largest, sample = float(np.abs(values).sum()), values[:_SAMPLE]
    for scale in _SCALES:
        if largest * scale >= _LARGEST or not np.array_equal(np.rint(sample * scale) / scale, sample):
            continue
        scaled = np.rint(values * scale)
        if np.array_equal(scaled / scale, values):
            return np.bincount(cells, weights=scaled, minlength=size) / scale
    return None


class Column:
    """The values of a column by cell, missing ones left away; `n` is how many each cell has."""

    def __init__(self, values: Floats, cells: Codes, size: int) -> None:
        valid = ~np.isnan(values)
        if not valid.all():
            values, cells = kept(values, valid), kept(cells, valid)
        self._values, self._cells, self._size = values, cells, size
        self.n = counts(cells, size)

    @cached_property
    def sums(self) -> Floats:
        """The sum of each cell, 0 for an empty one."""
        exact = exact_sums(self._values, self._cells, self._size)
        return self.ordered.sums() if exact is None else exact

    @cached_property
    def is_negative(self) -> Bools:
        """Whether a value of each cell is below 0."""
        return counts(self._cells[self._values < 0], self._size) > 0

    @cached_property
    def squares(self) -> Floats:
        """The sum of the squares of each cell's values."""
        return weighted(self._cells, self._values * self._values, self._size)

    @cached_property
    def ordered(self) -> Sorted:
        return Sorted(self._values, self._cells, self.n)


class Sorted:
    """Values in ascending order within each cell: for quantiles, and for sums that do not depend on the order of rows."""

    def __init__(self, values: Floats, cells: Codes, n: Ints) -> None:
        self.n = n
        self._starts = np.cumsum(self.n) - self.n
        if len(n) <= _FEW_CELLS:
            # Sixteen bits sort by radix, and sorting the short stretches is quicker than sorting all rows at once.
            self.values = taken(values, np.argsort(cells.astype(np.uint16), kind="stable"))
            for start, n in zip(self._starts[self.n > 1].tolist(), self.n[self.n > 1].tolist(), strict=True):
                self.values[start : start + n].sort()
        else:
            self.values = values[ascending(values, cells, len(n))]

    def sums(self) -> Floats:
        """The sum of each cell, 0 for an empty one."""
        result = np.zeros(len(self.n))
        filled = self.n > 0
        if filled.any():
            result[filled] = np.add.reduceat(self.values, self._starts[filled])
        return result

    def quantile(self, q: float) -> Floats:
        """The q-quantile of each cell by linear interpolation between ranks; NaN for an empty cell."""
        place = np.maximum(self.n - 1, 0) * q
        below = np.floor(place).astype(np.int64)
        low, high = (self.at(np.minimum(below + rank, self.n)) for rank in (1, 2))
        return low + (high - low) * (place - below)

    def at(self, rank: Ints) -> Floats:
        """The value of each cell that has the rank, from 1; NaN where the rank is 0."""
        result = np.full(len(self.n), np.nan)
        some = rank > 0
        result[some] = self.values[self._starts[some] + rank[some] - 1]
        return result

    def extreme(self, largest: bool) -> Floats:
        """The smallest or largest value of each cell; NaN for an empty cell."""
        return self.at(self.n if largest else np.minimum(self.n, 1))


def ascending(values: Floats, cells: Codes, size: int) -> Ints:
    """The places of the values in ascending order within each cell, one cell after the other; equal ones in any order."""
    order = np.argsort(values)
    ordered = cells[order]
    return order[
        np.argsort(ordered.astype(np.uint16) if size <= 1 << 16 else ordered, kind="stable")
    ]  # two bytes: by radix


def begins(*columns: Ints | Floats) -> Bools:
    """Which entries of columns that are in order are the first of their kind: other than the one before in any column."""
    new = np.zeros(len(columns[0]), dtype=bool)
    new[:1] = True
    for column in columns:
        new[1:] |= column[1:] != column[:-1]
    return new


def distinct(entities: Ints, cells: Codes, size: int, at_least: int = 1) -> Ints:
    """How many different entities (numbers from 0 up) each cell has, of those seen at least so often in it."""
    if not len(cells):
        return np.zeros(size, dtype=np.int64)
    span = int(entities.max()) + 1
    keys, often = np.unique(cells.astype(np.int64) * span + entities, return_counts=True)
    return counts((keys // span)[often >= at_least], size)
