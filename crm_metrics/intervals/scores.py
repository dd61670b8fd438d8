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
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from crm_metrics.engine.aggregates import weighted
from crm_metrics.engine.cells import Bools, Cells, Codes, Floats, Ints
from crm_metrics.engine.compute import Engine
from crm_metrics.engine.measuring import DECIDED, quantile
from crm_metrics.engine.pairs import Groups, Pairs, grouped
from crm_metrics.intervals.gradients import BELOW, NUMBER, TOTAL, Gradient, Leaf, gradient_of, of_a_month
from crm_metrics.metrics.metric import Metric
from crm_metrics.tables.arrays import counts as counted, taken

_PAIRED_BY = "customer"
_KEPT = 50_000  # so many scores of a metric are kept for its comparisons; more are rather computed again


@dataclass(frozen=True)
class Scores:
    """By cell and unit, what the unit adds, and how many units each cell has; `shape` is that of the cells. Places that are
    `idle` stand for no unit. `outside` is what comes to the variance of each cell from units that are only in a whole which
    the cell is a part of."""

    cell: Codes
    unit: Ints
    score: Floats
    idle: Ints
    units: Floats
    outside: Floats | None = None

    @property
    def shape(self) -> tuple[int, int]:
        return self.units.shape[0], self.units.shape[1]

    @cached_property
    @np.errstate(all="ignore")
    def variance(self) -> Floats:
        """The variance of each cell, to eleven digits: the others depend on the order in which the rows come."""
        variance = weighted(self.cell, self.score**2, self.units.size).reshape(self.shape)
        variance = variance if self.outside is None else np.maximum(variance + self.outside, 0)
        scale = 10.0 ** (10 - np.floor(np.log10(variance)))
        return np.where((variance > 0) & np.isfinite(scale), np.rint(variance * scale) / scale, variance)

    def of(self, window: int, span: int) -> tuple[Ints, Floats]:
        """A number for each segment and unit in a window, and its score."""
        segment = self.cell.astype(np.int64) - window * self.shape[1]
        there = (segment >= 0) & (segment < self.shape[1])
        there[self.idle] = False
        return segment[there] * span + self.unit[there], self.score[there]

    def packed(self) -> tuple[Ints, Ints, Floats]:
        """Cells, units and scores without idle places."""
        cell = np.delete(self.cell, self.idle).astype(np.int64)
        return cell, np.delete(self.unit, self.idle), np.delete(self.score, self.idle)


def of_units(groups: Groups, score: Floats, counts: Bools | None, rows: Ints, shape: tuple[int, int]) -> Scores:
    """The scores of the units, made of those of the pairs in their place, with how many pairs each cell has in `rows`; only
    pairs that count make a unit, all where `counts` is None."""
    if counts is None:
        idle = np.setdiff1d(groups.shared, groups.first, assume_unique=True)
    else:
        adds = counts.copy()
        groups.add_up(adds)
        idle = np.flatnonzero(~adds)
    groups.add_up(score)
    units = (rows - np.bincount(groups.cell.take(idle), minlength=len(rows))).astype(np.float64)
    return Scores(groups.cell, groups.unit, score, idle, units.reshape(shape))


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
    by_unit = parts[0]
    if len(parts) > 1:
        packed = [part.packed() for part in parts]
        cell, score = (np.concatenate([part[at] for part in packed]) for at in (0, 2))
        unit = np.concatenate([unit * len(parts) + at for at, (_, unit, _) in enumerate(packed)])
        by_unit = _apart(cell, unit, score, by_unit.shape)
    return _with_whole(engine, by_unit, wholes[0], gradient[wholes[0]], cells) if wholes else by_unit


def _apart(cell: Ints, unit: Ints, score: Floats, shape: tuple[int, int]) -> Scores:
    """Scores of units that are told apart already."""
    units = np.bincount(cell, minlength=shape[0] * shape[1]).astype(np.float64).reshape(shape)
    return Scores(cell, unit, score, np.zeros(0, dtype=np.int64), units)


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


