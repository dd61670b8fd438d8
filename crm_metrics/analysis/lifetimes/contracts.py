"""How long subscribers stay, month by month, and what their subscriptions will bring: the shifted beta-geometric model.

Fader and Hardie (2007), How to Project Customer Retention, Journal of Interactive Marketing 21 (1), 76–90. At each
renewal a customer leaves with a probability that differs between customers by a beta distribution (α, β).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.special import betaln, digamma

from crm_metrics.analysis.lifetimes.fitting import Fit, Likelihood, failing, maximise, untold
from crm_metrics.analysis.lifetimes.model import FEWEST, MONTH, months_ahead
from crm_metrics.engine.cells import Floats
from crm_metrics.tables import Table, Unusable
from crm_metrics.tables.frames import DAY, moments, numbers

_PLAIN = "take churn_rate and clv, which need no model"
_NEARLY = 0.1  # of a month: a subscription that ends so shortly after a renewal ended with it


@dataclass(frozen=True)
class Test:
    """How many of the `subscribers` on the day `until` were expected to leave after it, by a model fitted up to it, from
    `low` to `high` in 99 of 100 cases, and how many did."""

    until: int
    subscribers: int
    expected: float
    low: float
    high: float
    actual: int

    @property
    def holds(self) -> bool:
        return self.low <= self.actual <= self.high


@dataclass(frozen=True)
class Contracts:
    """The fit to the months that `subscribers` have stayed, of whom `lost` have left; None where it cannot be had, `refused`
    says why. `test` is that on the last quarter of the time, where one was made."""

    subscribers: int = 0
    lost: int = 0
    fit: Fit | None = None
    refused: Unusable | None = None
    test: Test | None = None

    @property
    def parameters(self) -> Parameters | None:
        return Parameters(*self.fit.parameters.tolist()) if self.fit is not None else None


def contracts(spells: Table | None, at: int) -> Contracts:
    """The fit to each customer's first time as a subscriber, as known just before the instant `at`."""
    if spells is None or not spells.has("ended_at"):
        return Contracts(refused=spells.unusable.get("ended_at") if spells is not None else None)
    frame = spells.frame
    edge = np.datetime64(at, "us")
    started, ended = moments(frame, "started_at"), moments(frame, "ended_at")
    kept = (started < edge) & (numbers(frame, "ordinal") == 1)
    started, ended = started[kept], ended[kept]
    fitted = _fitted(started, ended, edge)
    if fitted.fit is None:
        return fitted
    until = edge - (edge - started.min()) // 4
    before = _fitted(started[started < until], ended[started < until], until)
    test = _tested(before, started, ended, until, edge) if before.fit is not None else None
    trouble = untold(fitted.fit, ("when they leave",) * 2, _PLAIN)
    if trouble is None and before.refused is not None:
        problem = f"the model cannot be tested: up to {until.astype('datetime64[D]')} {before.refused.seen}"
        trouble = Unusable("not-converged", problem, _PLAIN)
    if trouble is None and test is not None:
        trouble = failing(test.actual, test.low, test.high, "subscribers left", _PLAIN)
    return replace(fitted, fit=fitted.fit if trouble is None else None, refused=trouble, test=test)


def _fitted(started: np.ndarray, ended: np.ndarray, edge: np.datetime64) -> Contracts:
    """The fit to all who have started, as known at the edge."""
    over = ended < edge
    many, gone = len(over), int(over.sum())
    if gone < FEWEST:
        problem = f"{gone:,} subscribers have left: a model of renewals needs {FEWEST}"
        return Contracts(many, gone, None, Unusable("not-converged", problem))
    held = months_held(started, np.where(over, ended, edge))
    left = np.maximum(np.ceil(held[over] - _NEARLY), 1).astype(np.int64)
    stayed = np.floor(held[~over]).astype(np.int64)
    longest = int(max(left.max(), stayed.max(initial=1)))
    lost = np.bincount(left, minlength=longest + 1)[1:].astype(np.float64)
    staying = np.bincount(stayed, minlength=longest + 1)[1:].astype(np.float64)
    optimum = fit(lost, staying)
    if not optimum.converged:
        return Contracts(many, gone, None, Unusable("not-converged", "no single best model of renewals is found"))
    return Contracts(many, gone, optimum)


