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
_ALIKE = {0.5: 6, 0.9: 12}  # moments as well informed as now that a band is made from alone


@dataclass(frozen=True)
class Trials:
    """What every method said at earlier moments and what came. `ahead` is after how many moments it was known; `scale` is
    the mean change from period to period known at each moment (from a year to the next once two are known); `alike` marks
    the moments that knew as much of the season as is known now. What `grows` has no end above and none below 0."""

    came: Floats
    said: Mapping[str, Floats]
    ahead: int
    scale: Floats
    alike: Bools
    grows: bool

    def compared(self, needed: int, among: Bools) -> tuple[list[str], Bools]:
        """The methods that can be compared, and at which moments: those `among` some at which each of them said something.
        None and nowhere if fewer than `needed`."""
        usable = among & ~np.isnan(self.came) & (np.nan_to_num(self.scale) > 0)
        names = [name for name, said in self.said.items() if (usable & ~np.isnan(said)).sum() >= needed]
        for name in names:
            usable = usable & ~np.isnan(self.said[name])
        return (names, usable) if names and usable.sum() >= needed else ([], np.zeros_like(usable))

    def errors(self, name: str, at: Bools) -> Floats:
        """A method's known errors at some of the moments."""
        errors = (self.came - self.said[name])[at]
        return errors[~np.isnan(errors)]

    def scaled(self, name: str, at: Bools) -> float:
        """The mean size of a method's errors, each by the scale of its moment (MASE; Hyndman & Koehler 2006)."""
        return float(np.mean(np.abs(self.came - self.said[name])[at] / self.scale[at]))

    def bands(self, name: str, point: float) -> dict[float, tuple[float, float]]:
        """Per level the low and high edge about a forecast, by the method's own errors: of the moments alike, where they
        are enough. As ratios where what grows is above 0 throughout: it errs by shares."""
        sizes, ratios = self._sizes(np.append(self.came, np.nan), np.append(self.said[name], point))
        alike = sizes[:-1][self.alike]
        found = {}
        for level in LEVELS:
            wide = reach(alike if np.count_nonzero(~np.isnan(alike)) >= _ALIKE[level] else sizes, level)
            found[level] = (point * np.exp(-wide), point * np.exp(wide)) if ratios else (point - wide, point + wide)
        return found

    def coverage(self, name: str) -> dict[float, tuple[float, int]]:
        """Per level the share of what came that lay in the band made at its moment from errors known by then, and of how
        many; NaN of 0 where no band could be made."""
        sizes, _ = self._sizes(self.came, self.said[name])
        found = {}
        for level in LEVELS:
            wide = np.array([reach(sizes[: max(place - self.ahead + 1, 0)], level) for place in range(sizes.size)])
            tried = ~np.isnan(wide) & ~np.isnan(sizes)
            share = float(np.mean(sizes[tried] <= wide[tried])) if tried.any() else float("nan")
            found[level] = (share, int(tried.sum()))
        return found

    def _sizes(self, came: Floats, said: Floats) -> tuple[Floats, bool]:
        """The sizes of errors, and whether they are those of ratios (logarithms)."""
        values = np.concatenate([came, said])
        ratios = self.grows and bool((values[~np.isnan(values)] > 0).all())
        return np.abs(np.log(came) - np.log(said) if ratios else came - said), ratios


def reach(sizes: Floats, level: float) -> float:
    """How large the next error is at most with a chance of `level`, by the sizes of past ones: their conformal quantile,
    interpolated, so that it holds for any kind of noise; Student's t of the same spread where they are too few for that,
    NaN for fewer than three."""
    known = np.sort(sizes[~np.isnan(sizes)])
    if known.size < FEWEST:
        return float("nan")
    rank = (known.size + 1) * level
    if rank <= known.size:
        return float(np.interp(rank, np.arange(1, known.size + 1), known))
    spread = np.sqrt(np.mean(known**2) * (1 + 1 / known.size))
    return float(max(known[-1], t_quantile(known.size, (1 + level) / 2) * spread))
