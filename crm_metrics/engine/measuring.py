"""What an aggregate makes of the rows of each cell: its value, on how many records it rests, and its limits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from crm_metrics.engine import aggregates, survival
from crm_metrics.engine.cells import Codes, Floats, Ints
from crm_metrics.engine.intervals.distributions import t_quantile
from crm_metrics.engine.intervals.ranks import ranks
from crm_metrics.engine.intervals.shares import Z
from crm_metrics.engine.pairs import Chosen
from crm_metrics.engine.selection import Selector
from crm_metrics.metrics.metric import Metric, Unit

FEWEST = 6  # fewer records say too little of how much they vary
DECIDED = ("spend", "cost")  # what was paid for advertising is decided, not drawn


@dataclass(frozen=True)
class Measured:
    """By cell: the value, the number of records it rests on, its 95 % limits (NaN for none); and the cells that lack
    values they need."""

    value: Floats
    n: Ints
    limits: tuple[Floats, Floats]
    short: Ints


class Measures:
    """Measures aggregates; what several of them share is made once."""

    def __init__(self, selector: Callable[[str], Selector]) -> None:
        self._selector = selector
        self._columns: dict[str, tuple[Chosen, str, tuple[str, ...], aggregates.Column]] = {}

    def rows(self, pairs: Chosen, dims: tuple[str, ...], cell: Codes, size: int) -> Ints:
        """How many rows of the pairs each cell has."""
        if dims not in pairs.counted:
            pairs.counted[dims] = aggregates.counts(cell, size)
        return pairs.counted[dims]

    def forget(self, table: str) -> None:
        """Give back the memory of the column of a table that was looked up last."""
        self._columns.pop(table, None)

    def values(self, metric: Metric, pairs: Chosen) -> Floats:
        """The value of the metric's column in each row of the pairs, NaN where missing."""
        if pairs.value is not None:
            return pairs.value
        return self._selector(metric.table).numbers(metric.column).take(pairs.rows)

    def measured(self, metric: Metric, pairs: Chosen, dims: tuple[str, ...], cell: Codes, size: int) -> Measured:
        """What the metric's aggregate makes of the rows of each cell."""
        none, unknown = np.zeros(0, dtype=np.int64), np.full(size, np.nan)
        if metric.aggregate == "count":
            n = self._records(metric, pairs, cell, self.rows(pairs, dims, cell, size))
            return Measured(n.astype(np.float64), n, (unknown, unknown), none)
        if metric.aggregate == "distinct":
            entities = self._selector(metric.table).entities(metric.column)[pairs.rows]
            known = entities >= 0
            n = aggregates.distinct(entities[known], cell[known], size, metric.at_least or 1)
            return Measured(n.astype(np.float64), n, (unknown, unknown), none)
        if metric.aggregate == "survival":
            return self._survival(metric, pairs, cell, size)
        rows, column = self.rows(pairs, dims, cell, size), self._column(metric, pairs, dims, cell, size)
        lacking = none
        if metric.requires:
            short_of = ~self._selector(metric.table).flags(metric.requires)[pairs.rows]
            if pairs.value is not None:
                short_of |= np.isnan(pairs.value)
            lacking = cell[short_of].astype(np.int64)
        too_few = (column.n < rows) if metric.complete else (column.n == 0)
        short = np.union1d(np.flatnonzero((rows > 0) & too_few), lacking)
        value = _value(metric, column)
        limits = (unknown, unknown) if metric.private or metric.interval == "none" else _limits(metric, column, value)
        return Measured(value, self._records(metric, pairs, cell, column.n), limits, short)

    def _records(self, metric: Metric, pairs: Chosen, cell: Codes, rows: Ints) -> Ints:
        """On how many records each cell rests: on as many as rows, unless some rows are parts of one record."""
        selector = self._selector(metric.table)
        if selector.records is None:
            return rows
        counts = metric.aggregate == "count"
        known = np.ones(len(cell), dtype=bool) if counts else ~np.isnan(self.values(metric, pairs))
        return aggregates.distinct(selector.records.take(pairs.rows)[known], cell[known], len(rows))

    def _column(
        self, metric: Metric, pairs: Chosen, dims: tuple[str, ...], cell: Codes, size: int
    ) -> aggregates.Column:
        """The values that a metric's column has in each cell."""
        if last := self._columns.get(metric.table):
            if last[0] is pairs and last[1:3] == (metric.column, dims):
                return last[3]
            self.forget(metric.table)  # one of each table: they take the most memory of all
        column = aggregates.Column(self.values(metric, pairs), cell, size)
        self._columns[metric.table] = pairs, metric.column, dims, column
        return column

    def _survival(self, metric: Metric, pairs: Chosen, cell: Codes, size: int) -> Measured:
        times = self.values(metric, pairs)
        known = ~np.isnan(times)
        times, cell, rows = times[known], cell[known], pairs.rows[known]
        assert metric.event is not None
        flags = self._selector(metric.table).flags
        events = flags(metric.event)[rows]
        if metric.competing:
            others = flags(metric.competing)[rows]
            value = survival.median_of_winners(times, events, others, cell, size)
            limits = survival.limits_of_winners(times, events, others, cell, size)
        else:
            value, limits = survival.median(times, events, cell, size), survival.limits(times, events, cell, size)
        return Measured(value, aggregates.counts(cell, size), limits, np.zeros(0, dtype=np.int64))


def _value(metric: Metric, column: aggregates.Column) -> Floats:
    match metric.aggregate:
        case "sum":
            return column.sums
        case "mean":
            return np.divide(column.sums, column.n, out=np.full(len(column.n), np.nan), where=column.n > 0)
        case "min" | "max":
            return column.ordered.extreme(metric.aggregate == "max")
    return column.ordered.quantile(_quantile(metric))


def _quantile(metric: Metric) -> float:
    return 0.5 if metric.aggregate == "median" else metric.q or 0.5


def _limits(metric: Metric, column: aggregates.Column, value: Floats) -> tuple[Floats, Floats]:
    """Of a sum from the rows' second moments, as many rows as came by chance; of a mean from their spread about it, by
    Student's t; of a quantile two of the values themselves."""
    if metric.aggregate in ("min", "max") or metric.unit is Unit.COUNT or (metric.table, metric.column) == DECIDED:
        return np.full(len(value), np.nan), np.full(len(value), np.nan)
    n = column.n
    if metric.aggregate in ("median", "quantile"):
        low, high = ranks(n, _quantile(metric))
        return column.ordered.at(low), column.ordered.at(high)
    enough = n >= FEWEST
    if metric.aggregate == "sum":
        half = Z * np.sqrt(column.squares)
    else:
        with np.errstate(all="ignore"):
            factor = t_quantile(n - 1.0, 0.975)
            half = factor * np.sqrt(np.maximum(column.squares / n - value**2, 0) / (n - 1))
    half = np.where(enough, half, np.nan)
    return value - half, value + half
