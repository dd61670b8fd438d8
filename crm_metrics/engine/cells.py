"""A metric's values over the grid of windows and segments."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crm_metrics.tables import Unusable

# The 97.5 % point of the normal distribution: limits are of 95 %.
Z = 1.959963984540054

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Codes = NDArray[np.signedinteger[Any]]  # as narrow as they can be
Bools = NDArray[np.bool_]

# Why a value is not available, the reason that wins first; 0 stands for available.
REASONS = (
    "",
    "missing-column",
    "not-covered",
    "scale-ambiguous",
    "mixed-currency",
    "missing-values",
    "immature-cohort",
    "zero-denominator",
    "no-rows",
    "no-rate",
    "censored-median",
    "not-converged",
    "infinite-mean",
    "not-identified",
    "contract-like",
    "failed-hold-out",
    "negative-base",
    "no-baseline",
)
CODE = {reason: np.int8(code) for code, reason in enumerate(REASONS)}
GRIDS = ("value", "n", "reason", "partial", "low", "high", "effective")  # what cells have of each window and segment
NO_N = np.iinfo(np.int64).max


@dataclass(frozen=True)
class Cells:
    """Values by window (rows) and segment (columns). `value` is NaN where `reason` is not 0; `n` is the number of records
    a value rests on; `partial` marks values whose records are too young; `present` says which segments the metric's
    tables have any row of; `low` and `high` are the 95 % limits of the value, NaN where it has none, and
    `effective` how many independent records would say as much as these, whose customers repeat."""

    dims: tuple[str, ...]
    value: Floats
    n: Ints
    reason: NDArray[np.int8]
    partial: Bools
    present: Bools
    low: Floats
    high: Floats
    effective: Floats

    def of(self, windows: slice) -> Cells:
        """Those of some of the windows."""
        taken: dict[str, Any] = {name: getattr(self, name)[windows] for name in GRIDS}
        return replace(self, **taken)

    def spread(self, place: Ints) -> Cells:
        """Those of finer segments, of each the place of the one it lies in."""
        taken: dict[str, Any] = {name: getattr(self, name)[:, place] for name in GRIDS}
        return replace(self, **taken, present=self.present[place])

    def figures(self, window: int) -> Figures:
        """The figures of all segments in one window."""
        return Figures(self.value[window], self.low[window], self.high[window], self.effective[window])

    def at(self, window: int, segment: int) -> tuple[float | None, float | None, float | None]:
        """A figure and its limits; None for what is not known."""
        value, low, high = (or_none(grid[window, segment]) for grid in (self.value, self.low, self.high))
        return value, low, high


@dataclass(frozen=True)
class Figures:
    """Values with their limits, NaN for what is not known, and the independent records they rest on."""

    value: Floats
    low: Floats
    high: Floats
    effective: Floats


@dataclass(frozen=True)
class Unavailable(Unusable):
    """A metric that cannot be computed at all, because of a column or a table; `offer` is how to read a header of a file as
    the column that is missing, where its words allow it; `lacks` are the tables of which any one would do, where no file of
    such a kind was given."""

    offer: str = ""
    lacks: tuple[str, ...] = ()


def or_none(number: float) -> float | None:
    """A number of a grid as one of Python; None for NaN."""
    return None if np.isnan(number) else float(number)


def first_reason(left: NDArray[np.int8], right: NDArray[np.int8]) -> NDArray[np.int8]:
    """The reason that wins, cell by cell: the lowest code that is not 0."""
    worst = np.int8(len(REASONS))
    merged = np.minimum(np.where(left == 0, worst, left), np.where(right == 0, worst, right))
    return np.where(merged == worst, np.int8(0), merged).astype(np.int8)
