"""What a series of periods shows beyond chance: the tests behind a trend, each with its chance of a false alarm.

Values are one per period, oldest first, without gaps; `at` are their places in time. Every p-value is two-sided and taken
for a series whose periods may hang together a little: positive correlation from one period to the next makes the tests
stricter, which white noise hardly feels. What is drawn at random is drawn with a fixed seed.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy import special, stats

DRAWS = 1999  # permutations: the smallest p-value is 1 in 2000
FEWEST_TO_BREAK = 12  # periods before a change of level is looked for
_SHORTEST_LEVEL = 4  # periods on each side of it
_STEEPER = 1.25  # by so much a step must explain more than a bend does
_SEED = 20240229
_MAD_TO_SIGMA = 1.4826
_PEAK = 6  # spreads, beyond which a peak of the season weighs no more
_CLEARLY = 1.0  # by so much a scale must be likelier than that of the values, in logarithms
_RARER = 4  # so much less likely several values are to be out of line together
_FREEDOM = np.array([2.0, 3, 4, 6, 10, 60])  # of the tails that values may have, all as likely beforehand


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


def slope(at: np.ndarray, values: np.ndarray, place: np.ndarray | None = None) -> Slope:
    """The median slope between all pairs; with `place` only between pairs at the same place in the season, in which
    this takes no part (Hirsch and Slack 1984, Water Resour. Res. 20). Test and interval allow for correlation between
    neighbours (the variance of Mann–Kendall's S grows as that of an AR(1) series does, after Yue and Wang). A constant has
    the slope 0 and p = 1."""
    if np.ptp(values) == 0:
        return Slope(0.0, 0.0, 0.0, float(values[0]), 0.0, 1.0)
    if place is not None:
        return _seasonal_slope(at, values, place)
    first = stats.theilslopes(values, at)
    wider = np.sqrt(inflation(values - first.slope * at))
    conf = 1 - 2 * stats.norm.sf(stats.norm.ppf(0.975) * wider)
    fit = stats.theilslopes(values, at, alpha=conf)
    tau, p = stats.kendalltau(at, values)
    strict = 2 * stats.norm.sf(stats.norm.isf(p / 2) / wider)
    middle = float(np.median(values - fit.slope * at))
    return Slope(float(fit.slope), float(fit.low_slope), float(fit.high_slope), middle, float(tau), float(strict))


def median_slope(at: np.ndarray, values: np.ndarray) -> float:
    """The median of the slopes between all pairs alone."""
    return float(stats.theilslopes(values, at).slope)


def _seasonal_slope(at: np.ndarray, values: np.ndarray, place: np.ndarray) -> Slope:
    left, right = np.nonzero(np.triu(place[:, None] == place, 1))
    slopes = np.sort((values[right] - values[left]) / (at[right] - at[left]))
    steady = float(np.median(slopes))
    rest = values - steady * at
    rest -= seasonal(rest, place)
    wider = np.sqrt(inflation(rest))
    score, spread = float(np.sign(slopes).sum()), wider * np.sqrt(_variance_of_score(values, place))
    p = 2 * stats.norm.sf(max(abs(score) - 1, 0) / spread) if spread else 1.0
    reach = stats.norm.ppf(0.975) * spread / 2  # in ranks, as Sen's
    low, high = (round(slopes.size / 2 + side * reach - (side < 0)) for side in (-1, 1))
    low, high = max(low, 0), min(high, slopes.size - 1)
    return Slope(steady, float(slopes[low]), float(slopes[high]), float(np.median(rest)), score / slopes.size, float(p))


def _variance_of_score(values: np.ndarray, place: np.ndarray) -> float:
    """The variance of Mann–Kendall's S, added up over the places, less for ties."""
    total = 0.0
    for season in np.unique(place):
        own = values[place == season]
        for size, sign in ((own.size, 1), *((ties, -1) for ties in np.unique(own, return_counts=True)[1])):
            total += sign * size * (size - 1) * (2 * size + 5) / 18
    return total


def seasonal(values: np.ndarray, place: np.ndarray) -> np.ndarray:
    """What each value's place in the season adds: the median of the values there, around their mean over the places."""
    places, own = np.unique(place, return_inverse=True)
    middle = np.array([np.median(values[own == k]) for k in range(places.size)])
    return np.asarray((middle - middle.mean())[own], dtype=float)


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
    """The chance that periods at the same place in the season are as alike as they are by accident: the smaller of the
    chances of Kruskal–Wallis over the places and of the place that stands out most (a peak that returns is one place of
    many, and ranks hardly feel it), against the same values in random order."""
    ranks, tamed = stats.rankdata(values), _tamed(values, _PEAK)
    if np.ptp(values) == 0:
        return 1.0
    groups = (place[:, None] == np.unique(place)).astype(float)
    sizes = groups.sum(axis=0)
    mixed = [np.vstack([column, _shuffled(column)]) @ groups for column in (ranks, tamed - tamed.mean())]
    even = (mixed[0] ** 2 / sizes).sum(axis=1)
    peak = np.abs(mixed[1] / np.sqrt(sizes)).max(axis=1)
    places = [stats.rankdata(-np.round(column / column.max(), 12), method="max") for column in (even, peak)]
    rarest = np.minimum(*places)
    return float(np.mean(rarest <= rarest[0]))


def change_of_level(
    at: np.ndarray, values: np.ndarray, starts: list[int], place: np.ndarray | None = None
) -> tuple[int, float]:
    """The place in the series at which a new level most likely begins, and the chance of one as clear by accident; beyond
    what a straight trend, the changes at `starts` and a season of `place` explain. (0, 1.0) where there is nothing to find,
    or where a smooth curve explains it better."""
    n = values.size
    edges = sorted({0, *starts, n})
    candidates = np.array([k for k in range(n) if min(abs(k - edge) for edge in edges) >= _SHORTEST_LEVEL], dtype=int)
    scaled = (at - at.mean()) / max(np.ptp(at), 1)
    steps = (np.arange(n)[:, None] >= np.array(starts, dtype=int)).astype(float)
    basis, _ = np.linalg.qr(np.column_stack([np.ones(n), scaled, steps, *_season_of(place)]))
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


def levels(at: np.ndarray, values: np.ndarray, starts: list[int], place: np.ndarray | None = None) -> list[float]:
    """By how much the level moves at each of the given places, a straight trend through all of them and a season of `place`
    aside."""
    n = values.size
    steps = (np.arange(n)[:, None] >= np.array(starts, dtype=int)).astype(float)
    coefficients = np.linalg.lstsq(np.column_stack([steps, at, np.ones(n), *_season_of(place)]), values, rcond=None)[0]
    return [float(by) for by in coefficients[: len(starts)]]


def outliers(values: np.ndarray, usual: np.ndarray, chance: float) -> np.ndarray:
    """The places of values farther from their `usual` ones than chance takes any of so many, in the scale (as they are,
    roots, logarithms) in which the values lie most evenly around these.

    How far chance reaches is learnt from the values themselves: the smaller deviations are those of a Student's t of unknown
    spread and degrees of freedom, and the larger ones are out of line where, given the smaller, so large ones have at most
    that chance. So one value in the light tails of a normal distribution is out of line sooner than in heavy ones."""
    moved = _moved(values, usual)
    size = np.abs(moved - np.median(moved))
    there = size > 1e-9 * size.max()  # the medians of a season and of a line are themselves values
    far = np.sort(size[there])
    most = _candidates(far.size)
    if np.median(size) == 0 or far.size < 8:
        return np.empty(0, dtype=int)
    for many in range(most, 0, -1):  # several together hide each other
        if _chance_beyond(far[:-many], far[-many], many) <= chance / (1 if many == 1 else _RARER):
            return np.flatnonzero(size >= far[-many])
    return np.empty(0, dtype=int)


def _candidates(size: int) -> int:
    """How many of so many values may be out of line together."""
    return int(np.clip(size // 12, 1, 4))


def _moved(values: np.ndarray, usual: np.ndarray) -> np.ndarray:
    """The deviations in the scale in which those that cannot be out of line are likeliest to be Student's t (by the density
    of the values: deviations of logarithms are always smaller); as they are unless another is clearly likelier."""
    scales = [values - usual]
    stretched = [np.zeros(values.size)]
    least = min(values.min(), usual.min())
    aside = 0.0 if least > 0 else float(np.median(values)) / 6
    if values.min() >= 0 and least + aside > 0:
        scales.append(np.sqrt(values + aside) - np.sqrt(usual + aside))
        stretched.append(-np.log(values + aside) / 2 - np.log(2))
    if least > 0:
        scales.append(np.log(values) - np.log(usual))
        stretched.append(-np.log(values))
    sizes = [np.abs(deviations - np.median(deviations)) for deviations in scales]
    inner = np.ones(values.size, dtype=bool)
    for size in sizes:
        inner &= (size < np.sort(size)[-_candidates(size.size)]) & (size > 1e-9 * size.max())
    if inner.sum() < 6 or any(np.median(size[inner]) == 0 for size in sizes):
        return scales[0]
    likely = [_of_tails(size[inner])[0].max() + own[inner].sum() for size, own in zip(sizes, stretched, strict=True)]
    best = int(np.argmax(likely))
    return scales[best] if likely[best] > likely[0] + _CLEARLY else scales[0]


def _of_tails(size: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The log-likelihood of deviations of these sizes, by degrees of freedom and spread; and these two."""
    spreads = np.median(size) * _MAD_TO_SIGMA * np.geomspace(0.25, 4, 33)
    spread, freedom = (grid.ravel() for grid in np.meshgrid(spreads, _FREEDOM))
    scaled = size / spread[:, None]
    likely = _log_density(scaled, freedom[:, None]).sum(axis=1) - size.size * np.log(spread)
    return likely, freedom, spread


def _log_density(values: np.ndarray, freedom: np.ndarray) -> np.ndarray:
    """Of Student's t; as scipy's, in a tenth of the time."""
    scale = special.gammaln((freedom + 1) / 2) - special.gammaln(freedom / 2) - np.log(freedom * np.pi) / 2
    density: np.ndarray = scale - (freedom + 1) / 2 * np.log1p(values**2 / freedom)
    return density


def _chance_beyond(size: np.ndarray, least: float, many: int) -> float:
    """The chance that the `many` largest deviations are at least so large, given all smaller ones (ascending)."""
    likely, freedom, spread = _of_tails(size)
    edge, beyond = (np.log(special.stdtr(freedom, -size_at / spread)) for size_at in (size[-1], least))
    weight = likely + many * edge
    weight = np.exp(weight - weight.max())
    return float((weight * np.exp(many * (beyond - edge))).sum() / weight.sum())


def cutoff(chances: list[float], level: float = 0.05) -> float:
    """The largest p-value that still counts when all of them are looked at together (Benjamini–Hochberg): where nothing is
    there, anything at all is claimed in at most `level` of such looks. 0 where nothing counts."""
    ordered = np.sort(np.array(chances))
    passing = ordered[ordered <= level * np.arange(1, ordered.size + 1) / max(ordered.size, 1)]
    return float(passing[-1]) if passing.size else 0.0


def _tamed(values: np.ndarray, most: float = 3) -> np.ndarray:
    """The values with the farthest drawn in to `most` spreads from the middle: one odd period is no change of level."""
    middle = np.median(values)
    reach = most * _MAD_TO_SIGMA * float(np.median(np.abs(values - middle)))
    return np.clip(values, middle - reach, middle + reach) if reach else values


def _season_of(place: np.ndarray | None) -> list[np.ndarray]:
    """Which periods are at which place in the season, beside those at the first."""
    return [] if place is None else [(place[:, None] == np.unique(place)[1:]).astype(float)]


def _off(values: np.ndarray, basis: np.ndarray) -> np.ndarray:
    rest: np.ndarray = values - basis @ (basis.T @ values)
    return rest


def _shuffled(values: np.ndarray) -> np.ndarray:
    """The values in `DRAWS` random orders, a row each."""
    mixed: np.ndarray = values[_orders(values.size)]
    return mixed


@lru_cache(maxsize=4)
def _orders(size: int) -> np.ndarray:
    return np.random.default_rng(_SEED).permuted(np.tile(np.arange(size, dtype=np.int16), (DRAWS, 1)), axis=1)


def _chance(own: float, drawn: np.ndarray) -> float:
    return float((1 + np.sum(drawn >= own * (1 - 1e-12))) / (1 + drawn.size))
