"""Plain forecasts of a series, and how well each would have done: what every better method has to beat.

A series is one value per period, oldest first, NaN where a period has none; errors are actual − predicted, in the series'
own unit.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np
from scipy import stats

RECENT = 3  # periods that a run rate rests on
_ORIGINS = 120  # the latest moments to test from: more say nothing about how the series runs now
_MARGIN = 0.05  # by so much of its error a plainer method must be beaten
_CHANCE = 0.05  # and so rarely may chance alone do that
_FEWEST = 3  # errors that a band can rest on at all


def mean(series: np.ndarray, horizon: int, season: int | None) -> np.ndarray:
    """The mean of all known values, for every step."""
    known = series[~np.isnan(series)]
    return np.full(horizon, known.mean() if known.size else np.nan)


def run_rate(series: np.ndarray, horizon: int, season: int | None) -> np.ndarray:
    """The mean of the last three known values, for every step."""
    return mean(series[~np.isnan(series)][-RECENT:], horizon, season)


def seasonal_naive(series: np.ndarray, horizon: int, season: int | None) -> np.ndarray:
    """The value of the same period one season ago; without a season the last value. NaN before a whole season is known."""
    length = season or 1
    if series.size < length:
        return np.full(horizon, np.nan)
    return np.resize(series[series.size - length :], horizon)


def theil_sen(series: np.ndarray, horizon: int, season: int | None) -> np.ndarray:
    """The line with the median slope between all pairs and half of the values above it, carried on; NaN with fewer than two
    values."""
    at = np.flatnonzero(~np.isnan(series))
    if at.size < 2:
        return np.full(horizon, np.nan)
    slope = float(stats.theilslopes(series[at], at).slope)
    ahead = np.arange(series.size, series.size + horizon)
    return np.asarray(np.median(series[at] - slope * at) + slope * ahead, dtype=float)


METHODS: dict[str, Callable[[np.ndarray, int, int | None], np.ndarray]] = {
    "mean": mean,
    "run-rate": run_rate,
    "seasonal-naive": seasonal_naive,
    "theil-sen": theil_sen,
}
"""From the plainest on: (series, steps ahead, periods in a season) → one value per step, NaN where it cannot say."""


@dataclass(frozen=True)
class Tested:
    """How a method would have done: its error at every origin and step (NaN where there was nothing to compare), the mean
    absolute error, and by which share that is less than the plainest method's where both said something (NaN: nowhere)."""

    method: str
    errors: np.ndarray
    mae: float
    skill: float


@dataclass(frozen=True)
class Predicted:
    """A method's forecast: a value per step, the bands (low, high) per level, and the tests of all methods."""

    method: str
    point: np.ndarray
    bands: dict[float, tuple[np.ndarray, np.ndarray]]
    tested: list[Tested]


def backtest(series: np.ndarray, horizon: int, season: int | None, *, least: int = 6) -> list[Tested]:
    """Every method tried at every earlier moment with at least `least` periods before it, on what was known then; the
    plainest first. Methods that never had anything to say are left out; the list is empty for a series too short."""
    errors = {name: _errors(method, series, horizon, season, least) for name, method in METHODS.items()}
    return ranked({name: found for name, found in errors.items() if not np.isnan(found).all()})


def ranked(errors: dict[str, np.ndarray]) -> list[Tested]:
    """The tests of methods, whose errors are given from the plainest method on."""
    plainest = next(iter(errors.values()), np.empty((0, 0)))
    return [Tested(name, found, _mae(found), _skill(found, plainest)) for name, found in errors.items()]


def best(tested: Sequence[Tested]) -> Tested:
    """The plainest method, unless a later one beats it clearly: by a margin, and in more than by chance of the moments at
    which both were tried (Wilcoxon's signed-rank test). Raises `ValueError` for an empty list."""
    if not tested:
        raise ValueError("no method was tested")
    chosen = tested[0]
    for challenger in tested[1:]:
        if _beats(challenger.errors, chosen.errors):
            chosen = challenger
    return chosen


