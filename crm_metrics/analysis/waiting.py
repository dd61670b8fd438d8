"""Records that still wait for what a figure measures: how many they are, and the figure with them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from crm_metrics.engine.availability import trouble
from crm_metrics.engine.cells import Cells, or_none
from crm_metrics.intervals.engine import Engine
from crm_metrics.metrics.metric import Metric

MANY = 0.05  # where more than this share waits, a figure without them says too little


@dataclass(frozen=True)
class Waiting:
    """Of a segment's records, how many still wait for the end that a metric measures, and what its censored sibling makes
    of them and the others; `value` is None where too few have ended to tell, or too few wait to ask."""

    metric: Metric
    segment: tuple[str, ...]
    count: int
    of: int
    value: float | None

    @property
    def share(self) -> float:
        return self.count / self.of

    @property
    def many(self) -> bool:
        return self.share > MANY


def still_waiting(engine: Engine, metrics: Iterable[Metric], window: int) -> list[Waiting]:
    """Of each metric that leaves the waiting out, the segments of a window in which more than one in twenty waits; all of
    them where the metric always says how many wait."""
    return [waiting for metric in metrics if metric.waiting for waiting in _of_metric(engine, metric, window)]


def _of_metric(engine: Engine, metric: Metric, window: int) -> Iterator[Waiting]:
    sibling = engine.catalog[metric.waiting or ""]
    dims = engine.dims(sibling)
    plain = engine.cells(metric.name)
    if trouble(sibling, engine.dataset.tables, dims) or not isinstance(plain, Cells):
        return
    pairs, columns = engine.pairs(sibling), engine.columns(sibling.table)
    ended = np.logical_or.reduce([columns.flags(name)[pairs.rows] for name in sibling.event])
    labels = engine.segments(dims).labels
    cell = engine.cell_numbers(sibling, pairs)
    size = len(engine.windows) * len(labels)
    here = slice(window * len(labels), (window + 1) * len(labels))
    of, count = (np.bincount(cell[keep], minlength=size)[here] for keep in (slice(None), ~ended))
    shown = (plain.reason[window] == 0) | (not dims)  # a segment without the plain figure has none to be put right
    many = shown & (count > MANY * of)
    cells = engine.cells(sibling.name) if many.any() else None
    for place in np.flatnonzero(many | (shown & (of > 0) & metric.waiting_always)):
        value = cells.value[window, place] if isinstance(cells, Cells) and many[place] else np.nan
        yield Waiting(metric, labels[place], int(count[place]), int(of[place]), or_none(value))
