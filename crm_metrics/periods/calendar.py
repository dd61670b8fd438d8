"""The calendar: its units, a period as a stretch of days, and arithmetic on both.

A period is [start, end): its end is the first day after it.
Nothing here reads a clock: `as_of` is the last day that the data knows, and that day counts as over.
Weeks are ISO weeks; with `week_start="sunday"` week N runs from the day before the ISO week's Monday to its Saturday.
A fiscal year is named by the calendar year it ends in: with `fiscal_year_start=4`, FY2026 is April 2025 to March 2026.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Literal

Unit = Literal["day", "week", "month", "quarter", "half", "year", "fiscal-quarter", "fiscal-year", "range", "all"]
Grain = Literal["day", "week", "month", "quarter", "year"]
WeekStart = Literal["monday", "sunday"]

DAY = timedelta(days=1)
DAYS_PER_MONTH = 30.4375
_UNIT_MONTHS = {"month": 1, "quarter": 3, "half": 6, "year": 12, "fiscal-quarter": 3, "fiscal-year": 12}
_CANONICAL: tuple[Unit, ...] = ("year", "half", "quarter", "month", "week", "day")


@dataclass(frozen=True)
class Calendar:
    """Where fiscal years (month 1 to 12) and weeks begin."""

    fiscal_year_start: int = 1
    week_start: WeekStart = "monday"

    def unit(self, unit: Unit, day: date) -> Period:
        """The whole calendar unit that `day` is in."""
        if unit == "day":
            start = day
        elif unit == "week":
            start = day - DAY * ((day.weekday() + (self.week_start == "sunday")) % 7)
        else:
            months = day.year * 12 + day.month - 1
            first = months - (months - self._offset(unit)) % _UNIT_MONTHS[unit]
            start = date(first // 12, first % 12 + 1, 1)
        return Period(start, shift(unit, start, 1), self._label(unit, start), unit, calendar=self)

    def between(self, start: date, end: date) -> Period:
        """[start, end) as the calendar unit that it is exactly, else as a range named by its first and last day."""
        for unit in _CANONICAL:
            period = self.unit(unit, start)
            if (period.start, period.end) == (start, end):
                return period
        return Period(start, end, f"{start}..{end - DAY}", "range", calendar=self)

    def _offset(self, unit: Unit) -> int:
        return self.fiscal_year_start - 1 if unit.startswith("fiscal") else 0

    def _label(self, unit: Unit, start: date) -> str:
        if unit == "day":
            return start.isoformat()
        if unit == "week":
            iso = (start + DAY * (self.week_start == "sunday")).isocalendar()
            return f"{iso.year}-W{iso.week:02}"
        if unit == "month":
            return f"{start.year}-{start.month:02}"
        # The month's place in its (fiscal) year; the year is named by the month it ends with.
        place = (start.month - 1 - self._offset(unit)) % 12
        year = (start.year * 12 + start.month - 1 - place + 11) // 12
        part = f"-Q{place // 3 + 1}" if unit.endswith("quarter") else f"-H{place // 6 + 1}" if unit == "half" else ""
        return f"{'FY' if unit.startswith('fiscal') else ''}{year}{part}"


@dataclass(frozen=True)
class Period:
    """The days from `start` up to, not including, `end`. A unit cut by `split` keeps its unit's label."""

    start: date
    end: date
    label: str
    unit: Unit
    calendar: Calendar = field(default=Calendar(), compare=False, repr=False)

    @property
    def months(self) -> float:
        """The number of calendar months where the period is whole months, else its days / 30.4375."""
        if self.start.day == self.end.day == 1:
            return float(_whole_months(self.start, self.end))
        return (self.end - self.start).days / DAYS_PER_MONTH

    def is_complete(self, as_of: date) -> bool:
        """Whether the last day of the period is over at the end of the day `as_of`."""
        return self.end <= as_of + DAY

    def until(self, as_of: date) -> Period:
        """The part up to and including `as_of`, a range; unchanged when complete; without days when it begins later."""
        if self.is_complete(as_of):
            return self
        if self.start > as_of:
            return replace(self, end=self.start)
        return replace(self, end=as_of + DAY, label=f"{self.start}..{as_of}", unit="range")

    def previous(self, count: int = 1) -> Period | None:
        """The period `count` lengths earlier: calendar units; calendar months for a range of whole months; else days.

        A unit that `split` has cut gives the same part of the earlier unit. None for `all`, and without days.
        """
        if self.unit == "all" or self.start >= self.end:
            return None
        if self.unit in _UNIT_MONTHS:
            return self._months_back(count * _UNIT_MONTHS[self.unit])
        if self.unit == "range" and self.start.day == self.end.day == 1:
            return self._months_back(count * _whole_months(self.start, self.end))
        length = {"day": DAY, "week": 7 * DAY}.get(self.unit, self.end - self.start)
        return self._back(count * length)

    def year_ago(self) -> Period | None:
        """The same calendar unit a year earlier: of 29 February the 28th, of week 53 the year's last week.

        Of a range and of a cut unit, both ends a calendar year earlier; a day that ends its month still does.
        None for `all`, and without days.
        """
        if self.unit == "all" or self.start >= self.end:
            return None
        if self.unit == "day":
            day = 28 if (self.start.month, self.start.day) == (2, 29) else self.start.day
            return self._back(self.start - self.start.replace(self.start.year - 1, day=day))
        if self.unit == "week":
            # The fourth day is in the ISO week whichever day the week starts on.
            fourth = self.calendar.unit("week", self.start).start + 3 * DAY
            iso = fourth.isocalendar()
            week = min(iso.week, weeks_in(iso.year - 1))
            return self._back(fourth - date.fromisocalendar(iso.year - 1, week, fourth.isoweekday()))
        return self._months_back(12)

    def _back(self, by: timedelta) -> Period:
        return self._moved(self.start - by, self.end - by)

    def _months_back(self, months: int) -> Period:
        return self._moved(add_months(self.start, -months), add_months(self.end - DAY, -months) + DAY)

    def _moved(self, start: date, end: date) -> Period:
        if self.unit == "range":
            return self.calendar.between(start, end)
        return replace(self.calendar.unit(self.unit, start), start=start, end=end)

    def split(self, grain: Grain) -> list[Period]:
        """The calendar units that touch the period, oldest first, cut to it at both ends; together they are the period.
        Quarters and years are fiscal in a fiscal period."""
        unit: Unit = grain
        if self.unit.startswith("fiscal") and grain in ("quarter", "year"):
            unit = "fiscal-quarter" if grain == "quarter" else "fiscal-year"
        parts = []
        day = self.start
        while day < self.end:
            period = self.calendar.unit(unit, day)
            parts.append(replace(period, start=day, end=min(period.end, self.end)))
            day = period.end
        return parts


def shift(unit: Unit, start: date, count: int) -> date:
    """The start of the unit `count` units after the one that starts at `start`."""
    if unit in ("day", "week"):
        return start + DAY * count * (7 if unit == "week" else 1)
    return add_months(start, _UNIT_MONTHS[unit] * count)


def add_months(day: date, months: int) -> date:
    """The same day of the month, at most its last; the last day of a month stays the last."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = monthrange(year, month + 1)[1]
    ends_month = day.day == monthrange(day.year, day.month)[1]
    return date(year, month + 1, last if ends_month else min(day.day, last))


def _whole_months(start: date, end: date) -> int:
    return (end.year - start.year) * 12 + end.month - start.month


def weeks_in(year: int) -> int:
    """52 or 53: 28 December is always in the last ISO week of its year."""
    return date(year, 12, 28).isocalendar().week
