"""Which rows of a table belong to which window: the one object that both a value and its rows come from."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import cached_property

import numpy as np
import pandas as pd

from crm_metrics import schema
from crm_metrics.engine.cells import Bools, Floats, Ints
from crm_metrics.engine.pairs import Chosen, Pairs
from crm_metrics.engine.windows import DAY, Layer, Window, layers
from crm_metrics.metrics.metric import Metric
from crm_metrics.tables import ROW, SOURCE, UNIT, Table
from crm_metrics.tables.filters import matches

NEVER = np.iinfo(np.int64).min  # how a missing date reads as a number
_MOST_DAYS = 200_000
_FEW = 0.05  # so large a share of outcomes may lack their date
_HEAD = 10_000
_BLOCK = 1 << 16  # so many rows at once stay in the processor's cache
FOREVER = np.iinfo(np.int64).max


class Selector:
    """The rows of one table by window, of those that are `kept` where not all are. What several metrics share (dates,
    filters, window numbers) is made once."""

    def __init__(
        self,
        table: Table,
        windows: Sequence[Window],
        followed: Collection[str | None] = (),
        kept: Bools | None = None,
    ) -> None:
        self._table = table
        self._kept = kept
        self._windows = windows
        self._followed = followed  # the dates by which figures that follow records place them
        self._filters: dict[str, Bools] = {}
        self._entities: dict[str, Ints] = {}
        self._flows: dict[tuple[str, str | None, str | None], Pairs] = {}
        self._chosen: dict[tuple[object, ...], Chosen] = {}

    def pairs(self, metric: Metric, among: Chosen | None = None, among_table: Table | None = None) -> Chosen:
        """The rows behind an aggregate, window by window, its filter applied. `among` are the pairs of the flow that the
        metric's `among` names."""
        key = (
            (metric.at, metric.open, metric.when, metric.entity, metric.window),
            (metric.lag, metric.among, metric.where_text),
            metric.column if metric.when == "capped" or metric.is_age else None,
            metric.outcome_at,
        )
        if key not in self._chosen:
            pairs: Chosen = self.placed(metric)
            if self._kept is not None:
                pairs = pairs.only(self._kept.take(pairs.rows))
            if metric.outcome_at and any(window.then for window in self._windows):
                pairs = self._then(metric, pairs)
            elif metric.where is not None:
                pairs = pairs.only(self._matches(metric).take(pairs.rows))
            if among is not None and among_table is not None and metric.entity:
                pairs = pairs.only(_seen(self._table, pairs, among_table, among, metric.entity))
            self._chosen[key] = pairs
        return self._chosen[key]

    def _then(self, metric: Metric, placed: Chosen) -> Chosen:
        """The rows that the metric counts, in windows that are looked at as they stood at an age by what had become of them
        by then. Where more than a few that something has become of do not say when, nothing can be told."""
        now = np.ones(len(placed.rows), dtype=bool) if metric.where is None else self._matches(metric).take(placed.rows)
        windows = [place for place, window in enumerate(self._windows) if self._table.name in window.then]
        if metric.outcome_at is None or not self._table.has(metric.outcome_at):
            blocked = placed.blocked | dict.fromkeys(windows, "no-baseline")
            return Pairs(placed.rows, placed.window, blocked=blocked).only(now)
        limits = np.array([window.then.get(self._table.name, FOREVER) for window in self._windows], dtype=np.int64)
        date, limit = self.dates(metric.outcome_at).take(placed.rows), limits.take(placed.window)
        later = (date != NEVER) & (date >= limit)
        decided = now != metric.undecided
        undated = np.bincount(placed.window[decided & (date == NEVER)], minlength=len(limits))
        every = np.bincount(placed.window[decided], minlength=len(limits))
        untold = [place for place in windows if undated[place] > _FEW * every[place]]
        blocked = placed.blocked | dict.fromkeys(untold, "no-baseline")
        return Pairs(placed.rows, placed.window, blocked=blocked).only(
            now | later if metric.undecided else now & ~later
        )

    def forget(self) -> None:
        """Give back the memory of the pairs; they are made anew when they are asked for again."""
        self._flows.clear()
        self._chosen.clear()

    def placed(self, metric: Metric) -> Pairs:
        """The rows that a metric's time places in each window, before its filter."""
        if metric.window == "always":
            return self._everything(range(len(self._windows)))
        if metric.open is not None:
            return self._stock(metric)
        assert metric.at is not None
        key = (metric.at, metric.lag, metric.window)
        if key not in self._flows:
            self._flows[key] = self._flow(metric)
        return self._flows[key]

    def _everything(self, windows: Sequence[int]) -> Pairs:
        rows = np.arange(len(self._table.frame), dtype=np.int64)
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
        dates = self.dates(metric.at)
        if metric.window == "to_end":
            # Everything that has come before the end is there at the end: a stock that nothing leaves.
            begun = np.array([i for i, window in enumerate(self._windows) if window.start < window.end], dtype=np.int64)
            ends = np.array([self._windows[i].end for i in begun.tolist()], dtype=np.int64)
            order = np.argsort(ends, kind="stable")
            return _there(dates, np.full(len(dates), NEVER), ends[order], begun[order])
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
        return _concatenated([_fallen(dates, layer) for layer in layers(bounds)])

    def _stock(self, metric: Metric) -> Pairs:
        blocked: dict[int, str] = {}
        if metric.when != "end":
            blocked = {i: "no-baseline" for i, window in enumerate(self._windows) if window.is_all}
        assert metric.open is not None
        if not self._table.has(metric.open[0]):  # nothing says since when: known now, when everything is asked for
            blocked |= {i: "missing-column" for i, window in enumerate(self._windows) if not window.is_all}
        if self._table.refused:
            why = self._table.refused
            blocked |= {i: why[window.end] for i, window in enumerate(self._windows) if window.end in why}
        groups = layers([(0, 0) if window.only_followed else (window.start, window.end) for window in self._windows])
        pairs = _concatenated([self._stock_of(metric, layer) for layer in groups])
        value = self._ages(pairs, metric.open[0]) if metric.is_age else pairs.value
        return Pairs(pairs.rows, pairs.window, value, blocked)

    def _ages(self, pairs: Chosen, begins: str) -> Floats:
        """The days since each row began, up to the end of its window: from day to day where its file has dates alone."""
        if not self._table.has(begins):
            return np.full(len(pairs.rows), np.nan)
        ends = np.array([window.end for window in self._windows], dtype=np.int64)
        days = (ends.take(pairs.window) - self.dates(begins).take(pairs.rows)) / DAY
        flags = self._table.calendar.get(schema.TABLES[self._table.name].placed_by)
        if flags is None or not flags.any():
            return days
        by_day = flags[self._table.frame[SOURCE].to_numpy().take(pairs.rows)]
        return np.where(by_day, np.rint(days) - 1, days)

    def _stock_of(self, metric: Metric, layer: Layer) -> Chosen:
        assert metric.open is not None
        begins, ends = metric.open
        ended = self.dates(ends)
        started = self.dates(begins) if self._table.has(begins) else np.full(len(ended), NEVER + 1)
        if metric.when == "end":
            return _there(started, ended, layer.ends, layer.places)
        start = _there(started, ended, layer.starts, layer.places)
        if metric.when == "start":
            return start
        end = _there(started, ended, layer.ends, layer.places)
        entities = self._entity(metric.entity) if metric.entity else np.arange(len(self._table.frame), dtype=np.int64)
        span = int(entities.max(initial=0)) + 1

        def keys(pairs: Chosen) -> Ints:
            return np.multiply(pairs.window, span, dtype=np.int64) + entities[pairs.rows]

        if metric.when in ("both", "capped"):
            kept = start.only(np.isin(keys(start), keys(end)))
            return self._at_end(metric, kept, end, keys(kept), keys(end)) if metric.aggregate == "sum" else kept
        if metric.when == "gained":
            return end.only(~np.isin(keys(end), keys(start)))
        if metric.when == "lost":
            return start.only(~np.isin(keys(start), keys(end)))
        joined = _fallen(started, layer)
        return joined.only(~np.isin(keys(joined), np.concatenate([keys(start), keys(end)])))

    def _at_end(self, metric: Metric, kept: Chosen, end: Chosen, kept_keys: Ints, end_keys: Ints) -> Pairs:
        """The rows of the start with the value that their entity has at the end (`capped`: at most that of the start), so
        that both sides of a ratio stand in the segment of the start. Of an entity with several rows each keeps what stands
        beside the same attributes at the end; the rest makes good what others lost, then goes to all in proportion. NaN
        where a row of the end is not what `requires` asks for."""
        values = np.nan_to_num(self.numbers(metric.column))
        entities, place = np.unique(end_keys, return_inverse=True)
        total = np.bincount(place, weights=values[end.rows], minlength=len(entities)).astype(np.float64)
        if metric.requires:
            total[place[~self.meets(metric.requires)[end.rows]]] = np.nan
        entity = np.searchsorted(entities, kept_keys)
        before, after = values[kept.rows], total[entity]
        if len(np.unique(entity)) < len(entity):
            after = self._shared(metric, kept, end, kept_keys, end_keys, entity, before, after)
        if metric.when == "capped":
            after = np.minimum(before, after).astype(np.float64)
        return Pairs(kept.rows, kept.window, after)

    def _shared(
        self,
        metric: Metric,
        kept: Chosen,
        end: Chosen,
        kept_keys: Ints,
        end_keys: Ints,
        entity: Ints,
        before: Floats,
        after: Floats,
    ) -> Floats:
        """What of its entity's value at the end belongs to each row of the start."""
        parts = self._attributes(metric.entity)
        span = int(parts.max(initial=0)) + 1
        mine, group = np.unique(kept_keys * span + parts[kept.rows], return_inverse=True)
        other = end_keys * span + parts[end.rows]
        place = np.minimum(np.searchsorted(mine, other), len(mine) - 1)
        weights = np.where(mine[place] == other, np.nan_to_num(self.numbers(metric.column))[end.rows], 0.0)
        held = np.minimum(
            np.bincount(place, weights=weights, minlength=len(mine))[group] * _part(before, group), before
        )
        rest, room = after - _whole(held, entity), before - held
        filled = np.minimum(rest, _whole(room, entity)) * _part(room, entity)
        more = np.maximum(rest - _whole(room, entity), 0.0) * _part(before, entity)
        return np.where(_whole(np.ones(len(entity)), entity) > 1, held + filled + more, after)

    def _attributes(self, entity: str | None) -> Ints:
        """A number for each combination of attributes that a row of the table has beside its entity."""
        codes_of = np.zeros(len(self._table.frame), dtype=np.int64)
        for name in sorted(self._table.frame.select_dtypes("category").columns):
            if name != entity:
                codes = self.entities(str(name))
                codes_of = np.unique(codes_of * (codes.max(initial=0) + 2) + codes + 1, return_inverse=True)[1]
        return codes_of

    def numbers(self, column: str) -> Floats:
        """A column as numbers, NaN where missing."""
        return self._table.frame[column].to_numpy(dtype=np.float64, na_value=np.nan)

    @cached_property
    def records(self) -> Ints | None:
        """The number of the record that each row is a part of; None where every row is a record of its own."""
        if not self._table.in_parts:
            return None
        frame = self._table.frame
        keys = frame[SOURCE].to_numpy().astype(np.int64) << 40 | frame[ROW].to_numpy().astype(np.int64)
        return np.unique(keys, return_inverse=True)[1].astype(np.int64)

    @cached_property
    def units(self) -> Ints | None:
        """The customer of each row as a number; beyond these one for each row that names none. None where nobody repeats."""
        frame = self._table.frame
        if "customer" in frame:
            units = self.entities("customer")
        elif UNIT in frame:
            # Forty bits tell a million customers apart, and leave room for the number of a cell.
            keys = frame[UNIT].to_numpy()
            units = np.where(keys == 0, -1, keys & ((1 << 40) - 1))
        else:
            return None
        named = units >= 0
        if not _repeats(units[named]):
            return None
        return units if named.all() else np.where(named, units, int(units.max()) + 1 + np.arange(len(units)))

    @property
    def number_of_records(self) -> int:
        return len(self._table.frame) if self.records is None else int(self.records.max(initial=-1)) + 1

    def records_of(self, rows: Ints) -> Ints:
        """The numbers of the records that rows are parts of; the rows themselves where each is a record of its own."""
        return rows if self.records is None else self.records.take(rows)

    def flags(self, column: str) -> Bools:
        """A column of truth values, False where missing."""
        return self._table.frame[column].fillna(False).to_numpy(dtype=bool)

    def meets(self, column: str) -> Bools:
        """Which rows have what is required: a truth column that holds, of any other a value."""
        kind = schema.column(self._table.name, column)
        if kind is not None and kind.kind is schema.Kind.BOOL:
            return self.flags(column)
        return self._table.frame[column].notna().to_numpy(dtype=bool)

    def entities(self, column: str) -> Ints:
        """A column's values as numbers from 0 up, −1 where missing."""
        if column not in self._entities:
            self._entities[column] = self._table.frame[column].astype("category").cat.codes.to_numpy().astype(np.int64)
        return self._entities[column]

    def _entity(self, column: str) -> Ints:
        codes = self.entities(column)
        return np.where(codes < 0, codes.max(initial=0) + 1, codes)

    def dates(self, column: str) -> Ints:
        """A date column in microseconds since 1970, `NEVER` where missing."""
        return self._table.frame[column].to_numpy().astype("datetime64[us]", copy=False).view(np.int64)

    def _matches(self, metric: Metric) -> Bools:
        if metric.where_text not in self._filters:
            assert metric.where is not None
            self._filters[metric.where_text] = matches(self._table.frame, metric.where)
        return self._filters[metric.where_text]


