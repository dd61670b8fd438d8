"""What came of a metric at every moment of a forecast: of deals by their days, of any other metric by the engine."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from crm_metrics.analysis.forecast.backtest import Moments, Span
from crm_metrics.analysis.forecast.forecast import Record
from crm_metrics.analysis.pipeline.deals import Deals, number_of
from crm_metrics.engine.cells import Bools, Floats, or_none
from crm_metrics.engine.currencies import split
from crm_metrics.engine.windows import Window
from crm_metrics.intervals.engine import Engine
from crm_metrics.metrics.catalog import Catalog
from crm_metrics.metrics.metric import Metric, Unit
from crm_metrics.periods import Period
from crm_metrics.tables import Dataset


@dataclass(frozen=True)
class Money:
    """A record in one currency; None for what is no money or in an unknown one."""

    currency: str | None
    record: Record


def adds_up(metric: Metric) -> bool:
    """Whether the parts of a period add up to the whole."""
    bound = metric.lag or metric.among or metric.window or metric.requires
    return metric.aggregate in ("count", "sum") and metric.at is not None and not bound


def of_deals(deals: Deals, only: Bools, moments: Moments, *, money: bool) -> Record:
    """What was won among `only` these deals: amounts, or how many where not `money`."""
    won = only & deals.closed_by(number_of(moments.unknown) - 1) & deals.won & (~np.isnan(deals.amount) | (not money))
    order = np.flatnonzero(won)[np.argsort(deals.closed[won], kind="stable")]
    day = deals.closed[order]
    running = np.append(0.0, np.cumsum(deals.amount[order] if money else np.ones(len(order))))
    edges = np.array([[number_of(edge) for edge in span] for span in _spans(moments)])
    start, end = (running[np.searchsorted(day, edges[:, side])] for side in (0, 1))
    return _record(end - start, moments, (0.0, np.inf), adds=True)


def total(deals: Deals, only: Bools, span: Span, *, money: bool) -> float:
    """What was won in a span of days, known or not."""
    within = only & deals.won & (deals.closed >= number_of(span[0])) & (deals.closed < number_of(span[1]))
    return float(np.nansum(deals.amount[within])) if money else float(within.sum())


def of_metric(dataset: Dataset, catalog: Catalog, metric: Metric, moments: Moments) -> list[Money]:
    """What came of a metric, per currency. Raises `NothingToReport` where it has no value."""
    windows = [window_of(span, dataset) for span in _spans(moments)]
    engine = Engine(dataset, catalog, windows)
    cells = engine.required(metric.name)
    unknown = engine.covering.outside(metric) | engine.covering.cut(metric)  # a part of a period is no value of it
    if not metric.is_money:
        return [Money(None, _of_values(metric, np.where(unknown, np.nan, cells.value[:, 0]), moments))]
    records = []
    for part in split(engine, metric, cells):
        shown = part.shown[:, 0] & (part.cells.reason[:, 0] == 0)
        if shown.any():
            nothing = 0.0 if adds_up(metric) else np.nan
            values = np.where(shown, part.cells.value[:, 0], np.where(part.cells.n[:, 0] == 0, nothing, np.nan))
            record = _of_values(metric, np.where(unknown, np.nan, values), moments)
            records.append(Money(part.currency[np.flatnonzero(shown)[0], 0], record))
    return records


def value_of(dataset: Dataset, catalog: Catalog, metric: Metric, span: Span, currency: str | None) -> float | None:
    """The metric's value in a span of days; None where it has none in the currency."""
    engine = Engine(dataset, catalog, [window_of(span, dataset)])
    if (cells := engine.available(metric.name)) is None:
        return None
    parts = split(engine, metric, cells) if metric.is_money else []
    own = [part.cells.value[0, 0] for part in parts if part.shown[0, 0] and part.currency[0, 0] == currency]
    return or_none(next(iter(own), np.nan) if metric.is_money else cells.value[0, 0])


def window_of(span: Span, dataset: Dataset) -> Window:
    """The window of days in the report's zone."""
    start, end = map(dataset.start, span)
    return Window(start, min(end, dataset.now), Period(*span, "", "range").months, whole_end=end)


def _spans(moments: Moments) -> list[Span]:
    backs = range(moments.steps + 1)
    return [
        *(moments.step(back) for back in range(moments.steps)),
        *(moments.so_far(back) for back in backs),
        *(moments.span(back) for back in backs),
    ]


def _of_values(metric: Metric, values: Floats, moments: Moments) -> Record:
    """The record of a metric with what its values can be: what never was negative is taken not to become so."""
    if metric.unit is Unit.POINTS:
        limits = (-100.0, 100.0)
    elif metric.interval in ("proportion", "share"):
        limits = (0.0, 1.0)
    else:
        limits = (-np.inf if (values < 0).any() else 0.0, np.inf)
    return _record(values, moments, limits, adds=adds_up(metric))


def _record(values: Floats, moments: Moments, limits: tuple[float, float], *, adds: bool) -> Record:
    steps, so_far, totals = np.split(values.astype(float), [moments.steps, 2 * moments.steps + 1])
    totals[: moments.ahead] = np.nan  # not over yet
    return Record(adds, limits, so_far, totals, steps)
