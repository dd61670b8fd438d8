"""The model of a file's customers: how often they buy (BG/NBD) and for how much (Gamma-Gamma), and what it predicts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, get_args

import numpy as np

from crm_metrics.analysis.lifetimes import bgnbd, gammagamma
from crm_metrics.analysis.lifetimes.fitting import Fit
from crm_metrics.analysis.lifetimes.histories import Histories
from crm_metrics.engine.cells import Floats
from crm_metrics.tables import Unusable

Unit = Literal["days", "weeks", "months"]
UNITS: tuple[str, ...] = get_args(Unit)
MONTH, YEAR = 30.4375, 365.25
DAYS = {"days": 1.0, "weeks": 7.0, "months": MONTH}
FEWEST = 100  # repeat buyers; with fewer the parameters say little


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
    Were the model true, the purchases of all would lie from `low` to `high` in 99 of 100 cases. `newcomers` bought for the
    first time after the day: no model expects them."""

    until: int
    days: int
    model: Model
    groups: list[Group]
    total: Group
    low: float
    high: float
    newcomers: int

    @property
    def holds(self) -> bool:
        return self.low <= self.total.actual <= self.high


@dataclass(frozen=True)
class Model:
    """The fits to the histories of `customers`, of whom `repeat_buyers` bought on more than one day; time is in `unit`. A
    fit that cannot be had is None, and `refused` says why, under `purchases` and under `spend`. `hold_out` is the test of
    the purchases, where one was made."""

    unit: Unit
    customers: int
    repeat_buyers: int
    purchases: Fit | None = None
    spend: Fit | None = None
    refused: dict[str, Unusable] = field(default_factory=dict)
    hold_out: HoldOut | None = None

    @property
    def buying(self) -> bgnbd.Parameters | None:
        return bgnbd.Parameters(*self.purchases.parameters.tolist()) if self.purchases is not None else None

    @property
    def spending(self) -> gammagamma.Parameters | None:
        return gammagamma.Parameters(*self.spend.parameters.tolist()) if self.spend is not None else None

    @property
    def trouble(self) -> Unusable | None:
        """Why no value can be predicted; None when one can."""
        return self.refused.get("purchases") or self.refused.get("spend")


@dataclass(frozen=True)
class Prediction:
    """By customer: the chance of being alive, the purchases expected in the time ahead, what each is expected to bring, and
    the value of all of them today. NaN where the model cannot be had."""

    alive: Floats
    purchases: Floats
    spend: Floats
    value: Floats


def fitted(histories: Histories, *, unit: Unit = "weeks", mixed: Sequence[str] = ()) -> Model:
    """The model of the customers; `mixed` names the currencies of amounts that cannot be added."""
    repeat = int((histories.x > 0).sum())
    if not len(histories.x):
        return Model(unit, 0, 0, refused={"purchases": Unusable("no-rows", "nobody had bought anything yet")})
    fits = {"purchases": _purchases(histories, unit, repeat), "spend": _spend(histories, mixed)}
    refused = {name: fit for name, fit in fits.items() if isinstance(fit, Unusable)}
    purchases, spend = (fit if isinstance(fit, Fit) else None for fit in fits.values())
    return Model(unit, len(histories.x), repeat, purchases, spend, refused)


def _purchases(histories: Histories, unit: Unit, repeat: int) -> Fit | Unusable:
    if repeat < FEWEST:
        problem = f"only {repeat:,} of {len(histories.x):,} customers bought on more than one day"
        return _too_few(problem, "of customers")
    fit = bgnbd.fit(bgnbd.alike(histories.x, histories.last, histories.watched, DAYS[unit]))
    return fit if fit.converged else Unusable("not-converged", "no single best model of when customers buy is found")


def _spend(histories: Histories, mixed: Sequence[str]) -> Fit | Unusable:
    if mixed:
        hint = "give exchange rates with [rates] in the settings"
        return Unusable("mixed-currency", f"the amounts are in {', '.join(mixed)}", hint)
    priced = (histories.priced > 0) & (histories.mean > 0)
    if priced.sum() < FEWEST:
        problem = f"only {priced.sum():,} of {len(priced):,} customers have a repeat purchase with an amount"
        return _too_few(problem, "of amounts")
    fit = gammagamma.fit(histories.priced[priced], histories.mean[priced])
    if not fit.converged:
        return Unusable("not-converged", "no single best model of what customers spend is found")
    if fit.parameters[1] <= 1:
        problem = f"amounts differ so much between customers that they have no mean (q = {fit.parameters[1]:.3g})"
        return Unusable("infinite-mean", problem)
    return fit


def _too_few(problem: str, what: str) -> Unusable:
    return Unusable("not-converged", f"{problem}: a model {what} needs {FEWEST}", "take a longer time, or all files")


def predicted(histories: Histories, model: Model, *, days: float, discount_rate: float) -> Prediction:
    """What the model expects of each customer in the next `days`. The value is discounted month by month at so much a
    year, each month's purchases at its end."""
    nothing = np.full(len(histories.x), np.nan)
    alive, purchases, discounted, spend = (nothing,) * 4
    if (buying := model.buying) is not None:
        unit = DAYS[model.unit]
        x = histories.x.astype(np.float64)
        alive = bgnbd.alive(bgnbd.Seen(x, histories.last / unit, histories.watched / unit, np.ones(len(x))), buying)
        # Purchases of who is alive depend on x and T alone, of which few pairs differ.
        span = int(histories.watched.max()) + 1
        pairs, place = np.unique(histories.x * span + histories.watched, return_inverse=True)
        times, factors = months_ahead(days, discount_rate)
        counts, watched = (pairs // span).astype(np.float64), pairs % span / unit
        reached = [bgnbd.expected_if_alive(counts, watched, buying, time / unit) for time in times]
        parts = np.diff(np.array([np.zeros(len(pairs)), *reached]), axis=0)
        purchases, discounted = alive * parts.sum(axis=0)[place], alive * (factors @ parts)[place]
    if (spending := model.spending) is not None:
        spend = gammagamma.expected(histories.priced, histories.mean, spending)
    return Prediction(alive, purchases, spend, discounted * spend)


def months_ahead(days: float, discount_rate: float) -> tuple[list[float], Floats]:
    """The ends of the months ahead, the last cut where the time ends, and what a payment at each is worth today."""
    months = int(np.ceil(days / MONTH - 1e-9))
    times = np.minimum(np.arange(1, months + 1) * MONTH, days)
    return times.tolist(), (1 + discount_rate) ** (-times / YEAR)
