"""How a metric may end: the rest of a period put together from the weeks of the past, many times over.

Weeks are drawn in short runs of consecutive ones, so that a good week that is followed by good ones stays so; and from a
past that is itself drawn first, so that a short one is not taken for all there is. Weeks end with as-of: the days of a
week that is cut short are the same weekdays as those that are left.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from crm_metrics.analysis.goals.parts import Kind
from crm_metrics.engine.cells import CODE, Cells, Floats, Ints, Unavailable
from crm_metrics.engine.currencies import Money, split
from crm_metrics.intervals.engine import Engine
from crm_metrics.metrics.metric import Metric

COURSES = 4000
FEWEST_WEEKS = 12
YEAR, TWO_YEARS = 52, 104
_SEED = 20_250_101
_RUN = 4
_CERTAIN = 0.01  # so unlikely must months be alike to be told apart


@dataclass(frozen=True)
class Past:
    """What a part was in each week before as-of, oldest first. `amounts` holds a flow by day (weeks × 7), or the change of
    a stock over each week; `numbers` what a mean divides by; `now` both so far, in the period."""

    kind: Kind
    now: tuple[float, float]
    amounts: Floats
    numbers: Floats

    @property
    def _weekly(self) -> Floats:
        """How much was in each week, NaN where it is not known."""
        return np.abs(self.amounts) if self.amounts.ndim == 1 else np.abs(self.amounts).sum(axis=1)

    @property
    def known_from(self) -> int:
        """The place of the first week after which all are known."""
        unknown = np.flatnonzero(np.isnan(self._weekly))
        return int(unknown[-1]) + 1 if len(unknown) else 0

    @property
    def first_week(self) -> int:
        """The place of the first week in which something was; the number of weeks when nothing ever was."""
        some = np.flatnonzero(np.nan_to_num(self._weekly))
        return int(some[0]) if len(some) else len(self.amounts)

    def last(self, weeks: int) -> Past:
        first = len(self.amounts) - weeks
        return Past(self.kind, self.now, self.amounts[first:], self.numbers[first:])


def enough(weeks: int, days: int) -> bool:
    """Whether so many weeks say something about so many days to come."""
    return weeks >= FEWEST_WEEKS and weeks * 7 >= days


def courses(pasts: Mapping[str, Past], days: int, end: date) -> dict[str, Floats]:
    """What each part may be after the `days` that are left, from `end` (the first of them) on, in `COURSES` equally likely
    courses; the parts of a course come from the same weeks. The same input gives the same courses."""
    weeks = len(next(iter(pasts.values())).amounts)
    seasons = {name: _seasons(past, end, days) for name, past in pasts.items()}
    if weeks > YEAR:  # more than a year is only needed to tell the seasons apart
        pasts, weeks = {name: past.last(YEAR) for name, past in pasts.items()}, YEAR
        seasons = {name: (before[-YEAR:], after) for name, (before, after) in seasons.items()}
    drawn = _drawn(np.random.default_rng(_SEED), weeks, -(-days // 7))
    return {name: _ended(past, drawn, days, *seasons[name]) for name, past in pasts.items()}


def _drawn(random: np.random.Generator, weeks: int, ahead: int) -> Ints:
    """The weeks that make up each course: course × week to come."""
    pool = _runs(random, weeks, weeks)
    return np.take_along_axis(pool, _runs(random, weeks, ahead), axis=1)


def _runs(random: np.random.Generator, weeks: int, ahead: int) -> Ints:
    length = max(1, min(_RUN, weeks // 6))
    starts = random.integers(0, weeks, (COURSES, -(-ahead // length), 1))
    return ((starts + np.arange(length)) % weeks).reshape(COURSES, -1)[:, :ahead]


def _ended(past: Past, drawn: Ints, days: int, before: Floats, after: Floats) -> Floats:
    """The part at the end of each course."""
    amount, number = past.now
    if past.kind is Kind.FIXED:
        return np.full(COURSES, amount)
    if past.kind is Kind.STOCK:
        # Of a week cut short its share of the mean change, and of the spread what a random walk has by then.
        part = days / 7 - days // 7
        changes, mean = past.amounts[drawn], past.amounts.mean()
        if part:
            changes[:, -1] = mean * part + (changes[:, -1] - mean) * np.sqrt(part)
        return amount + changes.sum(axis=1)
    amounts = amount + _added(past.amounts / before[:, None], drawn, days, after)
    if past.kind is Kind.FLOW:
        return amounts
    numbers = number + _added(past.numbers, drawn, days, np.ones(len(after)))
    with np.errstate(all="ignore"):
        return np.where(numbers == 0, np.nan, amounts / numbers)


def _added(by_day: Floats, drawn: Ints, days: int, factors: Floats) -> Floats:
    """What the days that are left add in each course."""
    weeks, rest = divmod(days, 7)
    totals = by_day.sum(axis=1)[drawn[:, :weeks]] @ factors[:weeks]
    return totals + by_day[:, :rest].sum(axis=1)[drawn[:, weeks]] * factors[weeks] if rest else totals


def _seasons(past: Past, end: date, days: int) -> tuple[Floats, Floats]:
    """How much above its mean a flow is by season in each week of the past and in each week to come: by month, where two
    years tell months apart, else 1."""
    weeks, ahead = len(past.amounts), -(-days // 7)
    plain = np.ones(weeks), np.ones(ahead)
    if past.kind is not Kind.FLOW or weeks < TWO_YEARS:
        return plain
    totals = past.amounts[-TWO_YEARS:].sum(axis=1)
    months = np.array([_month(end, week) for week in range(-TWO_YEARS, 0)])
    means = _month_means(totals, months)
    if means is None:
        return plain
    before = np.ones(weeks)
    before[-TWO_YEARS:] = means[months]
    return before, means[np.array([_month(end, week) for week in range(ahead)])]


def _month(end: date, week: int) -> int:
    """The month (from 0) of the middle of a week, counted from `end`."""
    return (end + timedelta(days=week * 7 + 3)).month - 1


def _month_means(totals: Floats, months: Sequence[int] | Ints) -> Floats | None:
    """Each month's mean by the mean of all; None where months do not differ by more than chance, or one has next to
    nothing."""
    from scipy.stats import kruskal

    groups = [totals[np.asarray(months) == month] for month in range(12)]
    if np.ptp(totals) == 0 or kruskal(*groups).pvalue > _CERTAIN:
        return None
    means = np.array([group.mean() for group in groups]) / totals.mean()
    return means if means.min() > 0.05 else None


WEEK = 7


@dataclass(frozen=True)
class Grid:
    """Engines over the same dataset and dimensions: `periods` of the goals, and of the past `days` and `weeks` (one more,
    the first) up to as-of, oldest first."""

    periods: Engine
    days: Engine
    weeks: Engine

    @property
    def length(self) -> int:
        """How many weeks of the past there are."""
        return len(self.days.windows) // WEEK


def money(engine: Engine, metric: Metric) -> list[Money] | Unavailable:
    """The metric's cells, in as many parts as they need currencies."""
    cells = engine.cells(metric.name)
    return cells if isinstance(cells, Unavailable) else split(engine, metric, cells)


