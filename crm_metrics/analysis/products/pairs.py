"""What is bought together: lift with its limits, and which pairs are together more often than chance explains.

The limits of a lift are those of its logarithm by the delta method over baskets: with shares a, b and both, the
variance is (1/both − 1/a − 1/b + 2·lift − 1) / baskets. Lift alone also tells how large baskets are: where few large
ones stand among many of one product, every pair has a lift above 1. So a pair is told only if its limits lie above 1,
and if it is more frequent than partners drawn at random make it: of a product's partners (the other products in its
baskets) so many are the other one with the chance that this is among all that have nothing to do with the first
(quasi-independence, Goodman 1968; binomial; seen from either product). Both are corrected for all pairs that could be
told (Bonferroni).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.optimize import brentq
from scipy.special import bdtrc, ndtri

from crm_metrics.engine.cells import Floats, Ints, Z

MOST = 2_000  # of so many products, those in the most baskets, the pairs are looked at
MORE, NONE = "more often", "no more than chance"
_WIDE = 1e6


@dataclass(frozen=True)
class Pair:
    """Two products: in how many baskets they are together and each, how many to expect by chance, the lift with its 95
    % limits, and what can be said of it."""

    left: str
    right: str
    both: int
    first: int
    second: int
    expected: float
    lift: float
    low: float
    high: float
    mark: str


@dataclass(frozen=True)
class Pairs:
    """The first of the pairs that are in enough baskets together, those that can be told, by lift, before the others, by
    their number. `significant` counts the former, `compared` all pairs whose products are in enough baskets each;
    `left_aside` are products that were not looked at."""

    pairs: list[Pair]
    significant: int
    baskets: int
    basket: str
    compared: int
    left_aside: int


def together(table: sparse.csr_array, names: list[str], basket: str, *, least: int, top: int, risk: float) -> Pairs:
    """The first `top` pairs of products that are in at least `least` baskets together, at a risk for all claims;
    `table` has a row for each basket and a one for each product in it."""
    count, size = table.shape[0], np.asarray(table.sum(axis=0), dtype=np.float64).ravel()
    enough = np.flatnonzero(size >= least)
    kept = np.sort(enough[np.argsort(-size[enough], kind="stable")[:MOST]])
    compared = len(kept) * (len(kept) - 1) // 2
    aside = len(enough) - len(kept)
    if not compared:
        return Pairs([], 0, count, basket, 0, aside)
    table = table[:, kept]
    both = (table.T @ table).toarray()
    np.fill_diagonal(both, 0.0)
    left, right = np.nonzero(np.triu(both >= least, k=1))
    counts, first, second = both[left, right], size[kept][left], size[kept][right]
    chance, tail = _by_chance(both, left, right)
    lift, spread = lifts(counts, first, second, float(count))
    away = -float(ndtri(risk / compared / 2)) * spread
    mark = np.where((np.log(lift) > away) & (tail <= risk / compared / 2), MORE, NONE)
    low, high = lift * np.exp(-Z * spread), lift * np.exp(Z * spread)
    order = np.lexsort((right, left, np.where(mark == NONE, -counts, -lift), mark == NONE))[:top]
    figures = (*(sizes.astype(np.int64) for sizes in (counts, first, second)), chance, lift, low, high, mark)
    rows = zip(*(column[order].tolist() for column in figures), strict=True)
    both_names = [(names[kept[left[at]]], names[kept[right[at]]]) for at in order.tolist()]
    pairs = [Pair(*named, *row) for named, row in zip(both_names, rows, strict=True)]
    return Pairs(pairs, int((mark == MORE).sum()), count, basket, compared, aside)


def lifts(both: Floats, left: Floats, right: Floats, baskets: float) -> tuple[Floats, Floats]:
    """How many times as often as if they were independent two products are in the same basket, and the standard
    deviation of the logarithm of that."""
    lift = both * baskets / (left * right)
    return lift, np.sqrt(np.maximum(1 / both - 1 / left - 1 / right + (2 * lift - 1) / baskets, 0.0))


def _by_chance(both: Floats, left: Ints, right: Ints) -> tuple[Floats, Floats]:
    """Of pairs how often they would be together if partners were drawn at random, and the chance that they are at least
    as often as they are: of the two products the one from which the pair looks less odd."""
    partners = np.rint(both.sum(axis=1)).astype(np.int64)
    share = np.zeros_like(both)
    for at in np.union1d(left, right).tolist():
        others = (partners - both[at]).astype(np.float64)
        others[at] = 0.0
        weight = weights(others)
        share[at] = np.maximum(weight / max(weight.sum(), 1e-300), 1 / (others.sum() + 1))
    sides = [(partners[i], share[i, j]) for i, j in ((left, right), (right, left))]
    expected = [number * chance for number, chance in sides]
    tails = [bdtrc(both[left, right] - 1, number, chance) for number, chance in sides]
    return np.maximum(*expected), np.maximum(*tails)


def weights(partners: Floats) -> Floats:
    """The weight w of each product for which the sum over the others of w·w' is its number of partners: what two
    products expect of each other is the product of their weights."""
    most = int(np.argmax(partners))
    least = 2 * np.sqrt(partners[most])
    if not least:
        return np.zeros(len(partners))

    def weight(total: float, *, heavy: bool) -> Floats:
        values = 2 * partners / (total + np.sqrt(np.maximum(total**2 - 4 * partners, 0.0)))
        if heavy:  # more than half of the whole weight is that of one product
            values[most] = total - values[most]
        return values

    heavy = bool(weight(least, heavy=False).sum() < least)
    total, end = least, least * _WIDE
    if heavy != bool(weight(end, heavy=heavy).sum() < end):
        total = brentq(lambda size: float(weight(size, heavy=heavy).sum() - size), least, end)
    else:
        total = end  # every basket holds the heavy one
    return weight(float(total), heavy=heavy)
