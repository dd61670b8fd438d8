"""Customers by the period in which they first bought or began, and what part of them came back or stayed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Unpack

from crm_metrics.book import Book, Cell, Column, HeatMap, Origin, Sheet, cells
from crm_metrics.book.rows import unseen
from crm_metrics.commands import option
from crm_metrics.errors import not_among
from crm_metrics.metrics.metric import Unit
from crm_metrics.query import Need
from crm_metrics.session import Files, Session

if TYPE_CHECKING:
    from crm_metrics.analysis.cohorts import Cohorts, Lifetime
    from crm_metrics.analysis.lifetimes.contracts import Contracts
    from crm_metrics.periods import Grain
    from crm_metrics.tables import Dataset

ABOUT, PLACE = "customers who began together: who came back or stayed, and what they brought", 110

COHORT_GRAINS: tuple[Grain, ...] = ("month", "quarter", "year", "week")
_PURCHASES = tuple(("purchases", name) for name in ("customer", "purchased_at", "amount", "currency", "is_refund"))
_SPELLS = tuple(("spells", name) for name in ("customer", "started_at", "ended_at"))
_RECURRING = tuple(("recurring", name) for name in ("customer", "started_at", "ended_at", "mrr", "currency"))
# What is followed, and what it is made from.
COHORTS_OF = {"purchases": _PURCHASES, "revenue": _PURCHASES, "starts": _SPELLS, "mrr": (*_SPELLS, *_RECURRING)}


@dataclass(frozen=True)
class CohortTable:
    """The cohorts; for those by start also how long customers stay, and the model of renewals."""

    dataset: Dataset
    cohorts: Cohorts
    lifetime: Lifetime | None = None
    contracts: Contracts | None = None


def cohorts(
    paths: Sequence[str] | Session,
    *,
    by: Annotated[str, option("--by GRAIN", "The length of a period: month (default), quarter, year, week.")] = "month",
    of: Annotated[
        str,
        option(
            "--of WHAT",
            "purchases (default): who buys again; revenue: what they bring; starts: who stays; mrr: what those pay.",
        ),
    ] = "purchases",
    period: Annotated[str | None, option("-p, --period PERIOD", "Only those who began in it; all by default.")] = None,
    **files: Unpack[Files],
) -> CohortTable:
    """Customers by the period (`by`: month, quarter, year or week) in which they first bought or began, and what part of
    them is active in each later one: who buys (`of` purchases), what they bring (revenue), who is still a customer (starts),
    what those pay a month (mrr). `period` keeps the cohorts that began in it. Raises `CrmMetricsError` with what, where and
    what to do."""
    session = Session.of(paths, **files)
    grain = next((choice for choice in COHORT_GRAINS if choice == by.casefold()), None)
    if grain is None:
        raise not_among("--by", by, COHORT_GRAINS)
    if of not in COHORTS_OF:
        raise not_among("--of", of, COHORTS_OF)
    spec = session.period(period)
    dataset = session.dataset(Need.columns_of(COHORTS_OF[of], spec))
    # What imports pandas is imported while the files are being read.
    from crm_metrics.analysis import cohorts as analysis
    from crm_metrics.analysis.lifetimes.contracts import contracts
    from crm_metrics.reporting.timeline import reported

    span = reported(dataset, spec) if spec is not None else None
    by_purchase = of in ("purchases", "revenue")
    dataset = dataset.up_to("purchases" if by_purchase else "spells")
    if by_purchase:
        table = analysis.of_purchases(dataset, grain, revenue=of == "revenue")
    else:
        table = analysis.of_starts(dataset, grain, mrr=of == "mrr")
    if span is not None and span.unit != "all":  # the month of the first day is in all
        table = analysis.within(table, span)
    if by_purchase:
        return CohortTable(dataset, table)
    renewing = contracts(dataset.tables["spells"], dataset.now)
    return CohortTable(dataset, table, analysis.lifetime(dataset), renewing)


_TITLES = {
    "purchases": "Cohorts by first purchase: who buys again",
    "revenue": "Cohorts by first purchase: what they bring",
    "starts": "Cohorts by start: who is still a customer",
    "mrr": "Cohorts by start: recurring revenue",
}
_MEANING = {
    "purchases": "Of the customers who first bought in a {grain}, the share who bought k {grain}s later.",
    "revenue": "Revenue k {grain}s after the first purchase, against that of the {grain} of the first purchase.",
    "starts": "Of the customers who began in a {grain}, the share who are customers at the end of the {grain} k later.",
    "mrr": "Recurring revenue at the end of the {grain} k later, against that at the end of the {grain} they began in.",
}


def book(table: CohortTable) -> Book:
    """The cohorts in tidy form, and the weighted averages; by start also how long customers stay."""
    cohorts_ = table.cohorts
    sheets = [_tidy(cohorts_), _averages(cohorts_)]
    says = [_MEANING[cohorts_.of].format(grain=cohorts_.grain)]
    extra: dict[str, Any] = {"of": cohorts_.of, "by": cohorts_.grain}
    if table.lifetime is not None:
        sheets.append(_survival(table.lifetime))
        says.append(_median(table.lifetime))
        median, low, high = table.lifetime.median
        extra["median_lifetime_months"] = {"value": median, "low": low, "high": high, "n": table.lifetime.customers}
    notes = ["Periods that are not over are blank. Averages weigh each cohort by its size; a 0 counts."]
    if cohorts_.of in ("purchases", "revenue"):
        notes.append("Who had bought before the files begin is in a later cohort than the true one.")
    if table.contracts is not None:
        from crm_metrics.commands.customers.book import renewals_as_json, renewals_in_words

        notes += renewals_in_words(table.contracts)
        extra["renewals"] = renewals_as_json(table.contracts)
    origin, chart = Origin.of(table.dataset), _heat_map(cohorts_, _TITLES[cohorts_.of])
    return Book(_TITLES[cohorts_.of], origin, sheets, says=says, notes=notes, extra=extra, charts=[chart])


def _heat_map(cohorts_: Cohorts, title: str) -> HeatMap:
    """A row for each cohort that has customers, up to the last k for which there is an average."""
    shown = [row for row, size in enumerate(cohorts_.size.tolist()) if size]
    average = cohorts_.averages()[0].tolist()
    many = sum(share == share for share in average)
    *shares, average = [
        [None if share != share else share for share in row[:many]]
        for row in (*cohorts_.share[shown].tolist(), average)
    ]
    periods, sizes = [cohorts_.periods[row].label for row in shown], cohorts_.size[shown].tolist()
    says = f"Percent of each cohort by k, in {cohorts_.grain}s."
    return HeatMap(title, periods, "customers", sizes, shares, average, says)


def _tidy(cohorts_: Cohorts) -> Sheet:
    metric = "cohort_revenue_retention" if cohorts_.is_money else "cohort_retention"
    columns = [
        *unseen("metric"),
        Column("cohort"),
        Column("k", unit=Unit.COUNT),
        Column("period"),
        Column("value", unit=Unit.PERCENT),
        Column("low", unit=Unit.PERCENT, spare=2),
        Column("high", unit=Unit.PERCENT, spare=2),
        Column("n", "customers", Unit.COUNT),
        Column("part", "revenue" if cohorts_.is_money else "active", Unit.MONEY if cohorts_.is_money else Unit.COUNT),
        Column("status", shown=False),
        Column("reason", spare=3),
    ]
    share, (low, high) = cohorts_.share, cohorts_.limits
    rows: list[list[Cell]] = []
    for row, size in enumerate(cohorts_.size.tolist()):
        for k, period in enumerate(cohorts_.calendar[cohorts_.first + row :] if size else []):
            mature = bool(cohorts_.mature[row, k])
            value = float(share[row, k])
            reason = (None if not math.isnan(value) else "zero-denominator") if mature else "immature-cohort"
            part = float(cohorts_.part[row, k]) if mature else None
            figures = [value, float(low[row, k]), float(high[row, k]), size, part]
            status = "ok" if reason is None else "unavailable"
            rows.append([metric, cohorts_.periods[row].label, k, period.label, *figures, status, reason])
    return Sheet("cohorts", "", columns, rows, currency=cohorts_.currency, charted=True)


def _averages(cohorts_: Cohorts) -> Sheet:
    columns = [
        Column("k", unit=Unit.COUNT),
        Column("value", "average", Unit.PERCENT),
        Column("low", unit=Unit.PERCENT, spare=1),
        Column("high", unit=Unit.PERCENT, spare=1),
        Column("cohorts", unit=Unit.COUNT),
    ]
    rows: list[list[Cell]] = [
        [k, *map(float, figures), int(many)]
        for k, (*figures, many) in enumerate(zip(*cohorts_.averages(), strict=True))
        if many
    ]
    return Sheet("averages", "Weighted averages", columns, rows, charted=True)


def _survival(lifetime: Lifetime) -> Sheet:
    columns = [
        Column("months", unit=Unit.COUNT),
        Column("value", "still there", Unit.PERCENT, bar=True),
        Column("low", unit=Unit.PERCENT, spare=1),
        Column("high", unit=Unit.PERCENT, spare=1),
        Column("n", "watched for longer", Unit.COUNT),
    ]
    listed = (lifetime.months, lifetime.share, lifetime.low, lifetime.high, lifetime.watched)
    rows = list(zip(*(part.tolist() for part in listed), strict=True))
    return Sheet("survival", "Still a customer", columns, rows, most=24)


def _median(lifetime: Lifetime) -> str:
    months, low, high = lifetime.median
    counts = f"{lifetime.left:,} of {lifetime.customers:,} customers have left"
    if math.isnan(months):
        return f"{counts}: fewer than half, so that the median lifetime is not known yet."
    limits = "" if math.isnan(low) else f" (between {low:,.1f} and {high:,.1f}, 95 %)"
    return f"Half of them leave within {cells.value(months, Unit.MONTHS)}{limits}; {counts}."
