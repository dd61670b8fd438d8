"""The forecast of a metric for a period by several methods, each tried at past moments on what was known then."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from crm_metrics.analysis.forecast import smoothing
from crm_metrics.analysis.forecast.backtest import FEWEST, LEVELS, STRETCHES, Moments, Span, Trials, days, reach
from crm_metrics.analysis.forecast.simulation import Simulated
from crm_metrics.engine.cells import Floats, or_none

LAST, PACE, PIPELINE = "last", "pace", "pipeline"
_TRIED = 12  # the latest moments at which the pipeline is simulated
_NORMAL = {0.5: 0.6745, 0.9: 1.6449}  # so many standard deviations reach as far as that share of a normal distribution

Simulator = Callable[[int, Span, int], Simulated | None]  # (steps back, the days asked for, draws of the rates)


@dataclass(frozen=True)
class Record:
    """What came of a metric: the part of the period known at each moment, the whole period (NaN while it is not over); of
    what adds up also each step. Index: steps back; NaN where there is no value. `limits` are what it can be at all."""

    adds: bool
    limits: tuple[float, float]
    so_far: Floats
    totals: Floats
    steps: Floats

    @property
    def grows(self) -> bool:
        """Whether it has no end above and cannot be negative, so that it changes and errs by shares."""
        return self.limits == (0.0, np.inf)


@dataclass(frozen=True)
class Method:
    """A method: its forecast of the whole period with a (low, high) per level, NaN where it has none; and how it did: tried
    at so many `moments`, and per level the share of the actual values in the band of their moment and of how many. Where
    methods were compared, and of the chosen one: the mean error there, by its scale (`scaled`), as it is (`mae`) and with
    its sign (`bias`, forecast − actual); else NaN."""

    name: str
    point: float
    bands: Mapping[float, tuple[float, float]]
    moments: int
    scaled: float
    mae: float
    bias: float
    coverage: Mapping[float, tuple[float, int]]


@dataclass(frozen=True)
class Forecast:
    """A metric's forecast. `chosen` names the method with the least scaled error over the moments at which all could be
    `compared`; 0 of these where they were fewer than `needed`: then it is the pipeline's, else the combination. `so_far` is
    what the period has brought already, `actual` what came in the end, None where not known. `simulated` tells what the
    pipeline's forecast is made of."""

    currency: str | None
    so_far: float | None
    actual: float | None
    methods: list[Method]
    chosen: Method
    compared: int
    needed: int
    simulated: Simulated | None


def forecast(
    record: Record, moments: Moments, simulate: Simulator | None, *, currency: str | None, actual: float | None
) -> Forecast | None:
    """The forecast by every method that has something to say, from the plainest on; None when none has."""
    last = _last(record, moments)
    origins = list(range(last, moments.ahead - 1, -1))
    series = _by_day(record, moments, last) if record.adds else record.totals
    plain = [_plain(record, moments, series, back) for back in [*origins, 0]]
    *points, now = [point for point, _ in plain]
    spread = np.array([missed for _, missed in plain])
    past = {name: np.array([point[name] for point in points], dtype=float) for name in now}
    simulated, runs = None, None
    if simulate is not None and (simulated := simulate(0, moments.rest(0), 200)) is not None:
        runs = _runs(record, moments, simulate, origins)
        past[PIPELINE] = np.array([np.nan if totals is None else totals.mean() for totals in runs], dtype=float)
        now[PIPELINE] = float(record.so_far[0] + simulated.totals.mean())
    past = {name: values for name, values in past.items() if not np.isnan(now[name])}
    if not past:
        return None
    limits = _limits(record)
    years = 2 * moments.season - 1  # steps that a season is known from
    seasonal = last + 1 >= years
    alike = np.array([last - back + 1 >= years or not seasonal for back in origins], dtype=bool)
    # The simulation knows no season, and is tried at few moments: all of them count where it is compared with the others.
    scale = _scale(record, moments, last, origins, seasonal=seasonal and runs is None)
    trials = Trials(record.totals[origins], past, moments.ahead, scale, alike, spread, record.grows)
    needed = STRETCHES * moments.ahead if runs is None else min(STRETCHES * moments.ahead, _TRIED)
    names, at = trials.compared(needed, alike if runs is None else np.ones_like(alike))
    scaled = {name: trials.scaled(name, at) for name in names}
    best = min(scaled, key=lambda name: scaled[name]) if scaled else _untested(past)
    shown = {name: trials.errors(name, at) for name in names} or {best: trials.errors(best, np.ones_like(at))}
    methods = [
        _method(trials, name, now[name], limits, shown.get(name, np.zeros(0)), scaled.get(name, np.nan))
        for name in past
    ]
    if simulated is not None and runs is not None:
        bands = _quantiles(record.so_far[0] + simulated.totals, trials.came, runs, limits[0], moments.ahead)
        coverage = _covered(trials.came, runs, record.so_far[origins], moments.ahead)
        methods[-1] = replace(methods[-1], bands=bands, coverage=coverage)
    chosen = next(method for method in methods if method.name == best)
    to_date = or_none(record.so_far[0]) if days(moments.so_far(0)) else None
    return Forecast(currency, to_date, actual, methods, chosen, int(at.sum()), needed, simulated)


