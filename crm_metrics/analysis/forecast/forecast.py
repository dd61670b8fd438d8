"""The forecast of a metric for a period by several methods, each tried at past moments on what was known then."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from crm_metrics.analysis import baselines
from crm_metrics.analysis.forecast.moments import Moments, Span, days
from crm_metrics.analysis.forecast.simulation import Simulated
from crm_metrics.engine.cells import Floats

LEVELS = (0.5, 0.9)
LAST, PACE, PIPELINE = "last", "pace", "pipeline"
YEAR_AGO, LINE = "seasonal-naive", "theil-sen"
_LEVEL = ("mean", "run-rate", YEAR_AGO, LAST, LINE)  # the methods for what does not add up, the plainest first
FEWEST = 3  # moments at which a method has to have been tried before it can be preferred, or has a band
_LEAST = 2  # known values before a moment that a plain method is tried on
_TRIED = 12  # the latest moments at which the pipeline is simulated
_PRIOR = 2  # so many moments' worth of trust that the simulation is as sure as it says

Simulator = Callable[[int, Span, int], Simulated | None]  # (steps back, the days asked for, draws of the rates)


@dataclass(frozen=True)
class Record:
    """What came of a metric: the part of the period known at each moment, the whole period (NaN while it is not over); of
    what adds up also each step. Index: steps back; NaN where there is no value. `limits` are what it can be at all."""

    adds: bool
    limits: tuple[float, float]
    so_far: Floats
    whole: Floats
    steps: Floats


@dataclass(frozen=True)
class Method:
    """A method: its forecast of the whole period with a (low, high) per level, NaN where it has none; and how it did: tried
    at so many `moments`, the mean absolute error, the mean of forecast − actual, and per level the share of the actual
    values in the band of their moment and of how many."""

    name: str
    point: float
    bands: Mapping[float, tuple[float, float]]
    moments: int
    mae: float
    bias: float
    coverage: Mapping[float, tuple[float, int]]


@dataclass(frozen=True)
class Forecast:
    """A metric's forecast. `chosen` names the method that the back-test speaks for; `tested` is False where none could be
    tried often enough. `so_far` is what the period has brought already, `actual` what came in the end, None where not
    known. `simulated` tells what the pipeline's forecast is made of."""

    currency: str | None
    so_far: float | None
    actual: float | None
    methods: list[Method]
    chosen: Method
    tested: bool
    simulated: Simulated | None


def forecast(
    record: Record, moments: Moments, simulate: Simulator | None, *, currency: str | None, actual: float | None
) -> Forecast | None:
    """The forecast by every method that has something to say, from the plainest on; None when none has."""
    origins = list(range(_last(record, moments), moments.ahead - 1, -1))
    came = record.whole[origins] if origins else np.zeros(0)
    points = [_plain(record, moments, back) for back in origins]
    now = _plain(record, moments, 0)
    errors = {name: _column(came - np.array([point[name] for point in points]), moments.ahead) for name in now}
    simulated, runs = None, None
    if simulate is not None and (simulated := simulate(0, moments.rest(0), 200)) is not None:
        runs = _runs(record, moments, simulate, origins)
        means = np.array([np.nan if one is None else one.mean() for one in runs])
        errors[PIPELINE] = _column(came - means, moments.ahead)
        now[PIPELINE] = float(record.so_far[0] + simulated.totals.mean())
    ranked = [tested for tested in baselines.ranked(errors) if not np.isnan(now[tested.method])]
    limits = _limits(record)
    methods = [_method(tested, now[tested.method], limits) for tested in ranked]
    if simulated is not None and runs is not None:
        bands = _quantiles(record.so_far[0] + simulated.totals, _widening(came, runs), limits[0])
        coverage = _covered(came, runs, record.so_far[origins], moments.ahead)
        methods[-1] = replace(methods[-1], bands=bands, coverage=coverage)
    if not methods:
        return None
    chosen, is_tested = _chosen(methods, ranked)
    so_far = float(record.so_far[0]) if days(moments.so_far(0)) else np.nan
    return Forecast(currency, None if np.isnan(so_far) else so_far, actual, methods, chosen, is_tested, simulated)


def _method(tested: baselines.Tested, point: float, limits: tuple[float, float]) -> Method:
    """A method with the bands that its own errors make."""
    known = tested.errors[~np.isnan(tested.errors)]
    bias = float(-known.mean()) if known.size else float("nan")
    bands, coverage = _bands(tested, point, limits), baselines.coverage(tested, LEVELS)
    return Method(tested.method, float(np.clip(point, *limits)), bands, known.size, tested.mae, bias, coverage)


def _chosen(methods: list[Method], ranked: list[baselines.Tested]) -> tuple[Method, bool]:
    """The method that the back-test speaks for, and whether it was long enough to speak; else the simulation, which carries
    its own measure of how sure it is, and without one the plainest."""
    names = {method.name: method for method in methods}
    often = [tested for tested in ranked if names[tested.method].moments >= FEWEST]
    if often:
        return names[baselines.best(often).method], True
    return names.get(PIPELINE, methods[0]), False


