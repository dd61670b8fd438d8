"""Limits of formulas by the delta method: the formula's own gradient, and the second moments of the rows behind its parts.

A row is the sampling unit; where a part counts entities once (customers who bought), the entity is. Parts of several tables
are paired by customer where every table has one, and independent of each other otherwise. What was paid for advertising is
a decision and has no chance in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from crm_metrics.engine.aggregates import weighted
from crm_metrics.engine.cells import Bools, Cells, Codes, Floats, Ints, Unavailable
from crm_metrics.engine.intervals.distributions import t_quantile
from crm_metrics.engine.intervals.shares import wilson
from crm_metrics.engine.measuring import DECIDED, FEWEST
from crm_metrics.engine.pairs import Chosen
from crm_metrics.expressions import Formula, Name, Number
from crm_metrics.metrics.metric import Metric, Unit

if TYPE_CHECKING:
    from crm_metrics.engine.compute import Engine

_PAIRED_BY = "customer"
_TOTAL, _NUMBER = "total", "number"
AMOUNTS = (Unit.MONEY, Unit.MONEY_PER_DAY, Unit.MINUTES, Unit.HOURS, Unit.DAYS, Unit.MONTHS)


@dataclass(frozen=True)
class Leaf:
    """What a formula adds up over rows: the values of an aggregate's column, or the number of its rows (of a mean both)."""

    name: str
    role: str
    metric: Metric = field(compare=False)


Gradient = dict[Leaf, Floats]


def limits(engine: Engine, metric: Metric, cells: Cells) -> tuple[Floats, Floats] | None:
    """The 95 % limits of a formula's cells by Student's t, NaN where they rest on fewer than six records; None when a part
    has no moments: a median, or cells of other dimensions. Amounts are skewed: those above 0 that nothing is taken from
    have their limits on the scale of logarithms, with the variance of a sample rather than of all there is."""
    found = variance(engine, metric, cells)
    if found is None:
        return None
    assert metric.formula is not None
    with np.errstate(all="ignore"):
        factor = t_quantile(cells.n - 1.0, 0.975)
        half = np.where(_enough(cells), factor * np.sqrt(found), np.nan)
        low, high = cells.value - half, cells.value + half
        if metric.unit in AMOUNTS and not _subtracts(engine, metric.formula):
            wide = np.exp(half * np.sqrt(cells.n / (cells.n - 1)) / cells.value)
            skewed = cells.value > 0
            low, high = np.where(skewed, cells.value / wide, low), np.where(skewed, cells.value * wide, high)
    return low, high


def _subtracts(engine: Engine, tree: Formula) -> bool:
    """Whether a formula, or one that it is made of, takes something away."""
    match tree:
        case Number():
            return False
        case Name(name):
            inner = engine.catalog[name].formula if name in engine.catalog else None
            return inner is not None and _subtracts(engine, inner)
    return tree.operator == "-" or _subtracts(engine, tree.left) or _subtracts(engine, tree.right)


def share_limits(engine: Engine, metric: Metric, cells: Cells) -> tuple[Floats, Floats] | None:
    """The same for a share that is no count of records by another, such as of money: Wilson's limits of as many records as
    would vary as much."""
    found = variance(engine, metric, cells)
    if found is None:
        return None
    share = cells.value
    with np.errstate(all="ignore"):
        records = np.where(found > 0, share * (1 - share) / found, cells.n)
        known = _enough(cells) & (share >= 0) & (share <= 1)  # refunds may take a part of a sum beyond the whole
    low, high = wilson(share, records)
    return np.where(known, low, np.nan), np.where(known, high, np.nan)


def _enough(cells: Cells) -> Bools:
    return (cells.n >= FEWEST) & (cells.reason == 0)


