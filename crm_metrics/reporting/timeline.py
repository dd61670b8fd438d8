"""When a report looks: the period it is about, the first day of the data, and the windows to compute."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from crm_metrics import periods, schema
from crm_metrics.analysis import goals
from crm_metrics.engine.windows import Scope, Window
from crm_metrics.errors import NothingToReport
from crm_metrics.periods import Period, PeriodSpec
from crm_metrics.tables import Dataset
from crm_metrics.tables.frames import DAY, moments

if TYPE_CHECKING:
    from crm_metrics.intervals.engine import Engine
    from crm_metrics.metrics.metric import Metric

_FEW = 3  # records make no month of their own
PAST = 12  # so many periods tell how much they differ by themselves, and have a bar each


@dataclass(frozen=True)
class Shown:
    """One period of the report: the period as named, whether it is complete, the place of its window, and the earlier
    period it is compared with, with the place of that one's window, and of the same as it stood at the age of this one.
    `alike_window` is the place of the period as it stood at the age of the newest of several that are to be compared."""

    period: Period
    complete: bool
    window: int
    earlier: Period | None = None
    earlier_window: int | None = None
    aged_window: int | None = None
    alike_window: int | None = None


def reported(dataset: Dataset, asked: PeriodSpec | None) -> Period:
    """The period of the report: the one asked for, else the last complete month, else everything."""
    first = first_day(dataset)
    if asked is not None:
        return asked.resolve(as_of=dataset.as_of, first=first or dataset.as_of)
    last = periods.last_complete("month", _ended(dataset))
    if first is not None and last.end > first:
        return last
    return periods.parse("all").resolve(as_of=dataset.as_of, first=first or dataset.as_of)  # less than a month of data


def _ended(dataset: Dataset) -> date:
    """As-of; where tables end before its month and only a few records of others lie behind them, such as a late answer to a
    survey, the last day of these tables."""
    last = periods.last_complete("month", dataset.as_of)
    ended = max(
        (table.complete for table in dataset.coverage.values() if table.complete < last.end - timedelta(1)),
        default=None,
    )
    if ended is None or dataset.settings.as_of is not None:
        return dataset.as_of
    later = 0
    for name, table in dataset.tables.items():
        if not schema.is_derived(name) and (placed_by := schema.TABLES[name].placed_by):
            later += int((moments(table.frame, placed_by) >= np.datetime64(ended) + DAY).sum())
    return ended if later <= _FEW else dataset.as_of


def first_day(dataset: Dataset) -> date | None:
    """The first day on which something happened; None when no table has dates."""
    return min((covered.oldest for covered in dataset.coverage.values()), default=None)


def ripe(
    engine: Engine, metrics: Iterable[Metric], period: Period, places: Sequence[int]
) -> dict[str, tuple[str, float]]:
    """For each metric of which a period is too young to tell, the newest one before it that is old enough, and its value
    there. `places` are those of the period's `Timeline.trailing`."""
    from crm_metrics.engine.cells import CODE, Cells

    newest = {}
    for metric in metrics if places else ():
        cells = engine.cells(metric.name) if metric.immature else None
        if not isinstance(cells, Cells) or cells.value.shape[1] != 1:
            continue
        partial, reason = cells.partial[:, 0], cells.reason[:, 0]
        if partial[places[-1]] or reason[places[-1]] == CODE["immature-cohort"]:
            old = [at for at, place in enumerate(places) if reason[place] == 0 and not partial[place]]
            if old:
                label = periods.trailing(period, len(places))[old[-1]].label
                newest[metric.name] = label, float(cells.value[places[old[-1]], 0])
    return newest


