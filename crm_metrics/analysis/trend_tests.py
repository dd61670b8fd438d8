"""What a series of periods shows beyond chance: the tests behind a trend, each with its chance of a false alarm.

Values are one per period, oldest first, without gaps; `at` are their places in time. Every p-value is two-sided and taken
for a series whose periods may hang together a little: positive correlation from one period to the next makes the tests
stricter, which white noise hardly feels. What is drawn at random is drawn with a fixed seed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

DRAWS = 1999  # permutations: the smallest p-value is 1 in 2000
FEWEST_TO_BREAK = 12  # periods before a change of level is looked for
_SHORTEST_LEVEL = 4  # periods on each side of it
_STEEPER = 1.25  # by so much a step must explain more than a bend does
_SEED = 20240229
_MAD_TO_SIGMA = 1.4826
_MAD_EFFICIENCY = 0.37  # what the median deviation is worth in observations


@dataclass(frozen=True)
class Slope:
    """A Theil–Sen slope per period with its 95 % interval, the value at place 0 of the line
    that leaves as much above as below it, and Mann–Kendall's tau and p."""

    per_period: float
    low: float
    high: float
    intercept: float
    tau: float
    p: float


def slope(at: np.ndarray, values: np.ndarray) -> Slope:
    """The median slope between all pairs; the test and the interval allow for correlation between neighbours (the variance
    of Mann–Kendall's S grows as that of an AR(1) series does, after Yue and Wang). A constant has the slope 0 and p = 1."""
    first = stats.theilslopes(values, at)
    wider = np.sqrt(inflation(values - first.slope * at))
    conf = 1 - 2 * stats.norm.sf(stats.norm.ppf(0.975) * wider)
    found = stats.theilslopes(values, at, alpha=conf)
    if np.ptp(values) == 0:
        return Slope(0.0, 0.0, 0.0, float(values[0]), 0.0, 1.0)
    tau, p = stats.kendalltau(at, values)
    strict = 2 * stats.norm.sf(stats.norm.isf(p / 2) / wider)
    middle = float(np.median(values - found.slope * at))
    return Slope(float(found.slope), float(found.low_slope), float(found.high_slope), middle, float(tau), float(strict))


def inflation(residuals: np.ndarray) -> float:
    """By how much positive correlation between neighbours inflates the variance of a sum of them; 1 for none."""
    n, centred = residuals.size, residuals - residuals.mean()
    total = float(centred @ centred)
    if n < 6 or total == 0:
        return 1.0
    rho = float(centred[1:] @ centred[:-1]) / total
    rho = min((rho + 2 / n) / (1 - 4 / n), 0.9)  # the estimate is biased downwards around a fitted line
    if rho <= 0:
        return 1.0
    lags = np.arange(1, n)
    return float(1 + 2 * np.sum((1 - lags / n) * rho**lags))


def seasonality(values: np.ndarray, place: np.ndarray) -> float:
    """The chance that periods at the same place in the season are as alike as they are by accident: Kruskal–Wallis over
    the places, against the same values in random order."""
    ranks = stats.rankdata(values)
    groups = (place[:, None] == np.unique(place)).astype(float)
    sizes = groups.sum(axis=0)
    mixed = _shuffled(ranks) @ groups
    own = ranks @ groups
    return _chance(float((own**2 / sizes).sum()), (mixed**2 / sizes).sum(axis=1))


def change_of_level(at: np.ndarray, values: np.ndarray, known: list[int]) -> tuple[int, float]:
    """The place in the series at which a new level most likely begins, and the chance of one as clear by accident; beyond
    what a straight trend and the changes `known` explain. (0, 1.0) where there is nothing to find, or where a smooth curve
    explains it better."""
    n = values.size
    edges = sorted({0, *known, n})
    candidates = np.array([k for k in range(n) if min(abs(k - edge) for edge in edges) >= _SHORTEST_LEVEL], dtype=int)
    scaled = (at - at.mean()) / max(np.ptp(at), 1)
    steps = (np.arange(n)[:, None] >= np.array(known, dtype=int)).astype(float)
    basis, _ = np.linalg.qr(np.column_stack([np.ones(n), scaled, steps]))
    residuals = _off(_tamed(_off(values, basis)), basis)
    if n < FEWEST_TO_BREAK or not candidates.size or np.allclose(residuals, 0, atol=1e-9 * (1 + np.abs(values).max())):
        return 0, 1.0
    shapes = (np.arange(n)[:, None] >= candidates).astype(float)
    shapes -= basis @ (basis.T @ shapes)
    shapes /= np.linalg.norm(shapes, axis=0)
    own = np.abs(residuals @ shapes)
    best = int(own.argmax())
    curve = _off(scaled**2, basis)
    if own[best] < _STEEPER * abs(residuals @ curve) / max(float(np.linalg.norm(curve)), 1e-9):
        return 0, 1.0
    around = residuals - (residuals @ shapes[:, best]) * shapes[:, best]
    mixed = _shuffled(residuals)
    spread = np.sqrt(np.maximum((mixed**2).sum(axis=1) - ((mixed @ basis) ** 2).sum(axis=1), 0))
    clear = float(own[best] / np.linalg.norm(residuals)) / np.sqrt(inflation(around))
    return int(candidates[best]), _chance(clear, np.abs(mixed @ shapes).max(axis=1) / spread)


def levels(at: np.ndarray, values: np.ndarray, starts: list[int]) -> list[float]:
    """By how much the level moves at each of the given places, a straight trend through all of them aside."""
    n = values.size
    steps = (np.arange(n)[:, None] >= np.array(starts, dtype=int)).astype(float)
    found = np.linalg.lstsq(np.column_stack([np.ones(n), at, steps]), values, rcond=None)[0]
    return [float(by) for by in found[2:]]


def outliers(residuals: np.ndarray, chance: float) -> np.ndarray:
    """The places of values so far off as the farthest of so many is with that chance by accident."""
    n = residuals.size
    off = np.abs(residuals - np.median(residuals))
    spread = _MAD_TO_SIGMA * float(np.median(off))
    if n < 8 or spread == 0:
        return np.empty(0, dtype=int)
    return np.flatnonzero(off / spread > stats.t.isf(chance / 2 / n, _MAD_EFFICIENCY * (n - 2)))


def cutoff(chances: list[float], level: float = 0.05) -> float:
    """The largest p-value that still counts when all of them are looked at together (Benjamini–Hochberg): where nothing is
    there, anything at all is claimed in at most `level` of such looks. 0 where nothing counts."""
    ordered = np.sort(np.array(chances))
    passing = ordered[ordered <= level * np.arange(1, ordered.size + 1) / max(ordered.size, 1)]
    return float(passing[-1]) if passing.size else 0.0


def _tamed(values: np.ndarray) -> np.ndarray:
    """The values with the farthest drawn in to three spreads from the middle: one odd period is no change of level."""
    middle = np.median(values)
    reach = 3 * _MAD_TO_SIGMA * float(np.median(np.abs(values - middle)))
    return np.clip(values, middle - reach, middle + reach) if reach else values


def _off(values: np.ndarray, basis: np.ndarray) -> np.ndarray:
    rest: np.ndarray = values - basis @ (basis.T @ values)
    return rest


def _shuffled(values: np.ndarray) -> np.ndarray:
    """The values in `DRAWS` random orders, a row each."""
    return np.random.default_rng(_SEED).permuted(np.tile(values, (DRAWS, 1)), axis=1)


def _chance(own: float, drawn: np.ndarray) -> float:
    return float((1 + np.sum(drawn >= own * (1 - 1e-12))) / (1 + drawn.size))