def variance(engine: Engine, metric: Metric, cells: Cells) -> Floats | None:
    """The variance of a formula's cells; None when a part has no moments."""
    assert metric.formula is not None
    found = _gradient(engine, metric.formula, cells)
    if found is None:
        return None
    gradient = found[1]
    if metric.per_month:
        gradient = _per_month(engine.covering.months(metric)[:, None], *found)
    leaves = [leaf for leaf in gradient if not _is_decided(leaf.metric)]
    groups = _groups(engine, leaves)
    finer = any(engine.dims(leaf.metric) != cells.dims for leaf in leaves)
    if not leaves or (finer and any(not _is_fine(engine, group, unit, cells.dims) for group, unit in groups)):
        return None
    total = np.zeros(cells.value.shape)
    with np.errstate(all="ignore"):  # what cannot be divided has no limits either
        for group, unit in groups:
            for (one, other), moment in _moments(engine, group, unit, cells).items():
                often = 1 if one == other else 2
                total += often * gradient[one] * gradient[other] * moment
    return np.maximum(total, 0)


def _is_fine(engine: Engine, leaves: list[Leaf], unit: str | None, dims: tuple[str, ...]) -> bool:
    """Whether every row of the leaves lies in one cell of the dimensions, and is a unit of its own."""
    return unit is None and all(engine.dataset.tables[leaf.metric.table].has(dim) for leaf in leaves for dim in dims)


def _is_decided(metric: Metric) -> bool:
    return (metric.table, metric.column) == DECIDED


def _gradient(engine: Engine, tree: Formula, like: Cells) -> tuple[Floats, Gradient] | None:
    """The value of a formula in cells like the given ones, and its derivative by each leaf; None when a part is no sum,
    count or mean."""
    match tree:
        case Number(number):
            return np.full(like.value.shape, number), {}
        case Name(name):
            return _of_name(engine, name, like)
    left, right = _gradient(engine, tree.left, like), _gradient(engine, tree.right, like)
    if left is None or right is None:
        return None
    (a, by_a), (b, by_b) = left, right
    with np.errstate(all="ignore"):
        match tree.operator:
            case "+":
                return a + b, _combined(by_a, 1.0, by_b, 1.0)
            case "-":
                return a - b, _combined(by_a, 1.0, by_b, -1.0)
            case "*":
                return a * b, _combined(by_a, b, by_b, a)
            case _:
                return a / b, _combined(by_a, 1 / b, by_b, -a / b**2)


def _of_name(engine: Engine, name: str, like: Cells) -> tuple[Floats, Gradient] | None:
    shape = like.value.shape
    if name not in engine.catalog:
        return engine.named_in(name, like.dims), {}
    metric, cells = engine.catalog[name], engine.cells(name)
    if isinstance(cells, Unavailable):
        return None
    cells = engine.spread(cells, like.dims)
    if metric.formula is not None:
        inner = _gradient(engine, metric.formula, like)
        if inner is None or not metric.per_month:
            return inner
        return cells.value, _per_month(engine.covering.months(metric)[:, None], *inner)
    one = np.ones(shape)
    if metric.aggregate in ("count", "distinct"):
        return cells.value, {Leaf(name, _NUMBER, metric): one}
    if metric.aggregate == "sum":
        return cells.value, {Leaf(name, _TOTAL, metric): one}
    if metric.aggregate == "mean":
        with np.errstate(all="ignore"):
            return cells.value, {
                Leaf(name, _TOTAL, metric): 1 / cells.n,
                Leaf(name, _NUMBER, metric): -cells.value / cells.n,
            }
    return None


def _per_month(months: Floats, value: Floats, gradient: Gradient) -> Gradient:
    """The gradient of a rate of a whole period, as that of the same rate of a month."""
    with np.errstate(all="ignore"):
        outer = (1 - value) ** (1 / months - 1) / months
    return {leaf: outer * slope for leaf, slope in gradient.items()}


def _combined(left: Gradient, by_left: Floats | float, right: Gradient, by_right: Floats | float) -> Gradient:
    made = {leaf: slope * by_left for leaf, slope in left.items()}
    for leaf, slope in right.items():
        made[leaf] = made[leaf] + slope * by_right if leaf in made else slope * by_right
    return made


