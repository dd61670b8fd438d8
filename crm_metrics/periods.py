"""Periods: how they are written, and calendar arithmetic on them.

A period is [start, end): its end is the first day after it.
Nothing here reads a clock: `as_of` is the last day that the data knows, and that day counts as over.
Weeks are ISO weeks; with `week_start="sunday"` week N runs from the day before the ISO week's Monday to its Saturday.
A fiscal year is named by the calendar year it ends in: with `fiscal_year_start=4`, FY2026 is April 2025 to March 2026.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Literal, TypeAlias, cast

from crm_metrics.errors import NothingToReport, UsageError, nearest

Unit = Literal["day", "week", "month", "quarter", "half", "year", "fiscal-quarter", "fiscal-year", "range", "all"]
Grain = Literal["day", "week", "month", "quarter", "year"]
WeekStart = Literal["monday", "sunday"]

FORMS = (
    "Periods: 2025, 2025-H2, 2025-Q1, 2025-03, 2025-W07, 2025-03-04, FY2026, FY2026-Q1, A..B, A.., ..B, last-month, "
    "last-12-months, last-90-days, this-quarter, wtd, mtd, qtd, ytd, fytd, today, yesterday, all."
)
FIRST_YEAR, LAST_YEAR = 1900, 2199
_DAY = timedelta(days=1)
_DAYS_PER_MONTH = 30.4375
_UNIT_MONTHS = {"month": 1, "quarter": 3, "half": 6, "year": 12, "fiscal-quarter": 3, "fiscal-year": 12}
_Rule: TypeAlias = "Callable[[date, date], Period]"  # from as_of and the first day of the data
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
            start = day - _DAY * ((day.weekday() + (self.week_start == "sunday")) % 7)
        else:
            months = day.year * 12 + day.month - 1
            first = months - (months - self._offset(unit)) % _UNIT_MONTHS[unit]
            start = date(first // 12, first % 12 + 1, 1)
        return Period(start, _shift(unit, start, 1), self._label(unit, start), unit, calendar=self)

    def between(self, start: date, end: date) -> Period:
        """[start, end) as the calendar unit that it is exactly, else as a range named by its first and last day."""
        for unit in _CANONICAL:
            whole = self.unit(unit, start)
            if (whole.start, whole.end) == (start, end):
                return whole
        return Period(start, end, f"{start}..{end - _DAY}", "range", calendar=self)

    def _offset(self, unit: Unit) -> int:
        return self.fiscal_year_start - 1 if unit.startswith("fiscal") else 0

    def _label(self, unit: Unit, start: date) -> str:
        if unit == "day":
            return start.isoformat()
        if unit == "week":
            iso = (start + _DAY * (self.week_start == "sunday")).isocalendar()
            return f"{iso.year}-W{iso.week:02}"
        if unit == "month":
            return f"{start.year}-{start.month:02}"
        # The month's place in its (fiscal) year; the year is named by the month it ends with.
        place = (start.month - 1 - self._offset(unit)) % 12
        year = (start.year * 12 + start.month - 1 - place + 11) // 12
        names = {
            "quarter": f"-Q{place // 3 + 1}",
            "fiscal-quarter": f"-Q{place // 3 + 1}",
            "half": f"-H{place // 6 + 1}",
        }
        return f"{'FY' if unit.startswith('fiscal') else ''}{year}{names.get(unit, '')}"


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
        return (self.end - self.start).days / _DAYS_PER_MONTH

    def is_complete(self, as_of: date) -> bool:
        """Whether the last day of the period is over at the end of the day `as_of`."""
        return self.end <= as_of + _DAY

    def until(self, as_of: date) -> Period:
        """The part up to and including `as_of`, a range; unchanged when complete; without days when it begins later."""
        if self.is_complete(as_of):
            return self
        if self.start > as_of:
            return replace(self, end=self.start)
        return replace(self, end=as_of + _DAY, label=f"{self.start}..{as_of}", unit="range")

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
        length = {"day": _DAY, "week": 7 * _DAY}.get(self.unit, self.end - self.start)
        return self._back(count * length)

    def year_ago(self) -> Period | None:
        """The same calendar unit a year earlier: of 29 February the 28th, of week 53 the year's last week.

        Of a range and of a cut unit, both ends a calendar year earlier; a day that ends its month still does.
        None for `all`, and without days.
        """
        if self.unit == "all" or self.start >= self.end:
            return None
        if self.unit == "day":
            leap_day = (self.start.month, self.start.day) == (2, 29)
            return self._back(
                self.start - self.start.replace(self.start.year - 1, day=28 if leap_day else self.start.day)
            )
        if self.unit == "week":
            # The fourth day is in the ISO week whichever day the week starts on.
            fourth = self.calendar.unit("week", self.start).start + 3 * _DAY
            iso = fourth.isocalendar()
            week = min(iso.week, _weeks_in(iso.year - 1))
            return self._back(fourth - date.fromisocalendar(iso.year - 1, week, fourth.isoweekday()))
        return self._months_back(12)

    def _back(self, by: timedelta) -> Period:
        return self._moved(self.start - by, self.end - by)

    def _months_back(self, months: int) -> Period:
        return self._moved(_add_months(self.start, -months), _add_months(self.end - _DAY, -months) + _DAY)

    def _moved(self, start: date, end: date) -> Period:
        if self.unit == "range":
            return self.calendar.between(start, end)
        return replace(self.calendar.unit(self.unit, start), start=start, end=end)

    def split(
        self, grain: Grain, *, fiscal_year_start: int | None = None, week_start: WeekStart | None = None
    ) -> list[Period]:
        """The calendar units that touch the period, oldest first, cut to it at both ends; together they are the period.

        Quarters and years are fiscal in a fiscal period, or when `fiscal_year_start` is given and not 1. Weeks start as
        in the period's own calendar unless `week_start` says otherwise.
        """
        unit: Unit = grain
        calendar = self.calendar
        fiscal = self.unit.startswith("fiscal")
        if not fiscal and fiscal_year_start is not None:
            calendar = replace(calendar, fiscal_year_start=fiscal_year_start)
            fiscal = fiscal_year_start != 1
        if fiscal and grain in ("quarter", "year"):
            unit = "fiscal-quarter" if grain == "quarter" else "fiscal-year"
        if week_start is not None:
            calendar = replace(calendar, week_start=week_start)
        parts = []
        day = self.start
        while day < self.end:
            whole = calendar.unit(unit, day)
            parts.append(replace(whole, start=day, end=min(whole.end, self.end)))
            day = whole.end
        return parts


def last_complete(unit: Unit, as_of: date, *, fiscal_year_start: int = 1, week_start: WeekStart = "monday") -> Period:
    """The last calendar unit that is over at the end of the day `as_of`."""
    calendar = Calendar(fiscal_year_start, week_start)
    return calendar.unit(unit, calendar.unit(unit, as_of + _DAY).start - _DAY)


def comparison(period: Period, kind: Period | str, *, as_of: date) -> Period | None:
    """What `period` is compared with: `previous`, `year-ago`, `none`, or a period of the user's choice.

    A complete period compares with a whole one; one to date with as many days from the earlier one's start as have
    passed of its own, never beyond the earlier one's end. None for `all`, and for a period that has not begun.
    """
    if period.unit == "all" or kind == "none" or period.start > as_of:
        return None
    if isinstance(kind, Period):
        earlier: Period | None = kind.until(as_of)
    elif kind in ("previous", "year-ago"):
        earlier = period.previous() if kind == "previous" else period.year_ago()
    else:
        raise UsageError(f"Cannot compare with '{kind}'", hint=f"Known: previous, year-ago, none, or a period. {FORMS}")
    if earlier is None or earlier.start >= earlier.end:
        return None
    return earlier if period.is_complete(as_of) else earlier.until(earlier.start + (as_of - period.start))


def trailing(period: Period, count: int) -> list[Period]:
    """The last `count` periods of the same unit, oldest first, ending with `period`; none for a range and for `all`."""
    if period.unit in ("range", "all"):
        return []
    earlier = (period.previous(back) for back in range(count - 1, 0, -1))
    return [*filter(None, earlier), period][-count:] if count > 0 else []


def _shift(unit: Unit, start: date, count: int) -> date:
    """The start of the unit `count` units after the one that starts at `start`."""
    if unit in ("day", "week"):
        return start + _DAY * count * (7 if unit == "week" else 1)
    return _add_months(start, _UNIT_MONTHS[unit] * count)


def _add_months(day: date, months: int) -> date:
    """The same day of the month, at most its last; the last day of a month stays the last."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = monthrange(year, month + 1)[1]
    ends_month = day.day == monthrange(day.year, day.month)[1]
    return date(year, month + 1, last if ends_month else min(day.day, last))


