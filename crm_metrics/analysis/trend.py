"""Where a metric is heading: slope, season, changes of level and odd values of a series of periods.

Only complete periods are fitted. What is claimed of several series is tested together, so that of runs over data in which
nothing happens about 5 in 100 claim a trend, a season or a change of level at all (twice as many in data whose neighbouring
periods resemble each other, with a correlation of 0.3), and 1 to 8 an odd value, the more the heavier the tails.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from crm_metrics.analysis import trend_tests as tests
from crm_metrics.analysis.trend_tests import Slope

FEWEST = 6  # complete periods that a slope needs
FEWEST_FOR_SEASON = 12  # and two seasons at least
MOST = 2000  # periods that are fitted: the slope looks at all pairs
LEVEL = 0.05
_ODD = 0.03  # that of values out of line: in heavy tails it is exceeded
_MOST_CHANGES = 3
_PERHAPS = 0.15  # a chance of a season from which on it may be one, and is not taken for anything else
_QUESTIONS = 3  # trend, season, change of level


@dataclass(frozen=True)
class Step:
    """A change of level: the place of the first period of the new one, by how much, and the chance of it by accident."""

    at: int
    by: float
    p: float


@dataclass(frozen=True)
class Trend:
    """What a series shows. `slope` is what remains beside season and changes of level; `rising` is 1 or −1 where it is
    detectable, else 0. `season` is what a place in the season adds (by place), None where none is detectable; `season_p` is
    None where there are too few periods to tell. `line` is slope and levels per period, NaN before the first and after the
    last fitted one; `odd` are the places of values far from line and season. Places count all periods of the series."""

    fitted: int
    slope: Slope
    rising: int
    season: np.ndarray | None
    season_p: float | None
    steps: tuple[Step, ...]
    step_p: float
    odd: tuple[int, ...]
    line: np.ndarray

    @property
    def chances(self) -> list[float]:
        """The p-values of everything that was looked for."""
        return [self.slope.p, self.step_p, *([] if self.season_p is None else [self.season_p])]


@dataclass(frozen=True)
class Series:
    """One value per period, oldest first, NaN where there is none; those that are to be fitted (complete ones, final
    values), and the place of each period in a season of `season` periods (None: a grain without seasons)."""

    values: np.ndarray
    fitted: np.ndarray
    place: np.ndarray
    season: int | None


def trends(series: Sequence[Series]) -> list[Trend | None]:
    """The trend of each series, looked at together; None for one with fewer than six values to fit."""
    odd = _ODD / max(len(series), 1)
    looks = [_Look(part) for part in series]
    seasons = [_season(look) for look in looks]
    both = list(zip(looks, seasons, strict=True))
    first = [_trend(look, season, LEVEL / _QUESTIONS, odd) for look, season in both]
    limit = tests.cutoff([chance for trend in first if trend for chance in trend.chances], LEVEL)
    looked_at = zip(both, first, strict=True)
    return [_trend(look, season, limit, odd) if trend else None for (look, season), trend in looked_at]


class _Look:
    """The periods of a series that are fitted. Whatever the limits, a change of level and what lies beside changes are
    looked for once."""

    def __init__(self, series: Series) -> None:
        self.series = series
        self.at = np.flatnonzero(series.fitted & ~np.isnan(series.values))
        self.values, self.place = series.values[self.at], series.place[self.at]
        self.change_of_level, self.beside = cache(self._change_of_level), cache(self._beside)

    def _change_of_level(self, starts: tuple[int, ...], seasonal: bool) -> tuple[int, float]:
        return tests.change_of_level(self.at, self.values, [*starts], self.place if seasonal else None)

    def _beside(
        self, starts: tuple[int, ...], seasonal: bool, odd: float
    ) -> tuple[list[float], Slope, np.ndarray, np.ndarray]:
        """With changes of level at these places: by how much each, the slope, what each place in the season adds, and the
        values out of line."""
        at, values, place = self.at, self.values, self.place if seasonal else None
        moves = tests.levels(at, values, [*starts], place) if starts else []
        shift = (np.arange(at.size)[:, None] >= np.array(starts, dtype=int)) @ np.array(moves)
        slope = tests.slope(at, values - shift, place)
        rest = values - shift - slope.per_period * at
        adds = np.zeros(at.size) if place is None else tests.seasonal(rest, place)
        usual = slope.intercept + slope.per_period * at + shift + adds
        return moves, slope, adds, tests.outliers(values, usual, odd)


def _trend(look: _Look, season_p: float | None, limit: float, odd: float) -> Trend | None:
    """The trend by itself, claiming what has at most a chance of `limit` by accident, for values out of line of `odd`. Where
    there may be a season, neither slope nor changes of level are looked for between different places of it."""
    series, at = look.series, look.at
    if at.size < FEWEST:
        return None
    seasonal = season_p is not None and season_p <= max(_PERHAPS, limit)
    place = look.place if seasonal else None
    starts, chances = _changes(look, limit, seasonal)
    moves, slope, adds, outside = look.beside(starts, seasonal, odd)
    line = np.full(series.values.size, np.nan)
    inside = np.arange(at[0], at[-1] + 1)
    line[inside] = slope.intercept + slope.per_period * inside
    for start, by in zip(starts, moves, strict=True):
        line[at[start] : at[-1] + 1] += by
    claimed = sorted(zip(starts, moves, chances[: len(starts)], strict=True))
    season = None
    if place is not None and season_p is not None and season_p <= limit:
        season = np.zeros(series.season or 0)
        season[place] = adds
    return Trend(
        fitted=at.size,
        slope=slope,
        rising=int(np.sign(slope.tau)) if slope.p <= limit and slope.per_period else 0,
        season=season,
        season_p=season_p,
        steps=tuple(Step(int(at[start]), by, chance) for start, by, chance in claimed),
        step_p=chances[0],
        odd=tuple(int(at[k]) for k in outside if not (place is not None and int((place == place[k]).sum()) < 3)),
        line=line,
    )


def _season(look: _Look) -> float | None:
    """The chance of a season by accident; None for too few periods to tell. Trend and the likeliest change of level come off
    for this, whether they count or not: they would hide a season."""
    season, at, values = look.series.season, look.at, look.values
    if season is None or at.size < max(FEWEST_FOR_SEASON, 2 * season):
        return None
    start, _ = look.change_of_level((), False)
    level = values - (tests.levels(at, values, [start])[0] * (np.arange(at.size) >= start) if start else 0)
    return tests.seasonality(level - tests.median_slope(at, level) * at, look.place)


def _changes(look: _Look, limit: float, seasonal: bool) -> tuple[tuple[int, ...], list[float]]:
    """The changes of level that count, the clearest first, and the chances of these and of the next."""
    starts: tuple[int, ...] = ()
    chances: list[float] = []
    while len(starts) < _MOST_CHANGES:
        start, chance = look.change_of_level(starts, seasonal)
        chances.append(chance)
        if chance > limit:
            break
        starts = (*starts, start)
    return starts, chances
