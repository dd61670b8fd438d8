"""Headline figures of a period against those of another, which of their changes are more than chance, and the segments whose
figure differs from that of the others by more than that."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from crm_metrics.analysis import ranks
from crm_metrics.engine.cells import Cells, or_none
from crm_metrics.engine.currencies import Money, split
from crm_metrics.engine.scheduling import prepare
from crm_metrics.engine.windows import Window
from crm_metrics.intervals.engine import Engine
from crm_metrics.intervals.signals import BEYOND_CHANCE, Noises, chances, holm, signals, visible
from crm_metrics.metrics.catalog import Catalog
from crm_metrics.metrics.metric import Better, Metric, Unit
from crm_metrics.tables import NONE, Dataset

_BEFORE, _NOW = 0, 1


@dataclass(frozen=True)
class Headline:
    """A headline figure of the period, and of the one before it; values that are not available are None. `detectable` says
    that the change is more than chance, all headline figures taken together, `marked` that a report marks it, which judges
    each by itself; `better` whether it is for the good. Of changes as large as `visible`, in the unit of the figure, four of
    five would be detectable beside the others (None: unknown)."""

    metric: Metric
    value: float | None
    low: float | None
    high: float | None
    n: int
    before: float | None
    currency: str | None
    detectable: bool
    marked: bool
    better: bool | None
    visible: float | None


def headlines(
    dataset: Dataset, catalog: Catalog, metrics: Sequence[Metric], windows: tuple[Window, Window], risk: float
) -> list[Headline]:
    """The figures in two windows (before, now), one for each currency; those that cannot be computed are left away. All
    claims of a change together risk `risk`."""
    engine = Engine(dataset, catalog, list(windows))
    prepare(engine, metrics)
    drawn = [(metric, part) for metric in metrics for part in _parts(engine, metric) if part.shown[_NOW, 0]]
    noises = Noises(engine)
    p_values = [_compared(chances, metric, part, noises) for metric, part in drawn]
    detectable = holm(np.array(p_values), risk)
    own = risk / max(int(np.count_nonzero(~np.isnan(p_values))), 1)
    visible_chances = [
        float("nan") if np.isnan(chance) else _compared(visible, metric, part, noises, own)
        for chance, (metric, part) in zip(p_values, drawn, strict=True)
    ]

    def marked(metric: Metric, part: Money) -> bool:
        return _compared(signals, metric, part, noises) in BEYOND_CHANCE

    return [
        _headline(metric, part, visible_chances[at], detectable=bool(detectable[at]), marked=marked(metric, part))
        for at, (metric, part) in enumerate(drawn)
    ]


def _parts(engine: Engine, metric: Metric) -> list[Money]:
    cells = engine.available(metric.name)
    return [] if cells is None else split(engine, metric, cells)


def _compared(how: Callable[..., Any], metric: Metric, part: Money, noises: Noises, *more: float) -> Any:
    """What is to be said of both periods' figures; NaN where nothing can be said."""
    cells = part.cells
    if metric.is_money and part.currency[_BEFORE, 0] != part.currency[_NOW, 0]:
        return float("nan")
    before, now = (cells.figures(at) for at in (_BEFORE, _NOW))
    noise = noises.of(metric, _NOW, _BEFORE)
    return how(metric, now, before, noise, *more)[0]


def _headline(metric: Metric, part: Money, chance: float, *, detectable: bool, marked: bool) -> Headline:
    cells = part.cells
    value, before = or_none(cells.value[_NOW, 0]), or_none(cells.value[_BEFORE, 0])
    better = None
    if value is not None and before is not None and value != before and metric.better is not Better.NEITHER:
        better = (value > before) == (metric.better is Better.HIGHER)
    return Headline(
        metric,
        *cells.at(_NOW, 0),
        int(cells.n[_NOW, 0]),
        before,
        part.currency[_NOW, 0] if metric.is_money else None,
        detectable,
        marked,
        better,
        or_none(chance),
    )


_SIZES = ("count", "distinct", "sum")
UNKNOWN = 0.1  # a larger share of records without a segment: who has one may depend on how it went with them


@dataclass(frozen=True)
class Standout:
    """A segment that stands out, `better` for the good. `overall` is the figure of all together."""

    metric: Metric
    dimension: str
    segment: str
    value: float
    low: float
    high: float
    n: int
    overall: float
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
        if metric.name in wholes
        and not (metric.aggregate in _SIZES or metric.unit is Unit.MONEY_PER_DAY)
        and metric.better is not Better.NEITHER
    ]
    looks = [
        look
        for look in _looks(dataset, catalog, chosen, window, dims)
        if look.cells.n[0].sum() == wholes[look.metric.name].n
    ]
    own = 1 - (1 - risk) ** (1 / max(len(looks), 1))
    segments = [segment for look in looks for segment in _apart(look, wholes[look.metric.name], own)]
    return sorted(segments, key=lambda segment: -segment.clearness)


def _looks(
    dataset: Dataset, catalog: Catalog, metrics: Sequence[Metric], window: Window, dims: Mapping[str, Sequence[str]]
) -> list[_Look]:
    looks = []
    for dim in dict.fromkeys(dim for metric in metrics for dim in dims.get(metric.name, ())):
        mine = [metric for metric in metrics if dim in dims.get(metric.name, ())]
        engine = Engine(dataset, catalog, [window], (dim,))
        prepare(engine, mine)
        for metric in mine:
            cells = engine.available(metric.name)
            if cells is None or cells.dims != (dim,):
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
            better=(mark == ranks.ABOVE) == (metric.better is Better.HIGHER),
            currency=overall.currency,
        )
        for at, mark in enumerate(marks)
        if mark is not None
    ]
