"""Gamma-Gamma: how much a customer spends at a purchase.

Fader and Hardie (2013), The Gamma-Gamma Model of Monetary Value. The amounts of a customer are gamma distributed with
shape p and a scale that is itself gamma distributed over customers (q, v).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import digamma, gammaln

from crm_metrics.analysis.lifetimes.fitting import Fit, Likelihood, maximise
from crm_metrics.engine.cells import Floats

_STARTS = ((6.0, 4.0, 1.0), (1.0, 3.0, 2.0), (2.0, 10.0, 5.0))


@dataclass(frozen=True)
class Parameters:
    """p, the shape of a customer's amounts; q and v of how customers differ, v in money."""

    p: float
    q: float
    v: float


def fit(x: Floats, mean: Floats) -> Fit:
    """The parameters p, q, v that make the mean amounts of customers with `x` purchases each likeliest; all means lie
    above 0."""
    unit = float(np.median(mean))
    optimum = maximise(_likelihood(x, mean / unit), _STARTS, float(len(x)))
    return optimum.in_units((1, 1, unit), -len(x) * float(np.log(unit)))


def _likelihood(x: Floats, mean: Floats) -> Likelihood:
    """The log-likelihood of all customers and its gradient, a function of (p, q, v)."""
    counts, place = np.unique(x, return_inverse=True)
    many = np.bincount(place)
    log_mean, log_sum = np.log(mean), np.log(mean) + np.log(x)
    total = x * mean

    def value(parameters: Floats) -> tuple[float, Floats]:
        p, q, v = parameters.tolist()
        shape = p * counts
        log_all = np.log(total + v)
        ratio = (p * x + q) / (total + v)
        fixed = many @ (gammaln(shape + q) - gammaln(shape)) - len(x) * (gammaln(q) - q * np.log(v))
        height = fixed + p * (x @ log_sum) - log_mean.sum() - (p * x + q) @ log_all
        slope = [
            many @ (counts * (digamma(shape + q) - digamma(shape))) + x @ (log_sum - log_all),
            many @ digamma(shape + q) + len(x) * (np.log(v) - digamma(q)) - log_all.sum(),
            len(x) * q / v - ratio.sum(),
        ]
        return float(height), np.array(slope, dtype=np.float64)

    return value


def expected(x: Floats, mean: Floats, parameters: Parameters) -> Floats:
    """What each customer is expected to spend at a purchase, from the mean of `x` purchases seen (0: that of all)."""
    p, q, v = parameters.p, parameters.q, parameters.v
    return p * (v + x * np.where(x > 0, mean, 0.0)) / (p * x + q - 1)
