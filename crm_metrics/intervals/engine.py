"""Cells with their limits: what the engine computes, and how sure each of it is."""

from __future__ import annotations

from crm_metrics.engine import compute
from crm_metrics.engine.cells import Cells, Unavailable
from crm_metrics.engine.segments import Segments
from crm_metrics.errors import NothingToReport
from crm_metrics.intervals.limits import limited
from crm_metrics.loaders import memory
from crm_metrics.metrics.metric import Metric


class Engine(compute.Engine):
    """An engine whose cells have limits, in the windows that are asked for. Of more segments than fit into memory it gives
    no figure, whoever asks; a report counts besides how many figures it keeps."""

    def segments(self, dims: tuple[str, ...]) -> Segments:
        """The segments of some dimensions. Raises `DataError` where one figure of each, in every window, does not fit."""
        is_new = dims not in self._segments
        segments = super().segments(dims)
        if is_new:
            memory.refuse_too_many(len(self.windows) * len(segments), segments=len(segments))
        return segments

    def available(self, name: str) -> Cells | None:
        """The cells of a metric; None where the data cannot give it at all."""
        cells = self.cells(name)
        return cells if isinstance(cells, Cells) else None

    def required(self, name: str, problem: str = "") -> Cells:
        """The cells of a metric. Raises `NothingToReport` where the data cannot give it at all: the problem, and why."""
        cells = self.cells(name)
        if isinstance(cells, Unavailable):
            raise NothingToReport(f"{problem or f'{name} is not available'}: {cells.seen}", hint=cells.hint or None)
        return cells

    def with_limits(self, metric: Metric, cells: Cells) -> Cells:
        return limited(self, metric, cells)