def _limits(record: Record) -> tuple[float, float]:
    """The least and the most that can come: not below what has come already, where it adds up and cannot be negative."""
    least, most = record.limits
    return (float(np.nan_to_num(record.so_far[0])) if record.adds and least == 0 else least), most


def _last(record: Record, moments: Moments) -> int:
    """The furthest moment back with a known value before it; values before the first that is not 0 are no history yet."""
    if record.adds:
        there = np.flatnonzero(np.nan_to_num(record.steps) != 0)
        return int(there[-1]) if there.size else 0
    there = np.flatnonzero(~np.isnan(record.whole))
    return int(there[-1]) - moments.ahead if there.size else 0


def _plain(record: Record, moments: Moments, back: int) -> dict[str, float]:
    """The forecast of the whole period by every plain method, as seen so many steps back; NaN where it cannot say."""
    if not record.adds:
        known = _from_first(record.whole[back + moments.ahead :: moments.stride][::-1])
        ahead = moments.ahead // moments.stride
        methods = {**baselines.METHODS, LAST: baselines.seasonal_naive}
        said = {name: float(_said(method, known, ahead, None)[-1]) for name, method in methods.items()}
        year_ago = back + moments.season * -(-moments.ahead // moments.season)
        said[YEAR_AGO] = float(record.whole[year_ago]) if year_ago < len(record.whole) else np.nan
        return {name: said[name] for name in _LEVEL}
    lengths = np.array([days(moments.step(number)) for number in range(len(record.steps))], dtype=float)
    series = _from_first((record.steps / lengths)[back : _last(record, moments) + 1][::-1])
    days_ahead = moments.days_ahead(back)
    so_far = float(record.so_far[back]) if days(moments.so_far(back)) else 0.0
    found = {
        name: so_far + float(_said(method, series, moments.ahead, moments.season) @ days_ahead)
        for name, method in baselines.METHODS.items()
    }
    if elapsed := days(moments.so_far(0)):
        passed = days(moments.so_far(back)) or elapsed
        found[PACE] = so_far / passed * days(moments.whole(back))
    return found


def _said(method: Callable[..., np.ndarray], series: Floats, ahead: int, season: int | None) -> Floats:
    if np.count_nonzero(~np.isnan(series)) < _LEAST:
        return np.full(ahead, np.nan)
    return np.asarray(method(series, ahead, season), dtype=float)


def _from_first(series: Floats) -> Floats:
    known = np.flatnonzero(~np.isnan(series))
    return series[known[0] :] if known.size else series[:0]


def _column(errors: Floats, ahead: int) -> Floats:
    """Errors that are known only `ahead` steps after their moment, as the last of so many steps."""
    full = np.full((len(errors), ahead), np.nan)
    full[:, -1] = errors
    return full


def _runs(record: Record, moments: Moments, simulate: Simulator, origins: list[int]) -> list[Floats | None]:
    """The totals of the whole period as simulated at each earlier moment, None for those too long ago and too bare."""
    made: list[Floats | None] = []
    for back in origins:
        found = simulate(back, moments.rest(back), 40) if back < moments.ahead + _TRIED else None
        made.append(None if found is None else record.so_far[back] + found.totals)
    return made


def _widening(came: Floats, tried: list[Floats | None]) -> float:
    """By how much the simulation has to be widened to be as sure as its past says: markets change in ways that rates of
    the past do not know. Never less than 1."""
    scores = [
        (actual - runs.mean()) / runs.std()
        for actual, runs in zip(came, tried, strict=True)
        if runs is not None and not np.isnan(actual) and runs.std() > 0
    ]
    return max(1.0, float(np.sqrt((_PRIOR + np.sum(np.square(scores))) / (_PRIOR + len(scores)))))


def _quantiles(totals: Floats, widening: float, least: float) -> dict[float, tuple[float, float]]:
    wide = totals.mean() + (totals - totals.mean()) * widening
    found = {}
    for level in LEVELS:
        low, high = np.quantile(wide, [(1 - level) / 2, (1 + level) / 2])
        found[level] = (float(max(low, least)), float(high))
    return found


def _covered(came: Floats, tried: list[Floats | None], so_far: Floats, ahead: int) -> dict[float, tuple[float, int]]:
    """How often what came lay in the band made at its moment, widened by what was known of earlier ones by then."""
    hits: dict[float, list[bool]] = {level: [] for level in LEVELS}
    for number, (actual, runs) in enumerate(zip(came, tried, strict=True)):
        if runs is None or np.isnan(actual):
            continue
        before = max(number - ahead + 1, 0)
        bands = _quantiles(runs, _widening(came[:before], tried[:before]), float(so_far[number]))
        for level, (low, high) in bands.items():
            hits[level].append(bool(low <= actual <= high))
    return {level: (float(np.mean(hit)) if hit else float("nan"), len(hit)) for level, hit in hits.items()}


def _bands(tested: baselines.Tested, point: float, limits: tuple[float, float]) -> dict[float, tuple[float, float]]:
    """From the method's own errors, however long ago: as far to both sides, within the limits."""
    found = {}
    for level in LEVELS:
        reach = baselines.reach(tested.errors[:, -1], level)
        low, high = np.clip((point - reach, point + reach), *limits)
        found[level] = (float(low), float(high))
    return found
