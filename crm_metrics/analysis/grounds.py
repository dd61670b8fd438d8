"""What figures rest on: the months behind a lifetime value, figures made of very few, and records that still wait for what a
figure measures."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm_metrics import schema
from crm_metrics.engine.availability import trouble
from crm_metrics.engine.cells import or_none
from crm_metrics.engine.measuring import FEWEST
from crm_metrics.expressions import Name, Operation, names
from crm_metrics.intervals.engine import Engine
from crm_metrics.intervals.limits import factors
from crm_metrics.metrics.catalog import Catalog
from crm_metrics.metrics.metric import Metric, Unit


def grounds(engine: Engine, metrics: Iterable[Metric], window: int) -> dict[str, list[str]]:
    """By metric what its figure rests on: the bases of one of several months, and that its events are fewer than six.
    Of all records together; metrics of which there is nothing to say are left away."""
    shown = [engine.catalog[metric.name] for metric in metrics if _value(engine, metric.name, window) is not None]
    bases = {metric.name: base for metric in shown if (base := _base(engine, metric, window))}
    titles = {engine.catalog[name].title for name in bases}
    by_metric: dict[str, list[str]] = {}
    first: dict[str, str] = {}  # by title: what is made of a figure above rests on the same
    for metric in shown:
        reasons = []
        if metric.name in bases:
            span, parts = bases[metric.name]
            own = [f"{_within(part)} {figure}" for part, figure in parts.items() if part not in titles]
            above = [first[part] for part in parts if part in first]
            first[metric.title] = "; ".join((", ".join(own), span)) if own else next(iter(above), span)
            reasons.append(first[metric.title])
        few = min(_events(engine, metric, window), default=None) if metric.unit is not Unit.COUNT else None
        if few and few[0] < FEWEST:
            reasons.append(f"rests on only {few[0]} ({few[1]})")
        if reasons:
            by_metric[metric.name] = reasons
    return by_metric


def above_the_whole(catalog: Catalog, metrics: Iterable[Metric], rows: pd.DataFrame) -> dict[str, str]:
    """By metric what a share above 100 % means: records counted by one of their dates against those counted by another."""
    above = {*rows["metric"][rows["value"] > 1]}
    sentences = {}
    for metric in metrics:
        match metric.formula:
            case Operation("/", Name(few), Name(many)) if metric.unit is Unit.PERCENT and metric.name in above:
                part, base = catalog[few], catalog[many]
                if part.aggregate == base.aggregate == "count" and part.table == base.table and part.at != base.at:
                    more = f"more {part.title.lower()} than {base.title.lower()} in the same time"
                    same = f"not the same {schema.called(part.table)}"
                    sentences[metric.name] = f"{metric.title} above 100 %: there are {more}; they are {same}"
    return sentences


def _value(engine: Engine, name: str, window: int) -> float | None:
    cells = engine.available(name)
    if cells is None or cells.value.shape[1] != 1 or cells.reason[window, 0] != 0:
        return None
    return float(cells.value[window, 0])


def _parts(engine: Engine, metric: Metric) -> list[Metric]:
    tree = metric.formula
    return [engine.catalog[name] for name in names(tree) if name in engine.catalog] if tree is not None else []


def _base(engine: Engine, metric: Metric, window: int) -> tuple[str, dict[str, str]] | None:
    """The months over which parts of a figure are measured, and these parts by title."""
    over = [part for part in _parts(engine, metric) if any(leaf.over_months for leaf in (part, *_parts(engine, part)))]
    if not over or metric.over_months or metric.private:
        return None
    monthly = next(leaf for part in over for leaf in (part, *_parts(engine, part)) if leaf.over_months)
    months = engine.trailing.months(monthly)[window]
    span = f"{engine.trailing.label(months[0])} to {engine.trailing.label(months[-1])}"
    return f"over {len(months)} months, {span}", {part.title: _figure(engine, part, window) for part in over}


def _within(title: str) -> str:
    return f"{title[0].lower()}{title[1:]}"


def _figure(engine: Engine, metric: Metric, window: int) -> str:
    value = _value(engine, metric.name, window)
    if value is None:
        return "unknown"
    return f"{100 * value:.2f} %" if metric.unit is Unit.PERCENT else f"{value:,.2f}"


def _events(engine: Engine, metric: Metric, window: int) -> Iterator[tuple[int, str]]:
    """How many events a figure is made of, and which: of a share those among all or those not, whichever are fewer; of
    what is multiplied and divided, each part. What is added up rests on no single part."""
    if metric.interval == "proportion":
        few, all_of = _parts(engine, metric)[:2]
        hits, total = _value(engine, few.name, window), _value(engine, all_of.name, window)
        if hits is not None and total is not None:
            other = total - hits
            words = few.title.lower() if hits <= other or other <= 0 else f"without the {few.title.lower()}"
            count = round(hits if hits <= other or other <= 0 else other)
            if count > 0:
                yield count, words
        return
    if metric.formula is None:
        cells = engine.available(metric.name)
        if cells is not None and cells.value.shape[1] == 1 and (count := int(cells.n[window, 0])) > 0:
            yield count, schema.called(metric.table) if metric.aggregate != "count" else metric.title.lower()
        return
    for name, _ in factors(metric.formula):
        if name in engine.catalog:
            yield from _events(engine, engine.catalog[name], window)


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
    plain = engine.available(metric.name)
    if trouble(sibling, engine.dataset.tables, dims) or plain is None:
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
    cells = engine.available(sibling.name) if many.any() else None
    for place in np.flatnonzero(many | (shown & (of > 0) & metric.waiting_always)):
        value = cells.value[window, place] if cells is not None and many[place] else np.nan
        yield Waiting(metric, labels[place], int(count[place]), int(of[place]), or_none(value))