def _method(
    trials: Trials, name: str, point: float, limits: tuple[float, float], errors: Floats, scaled: float
) -> Method:
    """A method with its bands and with the errors that are shown of it."""
    mae, bias = (float(np.abs(errors).mean()), float(-errors.mean())) if errors.size else (np.nan, np.nan)
    bands = {level: _within(band, limits) for level, band in trials.bands(name, point).items()}
    tried = int((~np.isnan(trials.came - trials.forecasts[name])).sum())
    return Method(name, float(np.clip(point, *limits)), bands, tried, scaled, mae, bias, trials.coverage(name))


def _untested(past: Mapping[str, Floats]) -> str:
    """The method to take where none can be told from the others: the simulation, which carries its own measure of how sure
    it is; else the mean of two that fail in different ways; else the plainest."""
    return next((name for name in (PIPELINE, smoothing.COMBINED) if name in past), next(iter(past)))


def _within(band: tuple[float, float], limits: tuple[float, float]) -> tuple[float, float]:
    low, high = np.clip(band, *limits)
    return float(low), float(high)


def _limits(record: Record) -> tuple[float, float]:
    """The least and the most that can come: not below what has come already, where it adds up and cannot be negative."""
    least, most = record.limits
    return (float(np.nan_to_num(record.so_far[0])) if record.adds and least == 0 else least), most


def _last(record: Record, moments: Moments) -> int:
    """The furthest moment back with a known value before it; values before the first that is not 0 are no history yet."""
    if record.adds:
        there = np.flatnonzero(np.nan_to_num(record.steps) != 0)
        return int(there[-1]) if there.size else 0
    there = np.flatnonzero(~np.isnan(record.totals))
    return int(there[-1]) - moments.ahead if there.size else 0


def _scale(record: Record, moments: Moments, last: int, origins: list[int], *, seasonal: bool) -> Floats:
    """Of each moment the mean change of the metric that was known then: from a year to the next, or from period to period;
    NaN where none was."""
    lag = moments.season if seasonal else moments.stride
    totals = record.totals[: last + 1]
    changes = np.abs(totals[:-lag] - totals[lag:])
    usable = [part[~np.isnan(part)] for part in (changes[back + moments.ahead :] for back in origins)]
    return np.array([part.mean() if part.size else np.nan for part in usable], dtype=float)


def _by_day(record: Record, moments: Moments, last: int) -> Floats:
    """What adds up in each step back to the first with something in it, a day: months differ in length."""
    lengths = np.array([days(moments.step(number)) for number in range(last + 1)], dtype=float)
    return record.steps[: last + 1] / lengths


