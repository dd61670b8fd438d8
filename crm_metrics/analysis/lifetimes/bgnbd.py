"""BG/NBD: how often customers buy while they are customers, and after which purchase they stop.

Fader, Hardie and Lee (2005), "Counting Your Customers" the Easy Way, Marketing Science 24 (2), 275–284. A customer is
known by x, the number of repeat purchases, t_x, the time of the last one, and T, the time they have been watched, both
since the first purchase. While alive they buy at a rate drawn from a gamma distribution (r, α); after each purchase they
leave with a probability drawn from a beta distribution (a, b).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import betaincinv, digamma, expit, gammaln, hyp2f1

from crm_metrics.analysis.lifetimes.fitting import Fit, Likelihood, maximise
from crm_metrics.engine.cells import Floats, Ints

_STARTS = ((0.3, 0.1, 0.8, 2.5), (1.0, 1.0, 1.0, 1.0), (0.7, 0.3, 0.2, 5.0), (2.0, 0.5, 2.0, 10.0))
_CELLS = 16  # into so many parts the time is cut where starts are only compared
_SMALLEST = 1e-9
_PARTS, _LEAST = 32, 1e-6  # parts of equal chance into which the chance to leave is cut, and the least of it


@dataclass(frozen=True)
class Parameters:
    """r and α of how often customers buy, in purchases per unit of time; a and b of when they leave."""

    r: float
    alpha: float
    a: float
    b: float


@dataclass(frozen=True)
class Seen:
    """Distinct (x, t_x, T) with the number of customers of each: the likelihood needs no more."""

    x: Floats
    last: Floats
    watched: Floats
    customers: Floats


def alike(x: Ints, last: Ints, watched: Ints, days: float) -> Seen:
    """The customers put together who have bought and been watched alike; times are whole days, and the unit of time has so
    many `days`."""
    span = int(watched.max()) + 1
    codes, counts = np.unique((x * span + last) * span + watched, return_counts=True)
    most = codes // span**2
    return Seen(most.astype(np.float64), codes // span % span / days, codes % span / days, counts.astype(np.float64))


def fit(summary: Seen) -> Fit:
    """The parameters r, α, a, b that make what was seen likeliest."""
    unit = float(summary.watched.max())
    scaled = Seen(summary.x, summary.last / unit, summary.watched / unit, summary.customers)
    optimum = maximise(likelihood(scaled), _STARTS, float(summary.customers.sum()), coarse=likelihood(_coarse(scaled)))
    # Back in the unit of time: a density of times is as many times smaller as the unit is larger.
    return optimum.in_units((1, unit, 1, 1), -float(summary.customers @ summary.x * np.log(unit)))


def _coarse(summary: Seen) -> Seen:
    """Fewer entries that say nearly the same: times are put together that lie in the same small part of all."""
    cells = [(times * _CELLS).astype(np.int64) for times in (summary.last, summary.watched)]
    _, place = np.unique((summary.x.astype(np.int64) * 99 + cells[0]) * 99 + cells[1], return_inverse=True)
    weight = np.bincount(place, summary.customers).astype(np.float64)
    x, last, watched = (
        np.bincount(place, summary.customers * part) / weight for part in (summary.x, summary.last, summary.watched)
    )
    return Seen(x, last, watched, weight)


def likelihood(summary: Seen) -> Likelihood:
    """The log-likelihood of all customers and its gradient, a function of (r, α, a, b). Functions of x, t_x or T alone are
    computed once for each of their few values."""
    counts, of_count = np.unique(summary.x, return_inverse=True)
    lasts, of_last = np.unique(summary.last, return_inverse=True)
    ends, of_end = np.unique(summary.watched, return_inverse=True)
    many = np.bincount(of_count, summary.customers)
    repeat = counts > 0
    total = float(many.sum())

    def value(parameters: Floats) -> tuple[float, Floats]:
        r, alpha, a, b = parameters.tolist()
        chance = gammaln(r + counts) - gammaln(r) + r * np.log(alpha)
        chance += gammaln(a + b) + gammaln(b + counts) - gammaln(b) - gammaln(a + b + counts)
        log_end, log_last = np.log(alpha + ends), np.log(alpha + lasts)
        left = np.where(repeat, np.log(a) - np.log(b + np.maximum(counts, 1) - 1), -np.inf)
        power = (r + counts)[of_count]
        alive, gone = -power * log_end[of_end], left[of_count] - power * log_last[of_last]
        height = float(many @ chance + summary.customers @ np.logaddexp(alive, gone))
        share = expit(gone - alive) * summary.customers  # customers that are gone, at these parameters
        here = summary.customers - share
        gone_by_count = np.bincount(of_count, share, len(counts))
        logs = np.bincount(of_end, here, len(ends)) @ log_end + np.bincount(of_last, share, len(lasts)) @ log_last
        inverse = np.bincount(of_end, here * power, len(ends)) @ (1 / (alpha + ends)) + np.bincount(
            of_last, share * power, len(lasts)
        ) @ (1 / (alpha + lasts))
        all_ = digamma(a + b) - digamma(a + b + counts)
        slope = [
            many @ (digamma(r + counts) - digamma(r)) + total * np.log(alpha) - logs,
            total * r / alpha - inverse,
            many @ all_ + gone_by_count.sum() / a,
            many @ (all_ + digamma(b + counts) - digamma(b)) - gone_by_count[repeat] @ (1 / (b + counts[repeat] - 1)),
        ]
        return height, np.array(slope, dtype=np.float64)

    return value


def alive(summary: Seen, parameters: Parameters) -> Floats:
    """The chance that a customer of each entry has not left by T. Who has bought only once counts as alive: one leaves
    after a repeat purchase."""
    r, alpha, a, b = parameters.r, parameters.alpha, parameters.a, parameters.b
    there = -(r + summary.x) * np.log(alpha + summary.watched)
    gone = np.log(a) - np.log(b + np.maximum(summary.x, 1) - 1) - (r + summary.x) * np.log(alpha + summary.last)
    chance: Floats = expit(there - np.where(summary.x > 0, gone, -np.inf))
    return chance


def expected_if_alive(x: Floats, watched: Floats, parameters: Parameters, ahead: float) -> Floats:
    """Expected purchases, in the time `ahead`, of who is alive at T. The paper's ₂F₁ is taken after Euler's transformation:
    its parameters are small then, and no power can overflow however many purchases there were."""
    r, alpha, a, b = parameters.r, parameters.alpha, parameters.a, parameters.b
    a = a if abs(a - 1) > _SMALLEST else 1 + _SMALLEST
    total = a + b + x - 1
    total = np.where(np.abs(total) > _SMALLEST, total, _SMALLEST)
    z = ahead / (alpha + watched + ahead)
    with np.errstate(all="ignore"):
        series = hyp2f1(a - 1, a + b - 1 - r, total, z)
        purchases: Floats = total / (a - 1) * (1 - (1 - z) ** (a - 1) * series)
    lost = ~np.isfinite(purchases)  # parameters in the thousands: customers are alike, and the series overflows
    if lost.any():
        purchases[lost] = moments_if_alive(x[lost], watched[lost], parameters, ahead)[0]
    return purchases


def moments_if_alive(x: Floats, watched: Floats, parameters: Parameters, ahead: float) -> tuple[Floats, Floats]:
    """E[N] and E[N (N − 1)] of the purchases N, in the time `ahead`, of who is alive at T, for any parameters. Given a rate
    λ and a chance to leave p they are (1 − e^(−λpt)) / p and 2 (1 − p) / p² (1 − (1 + λpt) e^(−λpt)). λ, gamma(r + x,
    α + T), is integrated out by hand, p, beta(a, b + x), by the middles of parts of equal chance."""
    counts, place = np.unique(x, return_inverse=True)
    middles = (np.arange(_PARTS) + 0.5) / _PARTS
    p = np.maximum(betaincinv(parameters.a, parameters.b + counts[:, None], middles), _LEAST)
    shape, mean, pairs = parameters.r + x, np.zeros(len(x)), np.zeros(len(x))
    for part in p.T:
        leave = part[place]
        ratio = leave * ahead / (parameters.alpha + watched)
        grown = np.log1p(ratio)
        gone = -np.expm1(-shape * grown)
        mean += gone / leave / _PARTS
        pairs += 2 * (1 - leave) / leave**2 * (gone - shape * ratio * np.exp(-(shape + 1) * grown)) / _PARTS
    return mean, pairs
