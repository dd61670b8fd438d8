"""What an aggregate makes of the rows of each cell: its value, on how many records it rests, and its limits."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from crm_metrics.engine import aggregates, survival
from crm_metrics.engine.cells import Bools, Codes, Floats, Ints
from crm_metrics.engine.columns import Columns
from crm_metrics.engine.pairs import Pairs
from crm_metrics.metrics.metric import Metric
from crm_metrics.tables.arrays import counts, taken

FEWEST = 6  # fewer records say too little of how much they vary
DECIDED = ("spend", "cost")  # what was paid for advertising is decided, not drawn


class Measures:
    """Measures aggregates; what several of them share is made once."""

    def __init__(self, columns_of: Callable[[str], Columns]) -> None:
        self._columns_of = columns_of
        self._columns: dict[str, tuple[Pairs, str, tuple[str, ...], aggregates.Column]] = {}

    def rows(self, pairs: Pairs, dims: tuple[str, ...], cell: Codes, size: int) -> Ints:
        """How many rows of the pairs each cell has."""
        if dims not in pairs.counted:
            pairs.counted[dims] = counts(cell, size)
        return pairs.counted[dims]

    def forget(self, table: str) -> None:
        """Give back the memory of the column of a table that was looked up last."""
        self._columns.pop(table, None)

    def values(self, metric: Metric, pairs: Pairs) -> Floats:
        """The value of the metric's column in each row of the pairs, NaN where missing."""
        if pairs.value is not None:
            return pairs.value
        return taken(self._columns_of(metric.table).numbers(metric.column), pairs.rows)

    def measured(
        self, metric: Metric, pairs: Pairs, dims: tuple[str, ...], cell: Codes, size: int
    ) -> tuple[Floats, Ints, Ints]:
        """What the metric's aggregate makes of the rows of each cell, and the number of records that rests on; and the cells
        that lack values they need."""
        none = np.zeros(0, dtype=np.int64)
        if metric.aggregate == "count":
            n = self._records(metric, pairs, cell, self.rows(pairs, dims, cell, size))
            return n.astype(np.float64), n, none
        if metric.aggregate == "distinct":
            entities = self._columns_of(metric.table).entities(metric.column)[pairs.rows]
            valid = entities >= 0
            n = aggregates.distinct(entities[valid], cell[valid], size, metric.at_least or 1)
            return n.astype(np.float64), n, none
        if metric.aggregate == "survival":
            times, events, others, valid = self.waits(metric, pairs)
            cell = cell[valid]
            return survival.median(times, events, cell, size, others), counts(cell, size), none
        rows, column = self.rows(pairs, dims, cell, size), self.column(metric, pairs, dims, cell, size)
        lacking = none
        if metric.requires:
            short_of = ~self._columns_of(metric.table).meets(metric.requires)[pairs.rows]
            if pairs.value is not None:
                short_of |= np.isnan(pairs.value)
            lacking = cell[short_of].astype(np.int64)
        short = np.union1d(np.flatnonzero((rows > 0) & (column.n == 0)), lacking)
        return _value(metric, column), self._records(metric, pairs, cell, column.n), short

    def _records(self, metric: Metric, pairs: Pairs, cell: Codes, rows: Ints) -> Ints:
        """On how many records each cell rests: on as many as rows, unless some rows are parts of one record."""
        columns = self._columns_of(metric.table)
        if columns.records is None:
            return rows
        valid = np.ones(len(cell), dtype=bool) if metric.aggregate == "count" else ~np.isnan(self.values(metric, pairs))
        return aggregates.distinct(columns.records.take(pairs.rows)[valid], cell[valid], len(rows))

    def column(self, metric: Metric, pairs: Pairs, dims: tuple[str, ...], cell: Codes, size: int) -> aggregates.Column:
        """The values that a metric's column has in each cell."""
        if last := self._columns.get(metric.table):
            if last[0] is pairs and last[1:3] == (metric.column, dims):
                return last[3]
            self.forget(metric.table)  # one of each table: they take the most memory of all
        column = aggregates.Column(self.values(metric, pairs), cell, size)
        self._columns[metric.table] = pairs, metric.column, dims, column
        return column

    def waits(self, metric: Metric, pairs: Pairs) -> tuple[Floats, Bools, Bools | None, Bools]:
        """Of the pairs that have a time (the last, a mask over all) how long each waited, whether that is how long it took,
        and whether it ended in another way, None where there is none."""
        times = self.values(metric, pairs)
        timed = ~np.isnan(times)
        flags, rows = self._columns_of(metric.table).flags, pairs.rows[timed]
        event, *other = (flags(name)[rows] for name in metric.event)
        return times[timed], event, other[0] if other else None, timed


def _value(metric: Metric, column: aggregates.Column) -> Floats:
    match metric.aggregate:
        case "sum":
            return column.sums
        case "mean":
            return np.divide(column.sums, column.n, out=np.full(len(column.n), np.nan), where=column.n > 0)
        case "min" | "max":
            return column.ordered.extreme(metric.aggregate == "max")
    return column.ordered.quantile(quantile(metric))


def quantile(metric: Metric) -> float:
    """Which quantile a median or quantile is."""
    return 0.5 if metric.aggregate == "median" else metric.q or 0.5
