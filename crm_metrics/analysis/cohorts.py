"""Cohorts: customers who began in the same period, and what part of them, or of their money, is there k periods later."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd

from crm_metrics.analysis.customers.table import People
from crm_metrics.analysis.lifetimes import ledger
from crm_metrics.analysis.lifetimes.contracts import months_held
from crm_metrics.analysis.lifetimes.predictions import currencies
from crm_metrics.analysis.pipeline.deals import number_of
from crm_metrics.engine import survival
from crm_metrics.engine.cells import Bools, Floats, Ints
from crm_metrics.errors import DataError, NothingToReport
from crm_metrics.intervals.shares import wilson
from crm_metrics.periods import Calendar, Grain, Period
from crm_metrics.tables import Dataset, Table
from crm_metrics.tables.frames import instants, moments, numbers, wall_clock

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
    starts = np.array([number_of(period.start) for period in calendar])
    return np.searchsorted(starts, days, side="right").astype(np.int64) - 1


def of_purchases(dataset: Dataset, grain: Grain, *, revenue: bool = False) -> Cohorts:
    """Customers by the period of their first purchase; part is who buys k periods later, or the revenue that comes then,
    refunds subtracted. Raises `NothingToReport` without purchases of known customers, `DataError` for revenue in several
    currencies."""
    if "purchases" not in dataset.tables:
        raise NothingToReport("the files hold no orders and no won deals", hint="Add an export, or see --of starts.")
    frame = dataset.tables["purchases"].frame
    book, last = ledger(frame, dataset.settings.timezone), number_of(dataset.as_of)
    histories = book.until(last)
    if not len(histories.x):
        raise NothingToReport("no purchase names a customer and a day", hint="'crm-metrics scan' says what is lacking.")
    paid = currencies(frame)
    if revenue and len(paid) > 1:
        problem = f"the amounts are in {', '.join(paid)}: they are not added"
        raise DataError(problem, hint="Give exchange rates with [rates] in the settings.")
    calendar = calendar_of(dataset, grain, int(histories.first.min()))
    first = places(calendar, histories.first)
    # Each row's customer, and how many periods after the first it lies; a refund from before it belongs to its period.
    person = np.minimum(np.searchsorted(histories.customer, book.customer), len(first) - 1)
    rows = np.flatnonzero((histories.customer[person] == book.customer) & (book.day <= last))
    person = person[rows]
    k = places(calendar, np.maximum(book.day[rows], histories.first[person])) - first[person]
    many = len(calendar)
    if revenue:
        part = _table(first[person], k, many, np.nan_to_num(book.amount[rows]))
    else:
        bought = ~book.is_refund[rows]
        once = np.unique(person[bought] * many + k[bought])
        part = _table(first[once // many], once % many, many)
    currency = paid[0] if len(paid) == 1 else dataset.settings.currency
    size = np.bincount(first, minlength=many)
    return laid_out(dataset, "revenue" if revenue else "purchases", grain, calendar, size, part, currency)


def _table(cohort: Ints, k: Ints, many: int, weights: Floats | None = None) -> Floats:
    return np.bincount(cohort * many + k, weights, many * many).reshape(many, many).astype(np.float64)


def of_starts(dataset: Dataset, grain: Grain, *, mrr: bool = False) -> Cohorts:
    """Customers by the period in which they first became one; part is who is one at the end of the period k later, or the
    recurring revenue then, against that at the end of the first. Raises `NothingToReport` where nothing says who left,
    `DataError` for recurring revenue in several currencies."""
    frame = with_ends(dataset).frame
    frame = frame[moments(frame, "started_at") < np.datetime64(dataset.now, "us")]
    if not len(frame):
        raise NothingToReport(f"nobody had begun by {dataset.as_of}", hint="Choose another day with --as-of.")
    people = People(set(frame["customer"].dropna().astype("object")))
    person, started = people.places(frame["customer"]), moments(frame, "started_at")
    begun = np.full(len(people), np.iinfo(np.int64).max)
    np.minimum.at(begun, person, started.astype("datetime64[us]").view(np.int64))
    zone = dataset.settings.timezone
    earliest = wall_clock(np.array([begun.min()], dtype="datetime64[us]"), zone).astype("datetime64[D]")
    calendar = calendar_of(dataset, grain, int(earliest.view(np.int64)[0]))
    ends = instants(np.array([period.end for period in calendar], dtype="datetime64[D]"), zone)
    cohort = np.searchsorted(ends, begun.astype("datetime64[us]"), side="right").astype(np.int64)
    size = np.bincount(cohort, minlength=len(calendar))
    if not mrr:
        part = _standing(frame, cohort[person], ends, np.ones(len(frame)))
        return laid_out(dataset, "starts", grain, calendar, size, part)
    rows, currency = _recurring(dataset)
    place = people.places(rows["customer"])
    rows, place = rows[place >= 0], place[place >= 0]
    part = _standing(rows, cohort[place], ends, numbers(rows, "mrr"))
    return laid_out(dataset, "mrr", grain, calendar, size, part, currency)


def with_ends(dataset: Dataset) -> Table:
    """The times as a customer, with their ends. Raises `NothingToReport` where nothing says when customers leave."""
    spells = dataset.tables.get("spells")
    if spells is None:
        raise NothingToReport("no file says when customers begin", hint="Give subscriptions, or customers with dates.")
    if not spells.has("ended_at"):
        why = spells.unusable["ended_at"]
        raise NothingToReport(why.seen, hint=why.hint or None)
    return spells


def _recurring(dataset: Dataset) -> tuple[pd.DataFrame, str | None]:
    """The stretches of recurring revenue that have begun, and their currency."""
    table = dataset.tables.get("recurring")
    if table is None:
        raise NothingToReport("the files hold no recurring revenue", hint="Add an export of subscriptions.")
    paid = sorted({str(name) for name in table.frame["currency"].dropna()}) if table.has("currency") else []
    if len(paid) > 1:
        problem = f"the recurring revenue is in {', '.join(paid)}: it is not added"
        raise DataError(problem, hint="Give exchange rates with [rates] in the settings.")
    rows = table.frame[moments(table.frame, "started_at") < np.datetime64(dataset.now, "us")]
    return rows, dataset.priced_in or (paid[0] if paid else dataset.settings.currency)


def _standing(frame: pd.DataFrame, cohort: Ints, ends: np.ndarray, weights: Floats) -> Floats:
    """What stands at the end of each period, by cohort and k: a row counts at each end after its start and not after its
    own end."""
    many = len(ends)
    ended = moments(frame, "ended_at")
    first = np.searchsorted(ends, moments(frame, "started_at"), side="right")
    last = np.where(np.isnat(ended), many, np.searchsorted(ends, ended, side="right"))
    kept = last > first
    change = np.zeros((many, many + 1))
    np.add.at(change, (cohort[kept], (first - cohort)[kept]), weights[kept])
    np.add.at(change, (cohort[kept], (last - cohort)[kept]), -weights[kept])
    standing: Floats = np.cumsum(change, axis=1)[:, :many]
    return standing


@dataclass(frozen=True)
class Lifetime:
    """Of `customers`, by their first time as one, `left` have left. By whole months since the start: the `share` still
    there with its 95 % limits (NaN where they are not defined), and how many were watched for longer. The median lifetime in
    months with its limits is NaN where fewer than half are known to have left."""

    customers: int
    left: int
    months: Ints
    share: Floats
    low: Floats
    high: Floats
    watched: Ints
    median: tuple[float, float, float]


def lifetime(dataset: Dataset) -> Lifetime:
    """How long customers stay (Kaplan and Meier, with log-log limits); who is still there counts for as long as they have
    been. Raises `NothingToReport` where nothing says when customers leave."""
    frame = with_ends(dataset).frame
    now = np.datetime64(dataset.now, "us")
    frame = frame[(moments(frame, "started_at") < now) & (numbers(frame, "ordinal") == 1)]
    ended = moments(frame, "ended_at")
    left = ended < now
    held = months_held(moments(frame, "started_at"), np.where(left, ended, now))
    from scipy.stats import CensoredData, ecdf

    curve = ecdf(CensoredData(uncensored=held[left], right=held[~left])).sf
    with warnings.catch_warnings():  # where nobody has left yet, or everybody, there are no limits
        warnings.simplefilter("ignore", RuntimeWarning)
        limits: Any = curve.confidence_interval(method="log-log")
    months = np.arange(int(held.max()) + 1)
    low, high = (np.asarray(part.evaluate(months), dtype=np.float64) for part in (limits.low, limits.high))
    cells = np.zeros(len(held), dtype=np.int64)
    least, most = survival.limits(held, left, cells, 1)
    return Lifetime(
        len(held),
        int(left.sum()),
        months,
        np.asarray(curve.evaluate(months), dtype=np.float64),
        low,
        high,
        (held[:, None] > months).sum(axis=0),
        (float(survival.median(held, left, cells, 1)[0]), float(least[0]), float(most[0])),
    )
