"""The moments a forecast is made and tested at: now, and as many steps back as the data reaches, each with the same place in
its period as now. How far off forecasts were at earlier ones, which method that speaks for, and the bands that it makes.

Errors are came − forecast, one a moment, the oldest moment first; NaN where a method had nothing to say or what came is not
known.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from crm_metrics.engine.cells import Bools, Floats
from crm_metrics.intervals.distributions import t_quantile
from crm_metrics.periods import Period
from crm_metrics.periods.calendar import DAY, shift

_SHORT = 28  # days: shorter periods are looked back from in weeks, longer ones in months
_MOST = {"week": 208, "month": 120}
Span = tuple[date, date]  # [first day, the day after the last)


@dataclass(frozen=True)
class Moments:
    """The period, the first day that is not known, the step to go back by, and how many steps: the ones before a moment make
    its series, and what came is known from `ahead` steps back on."""

    period: Period
    unknown: date
    unit: str
    ahead: int
    steps: int

    @classmethod
    def of(cls, period: Period, as_of: date, first: date) -> Moments:
        """The moments of a period that is not over at the end of `as_of`, over data that begins on `first`."""
        unknown = as_of + DAY
        unit = "week" if (period.end - period.start).days < _SHORT else "month"
        ahead = next(count for count in itertools.count(1) if _back(period.end, count, unit) <= unknown)
        most = _MOST[unit] + ahead
        steps = next((count for count in range(most) if _back(unknown, count + 1, unit) < first), most)
        return cls(period, unknown, unit, ahead, steps)

    @property
    def season(self) -> int:
        """How many steps make a year."""
        return {"week": 52, "month": 12}[self.unit]

    @property
    def stride(self) -> int:
        """How many steps lie between the values of a series of whole periods: the fewest that leave no overlap and lead to
        the period; where none do, all that are ahead."""
        start, end = self.period.start, self.period.end
        long = next(count for count in itertools.count(1) if _back(end, count, self.unit) <= start)
        return next((count for count in range(long, self.ahead) if self.ahead % count == 0), self.ahead)

    def moment(self, back: int) -> date:
        """The first unknown day, so many steps back."""
        return _back(self.unknown, back, self.unit)

    def step(self, back: int) -> Span:
        """The step before the moment so many steps back."""
        return self.moment(back + 1), self.moment(back)

    def so_far(self, back: int) -> Span:
        """The days of the period that are known at a moment; none when it begins later."""
        start = _back(self.period.start, back, self.unit)
        return start, max(start, self.moment(back))

    def rest(self, back: int) -> Span:
        """The days of the period still to come at a moment."""
        span = self.span(back)
        return max(span[0], self.moment(back)), span[1]

    def span(self, back: int) -> Span:
        """The period, so many steps back."""
        return _back(self.period.start, back, self.unit), _back(self.period.end, back, self.unit)

    def days_ahead(self, back: int) -> Floats:
        """How many days of each step ahead of a moment lie in the period."""
        start, end = self.rest(back)
        edges = [_back(self.unknown, back - number, self.unit) for number in range(self.ahead + 1)]
        edges[-1] = max(edges[-1], end)
        inside = [min(right, end) - max(left, start) for left, right in itertools.pairwise(edges)]
        return np.array([max(part, timedelta()).days for part in inside], dtype=float)


def days(span: Span) -> int:
    """How many days a span has."""
    return (span[1] - span[0]).days


def _back(day: date, count: int, unit: str) -> date:
    return shift("week" if unit == "week" else "month", day, -count)


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
