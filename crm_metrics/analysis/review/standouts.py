"""Segments whose figure differs from that of the others by more than chance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from crm_metrics.analysis import ranks
from crm_metrics.analysis.review.headlines import Headline
from crm_metrics.engine.cells import Cells, Unavailable
from crm_metrics.engine.scheduling import prepare
from crm_metrics.engine.windows import Window
from crm_metrics.intervals.engine import Engine
from crm_metrics.metrics.catalog import Catalog
from crm_metrics.metrics.metric import Better, Metric, Unit
from crm_metrics.tables import NONE, Dataset

_SIZES = ("count", "distinct", "sum")
UNKNOWN = 0.1  # a larger share of records without a segment: who has one may depend on how it went with them


@dataclass(frozen=True)
class Standout:
    """A segment that stands out: `above` in value, `better` for the good. `overall` is the figure of all together."""

    metric: Metric
    dimension: str
    segment: str
    value: float
    low: float
    high: float
    n: int
    overall: float
    above: bool
    better: bool
    currency: str | None

    @property
    def clearness(self) -> float:
        """How far it is from the whole, in halves of its own limits."""
        return abs(self.value - self.overall) / max((self.high - self.low) / 2, 1e-12)


@dataclass(frozen=True)
class _Look:
    metric: Metric
    dimension: str
    labels: list[str]
    cells: Cells


def standouts(
    dataset: Dataset,
    catalog: Catalog,
    metrics: Sequence[Metric],
    window: Window,
    dims: Mapping[str, Sequence[str]],
    wholes: Mapping[str, Headline],
    risk: float,
) -> list[Standout]:
    """The segments that stand out, the clearest first. Looked at are all dimensions of all metrics that are no mere sizes
    and have a value for all together, where each record is in one segment; the risk is shared among the looks."""
    chosen = [
        metric
        for metric in metrics
        if metric.name in wholes and not _is_size(metric) and metric.better is not Better.NEITHER
    ]
    looks = [
        look
        for look in _looks(dataset, catalog, chosen, window, dims)
        if look.cells.n[0].sum() == wholes[look.metric.name].n
    ]
    own = 1 - (1 - risk) ** (1 / max(len(looks), 1))
    segments = [segment for look in looks for segment in _apart(look, wholes[look.metric.name], own)]
    return sorted(segments, key=lambda segment: -segment.clearness)


def _is_size(metric: Metric) -> bool:
    """Whether a figure is larger just because a segment is."""
    return metric.aggregate in _SIZES or metric.unit is Unit.MONEY_PER_DAY


def _looks(
    dataset: Dataset, catalog: Catalog, metrics: Sequence[Metric], window: Window, dims: Mapping[str, Sequence[str]]
) -> list[_Look]:
    looks = []
    for dim in dict.fromkeys(dim for metric in metrics for dim in dims.get(metric.name, ())):
        mine = [metric for metric in metrics if dim in dims.get(metric.name, ())]
        engine = Engine(dataset, catalog, [window], (dim,))
        prepare(engine, mine)
        for metric in mine:
            cells = engine.cells(metric.name)
            if isinstance(cells, Unavailable) or cells.dims != (dim,):
                continue
            labels = [label[0] for label in engine.segments((dim,)).labels]
            unknown = cells.n[0][[label == NONE for label in labels]].sum()
            if len(labels) > 1 and unknown <= UNKNOWN * cells.n[0].sum():
                looks.append(_Look(metric, dim, labels, cells))
    return looks


def _apart(look: _Look, overall: Headline, risk: float) -> list[Standout]:
    cells, metric = look.cells, look.metric
    rankable = (cells.reason[0] == 0) & np.array([label != NONE for label in look.labels])
    figures = cells.figures(0)
    marks = ranks.standings(metric, figures, cells.n[0], rankable, risk=risk).mark
    assert overall.value is not None
    return [
        Standout(
            metric=metric,
            dimension=look.dimension,
            segment=look.labels[at],
            value=float(cells.value[0, at]),
            low=float(cells.low[0, at]),
            high=float(cells.high[0, at]),
            n=int(cells.n[0, at]),
            overall=overall.value,
            above=mark == ranks.ABOVE,
            better=(mark == ranks.ABOVE) == (metric.better is Better.HIGHER),
            currency=overall.currency,
        )
        for at, mark in enumerate(marks)
        if mark is not None
    ]
