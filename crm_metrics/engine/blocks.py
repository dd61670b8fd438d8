"""What an engine is to its own rooms, which are below it; and its windows in blocks: as many at once as have few enough
rows, so that memory does not grow with how many there are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, Protocol, Self

import numpy as np

from crm_metrics.engine.cells import GRIDS, Cells, Unavailable
from crm_metrics.engine.covering import Covering
from crm_metrics.engine.segments import Segments
from crm_metrics.engine.selection import Selector
from crm_metrics.engine.windows import Window
from crm_metrics.metrics.catalog import Catalog
from crm_metrics.metrics.metric import Metric
from crm_metrics.tables import Dataset

MOST = 1 << 20  # so many rows of all windows of a block; of a larger table as many as it has, as in one window of all


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


def blocks(engine: Computing, metrics: Iterable[Metric]) -> list[slice]:
    """The windows of an engine, cut so that the metrics hold few enough rows of each table in each block. Only what is there
    at many windows needs more than one block: what happens falls into one window or few."""
    every = len(engine.windows)
    if every * max((len(table.frame) for table in engine.dataset.tables.values()), default=0) <= MOST:
        return [slice(0, every)]
    share = np.zeros(every)
    for part in engine.catalog.parts(metrics):
        if part.table in engine.dataset.tables:
            selector = engine.selector(part.table)
            most = max(MOST, len(selector.columns))
            if len(selector.columns) * every > most:
                share = np.maximum(share, selector.standing(part) / most)
    if share.sum() <= 1:
        return [slice(0, every)]
    edges, filled = [0], 0.0
    for place, more in enumerate(share.tolist()):
        if filled + more > 1 and place > edges[-1]:
            edges.append(place)
            filled = 0.0
        filled += more
    return [slice(start, end) for start, end in zip(edges, [*edges[1:], every], strict=True)]


def joined(parts: Sequence[Cells | Unavailable]) -> Cells | Unavailable:
    """The cells of several blocks as those of all windows; what is not available is so in every block."""
    cells = [part for part in parts if isinstance(part, Cells)]
    if not cells:
        return parts[0]
    grids: dict[str, Any] = {name: np.concatenate([getattr(part, name) for part in cells]) for name in GRIDS}
    return replace(cells[0], **grids)
