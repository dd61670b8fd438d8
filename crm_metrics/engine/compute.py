"""The whole grid at once: every metric, for every window and segment."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from copy import copy
from dataclasses import replace
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from crm_metrics.engine.aggregates import Column
from crm_metrics.engine.availability import trouble, with_formulas, with_offer
from crm_metrics.engine.blocks import blocks, joined
from crm_metrics.engine.cells import CODE, Bools, Cells, Codes, Floats, Ints, Unavailable, first_reason
from crm_metrics.engine.columns import Columns
from crm_metrics.engine.covering import Covering
from crm_metrics.engine.formulas import evaluate, named_value
from crm_metrics.engine.measuring import Measures
from crm_metrics.engine.pairs import Groups, Pairs, Part, grouped
from crm_metrics.engine.segments import Segments
from crm_metrics.engine.selection import Selector
from crm_metrics.engine.trailing import Trailing
from crm_metrics.engine.windows import Window
from crm_metrics.expressions import names
from crm_metrics.metrics.catalog import Catalog
from crm_metrics.metrics.metric import Metric
from crm_metrics.tables import Dataset

SETTLED = ("period_months", "gross_margin")  # named values that are the same for every segment

_FEW = 100_000


class Engine:
    """Computes metrics of one dataset over windows and segments; each metric is computed once. With `keep`, the segments
    not in it are one, called `rest`. `limits` are the windows of which limits are computed, or whether they are of all;
    where nothing is `compared`, counts, which are shown without, need no more."""

    def __init__(
        self,
        dataset: Dataset,
        catalog: Catalog,
        windows: Sequence[Window],
        by: tuple[str, ...] = (),
        *,
        keep: tuple[tuple[str, ...], ...] = (),
        rest: str = "",
        limits: bool | Collection[int] = True,
        compared: bool = True,
    ) -> None:
        self.dataset = dataset
        self._whole = dataset.unfiltered or dataset.tables
        self._marked: set[str] = set()
        if dataset.unfiltered:  # who stays is looked for among all
            entities = {metric.table for metric in catalog.values() if metric.entity and metric.open}
            self._marked = entities & dataset.tables.keys()
            tables = {**dataset.tables, **{name: dataset.unfiltered[name] for name in self._marked}}
            self.dataset = dataset = replace(dataset, tables=tables)
        self.catalog = with_formulas(catalog, self._whole)
        self.windows = list(windows)
        self.by = by
        self.keep, self.rest, self.compared = keep, rest, compared
        limited = range(len(self.windows)) if limits is True else limits or ()
        self.limited: Bools = np.isin(np.arange(len(self.windows)), [*limited])
        self._everything = any(window.is_all for window in self.windows)
        self._is_part = False
        self.by_metric: dict[str, Cells | Unavailable] = {}
        self.scores: dict[tuple[str, float | None], Any] = {}  # what a metric's limits were made of
        self._segments: dict[tuple[str, ...], Segments] = {}
        self._selectors: dict[str, Selector] = {}
        self._columns: dict[str, Columns] = {}
        self.measures = Measures(self.columns)
        self.covering = Covering(dataset, self.catalog, self.windows)

    @cached_property
    def trailing(self) -> Trailing[Self]:
        """The months behind the windows."""
        return Trailing(self)

    def cells(self, name: str) -> Cells | Unavailable:
        """The metric's cells, or why it has none."""
        if name not in self.by_metric:
            metric = self.catalog[name]
            result = self.trailing.cells(metric) if metric.over_months else self.computed(metric)
            self.by_metric[name] = result if isinstance(result, Unavailable) else self._finished(metric, result)
        return self.by_metric[name]

    def computed(self, metric: Metric) -> Cells | Unavailable:
        """The cells of a metric for the windows themselves, or why it has none."""
        if parts := [part.computed(metric) for part in self.parts([metric])]:
            return joined(parts)
        return self._formula(metric) if metric.formula is not None else self._aggregate(metric)

    def over(self, windows: Sequence[Window], *, dataset: Dataset | None = None, limits: bool | None = None) -> Self:
        """An engine like this one, with the same segments, over other windows or of another dataset."""
        return type(self)(
            dataset or self.dataset,
            self.catalog,
            windows,
            self.by,
            keep=self.keep,
            rest=self.rest,
            limits=bool(self.limited.any()) if limits is None else limits,
            compared=self.compared,
        )

    def parts(self, metrics: Iterable[Metric]) -> Iterator[Self]:
        """Engines of blocks of the windows, where the rows behind the metrics are too many for all windows at once; else
        none. What is made of whole months is computed before, once for all."""
        cut = [] if self._is_part else blocks(self, metrics)
        if len(cut) > 1:
            for part in self.catalog.parts(metrics):
                if part.over_months:
                    self.cells(part.name)
            yield from map(self.part, cut)

    def part(self, block: slice) -> Self:
        """The engine of a block of its windows, with the same columns, segments and cells that are computed already."""
        part = copy(self)
        part._is_part = True
        part.__dict__.pop("trailing", None)
        part.windows, part.limited = self.windows[block], self.limited[block]
        part.by_metric = {
            name: cells.of(block) if isinstance(cells, Cells) else cells for name, cells in self.by_metric.items()
        }
        part.scores, part._selectors = {}, {}
        part.measures, part.covering = Measures(part.columns), Covering(self.dataset, self.catalog, part.windows)
        return part

    def forget(self, *tables: str) -> None:
        """Give back the memory of what several metrics of some tables share, or of all; it is made anew when it is asked
        for again."""
        for table in tables or self._selectors:
            if table in self._selectors:
                self._selectors[table].forget()
                self.measures.forget(table)

    def dims(self, metric: Metric) -> tuple[str, ...]:
        """The dimensions of a metric's cells: those of the run, then its own."""
        return (*self.by, *(dim for dim in metric.per if dim not in self.by))

    def segments(self, dims: tuple[str, ...]) -> Segments:
        """The segments of some dimensions, over all tables."""
        if dims not in self._segments:
            kept = (self.keep, self.rest) if dims[: len(self.by)] == self.by else ((), "")
            chosen = {name: self.dataset.tables[name].chosen() for name in self._marked}
            self._segments[dims] = Segments(dims, self.dataset.tables, keep=kept[0], rest=kept[1], chosen=chosen)
        return self._segments[dims]

    def selector(self, table: str) -> Selector:
        if table not in self._selectors:
            kept = self.dataset.tables[table].chosen() if table in self._marked else None
            self._selectors[table] = self._selector(self.columns(table), kept)
        return self._selectors[table]

    def columns(self, table: str) -> Columns:
        """The columns of a table, as arrays."""
        if table not in self._columns:
            self._columns[table] = Columns(self.dataset.tables[table])
        return self._columns[table]

    def _selector(self, columns: Columns, kept: Bools | None = None) -> Selector:
        table = columns.table.name
        followed = {metric.at for metric in self.catalog.values() if metric.table == table and metric.outcome_at}
        return Selector(columns, self.covering.windows(table), followed, kept)

    def pairs(self, metric: Metric) -> Pairs:
        """The rows behind an aggregate, by window."""
        if metric.among is None:
            return self.selector(metric.table).pairs(metric)
        other = self.catalog[metric.among]
        if not self.dataset.unfiltered:
            return self.selector(metric.table).pairs(metric, self.pairs(other), self.dataset.tables[other.table])
        # They are sought among all, as they are in a segment.
        table = self.dataset.unfiltered[other.table]
        return self.selector(metric.table).pairs(metric, self._selector(Columns(table)).pairs(other), table)

    def limited_pairs(self, metric: Metric) -> Pairs:
        """Those of the windows that limits are computed of; of few, all, which is no more work than to choose."""
        pairs = self.pairs(metric)
        few = pairs.keep if isinstance(pairs, Part) else pairs.window
        return pairs if len(few) < _FEW or self.limited.all() else pairs.within(self.limited)

    def _aggregate(self, metric: Metric) -> Cells | Unavailable:
        for needed in (metric, *([self.catalog[metric.among]] if metric.among else [])):
            own = needed is metric
            if problem := trouble(needed, self._whole, self.dims(metric) if own else (), all_time=self._everything):
                return with_offer(problem, needed, self.dataset)
            if own and (unable := self.dataset.unable.get(metric.table)):
                return Unavailable(**vars(unable))
        segments = self.segments(self.dims(metric))
        shape = (len(self.windows), len(segments))
        size = shape[0] * shape[1]
        pairs = self.pairs(metric)
        cell = self.cell_numbers(metric, pairs)
        value, n, short = self.measures.measured(metric, pairs, segments.dims, cell, size)
        reason = np.zeros(size, dtype=np.int8)
        reason[short] = CODE["missing-values"]
        if metric.aggregate not in ("count", "distinct", "sum"):
            rows = self.measures.rows(pairs, segments.dims, cell, size)
            waiting = metric.aggregate == "survival"
            rows, empty = (n, "censored-median") if waiting else (rows, "missing-values")
            reason[np.isnan(value)] = np.where(rows > 0, CODE[empty], CODE["no-rows"])[np.isnan(value)]
        reason = reason.reshape(shape)
        reason[list(pairs.blocked)] = 0  # that they have no rows says nothing
        for why in (self.covering.unsaid(metric), pairs.blocked):
            for window, code in why.items():
                reason[window] = first_reason(reason[window], np.full(shape[1], CODE[code]))
        value = np.where(reason == 0, value.reshape(shape), np.nan)
        present = segments.present(metric.table)
        return self._limited(metric, segments, value, n.reshape(shape), reason, present)

    def _limited(
        self, metric: Metric, segments: Segments, value: Floats, n: Ints, reason: NDArray[np.int8], present: Bools
    ) -> Cells:
        """The cells with their limits, where they are asked for."""
        partial, unknown = np.zeros(value.shape, dtype=bool), np.full(value.shape, np.nan)
        cells = Cells(segments.dims, value, n, reason, partial, present, unknown, unknown, n.astype(np.float64))
        return self.with_limits(metric, cells) if self.limited.any() else cells

    def with_limits(self, metric: Metric, cells: Cells) -> Cells:
        """The cells with their limits; as they are, where nobody computes any."""
        return cells

    def column(self, metric: Metric) -> Column:
        """The values behind an aggregate by cell."""
        pairs, segments = self.pairs(metric), self.segments(self.dims(metric))
        size = len(self.windows) * len(segments)
        return self.measures.column(metric, pairs, segments.dims, self.cell_numbers(metric, pairs), size)

    def groups(self, metric: Metric, pairs: Pairs, dims: tuple[str, ...], units: Ints | None = None) -> Groups:
        """The rows behind an aggregate by cell of the dimensions and sampling unit: that of each row of its table in
        `units`, the table's own where not given."""
        cell = self.cell_numbers(metric, pairs, dims)
        if units is not None:
            return grouped(cell, units.take(pairs.rows))
        columns = self.columns(metric.table)
        return pairs.groups(dims, columns.records if columns.units is None else columns.units, cell)

    def cell_numbers(self, metric: Metric, pairs: Pairs, dims: tuple[str, ...] | None = None) -> Codes:
        """The number of the cell that each row behind an aggregate belongs to; of finer cells where `dims` are given."""
        segments = self.segments(self.dims(metric) if dims is None else dims)
        if not segments.dims:
            return pairs.window
        return pairs.cells(segments.dims, segments.codes(metric.table), (len(self.windows), len(segments)))

    def _formula(self, metric: Metric) -> Cells | Unavailable:
        assert metric.formula is not None
        operands = {name: self.cells(name) for name in names(metric.formula) if name in self.catalog}
        troubles = [part for part in operands.values() if isinstance(part, Unavailable)]
        if troubles:
            return min(troubles, key=lambda trouble: CODE[trouble.reason])
        parts: dict[str, Cells] = {name: part for name, part in operands.items() if isinstance(part, Cells)}
        dims = self.dims(metric)
        segments = self.segments(dims)
        for part in parts.values():
            if any(dim not in dims for dim in part.dims):
                return Unavailable("missing-column", f"a part of it is by {', '.join(part.dims)}", "")
        spread = {name: self.spread(part, dims) for name, part in parts.items()}
        shape = (len(self.windows), len(segments))
        value, n, reason = evaluate(
            metric.formula, spread.get, lambda name: named_value(self, name, dims, metric), shape
        )
        missed = self.covering.outside(metric)
        reason[missed] = first_reason(reason[missed], np.full(reason[missed].shape, CODE["not-covered"]))
        value = np.where(reason == 0, value, np.nan)
        own = [part.present for part in spread.values() if part.dims == dims]
        present = np.logical_or.reduce(own) if own else np.ones(shape[1], dtype=bool)
        if metric.per_month:
            months = self.covering.months(metric)[:, None]
            with np.errstate(all="ignore"):  # a period that has not begun has no months
                value = 1 - (1 - value) ** (1 / months)
        return self._limited(metric, segments, value, n, reason, present)

    def spread(self, part: Cells, dims: tuple[str, ...]) -> Cells:
        """A part's cells for finer segments: each gets the value of the segment it lies in."""
        if part.dims == dims:
            return part
        return part.spread(self.segments(dims).within(self.segments(part.dims)))

    def _finished(self, metric: Metric, cells: Cells) -> Cells:
        """The cells with too-young records taken into account."""
        if metric.immature is None:
            return cells
        young = self.cells(metric.immature)
        if isinstance(young, Unavailable):
            return cells
        some = young.value > 0
        reason = np.where((cells.reason == CODE["zero-denominator"]) & some, CODE["immature-cohort"], cells.reason)
        return replace(cells, reason=reason.astype(np.int8), partial=some & (reason == 0))
