"""What each sampling unit adds to the deviation of a figure from its truth: the one source of variances.

The unit is the customer where records name one, else the record. A figure is a function of sums over records; its deviation
is, to first order, the gradient times what each unit adds to these sums (linearisation, Särndal, Swensson and Wretman 1992,
Model Assisted Survey Sampling, section 5.5), so that its variance is the sum over units of the squares. What a customer adds
is added up before it is squared: ten tickets of one are no ten pieces of news. Of a sum or a count the units themselves come
by chance, which makes it a compound sum of customers. Tables are paired by customer where every table has one, and
independent of each other otherwise. What was paid for advertising is a decision and has no chance in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from crm_metrics.engine.aggregates import weighted
from crm_metrics.engine.cells import Cells, Codes, Floats, Ints
from crm_metrics.engine.measuring import DECIDED, quantile
from crm_metrics.engine.pairs import Chosen, Groups
from crm_metrics.intervals.gradients import (
    BELOW,
    NUMBER,
    TOTAL,
    Gradient,
    Leaf,
    gradient_of,
    of_a_month,
)
from crm_metrics.metrics.metric import Metric

if TYPE_CHECKING:
    from crm_metrics.engine.compute import Engine

_PAIRED_BY = "customer"
_KEPT = 50_000  # so many scores of a metric are kept for its comparisons; more are rather computed again


@dataclass(frozen=True)
class Scores:
    """By cell and unit, what the unit adds; `shape` is that of the cells. `outside` is what comes to the variance of each
    cell from units that are only in a whole which the cell is a part of."""

    cell: Ints
    unit: Ints
    score: Floats
    shape: tuple[int, int]
    outside: Floats | None = None

    @cached_property
    @np.errstate(all="ignore")
    def variance(self) -> Floats:
        """The variance of each cell, to eleven digits: the others depend on the order in which the rows come."""
        variance = weighted(self.cell, self.score**2, self.shape[0] * self.shape[1]).reshape(self.shape)
        variance = variance if self.outside is None else np.maximum(variance + self.outside, 0)
        scale = 10.0 ** (10 - np.floor(np.log10(variance)))
        return np.where((variance > 0) & np.isfinite(scale), np.rint(variance * scale) / scale, variance)

    @cached_property
    def units(self) -> Floats:
        """How many units each cell has."""
        return np.bincount(self.cell, minlength=self.shape[0] * self.shape[1]).reshape(self.shape).astype(np.float64)

    def of(self, window: int, span: int) -> tuple[Ints, Floats]:
        """A number for each segment and unit in a window, and its score."""
        windows, segment = np.divmod(self.cell, self.shape[1])
        there = windows == window
        return segment[there] * span + self.unit[there], self.score[there]


@np.errstate(all="ignore")
def correlation(later: Scores, now: int, earlier: Scores, before: int) -> Floats:
    """By segment, how far two windows vary together because the same units are in both: 0 for no unit, never below."""
    segments = later.shape[1]
    span = int(max(later.unit.max(initial=0), earlier.unit.max(initial=0))) + 1
    (keys, first), (others, second) = later.of(now, span), earlier.of(before, span)
    both, of_now, of_before = np.intersect1d(keys, others, assume_unique=True, return_indices=True)
    shared = weighted(both // span, first[of_now] * second[of_before], segments)
    return np.clip(np.nan_to_num(shared / np.sqrt(later.variance[now] * earlier.variance[before])), 0, 1)


def repeats(engine: Engine, metric: Metric) -> bool:
    """Whether customers have several of the records behind a figure."""
    tables = {part.table for part in engine.catalog.parts([metric])} & engine.dataset.tables.keys()
    return any(engine.columns(table).units is not None for table in sorted(tables))


@np.errstate(all="ignore")  # what cannot be divided has no variance either
def scores(engine: Engine, metric: Metric, cells: Cells, *, about: float | None = None) -> Scores | None:
    """The scores of a metric's cells, of a ratio of two sums those about another value where it is given; None when a part
    has none: a largest value, a survival median, a whole of wholes."""
    if (metric.name, about) in engine.scores:
        return engine.scores[metric.name, about]
    by_unit = _scores(engine, metric, cells, about)
    if by_unit is None or len(by_unit.cell) <= _KEPT:
        engine.scores[metric.name, about] = by_unit
    return by_unit


def _scores(engine: Engine, metric: Metric, cells: Cells, about: float | None) -> Scores | None:
    estimate = gradient_of(engine, metric, cells)
    if estimate is None:
        return None
    gradient = estimate[1]
    if about is not None:
        over, under = gradient
        gradient = {over: gradient[over], under: -about * gradient[over]}
    if metric.per_month and metric.formula:
        gradient = of_a_month(engine.covering.months(metric)[:, None], *estimate)
    gradient = {leaf: slope for leaf, slope in gradient.items() if (leaf.metric.table, leaf.metric.column) != DECIDED}
    own = [leaf for leaf in gradient if engine.dims(leaf.metric) == cells.dims]
    wholes = [leaf for leaf in gradient if leaf not in own]
    if not own or len(wholes) > 1 or len({leaf.metric.table for leaf in gradient}) > 1 < 1 + len(wholes):
        return None
    parts = [_of_group(engine, leaves, unit, gradient, cells) for leaves, unit in _together(engine, own)]
    cell, unit, score = parts[0]
    if len(parts) > 1:
        cell, score = (np.concatenate([part[at] for part in parts]) for at in (0, 2))
        unit = np.concatenate([unit * len(parts) + at for at, (_, unit, _) in enumerate(parts)])
    by_unit = Scores(cell.astype(np.int64, copy=False), unit, score, cells.value.shape)
    return _with_whole(engine, by_unit, wholes[0], gradient[wholes[0]], cells) if wholes else by_unit


def _together(engine: Engine, leaves: list[Leaf]) -> list[tuple[list[Leaf], str]]:
    """The leaves that are moved by the same units, each group with the column of its units where it is not the table's own:
    that by which several tables are paired, or what a count counts each of once."""
    tables = sorted({leaf.metric.table for leaf in leaves})
    if len(tables) > 1 and all(engine.dataset.tables[table].has(_PAIRED_BY) for table in tables):
        return [(leaves, _PAIRED_BY)]
    groups = []
    for table in tables:
        own = [leaf for leaf in leaves if leaf.metric.table == table]
        counted = {leaf.metric.column for leaf in own if leaf.metric.aggregate == "distinct"} - {_PAIRED_BY}
        groups.append((own, min(counted, default="")))
    return groups


def _of_group(
    engine: Engine, leaves: list[Leaf], column: str, gradient: Gradient, cells: Cells
) -> tuple[Ints, Ints, Floats]:
    """The cells, units and scores of leaves that are moved by the same units."""
    labels = _labels(engine, leaves, column) if column else None
    by_group: dict[int, tuple[Groups, Floats, Ints]] = {}
    for metric in {leaf.name: leaf.metric for leaf in leaves}.values():
        pairs = engine.limited_pairs(metric)
        units = None if labels is None else _numbered(engine, metric, column, labels)
        groups = engine.groups(metric, pairs, cells.dims, units)
        slopes = {leaf.role: gradient[leaf].ravel() for leaf in leaves if leaf.name == metric.name}
        cell = engine.cell_numbers(metric, pairs, cells.dims)
        score, counts = _scored(engine, metric, slopes, pairs, groups, cell, cells)
        kept = by_group.get(id(groups.cell))
        by_group[id(groups.cell)] = (groups, score + kept[1], counts + kept[2]) if kept else (groups, score, counts)
    parts = []
    for groups, score, counts in by_group.values():
        if counts.all():
            parts.append((groups.cell, groups.unit, score))
        else:
            some = np.flatnonzero(counts)
            parts.append((groups.cell.take(some), groups.unit.take(some), score.take(some)))
    if len(parts) == 1:
        return parts[0]
    cell, unit, score = (np.concatenate([part[at] for part in parts]) for at in range(3))
    span = int(unit.max(initial=0)) + 1
    place, keys = pd.factorize(cell.astype(np.int64) * span + unit)
    return keys // span, keys % span, weighted(place, score, len(keys))


def _scored(
    engine: Engine,
    metric: Metric,
    slopes: Mapping[str, Floats],
    pairs: Chosen,
    groups: Groups,
    cell: Codes,
    cells: Cells,
) -> tuple[Floats, Ints]:
    """What each group of the pairs adds to the leaves of a metric, times their slopes by cell, and how many of its rows
    count; `cell` is that of each pair. Row by row first, so that the groups are added up once."""
    size = len(groups.cell)
    if metric.aggregate == "distinct":
        named = engine.columns(metric.table).entities(metric.column)[pairs.rows] >= 0
        counts = np.bincount(groups.place[named], minlength=size)
        return slopes[NUMBER].take(groups.cell) * (counts >= (metric.at_least or 1)), counts
    if metric.aggregate == "count":
        counts = np.bincount(groups.place, minlength=size)
        return slopes[NUMBER].take(groups.cell) * counts, counts
    values = engine.measures.values(metric, pairs)
    score: Floats = np.zeros(())
    if TOTAL in slopes:
        score = slopes[TOTAL].take(cell) * values
    if NUMBER in slopes:
        score = score + slopes[NUMBER].take(cell)
    if BELOW in slopes:
        score = score + slopes[BELOW].take(cell) * ((values <= cells.value.ravel().take(cell)) - quantile(metric))
    missing, place = np.isnan(values), groups.place
    if missing.any():
        score, place = score[~missing], place[~missing]
    return weighted(place, score, size), np.bincount(place, minlength=size)


def _labels(engine: Engine, leaves: list[Leaf], column: str) -> dict[str, int]:
    """A number for each entity, the same in every table."""
    labels: set[str] = set()
    for table in {leaf.metric.table for leaf in leaves}:
        values = engine.dataset.tables[table].frame[column]
        labels.update(map(str, values.astype("category").cat.categories.tolist()))
    return {label: number for number, label in enumerate(sorted(labels))}


def _numbered(engine: Engine, metric: Metric, column: str, labels: Mapping[str, int]) -> Ints:
    """The entity of each row of the metric's table as its number; rows without one are units of their own."""
    tables = engine.dataset.tables
    category = tables[metric.table].frame[column].astype("category").cat
    lookup = np.array([*(labels[str(value)] for value in category.categories.tolist()), -1], dtype=np.int64)
    code = lookup[category.codes.to_numpy()]
    first = len(labels) + sum(len(table.frame) for name, table in tables.items() if name < metric.table)
    return np.where(code >= 0, code, first + np.arange(len(code)))


