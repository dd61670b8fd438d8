"""The limits of a formula's cells, by the kind of figure that it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from crm_metrics.engine.cells import Cells, Floats
from crm_metrics.engine.intervals import delta
from crm_metrics.engine.intervals.counts import per_count
from crm_metrics.engine.intervals.shares import net_promoter, wilson
from crm_metrics.expressions import names
from crm_metrics.metrics.metric import Metric, Unit

if TYPE_CHECKING:
    from crm_metrics.engine.compute import Engine


def limits(engine: Engine, metric: Metric, cells: Cells, parts: Mapping[str, Cells]) -> tuple[Floats, Floats]:
    """The 95 % limits of each cell, NaN where there are none: a share's by Wilson, a Net Promoter Score's by adjusted Wald,
    of a cost per count by the count alone, of all others by the delta method. `parts` are the formula's metrics, for the
    same segments."""
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
    elif metric.interval == "share":
        found = delta.share_limits(engine, metric, cells) or (unknown, unknown)
    else:
        found = delta.limits(engine, metric, cells) or (unknown, unknown)
    available = cells.reason == 0
    low, high = (np.where(available, limit, np.nan) for limit in found)
    return low, high
