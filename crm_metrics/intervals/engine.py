"""Cells with their limits: what the engine computes, and how sure each of it is."""

from __future__ import annotations

from crm_metrics.engine import compute
from crm_metrics.engine.cells import Cells
from crm_metrics.intervals.limits import limited
from crm_metrics.metrics.metric import Metric


class Engine(compute.Engine):
    """An engine whose cells have limits, in the windows that are asked for."""

    def with_limits(self, metric: Metric, cells: Cells) -> Cells:
        return limited(self, metric, cells)
