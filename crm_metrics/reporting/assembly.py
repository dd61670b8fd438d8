"""From computed cells to a report: one tidy frame, comparisons, currencies, and words for what is not available."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from crm_metrics import expressions
from crm_metrics.engine.cells import CODE, REASONS, Cells, Figures, Unavailable
from crm_metrics.engine.currencies import Money, split
from crm_metrics.intervals.engine import Engine
from crm_metrics.intervals.signals import ALIKE, Noise, Noises, signals
from crm_metrics.metrics.metric import Better, Metric, Unit
from crm_metrics.periods.calendar import DAY
from crm_metrics.reporting import REASONS_IN_WORDS
from crm_metrics.reporting.report import AFTER_DIMENSIONS, BEFORE_DIMENSIONS, column_name
from crm_metrics.tables import NONE

if TYPE_CHECKING:
    from crm_metrics.reporting.timeline import Shown

_IN_POINTS = (Unit.PERCENT, Unit.POINTS)
# The columns of numbers that are missing until something is known.
_NUMBERS = (
    *("value", "low", "high", "compare_value", "change", "change_pct", "target", "attainment", "rank_low", "rank_high"),
)


class Assembler:
    """Builds the tidy rows of a report, metric by metric. `missing` says why a metric has no value anywhere; those that the
    data cannot give in any period are `absent`; figures that follow records to what became of them and are given as they
    stood at the same age are `alike`; `notes` are sentences to be printed with the figures, `uncovered` are those
    that say which periods the data does not cover, `offers` those that say how a missing column can be read; `lacking` are
    per metric the tables of which one would have to be given."""

    def __init__(self, engine: Engine, shown: Sequence[Shown], per: tuple[str, ...]) -> None:
        self.engine, self.shown, self._noises = engine, shown, Noises(engine)
        self.columns = [*BEFORE_DIMENSIONS, *map(column_name, (*engine.by, *per)), *AFTER_DIMENSIONS]
        self.missing: dict[str, str] = {}
        self.absent: set[str] = set()
        self.alike: set[str] = set()
        self.offers: dict[str, None] = {}
        self.lacking: dict[str, tuple[str, ...]] = {}
        self.notes: list[str] = []
        self.missed_goals: list[str] = []
        self.uncovered: dict[str, None] = {}
        self._targets: Any = None
        self._dims = (*engine.by, *per)
        self._windows = self._plain = np.array([part.window for part in shown])
        self._alike = np.array([part.window if part.alike_window is None else part.alike_window for part in shown])

    def frame(self, metrics: Iterable[Metric]) -> pd.DataFrame:
        """The tidy rows of the metrics, in their order; within a metric by period, then segment."""
        parts = [part for metric in metrics for part in self._rows(metric)]
        if not parts:
            return pd.DataFrame(columns=self.columns)
        # Each column is given up as it is joined, and none is copied: with many segments they are most of the memory.
        columns = {name: _joined([part.pop(name) for part in parts]) for name in self.columns}
        # Texts repeat row by row: they stay references to the same few objects.
        named = {name: pd.Series(cells, dtype=cells.dtype, copy=False) for name, cells in columns.items()}
        return pd.DataFrame(named, copy=False)

    def _rows(self, metric: Metric) -> list[dict[str, Any]]:
        cells = self.engine.cells(metric.name)
        if isinstance(cells, Unavailable):
            self.missing[metric.name] = "; ".join(filter(None, (cells.seen, cells.offer or cells.hint)))
            self.absent.add(metric.name)
            self.lacking |= {metric.name: cells.lacks} if cells.lacks else {}
            self.offers |= {problem: None for problem in (cells.offer,) if problem}
            return [self._none(metric, cells.reason)]
        self._windows = self._plain
        moved = self._alike != self._plain
        if moved.any() and self.engine.catalog.follows(metric) and (cells.reason[self._alike[moved]] == 0).any():
            self._windows = self._alike
            self.alike.add(metric.name)
        self._say_uncovered(metric)
        parts = split(self.engine, metric, cells)
        rows = [self._part(metric, part, money=metric.is_money or len(parts) > 1) for part in parts]
        if self.engine.dataset.settings.goal:
            self._fill_targets(metric, parts, rows)
        if not any(len(row["status"]) for row in rows):
            self.missing[metric.name] = REASONS_IN_WORDS["no-rows"]
            return [self._none(metric, "no-rows")]
        if not any((row["status"] != "unavailable").any() for row in rows):
            self._explain(metric, parts[0].cells)
        return rows

    def _fill_targets(self, metric: Metric, parts: Sequence[Money], rows: Sequence[dict[str, Any]]) -> None:
        """What the goals want of the shown figures, and how far they are reached."""
        from crm_metrics.analysis import goals

        self._targets = self._targets or goals.targets(self.engine.dataset.settings)
        periods = [part.period for part in self.shown]
        filled = goals.fill(self.engine, metric, parts, self._windows.tolist(), periods, rows, self._targets)
        self.notes += filled.notes
        self.missed_goals += filled.missed

    def _title(self, metric: Metric) -> str:
        label = self.engine.dataset.labels.get(metric.name)
        return f"{metric.title} ({label})" if label else metric.title

    def _blank(self, metric: Metric, place: np.ndarray) -> dict[str, Any]:
        """Rows of a metric that say nothing yet but what they are about; `place` is the period of each row."""
        size, alone = len(place), len(self.shown) == 1
        rows: dict[str, Any] = {
            name: _all(size, values[0]) if alone else values[place] for name, values in self._by_period.items()
        }
        texts: dict[str, str | None] = {"metric": metric.name, "title": self._title(metric), "unit": str(metric.unit)}
        rows |= {name: _all(size, text) for name, text in texts.items()}
        rows |= dict.fromkeys((*map(column_name, self._dims), "currency", "signal", "standing"), _all(size, None))
        return rows | dict.fromkeys(_NUMBERS, _unknown(size))

    @cached_property
    def _by_period(self) -> dict[str, np.ndarray]:
        """What is said of each period alike, whatever the metric."""
        periods = [part.period for part in self.shown]
        columns: dict[str, list[Any]] = {
            "period": [period.label for period in periods],
            "start": [period.start.isoformat() for period in periods],
            "end": [(max(period.end, period.start) - DAY).isoformat() for period in periods],
            "complete": [part.complete for part in self.shown],
            "compare_period": [part.earlier.label if part.earlier else None for part in self.shown],
        }
        return {name: np.array(values, dtype=object) for name, values in columns.items()}

    def _none(self, metric: Metric, reason: str) -> dict[str, Any]:
        """One row per period for a metric that has no cells; its dimensions are empty."""
        size = len(self.shown)
        rows = self._blank(metric, np.arange(size)) | {"n": np.zeros(size, dtype=np.int64)}
        return rows | {"status": np.full(size, "unavailable", object), "reason": np.full(size, reason, object)}

    def _part(self, metric: Metric, part: Money, *, money: bool) -> dict[str, Any]:
        cells = part.cells
        place, segment = np.nonzero(part.shown[self._windows])
        window = self._windows[place]
        rows = self._blank(metric, place)
        labels = self.engine.segments(cells.dims).labels
        for at, dim in enumerate(cells.dims if labels else ()):
            if dim in self._dims:
                rows[column_name(dim)] = np.array([label[at] for label in labels], dtype=object)[segment]
        value, reason = cells.value[window, segment], cells.reason[window, segment]
        ok = reason == 0
        if (cut := ok & self.engine.covering.cut(metric)[window]).any():
            rows["complete"] = rows["complete"] & ~cut
        to_date = ~rows["complete"].astype(bool)
        immature = cells.partial[window, segment]
        status = np.where(~ok, "unavailable", np.where(to_date | immature, "partial", "ok")).astype(object)
        words = np.array([None, *REASONS[1:]], dtype=object)[reason]
        words[ok & immature] = "immature-cohort"
        rows |= {"value": value, "n": cells.n[window, segment], "status": status, "reason": words}
        if money:
            rows["currency"] = part.currency[window, segment]
        rows |= {"low": cells.low[window, segment], "high": cells.high[window, segment]}
        now = Figures(value, rows["low"], rows["high"], cells.effective[window, segment])
        if len(self.shown) == len(self.engine.by) == 1 and cells.dims == self.engine.by and not part.is_one_of_several:
            rows |= self._standings(metric, now, rows)
        return rows | self._compared(metric, part, place, segment, now)

    def _standings(self, metric: Metric, now: Figures, rows: dict[str, Any]) -> dict[str, Any]:
        """How the segments of the only dimension stand to each other in the only period. Those without a name, and the
        rest of them as one, are no segments to compare; nor are amounts in several currencies."""
        from crm_metrics.analysis.ranks import standings

        names = rows[column_name(self.engine.by[0])]
        rankable = (rows["status"] != "unavailable") & (names != NONE) & (names != self.engine.rest)
        if len(set(rows["currency"][rankable])) > 1:
            return {}
        places = standings(metric, now, rows["n"], rankable)
        return {"standing": places.mark, "rank_low": places.best, "rank_high": places.worst}

    def _compared(
        self, metric: Metric, money: Money, place: np.ndarray, segment: np.ndarray, now: Figures
    ) -> dict[str, Any]:
        follows = self.engine.catalog.follows(metric)
        windows = [part.aged_window if follows else part.earlier_window for part in self.shown]
        earlier = np.array([-1 if window is None else window for window in windows])[place]
        compared = (earlier >= 0) & (money.cells.reason[earlier, segment] != CODE["no-baseline"])
        if not compared.any():
            return {}
        before = np.where(compared, money.cells.value[earlier, segment], np.nan)
        if metric.is_money:
            window = self._windows[place]
            unlike = money.currency[earlier, segment] != money.currency[window, segment]
            unlike &= (money.cells.n[earlier, segment] > 0) | (before != 0)  # nothing is in no currency
            unlike |= money.cells.reason[window, segment] == CODE["mixed-currency"]
            before = np.where(unlike, np.nan, before)
        with np.errstate(all="ignore"):
            change = now.value - before
            relative = np.where(before > 0, change / before, np.nan)
        if metric.unit in _IN_POINTS:
            relative = np.full(len(before), np.nan)
        grids = money.cells.low, money.cells.high, money.cells.effective
        then = Figures(before, *(grid[earlier, segment] for grid in grids))
        is_judged = metric.better is not Better.NEITHER and not np.isnan(change).all()
        noise = self._noise(metric, money, place, earlier, segment) if is_judged else ALIKE
        signs = signals(metric, now, then, noise)
        signs[~compared] = None
        return {"compare_value": before, "change": change, "change_pct": relative, "signal": signs}

    def _noise(
        self, metric: Metric, money: Money, place: np.ndarray, earlier: np.ndarray, segment: np.ndarray
    ) -> Noise:
        """The noise of each row; what was in the periods before is not known of single currencies of several: nor is it."""
        longer, spread, together = np.ones(len(place)), np.full(len(place), np.nan), np.zeros(len(place))
        for period in np.unique(place[earlier >= 0]).tolist():
            rows = np.flatnonzero(place == period)
            noise = self._noises.of(metric, int(self._windows[period]), int(earlier[rows[0]]))
            longer[rows] = noise.longer[0]
            spread[rows] = noise.spread[segment[rows]] if len(noise.spread) > 1 else noise.spread[0]
            together[rows] = noise.together[segment[rows]] if len(noise.together) > 1 else noise.together[0]
        if money.cells is not self.engine.cells(metric.name):
            unknown = np.full(len(place), np.nan)
            return Noise(longer, unknown, unknown if money.is_one_of_several else 0 * together)
        return Noise(longer, spread, together)

    def _explain(self, metric: Metric, cells: Cells) -> None:
        """Say why a metric that could be computed has no value anywhere in the report."""
        reasons = cells.reason[self._windows]
        codes = reasons[reasons > 0]
        if not len(codes):
            self.missing[metric.name] = REASONS_IN_WORDS["no-rows"]
            return
        reason = REASONS[int(codes.min())]
        if reason == "not-covered":
            place = int(self._windows[np.flatnonzero(reasons == CODE[reason])[0] // reasons.shape[1]])
            self.missing[metric.name] = self.engine.covering.sentence(metric, place)
            return
        self.missing[metric.name] = f"{REASONS_IN_WORDS[reason]}{self._seen(metric, reason)}"

    def _say_uncovered(self, metric: Metric) -> None:
        """Say of the periods shown which tables begin in them or later, and which end before they are over."""
        covering, tables = self.engine.covering, self.engine.covering.tables(metric)
        for table in tables:
            begins, ends = covering.edges(table)
            if ends[self._windows].any():
                self.uncovered[f"The {covering.edge_of(table, 'complete')}: figures of them go no further."] = None
            early = [part.period.label for part, hit in zip(self.shown, begins[self._windows], strict=True) if hit]
            if early and (self.shown[0].period.unit != "all" or len(tables) > 1):
                parts = f"{early[0]} to {early[-1]} are" if early[1:] else f"{early[0]} is"
                self.uncovered[f"The {covering.edge_of(table, 'first')}: {parts} not whole."] = None

    def _seen(self, metric: Metric, reason: str) -> str:
        """The figures of the parts of a formula that could not be divided."""
        if reason != "zero-denominator" or metric.formula is None or self.engine.by or len(self.shown) != 1:
            return ""
        shown = []
        for name in expressions.names(metric.formula):
            part = self.engine.cells(name) if name in self.engine.catalog else None
            if isinstance(part, Cells) and part.value.shape[1] == 1 and part.reason[self._windows[0], 0] == 0:
                shown.append(f"{self.engine.catalog[name].title.lower()} {part.value[self._windows[0], 0]:,.6g}")
        return f": {', '.join(shown)}" if shown else ""


@lru_cache(maxsize=1024)
def _all(size: int, value: str | bool | None) -> np.ndarray:
    """A column of one value, which takes no room: with many segments most columns say one thing, and most metrics the same
    ones."""
    return np.broadcast_to(np.array(value, dtype=object), size)


@lru_cache(maxsize=64)
def _unknown(size: int) -> np.ndarray:
    """A column of numbers that are missing, which takes no room."""
    return np.broadcast_to(np.nan, size)


def _joined(parts: list[np.ndarray]) -> np.ndarray:
    """Columns one below the other; where all say one thing, a column that takes no room."""
    firsts = [part[:1] for part in parts if len(part)]
    if firsts and all(part.strides == (0,) for part in parts if len(part)):
        values = np.concatenate(firsts)
        if pd.isna(values).all() or (values == values[0]).all():
            return np.broadcast_to(values[:1].reshape(()), sum(map(len, parts)))
    return np.concatenate(parts)
