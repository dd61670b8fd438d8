"""Maximum likelihood for models whose parameters are positive: several starts, Newton's method to the top, and standard
errors from the curvature there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import minimize

from crm_metrics.engine.cells import Bools, Floats
from crm_metrics.tables import Unusable

Likelihood = Callable[[Floats], tuple[float, Floats]]  # parameters -> log-likelihood and its gradient

_FURTHEST = 9.0  # parameters lie within e^±9 of the unit of time or money
_STEP = 1e-4
_MOVE = 1e-3
LIMIT = 2.576  # standard deviations: 99 of 100 lie within
_STEPS, _HALVINGS = 50, 30
_GAIN = 1e-12  # a step that wins less, in log-likelihood per record, is the last
_LEVEL = 1e-5  # how level the likelihood must be at the top, per record and unit of the parameters' logarithms
_FLAT = 1e-6
_VAGUE = 2 * _FURTHEST  # a logarithm with a larger error than all that is tried has none
_PART = 0.1  # of the square of a direction: a parameter with as much lies in it


@dataclass(frozen=True)
class Fit:
    """The parameters at the top of a likelihood. `covariance` is that of their logarithms; in directions that the records do
    not tell (all customers are alike, say) it is as large as the bounds allow. `at_bound` marks parameters that lie at the
    edge of what is tried, `untold` those without a standard error: the curvature at the top is none, or too small.
    `converged` says whether it is the top: the likelihood is level there."""

    parameters: Floats
    covariance: Floats
    log_likelihood: float
    converged: bool
    at_bound: Bools
    untold: Bools

    @property
    def errors(self) -> Floats:
        """The standard errors of the parameters; NaN for those that have none."""
        errors: Floats = self.parameters * np.sqrt(np.diag(self.covariance))
        return np.where(self.at_bound | self.untold, np.nan, errors)

    def limits(self, expected: Callable[[Floats], float], variance: float) -> tuple[float, float]:
        """Between which a count lies in 99 of 100 cases. `expected` is the expectation at parameters of which the logarithms
        are moved by so much, `variance` that of the count with these parameters; that of the expectation comes to it by the
        delta method. On the logarithmic scale: a count is not negative."""
        total, steps = expected(np.zeros(len(self.parameters))), np.eye(len(self.parameters)) * _MOVE
        slope = np.array([expected(step) - expected(-step) for step in steps]) / (2 * _MOVE)
        spread = np.sqrt(np.log1p((variance + slope @ self.covariance @ slope) / total**2))
        return total * float(np.exp(-LIMIT * spread)), total * float(np.exp(LIMIT * spread))

    def in_units(self, units: Sequence[float], shift: float) -> Fit:
        """The fit with parameters in other units, and the log-likelihood of densities in them."""
        return replace(self, parameters=self.parameters * np.array(units), log_likelihood=self.log_likelihood + shift)


def untold(fit: Fit, parameters: Sequence[str], instead: str) -> Unusable | None:
    """Why the parameters of a fit, each about something, are not told by its records: one lies at the bound of what is tried
    or has no standard error; and what to do `instead`. None where all are told."""
    vague = dict.fromkeys(about for about, there in zip(parameters, fit.at_bound | fit.untold, strict=True) if there)
    problem = f"the records do not tell how customers differ in {' and '.join(vague)}"
    return Unusable("not-identified", problem, instead) if vague else None


def failing(actual: int, low: float, high: float, what: str, instead: str) -> Unusable | None:
    """Why a model is refused where what came lies outside its limits, and what to do `instead`; None where it does not."""
    if low <= actual <= high:
        return None
    problem = f"the model fails its test on the last quarter of the time: {actual:,} {what}, and it allows for "
    return Unusable("failed-hold-out", f"{problem}{low:,.1f} to {high:,.1f}", instead)


def maximise(
    likelihood: Likelihood, starts: Sequence[Sequence[float]], records: float, *, coarse: Likelihood | None = None
) -> Fit:
    """The parameters that make the records likeliest. The starts are followed on `coarse`, a likelihood of the same shape
    that is quicker to compute, where one is given; the best of them is taken to the top of `likelihood`."""
    rough, exact = _descent(coarse or likelihood, records), _descent(likelihood, records)
    bounds = [(-_FURTHEST, _FURTHEST)] * len(starts[0])
    tries = [
        minimize(rough, np.log(np.asarray(start, dtype=np.float64)), jac=True, method="L-BFGS-B", bounds=bounds)
        for start in starts
    ]
    logs = _climbed(exact, np.asarray(min(tries, key=lambda attempt: float(attempt.fun)).x, dtype=np.float64))
    height, slope = exact(logs)
    converged = bool(np.all(np.abs(slope[_free(logs, slope)]) < _LEVEL))
    at_bound = np.abs(logs) > _FURTHEST - _STEP
    covariance, untold = _covariance(_curvature(exact, logs) * records)
    return Fit(np.exp(logs), covariance, -height * records, converged, at_bound, untold)


def _descent(likelihood: Likelihood, records: float) -> Likelihood:
    """What is minimised: the likelihood per record, turned over, as a function of the parameters' logarithms."""

    def value(logs: Floats) -> tuple[float, Floats]:
        parameters = np.exp(logs)
        height, slope = likelihood(parameters)
        return -height / records, -slope * parameters / records

    return value


def _climbed(function: Likelihood, logs: Floats) -> Floats:
    """Newton's method, each step halved until it wins something."""
    height, slope = function(logs)
    for _ in range(_STEPS):
        free = _free(logs, slope)
        steepness, axes = np.linalg.eigh(_curvature(function, logs)[np.ix_(free, free)])
        step = np.zeros(len(logs))
        step[free] = axes @ (axes.T @ slope[free] / np.maximum(np.abs(steepness), _FLAT))
        step *= min(1.0, 1.0 / max(float(np.abs(step).max()), _GAIN))
        if float(slope @ step) < _GAIN:
            break
        for halving in range(_HALVINGS):
            tried = np.clip(logs - step / 2**halving, -_FURTHEST, _FURTHEST)
            lower, there = function(tried)
            if lower < height:
                break
        else:
            break
        logs, height, slope = tried, lower, there
    return logs


def _free(logs: Floats, slope: Floats) -> Bools:
    """The parameters that do not lie at the edge with the likelihood still rising beyond it."""
    free: Bools = (np.abs(logs) < _FURTHEST) | (slope * logs >= 0)
    return free


def _curvature(function: Likelihood, logs: Floats) -> Floats:
    """The second derivatives, from differences of the gradient to both sides."""
    steps = np.eye(len(logs)) * _STEP
    second = np.array([(function(logs + step)[1] - function(logs - step)[1]) / (2 * _STEP) for step in steps])
    return (second + second.T) / 2


def _covariance(information: Floats) -> tuple[Floats, Bools]:
    """The covariance of the parameters' logarithms, and which of them the records do not tell: they lie in a direction in
    which the likelihood hardly falls, or rises."""
    steepness, axes = np.linalg.eigh(information)
    weak = steepness <= 1 / _VAGUE**2
    covariance = axes / np.where(weak, 1 / _VAGUE**2, steepness) @ axes.T
    return covariance, np.any(axes[:, weak] ** 2 > _PART, axis=1)