def _whole_months(start: date, end: date) -> int:
    return (end.year - start.year) * 12 + end.month - start.month


def _weeks_in(year: int) -> int:
    """52 or 53: 28 December is always in the last ISO week of its year."""
    return date(year, 12, 28).isocalendar().week


@dataclass(frozen=True)
class PeriodSpec:
    """A period as written. `needs_clock` is True for words such as `last-month`, which are counted from `as_of`."""

    text: str
    needs_clock: bool
    calendar: Calendar = field(repr=False)
    _rule: _Rule = field(repr=False, compare=False)

    def resolve(self, *, as_of: date, first: date) -> Period:
        """The period itself, whole even when it ends after `as_of`.

        `as_of` and `first` are the last and the first day of the data, both included in `all`; `A..` ends with `as_of`,
        `..B` starts with `first`. `last-month` and its like are the units before the one that `as_of` is in;
        `last-90-days` ends with `as_of`. Raises NothingToReport when that leaves no day.
        """
        period = self._rule(as_of, first)
        if period.start >= period.end:
            raise NothingToReport(
                f"The period {self.text} holds no day of the data, which runs from {first} to {as_of}",
                hint="Choose a period in between, or: -p all",
            )
        return period


def parse(text: str, *, fiscal_year_start: int = 1, week_start: WeekStart = "monday") -> PeriodSpec:
    """The period that `text` writes; case and surrounding blanks do not matter.

    Raises UsageError, naming the nearest valid form.
    """
    calendar = Calendar(fiscal_year_start, week_start)
    written = text.strip()
    plain = written.lower()
    try:
        needs_clock, rule = _word(plain, calendar) or (False, _absolute_or_range(plain, calendar))
    except ValueError as refused:
        reason = f": {refused}" if str(refused) else ""
        meant = " or ".join(_meant(plain, calendar))
        hint = f"Did you mean {meant}? {FORMS}" if meant else FORMS
        raise UsageError(f"'{written}' is not a period{reason}", hint=hint) from None
    return PeriodSpec(written, needs_clock, calendar, rule)


