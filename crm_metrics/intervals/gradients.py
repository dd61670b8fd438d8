"""How a figure moves with what it adds up over rows: its derivative by each sum, cell by cell."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from crm_metrics.engine.cells import Cells, Floats, Unavailable
from crm_metrics.engine.compute import Engine
from crm_metrics.engine.formulas import named_value
from crm_metrics.expressions import Formula, Name, Number
from crm_metrics.metrics.metric import Metric

TOTAL, NUMBER, BELOW = "total", "number", "below"  # what a leaf adds up of its rows


@dataclass(frozen=True)
class Leaf:
    """What a figure adds up over rows: the values of an aggregate's column, the number of its rows (of a mean both), or of a
    quantile how many of its rows lie below it, less the share that should."""

    name: str
    role: str
    metric: Metric = field(compare=False)


Gradient = dict[Leaf, Floats]


def gradient_of(engine: Engine, metric: Metric, cells: Cells) -> tuple[Floats, Gradient] | None:
    """The value of a metric in its cells, before it is that of a month, and its derivative by each leaf; None when a part
    has none: a largest value, a survival median."""
    return _of_tree(engine, metric.formula, cells) if metric.formula else _of_aggregate(engine, metric, cells)


def _of_tree(engine: Engine, tree: Formula, like: Cells) -> tuple[Floats, Gradient] | None:
    match tree:
        case Number(number):
            return np.full(like.value.shape, number), {}
        case Name(name):
            return _of_name(engine, name, like)
    left, right = _of_tree(engine, tree.left, like), _of_tree(engine, tree.right, like)
    if left is None or right is None:
        return None
    (a, by_a), (b, by_b) = left, right
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
    if name not in engine.catalog:
        return named_value(engine, name, like.dims), {}
    metric, cells = engine.catalog[name], engine.cells(name)
    if isinstance(cells, Unavailable) or metric.over_months:
        return None
    cells = engine.spread(cells, like.dims)
    if metric.formula is None:
        return _of_aggregate(engine, metric, cells) if metric.aggregate != "median" else None
    inner = _of_tree(engine, metric.formula, like)
    if inner is None or not metric.per_month:
        return inner
    return cells.value, of_a_month(engine.covering.months(metric)[:, None], *inner)


def _of_aggregate(engine: Engine, metric: Metric, cells: Cells) -> tuple[Floats, Gradient] | None:
    name, ones = metric.name, np.ones(cells.value.shape)
    match metric.aggregate:
        case "count" | "distinct":
            return cells.value, {Leaf(name, NUMBER, metric): ones}
        case "sum":
            return cells.value, {Leaf(name, TOTAL, metric): ones}
        case "mean":
            by = {Leaf(name, TOTAL, metric): 1 / cells.n, Leaf(name, NUMBER, metric): -cells.value / cells.n}
            return cells.value, by
        case "median" | "quantile":
            return cells.value, {Leaf(name, BELOW, metric): 1 / cells.n}
    return None


def of_a_month(months: Floats, value: Floats, gradient: Gradient) -> Gradient:
    """The gradient of a rate of a whole period, as that of the same rate of a month."""
    outer = (1 - value) ** (1 / months - 1) / months
    return {leaf: outer * slope for leaf, slope in gradient.items()}


def _combined(left: Gradient, by_left: Floats | float, right: Gradient, by_right: Floats | float) -> Gradient:
    gradient = {leaf: slope * by_left for leaf, slope in left.items()}
    for leaf, slope in right.items():
        gradient[leaf] = gradient[leaf] + slope * by_right if leaf in gradient else slope * by_right
    return gradient
