"""What each customer has bought, as the models of lifetimes know it: purchase days, and what was spent on them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm_metrics.engine.aggregates import begins
from crm_metrics.engine.cells import Bools, Floats, Ints
from crm_metrics.tables.frames import NEVER, day_numbers, moments, numbers, truths


@dataclass(frozen=True)
class Histories:
    """One entry per customer who ever bought. `customer` is the place among the categories of the purchases' customers;
    `x` the number of repeat purchase days, `last` the days from the first to the last one, `watched` those from the first
    one to the day up to which purchases were taken. `first` is the first purchase day since 1970, `row` where it stands
    among the purchases. `orders` are purchases, `revenue` what they brought, refunds subtracted (NaN: no amount is known).
    `mean` is what a repeat purchase day brought, over the `priced` days with an amount."""

    customer: Ints
    x: Ints
    last: Ints
    watched: Ints
    first: Ints
    row: Ints
    orders: Ints
    revenue: Floats
    mean: Floats
    priced: Floats


@dataclass(frozen=True)
class Ledger:
    """All purchases and refunds of known customers, put in order once: by customer, day, and purchases before refunds."""

    customer: Ints
    day: Ints
    amount: Floats
    is_refund: Bools
    row: Ints

    def until(self, day: int) -> Histories:
        """The histories up to and including a day. Purchases of one day count once. A refund belongs to the purchase day
        before it, to the first where none was before."""
        rows = self.day <= day
        customer, days, amount = self.customer[rows], self.day[rows], np.nan_to_num(self.amount[rows])
        bought, priced = ~self.is_refund[rows], ~np.isnan(self.amount[rows])
        new = begins(customer, days)
        starts = np.flatnonzero(new & bought)
        owner, on = customer[starts], days[starts]
        # The purchase day that each row belongs to; refunds before the first belong to it.
        place = np.cumsum(new & bought) - 1
        astray = (
            (place < 0) | (owner[np.maximum(place, 0)] != customer) if len(starts) else np.ones(len(days), dtype=bool)
        )
        place = np.where(astray, place + 1, place)
        kept = place < len(starts)
        kept[kept] = owner[place[kept]] == customer[kept]
        place, amount, bought, priced = place[kept], amount[kept], bought[kept], priced[kept]
        of_day = np.bincount(place, amount, len(starts))
        day_priced = np.bincount(place[bought & priced], minlength=len(starts)) > 0
        is_first = begins(owner)
        starting, person = np.flatnonzero(is_first), np.cumsum(is_first) - 1
        many = len(starting)
        ends = np.append(starting[1:], len(owner))[:many] - 1
        repeat = day_priced.copy()
        repeat[starting] = False
        count = np.bincount(person[repeat], minlength=many).astype(np.float64)
        spent = np.bincount(person[repeat], of_day[repeat], many)
        total = np.bincount(person, of_day, many)
        any_amount = np.bincount(person[place[priced]], minlength=many) > 0
        return Histories(
            customer=owner[starting],
            x=ends - starting,
            last=on[ends] - on[starting],
            watched=day - on[starting],
            first=on[starting],
            row=self.row[rows][starts[starting]],
            orders=np.bincount(person[place[bought]], minlength=many),
            revenue=np.where(any_amount, total, np.nan),
            mean=np.divide(spent, count, out=np.full(many, np.nan), where=count > 0),
            priced=count,
        )


def ledger(purchases: pd.DataFrame, timezone: str | None) -> Ledger:
    """The purchases and refunds that have a customer and a day, in order; the day is that of the time zone."""
    if "customer" not in purchases:
        none = np.zeros(0, dtype=np.int64)
        return Ledger(none, none, np.zeros(0), np.zeros(0, dtype=bool), none)
    codes = purchases["customer"].astype("category").cat.codes.to_numpy().astype(np.int64)
    days = day_numbers(moments(purchases, "purchased_at"), timezone)
    refund = truths(purchases, "is_refund")
    rows = np.flatnonzero((codes >= 0) & (days != NEVER))
    if not len(rows):
        return ledger(purchases.drop(columns="customer"), timezone)
    first = days[rows].min()
    span = int(days[rows].max() - first) + 1
    order = np.argsort((codes[rows] * span + days[rows] - first) * 2 + refund[rows], kind="stable")
    rows = rows[order]
    return Ledger(codes[rows], days[rows], numbers(purchases, "amount")[rows], refund[rows], rows)
