"""Periods that go with a period: the last complete one, the one it is compared with, those that lead up to it."""

from __future__ import annotations

from datetime import date

from crm_metrics.errors import UsageError
from crm_metrics.periods.calendar import DAY, Calendar, Period, Unit, WeekStart
from crm_metrics.periods.written import FORMS


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
