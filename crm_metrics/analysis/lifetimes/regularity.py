"""Whether purchases come as regularly as a contract bills.

Wheat and Morrison (1990), Estimating Purchase Regularity with Two Interpurchase Times, Journal of Marketing Research 27 (1),
87–93. Of two pauses of one customer that follow each other, the part M = first / (first + second) does not depend on how
often the customer buys. Where purchases come by chance, as BG/NBD has it, M is uniform, whenever the watching began or ends
and whenever the customer leaves. Where pauses are gamma distributed with shape k, M is beta(k, k), around ½.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import betainc

from crm_metrics.analysis.lifetimes.histories import Ledger
from crm_metrics.engine.cells import Floats, Ints

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
    new = np.ones(len(day), dtype=bool)
    new[1:] = (customer[1:] != customer[:-1]) | (day[1:] != day[:-1])
    customer, day = customer[new], day[new]
    begins = np.flatnonzero(np.append(True, customer[1:] != customer[:-1])) if len(customer) else np.zeros(0, np.int64)
    many = np.diff(np.append(begins, len(customer)))
    begins, many = begins[many > 1], many[many > 1]
    if len(begins) < _FEWEST:
        return None
    pause = float(np.quantile((day[begins + many - 1] - day[begins]) / (many - 1), 0.95))
    candidates = [candidate for lag in _LAGS if (candidate := _within(customer, day, lag, pause)) is not None]
    if not candidates:
        return _between((day[begins + 1] - day[begins]).astype(np.float64), pause)
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