def _groups(engine: Engine, leaves: list[Leaf]) -> list[tuple[list[Leaf], str | None]]:
    """The leaves that are moved by the same records, each group with the column of its sampling unit, None for the row."""
    tables = {leaf.metric.table for leaf in leaves}
    entities = {leaf.metric.column for leaf in leaves if leaf.metric.aggregate == "distinct"}
    if len(tables) > 1 and all(engine.dataset.tables[table].has(_PAIRED_BY) for table in tables):
        return [(leaves, _PAIRED_BY)]
    groups: list[tuple[list[Leaf], str | None]] = []
    for table in sorted(tables):
        own = [leaf for leaf in leaves if leaf.metric.table == table]
        units = {leaf.metric.column for leaf in own if leaf.metric.aggregate == "distinct"} & entities
        groups.append((own, min(units) if units else None))
    return groups


def _moments(engine: Engine, leaves: list[Leaf], unit: str | None, like: Cells) -> Mapping[tuple[Leaf, Leaf], Floats]:
    """Of each pair of leaves the sum over units of the product of what they add, by cell; of two leaves of coarser
    dimensions, such as the whole that a share is of, over all units of their cell."""
    labels = _units(engine, leaves, unit) if unit else {}
    span = max(len(labels), *(len(engine.dataset.tables[leaf.metric.table].frame) for leaf in leaves)) + 1
    keys, values = [], []
    for leaf in leaves:
        pairs = engine.pairs(leaf.metric)
        cell = engine.cell_numbers(leaf.metric, pairs, like.dims).astype(np.int64)
        frame = engine.dataset.tables[leaf.metric.table].frame
        records = engine.selector(leaf.metric.table).records_of(pairs.rows)
        keys.append(cell * span + (_numbered(frame[unit], labels)[pairs.rows] if unit else records))
        values.append(_added(engine, leaf, pairs))
    distinct, place = np.unique(np.concatenate(keys), return_inverse=True)
    ends = np.cumsum([len(key) for key in keys])
    sums = []
    for leaf, start, end, value in zip(leaves, [0, *ends[:-1]], ends, values, strict=True):
        total = weighted(place[start:end], value, len(distinct))
        sums.append(np.minimum(total, 1) if leaf.metric.aggregate == "distinct" else total)
    cell = distinct // span
    found = {}
    for i, one in enumerate(leaves):
        for j, other in enumerate(leaves[: i + 1]):
            moment = weighted(cell, sums[i] * sums[j], like.value.size).reshape(like.value.shape)
            found[one, other] = _pooled(engine, moment, like.dims, one, other)
    return found


def _pooled(engine: Engine, moment: Floats, dims: tuple[str, ...], one: Leaf, other: Leaf) -> Floats:
    """The moments of two leaves as each cell has them: those of all cells that lie in one cell of the leaves' own
    dimensions, added up."""
    own = max(engine.dims(one.metric), engine.dims(other.metric), key=len)
    if own == dims:
        return moment
    place = engine.segments(dims).within(engine.segments(own))
    total = np.zeros((len(moment), len(engine.segments(own))))
    np.add.at(total.T, place, moment.T)
    return total[:, place]


def _added(engine: Engine, leaf: Leaf, pairs: Chosen) -> Floats:
    """What each row of the pairs adds to the leaf."""
    if leaf.metric.aggregate in ("count", "distinct"):
        return np.ones(len(pairs.rows))
    values = engine.measures.values(leaf.metric, pairs)
    return np.nan_to_num(values) if leaf.role == _TOTAL else (~np.isnan(values)).astype(np.float64)


def _units(engine: Engine, leaves: list[Leaf], column: str) -> dict[str, int]:
    """A number for each entity, the same in every table."""
    found: set[str] = set()
    for table in {leaf.metric.table for leaf in leaves}:
        values = engine.dataset.tables[table].frame[column]
        found.update(map(str, values.astype("category").cat.categories))
    return {label: number for number, label in enumerate(sorted(found))}


def _numbered(column: pd.Series, labels: Mapping[str, int]) -> Codes | Ints:
    """Each row's entity as its number; the one behind the last where it is missing."""
    category = column.astype("category").cat
    lookup = np.array([*(labels[str(value)] for value in category.categories), len(labels)], dtype=np.int64)
    return lookup[category.codes.to_numpy()]
