"""Survival medians by cell: records still waiting count for as long as they have waited.

Kaplan and Meier (1958), J. Am. Stat. Assoc. 53, 457–481, for one kind of end; Aalen and Johansen (1978), Scand. J. Stat.
5, 141–150, where a record can end in another way.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from crm_metrics.engine.aggregates import ascending
from crm_metrics.engine.cells import Bools, Codes, Floats, Ints, Z

_NEVER = -50.0  # the logarithm that stands for a survival of 0
_CLOSE = 1e-9
_FEWEST_ENDS = 6


@dataclass(frozen=True)
class _Steps:
    """One entry per cell and distinct time: how many were at risk, how many ended in either way, and survival before and
    after it. `entry` is that of each record."""

    cell: Codes
    time: Floats
    before: Floats
    after: Floats
    risk: Ints
    events: Ints
    others: Ints
    entry: Ints


def median(times: Floats, events: Bools, cells: Codes, size: int) -> Floats:
    """The first time at which at most half of a cell's records still wait; NaN where that is never reached."""
    steps = _steps(times, events, np.zeros_like(events), cells, size)
    return _first(steps, steps.after <= 0.5 + _CLOSE, size)


def limits(times: Floats, events: Bools, cells: Codes, size: int, wider: Floats | None = None) -> tuple[Floats, Floats]:
    """The 95 % limits of each cell's median (Brookmeyer and Crowley 1982): where the log-log limits of survival, with
    Greenwood's variance, come down to a half; NaN for both where the upper one never does. The deviations of cells are
    so many times `wider` than of records that wait independently."""
    steps = _steps(times, events, np.zeros_like(events), cells, size)
    with np.errstate(all="ignore"):
        hazard = np.where(steps.risk > steps.events, steps.events / (steps.risk * (steps.risk - steps.events)), np.nan)
        width = Z * np.sqrt(_running(np.nan_to_num(hazard), steps.cell, size)) / np.log(steps.after)
        width = width if wider is None else width * wider[steps.cell]
        lower, upper = steps.after ** np.exp(-width), steps.after ** np.exp(width)
    # They are not defined before the first event, where survival is 1, nor at its end, where it is 0.
    defined = ~np.isnan(hazard) & (steps.after < 1)
    lower, upper = np.where(defined, lower, 1.0), np.where(defined, upper, 1.0)
    low, high = (_first(steps, part <= 0.5 + _CLOSE, size) for part in (lower, upper))
    both = ~np.isnan(low) & ~np.isnan(high)
    return np.where(both, low, np.nan), np.where(both, high, np.nan)


def median_of_winners(times: Floats, events: Bools, competing: Bools, cells: Codes, size: int) -> Floats:
    """The first time at which the incidence of the event reaches half of its last value, with `competing` another end;
    NaN for a cell with fewer than six events."""
    steps = _steps(times, events, competing, cells, size)
    incidence = _incidence(steps, size)
    result = _first(steps, incidence >= _last(incidence, steps, size) / 2 - _CLOSE, size)
    result[np.bincount(cells, weights=events, minlength=size) < _FEWEST_ENDS] = np.nan
    return result


def limits_of_winners(
    times: Floats, events: Bools, competing: Bools, cells: Codes, size: int, wider: Floats | None = None
) -> tuple[Floats, Floats]:
    """The 95 % limits of each cell's `median_of_winners`, by inversion as of any median (Brookmeyer and Crowley 1982): where
    the log-log limits of the share of the last incidence that is reached pass a half. The variance is that of the
    Aalen-Johansen estimator by the delta method, the ends at each time multinomial (Dinse and Larson 1986, Biometrika
    73, 379-386); the last incidence varies with the others. NaN for both where one is never reached."""
    steps = _steps(times, events, competing, cells, size)
    incidence = _incidence(steps, size)
    last = _last(incidence, steps, size)
    with np.errstate(all="ignore"):
        reached = incidence / last
        early, late = _variances(steps, incidence, last, size)
        waiting = 1 - reached
        deviation = np.sqrt(waiting**2 * early + reached**2 * late) / last
        width = Z * deviation / (waiting * np.log(waiting))
        width = width if wider is None else width * wider[steps.cell]
        fewest, most = waiting ** np.exp(-width), waiting ** np.exp(width)
    open_ = (reached > 0) & (waiting > _CLOSE)  # before the first event and at the last there is nothing to invert
    enough = np.bincount(cells, weights=events, minlength=size) >= _FEWEST_ENDS
    edges = [np.where(open_, part, np.where(reached > 0, 0.0, 1.0)) for part in (fewest, most)]
    low, high = (_first(steps, part <= 0.5 + _CLOSE, size) for part in edges)
    both = enough & ~np.isnan(low) & ~np.isnan(high)
    return np.where(both, low, np.nan), np.where(both, high, np.nan)


