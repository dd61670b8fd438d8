"""How each goal stands: its value, how far it is reached, how fast it has to go on, and how likely it will be met."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np

from crm_metrics.analysis.goals.chances import COURSES, FEWEST_WEEKS, Grid, courses, enough, money, pasts
from crm_metrics.analysis.goals.parts import Kind, builds_up, combined, is_additive, kinds
from crm_metrics.analysis.goals.targets import Target, attainment, reached, several, unlike
from crm_metrics.engine.cells import REASONS, Floats, Unavailable
from crm_metrics.errors import nearest
from crm_metrics.metrics.metric import Metric

MET, MISSED, ON_PACE, BEHIND, UNKNOWN, NOT_BEGUN = "met", "missed", "on pace", "behind", "cannot tell", "not begun"
LIKELY = 0.75  # as the middle half of the courses lies on one side of the target
LEAST, MOST = 0.01, 0.99  # the past never makes anything certain
_DIVISIBLE = 0.9  # so many of the courses need a value
_LATE = 7  # days by which the data may begin after a goal


@dataclass(frozen=True)
class Standing:
    """A target and what there is against it; None where it is missing, with the reason in `why`: a sentence, or one of the
    engine's codes. `elapsed` is the share of its days that are over, `pace` and `needed` the metric a day so far and for the
    rest; `low` and `high` are the 95 % limits of the value, which is `partial` where its records are too young to tell;
    `expected_low` and `expected_high` hold the middle half of what it may be in the end."""

    target: Target
    metric: Metric
    status: str
    why: str = ""
    value: float | None = None
    low: float | None = None
    high: float | None = None
    n: int = 0
    currency: str | None = None
    attainment: float | None = None
    elapsed: float | None = None
    pace: float | None = None
    needed: float | None = None
    expected: float | None = None
    expected_low: float | None = None
    expected_high: float | None = None
    chance: float | None = None
    partial: bool = False


def standings(grid: Grid, wanted: Sequence[tuple[Target, int]], as_of: date, first: date | None) -> list[Standing]:
    """How targets of the grid's dimensions stand, each given with the place of its window. `first` is the first day of the
    data."""
    return [_standing(grid, target, window, as_of + timedelta(days=1), first) for target, window in wanted]


def _standing(grid: Grid, target: Target, window: int, end: date, first: date | None) -> Standing:
    """How a target stands when the data ends before the day `end`."""
    metric, period = grid.periods.catalog[target.goal.metric], target.period
    wanted = target.currency(grid.periods.dataset.settings) if metric.is_money else None
    unknown = Standing(target, metric, UNKNOWN, currency=wanted)
    if period.start >= end:
        return replace(unknown, status=NOT_BEGUN, elapsed=0.0)
    days, over = (period.end - period.start).days, (min(period.end, end) - period.start).days
    current = _current(grid, replace(unknown, elapsed=over / days), window)
    upward, left = target.is_upward(metric), days - over
    if not current.why and first is not None and (first - period.start).days > _LATE and metric.open is None:
        current = replace(unknown, elapsed=over / days, why=f"the data begins on {first}, later than the goal")
    if (value := current.value) is None or current.why:
        return current
    adds = is_additive(metric, grid.periods.catalog)
    status, why, ends = MET if reached(value, target.target, upward=upward) else MISSED, "", None
    if left or current.partial:
        status, why, ends = _running(grid, current, value, window, left, end)
    quarters = [None, None, None] if ends is None else [float(at) for at in np.quantile(ends, (0.25, 0.5, 0.75))]
    return replace(
        current,
        status=status,
        why=why,
        attainment=attainment(value, target.target, target.goal.baseline, upward=upward),
        pace=value / over if adds else None,
        needed=_needed(target.target - value, left, upward=upward) if adds else None,
        expected=quarters[1],
        expected_low=quarters[0],
        expected_high=quarters[2],
        chance=None if ends is None else _chance(ends, target.target, upward=upward),
    )


def _needed(missing: float, left: int, *, upward: bool) -> float | None:
    """What every day that is left has to bring, at least 0; where less is better what it may bring at most, None when the
    target is exceeded already."""
    if not left or (missing < 0 and not upward):
        return None
    return max(missing, 0.0) / left


def _current(grid: Grid, unknown: Standing, window: int) -> Standing:
    """A goal with its value in the grid; with why there is none, or none that can be compared."""
    engine, metric, target = grid.periods, unknown.metric, unknown.target
    parts = money(engine, metric)
    if isinstance(parts, Unavailable):
        return replace(unknown, why=f"{parts.seen}; {parts.hint}" if parts.hint else parts.seen)
    if missing := [dim for dim in target.dims if dim not in parts[0].cells.dims]:
        return replace(unknown, why=f"{metric.name} is not known by {' and '.join(missing)}")
    segments = engine.segments(parts[0].cells.dims)
    if (place := segments.place(target.goal.scope)) is None:
        return replace(unknown, why=_nobody(segments.labels, segments.dims, target))
    shown = [part for part in parts if part.shown[window, place]] or parts[:1]
    if len(shown) > 1:
        return replace(unknown, why=several(sorted(str(part.currency[window, place]) for part in shown)))
    cells, currency = shown[0].cells, shown[0].currency[window, place]
    if reason := REASONS[int(cells.reason[window, place])]:
        return replace(unknown, why=reason)
    (value, low, high), n = cells.at(window, place), int(cells.n[window, place])
    if metric.is_money and (n or value) and (problem := unlike(unknown.currency, currency)):
        return replace(unknown, why=problem)
    partial = bool(cells.partial[window, place])
    paid_in = (currency or unknown.currency) if metric.is_money else None
    return replace(unknown, value=value, low=low, high=high, n=n, currency=paid_in, partial=partial)


def _nobody(labels: Sequence[tuple[str, ...]], dims: Sequence[str], target: Target) -> str:
    """That no record is in the scope, with the value of a dimension that was meant where one is close."""
    for place, dim in enumerate(dims):
        names, wanted = {label[place] for label in labels}, target.goal.scope[dim]
        if wanted not in names:
            close = nearest(wanted, names)
            return f"no record has the {dim} {wanted!r}" + (f"; did you mean {close}?" if close else "")
    return f"no record has {' and '.join(f'{dim} {value!r}' for dim, value in target.scope)}"


def _running(
    grid: Grid, current: Standing, value: float, window: int, left: int, end: date
) -> tuple[str, str, Floats | None]:
    """The status of a goal that is not over, why it cannot be told, and what the metric may be in the end."""
    metric, target = current.metric, current.target
    upward, parts = target.is_upward(metric), kinds(metric, grid.periods.catalog)
    if parts is None and builds_up(metric, grid.periods.catalog):
        return UNKNOWN, "it builds up over the whole period, and past weeks do not add up to it", None
    if parts is None:
        return *_by_limits(current, target.target, upward=upward), None
    if all(kind is Kind.FIXED for kind in parts.values()):
        return (MET if reached(value, target.target, upward=upward) else MISSED), "", None
    past_values = pasts(grid, parts, window, target.goal.scope, current.currency)
    if past_values is None:
        return UNKNOWN, "the data does not say how it was in the weeks before", None
    past = next(iter(past_values.values()))
    passed = value >= target.target if upward else value > target.target
    if passed and metric.name in past_values and past.kind is Kind.FLOW and (past.amounts >= 0).all():
        return (MET if upward else MISSED), "", None  # what never falls stays beyond the target
    if not enough(len(past.amounts), left):
        least = max(FEWEST_WEEKS, -(-left // 7))
        return UNKNOWN, f"{len(past.amounts)} whole weeks of history are too few, {least} are needed", None
    named = {"period_months": target.period.months, "gross_margin": grid.periods.dataset.settings.gross_margin}
    drawn = courses(past_values, left, end)
    ends = combined(metric.formula, grid.periods.catalog, drawn, named) if metric.formula else drawn[metric.name]
    ends = ends[~np.isnan(ends)]
    if len(ends) < _DIVISIBLE * COURSES:
        return UNKNOWN, "in too many of the courses it may take there is nothing to divide by", None
    chance = _chance(ends, target.target, upward=upward)
    status = ON_PACE if chance >= LIKELY else BEHIND if chance <= 1 - LIKELY else UNKNOWN
    return status, "it may well end on either side of the target" if status == UNKNOWN else "", ends


def _by_limits(current: Standing, target: float, *, upward: bool) -> tuple[str, str]:
    """The status of what does not add up from week to week, by the limits of its value so far."""
    if current.low is None or current.high is None:
        return UNKNOWN, "too few records to tell it from chance"
    better, worse = (current.low, current.high) if upward else (-current.high, -current.low)
    wanted = target if upward else -target
    if better >= wanted:
        return ON_PACE, ""
    if worse < wanted:
        return BEHIND, ""
    return UNKNOWN, "the target lies within the limits of chance"


def _chance(ends: Floats, target: float, *, upward: bool) -> float:
    """The share of the courses that end with the target met, never quite 0 or 1."""
    met = float(np.mean(ends >= target if upward else ends <= target))
    return min(max(met, LEAST), MOST)
