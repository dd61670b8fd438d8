"""What is there on a day: the stock at an end of each window, its ages, and what it gained, lost and kept between."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from crm_metrics import schema
from crm_metrics.engine.cells import Floats, Ints
from crm_metrics.engine.columns import NEVER, Columns
from crm_metrics.engine.pairs import Pairs, beginning, concatenated, standing
from crm_metrics.engine.windows import DAY, Layer, Window, layers
from crm_metrics.metrics.metric import Metric
from crm_metrics.tables import SOURCE


def stock(columns: Columns, windows: Sequence[Window], metric: Metric) -> Pairs:
    """The rows that stand open at the end of each window that the metric means, before its filter; with the days since each
    began where it asks for ages. Blocked are windows that have no such end, or whose day the table does not know."""
    assert metric.open is not None
    table, blocked = columns.table, dict[int, str]()
    if metric.when != "end":
        blocked = {i: "no-baseline" for i, window in enumerate(windows) if window.is_all}
    if not table.has(metric.open[0]):  # nothing says since when: known now, when everything is asked for
        blocked |= {i: "missing-column" for i, window in enumerate(windows) if not window.is_all}
    if table.refused:
        blocked |= {i: table.refused[window.end] for i, window in enumerate(windows) if window.end in table.refused}
    groups = layers([(0, 0) if window.only_followed else (window.start, window.end) for window in windows])
    pairs = concatenated([_in_layer(columns, metric, layer) for layer in groups])
    value = _ages(columns, windows, pairs, metric.open[0]) if metric.is_age else pairs.value
    return Pairs(pairs.rows, pairs.window, value, blocked)


def lifetimes(columns: Columns, edges: tuple[str, str]) -> tuple[Ints, Ints]:
    """When each row begins and ends to be there: since ever where the table does not say since when."""
    begins, ends = edges
    ended = columns.dates(ends)
    return columns.dates(begins) if columns.table.has(begins) else np.full(len(ended), NEVER + 1), ended


def _ages(columns: Columns, windows: Sequence[Window], pairs: Pairs, begins: str) -> Floats:
    """The days since each row began, up to the end of its window: from day to day where its file has dates alone."""
    table = columns.table
    if not table.has(begins):
        return np.full(len(pairs.rows), np.nan)
    ends = np.array([window.end for window in windows], dtype=np.int64)
    days = (ends.take(pairs.window) - columns.dates(begins).take(pairs.rows)) / DAY
    flags = table.calendar.get(schema.TABLES[table.name].placed_by)
    if flags is None or not flags.any():
        return days
    by_day = flags[table.frame[SOURCE].to_numpy().take(pairs.rows)]
    return np.where(by_day, np.rint(days) - 1, days)


def _in_layer(columns: Columns, metric: Metric, layer: Layer) -> Pairs:
    assert metric.open is not None
    started, ended = lifetimes(columns, metric.open)
    if metric.when == "end":
        return standing(started, ended, layer.ends, layer.places)
    start = standing(started, ended, layer.starts, layer.places)
    if metric.when == "start":
        return start
    end = standing(started, ended, layer.ends, layer.places)
    entities = np.arange(len(columns), dtype=np.int64)
    if metric.entity:
        entities = columns.entities(metric.entity)
        entities = np.where(entities < 0, entities.max(initial=0) + 1, entities)
    span = int(entities.max(initial=0)) + 1

    def keys(pairs: Pairs) -> Ints:
        return np.multiply(pairs.window, span, dtype=np.int64) + entities[pairs.rows]

    if metric.when in ("both", "capped"):
        kept = start.only(np.isin(keys(start), keys(end)))
        return _at_end(columns, metric, kept, end, keys(kept), keys(end)) if metric.aggregate == "sum" else kept
    if metric.when == "gained":
        return end.only(~np.isin(keys(end), keys(start)))
    if metric.when == "lost":
        return start.only(~np.isin(keys(start), keys(end)))
    joined = beginning(started, layer)
    return joined.only(~np.isin(keys(joined), np.concatenate([keys(start), keys(end)])))


def _at_end(columns: Columns, metric: Metric, kept: Pairs, end: Pairs, kept_keys: Ints, end_keys: Ints) -> Pairs:
    """The rows of the start with the value that their entity has at the end (`capped`: at most that of the start), so
    that both sides of a ratio stand in the segment of the start. Of an entity with several rows each keeps what stands
    beside the same attributes at the end; the rest makes good what others lost, then goes to all in proportion. NaN
    where a row of the end is not what `requires` asks for."""
    values = np.nan_to_num(columns.numbers(metric.column))
    before, values_at_end = values[kept.rows], values[end.rows]
    entities, place = np.unique(end_keys, return_inverse=True)
    total = np.bincount(place, weights=values_at_end, minlength=len(entities)).astype(np.float64)
    if metric.requires:
        total[place[~columns.meets(metric.requires)[end.rows]]] = np.nan
    entity = np.searchsorted(entities, kept_keys)
    after = total[entity]
    if len(np.unique(entity)) < len(entity):
        parts = columns.attributes(metric.entity)
        span = int(parts.max(initial=0)) + 1
        alike, group = np.unique(kept_keys * span + parts[kept.rows], return_inverse=True)
        keys = end_keys * span + parts[end.rows]
        place = np.minimum(np.searchsorted(alike, keys), len(alike) - 1)
        stays = np.bincount(place, np.where(alike[place] == keys, values_at_end, 0.0), len(alike))[group]
        after = _divided(after, entity, before, np.minimum(stays * _share(before, group), before))
    if metric.when == "capped":
        after = np.minimum(before, after).astype(np.float64)
    return Pairs(kept.rows, kept.window, after)


def _divided(after: Floats, entity: Ints, before: Floats, stays: Floats) -> Floats:
    """What of its entity's value at the end belongs to each row, of which `stays` is its own."""
    rest, room = after - _total(stays, entity), before - stays
    filled = np.minimum(rest, _total(room, entity)) * _share(room, entity)
    more = np.maximum(rest - _total(room, entity), 0.0) * _share(before, entity)
    return np.where(np.bincount(entity)[entity] > 1, stays + filled + more, after)


def _total(amounts: Floats, group: Ints) -> Floats:
    """For each row the sum of its group."""
    return np.bincount(group, weights=amounts).astype(np.float64)[group]


def _share(amounts: Floats, group: Ints) -> Floats:
    """For each row its part of its group, in equal parts where that is 0 in all."""
    totals = _total(amounts, group)
    shares: Floats = np.divide(amounts, totals, out=1 / np.bincount(group)[group], where=totals > 0)
    return shares