def bands(
    tested: Tested, point: np.ndarray, levels: Sequence[float] = (0.5, 0.9)
) -> dict[float, tuple[np.ndarray, np.ndarray]]:
    """Per level the low and high edge of each step, from the method's own errors that many steps ahead: split-conformal,
    so that they hold for any kind of noise; NaN where fewer than three errors are known. Bands never get narrower ahead."""
    found = {}
    for level in levels:
        wide = np.array([reach(tested.errors[:, step], level) for step in range(point.size)])
        wide = np.where(np.isnan(wide), np.nan, np.fmax.accumulate(wide))
        found[level] = (point - wide, point + wide)
    return found


def coverage(tested: Tested, levels: Sequence[float] = (0.5, 0.9)) -> dict[float, tuple[float, int]]:
    """Per level the share of values that lay inside the band made at their moment, from errors known by then, and of how
    many; NaN of 0 where no band could be made."""
    found = {}
    for level in levels:
        hits = []
        for (origin, step), error in np.ndenumerate(tested.errors):
            wide = reach(tested.errors[: max(origin - step, 0), step], level)
            if not np.isnan(wide) and not np.isnan(error):
                hits.append(abs(error) <= wide)
        found[level] = (float(np.mean(hits)) if hits else float("nan"), len(hits))
    return found


def predict(
    series: np.ndarray, horizon: int, season: int | None = None, *, levels: Sequence[float] = (0.5, 0.9)
) -> Predicted | None:
    """The forecast of the method that the back-test speaks for; None for a series too short to test any."""
    tested = backtest(series, horizon, season)
    if not tested:
        return None
    chosen = best(tested)
    point = METHODS[chosen.method](series, horizon, season)
    return Predicted(chosen.method, point, bands(chosen, point, levels), tested)


def reach(errors: np.ndarray, level: float) -> float:
    """How far from a forecast the next value stays with a chance of `level`, by past errors: the conformal quantile of their
    size; Student's t of the same spread where they are too few for that, NaN for fewer than three."""
    sizes = np.sort(np.abs(errors[~np.isnan(errors)]))
    if sizes.size < _FEWEST:
        return float("nan")
    rank = ceil((sizes.size + 1) * level)
    if rank <= sizes.size:
        return float(sizes[rank - 1])
    spread = np.sqrt(np.mean(sizes**2) * (1 + 1 / sizes.size))
    return float(max(sizes[-1], stats.t.ppf((1 + level) / 2, sizes.size) * spread))


def _errors(
    method: Callable[[np.ndarray, int, int | None], np.ndarray],
    series: np.ndarray,
    horizon: int,
    season: int | None,
    least: int,
) -> np.ndarray:
    origins = range(max(least, series.size - _ORIGINS), series.size)
    errors = np.full((len(origins), horizon), np.nan)
    for row, origin in enumerate(origins):
        actual = series[origin : origin + horizon]
        errors[row, : actual.size] = actual - method(series[:origin], horizon, season)[: actual.size]
    return errors


def _mae(errors: np.ndarray) -> float:
    known = errors[~np.isnan(errors)]
    return float(np.abs(known).mean()) if known.size else float("nan")


def _shared(left: np.ndarray, right: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Both errors, NaN in each where the other is."""
    missing = np.isnan(left) | np.isnan(right)
    return np.where(missing, np.nan, left), np.where(missing, np.nan, right)


def _skill(errors: np.ndarray, plainest: np.ndarray) -> float:
    own, other = map(_mae, _shared(errors, plainest))
    if own == other:
        return 0.0
    return 1 - own / other if other > 0 else float("nan")


def _beats(errors: np.ndarray, plainer: np.ndarray) -> bool:
    """Steps of one moment hang together, so a moment counts once in the test."""
    own, other = _shared(errors, plainer)
    rows = ~np.isnan(own).all(axis=1)
    if not rows.any() or not _mae(own) < (1 - _MARGIN) * _mae(other):
        return False
    gains = np.nanmean(np.abs(other[rows]), axis=1) - np.nanmean(np.abs(own[rows]), axis=1)
    return bool(stats.wilcoxon(gains, alternative="greater").pvalue < _CHANCE)