def _with_whole(engine: Engine, part: Scores, leaf: Leaf, slope: Floats, cells: Cells) -> Scores:
    """The scores of shares of a whole that the leaf adds up in coarser cells: to a share each unit of the whole adds what it
    adds to the part, and with the slope what it adds to the whole, also where it is in no part of it at all."""
    dims = engine.dims(leaf.metric)
    pairs = engine.limited_pairs(leaf.metric)
    groups = engine.groups(leaf.metric, pairs, dims)
    coarse = engine.segments(dims)
    cell, ones = engine.cell_numbers(leaf.metric, pairs, dims), np.ones(part.shape[0] * len(coarse))
    added = _scored(engine, leaf.metric, {leaf.role: ones}, pairs, groups, cell, cells)[0]
    place, segments = engine.segments(cells.dims).within(coarse), part.shape[1]
    of_cell = (np.arange(part.shape[0])[:, None] * len(coarse) + place).ravel()
    span = int(max(groups.unit.max(initial=0), part.unit.max(initial=0))) + 1
    keys = groups.cell.astype(np.int64) * span + groups.unit
    order = np.argsort(keys)
    wanted = of_cell[part.cell] * span + part.unit
    at = order[np.minimum(np.searchsorted(keys, wanted, sorter=order), len(keys) - 1)]
    mine = slope.ravel()[part.cell] * np.where(keys[at] == wanted, added[at], 0.0)
    squares = weighted(groups.cell, added**2, part.shape[0] * len(coarse))[of_cell].reshape(part.shape)
    others = slope**2 * squares - weighted(part.cell, mine**2, segments * part.shape[0]).reshape(part.shape)
    return Scores(part.cell, part.unit, part.score + mine, part.shape, others)
