"""How periods are written: the forms, what each means, and which one a text that is none was meant to be.

Fiscal years and weeks are those of `calendar`; years run from 1900 to 2199.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import TypeAlias, cast

from crm_metrics.errors import NothingToReport, UsageError, nearest
from crm_metrics.periods.calendar import DAY, Calendar, Period, Unit, WeekStart, add_months, shift, weeks_in

FORMS = (
    "Periods: 2025, 2025-H2, 2025-Q1, 2025-03, 2025-W07, 2025-03-04, FY2026, FY2026-Q1, A..B, A.., ..B, last-month, "
    "last-12-months, last-90-days, this-quarter, wtd, mtd, qtd, ytd, fytd, today, yesterday, all."
)
FIRST_YEAR, LAST_YEAR = 1900, 2199
_Rule: TypeAlias = "Callable[[date, date], Period]"  # from as_of and the first day of the data


@dataclass(frozen=True)
class PeriodSpec:
    """A period as written. `needs_clock` is True for words such as `last-month`, which are counted from `as_of`."""

    text: str
    needs_clock: bool
    _rule: _Rule = field(repr=False, compare=False)

    def resolve(self, *, as_of: date, first: date) -> Period:
        """The period itself, whole even when it ends after `as_of`.

        `as_of` and `first` are the last and the first day of the data, both included in `all`; `A..` ends with `as_of`,
        `..B` starts with `first`. `last-month` and its like are the units before the one that `as_of` is in;
        `last-90-days` ends with `as_of`. Raises NothingToReport when that leaves no day.
        """
        period = self._rule(as_of, first)
        if period.start >= period.end:
            if first > as_of:
                raise NothingToReport(
                    f"nothing happened up to {as_of}, the last day that counts",
                    hint="Give a later day with --as-of; 'crm-metrics check' lists dates that may be mistyped.",
                )
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
    return PeriodSpec(written, needs_clock, rule)


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
    match = _ABSOLUTE.fullmatch(text)
    if not match:
        is_yearless = text[:3] in _MONTH_NAMES or re.fullmatch("[qhw][0-9]+", text)
        raise ValueError("name its year as well" if is_yearless else "")
    numbers = {name: int(digits) for name, digits in match.groupdict().items() if digits}
    year = numbers.get("year", numbers.get("fiscal", 0))
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise ValueError(f"years run from {FIRST_YEAR} to {LAST_YEAR}")

    def nth(name: str, last: int, run: str) -> int:
        if not 1 <= numbers.get(name, 1) <= last:
            raise ValueError(run)
        return numbers.get(name, 1)

    half = nth("half", 2, "halves are H1 and H2")
    quarter = nth("quarter", 4, "quarters run from Q1 to Q4")
    part = nth("part", 4, "quarters run from Q1 to Q4")
    month = nth("month", 12, "months run from 01 to 12")
    days = monthrange(year, month)[1]
    day = nth("day", days, f"{year}-{month:02} has {days} days")
    week = nth("week", weeks_in(year), f"the weeks of {year} run from W01 to W{weeks_in(year)}")
    if "fiscal" in numbers:
        # Any month of the named year up to the one before the fiscal year's start is in it.
        start = calendar.unit("fiscal-year", date(year, (calendar.fiscal_year_start + 10) % 12 + 1, 1)).start
        return calendar.unit("fiscal-quarter" if "part" in numbers else "fiscal-year", add_months(start, part * 3 - 3))
    if "week" in numbers:
        return calendar.unit("week", date.fromisocalendar(year, week, 4))
    units: tuple[Unit, ...] = ("day", "month", "quarter", "half")
    unit: Unit = next((unit for unit in units if unit in numbers), "year")
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
    return lambda as_of, first: calendar.between(start or first, end or as_of + DAY)


def _word(text: str, calendar: Calendar) -> tuple[bool, _Rule] | None:
    """Whether the word needs today's date, and the period it means; None when `text` is no word."""
    if text == "all":
        return False, lambda as_of, first: Period(first, as_of + DAY, "all", "all", calendar=calendar)
    if text in ("today", "yesterday"):
        return True, lambda as_of, first: calendar.unit("day", as_of - DAY * (text == "yesterday"))
    if text in _TO_DATE:
        return True, lambda as_of, first: calendar.unit(_TO_DATE[text], as_of)
    if match := _THIS.fullmatch(text):
        this = cast(Unit, match["unit"])
        return True, lambda as_of, first: calendar.unit(this, as_of)
    if not (match := _LAST.fullmatch(text)):
        return None
    unit, count = cast(Unit, match["unit"]), int(match["count"] or 1)
    if count > _CENTURY[unit]:
        raise ValueError("it reaches back more than 100 years")

    def last(as_of: date, first: date) -> Period:
        end = as_of + DAY if unit == "day" else calendar.unit(unit, as_of).start
        return calendar.between(shift(unit, end, -count), end)

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
    others = [token for token in tokens if token.isalpha() and token[:3] not in _MONTH_NAMES]
    letters = "".join(_LETTERS.get(token, token) for token in others)
    years = [token for token in tokens if token.isdigit() and len(token) > 2]
    small = [int(token) for token in tokens if token.isdigit() and len(token) <= 2]
    if letters.startswith("fy") and not years and small:
        years = [f"20{small.pop(0):02}"]
    if not years and (named or letters in ("q", "h", "w")):
        # Without a year: the last one in which it has begun.
        today = date.today()
        for latest in (today.year, today.year - 1):
            meant = _meant_units(f"{text} {latest}", calendar)
            if meant and _absolute(meant[0].lower(), calendar).start <= today:
                return meant
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
        case "", [], [first, second] if tokens[0] == year:
            guesses = [f"{year}-{first:02}-{second:02}"]
        case "", [], [first, second]:
            # 03.04.2025 has the day first; 03/04/2025 may have either.
            guesses = [f"{year}-{second:02}-{first:02}", *([] if "." in text else [f"{year}-{first:02}-{second:02}"])]
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


def last_complete(unit: Unit, as_of: date, *, fiscal_year_start: int = 1, week_start: WeekStart = "monday") -> Period:
    """The last calendar unit that is over at the end of the day `as_of`."""
    calendar = Calendar(fiscal_year_start, week_start)
    return calendar.unit(unit, calendar.unit(unit, as_of + DAY).start - DAY)


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
