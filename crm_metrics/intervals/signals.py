"""Whether a change is more than chance; and how much figures differ by themselves from one period to the next: by their
lengths, and by what they did before."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from crm_metrics.engine.blocks import blocks
from crm_metrics.engine.cells import Bools, Cells, Figures, Floats, Z
from crm_metrics.engine.compute import Engine
from crm_metrics.engine.formulas import adds_up
from crm_metrics.engine.measuring import FEWEST
from crm_metrics.engine.windows import DAY, Window
from crm_metrics.intervals.distributions import poisson_limits, t_cdf, t_quantile
from crm_metrics.intervals.scores import Scores, correlation, repeats, scores
from crm_metrics.intervals.shares import difference
from crm_metrics.metrics.metric import Better, Metric, Unit

BETTER, WORSE, NONE, UNKNOWN = "better", "worse", "no detectable change", "cannot tell"
MAYBE_BETTER, MAYBE_WORSE = "maybe better", "maybe worse"
BEYOND_CHANCE = (BETTER, WORSE, MAYBE_BETTER, MAYBE_WORSE)
_POWER = 0.8416  # four times in five a normal value is below so many standard deviations
_SURE = 3 / Z  # three standard deviations (3 times in 1,000), in halves of 95 % limits


@dataclass(frozen=True)
class Noise:
    """How two periods differ by themselves: the later is `longer` times as long as the earlier, where the figure is the
    larger for it; `spread` is the standard deviation of the periods before, NaN where it is not known; `together` how far
    the two vary together (a correlation), because they have customers in common, NaN where they cannot be compared."""

    longer: Floats
    spread: Floats
    together: Floats


ALIKE = Noise(np.ones(1), np.full(1, np.nan), np.zeros(1))


def signals(metric: Metric, now: Figures, before: Figures, noise: Noise = ALIKE) -> NDArray[np.object_]:
    """What each change says. Better or worse by the metric's direction, beyond what chance brings 3 times in 1,000; `maybe`
    so beyond what it brings 5 times in 100, where the 95 % limits of the difference leave 0 out; `no detectable change`
    where they hold it; `cannot tell` where a figure or its limits are missing. None for a metric of which neither direction
    is better."""
    if metric.better is Better.NEITHER:
        return np.full(len(now.value), None, dtype=object)
    gap, half = _gap(metric, now, before, noise)
    with np.errstate(invalid="ignore"):
        likely, sure = np.abs(gap) > half, np.abs(gap) > _SURE * half
        good = (gap > 0) == (metric.better is Better.HIGHER)
    signs = np.full(len(now.value), NONE, dtype=object)
    signs[likely & good], signs[likely & ~good] = MAYBE_BETTER, MAYBE_WORSE
    signs[sure & good], signs[sure & ~good] = BETTER, WORSE
    signs[np.isnan(half)] = UNKNOWN
    return signs


def chances(metric: Metric, now: Figures, before: Figures, noise: Noise = ALIKE) -> Floats:
    """How often chance alone brings changes as large as these, from the limits of the difference, by Student's t with the
    fewer independent records of both; NaN where nothing can be said."""
    gap, half, freedom = _compared(metric, now, before, noise)
    with np.errstate(all="ignore"):
        return 2 * t_cdf(freedom, -np.abs(gap) / half * t_quantile(freedom, 0.975))


def visible(metric: Metric, now: Figures, before: Figures, noise: Noise, risk: float) -> Floats:
    """How large changes have to be so that four of five of them are told from chance at a risk, in the unit of the figure,
    from the same limits as `chances`; NaN where nothing can be said."""
    _, half, freedom = _compared(metric, now, before, noise)
    with np.errstate(all="ignore"):
        return half * (t_quantile(freedom, 1 - risk / 2) + _POWER) / t_quantile(freedom, 0.975)


def _compared(metric: Metric, now: Figures, before: Figures, noise: Noise) -> tuple[Floats, Floats, Floats]:
    """The changes, how far their limits reach, and their degrees of freedom; NaN where nothing can be said."""
    gap, half = _gap(metric, now, before, noise)
    n = np.minimum(now.effective, before.effective)
    is_judged = (half > 0) & (n >= FEWEST) & (metric.better is not Better.NEITHER)
    return gap, np.where(is_judged, half, np.nan), n - 1.0


def _gap(metric: Metric, now: Figures, before: Figures, noise: Noise) -> tuple[Floats, Floats]:
    """The changes, as if the earlier period were as long as the later, and how far their 95 % limits reach towards 0: those
    of two figures, each at least as wide as the periods before differ, less what they vary together."""
    is_known = ~np.isnan(noise.spread)  # then what counts vary by is seen, and Poisson's variance the least of it
    now, before = (with_limits(metric, part, plain=is_known) for part in (now, before))
    longer, reach = noise.longer, Z * np.nan_to_num(noise.spread)
    figures, earlier = (
        (value, np.minimum(low, value - reach), np.maximum(high, value + reach))
        for value, low, high in (
            (now.value, now.low, now.high),
            (before.value * longer, before.low * longer, before.high * longer),
        )
    )
    low, high = difference(figures, earlier, noise.together)
    gap = now.value - before.value * longer
    return gap, np.where(gap > 0, gap - low, high - gap)


def holm(many: Floats, risk: float) -> Bools:
    """Which of many chances are too small to be one, at a risk for all of them together (Holm 1979, Scand. J. Stat. 6).
    One that is NaN never is."""
    order = np.argsort(many, kind="stable")
    small = many[order] <= risk / (np.count_nonzero(~np.isnan(many)) - np.arange(len(many))).clip(1)
    rejected = np.zeros(len(many), dtype=bool)
    rejected[order[np.logical_and.accumulate(small)]] = True
    return rejected


def with_limits(metric: Metric, figures: Figures, *, plain: Bools | bool = False) -> Figures:
    """The figures to compare by. A count is shown without limits; how much it could have been otherwise is that of a
    Poisson count of as many customers as vary as much; where it is `plain`, of the records."""
    if metric.unit is not Unit.COUNT:
        return figures
    value = np.maximum(figures.value, 0)
    effective = np.where(plain, value, figures.effective)
    each = np.divide(value, effective, out=np.ones(value.shape), where=effective > 0)
    low, high = poisson_limits(effective)
    return Figures(figures.value, low * each, high * each, figures.effective)


_LEAST = 3  # fewer periods do not tell how much they differ


class Noises:
    """The noise of comparisons between windows of an engine. What a count or a sum was in the periods before each window is
    computed where it is asked for, and only once."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._scores: dict[tuple[str, int], Scores | None] = {}
        past = {(earlier.start, earlier.end): earlier for window in engine.windows for earlier in window.past}
        self._place = {edges: place for place, edges in enumerate(past)}
        self._past = engine.over(list(past.values()), limits=False)

    def of(self, metric: Metric, now: int, before: int) -> Noise:
        """By segment, how much longer the window `now` is than `before`, how much the periods before it differed, and how
        far both vary together. Only counts and sums are the larger, the longer their period is, and only they are judged by
        the periods before."""
        is_flow = _is_size(self._engine, metric, flow=True)
        together = self._together(metric, now, before)
        if not is_flow and not _is_size(self._engine, metric, flow=False):
            return replace(ALIKE, together=together)
        days = _days(self._engine, metric, [now, before])
        longer = days[0] / days[1] if is_flow and days.all() else 1.0
        spread = self._spread(metric, self._engine.windows[now], days[0] if is_flow else 0.0)
        return Noise(np.array([longer]), spread, together)

    def _together(self, metric: Metric, now: int, before: int) -> Floats:
        """How far two windows vary together; counts have the variance of the records alone, and are taken as independent. Of
        what adds up all that has come so far it is not known: the later window holds the earlier in it."""
        if any(part.window == "to_end" for part in self._engine.catalog.parts([metric])):
            return np.full(1, np.nan)
        if metric.unit is Unit.COUNT or metric.over_months or not repeats(self._engine, metric):
            return np.zeros(1)
        later, earlier = self._scores_at(metric, now), self._scores_at(metric, before)
        return np.zeros(1) if later is None or earlier is None else correlation(*later, *earlier)

    def _scores_at(self, metric: Metric, window: int) -> tuple[Scores, int] | None:
        """The scores of the block of windows that one is in, with its place among them. Two blocks are kept."""
        cut = blocks(self._engine, [metric])
        block = next(block for block in cut if block.start <= window < block.stop)
        if (metric.name, block.start) not in self._scores:
            engine = self._engine if len(cut) == 1 else self._engine.part(block)
            cells = engine.cells(metric.name)
            while len(cut) > 1 and len(self._scores) > 1:
                self._scores.pop(next(iter(self._scores)))
            by_unit = scores(engine, metric, cells) if isinstance(cells, Cells) else None
            self._scores[metric.name, block.start] = by_unit
        by_unit = self._scores[metric.name, block.start]
        return None if by_unit is None else (by_unit, window - block.start)

    def _spread(self, metric: Metric, window: Window, days: float) -> Floats:
        """The standard deviation of the periods before a window, in its length where `days` say it; NaN of too few."""
        places = [self._place[earlier.start, earlier.end] for earlier in window.past]
        cells = self._past.cells(metric.name) if len(places) >= _LEAST else None
        if not isinstance(cells, Cells):
            return np.full(1, np.nan)
        values = cells.value[places]
        if days:
            own = _days(self._past, metric, places)[:, None]
            values = values * np.divide(days, own, out=np.full(own.shape, np.nan), where=own > 0)
        return np.where((~np.isnan(values)).sum(axis=0) >= _LEAST, pd.DataFrame(values).std().to_numpy(), np.nan)


def _days(engine: Engine, metric: Metric, places: list[int]) -> Floats:
    """How many days of windows a metric is given for."""
    tables = engine.covering.tables(metric)
    windows = engine.covering.windows(tables[0]) if tables else engine.windows
    return np.array([(windows[place].end - windows[place].start) / DAY for place in places])


def _is_size(engine: Engine, metric: Metric, *, flow: bool) -> bool:
    """Whether a metric is a count or a sum, of what comes in during a period or of what is there."""
    if metric.formula is None:
        adds = metric.aggregate in ("count", "sum", "distinct") and metric.lag is None
        return adds and (metric.at is not None and metric.window in (None, "whole")) is flow

    def is_part(name: str) -> bool:
        return name in engine.catalog and _is_size(engine, engine.catalog[name], flow=flow)

    return adds_up(metric.formula, is_part, lambda name: name not in engine.catalog, "*") and not metric.per_month