def _repeats(numbers: Ints) -> bool:
    """Whether a number is there twice: where it is so, the first ones mostly tell."""
    return pd.Index(numbers[:_HEAD]).has_duplicates or pd.Index(numbers).has_duplicates


def _whole(amounts: Floats, group: Ints) -> Floats:
    """For each row the sum of its group."""
    return np.bincount(group, weights=amounts).astype(np.float64)[group]


def _part(amounts: Floats, group: Ints) -> Floats:
    """For each row its part of its group, in equal parts where that is 0 in all."""
    totals, many = _whole(amounts, group), _whole(np.ones(len(group)), group)
    shares: Floats = np.divide(amounts, totals, out=1 / many, where=totals > 0)
    return shares


def _fallen(dates: Ints, layer: Layer) -> Pairs:
    """The rows whose date falls into a window of the layer."""
    if len(layer.places) > 1 and _by_whole_days(layer):
        # A table of days is several times quicker than searching the windows for every row.
        first = int(layer.starts[0]) // DAY
        edges = np.stack([layer.starts, layer.ends]) // DAY - first
        of_day = np.full(int(edges[1, -1]) + 1, -1, dtype=np.int32)  # the last is for the days outside
        for place, (start, end) in zip(layer.places.tolist(), edges.T.tolist(), strict=True):
            of_day[start:end] = place
        window = np.empty(len(dates), dtype=np.int32)
        for begin in range(0, len(dates), _BLOCK):
            day = dates[begin : begin + _BLOCK] // DAY - first
            day = np.minimum(day.view(np.uint64), len(of_day) - 1)  # before the first, a number without sign is large
            window[begin : begin + _BLOCK] = of_day.take(day.view(np.int64))
        rows = np.flatnonzero(window >= 0)
        return Pairs(rows, window.take(rows))
    place = np.searchsorted(layer.starts, dates, side="right") - 1
    inside = (place >= 0) & (dates < layer.ends[np.maximum(place, 0)]) & (dates != NEVER)
    rows = np.flatnonzero(inside)
    return Pairs(rows, layer.places[place[rows]])