_ABSOLUTE = re.compile(
    r"(?P<year>\d{4})(-h(?P<half>\d)|-q(?P<quarter>\d)|-w(?P<week>\d\d)|-(?P<month>\d\d)(-(?P<day>\d\d))?)?"
    r"|fy(?P<fiscal>\d{4})(-q(?P<part>\d))?",
    re.ASCII,
)
_THIS = re.compile(r"this-(?P<unit>week|month|quarter|year)")
_LAST = re.compile(
    r"last-(?=\d|[^d])((?P<count>[1-9]\d{0,4})-)?(?P<unit>day|week|month|quarter|year)(?(count)s?)", re.ASCII
)
_CENTURY = {"day": 36525, "week": 5218, "month": 1200, "quarter": 400, "year": 100}
_TO_DATE: dict[str, Unit] = {"wtd": "week", "mtd": "month", "qtd": "quarter", "ytd": "year", "fytd": "fiscal-year"}


def _absolute(text: str, calendar: Calendar) -> Period:
    """The unit that `text` names; ValueError with the reason, empty when `text` is not of that form."""
    found = _ABSOLUTE.fullmatch(text)
    if not found:
        raise ValueError(
            "name its year as well" if text[:3] in _MONTH_NAMES or re.fullmatch("[qhw][0-9]+", text) else ""
        )
    given = {name: int(digits) for name, digits in found.groupdict().items() if digits}
    year = given.get("year", given.get("fiscal", 0))
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise ValueError(f"years run from {FIRST_YEAR} to {LAST_YEAR}")

    def nth(name: str, last: int, run: str) -> int:
        if not 1 <= given.get(name, 1) <= last:
            raise ValueError(run)
        return given.get(name, 1)

    half = nth("half", 2, "halves are H1 and H2")
    quarter = nth("quarter", 4, "quarters run from Q1 to Q4")
    part = nth("part", 4, "quarters run from Q1 to Q4")
    month = nth("month", 12, "months run from 01 to 12")
    days = monthrange(year, month)[1]
    day = nth("day", days, f"{year}-{month:02} has {days} days")
    week = nth("week", _weeks_in(year), f"the weeks of {year} run from W01 to W{_weeks_in(year)}")
    if "fiscal" in given:
        # Any month of the named year up to the one before the fiscal year's start is in it.
        start = calendar.unit("fiscal-year", date(year, (calendar.fiscal_year_start + 10) % 12 + 1, 1)).start
        return calendar.unit("fiscal-quarter" if "part" in given else "fiscal-year", _add_months(start, part * 3 - 3))
    if "week" in given:
        return calendar.unit("week", date.fromisocalendar(year, week, 4))
    units: tuple[Unit, ...] = ("day", "month", "quarter", "half")
    unit: Unit = next((unit for unit in units if unit in given), "year")
    return calendar.unit(unit, date(year, month + (quarter - 1) * 3 + (half - 1) * 6, day))


