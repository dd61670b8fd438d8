"""Customers as a book: the list, the segments, and the model in words and numbers."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from crm_metrics.analysis.customers.choosing import DAYS
from crm_metrics.analysis.customers.table import SCORES, SEGMENTS
from crm_metrics.analysis.lifetimes.predictions import stated
from crm_metrics.book import Book, Cell, Column, Origin, Sheet, cells
from crm_metrics.book.rows import by_name
from crm_metrics.metrics.metric import Unit

if TYPE_CHECKING:
    import pandas as pd

    from crm_metrics.analysis.customers import Customers
    from crm_metrics.analysis.lifetimes import Model
    from crm_metrics.analysis.lifetimes.contracts import Contracts
    from crm_metrics.analysis.lifetimes.model import HoldOut
    from crm_metrics.commands.customers import CustomerList
    from crm_metrics.tables import Dataset

_COLUMNS = (
    Column("rfm_segment", "segment", spare=2),
    Column("left_at", "left on"),
    Column("months_stayed", "stayed", Unit.MONTHS),
    Column("mrr_lost", "MRR lost", Unit.MONEY),
    Column("first_purchase", "first purchase", spare=6),
    Column("last_purchase", "last purchase", spare=1),
    Column("orders", unit=Unit.COUNT, spare=1),
    Column("revenue", unit=Unit.MONEY),
    Column("recency_score", "R", Unit.COUNT, spare=5),
    Column("frequency_score", "F", Unit.COUNT, spare=5),
    Column("monetary_score", "M", Unit.COUNT, spare=5),
    Column("open_tickets", "open tickets", Unit.COUNT, spare=4),
    Column("last_nps", "last NPS", Unit.COUNT, spare=4),
    Column("mrr", "MRR", Unit.MONEY, spare=3),
    Column("alive", "alive", Unit.PERCENT, spare=2),
    Column("expected_purchases", "purchases ahead", Unit.SCORE, spare=3),
    Column("predicted_value", "predicted value", Unit.MONEY, spare=1),
    Column("predicted_recurring", "predicted MRR value", Unit.MONEY, spare=4),
)
_SHOWN = 20  # on a page
_PARTS = {"purchases": "chance of being alive and predicted value", "spend": "predicted value"}  # of the model
_ALIVE = "Who has bought on one day only counts as alive: in this model customers leave after a repeat purchase."


def book(result: CustomerList | tuple[Dataset, HoldOut]) -> Book:
    return _of_test(*result) if isinstance(result, tuple) else _of_customers(result)


def _of_customers(listed: CustomerList) -> Book:
    """The list of customers; the segments; the model's parameters under `model` for JSON."""
    customers = listed.customers
    named = bool(listed.rows["name"].notna().any())
    columns = [Column("customer", spare=7 * named), Column("name", shown=named)]
    columns += [column for column in _COLUMNS if column.name in listed.rows]
    columns.append(Column("currency", shown=customers.currency is None))
    shown = listed.rows.head(listed.top) if listed.top is not None else listed.rows
    rows = list(zip(*(_cells(shown[column.name]) for column in columns), strict=True))
    hidden = f"{len(rows):,} of {len(listed.rows):,} shown: choose with --top and --where"
    main = Sheet(
        "customers",
        "",
        columns,
        rows,
        currency=customers.currency,
        notes=[hidden] if len(rows) < len(listed.rows) else (),
        empty="no customer is like that" if listed.period is None else "nobody left",
        first=_SHOWN if listed.top is None else 0,
    )
    return Book(
        "Customers" if listed.period is None else f"Customers who left in {listed.period.label}",
        Origin.of(listed.dataset),
        [main, *([_segments(listed)] if listed.period is None else [])],
        about=[f"at the end of {day_of(customers.until)}"],
        says=_says(listed),
        notes=[*(_notes(customers) if listed.period is None else []), SCORES],
        extra={
            "until": day_of(customers.until),
            "horizon_days": customers.days,
            "discount_rate": customers.discount_rate,
            "model": _model(customers.model),
            "renewals": renewals_as_json(customers.contracts),
        },
    )


def _cells(column: pd.Series) -> list[Cell]:
    cells_ = column.tolist()
    return (
        [date.fromisoformat(cell) if isinstance(cell, str) else None for cell in cells_]
        if column.name in DAYS
        else cells_
    )


