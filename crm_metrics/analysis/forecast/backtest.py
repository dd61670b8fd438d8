"""How far off forecasts were at earlier moments, which method that speaks for, and the bands that it makes.

Errors are came − forecast, one a moment, the oldest moment first; NaN where a method had nothing to say or what came is not
known.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from crm_metrics.engine.cells import Bools, Floats
from crm_metrics.intervals.distributions import t_quantile

LEVELS = (0.5, 0.9)
FEWEST = 3  # errors that a band can rest on at all
STRETCHES = 4  # of what came without overlap: fewer do not tell methods apart
_ALIKE = 12  # moments as well informed as now that a band is made from alone


@dataclass(frozen=True)
class Trials:
    """What every method said at earlier moments and what came. `ahead` is after how many moments it was known; `scale` is
    the mean change from period to period known at each moment (from a year to the next once two are known); `alike` marks
    the moments that knew as much of the season as is known now; `spread` is how far smoothing missed within the series
    known at each moment, and now (the last). What `grows` has no end above and none below 0."""

    came: Floats
    forecasts: Mapping[str, Floats]
    ahead: int
    scale: Floats
    alike: Bools
    spread: Floats
    grows: bool

    def compared(self, needed: int, among: Bools) -> tuple[list[str], Bools]:
        """The methods that can be compared, and at which moments: those `among` some at which each of them said something.
        None and nowhere if fewer than `needed`."""
        usable = among & ~np.isnan(self.came) & (np.nan_to_num(self.scale) > 0)
        names = [name for name, points in self.forecasts.items() if (usable & ~np.isnan(points)).sum() >= needed]
        for name in names:
            usable = usable & ~np.isnan(self.forecasts[name])
        return (names, usable) if names and usable.sum() >= needed else ([], np.zeros_like(usable))

    def errors(self, name: str, at: Bools) -> Floats:
        """A method's known errors at some of the moments."""
        errors = (self.came - self.forecasts[name])[at]
        return errors[~np.isnan(errors)]

    def scaled(self, name: str, at: Bools) -> float:
        """The mean size of a method's errors, each by the scale of its moment (MASE; Hyndman & Koehler 2006)."""
        return float(np.mean(np.abs(self.came - self.forecasts[name])[at] / self.scale[at]))

    def bands(self, name: str, point: float) -> dict[float, tuple[float, float]]:
        """Per level the low and high edge about a forecast, by the method's own errors. As ratios where what grows is above
        0 throughout: it errs by shares."""
        sizes, ratios = self._sizes(np.append(self.came, np.nan), np.append(self.forecasts[name], point))
        likely = self._likely(sizes[:-1], len(self.alike), True)
        bands = {}
        for level in LEVELS:
            wide = reach(likely, level, self.ahead)
            bands[level] = (point * np.exp(-wide), point * np.exp(wide)) if ratios else (point - wide, point + wide)
        return bands

    def coverage(self, name: str) -> dict[float, tuple[float, int]]:
        """Per level the share of what came that lay in the band made at its moment from errors known by then, and of how
        many; NaN of 0 where no band could be made."""
        sizes, _ = self._sizes(self.came, self.forecasts[name])
        likely = [self._likely(sizes[: max(at - self.ahead + 1, 0)], at, alike) for at, alike in enumerate(self.alike)]
        coverage = {}
        for level in LEVELS:
            wide = np.array([reach(errors, level, self.ahead) for errors in likely])
            tried = ~np.isnan(wide) & ~np.isnan(sizes)
            share = float(np.mean(sizes[tried] <= wide[tried])) if tried.any() else float("nan")
            coverage[level] = (share, int(tried.sum()))
        return coverage

    def _likely(self, sizes: Floats, at: int, alike: bool) -> Floats:
        """The first errors' sizes as far as they tell of the one to come at a moment (`at`; the last is now) that is, or is
        not, `alike`: those of moments like it. Where these are too few, all, each by how much better smoothing explains the
        series there: whoever knows no season errs by more (normalised conformal bands; Papadopoulos, Vovk & Gammerman
        2011)."""
        same = self.alike[: sizes.size] == alike
        if same.all() or np.count_nonzero(~np.isnan(sizes[same])) >= _ALIKE:
            return sizes[same]
        before, now = self.spread[: sizes.size], self.spread[at]
        return sizes * np.divide(now, before, out=np.ones(sizes.size), where=(before > 0) & (now > 0))

    def _sizes(self, came: Floats, points: Floats) -> tuple[Floats, bool]:
        """The sizes of errors, and whether they are those of ratios (logarithms)."""
        values = np.concatenate([came, points])
        ratios = self.grows and bool((values[~np.isnan(values)] > 0).all())
        return np.abs(np.log(came) - np.log(points) if ratios else came - points), ratios


def reach(sizes: Floats, level: float, ahead: int) -> float:
    """How large the next error is at most with a chance of `level`, by the sizes of past ones, the oldest first: their
    conformal quantile, so that it holds for any kind of noise; NaN for fewer than three. Errors `ahead` moments apart at
    least do not overlap: where such rows of them are long enough each makes its own quantile, and the mean is taken (of
    sizes: of their logarithms), as few overlapping errors look like many that agree."""
    errors = sizes[~np.isnan(sizes)]
    if errors.size < FEWEST:
        return float("nan")
    shortest = errors.size // ahead
    if shortest < FEWEST or (shortest + 1) * level > shortest:
        return _quantile(errors, level)
    return float(np.exp(np.mean(np.log([_quantile(errors[first::ahead], level) for first in range(ahead)]))))


def _quantile(sizes: Floats, level: float) -> float:
    """Above 0: the quantile at the rank that leaves room for the next size among them, interpolated by ratios; Student's t
    of the same spread where it lies beyond the largest."""
    ordered = np.maximum(np.sort(sizes), np.finfo(float).tiny)
    rank = (ordered.size + 1) * level - 1
    if rank <= ordered.size - 1:
        below = int(rank)
        above = min(below + 1, ordered.size - 1)
        return float(ordered[below] * (ordered[above] / ordered[below]) ** (rank - below))
    spread = np.sqrt(np.mean(ordered**2) * (1 + 1 / ordered.size))
    return float(max(ordered[-1], t_quantile(ordered.size, (1 + level) / 2) * spread))