def _absolute_or_range(text: str, calendar: Calendar) -> _Rule:
    if ".." not in text or text == "..":
        period = _absolute(text, calendar)
        return lambda as_of, first: period
    left, right = (end.strip() for end in text.split("..", 1))
    start = _absolute(left, calendar).start if left else None
    end = _absolute(right, calendar).end if right else None
    if start and end and start >= end:
        raise ValueError("it ends before it starts")
    return lambda as_of, first: calendar.between(start or first, end or as_of + _DAY)


def _word(text: str, calendar: Calendar) -> tuple[bool, _Rule] | None:
    """Whether the word needs today's date, and the period it means; None when `text` is no word."""
    if text == "all":
        return False, lambda as_of, first: Period(first, as_of + _DAY, "all", "all", calendar=calendar)
    if text in ("today", "yesterday"):
        return True, lambda as_of, first: calendar.unit("day", as_of - _DAY * (text == "yesterday"))
    if text in _TO_DATE:
        return True, lambda as_of, first: calendar.unit(_TO_DATE[text], as_of)
    if found := _THIS.fullmatch(text):
        this = cast(Unit, found["unit"])
        return True, lambda as_of, first: calendar.unit(this, as_of)
    if not (found := _LAST.fullmatch(text)):
        return None
    unit, count = cast(Unit, found["unit"]), int(found["count"] or 1)
    if count > _CENTURY[unit]:
        raise ValueError("it reaches back more than 100 years")

    def last(as_of: date, first: date) -> Period:
        end = as_of + _DAY if unit == "day" else calendar.unit(unit, as_of).start
        return calendar.between(_shift(unit, end, -count), end)

    return True, last


