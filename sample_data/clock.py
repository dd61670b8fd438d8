"""Calendar helpers: months, working hours and moments that look as if people had made them."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from datetime import datetime, timedelta

import numpy as np
from story import END, START

OPENS, CLOSES = 8, 18


def add_months(moment: datetime, count: int) -> datetime:
    """The same day and time `count` months later, or the month's last day where that day does not exist."""
    index = moment.year * 12 + moment.month - 1 + count
    year, month = index // 12, index % 12 + 1
    return moment.replace(year=year, month=month, day=min(moment.day, monthrange(year, month)[1]))


def months(start: datetime, end: datetime) -> Iterator[datetime]:
    """The first instant of every month from `start` up to, not including, `end`."""
    while start < end:
        yield start
        start = add_months(start, 1)


def growth(month: datetime) -> float:
    """How busy a month is: the company grows slowly, August and December are quiet."""
    elapsed = (month.year - START.year) * 12 + month.month - START.month
    return (0.90 + 0.010 * elapsed) * {8: 0.92, 12: 0.93}.get(month.month, 1.0)


def moments(rng: np.random.Generator, month: datetime, count: int) -> list[datetime]:
    """`count` sorted moments of a month, mostly on working days and in working hours."""
    days = monthrange(month.year, month.month)[1]
    weights = np.array([1.0 if (month + timedelta(days=d)).weekday() < 5 else 0.18 for d in range(days)])
    found = []
    for day in rng.choice(days, size=count, p=weights / weights.sum()):
        hour = rng.integers(OPENS, CLOSES) if rng.random() < 0.86 else rng.integers(0, 24)
        found.append(month + timedelta(days=int(day), hours=int(hour), seconds=int(rng.integers(0, 3600))))
    return sorted(found)


def spread(rng: np.random.Generator, median: float, sigma: float) -> float:
    """A duration with the given median and a long tail, as durations have."""
    return float(median * np.exp(rng.normal(0.0, sigma)))


def pick(rng: np.random.Generator, weights: dict[str, float]) -> str:
    """One of the keys, drawn by its weight."""
    shares = np.array(list(weights.values()))
    return list(weights)[int(rng.choice(len(shares), p=shares / shares.sum()))]


def after_business(moment: datetime, minutes: float) -> datetime:
    """The moment at which `minutes` of working time have gone by since `moment`."""
    left = timedelta(minutes=minutes)
    while True:
        opens, closes = moment.replace(hour=OPENS, minute=0, second=0), moment.replace(hour=CLOSES, minute=0, second=0)
        begins = max(moment, opens)
        if moment.weekday() < 5 and begins < closes:
            if begins + left <= closes:
                return (begins + left).replace(microsecond=0)
            left -= closes - begins
        moment = opens.replace(hour=0) + timedelta(days=1)


def within(moment: datetime) -> bool:
    """Whether a moment lies in the 24 months that are exported."""
    return START <= moment < END