def pasts(
    grid: Grid, kinds: Mapping[str, Kind], window: int, segment: Mapping[str, str], currency: str | None
) -> dict[str, Past] | None:
    """Each part so far, in the goal's window, and in the weeks since the first record of any of them; None where the data
    does not say it for all of that time, or in another currency."""
    by_name = {name: _past(grid, name, kind, window, segment, currency) for name, kind in kinds.items()}
    usable = {name: past for name, past in by_name.items() if past is not None}
    if len(usable) < len(by_name):
        return None
    since = min((past.first_week for past in usable.values() if past.kind is not Kind.FIXED), default=0)
    if since:  # what began within the data began within a week
        since = min(since + 1, grid.length)
    since = max(since, *(past.known_from for past in usable.values()))
    return {name: past.last(grid.length - since) for name, past in usable.items()}


def _past(
    grid: Grid, name: str, kind: Kind, window: int, segment: Mapping[str, str], currency: str | None
) -> Past | None:
    now = _series(grid.periods, name, segment, currency)
    if now is None:
        return None
    amount, number = (float(values[window]) for values in now)
    if np.isnan(amount):
        return None
    so_far = (amount * number if kind is Kind.MEAN else amount, number)
    if kind is Kind.FIXED:
        return Past(kind, so_far, np.zeros(grid.length), np.zeros(grid.length))
    before = _series(grid.weeks if kind is Kind.STOCK else grid.days, name, segment, currency)
    if before is None:
        return None
    amounts, numbers = before
    if kind is Kind.STOCK:
        return Past(kind, so_far, np.diff(amounts), numbers[1:])
    if kind is Kind.MEAN:
        amounts = amounts * numbers
    amounts, numbers = amounts.reshape(grid.length, WEEK), numbers.reshape(grid.length, WEEK)
    return Past(kind, so_far, amounts, numbers)


def _series(
    engine: Engine, name: str, segment: Mapping[str, str], currency: str | None
) -> tuple[Floats, Floats] | None:
    """A part in each window: its value (NaN: not known) and how many records it rests on."""
    metric = engine.catalog[name]
    parts = money(engine, metric)
    place = None if isinstance(parts, Unavailable) else engine.segments(parts[0].cells.dims).place(segment)
    if isinstance(parts, Unavailable) or place is None:
        return None
    value, n = np.zeros(len(engine.windows)), np.zeros(len(engine.windows))
    for part in parts:
        some = part.cells.n[:, place] > 0
        here = part.shown[:, place] & (some | (len(parts) == 1))
        if len(parts) > 1 and (part.currency[here, place] != currency).any():
            return None
        value = np.where(here, _values(metric, part.cells, place), value)
        n = np.where(here, part.cells.n[:, place], n)
    return value, n


def _values(metric: Metric, cells: Cells, place: int) -> Floats:
    """A part's value in each window, 0 where there is nothing to add up, NaN where it is not known."""
    nothing = ["no-rows", "missing-values"] if metric.aggregate == "mean" else ["missing-values"]
    if metric.requires:
        nothing = []
    return np.where(np.isin(cells.reason[:, place], [CODE[reason] for reason in nothing]), 0.0, cells.value[:, place])
