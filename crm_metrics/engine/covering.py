"""For which windows a metric may be given at all: what the tables behind it cover of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import numpy as np

from crm_metrics import schema
from crm_metrics.engine.cells import Bools, Floats, Ints
from crm_metrics.engine.windows import DAY, Window
from crm_metrics.expressions import names
from crm_metrics.metrics.catalog import Catalog
from crm_metrics.metrics.metric import Metric
from crm_metrics.periods.calendar import DAYS_PER_MONTH
from crm_metrics.tables import Dataset

_SHARE = 0.1  # so much of a period may lie before the first record


class Covering:
    """What the tables of a dataset cover of some windows. No window goes beyond what a table knows: a later end is cut, a
    later beginning is not covered."""

    def __init__(self, dataset: Dataset, catalog: Catalog, windows: Sequence[Window]) -> None:
        self._dataset, self._catalog, self._windows = dataset, catalog, list(windows)
        self._ahead = np.array([window.start >= window.end for window in windows], dtype=bool)
        self._compared = np.array([window.is_compared for window in windows], dtype=bool)
        self._bounds: dict[str | None, tuple[Ints, Ints]] = {}
        self._seen: dict[str, list[Window]] = {}
        self._behind: dict[str, list[Metric]] = {}

    def windows(self, table: str) -> list[Window]:
        """The windows as far as a table's periods are complete."""
        if table not in self._seen:
            covered = self._dataset.coverage.get(table)
            if covered is None:
                self._seen[table] = self._windows
            else:  # everything is all that is known
                complete, known_until = map(self._dataset.behind, (covered.complete, covered.known_until))
                self._seen[table] = [
                    _cut(window, table, known_until if window.is_all else complete) for window in self._windows
                ]
        return self._seen[table]

    def outside(self, metric: Metric) -> Bools:
        """By window, whether nothing can be said of a metric: its period begins after what one of its tables knows or ends
        before it; it is cut at different days; it is only compared with and begins too early; or it has not begun."""
        hit = self._ahead.copy()
        ends = []
        for part in self.aggregates(metric):
            for table in self._tables(part):
                hit |= self._missed(part, table)
                ends.append(self._bounded(None if part.lag else table)[1])
        for end in ends[1:]:
            hit |= end != ends[0]
        return hit

    def unsaid(self, metric: Metric) -> dict[int, str]:
        """Why nothing can be said of a metric in the windows of which that is so: those that its table does not cover, and
        those moved back by an unknown time."""
        unsaid = dict.fromkeys(np.flatnonzero(self.outside(metric)).tolist(), "not-covered")
        if metric.lag is not None:
            unknown = [i for i, window in enumerate(self._windows) if metric.lag not in window.shifted]
            unsaid |= dict.fromkeys(unknown, "no-baseline" if metric.lag == "period" else "missing-column")
        return unsaid

    def cut(self, metric: Metric) -> Bools:
        """By window, whether the metric is given for a part of it only, because one of its tables ends within."""
        hit = np.zeros(len(self._windows), dtype=bool)
        for table in self.tables(metric):
            hit |= self.edges(table)[1]
        return hit

    def edges(self, table: str) -> tuple[Bools, Bools]:
        """By window, whether a table begins in it or behind it, by more than a tenth of its length; and whether it ends
        before the window does."""
        return self._is_late(table), self._bounded(None)[1] > self._bounded(table)[1]

    def months(self, metric: Metric) -> Floats:
        """The lengths of the windows in months, as far as the metric is given for them."""
        own = [self.windows(table) for table in self.tables(metric)] or [self._windows]
        return np.array([window.months for window in own[0]])

    def tables(self, metric: Metric) -> tuple[str, ...]:
        """The tables with dates that a metric's value is made of."""
        return tuple(dict.fromkeys(table for part in self.aggregates(metric) for table in self._tables(part)))

    def sentence(self, metric: Metric, place: int) -> str:
        """Why a metric is not covered in a window: which of its tables begin or end when."""
        window, tables = self._windows[place], self.tables(metric)
        after = [table for table in tables if window.start >= self._dataset.behind(self._dataset.coverage[table].last)]
        before = [table for table in tables if window.end <= self._dataset.start(self._dataset.coverage[table].first)]
        if before and not after:
            return " and ".join(dict.fromkeys(f"the {self.edge_of(table, 'first')}" for table in before))
        ends = dict.fromkeys(f"the {self.edge_of(table, 'last')}" for table in after or tables)
        return " and ".join(ends) if tables else f"nothing is known after {self._dataset.as_of}"

    def edge_of(self, table: str, edge: Literal["first", "complete", "last"]) -> str:
        """When a table begins or ends, in words; of a derived one the table that it is made of and that settles it."""
        coverage, day = self._dataset.coverage, getattr(self._dataset.coverage[table], edge)
        bases = [
            base for base in schema.TABLES[table].bases if base in coverage and getattr(coverage[base], edge) == day
        ]
        if coverage[table].is_snapshot and edge == "first":
            return f"{schema.called(table)} are known on {day} only"
        return f"{schema.called((bases or [table])[0])} {'begin' if edge == 'first' else 'end'} on {day}"

    def aggregates(self, metric: Metric) -> list[Metric]:
        """The aggregates that a metric's value is made of, each once; what its rows have to be among is a part of them."""
        if metric.name not in self._behind:
            leaves: dict[str, Metric] = {}
            queue = [self._catalog.get(metric.name, metric)]
            while queue:
                part = queue.pop(0)
                if part.formula is None:
                    leaves.setdefault(part.name, part)
                else:
                    queue += [self._catalog[name] for name in names(part.formula) if name in self._catalog]
            self._behind[metric.name] = list(leaves.values())
        return self._behind[metric.name]

    def _tables(self, part: Metric) -> list[str]:
        among = [self._catalog[part.among].table] if part.among else []
        return [table for table in (part.table, *among) if table in self._dataset.coverage]

    def _missed(self, part: Metric, table: str) -> Bools:
        """By window, whether a table of an aggregate knows nothing of it."""
        covered = self._dataset.coverage[table]
        first, last = self._dataset.start(covered.first), self._dataset.behind(covered.last)
        if part.lag:
            moved = [window.shifted.get(part.lag, (first, first)) for window in self._windows]
            return np.array([start < first or end > last for start, end in moved], dtype=bool)
        starts, ends = self._bounded(table)
        late = starts >= last
        if part.window == "always":  # as of now, whatever the period
            return late
        return late | (ends <= first) | (self._compared & self._is_late(table))

    def _is_late(self, table: str) -> Bools:
        starts, ends = self._bounded(table)
        late = self._dataset.start(self._dataset.coverage[table].first) - starts > _SHARE * (ends - starts)
        return late & ~np.bool_(self._dataset.coverage[table].is_snapshot)

    def _bounded(self, table: str | None) -> tuple[Ints, Ints]:
        """The beginnings and ends of the windows as a table knows them; of None as they are."""
        if table not in self._bounds:
            windows = self._windows if table is None else self.windows(table)
            bounds = np.array([(window.start, window.end) for window in windows], dtype=np.int64).reshape(-1, 2)
            self._bounds[table] = bounds[:, 0], bounds[:, 1]
        return self._bounds[table]


def _cut(window: Window, table: str, edge: int) -> Window:
    if table in window.cuts:
        return window.cuts[table]
    if window.end <= edge:
        return window
    end = max(edge, window.start)
    return replace(window, end=end, months=(end - window.start) / DAY / DAYS_PER_MONTH)
