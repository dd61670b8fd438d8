"""Whether a change is more than chance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from crm_metrics.engine.cells import Bools, Figures, Floats, Z
from crm_metrics.intervals.distributions import poisson_limits, t_cdf, t_quantile
from crm_metrics.intervals.shares import difference
from crm_metrics.metrics.metric import Better, Metric, Unit

FEWEST = 6  # of fewer records in one of the periods nothing is claimed beside other claims
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
        likely, sure, good = (
            np.abs(gap) > half,
            np.abs(gap) > _SURE * half,
            (gap > 0) == (metric.better is Better.HIGHER),
        )
    signs = np.full(len(now.value), NONE, dtype=object)
    signs[likely & good], signs[likely & ~good] = MAYBE_BETTER, MAYBE_WORSE
    signs[sure & good], signs[sure & ~good] = BETTER, WORSE
    signs[np.isnan(half)] = UNKNOWN
    return signs


def chances(metric: Metric, now: Figures, before: Figures, noise: Noise = ALIKE) -> Floats:
    """How often chance alone brings changes as large as these, from the limits of the difference, by Student's t with the
    fewer independent records of both; NaN where nothing can be said."""
    if metric.better is Better.NEITHER:
        return np.full(len(now.value), np.nan)
    gap, half = _gap(metric, now, before, noise)
    n = np.minimum(now.effective, before.effective)
    with np.errstate(all="ignore"):
        p_values = 2 * t_cdf(n - 1.0, -np.abs(gap) / half * t_quantile(n - 1.0, 0.975))
    return np.where((half > 0) & (n >= FEWEST), p_values, np.nan)


def visible(metric: Metric, now: Figures, before: Figures, noise: Noise, risk: float) -> Floats:
    """How large changes have to be so that four of five of them are told from chance at a risk, in the unit of the figure,
    from the same limits as `chances`; NaN where nothing can be said."""
    if metric.better is Better.NEITHER:
        return np.full(len(now.value), np.nan)
    _, half = _gap(metric, now, before, noise)
    n = np.minimum(now.effective, before.effective)
    with np.errstate(all="ignore"):
        gaps = half * (t_quantile(n - 1.0, 1 - risk / 2) + _POWER) / t_quantile(n - 1.0, 0.975)
    return np.where((half > 0) & (n >= FEWEST), gaps, np.nan)


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
