"""Figures of the whole months that end with each window, put together: the same base for a week, a month and a year."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import cached_property, reduce
from itertools import pairwise
from typing import Any, Generic, TypeVar

import numpy as np

from crm_metrics.engine.blocks import Computing
from crm_metrics.engine.cells import CODE, Cells, Floats, Ints, Unavailable, first_reason
from crm_metrics.engine.windows import Window
from crm_metrics.metrics.metric import Metric

FEWEST = 3  # fewer months say too little
_NOBODY = ("zero-denominator", "no-rows")  # a month without customers has no value of one


_Engine = TypeVar("_Engine", bound=Computing)


class Trailing(Generic[_Engine]):
    """The months behind the windows of an engine, and an engine of their own in which they are computed."""

    def __init__(self, engine: _Engine) -> None:
        self._engine = engine

    @cached_property
    def _edges(self) -> tuple[list[date], Ints]:
        """The first days of all months that the data covers, and the instants at which they begin."""
        dataset = self._engine.dataset
        first = min((covered.first for covered in dataset.coverage.values()), default=dataset.as_of)
        months = np.arange(np.datetime64(first, "M"), np.datetime64(dataset.as_of, "M") + 2)
        days: list[date] = months[months < np.datetime64("9999-01")].astype("datetime64[D]").tolist()
        return days, np.array([dataset.start(day) for day in days], dtype=np.int64)

    @cached_property
    def engine(self) -> _Engine:
        """The engine of the months, one window each."""
        starts = self._edges[1].tolist()
        windows = [Window(*edges) for edges in pairwise(starts)]
        return self._engine.over(windows)

    def months(self, metric: Metric) -> list[range]:
        """For each window the places of its months: `clv_months` of them, the last whole one that the tables of the metric
        cover the last; none that begins before the latest of these tables, and none where that leaves fewer than three."""
        engine, (_, edges) = self._engine, self._edges
        base = engine.catalog[metric.months_of] if metric.months_of else metric
        tables = engine.covering.tables(base)
        begun = [engine.dataset.start(engine.dataset.coverage[table].first) for table in tables]
        first = int(np.searchsorted(edges, max(begun, default=int(edges[0])), side="left"))
        spans = []
        for place, window in enumerate(engine.windows):
            end = min((engine.covering.windows(table)[place].end for table in tables), default=window.end)
            last = min(int(np.searchsorted(edges, end, side="right")) - 1, len(edges) - 1)
            start = max(first, last - engine.dataset.settings.clv_months)
            spans.append(range(start, last) if last - start >= FEWEST else range(0))
        return spans

    def label(self, month: int) -> str:
        """The name of a month, such as 2025-03."""
        return self._edges[0][month].isoformat()[:7]

    def cells(self, metric: Metric) -> Cells | Unavailable:
        """The metric's formula in each of the months of a window, averaged or added up."""
        inner = self.engine.computed(replace(metric, over_months=None))
        if isinstance(inner, Unavailable):
            return inner
        shape = (len(self._engine.windows), inner.value.shape[1])
        grids: dict[str, Any] = {name: np.full(shape, np.nan) for name in ("value", "low", "high")}
        n, reason = np.zeros(shape, dtype=np.int64), np.full(shape, CODE["not-covered"])
        nobody = np.isin(inner.reason, [CODE[name] for name in _NOBODY])
        for place, months in enumerate(self.months(metric)):
            if months:
                part = slice(months.start, months.stop)
                for name, grid in grids.items():
                    grid[place] = _together(getattr(inner, name)[part], metric.over_months)
                n[place] = inner.n[part].sum(axis=0)
                why = reduce(first_reason, np.where(nobody, CODE[""], inner.reason)[part])
                reason[place] = np.where(nobody[part].all(axis=0), inner.reason[part].max(axis=0), why)
        for grid in grids.values():
            grid[reason != 0] = np.nan
        partial = np.zeros(shape, dtype=bool)
        return replace(inner, **grids, n=n, reason=reason, partial=partial, effective=n.astype(np.float64))


def _together(grid: Floats, how: str | None) -> Floats:
    """By segment the sum, or the mean of the months that have a value; NaN where none has."""
    valid = ~np.isnan(grid)
    total, many = np.where(valid, grid, 0.0).sum(axis=0), valid.sum(axis=0)
    if how == "sum":
        return np.where(many > 0, total, np.nan)
    return np.divide(total, many, out=np.full(grid.shape[1], np.nan), where=many > 0)
