"""The moments a forecast is made and tested at: now, and as many steps back as the data reaches, each with the same place
in its period as now."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from crm_metrics.engine.cells import Floats
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
        ahead = 1
        while _back(period.end, ahead, unit) > unknown:
            ahead += 1
        steps = 0
        while steps < _MOST[unit] + ahead and _back(unknown, steps + 1, unit) >= first:
            steps += 1
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