def _says(listed: CustomerList) -> list[str]:
    """How many there are, and what they come to."""
    rows, currency = listed.rows, listed.customers.currency
    if listed.period is None:
        return []
    parts = [f"{cells.several(len(rows), 'customer')} left"]
    for column, what in (("revenue", "had brought"), ("mrr_lost", "took with them a month")):
        if rows[column].notna().any() and _adds_up(listed.customers):
            parts.append(f"they {what} {cells.value(float(rows[column].sum()), Unit.MONEY, currency)}")
    return [f"{'; '.join(parts)}."]


def _adds_up(customers: Customers) -> bool:
    """Whether all amounts are in one currency, be it one that no file names."""
    return customers.frame["currency"].nunique() < 2 and not customers.several.any()


def _segments(listed: CustomerList) -> Sheet:
    """The segments with how many customers each has; of all customers, whichever are listed."""
    frame, currency = listed.customers.frame, listed.customers.currency
    columns = [
        Column("segment"),
        Column("recency", "R", spare=1),
        Column("frequency", "F", spare=1),
        Column("meaning", spare=2),
        Column("customers", unit=Unit.COUNT),
        Column("revenue", unit=Unit.MONEY),
        Column(
            "predicted_value", "predicted value", unit=Unit.MONEY, shown=bool(frame["predicted_value"].notna().any())
        ),
    ]
    rows = []
    for name, (recency, frequency, meaning) in SEGMENTS.items():
        part = frame[(frame["rfm_segment"] == name).to_numpy()]
        sums = [
            float(part[column].sum()) if _adds_up(listed.customers) and part[column].notna().any() else None
            for column in ("revenue", "predicted_value")
        ]
        rows.append([name, _range(recency), _range(frequency), meaning, len(part), *sums])
    if frame["rfm_segment"].isna().all():
        rows = []
    return Sheet("segments", "Segments", columns, rows, currency=currency, empty="no purchase names a customer")


def _range(scores: tuple[int, int]) -> str:
    return str(scores[0]) if scores[0] == scores[1] else f"{scores[0]}–{scores[1]}"


def _notes(customers: Customers) -> list[str]:
    """The model in words, and why a part of it cannot be had."""
    notes = []
    if customers.model.customers:
        notes += stated(customers.model, customers.days, customers.discount_rate)
        notes += [
            f"No {_PARTS[part]}: {why.seen}{f'; {why.hint}' if why.hint else ''}"
            for part, why in customers.model.refused.items()
        ]
        if customers.model.purchases is not None:
            notes.append(_ALIVE)
    if customers.frame["mrr"].notna().any():
        if customers.contracts.fit is not None:
            notes.append(
                "Predicted MRR value: recurring revenue of those still there, month by month over the same time"
            )
        notes += renewals_in_words(customers.contracts)
    if several := int(customers.several.sum()):
        notes.append(f"{several:,} customers pay in several currencies: their amounts are not added")
    return notes


def _model(model: Model) -> dict[str, Any]:
    """The parameters with their standard errors; null where a part cannot be had, with the reason."""
    names = {"purchases": ("r", "alpha", "a", "b"), "spend": ("p", "q", "v")}
    fits = {"purchases": model.purchases, "spend": model.spend}
    parameters = by_name(model, "unit", "customers", "repeat_buyers")
    errors: dict[str, float | None] = {}
    for part, fit in fits.items():
        for place, name in enumerate(names[part]):
            parameters[name] = float(fit.parameters[place]) if fit is not None else None
            errors[name] = float(fit.errors[place]) if fit is not None else None
    parameters["log_likelihood"] = model.purchases.log_likelihood if model.purchases is not None else None
    parameters["spend_log_likelihood"] = model.spend.log_likelihood if model.spend is not None else None
    parameters["standard_errors"] = errors
    parameters["hold_out"] = _tested(model.hold_out) if model.hold_out is not None else None
    parameters["unavailable"] = {part: {"reason": why.reason, "seen": why.seen} for part, why in model.refused.items()}
    return parameters