def _by_whole_days(layer: Layer) -> bool:
    days = (layer.ends[-1] - layer.starts[0]) // DAY
    return bool(days <= _MOST_DAYS and not (layer.starts % DAY).any() and not (layer.ends % DAY).any())


def _there(started: Ints, ended: Ints, edges: Ints, places: Ints) -> Pairs:
    """The rows that are there just before each edge: started before it, and not ended before it."""
    until = np.where(ended == NEVER, FOREVER, ended)
    first = np.searchsorted(edges, started, side="right")
    last = np.searchsorted(edges, until, side="right")
    often = np.where(started == NEVER, 0, np.maximum(last - first, 0))
    rows = np.repeat(np.arange(len(started), dtype=np.int64), often)
    step = np.arange(len(rows), dtype=np.int64) - np.repeat(np.cumsum(often) - often, often)
    return Pairs(rows, places[first[rows] + step])


def _seen(table: Table, pairs: Chosen, other_table: Table, other: Chosen, entity: str) -> Bools:
    """True for the pairs whose entity also has a row among the other pairs, in the same window."""
    mine = table.frame[entity].astype("category")
    other_column = other_table.frame[entity].astype("category")
    place = {value: i for i, value in enumerate(other_column.cat.categories)}
    lookup = np.array([place.get(value, -1) for value in mine.cat.categories] + [-1], dtype=np.int64)
    span = len(place) + 1
    codes = lookup[mine.cat.codes.to_numpy()][pairs.rows]
    others = other_column.cat.codes.to_numpy().astype(np.int64)[other.rows]
    keys = np.multiply(other.window[others >= 0], span, dtype=np.int64) + others[others >= 0]
    return (codes >= 0) & np.isin(np.multiply(pairs.window, span, dtype=np.int64) + codes, keys)


def _concatenated(parts: Sequence[Chosen]) -> Pairs:
    if len(parts) == 1 and isinstance(parts[0], Pairs):
        return parts[0]
    empty = np.zeros(0, dtype=np.int64)
    value = None
    if parts and parts[0].value is not None:
        value = np.concatenate([part.value for part in parts if part.value is not None])
    return Pairs(
        np.concatenate([empty, *(part.rows for part in parts)]),
        np.concatenate([empty, *(part.window for part in parts)]),
        value,
    )
