"""Cohorts of customers, and how long customers stay."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, BinaryIO

from crm_metrics import periods
from crm_metrics.errors import UsageError, did_you_mean
from crm_metrics.session import load_columns
from crm_metrics.settings import Settings

if TYPE_CHECKING:
    from crm_metrics.analysis.cohorts import Cohorts, Lifetime
    from crm_metrics.analysis.lifetimes.contracts import Contracts
    from crm_metrics.periods import Grain
    from crm_metrics.tables import Dataset

COHORT_GRAINS: tuple[Grain, ...] = ("month", "quarter", "year", "week")
_PURCHASES = tuple(("purchases", name) for name in ("customer", "purchased_at", "amount", "currency", "is_refund"))
_SPELLS = tuple(("spells", name) for name in ("customer", "started_at", "ended_at"))
_RECURRING = tuple(("recurring", name) for name in ("customer", "started_at", "ended_at", "mrr", "currency"))
# What is followed, and what it is made from.
COHORTS_OF = {
    "purchases": _PURCHASES,
    "revenue": _PURCHASES,
    "starts": _SPELLS,
    "mrr": (*_SPELLS, *_RECURRING),
}


@dataclass(frozen=True)
class CohortTable:
    """The cohorts; for those by start also how long customers stay, and the model of renewals."""

    dataset: Dataset
    cohorts: Cohorts
    lifetime: Lifetime | None = None
    contracts: Contracts | None = None


def cohorts(
    paths: Sequence[str],
    *,
    by: str = "month",
    of: str = "purchases",
    period: str | None = None,
    settings: Settings | None = None,
    today: date | None = None,
    stdin: BinaryIO | None = None,
) -> CohortTable:
    """Customers by the period (`by`: month, quarter, year or week) in which they first bought or began, and what part of
    them is active in each later one: who buys (`of` purchases), what they bring (revenue), who is still a customer (starts),
    what those pay a month (mrr). `period` keeps the cohorts that began in it. Raises `CrmMetricsError` with what, where and
    what to do."""
    settings = settings or Settings()
    grain = next((known for known in COHORT_GRAINS if known == by.casefold()), None)
    if grain is None:
        raise UsageError(f"--by {by}: month, quarter, year or week. {did_you_mean(by, COHORT_GRAINS)}".rstrip())
    if of not in COHORTS_OF:
        raise UsageError(f"--of {of}: {', '.join(COHORTS_OF)}. {did_you_mean(of, COHORTS_OF)}".rstrip())
    spec = None
    if period:
        spec = periods.parse(period, fiscal_year_start=settings.fiscal_year_start, week_start=settings.week_start)
    needs_clock = spec is not None and spec.needs_clock
    dataset = load_columns(paths, COHORTS_OF[of], settings, needs_clock=needs_clock, today=today, stdin=stdin)
    from crm_metrics.analysis import (
        cohorts as analysis,
    )  # imports pandas, as loading does while the files are being read
    from crm_metrics.analysis.lifetimes.contracts import contracts
    from crm_metrics.timeline import reported

    whole = reported(dataset, spec) if spec is not None else None
    dataset = dataset.up_to("purchases" if of in ("purchases", "revenue") else "spells")
    if of in ("purchases", "revenue"):
        found = analysis.of_purchases(dataset, grain, revenue=of == "revenue")
    else:
        found = analysis.of_starts(dataset, grain, mrr=of == "mrr")
    if whole is not None and whole.unit != "all":  # the month of the first day is in all
        found = analysis.within(found, whole)
    if of in ("purchases", "revenue"):
        return CohortTable(dataset, found)
    renewing = contracts(dataset.tables["spells"], dataset.now)
    return CohortTable(dataset, found, analysis.lifetime(dataset), renewing)