def _plain(record: Record, moments: Moments, series: Floats, back: int) -> tuple[dict[str, float], float]:
    """The forecast of the whole period from the metric's own past (a day's value of each step of what adds up, else the
    whole periods), as seen so many steps back, by every method, NaN where it cannot say; and how far smoothing missed
    within that past."""
    if not record.adds:
        stride = moments.stride
        totals = _from_first(series[back + moments.ahead :: stride][::-1])
        season = moments.season // stride if moments.season % stride == 0 else None
        by_step, spread = smoothing.forecasts(totals, moments.ahead // stride, season, grows=record.grows)
        points = {name: float(values[-1]) for name, values in by_step.items()}
        year_ago = back + moments.season * -(-moments.ahead // moments.season)
        points[smoothing.YEAR_AGO] = float(series[year_ago]) if year_ago < len(series) else np.nan
        return {LAST: float(totals[-1]) if totals.size else np.nan, **points}, spread
    days_ahead = moments.days_ahead(back)
    so_far = float(record.so_far[back]) if days(moments.so_far(back)) else 0.0
    before = _from_first(series[back:][::-1])
    by_step, spread = smoothing.forecasts(before, moments.ahead, moments.season, grows=record.grows)
    estimates = {name: so_far + float(values @ days_ahead) for name, values in by_step.items()}
    if elapsed := days(moments.so_far(0)):
        passed = days(moments.so_far(back)) or elapsed
        estimates[PACE] = so_far / passed * days(moments.span(back))
    return estimates, spread


def _from_first(series: Floats) -> Floats:
    filled = np.flatnonzero(~np.isnan(series))
    return series[filled[0] :] if filled.size else series[:0]


def _runs(record: Record, moments: Moments, simulate: Simulator, origins: list[int]) -> list[Floats | None]:
    """The totals of the whole period as simulated at each earlier moment, None for those too long ago and too bare."""
    runs: list[Floats | None] = []
    for back in origins:
        simulated = simulate(back, moments.rest(back), 40) if back < moments.ahead + _TRIED else None
        runs.append(None if simulated is None else record.so_far[back] + simulated.totals)
    return runs


def _quantiles(
    totals: Floats, came: Floats, tried: list[Floats | None], least: float, ahead: int
) -> dict[float, tuple[float, float]]:
    """Per level the band of the simulation, never narrower than its past says: markets change in ways that the rates of the
    past do not know. Conformal, with errors by what the simulation held for their spread."""
    scores = [
        (actual - runs.mean()) / runs.std()
        for actual, runs in zip(came, tried, strict=True)
        if runs is not None and not np.isnan(actual) and runs.std() > 0
    ]
    bands = {}
    for level in LEVELS:
        widening = reach(np.abs(scores), level, ahead) / _NORMAL[level] if len(scores) >= FEWEST else 1.0
        wide = totals.mean() + (totals - totals.mean()) * max(1.0, widening)
        low, high = np.quantile(wide, [(1 - level) / 2, (1 + level) / 2])
        bands[level] = (float(max(low, least)), float(high))
    return bands


def _covered(came: Floats, tried: list[Floats | None], so_far: Floats, ahead: int) -> dict[float, tuple[float, int]]:
    """How often what came lay in the band made at its moment, widened by what was known of earlier ones by then."""
    hits: dict[float, list[bool]] = {level: [] for level in LEVELS}
    for number, (actual, runs) in enumerate(zip(came, tried, strict=True)):
        if runs is None or np.isnan(actual):
            continue
        before = max(number - ahead + 1, 0)
        for level, (low, high) in _quantiles(runs, came[:before], tried[:before], float(so_far[number]), ahead).items():
            hits[level].append(bool(low <= actual <= high))
    return {level: (float(np.mean(hit)) if hit else float("nan"), len(hit)) for level, hit in hits.items()}
