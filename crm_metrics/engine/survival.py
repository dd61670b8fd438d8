"""Survival medians by cell: records still waiting count for as long as they have waited.

Kaplan and Meier (1958), J. Am. Stat. Assoc. 53, 457–481, for one kind of end; Aalen and Johansen (1978), Scand. J. Stat.
5, 141–150, where a record can end in another way.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from crm_metrics.engine.aggregates import ascending, begins
from crm_metrics.engine.cells import Bools, Codes, Floats, Ints, Z

_NEVER = -50.0  # the logarithm that stands for a survival of 0
_CLOSE = 1e-9
_FEWEST_ENDS = 6


@dataclass(frozen=True)
class _Steps:
    """One entry per cell and distinct time: how many were at risk, how many ended in either way, and survival before and
    after it. `entry` is that of each record, `size` the number of cells."""

    cell: Codes
    time: Floats
    before: Floats
    after: Floats
    risk: Ints
    events: Ints
    others: Ints
    entry: Ints
    size: int

    @cached_property
    def incidence(self) -> Floats:
        """How likely the event has come by each time."""
        return self.running(self.before * self.events / self.risk)

    @cached_property
    def last(self) -> Floats:
        """Of each step the incidence that its cell ends with."""
        return self.largest(self.incidence)[self.cell]

    @cached_property
    def chances(self) -> tuple[Floats, Floats, Floats]:
        """How likely a record at risk ends in the one way and in the other, and one over how likely it stays: 0 when nobody
        does, as nothing is to come then."""
        won, lost = self.events / self.risk, self.others / self.risk
        stay = 1 - won - lost
        return won, lost, np.divide(1.0, stay, out=np.zeros(len(stay)), where=stay > _CLOSE)

    def running(self, values: Floats) -> Floats:
        """Running totals that begin anew with each cell."""
        return _running(values, self.cell, self.size)

    def largest(self, values: Floats) -> Floats:
        """The largest value of each cell, at least 0."""
        result = np.zeros(self.size)
        np.maximum.at(result, self.cell, values)
        return result

    def first(self, reached: Bools) -> Floats:
        """By cell the first time of those that are True; NaN without one."""
        result = np.full(self.size, np.nan)
        places = np.flatnonzero(reached)[::-1]
        result[self.cell[places]] = self.time[places]
        return result

    @property
    def enough(self) -> Bools:
        """By cell, whether there are six events."""
        return np.bincount(self.cell, weights=self.events, minlength=self.size) >= _FEWEST_ENDS


def median(times: Floats, events: Bools, cells: Codes, size: int, competing: Bools | None = None) -> Floats:
    """The first time at which at most half of a cell's records still wait; NaN where that is never reached. Where they also
    have another end, `competing`, the first at which the incidence of the event reaches half of its last value; NaN for a
    cell with fewer than six events."""
    steps = _steps(times, events, competing, cells, size)
    if competing is None:
        return steps.first(steps.after <= 0.5 + _CLOSE)
    return np.where(steps.enough, steps.first(steps.incidence >= steps.last / 2 - _CLOSE), np.nan)


def limits(
    times: Floats,
    events: Bools,
    cells: Codes,
    size: int,
    wider: Floats | None = None,
    competing: Bools | None = None,
) -> tuple[Floats, Floats]:
    """The 95 % limits of each cell's `median` (Brookmeyer and Crowley 1982): where the log-log limits come down to a half,
    of survival with Greenwood's variance; with `competing` of the share of the last incidence that is still to come, with
    the variance of the Aalen-Johansen estimator by the delta method, the ends at each time multinomial (Dinse and Larson
    1986, Biometrika 73, 379-386); the last incidence varies with the others. NaN for both where one never does. The
    deviations of cells are so many times `wider` than of records that wait independently."""
    steps = _steps(times, events, competing, cells, size)
    with np.errstate(all="ignore"):
        if competing is None:
            hazard = steps.events / (steps.risk * (steps.risk - steps.events))
            waiting, scale = steps.after, np.log(steps.after)
            # Not before the first event, where survival is 1, nor at its end, where it is 0.
            defined, otherwise = (steps.risk > steps.events) & (waiting < 1), np.ones(len(waiting))
            deviation = np.sqrt(steps.running(np.where(steps.risk > steps.events, hazard, 0.0)))
        else:
            reached = steps.incidence / steps.last
            waiting = 1 - reached
            early, late = _variances(steps)
            deviation = np.sqrt(waiting**2 * early + reached**2 * late) / steps.last
            scale = waiting * np.log(waiting)
            # Before the first event and at the last there is nothing to invert.
            defined, otherwise = (reached > 0) & (waiting > _CLOSE), np.where(reached > 0, 0.0, 1.0)
        width = Z * deviation / scale
        width = width if wider is None else width * wider[steps.cell]
        edges = [np.where(defined, waiting ** np.exp(side * width), otherwise) for side in (-1, 1)]
    low, high = (steps.first(edge <= 0.5 + _CLOSE) for edge in edges)
    both = ~np.isnan(low) & ~np.isnan(high) & (True if competing is None else steps.enough)
    return np.where(both, low, np.nan), np.where(both, high, np.nan)


def deviations(
    times: Floats, events: Bools, competing: Bools | None, cells: Codes, size: int, middle: Floats
) -> Floats:
    """What each record adds to the deviation of survival, or with `competing` ends of the share of the last incidence that
    is reached, at its cell's `middle`, on a scale that is the same in all of a cell: over the times that it waited, its own
    ends less those to be expected, each by the gradient (linearisation; Williams 1995, Biometrics 51, 1295-1300)."""
    steps = _steps(times, events, competing, cells, size)
    won, lost, share = steps.chances
    early = steps.time <= middle[steps.cell]
    if competing is None:
        by_event, by_other = np.where(early, share, 0.0), np.zeros(len(share))
    else:
        reached = steps.largest(np.where(early, steps.incidence / steps.last, 0.0))
        weight = np.where(early, 1 - reached[steps.cell], -reached[steps.cell])
        by_other = weight * share * np.where(early, steps.incidence, steps.incidence - steps.last)
        by_event = weight * steps.before + by_other
    expected = steps.running((by_event * won + by_other * lost) / steps.risk)
    own = np.where(events, by_event[steps.entry], 0.0)
    own = own if competing is None else own + np.where(competing, by_other[steps.entry], 0.0)
    return np.asarray(own / steps.risk[steps.entry] - expected[steps.entry], dtype=float)


def _variances(steps: _Steps) -> tuple[Floats, Floats]:
    """What the ends up to each time, and those after it, add to the variance of the share of the last incidence that is
    reached then: the gradient of an incidence by the chances of the two ends at a time, under their multinomial
    covariance."""
    won, lost, share = steps.chances

    def squared(by_won: Floats, by_lost: Floats) -> Floats:
        spread = by_won**2 * won + by_lost**2 * lost - (by_won * won + by_lost * lost) ** 2
        return steps.running(spread / steps.risk)

    incidence, to_come = steps.incidence, steps.last - steps.incidence
    late = squared(steps.before - share * to_come, -share * to_come)
    return squared(steps.before + share * incidence, share * incidence), steps.largest(late)[steps.cell] - late


def _steps(times: Floats, events: Bools, competing: Bools | None, cells: Codes, size: int) -> _Steps:
    order = ascending(times, cells, size)
    cell, time = cells[order], times[order]
    new = begins(cell, time)
    step = np.cumsum(new) - 1
    starts = np.flatnonzero(new)
    totals = np.bincount(cells, minlength=size)
    first = np.cumsum(totals) - totals
    risk = totals[cell[starts]] - (starts - first[cell[starts]])
    none = np.zeros_like(events)
    wanted, others = (
        np.bincount(step, weights=ends[order], minlength=len(starts)).astype(np.int64)
        for ends in (events, none if competing is None else competing)
    )
    ended = wanted + others
    with np.errstate(divide="ignore"):
        logs = np.where(ended < risk, np.log1p(-ended / risk), _NEVER)
    after = _running(logs, cell[starts], size)
    entry = np.empty_like(step)
    entry[order] = step
    return _Steps(cell[starts], time[starts], np.exp(after - logs), np.exp(after), risk, wanted, others, entry, size)


def _running(values: Floats, cell: Codes, size: int) -> Floats:
    """Running totals that begin anew with each cell; entries of a cell stand together."""
    if not len(values):
        return values
    total = np.cumsum(values)
    n = np.bincount(cell, minlength=size)
    first = (np.cumsum(n) - n)[cell]
    return total - (total - values)[first]
