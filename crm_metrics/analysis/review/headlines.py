"""Headline figures of a period against those of another, and which of their changes are more than chance."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from crm_metrics.engine.cells import Unavailable, or_none
from crm_metrics.engine.currencies import Money, split
from crm_metrics.engine.scheduling import prepare
from crm_metrics.engine.windows import Window
from crm_metrics.intervals.engine import Engine
from crm_metrics.intervals.noise import Noises
from crm_metrics.intervals.signals import BEYOND_CHANCE, chances, holm, signals, visible
from crm_metrics.metrics.catalog import Catalog
from crm_metrics.metrics.metric import Better, Metric
from crm_metrics.tables import Dataset

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
    cells = engine.cells(metric.name)
    return [] if isinstance(cells, Unavailable) else split(engine, metric, cells)


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
        metric=metric,
        value=value,
        low=or_none(cells.low[_NOW, 0]),
        high=or_none(cells.high[_NOW, 0]),
        n=int(cells.n[_NOW, 0]),
        before=before,
        currency=part.currency[_NOW, 0] if metric.is_money else None,
        detectable=detectable,
        marked=marked,
        better=better,
        visible=or_none(chance),
    )
