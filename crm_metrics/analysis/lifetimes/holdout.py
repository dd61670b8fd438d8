"""A model put to the test: fitted up to a day, its expectations beside what was bought after it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from crm_metrics.analysis.lifetimes.histories import Ledger
from crm_metrics.analysis.lifetimes.model import Model, Unit, fitted, predicted
from crm_metrics.errors import NothingToReport

_MOST = 7  # customers with so many repeat purchases and more are one group


@dataclass(frozen=True)
class Group:
    """Customers with as many repeat purchase days up to the day, and the purchase days after it: expected and actual, all of
    them together."""

    repeat_purchases: str
    customers: int
    expected: float
    actual: int


@dataclass(frozen=True)
class HoldOut:
    """The groups of customers who had bought by the day `until`, and all of them; the time after it has so many `days`.
    `newcomers` bought for the first time after it: no model expects them."""

    until: int
    days: int
    model: Model
    groups: list[Group]
    total: Group
    newcomers: int


def held_out(ledger: Ledger, *, until: int, end: int, unit: Unit = "weeks") -> HoldOut:
    """The expectations of a model fitted to purchases up to and including the day `until`, against the purchases up to
    `end`. Raises `NothingToReport` when there is no such model, or nothing after the day."""
    day = np.datetime64(until, "D")
    if until >= end:
        raise NothingToReport(f"there is nothing after {day} to compare with", hint="Choose an earlier --hold-out.")
    before, after = ledger.until(until), ledger.until(end)
    model = fitted(before, unit=unit)
    if (trouble := model.refused.get("purchases")) is not None:
        raise NothingToReport(f"up to {day} {trouble.seen}", hint=trouble.hint or None)
    expected = predicted(before, model, days=end - until, discount_rate=0.0).purchases
    later = np.searchsorted(after.customer, before.customer)
    actual = after.x[later] - before.x
    group = np.minimum(before.x, _MOST)
    groups = [
        Group(
            f"{number}{'+' if number == _MOST else ''}",
            int((group == number).sum()),
            float(expected[group == number].sum()),
            int(actual[group == number].sum()),
        )
        for number in range(_MOST + 1)
        if (group == number).any()
    ]
    total = Group("all", len(before.x), float(expected.sum()), int(actual.sum()))
    return HoldOut(until, end - until, model, groups, total, len(after.x) - len(before.x))
