"""When a report looks: the period it is about, the first day of the data, and the windows to compute."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from crm_metrics import periods, schema
from crm_metrics.analysis import goals
from crm_metrics.assembly import Shown
from crm_metrics.engine.windows import Scope, Window
from crm_metrics.errors import NothingToReport
from crm_metrics.periods import Period, PeriodSpec
from crm_metrics.tables import Dataset


def reported(dataset: Dataset, asked: PeriodSpec | None) -> Period:
    """The period of the report: the one asked for, else the last complete month, else everything."""
    first = first_day(dataset)
    if asked is not None:
        return asked.resolve(as_of=dataset.as_of, first=first or dataset.as_of)
    if first is None:
        return periods.parse("all").resolve(as_of=dataset.as_of, first=dataset.as_of)
    last = periods.last_complete("month", dataset.as_of)
    if last.end <= first:  # less than a month of data
        return periods.parse("all").resolve(as_of=dataset.as_of, first=first)
    return last


def first_day(dataset: Dataset) -> date | None:
    """The first day on which something happened; None when no table has dates."""
    first = np.datetime64("NaT", "us")
    for table in dataset.tables.values():
        if schema.is_derived(table.name):
            continue
        for name in schema.TABLES[table.name].moments:
            if table.has(name):
                first = np.fmin.reduce(table.frame[name].to_numpy(), initial=first)  # passes over missing ones
    return None if np.isnat(first) else first.astype("datetime64[D]").item()


class Timeline:
    """The windows to compute: each distinct period once. `notes` say which goals cannot be used."""

    def __init__(self, dataset: Dataset) -> None:
        self.dataset = dataset
        self.windows: list[Window] = []
        self.notes: list[str] = []
        self._targets = goals.targets(dataset.settings)
        self._places: dict[tuple[date, date, date, str], int] = {}

    def place(self, period: Period) -> int:
        """Where the period's window stands; the window of a period to date ends with as-of."""
        cut = period.until(self.dataset.as_of)
        key = (cut.start, cut.end, period.end, period.unit if period.unit == "all" else "")
        if key not in self._places:
            self._places[key] = len(self.windows)
            lag = self._lag()
            shifted = {}
            if lag is not None:
                days = [day - min(timedelta(days=lag), day - date.min) for day in (cut.start, cut.end)]
                starts = [self._instant(day) for day in days]
                shifted["cac_lag_days"] = (starts[0], starts[1])
            scoped = {("goal_revenue_won", scope): target for scope, target in self._targets_in(period)}
            window = Window(
                self._instant(cut.start),
                self._instant(cut.end),
                cut.months,
                period.unit == "all",
                {name: target for (name, scope), target in scoped.items() if not scope},
                scoped,
                shifted,
                self._instant(period.end),
            )
            self.windows.append(window)
        return self._places[key]

    def shown(self, period: Period, compare: str | PeriodSpec) -> Shown:
        """The period as the report shows it, with what it is compared with; the windows of both have a place."""
        as_of = self.dataset.as_of
        if isinstance(compare, PeriodSpec):
            other = compare.resolve(as_of=as_of, first=first_day(self.dataset) or as_of)
            earlier = periods.comparison(period, other, as_of=as_of)
        else:
            earlier = periods.comparison(period, compare, as_of=as_of)
        place = self.place(earlier) if earlier is not None else None
        return Shown(period, period.is_complete(as_of), self.place(period), earlier, place)

    def compared(self, period: Period, compare: str | PeriodSpec) -> tuple[Period, Window, Window]:
        """The period that this one is compared with, the window of that one and the window of this one. Raises
        `NothingToReport` for a period with nothing before it."""
        shown = self.shown(period, compare)
        if shown.earlier is None or shown.earlier_window is None:
            whole = "all of the data" if period.unit == "all" else period.label
            hint = "Choose a period with -p; less than a month of data is taken as a whole."
            raise NothingToReport(f"{whole} has no earlier period to compare with", hint=hint)
        return shown.earlier, self.windows[shown.earlier_window], self.windows[shown.window]

    def _targets_in(self, period: Period) -> Iterator[tuple[Scope, float]]:
        """The goals for revenue_won in exactly this period, each with its scope; those in another currency than the deals
        are noted instead."""
        for target in self._targets:
            if target.goal.metric == "revenue_won" and target.is_for(period):
                if problem := goals.unlike_deals(self.dataset, target):
                    self.notes.append(goals.not_compared(target, problem))
                else:
                    yield frozenset(target.scope), target.target

    def _lag(self) -> int | None:
        settings = self.dataset.settings
        if settings.cac_lag_days is not None:
            return settings.cac_lag_days
        usual = self.dataset.constants.get("median_cycle_days")
        return None if usual is None else int(usual + 0.5)

    def _instant(self, day: date) -> int:
        """The beginning of a day in the declared time zone, in microseconds since 1970."""
        zone = ZoneInfo(self.dataset.settings.timezone or "UTC")
        moment = datetime(day.year, day.month, day.day, tzinfo=zone)
        return round(moment.timestamp()) * 1_000_000
