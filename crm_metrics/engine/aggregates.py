"""Aggregates by cell: values and cell numbers in, one number per cell out. Sums do not depend on the order of rows."""

from __future__ import annotations

import numpy as np

from crm_metrics.engine.cells import Floats, Ints

_SCALES = (1.0, 100.0, 10_000.0)
_LARGEST = 2.0**53


def counts(cells: Ints, size: int) -> Ints:
    """How many rows each cell has."""
    return np.bincount(cells, minlength=size)


def sums(values: Floats, cells: Ints, size: int) -> Floats:
    """The sum of each cell, 0 for a cell without rows. Values with up to four decimals are added as whole numbers, so the
    sum is exact and the same in whatever order the rows come; others are added in ascending order."""
    if not len(values):
        return np.zeros(size)
    largest = float(np.abs(values).sum())
    for scale in _SCALES:
        whole = np.rint(values * scale)
        if largest * scale < _LARGEST and np.array_equal(whole / scale, values):
            return np.bincount(cells, weights=whole, minlength=size) / scale
    order = np.argsort(values, kind="stable")
    return np.bincount(cells[order], weights=values[order], minlength=size)


class Sorted:
    """Values in ascending order within each cell, for several quantiles of the same rows."""

    def __init__(self, values: Floats, cells: Ints, size: int) -> None:
        order = np.argsort(values)
        narrow = cells[order].astype(np.uint16) if size <= 2**16 else cells[order]  # 16 bits sort by radix
        self.values = values[order][np.argsort(narrow, kind="stable")]
        self.n = counts(cells, size)
        self._starts = np.cumsum(self.n) - self.n

    def quantile(self, q: float) -> Floats:
        """The q-quantile of each cell by linear interpolation between ranks; NaN for an empty cell."""
        result = np.full(len(self.n), np.nan)
        filled = self.n > 0
        place = (self.n[filled] - 1) * q
        below = np.floor(place).astype(np.int64)
        above = np.minimum(below + 1, self.n[filled] - 1)
        first = self._starts[filled]
        low, high = self.values[first + below], self.values[first + above]
        result[filled] = low + (high - low) * (place - below)
        return result

    def extreme(self, largest: bool) -> Floats:
        """The smallest or largest value of each cell; NaN for an empty cell."""
        result = np.full(len(self.n), np.nan)
        filled = self.n > 0
        place = self._starts[filled] + (self.n[filled] - 1 if largest else 0)
        result[filled] = self.values[place]
        return result


def distinct(entities: Ints, cells: Ints, size: int, at_least: int = 1) -> Ints:
    """How many different entities (numbers from 0 up) each cell has, of those seen at least so often in it."""
    if not len(cells):
        return np.zeros(size, dtype=np.int64)
    span = int(entities.max()) + 1
    keys, seen = np.unique(cells * span + entities, return_counts=True)
    return np.bincount((keys // span)[seen >= at_least], minlength=size)
