"""Which customers to call: those who still are customers and of whom the data says that something is wrong."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from crm_metrics.analysis.customers import Customers

_DETRACTOR = 6
_TICKETS = 2
_ALIVE = 0.5
_SILENT = 2  # times as long as between two purchases before


@dataclass(frozen=True)
class Call:
    """A customer with the reasons to call, and what they are worth: recurring revenue a month and revenue so far, None where
    it is not known."""

    customer: str
    name: str | None
    reasons: tuple[str, ...]
    mrr: float | None
    revenue: float | None
    currency: str | None


def calls(customers: Customers, *, most: int) -> list[Call]:
    """The `most` dearest of the customers to call: by recurring revenue, then revenue."""
    frame = customers.frame[~(customers.frame["mrr"] == 0)]  # who pays nothing any more has left
    reasons = _reasons(frame, _silent(frame, customers.until))
    wrong = [place for place, reason in enumerate(reasons) if reason]
    order = (
        frame.iloc[wrong]
        .assign(place=wrong)
        .sort_values(["mrr", "revenue", "customer"], ascending=[False, False, True])
    )
    return [_call(frame.iloc[place], reasons[place]) for place in order["place"].head(most)]


def _silent(frame: pd.DataFrame, until: int) -> pd.Series:
    """Whether each customer has not bought for more than twice as long as they used to from one purchase to the next: scores
    only say that others bought later, which of people who buy every day may be a day."""
    first, last = (pd.to_datetime(frame[name]) for name in ("first_purchase", "last_purchase"))
    since = pd.Timestamp(until, unit="D") - last
    return since > _SILENT * (last - first) / (frame["orders"] - 1)


def _reasons(frame: pd.DataFrame, silent: pd.Series) -> list[tuple[str, ...]]:
    by_customer = []
    names = ("last_nps", "open_tickets", "rfm_segment", "alive", "orders", "last_purchase")
    columns = [*(frame[name] for name in names), silent]
    for score, tickets, segment, alive, orders, last, is_silent in zip(*columns, strict=True):
        reasons = []
        if score <= _DETRACTOR:
            reasons.append(f"answered {score:g} of 10")
        if tickets >= _TICKETS:
            reasons.append(f"{tickets:g} open tickets")
        if segment == "at risk" and is_silent:
            reasons.append(f"bought {orders:,.0f} times, the last on {last}")
        elif alive < _ALIVE and orders > 1:
            reasons.append(f"{100 * alive:.0f} % likely to buy again")
        by_customer.append(tuple(reasons))
    return by_customer


def _call(row: pd.Series, reasons: tuple[str, ...]) -> Call:
    values = {name: None if pd.isna(row[name]) else row[name] for name in ("name", "mrr", "revenue", "currency")}
    return Call(str(row["customer"]), values["name"], reasons, values["mrr"], values["revenue"], values["currency"])
