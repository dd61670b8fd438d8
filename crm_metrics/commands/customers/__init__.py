"""Customers one by one, and the model behind what is expected of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, BinaryIO, Literal

from crm_metrics import periods
from crm_metrics.errors import NothingToReport, UsageError, did_you_mean
from crm_metrics.expressions import parse_filter
from crm_metrics.session import load_columns
from crm_metrics.settings import Settings

if TYPE_CHECKING:
    import pandas as pd

    from crm_metrics.analysis.customers import Customers
    from crm_metrics.analysis.lifetimes.holdout import HoldOut
    from crm_metrics.periods import Period
    from crm_metrics.tables import Dataset

Unit = Literal["days", "weeks", "months"]
UNITS = ("days", "weeks", "months")
# What has to be loaded for it, as far as the files have it.
_WANTED = (
    *(("purchases", name) for name in ("customer", "purchased_at", "amount", "currency", "is_refund")),
    *(("spells", name) for name in ("customer", "started_at", "ended_at")),
    *(("recurring", name) for name in ("customer", "started_at", "ended_at", "mrr", "currency")),
    *(("tickets", name) for name in ("customer", "open_from", "open_until")),
    *(("responses", name) for name in ("customer", "responded_at", "score", "kind", "nps_group")),
    ("customers", "name"),
)


@dataclass(frozen=True)
class CustomerList:
    """The customers that were asked for, in order, of whom the first `top` are shown. `period` is that of the customers who
    left, None where all customers are listed."""

    dataset: Dataset
    customers: Customers
    rows: pd.DataFrame
    top: int | None
    period: Period | None


def customers(
    paths: Sequence[str],
    *,
    period: str | None = None,
    left: bool = False,
    horizon: int | None = None,
    unit: str = "weeks",
    where: str | None = None,
    sort: str | None = None,
    top: int | None = None,
    settings: Settings | None = None,
    today: date | None = None,
    stdin: BinaryIO | None = None,
) -> CustomerList:
    """One row per customer at the end of the period (as-of by default); with `left` those who left in it. `where` is a
    filter over the columns, `sort` a column (by what they are worth), `top` how many; `horizon` the days ahead for
    which purchases and value are expected; the model's times are in `unit`. Raises `CrmMetricsError` with what, where and
    what to do."""
    settings, spec = settings or Settings(), None
    chosen = _unit(unit)
    if period:
        spec = periods.parse(period, fiscal_year_start=settings.fiscal_year_start, week_start=settings.week_start)
    tree = parse_filter(where, "--where") if where else None
    if horizon is not None and not 1 <= horizon <= 36525:
        raise UsageError("--horizon takes a number of days from 1 to 36525")
    if horizon is not None:
        settings = settings.model_copy(update={"clv_days": horizon})
    needs_clock = spec is not None and spec.needs_clock
    dataset = load_columns(paths, _WANTED, settings, needs_clock=needs_clock, today=today, stdin=stdin)
    from crm_metrics.analysis import (
        customers as listing,
    )  # imports pandas, as loading does while the files are being read
    from crm_metrics.timeline import Timeline, reported

    whole = reported(dataset, spec) if spec is not None or left else None
    dataset = dataset.up_to("spells" if left else "purchases")
    at = dataset.now
    if whole is not None:
        timeline = Timeline(dataset)
        if whole.start > dataset.as_of:
            raise NothingToReport(
                f"{whole.label} begins after {dataset.as_of}, when the data ends", hint="Choose an earlier one with -p."
            )
        window = timeline.windows[timeline.place(whole)]
        at = window.end
    found = listing.customers(dataset, at=at, unit=chosen)
    rows = listing.left(dataset, found, window) if left else found.frame
    if tree is not None:
        rows = listing.matching(rows, tree)
    order = ("mrr_lost", "revenue") if left else ("predicted_value", "revenue")
    rows = listing.in_order(rows, sort or next((name for name in order if rows[name].notna().any()), "customer"))
    return CustomerList(dataset, found, rows, top, whole if left else None)


def hold_out(
    paths: Sequence[str],
    until: date,
    *,
    unit: str = "weeks",
    settings: Settings | None = None,
    today: date | None = None,
    stdin: BinaryIO | None = None,
) -> tuple[Dataset, HoldOut]:
    """The model of purchases fitted up to and including the day `until`, and its expectations beside the purchases that
    came after it, up to as-of."""
    settings, chosen = settings or Settings(), _unit(unit)
    from crm_metrics.analysis.lifetimes import ledger
    from crm_metrics.analysis.lifetimes.holdout import held_out

    wanted = [("purchases", name) for name in ("customer", "purchased_at", "amount", "is_refund")]
    dataset = load_columns(paths, wanted, settings, today=today, stdin=stdin)
    if "purchases" not in dataset.tables:
        raise NothingToReport("the files hold no orders and no won deals", hint="Add an export of them.")
    dataset = dataset.up_to("purchases")
    book = ledger(dataset.tables["purchases"].frame, settings.timezone)
    return dataset, held_out(book, until=_number(until), end=_number(dataset.as_of), unit=chosen)


def _number(day: date) -> int:
    return (day - date(1970, 1, 1)).days


def _unit(unit: str) -> Unit:
    for known in UNITS:
        if unit.casefold() == known:
            return known  # type: ignore[return-value]
    raise UsageError(f"--unit {unit}: {', '.join(UNITS)}. {did_you_mean(unit, UNITS)}".rstrip())
