"""Rows and what is made of them: cells as moments, text and durations; purchases, spells and subscriptions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from fractions import Fraction
from typing import Any

Row = dict[str, Any]
Tables = Mapping[str, list[Row]]


@dataclass(frozen=True)
class Purchase:
    customer: str | None
    at: datetime | None
    amount: Fraction | None
    is_refund: bool
    row: Row


@dataclass(frozen=True)
class Spell:
    customer: str
    start: datetime
    end: datetime | None


@dataclass(frozen=True)
class Recurring:
    """A paid subscription; `mrr` is None where what was paid is not known."""

    customer: str
    start: datetime
    end: datetime | None
    mrr: Fraction | None
    row: Row

    def before(self, edge: datetime) -> bool:
        """Whether it is there just before the edge."""
        return self.start < edge and (self.end is None or self.end >= edge)

    def after(self, edge: datetime) -> bool:
        """Whether it is there just after the edge."""
        return self.start <= edge and (self.end is None or self.end > edge)


@dataclass(frozen=True)
class Movement:
    customer: str
    at: datetime
    kind: str
    size: Fraction | None


def moment(value: date | datetime) -> datetime:
    """A date or an instant as a point in time: a date is its midnight."""
    return value if isinstance(value, datetime) else datetime.combine(value, time())


def day(value: date | datetime) -> date:
    return value.date() if isinstance(value, datetime) else value


def duration(begin: Any, finish: Any, units_per_day: int) -> Fraction | None:
    """Exact between two instants; whole calendar days when either end is a date."""
    if begin is None or finish is None:
        return None
    if isinstance(begin, datetime) and isinstance(finish, datetime):
        return Fraction((finish - begin) // timedelta(microseconds=1), 86_400_000_000) * units_per_day
    return Fraction((day(finish) - day(begin)).days * units_per_day)


def sensible(length: Fraction | None) -> Fraction | None:
    """A negative duration is impossible: it is missing."""
    return None if length is None or length < 0 else length


def clean(value: Any) -> str | None:
    """Text trimmed, inner spaces collapsed; blank is missing."""
    return " ".join(str(value).split()) or None if value is not None else None


def fold(value: Any) -> str | None:
    text = clean(value)
    return None if text is None else text.casefold()


def merged(customer: str, stretches: list[tuple[datetime, datetime | None]]) -> list[Spell]:
    """Overlapping and touching stretches as one spell. One that ends before it starts is of no length."""
    found: list[Spell] = []
    for start, end in sorted(stretches, key=lambda stretch: stretch[0]):
        finish = None if end is None else max(start, end)
        last = found[-1] if found else None
        if last is not None and (last.end is None or start <= last.end):
            longest = None if last.end is None or finish is None else max(last.end, finish)
            found[-1] = Spell(customer, last.start, longest)
        else:
            found.append(Spell(customer, start, finish))
    return found
