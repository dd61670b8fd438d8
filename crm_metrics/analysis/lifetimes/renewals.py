"""Shifted beta-geometric: for how many renewals customers on contract stay.

Fader and Hardie (2007), How to Project Customer Retention, Journal of Interactive Marketing 21 (1), 76–90. At each
renewal a customer leaves with a probability that differs between customers by a beta distribution (α, β).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import betaln, digamma

from crm_metrics.analysis.lifetimes.fitting import Fit, Likelihood, maximise
from crm_metrics.engine.cells import Floats

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