def _of_group(engine: Engine, leaves: list[Leaf], column: str, gradient: Gradient, cells: Cells) -> Scores:
    """The scores of leaves that are moved by the same units."""
    labels = _labels(engine, leaves, column) if column else None
    together: dict[int, tuple[Pairs, Groups, Floats, Bools | None]] = {}
    for metric in {leaf.name: leaf.metric for leaf in leaves}.values():
        pairs = engine.limited_pairs(metric)
        every = pairs.every
        if id(every) in together:
            _, groups, score, counts = together[id(every)]
        else:
            units = None if labels is None else _numbered(engine, metric, column, labels)
            groups, score, counts = engine.groups(metric, every, cells.dims, units), None, None
        slopes = {leaf.role: gradient[leaf].ravel() for leaf in leaves if leaf.name == metric.name}
        added, adding = _scored(engine, metric, slopes, pairs, groups, cells)
        if score is not None:
            added, adding = score + added, None if counts is None or adding is None else counts | adding
        together[id(every)] = every, groups, added, adding
    size, shape = cells.value.size, cells.value.shape
    parts = [
        of_units(groups, score, counts, engine.measures.rows(every, cells.dims, groups.cell, size), shape)
        for every, groups, score, counts in together.values()
    ]
    if len(parts) == 1:
        return parts[0]
    cell, unit, score = (np.concatenate(arrays) for arrays in zip(*(part.packed() for part in parts), strict=True))
    return of_units(grouped(cell, unit), score, None, counted(cell, size), shape)


def _scored(
    engine: Engine, metric: Metric, slopes: Mapping[str, Floats], pairs: Pairs, groups: Groups, cells: Cells
) -> tuple[Floats, Bools | None]:
    """What each pair of the groups adds to the leaves of a metric, times their slopes by cell, and whether it counts; None
    where all do. What is counted only once is at the first pair of a group."""
    every, counts, columns = pairs.every, pairs.member, engine.columns(metric.table)
    if metric.aggregate == "distinct":
        named = columns.entities(metric.column)[every.rows] >= 0
        often = (named if counts is None else named & counts).astype(np.float64)
        groups.add_up(often)
        return taken(slopes[NUMBER], groups.cell) * (often >= (metric.at_least or 1)), often > 0
    score = taken(slopes[NUMBER], groups.cell) if NUMBER in slopes else np.zeros(len(groups.cell))
    if metric.aggregate != "count":
        values = engine.measures.values(metric, every)
        valid = ~np.isnan(values)
        if TOTAL in slopes:
            score += taken(slopes[TOTAL], groups.cell) * values
        if BELOW in slopes:
            below = values <= taken(cells.value.ravel(), groups.cell)
            score += taken(slopes[BELOW], groups.cell) * (below - quantile(metric))
        if not valid.all():
            counts = valid if counts is None else counts & valid
    if counts is not None:
        score[~counts] = 0
    return score, counts


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
    coarse = engine.cells(leaf.metric.name)
    assert isinstance(coarse, Cells)
    slopes = {leaf: np.ones(coarse.value.shape)}
    whole_cell, whole_unit, added = _of_group(engine, [leaf], "", slopes, coarse).packed()
    squares = weighted(whole_cell, added**2, coarse.value.size)
    place = engine.segments(cells.dims).within(engine.segments(coarse.dims))
    of_cell = (np.arange(part.shape[0])[:, None] * coarse.value.shape[1] + place).ravel()
    cell, unit, score = part.packed()
    span = int(max(whole_unit.max(initial=0), unit.max(initial=0))) + 1
    keys, added = np.append(whole_cell * span + whole_unit, -1), np.append(added, 0.0)  # the last is that of nobody
    order = np.argsort(keys)
    wanted = of_cell[cell] * span + unit
    at = order[np.minimum(np.searchsorted(keys, wanted, sorter=order), len(keys) - 1)]
    mine = slope.ravel()[cell] * np.where(keys[at] == wanted, added[at], 0.0)
    others = slope**2 * squares[of_cell].reshape(part.shape)
    others -= weighted(cell, mine**2, part.units.size).reshape(part.shape)
    return replace(_apart(cell, unit, score + mine, part.shape), outside=others)