def _tested(test: HoldOut) -> dict[str, Any]:
    numbers = {"expected": test.total.expected, **by_name(test, "low", "high"), "actual": test.total.actual}
    return {"until": day_of(test.until), "days": test.days, **numbers, "holds": test.holds}


def _of_test(dataset: Dataset, test: HoldOut) -> Book:
    """Expected against actual purchases after a day, by the repeat purchases up to it."""
    columns = [
        Column("repeat_purchases", "repeat purchases before"),
        Column("customers", unit=Unit.COUNT),
        Column("expected_purchases", "expected after", Unit.COUNT),
        Column("actual_purchases", "actual after", Unit.COUNT),
        Column("low", "99 of 100: from", Unit.COUNT),
        Column("high", "to", Unit.COUNT),
        Column("expected_each", "expected each", Unit.SCORE),
        Column("actual_each", "actual each", Unit.SCORE),
    ]
    rows: list[list[Cell]] = []
    for part in (*test.groups, test.total):
        each = [count / part.customers for count in (part.expected, part.actual)]
        low, high = (test.low, test.high) if part is test.total else (None, None)
        rows.append([part.repeat_purchases, part.customers, part.expected, part.actual, low, high, *each])
    total = test.total
    off = total.expected / total.actual - 1 if total.actual else None
    says = f"{total.expected:,.1f} purchases were expected in the {test.days:,} days after, {total.actual:,} came"
    says += f": {cells.change(None, off, Unit.COUNT)} off." if off is not None else "."
    limits = (
        f"Were the model true, {test.low:,.1f} to {test.high:,.1f} would come in 99 of 100 cases: it "
        f"{'holds' if test.holds else 'does not hold, and predicts nothing to act on'}."
    )
    newcomers = f"{test.newcomers:,} customers who first bought after {day_of(test.until)} are in neither"
    return Book(
        f"Hold-out: a model of purchases up to {day_of(test.until)}",
        Origin.of(dataset),
        [Sheet("hold_out", "", columns, rows, notes=[newcomers] if test.newcomers else ())],
        says=[says, limits],
        notes=["Purchases of one day count once."],
        extra={"until": day_of(test.until), "days": test.days, "model": _model(test.model), "test": _tested(test)},
    )


def renewals_in_words(contracts: Contracts) -> list[str]:
    """Of whom the model is, or why there is none, and the test on the last quarter of the time."""
    notes = []
    if contracts.parameters is not None:
        notes.append(
            "Renewals month by month, by a model in which customers differ in how soon they leave: "
            f"{contracts.lost:,} of {contracts.subscribers:,} subscribers have left"
        )
    elif (why := contracts.refused) is not None:
        notes.append(f"No model of renewals: {'; '.join(filter(None, (why.seen, why.hint)))}")
    if (test := contracts.test) is not None:
        notes.append(
            f"Hold-out of renewals: of {test.subscribers:,} subscribers on {day_of(test.until)} {test.expected:,.1f} were "
            f"expected to leave, {test.low:,.1f} to {test.high:,.1f} in 99 of 100 cases, and {test.actual:,} did"
        )
    return notes


def renewals_as_json(contracts: Contracts) -> dict[str, Any] | None:
    """The same for JSON; null where a part cannot be had, None where nobody has subscribed."""
    if not contracts.subscribers:
        return None
    model, fit, test, why = contracts.parameters, contracts.fit, contracts.test, contracts.refused
    parameters: dict[str, Any] = dict.fromkeys(("alpha", "beta", "log_likelihood", "standard_errors"))
    if model is not None and fit is not None:
        errors = dict(zip(("alpha", "beta"), fit.errors.tolist(), strict=True))
        parameters = {**asdict(model), "log_likelihood": fit.log_likelihood, "standard_errors": errors}
    parameters |= {"unit": "months", "customers": contracts.subscribers, "lost": contracts.lost}
    if test is not None:
        numbers = by_name(test, "subscribers", "expected", "low", "high", "actual", "holds")
        parameters["hold_out"] = {"until": day_of(test.until), **numbers}
    if why is not None:
        parameters["unavailable"] = {"reason": why.reason, "seen": why.seen}
    return parameters


def day_of(number: int) -> str:
    """A day by its number since 1970, as text."""
    return (date(1970, 1, 1) + timedelta(days=number)).isoformat()