def _tested(
    before: Contracts, started: np.ndarray, ended: np.ndarray, until: np.datetime64, edge: np.datetime64
) -> Test:
    """Those who subscribed at `until`, and what the fit up to then expects of them up to the edge."""
    assert before.fit is not None
    there = (started < until) & ~(ended < until)
    held, logs = months_held(started[there], until), np.log(before.fit.parameters)
    ahead = months_held(started[there], edge) - held

    def leaving(moved: Floats) -> Floats:
        return 1 - survival(Parameters(*np.exp(logs + moved).tolist()), held, ahead)

    chance = leaving(np.zeros(2))
    low, high = before.fit.limits(lambda moved: float(leaving(moved).sum()), float((chance * (1 - chance)).sum()))
    day = int(until.astype("datetime64[D]").astype(np.int64))
    return Test(day, len(chance), float(chance.sum()), low, high, int((ended[there] < edge).sum()))


def months_held(started: np.ndarray, until: np.ndarray | np.datetime64) -> Floats:
    """The time between two instants in months of 30.4375 days."""
    months: Floats = np.subtract(until, started) / DAY / MONTH
    return months


def worth(contracts: Contracts, held: Floats, *, days: float, discount_rate: float) -> Floats:
    """What one unit of recurring revenue a month is worth in the next `days` from subscribers who have stayed for so many
    months: each month's is paid at its end by those still there; NaN without a model."""
    parameters = contracts.parameters
    if parameters is None:
        return np.full(len(held), np.nan)
    ends, factors = months_ahead(days, discount_rate)
    lengths = np.diff(np.append(0.0, ends)) / MONTH
    tenures, place = np.unique(np.floor(held), return_inverse=True)
    values = np.zeros(len(tenures))
    for number, (length, factor) in enumerate(zip(lengths, factors, strict=True), start=1):
        values += length * factor * survival(parameters, tenures, np.full(len(tenures), float(number)))
    return values[place]


_STARTS = ((1.0, 4.0), (0.5, 1.0), (5.0, 50.0))


@dataclass(frozen=True)
class Parameters:
    """α and β of the chance to leave at a renewal."""

    alpha: float
    beta: float


def fit(lost: Floats, staying: Floats) -> Fit:
    """The parameters α, β. `lost[i]` customers left at their renewal i + 1; `staying[i]` have come through i + 1 renewals
    and are still there."""
    return maximise(_likelihood(lost, staying), _STARTS, float(lost.sum() + staying.sum()))


def _likelihood(lost: Floats, staying: Floats) -> Likelihood:
    renewals = np.arange(1.0, len(lost) + 1)

    def value(parameters: Floats) -> tuple[float, Floats]:
        alpha, beta = parameters.tolist()
        left = betaln(alpha + 1, beta + renewals - 1) - betaln(alpha, beta)
        stays = betaln(alpha, beta + renewals) - betaln(alpha, beta)
        height = float(lost @ left + staying @ stays)
        both = digamma(alpha + beta) - digamma(alpha + beta + renewals)
        slope = [
            lost @ (digamma(alpha + 1) - digamma(alpha) + both) + staying @ both,
            lost @ (digamma(beta + renewals - 1) - digamma(beta) + both)
            + staying @ (digamma(beta + renewals) - digamma(beta) + both),
        ]
        return height, np.array(slope, dtype=np.float64)

    return value


def survival(parameters: Parameters, renewals: Floats, ahead: Floats) -> Floats:
    """The chance that who has come through `renewals` comes through `ahead` more."""
    alpha, beta = parameters.alpha, parameters.beta
    chance: Floats = np.exp(betaln(alpha, beta + renewals + ahead) - betaln(alpha, beta + renewals))
    return chance
