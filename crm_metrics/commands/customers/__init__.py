"""One row per customer: purchases, segment, tickets, NPS, MRR, chance of being alive, predicted value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any, Literal, Unpack

from crm_metrics.commands import Call, option
from crm_metrics.errors import NothingToReport, UsageError, not_among
from crm_metrics.expressions import parse_filter
from crm_metrics.query import Need
from crm_metrics.session import Files, Session

if TYPE_CHECKING:
    import pandas as pd

    from crm_metrics.analysis.customers import Customers
    from crm_metrics.analysis.lifetimes.model import HoldOut
    from crm_metrics.periods import Period
    from crm_metrics.tables import Dataset

ABOUT, PLACE = "one row per customer: purchases, segment, chance of being alive, predicted value; who left", 100

Unit = Literal["days", "weeks", "months"]
UNITS = ("days", "weeks", "months")
# What has to be loaded for it, as far as the files have it.
COLUMNS = (
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
    paths: Sequence[str] | Session,
    *,
    left: Annotated[bool, option("--left", "Who left in the period, and what they were worth.")] = False,
    where: Annotated[
        str | None, option("--where FILTER", "Only these: \"rfm_segment == 'at risk' and revenue > 500\".")
    ] = None,
    sort: Annotated[str | None, option("--sort COLUMN", "By a column, largest first; -COLUMN the other way.")] = None,
    top: Annotated[int | None, option("--top N", "The first N; 20 on a page.", least=1)] = None,
    horizon: Annotated[
        int | None, option("--horizon DAYS", "Days ahead for purchases and value; 365.", least=1)
    ] = None,
    unit: Annotated[str, option("--unit UNIT", "Time in the model: days, weeks (default), months.")] = "weeks",
    period: Annotated[
        str | None, option("-p, --period PERIOD", "As they were at its end; with --left those who left in it.")
    ] = None,
    **files: Unpack[Files],
) -> CustomerList:
    """One row per customer at the end of the period (as-of by default); with `left` those who left in it. `where` is a
    filter over the columns, `sort` a column (by what they are worth), `top` how many; `horizon` the days ahead for
    which purchases and value are expected; the model's times are in `unit`. Raises `CrmMetricsError` with what, where and
    what to do."""
    session, chosen = Session.of(paths, **files), _unit(unit)
    spec = session.period(period)
    tree = parse_filter(where, "--where") if where else None
    if horizon is not None and not 1 <= horizon <= 36525:
        raise UsageError("--horizon takes a number of days from 1 to 36525")
    if horizon is not None:
        session = session.under(clv_days=horizon)
    dataset = session.dataset(Need.columns_of(COLUMNS, spec))
    # What imports pandas is imported while the files are being read.
    from crm_metrics.analysis import customers as listing
    from crm_metrics.reporting.timeline import Timeline, reported

    span = reported(dataset, spec) if spec is not None or left else None
    dataset = dataset.up_to("spells" if left else "purchases")
    at = dataset.now
    if span is not None:
        timeline = Timeline(dataset)
        if span.start > dataset.as_of:
            raise NothingToReport(
                f"{span.label} begins after {dataset.as_of}, when the data ends", hint="Choose an earlier one with -p."
            )
        window = timeline.windows[timeline.place(span)]
        at = window.end
    customers_ = listing.customers(dataset, at=at, unit=chosen)
    rows = listing.left(dataset, customers_, window) if left else customers_.frame
    if tree is not None:
        rows = listing.matching(rows, tree)
    order = ("mrr_lost", "revenue") if left else ("predicted_value", "revenue")
    rows = listing.in_order(rows, sort or next((name for name in order if rows[name].notna().any()), "customer"))
    return CustomerList(dataset, customers_, rows, top, span if left else None)


def hold_out(
    paths: Sequence[str] | Session, until: date, *, unit: str = "weeks", **files: Unpack[Files]
) -> tuple[Dataset, HoldOut]:
    """The model of purchases fitted up to and including the day `until`, and its expectations beside the purchases that
    came after it, up to as-of."""
    session, chosen = Session.of(paths, **files), _unit(unit)
    from crm_metrics.analysis.lifetimes import ledger
    from crm_metrics.analysis.lifetimes.verdict import held_out
    from crm_metrics.analysis.pipeline.deals import number_of

    wanted = [("purchases", name) for name in ("customer", "purchased_at", "amount", "is_refund")]
    dataset = session.dataset(Need.columns_of(wanted))
    if "purchases" not in dataset.tables:
        raise NothingToReport("the files hold no orders and no won deals", hint="Add an export of them.")
    dataset = dataset.up_to("purchases")
    purchases = ledger(dataset.tables["purchases"].frame, session.settings.timezone)
    return dataset, held_out(purchases, until=number_of(until), end=number_of(dataset.as_of), unit=chosen)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"--hold-out {text}: a day, such as 1997-09-30") from None


def run(
    call: Call,
    *,
    until: Annotated[
        date | None,
        option("--hold-out DATE", "Test the model: fitted up to DATE, against what came after.", parse=_day),
    ] = None,
    **asked: Any,
) -> None:
    """Writes the customers, or the test of the model."""
    session = call.session
    call.answer(customers(session, **asked) if until is None else hold_out(session, until, unit=asked["unit"]))


def _unit(unit: str) -> Unit:
    if (chosen := unit.casefold()) in UNITS:
        return chosen  # type: ignore[return-value]
    raise not_among("--unit", unit, UNITS)
