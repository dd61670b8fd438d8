"""A model put to the test: fitted up to a day, its expectations beside what was bought after it."""

from __future__ import annotations

import numpy as np

from crm_metrics.analysis.lifetimes import bgnbd
from crm_metrics.analysis.lifetimes.histories import Histories, Ledger
from crm_metrics.analysis.lifetimes.model import DAYS, Group, HoldOut, Model, Unit, fitted, predicted
from crm_metrics.engine.cells import Floats
from crm_metrics.errors import NothingToReport

_MOST = 7  # customers with so many repeat purchases and more are one group


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
    low, high = _limits(before, model, end - until)
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
    return HoldOut(until, end - until, model, groups, total, low, high, len(after.x) - len(before.x))


def _limits(before: Histories, model: Model, days: int) -> tuple[float, float]:
    """The prediction limits of all purchases in the days ahead. Their variance is that of what each customer does, given the
    parameters (chance, and that customers differ in ways that their histories do not tell), and that of the expectation with
    the parameters' errors (delta method). On the logarithmic scale: a count is not negative."""
    assert model.purchases is not None
    unit = DAYS[model.unit]
    summary = bgnbd.alike(before.x, before.last, before.watched, unit)
    ahead = days / unit
    logs = np.log(model.purchases.parameters)

    def at(moved: Floats) -> tuple[Floats, Floats]:
        """E[N] and E[N (N − 1)] of the customers of each entry."""
        parameters = bgnbd.Parameters(*np.exp(logs + moved).tolist())
        mean, pairs = bgnbd.moments_if_alive(summary.x, summary.watched, parameters, ahead)
        alive = bgnbd.alive(summary, parameters)
        return alive * mean, alive * pairs

    mean, pairs = at(np.zeros(4))
    variance = float(summary.customers @ (pairs + mean - mean**2))
    return model.purchases.limits(lambda moved: float(summary.customers @ at(moved)[0]), variance)


def tested(test: HoldOut) -> str:
    """A hold-out in words: expected, limits, and what came."""
    day = np.datetime64(test.until, "D")
    return (
        f"Hold-out: from purchases up to {day} {test.total.expected:,.1f} were expected in the {test.days:,} days after, "
        f"{test.low:,.1f} to {test.high:,.1f} in 99 of 100 cases, and {test.total.actual:,} came"
    )
