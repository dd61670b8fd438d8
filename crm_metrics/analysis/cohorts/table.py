"""The table of cohorts, and the calendar that it is laid out by."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Literal, get_args

import numpy as np

from crm_metrics.engine.cells import Bools, Floats, Ints
from crm_metrics.errors import NothingToReport
from crm_metrics.intervals.shares import wilson
from crm_metrics.periods import Calendar, Grain, Period
from crm_metrics.tables import Dataset
from crm_metrics.tables.frames import instants

Of = Literal["purchases", "revenue", "starts", "mrr"]
KINDS: tuple[str, ...] = get_args(Of)
_EPOCH = date(1970, 1, 1)
_FISCAL: dict[str, Literal["fiscal-quarter", "fiscal-year"]] = {"quarter": "fiscal-quarter", "year": "fiscal-year"}


@dataclass(frozen=True)
class Cohorts:
    """By cohort (rows, a period each) and k (columns): `part`, the customers who were active or the money that came k
    periods later, of `base`; `size` is the number of customers. `mature` is False where the period is not over at as-of or
    lies beyond the last. `calendar` are all periods, of which the first cohort's is at `first`."""

    of: Of
    grain: Grain
    calendar: list[Period]
    size: Ints
    base: Floats
    part: Floats
    mature: Bools
    currency: str | None = None
    first: int = 0

    @property
    def periods(self) -> list[Period]:
        return self.calendar[self.first : self.first + len(self.size)]

    @property
    def is_money(self) -> bool:
        return self.of in ("revenue", "mrr")

    @property
    def share(self) -> Floats:
        """The part of the whole; NaN where it is not mature, or there is no whole."""
        with np.errstate(all="ignore"):
            share = self.part / self.base[:, None]
        return np.where(self.mature & (self.base > 0)[:, None], share, np.nan)

    @property
    def limits(self) -> tuple[Floats, Floats]:
        """The 95 % limits of each share of customers; NaN for money."""
        return self._limits(self.share, np.broadcast_to(self.base[:, None], self.part.shape))

    def averages(self) -> tuple[Floats, Floats, Floats, Ints]:
        """For each k the share of all mature cohorts together, its limits, and how many cohorts it is of: each weighs by its
        size, and a real 0 counts."""
        mature = ~np.isnan(self.share)
        part, base = (np.where(mature, values, 0).sum(axis=0) for values in (self.part, self.base[:, None]))
        share = np.divide(part, base, out=np.full(len(part), np.nan), where=base > 0)
        return share, *self._limits(share, base), mature.sum(axis=0)

    def _limits(self, share: Floats, base: Floats) -> tuple[Floats, Floats]:
        if self.is_money:
            return np.full(share.shape, np.nan), np.full(share.shape, np.nan)
        low, high = wilson(share, base)
        return np.where(np.isnan(share), np.nan, low), np.where(np.isnan(share), np.nan, high)


def laid_out(
    dataset: Dataset,
    of: Of,
    grain: Grain,
    calendar: list[Period],
    size: Ints,
    part: Floats,
    currency: str | None = None,
) -> Cohorts:
    """The table of figures by cohort and k. Money is compared with that of the first period, customers with all who
    began."""
    over = np.array([period.is_complete(dataset.as_of) for period in calendar])
    place = np.add.outer(np.arange(len(calendar)), np.arange(len(calendar)))
    mature = (place < len(calendar)) & over[np.minimum(place, len(calendar) - 1)]
    base = part[:, 0] if of in ("revenue", "mrr") else size.astype(np.float64)
    return Cohorts(of, grain, calendar, size, base, part, mature, currency)


def within(cohorts: Cohorts, period: Period) -> Cohorts:
    """The cohorts that began within a period. Raises `NothingToReport` when there are none."""
    kept = [i for i, part in enumerate(cohorts.periods) if part.start >= period.start and part.end <= period.end]
    if not kept:
        first, last = cohorts.calendar[0], cohorts.calendar[-1]
        if period.end <= first.start or last.end <= period.start:
            raise NothingToReport(
                f"no cohort began in {period.label}: the first is that of {first.label}, the last that of {last.label}",
                hint="Choose another period with -p, or leave it out.",
            )
        raise NothingToReport(
            f"no whole {cohorts.grain} lies within {period.label}", hint="Choose a longer one with -p."
        )
    rows = slice(kept[0], kept[-1] + 1)
    return replace(
        cohorts,
        size=cohorts.size[rows],
        base=cohorts.base[rows],
        part=cohorts.part[rows],
        mature=cohorts.mature[rows],
        first=cohorts.first + kept[0],
    )


def calendar_of(dataset: Dataset, grain: Grain, first: int) -> list[Period]:
    """The whole calendar units from the one of the first day (since 1970) to the one of as-of."""
    settings = dataset.settings
    calendar = Calendar(settings.fiscal_year_start, settings.week_start)
    unit = _FISCAL.get(grain, grain) if settings.fiscal_year_start != 1 else grain
    calendar_periods = [calendar.unit(unit, _EPOCH + timedelta(days=first))]
    while calendar_periods[-1].end <= dataset.as_of:
        calendar_periods.append(calendar.unit(unit, calendar_periods[-1].end))
    return calendar_periods


def places(calendar: list[Period], days: Ints) -> Ints:
    """The period that each day since 1970 lies in."""
    starts = np.array([number(period.start) for period in calendar])
    return np.searchsorted(starts, days, side="right").astype(np.int64) - 1


def edges(calendar: list[Period], timezone: str | None) -> np.ndarray:
    """The ends of the periods as instants."""
    return instants(np.array([period.end for period in calendar], dtype="datetime64[D]"), timezone)


def number(day: date) -> int:
    """A day as the number of days since 1970."""
    return (day - _EPOCH).days