class Timeline:
    """The windows to compute: each distinct period once. `notes` say which goals cannot be used."""

    def __init__(self, dataset: Dataset) -> None:
        self.dataset = dataset
        self.windows: list[Window] = []
        self.notes: list[str] = []
        self._targets = goals.targets(dataset.settings)
        self._places: dict[tuple[object, ...], int] = {}
        self._earlier: dict[date, Window] = {}

    def place(self, period: Period) -> int:
        """Where the period's window stands; a period to date ends with as-of, for a table that ends earlier with that."""
        return self._place(period, period.until, is_compared=False)

    def before(self, period: Period) -> int:
        """The same for a period that is only there to be compared with, as a bar is."""
        return self._place(period, period.until, is_compared=True)

    def trailing(self, period: Period) -> list[int]:
        """Where the windows of the twelve periods up to this one stand, the oldest first; none for a range and `all`."""
        earlier = [self.before(part) for part in periods.trailing(period, PAST)[:-1]]
        return [*earlier, self.place(period)] if earlier else []

    def shown(self, period: Period, compare: str | PeriodSpec, *, aged: bool = True) -> Shown:
        """The period as the report shows it, with what it is compared with; the windows of both have a place. `aged` is
        whether any figure follows records to what became of them."""
        as_of = self.dataset.as_of
        other = compare if isinstance(compare, str) else reported(self.dataset, compare)
        earlier = periods.comparison(period, other, as_of=as_of)

        def elapsed(day: date) -> Period | None:
            """The part of the earlier period that is as long as what a table that ends with this day knows of the period."""
            same = periods.comparison(period, other, as_of=day)
            return None if same is None else same.until(day)

        if earlier is None:
            return Shown(period, period.is_complete(as_of), self.place(period))
        place = self._place(earlier, elapsed, is_compared=True)
        then = self._at_age(earlier, elapsed, period) if aged else None
        now = self.place(period)
        past = tuple(map(self._past, periods.trailing(period, PAST + 1)[:-1]))
        self.windows[now] = replace(self.windows[now], past=past)
        return Shown(period, period.is_complete(as_of), now, earlier, place, then)

    def _past(self, period: Period) -> Window:
        if period.start not in self._earlier:
            window = self._window(period, period.until(self.dataset.as_of))
            self._earlier[period.start] = replace(window, is_compared=True)
        return self._earlier[period.start]

    def aged(self, period: Period, like: Period) -> int:
        """Where the window of a period stands as it was at the age that another one has."""
        return self._at_age(period, period.until, like)

    def against(self, shown: Shown) -> Window | None:
        """What a period is compared with, at the same age for figures that follow records; None for nothing."""
        if shown.aged_window is None:
            return None
        window = self.windows[shown.aged_window]
        cuts = {name: replace(cut, only_followed=False) for name, cut in window.cuts.items()}
        return replace(window, cuts=cuts, only_followed=False)

    def _at_age(self, period: Period, until: Callable[[date], Period | None], like: Period) -> int:
        """Where a window stands as it was as many days after its end as is known after the end of another; after its start
        where that one is not over."""
        then = {}
        for name, covered in self.dataset.coverage.items():
            over = covered.known_until >= like.end - timedelta(days=1)
            back = like.end - period.end if over else like.start - period.start
            then[name] = self.dataset.behind(covered.known_until - min(back, covered.known_until - date.min))
        plain = self.windows[self._place(period, until, is_compared=True)]
        key = ("then", plain.start, plain.end, *sorted(then.items()))
        if key not in self._places:
            self._places[key] = len(self.windows)
            cuts = {name: replace(cut, then=then, only_followed=True) for name, cut in plain.cuts.items()}
            self.windows.append(replace(plain, cuts=cuts, then=then, only_followed=True))
        return self._places[key]

    def _place(self, period: Period, until: Callable[[date], Period | None], *, is_compared: bool) -> int:
        """Where a window stands; `until` gives the part of its period that is known when the data ends with a day. One that
        is only compared with is another only where a table begins in it."""
        cut = period.until(self.dataset.as_of)
        coverage = self.dataset.coverage
        days = {name: span.known_until if period.unit == "all" else span.complete for name, span in coverage.items()}
        cuts = {name: part for name, day in days.items() if (part := until(day)) and part.end < cut.end}
        is_compared = is_compared and any(cut.start < covered.first < cut.end for covered in coverage.values())
        edges = tuple(sorted((name, part.end) for name, part in cuts.items()))
        key = (cut.start, cut.end, period.end, period.unit if period.unit == "all" else "", is_compared, edges)
        if key not in self._places:
            self._places[key] = len(self.windows)
            window = replace(self._window(period, cut), is_compared=is_compared)
            own = {name: replace(self._window(period, part), is_compared=is_compared) for name, part in cuts.items()}
            self.windows.append(replace(window, cuts=own))
        return self._places[key]

    def _window(self, period: Period, cut: Period) -> Window:
        shifted = {}
        if self.lag is not None:
            days = [day - min(timedelta(days=self.lag), day - date.min) for day in (cut.start, cut.end)]
            starts = [self.dataset.start(day) for day in days]
            shifted["cac_lag_days"] = (starts[0], starts[1])
        if before := period.previous():
            shifted["period"] = (self.dataset.start(before.start), self.dataset.start(before.end))
        scoped = {("goal_revenue_won", scope): target for scope, target in self._targets_in(period)}
        return Window(
            self.dataset.start(cut.start),
            self.dataset.start(cut.end),
            cut.months,
            period.unit == "all",
            {name: target for (name, scope), target in scoped.items() if not scope},
            scoped,
            shifted,
            self.dataset.start(period.end),
        )

    def compared(self, period: Period, compare: str | PeriodSpec) -> tuple[Period, Window, Window]:
        """The period that this one is compared with, the window of that one and the window of this one. Raises
        `NothingToReport` for a period with nothing before it."""
        shown = self.shown(period, compare)
        before = self.against(shown)
        if shown.earlier is None or before is None:
            subject = "all of the data" if period.unit == "all" else period.label
            hint = "Choose a period with -p; less than a month of data is taken as a whole."
            raise NothingToReport(f"{subject} has no earlier period to compare with", hint=hint)
        return shown.earlier, before, self.windows[shown.window]

    def _targets_in(self, period: Period) -> Iterator[tuple[Scope, float]]:
        """The goals for revenue_won in exactly this period, each with its scope; those in another currency than the deals
        are noted instead."""
        for target in self._targets:
            if target.goal.metric == "revenue_won" and target.is_for(period):
                if problem := goals.unlike_deals(self.dataset, target):
                    self.notes.append(goals.not_compared(target, problem))
                else:
                    yield frozenset(target.scope), target.target

    @cached_property
    def lag(self) -> int | None:
        """By how many days spend is moved back; None where neither the settings nor the deals tell."""
        usual = self.dataset.constants.get("median_cycle_days")
        stated = self.dataset.settings.cac_lag_days
        return stated if stated is not None or usual is None else int(usual + 0.5)


def asked_windows(
    dataset: Dataset, period: PeriodSpec | None, compare: str | PeriodSpec
) -> tuple[Shown, Window, Window | None]:
    """The period that is asked for (the last complete month where none is) with what it is compared with, and the windows
    of both; None where there is nothing to compare with."""
    timeline = Timeline(dataset)
    shown = timeline.shown(reported(dataset, period), compare)
    before = None if shown.earlier_window is None else timeline.windows[shown.earlier_window]
    return shown, timeline.windows[shown.window], before
