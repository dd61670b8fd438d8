"""The one law for the model of purchases and amounts: where it is fitted, and where it is refused: where it fails a test,
fitted up to a day and set beside what was bought after it, and where purchases come as regularly as a contract bills.

Wheat and Morrison (1990), Estimating Purchase Regularity with Two Interpurchase Times, Journal of Marketing Research 27 (1),
87–93. Of two pauses of one customer that follow each other, the part M = first / (first + second) does not depend on how
often the customer buys. Where purchases come by chance, as BG/NBD has it, M is uniform, whenever the watching began or ends
and whenever the customer leaves. Where pauses are gamma distributed with shape k, M is beta(k, k), around ½.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import betainc

from crm_metrics.analysis.lifetimes import bgnbd
from crm_metrics.analysis.lifetimes.fitting import failing, untold
from crm_metrics.analysis.lifetimes.histories import Histories, Ledger
from crm_metrics.analysis.lifetimes.model import DAYS, FEWEST, Group, HoldOut, Model, Unit, fitted, predicted
from crm_metrics.engine.aggregates import begins
from crm_metrics.engine.cells import Floats, Ints
from crm_metrics.errors import NothingToReport
from crm_metrics.tables import Unusable

_PLAIN = "take arpu and repeat_purchase_rate, which need no model"
_BUYING = ("how often they buy",) * 2 + ("when they leave",) * 2
_SPENDING = ("what they spend",) * 3


def judged(
    ledger: Ledger, histories: Histories, *, until: int, unit: Unit = "weeks", mixed: Sequence[str] = ()
) -> Model:
    """The model of the customers as known at the end of the day `until`, whose histories are given, with its test on the
    last quarter of the time. A fit is left out, with the reason, that is not the top of its likelihood, has a parameter at
    its bound or without a standard error, is one to purchases as regular as a contract's, or fails its test. `mixed` names
    the currencies of amounts that cannot be added."""
    model = fitted(histories, unit=unit, mixed=mixed)
    refused, hold_out = dict(model.refused), None
    if model.purchases is not None:
        first = int(histories.first.min())
        failed: Unusable | None
        try:
            hold_out = held_out(ledger, until=until - round((until - first) / 4), end=until, unit=unit)
            failed = failing(hold_out.total.actual, hold_out.low, hold_out.high, "purchases came", _PLAIN)
        except NothingToReport as error:
            failed = Unusable("not-converged", f"the model cannot be tested: {error.what}", error.hint or _PLAIN)
        if (why := untold(model.purchases, _BUYING, _PLAIN) or failed) is not None:
            refused["purchases"] = why
    if model.repeat_buyers >= FEWEST and (why := _contract(regularity(ledger, until))) is not None:
        refused["purchases"] = why
    if model.spend is not None:
        each = float(np.nansum(histories.mean * histories.priced) / histories.priced.sum())
        hint = f"count with the mean of a repeat purchase, {each:,.2f}, for everybody"
        if (why := untold(model.spend, _SPENDING, hint)) is not None:
            refused["spend"] = why
    return replace(
        model,
        purchases=None if "purchases" in refused else model.purchases,
        spend=None if "spend" in refused else model.spend,
        refused=refused,
        hold_out=hold_out,
    )


def _contract(regularity: Regularity | None) -> Unusable | None:
    if regularity is None or not regularity.is_contract:
        return None
    times = "" if regularity.lag == 1 else f" of {regularity.lag} purchases"
    pair = f"two pauses{times} that follow each other" if regularity.within else "the first pauses of two customers"
    problem = (
        f"purchases come as regularly as a contract bills: in {regularity.share * 100:.0f} of 100 cases {pair} are alike, "
        f"within a half ({regularity.customers:,} customers; chance brings {regularity.by_chance * 100:.0f})"
    )
    hint = (
        f"give subscriptions, or --set inactive_after_days={np.ceil(1.5 * regularity.pause):.0f}: "
        "churn_rate and clv then say how long customers stay"
    )
    return Unusable("contract-like", problem, hint)


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


_ALIKE = 1.5  # two pauses are alike where the longer is at most so many times the shorter
# Of a habit: for groceries and services k of 1 to 3 is found (Wheat and Morrison; Platzer and Reutterer 2016, Marketing
# Science 35 (5), 779–799). At 8 pauses vary by 35 % of their mean, and most that follow each other are alike. Bills have
# hundreds; monthly ones that are paid up to ten days late have 50.
_SHAPE = 8
_LAGS = (1, 2, 3)  # who is billed several times a month has pauses that are alike two by two, or three by three
_SHORTEST = 12  # days: days cannot tell how alike pauses are that are shorter together; M does not depend on their sum
_FEWEST = 30  # customers
_POINTS = 500


@dataclass(frozen=True)
class Regularity:
    """How alike the pauses between purchases are: the `share`, 0–1, of those that follow each other, each customer counted
    once, of which the longer is at most one and a half times the shorter. A pause is the time of `lag` purchases. Chance
    brings a share of `by_chance`; from `most` on it is that of a contract. `within` says whether they are pauses of one
    customer; where too few have bought three times, the first pauses of any two customers are compared. At 95 of 100
    customers the mean pause lasts no more than `pause` days."""

    share: float
    by_chance: float
    most: float
    lag: int
    customers: int
    pause: float
    within: bool = True

    @property
    def is_contract(self) -> bool:
        return self.share >= self.most


def regularity(ledger: Ledger, until: int) -> Regularity | None:
    """That of the purchase days up to and including a day, at the lag at which it is largest beside that of a contract; None
    where too few customers have bought often enough to tell."""
    kept = (ledger.day <= until) & ~ledger.is_refund
    customer, day = ledger.customer[kept], ledger.day[kept]
    new = begins(customer, day)
    customer, day = customer[new], day[new]
    first = np.flatnonzero(begins(customer))
    many = np.diff(np.append(first, len(customer)))
    first, many = first[many > 1], many[many > 1]
    if len(first) < _FEWEST:
        return None
    pause = float(np.quantile((day[first + many - 1] - day[first]) / (many - 1), 0.95))
    candidates = [candidate for lag in _LAGS if (candidate := _within(customer, day, lag, pause)) is not None]
    if not candidates:
        return _between((day[first + 1] - day[first]).astype(np.float64), pause)
    return max(candidates, key=lambda candidate: candidate.share / candidate.most)


def _within(customer: Ints, day: Ints, lag: int, pause: float) -> Regularity | None:
    size = max(len(day) - 2 * lag, 0)
    first, second = ((day[at + lag :][:size] - day[at:][:size]).astype(np.float64) for at in (0, lag))
    long = (customer[2 * lag :] == customer[:size]) & (first + second >= _SHORTEST)
    owners, place = np.unique(customer[:size][long], return_inverse=True)
    if len(owners) < _FEWEST:
        return None
    share = float((np.bincount(place, _alike(first[long], second[long])) / np.bincount(place)).mean())
    return Regularity(share, _share_of(lag), _share_of(_SHAPE * lag), lag, len(owners), pause)


def _between(pauses: Floats, pause: float) -> Regularity | None:
    """First pauses compared with each other, by up to 500 quantiles of them. Chance makes them less alike than those of one
    customer, for customers differ; who has been watched for a short time only can have short ones only, which brings a third
    at most."""
    places = np.unique(np.linspace(0, len(pauses) - 1, _POINTS).round().astype(np.int64))
    points = np.sort(pauses)[places]
    left, right = np.triu_indices(len(points), 1)
    long = points[left] + points[right] >= _SHORTEST
    if long.sum() < _FEWEST:
        return None
    share = float(_alike(points[left][long], points[right][long]).mean())
    return Regularity(share, 1 / 3, _share_of(_SHAPE), 1, len(pauses), pause, within=False)


def _alike(first: Floats, second: Floats) -> Floats:
    alike: Floats = (np.maximum(first, second) <= _ALIKE * np.minimum(first, second)).astype(np.float64)
    return alike


def _share_of(shape: float) -> float:
    """The share of pauses that are alike where they are gamma distributed with a shape."""
    edge = _ALIKE / (1 + _ALIKE)
    return float(2 * betainc(shape, shape, edge) - 1)
