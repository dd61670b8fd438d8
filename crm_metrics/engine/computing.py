"""What an engine is to its own rooms, which are below it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, Self

from crm_metrics.engine.cells import Cells, Unavailable
from crm_metrics.engine.covering import Covering
from crm_metrics.engine.segments import Segments
from crm_metrics.engine.selection import Selector
from crm_metrics.engine.windows import Window
from crm_metrics.metrics.catalog import Catalog
from crm_metrics.metrics.metric import Metric
from crm_metrics.tables import Dataset


class Computing(Protocol):
    """An engine: a dataset and metrics, with windows and segments in which they are computed."""

    dataset: Dataset
    catalog: Catalog
    windows: list[Window]
    covering: Covering

    def over(self, windows: Sequence[Window]) -> Self: ...

    def computed(self, metric: Metric) -> Cells | Unavailable: ...

    def segments(self, dims: tuple[str, ...]) -> Segments: ...

    def selector(self, table: str) -> Selector: ...