def deviations(
    times: Floats, events: Bools, competing: Bools | None, cells: Codes, size: int, middle: Floats
) -> Floats:
    """What each record adds to the deviation of survival, or with `competing` ends of the share of the last incidence that
    is reached, at its cell's `middle`, on a scale that is the same in all of a cell: over the times that it waited, its own
    ends less those to be expected, each by the gradient (linearisation; Williams 1995, Biometrics 51, 1295-1300)."""
    others = np.zeros_like(events) if competing is None else competing
    steps = _steps(times, events, others, cells, size)
    won, lost = steps.events / steps.risk, steps.others / steps.risk
    stay = 1 - won - lost
    share = np.divide(1.0, stay, out=np.zeros(len(stay)), where=stay > _CLOSE)
    early = steps.time <= middle[steps.cell]
    if competing is None:
        by_event, by_other = np.where(early, share, 0.0), np.zeros(len(share))
    else:
        incidence = _incidence(steps, size)
        last = _last(incidence, steps, size)
        reached = np.zeros(size)
        np.maximum.at(reached, steps.cell[early], (incidence / last)[early])
        weight = np.where(early, 1 - reached[steps.cell], -reached[steps.cell])
        by_other = weight * share * np.where(early, incidence, incidence - last)
        by_event = weight * steps.before + by_other
    expected = _running((by_event * won + by_other * lost) / steps.risk, steps.cell, size)
    own = np.where(events, by_event[steps.entry], 0.0) + np.where(others, by_other[steps.entry], 0.0)
    return np.asarray(own / steps.risk[steps.entry] - expected[steps.entry], dtype=float)


def _variances(steps: _Steps, incidence: Floats, last: Floats, size: int) -> tuple[Floats, Floats]:
    """What the ends up to each time, and those after it, add to the variance of the share of the last incidence that is
    reached then: the gradient of an incidence by the chances of the two ends at a time, under their multinomial
    covariance."""
    won, lost = steps.events / steps.risk, steps.others / steps.risk
    stay = 1 - won - lost
    share = np.divide(1.0, stay, out=np.zeros(len(stay)), where=stay > _CLOSE)  # when nobody stays, nothing is to come
    to_come = last - incidence

    def squared(by_won: Floats, by_lost: Floats) -> Floats:
        spread = by_won**2 * won + by_lost**2 * lost - (by_won * won + by_lost * lost) ** 2
        return _running(spread / steps.risk, steps.cell, size)

    early = squared(steps.before + share * incidence, share * incidence)
    late = squared(steps.before - share * to_come, -share * to_come)
    ends = np.zeros(size)
    np.maximum.at(ends, steps.cell, late)
    return early, ends[steps.cell] - late


def _incidence(steps: _Steps, size: int) -> Floats:
    """How likely the event has come by each time."""
    return _running(steps.before * steps.events / steps.risk, steps.cell, size)


def _last(incidence: Floats, steps: _Steps, size: int) -> Floats:
    """Of each step the incidence that its cell ends with."""
    last = np.zeros(size)
    np.maximum.at(last, steps.cell, incidence)
    return last[steps.cell]


def _steps(times: Floats, events: Bools, competing: Bools, cells: Codes, size: int) -> _Steps:
    order = ascending(times, cells, size)
    cell, time = cells[order], times[order]
    new = np.append(True, (cell[1:] != cell[:-1]) | (time[1:] != time[:-1])) if len(cell) else np.zeros(0, dtype=bool)
    step = np.cumsum(new) - 1
    n = int(new.sum())
    starts = np.flatnonzero(new)
    totals = np.bincount(cells, minlength=size)
    first = np.cumsum(totals) - totals
    risk = totals[cell[starts]] - (starts - first[cell[starts]])
    wanted = np.bincount(step, weights=events[order], minlength=n).astype(np.int64)
    others = np.bincount(step, weights=competing[order], minlength=n).astype(np.int64)
    ended = wanted + others
    with np.errstate(divide="ignore"):
        logs = np.where(ended < risk, np.log1p(-ended / risk), _NEVER)
    after = _running(logs, cell[starts], size)
    entry = np.empty_like(step)
    entry[order] = step
    return _Steps(cell[starts], time[starts], np.exp(after - logs), np.exp(after), risk, wanted, others, entry)


def _running(values: Floats, cell: Codes, size: int) -> Floats:
    """Running totals that begin anew with each cell; entries of a cell stand together."""
    if not len(values):
        return values
    total = np.cumsum(values)
    n = np.bincount(cell, minlength=size)
    first = (np.cumsum(n) - n)[cell]
    return total - (total - values)[first]


def _first(steps: _Steps, reached: Bools, size: int) -> Floats:
    result = np.full(size, np.nan)
    places = np.flatnonzero(reached)[::-1]
    result[steps.cell[places]] = steps.time[places]
    return result