# What follows only advises, in an error: text like this is never resolved.
_KNOWN_WORDS = (
    *("last-month", "last-week", "last-quarter", "last-year", "last-12-months", "last-90-days"),
    *("this-month", "this-week", "this-quarter", "this-year", *_TO_DATE, "today", "yesterday", "all"),
)
_MONTH_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_LETTERS = {"week": "w", "kw": "w", "quarter": "q"}
_RANGE_MARKS = (r"\.{2,}|…", r"\s+(?:to|until|till|through|-)\s+", r"[–—:/]")


def _meant(text: str, calendar: Calendar) -> list[str]:
    """The valid forms that `text` may stand for; two where day and month cannot be told apart."""
    if units := _meant_units(text, calendar):
        return units
    for mark in _RANGE_MARKS:
        ends = [_meant_units(end, calendar) for end in re.split(mark, text)]
        if len(ends) == 2 and all(len(end) == 1 for end in ends):
            left, right = (_absolute(end.lower(), calendar) for (end,) in ends)
            forward = 1 if left.start < right.end else -1
            return ["..".join(end for (end,) in ends[::forward])]
    slug = re.sub(r"[\s_-]+", "-", text)
    slug = re.sub(r"^(past|previous|prev)-", "last-", re.sub(r"^current-", "this-", slug))
    slug = re.sub(r"^([wmqy])[a-z]+-to-date$", r"\1td", slug)
    try:
        close = slug if _word(slug, calendar) else nearest(slug, _KNOWN_WORDS)
    except ValueError:
        close = None
    return [close] if close else []


def _meant_units(text: str, calendar: Calendar) -> list[str]:
    """The units whose year, month, day, quarter, half or week `text` gives in another order or with other marks."""
    text = re.sub(r"(?<=\d)[t ]+\d\d?:\d\d.*", "", text)
    text = re.sub(r"^(\d{4})(\d\d)(\d\d)?$", r"\1 \2 \3", text.strip())
    tokens = re.findall(r"[0-9]+|[a-z]+", text)
    named = [_MONTH_NAMES.index(token[:3]) + 1 for token in tokens if token[:3] in _MONTH_NAMES]
    letters = "".join(
        _LETTERS.get(token, token) for token in tokens if token.isalpha() and token[:3] not in _MONTH_NAMES
    )
    years = [token for token in tokens if token.isdigit() and len(token) > 2]
    small = [int(token) for token in tokens if token.isdigit() and len(token) <= 2]
    if letters.startswith("fy") and not years and small:
        years = [f"20{small.pop(0):02}"]
    if len(years) != 1:
        return []
    year = years[0]
    guesses: list[str] = []
    match letters, named, small:
        case "", [], []:
            guesses = [year]
        case ("", [month], []) | ("", [], [month]):
            guesses = [f"{year}-{month:02}"]
        case "", [month], [day]:
            guesses = [f"{year}-{month:02}-{day:02}"]
        case "", [], [one, two] if tokens[0] == year:
            guesses = [f"{year}-{one:02}-{two:02}"]
        case "", [], [one, two]:
            # 03.04.2025 has the day first; 03/04/2025 may have either.
            guesses = [f"{year}-{two:02}-{one:02}", *([] if "." in text else [f"{year}-{one:02}-{two:02}"])]
        case (("q" | "h"), [], [number]):
            guesses = [f"{year}-{letters.upper()}{number}"]
        case "w", [], [number]:
            guesses = [f"{year}-W{number:02}"]
        case "fy", [], []:
            guesses = [f"FY{year}"]
        case (("fyq" | "qfy"), [], [number]):
            guesses = [f"FY{year}-Q{number}"]
    return [guess for guess in dict.fromkeys(guesses) if _is_absolute(guess.lower(), calendar)]


def _is_absolute(text: str, calendar: Calendar) -> bool:
    try:
        _absolute(text, calendar)
    except ValueError:
        return False
    return True
