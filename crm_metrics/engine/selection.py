"""Which rows of a table belong to which window: the one object that both a value and its rows come from. Of what is there on
a day: the stock at an end of each window, its ages, and what it gained, lost and kept between."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np

from crm_metrics import schema
from crm_metrics.engine.cells import Bools, Floats, Ints
from crm_metrics.engine.columns import NEVER, Columns
from crm_metrics.engine.pairs import FOREVER, Pairs, beginning, concatenated, numbers_standing, standing
from crm_metrics.engine.windows import DAY, Layer, Window, layers
from crm_metrics.metrics.metric import Metric
from crm_metrics.tables import SOURCE, Table
from crm_metrics.tables.arrays import taken

_FEW = 0.05  # so large a share of outcomes may lack their date


class Selector:
    """The rows of one table by window, of those that are `kept` where not all are. What several metrics share is made
    once."""

    def __init__(
        self,
        columns: Columns,
        windows: Sequence[Window],
        followed: Collection[str | None] = (),
        kept: Bools | None = None,
    ) -> None:
        self.columns, self._table = columns, columns.table
        self._kept = kept
        self._windows = windows
        self._followed = followed  # the dates by which figures that follow records place them
        self._flows: dict[tuple[str, str | None, str | None], Pairs] = {}
        self._chosen: dict[tuple[object, ...], Pairs] = {}
        self._standing: dict[tuple[object, ...], Ints] = {}

    def pairs(self, metric: Metric, among: Pairs | None = None, among_table: Table | None = None) -> Pairs:
        """The rows behind an aggregate, window by window, its filter applied. `among` are the pairs of the flow that the
        metric's `among` names."""
        valued = metric.is_age or metric.when in ("both", "capped")  # their rows come with values of their own
        key = (
            (metric.at, metric.open, metric.when, metric.entity, metric.window),
            (metric.lag, metric.among, metric.where_text, metric.outcome_at),
            (metric.column, metric.aggregate, metric.requires) if valued else None,
        )
        if key not in self._chosen:
            pairs: Pairs = self.placed(metric)
            if self._kept is not None:
                pairs = pairs.only(self._kept.take(pairs.rows))
            if metric.outcome_at and any(window.then for window in self._windows):
                pairs = self._then(metric, pairs)
            elif metric.where is not None:
                pairs = pairs.only(self._matches(metric, pairs))
            if among is not None and among_table is not None and metric.entity:
                pairs = pairs.only(_seen(self._table, pairs, among_table, among, metric.entity))
            self._chosen[key] = pairs
        return self._chosen[key]

    def _then(self, metric: Metric, placed: Pairs) -> Pairs:
        """The rows that the metric counts, in windows that are looked at as they stood at an age by what had become of them
        by then. Where more than a few that something has become of do not say when, nothing can be told."""
        now = self._matches(metric, placed)
        windows = [place for place, window in enumerate(self._windows) if self._table.name in window.then]
        if metric.outcome_at is None or not self._table.has(metric.outcome_at):
            blocked = placed.blocked | dict.fromkeys(windows, "no-baseline")
            return Pairs(placed.rows, placed.window, blocked=blocked).only(now)
        limits = np.array([window.then.get(self._table.name, FOREVER) for window in self._windows], dtype=np.int64)
        date, limit = self.columns.dates(metric.outcome_at).take(placed.rows), limits.take(placed.window)
        later = (date != NEVER) & (date >= limit)
        decided = now != metric.undecided
        undated = np.bincount(placed.window[decided & (date == NEVER)], minlength=len(limits))
        every = np.bincount(placed.window[decided], minlength=len(limits))
        untold = [place for place in windows if undated[place] > _FEW * every[place]]
        blocked = placed.blocked | dict.fromkeys(untold, "no-baseline")
        return Pairs(placed.rows, placed.window, blocked=blocked).only(
            now | later if metric.undecided else now & ~later
        )

    def _matches(self, metric: Metric, pairs: Pairs) -> Bools:
        """Which of the pairs the metric's filter lets through."""
        if metric.where is None:
            return np.ones(len(pairs.rows), dtype=bool)
        return taken(self.columns.matches(metric.where, metric.where_text), pairs.rows)

    def forget(self) -> None:
        """Give back the memory of the pairs; they are made anew when they are asked for again."""
        self._flows.clear()
        self._chosen.clear()

    def placed(self, metric: Metric) -> Pairs:
        """The rows that a metric's time places in each window, before its filter."""
        if metric.window == "always":
            return self._everything(range(len(self._windows)))
        if metric.open is not None:
            return stock(self.columns, self._windows, metric)
        assert metric.at is not None
        key = (metric.at, metric.lag, metric.window)
        if key not in self._flows:
            self._flows[key] = self._flow(metric)
        return self._flows[key]

    def standing(self, metric: Metric) -> Ints:
        """How many rows the metric's time places in each window, at most, where it is what is there at many of them; none
        where each row falls into few."""
        key = (metric.at, metric.open, metric.window, metric.when == "start", metric.when == "end")
        if key not in self._standing:
            self._standing[key] = self._number_standing(metric)
        return self._standing[key]

    def _number_standing(self, metric: Metric) -> Ints:
        number = np.zeros(len(self._windows), dtype=np.int64)
        if metric.window == "always":
            return number + len(self.columns)
        if metric.open is not None and self._table.has(metric.open[1]):
            started, ended = lifetimes(self.columns, metric.open)
        elif metric.window == "to_end" and self._table.has(metric.at or ""):
            started, ended = self.columns.dates(metric.at or ""), np.full(len(self.columns), NEVER)
        else:
            return number
        for other, edge in (("end", "start"), ("start", "end")):
            if metric.open is None or metric.when != other:
                edges = np.array([getattr(window, edge) for window in self._windows], dtype=np.int64)
                number += numbers_standing(started, ended, edges)
        return number

    def _everything(self, windows: Sequence[int]) -> Pairs:
        rows = np.arange(len(self.columns), dtype=np.int64)
        chosen = np.array(list(windows), dtype=np.int64)
        return Pairs(np.tile(rows, len(chosen)), np.repeat(chosen, len(rows)))

    def _flow(self, metric: Metric) -> Pairs:
        assert metric.at is not None
        if not self._table.has(metric.at):
            # Rows that nothing places in time count when everything is asked for, and only then.
            all_time = [i for i, window in enumerate(self._windows) if window.is_all]
            blocked = {i: "missing-column" for i in range(len(self._windows)) if i not in all_time}
            pairs = self._everything(all_time)
            return Pairs(pairs.rows, pairs.window, None, blocked)
        dates = self.columns.dates(metric.at)
        if metric.window == "to_end":
            # Everything that has come before the end is there at the end: a stock that nothing leaves.
            begun = np.array([i for i, window in enumerate(self._windows) if window.start < window.end], dtype=np.int64)
            ends = np.array([self._windows[i].end for i in begun.tolist()], dtype=np.int64)
            order = np.argsort(ends, kind="stable")
            return standing(dates, np.full(len(dates), NEVER), ends[order], begun[order])
        if metric.lag:
            bounds = [window.shifted.get(metric.lag, (0, 0)) for window in self._windows]
        elif metric.window == "whole":
            bounds = [(window.start, window.whole_end or window.end) for window in self._windows]
        else:
            bounds = [(window.start, window.end) for window in self._windows]
        if metric.at not in self._followed:
            bounds = [
                (0, 0) if window.only_followed else edges for window, edges in zip(self._windows, bounds, strict=True)
            ]
        return concatenated([beginning(dates, layer) for layer in layers(bounds)])


def _seen(table: Table, pairs: Pairs, other_table: Table, other: Pairs, entity: str) -> Bools:
    """True for the pairs whose entity also has a row among the other pairs, in the same window."""
    mine = table.frame[entity].astype("category")
    other_column = other_table.frame[entity].astype("category")
    lookup = np.append(other_column.cat.categories.get_indexer(mine.cat.categories), -1)
    span = len(other_column.cat.categories) + 1
    codes = lookup[mine.cat.codes.to_numpy()][pairs.rows]
    others = other_column.cat.codes.to_numpy().astype(np.int64)[other.rows]
    keys = np.multiply(other.window[others >= 0], span, dtype=np.int64) + others[others >= 0]
    return (codes >= 0) & np.isin(np.multiply(pairs.window, span, dtype=np.int64) + codes, keys)


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
