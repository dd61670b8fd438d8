"""Forecasts of a series that carry its trend and its season together: the Theta method, and exponential smoothing with a
damped trend, both on the series without its season, and the mean of the two.

A series is one value a step, oldest first. The smoothing parameters are those of a grid with the least squared error one
step ahead within the series (Hyndman, Koehler, Ord & Snyder 2008, Forecasting with Exponential Smoothing, ch. 5).
"""

from __future__ import annotations

import itertools

import numpy as np

from crm_metrics.engine.cells import Floats

RUN_RATE, YEAR_AGO, THETA, DAMPED, COMBINED = "run-rate", "seasonal-naive", "theta", "damped-trend", "combination"
_RECENT = 3  # values that a run rate rests on
_OPENING = 6  # values whose mean is the level that simple smoothing begins with
_OPENING_TREND = 8  # values through which the line goes that smoothing with a trend begins with
_TREND_FROM = 4  # values: fewer show no trend
_AGEING = 0.8  # what a year weighs in the season against the one after it: seasons change
_LEAST_FACTOR = 0.1  # of a step with next to nothing in its season no level can be told
_LEVELS = np.array([0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.99])
_GRID = list(itertools.product((0.02, 0.05, 0.1, 0.2, 0.3, 0.45, 0.6, 0.8, 0.99), (0.02, 0.1, 0.3), (0.98, 0.9, 0.8)))
_LEVEL, _PART, _DAMPING = (np.array(column) for column in zip(*_GRID, strict=True))


def forecasts(series: Floats, ahead: int, season: int | None, *, grows: bool) -> tuple[dict[str, Floats], float]:
    """By every method the values of the next `ahead` steps, and how far the smoothing with a trend missed one step ahead
    within the series (root mean square; of what `grows`, with no end above and none below 0, as a share of the mean).
    `season` is how many steps make a year, None for no season. NaN in the series is a gap: drawn through for the
    smoothing ones. All NaN before two values are known; of a year ago before a year is."""
    filled = np.flatnonzero(~np.isnan(series))
    nothing = np.full(ahead, np.nan)
    if filled.size < 2:
        return dict.fromkeys((RUN_RATE, YEAR_AGO, THETA, DAMPED, COMBINED), nothing), float("nan")
    forecast = {RUN_RATE: np.full(ahead, series[filled[-_RECENT:]].mean()), YEAR_AGO: nothing}
    if season is not None and series.size >= season:
        forecast[YEAR_AGO] = np.resize(series[series.size - season :], ahead)
    full = np.interp(np.arange(series.size), filled, series[filled])
    plain, after, relative = _without_season(full, ahead, season, grows=grows)
    trending, missed = damped(plain, ahead)
    for name, values in ((THETA, theta(plain, ahead)), (DAMPED, trending)):
        forecast[name] = np.maximum(values * after, 0.0) if relative else values + after
    forecast[COMBINED] = (forecast[THETA] + forecast[DAMPED]) / 2
    level = np.abs(plain).mean() if grows else 1.0
    return forecast, float(missed / level) if level > 0 else float("nan")


def theta(series: Floats, ahead: int) -> Floats:
    """The Theta method: simple smoothing, with half of the slope of the straight line through the whole series as drift
    (Hyndman & Billah 2003, Unmasking the Theta method)."""
    level, _, squares = smoothed(series, series[:_OPENING].mean(), 0.0, _LEVELS, np.zeros(1), np.ones(1))
    best = int(squares.argmin())
    weight = _LEVELS[best]
    steps = np.arange(ahead) + (1 - (1 - weight) ** series.size) / weight
    return np.asarray(level[best] + _line(series)[0] / 2 * steps, dtype=float)


def damped(series: Floats, ahead: int) -> tuple[Floats, float]:
    """Exponential smoothing of level and trend, the trend fading (Gardner & McKenzie 1985); and the root of its mean squared
    error one step ahead within the series."""
    slope, start = _line(series[:_OPENING_TREND])
    level, trend, squares = smoothed(series, start - slope, slope, _LEVEL, _LEVEL * _PART, _DAMPING)
    best = int(squares.argmin())
    forecast = level[best] + trend[best] * np.cumsum(_DAMPING[best] ** np.arange(1, ahead + 1))
    return np.asarray(forecast, dtype=float), float(np.sqrt(squares[best] / series.size))


def smoothed(
    series: Floats, level: float, slope: float, of_level: Floats, of_trend: Floats, damping: Floats
) -> tuple[Floats, Floats, Floats]:
    """Level, trend and the sum of squared errors one step ahead at the end of a series, for each set of parameters, begun
    with a level and a slope before the first value."""
    now, trend = np.full(len(of_level), level), np.full(len(of_level), slope)
    squares = np.zeros(len(of_level))
    for value in series:
        expected = now + damping * trend
        error = value - expected
        squares += error * error
        now, trend = expected + of_level * error, damping * trend + of_trend * error
    return now, trend, squares


def _line(series: Floats) -> tuple[float, float]:
    """The slope of the straight line through a series and its value at the first step; flat through few values."""
    if series.size < _TREND_FROM:
        return 0.0, float(series.mean())
    at = np.arange(series.size) - (series.size - 1) / 2
    slope = float(at @ series / (at @ at))
    return slope, float(series.mean() + slope * at[0])


def _without_season(series: Floats, ahead: int, season: int | None, *, grows: bool) -> tuple[Floats, Floats, bool]:
    """The series without its season; the season of the steps ahead; and whether it is factors (of what
    grows) or summands. No season before two years but a step are known: the first step is seldom whole."""
    count = series.size
    trend = _trend(series, season) if season is not None and season > 1 and count >= 2 * season - 1 else np.zeros(0)
    relative = grows and bool(not trend.size or trend.min() > 0)
    if season is None or not trend.size:
        return series, np.full(ahead, float(relative)), relative
    shape = season_of(series / trend - 1 if relative else series - trend, season)
    if relative:
        shape = np.maximum(1 + shape, _LEAST_FACTOR)
    every = shape[np.arange(count + ahead) % season]
    before, after = every[:count], every[count:]
    return series / before if relative else series - before, after, relative


def _trend(series: Floats, season: int) -> Floats:
    """The centred mean over a season, carried on at both ends along the straight line through its outermost year; never
    below its least known value."""
    weights = np.full(season + 1 - season % 2, 1 / season)
    if season % 2 == 0:
        weights[[0, -1]] /= 2
    middle = np.convolve(series, weights, "valid")
    half = len(weights) // 2
    outer = min(len(middle), season)
    slope, start = _line(middle[:outer])
    first = start + slope * np.arange(-half, 0)
    slope, start = _line(middle[-outer:])
    last = start + slope * np.arange(outer, outer + half)
    return np.maximum(np.concatenate([first, middle, last]), middle.min())


def season_of(deviations: Floats, season: int) -> Floats:
    """The shape of a season, from deviations from the trend: the mean of each of its steps, later years weighing more,
    shrunk towards none by as much as chance alone would make steps differ (James & Stein; Miller & Williams 2003)."""
    count = deviations.size
    step = np.arange(count) % season
    weight = _AGEING ** ((count - 1 - np.arange(count)) // season)
    total = np.bincount(step, weight, season)
    shape = np.bincount(step, weight * deviations, season) / total
    shape -= shape.mean()
    noise = float(np.square(deviations - shape[step]).sum()) / (count - season)
    years = float((total**2 / np.bincount(step, weight**2, season)).mean())
    spread = float(shape @ shape) / (season - 1)
    return shape * (max(0.0, 1 - noise / years / spread) if spread > 0 else 0.0)
