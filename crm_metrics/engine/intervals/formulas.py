"""The limits of a formula's cells, by the kind of figure that it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np

from crm_metrics.engine.cells import Cells, Floats
from crm_metrics.engine.intervals import delta
from crm_metrics.engine.intervals.counts import per_count
from crm_metrics.engine.intervals.shares import net_promoter, wilson
from crm_metrics.expressions import Formula, Name, Operation, names
from crm_metrics.metrics.metric import Metric, Unit

if TYPE_CHECKING:
    from crm_metrics.engine.compute import Engine


def limits(engine: Engine, metric: Metric, cells: Cells, parts: Mapping[str, Cells]) -> tuple[Floats, Floats]:
    """The 95 % limits of each cell, NaN where there are none: a share's by Wilson, a Net Promoter Score's by adjusted Wald,
    of a cost per count by the count alone, of a product or quotient of figures from theirs, of all others by the delta
    method. `parts` are the formula's metrics, for the same segments."""
    unknown = np.full(cells.value.shape, np.nan)
    if metric.private or metric.unit is Unit.COUNT:
        return unknown, unknown
    if metric.interval == "proportion":
        assert metric.formula is not None
        found = wilson(cells.value, parts[names(metric.formula)[1]].value)
    elif metric.interval == "nps":
        assert metric.formula is not None
        promoters, detractors, answers = (parts[name].value for name in names(metric.formula))
        found = net_promoter(promoters, detractors, answers)
    elif metric.interval == "poisson":
        assert metric.formula is not None
        amount, count = (parts[name].value for name in names(metric.formula))
        found = per_count(amount, count)
    elif metric.interval == "parts":
        assert metric.formula is not None
        found = product(cells.value, metric.formula, parts)
    elif metric.over_months:  # those of the months
        found = cells.low, cells.high
    elif metric.interval == "share":
        found = delta.share_limits(engine, metric, cells) or (unknown, unknown)
    else:
        found = delta.limits(engine, metric, cells) or (unknown, unknown)
    available = cells.reason == 0
    low, high = (np.where(available, limit, np.nan) for limit in found)
    return low, high


def product(value: Floats, tree: Formula, parts: Mapping[str, Cells]) -> tuple[Floats, Floats]:
    """The limits of a product or quotient of independent figures above 0 from theirs, on the scale of logarithms; NaN where
    none of them has limits."""
    below, above = np.zeros(value.shape), np.zeros(value.shape)
    some = np.zeros(value.shape, dtype=bool)
    for name, upright in _factors(tree):
        if name in parts:
            part = parts[name]
            with np.errstate(all="ignore"):
                down, up = np.log(part.value / part.low), np.log(part.high / part.value)
            known = np.isfinite(down) & np.isfinite(up)
            down, up = (np.where(known, width, 0.0) for width in ((down, up) if upright else (up, down)))
            below, above, some = below + down**2, above + up**2, some | known
    low, high = value / np.exp(np.sqrt(below)), value * np.exp(np.sqrt(above))
    return np.where(some, low, np.nan), np.where(some, high, np.nan)


def _factors(tree: Formula, *, upright: bool = True) -> Iterator[tuple[str, bool]]:
    """The names in a product or quotient, and whether each multiplies it rather than divides."""
    if isinstance(tree, Name):
        yield tree.name, upright
    elif isinstance(tree, Operation):
        yield from _factors(tree.left, upright=upright)
        yield from _factors(tree.right, upright=upright == (tree.operator == "*"))
