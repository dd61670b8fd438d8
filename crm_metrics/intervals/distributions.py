"""Student's t, binomial and Poisson probabilities and quantiles: all are tails of the beta distribution.

scipy.special has them too, but its import alone takes longer than a small report. The density of v = log(x / (1 - x)) of
a beta variable x is proportional to x^a (1 - x)^b, whose logarithm is concave. A tail is its integral from v outwards, by
Gauss and Legendre's rule, to where the density is e^-30 of that at v; the whole is B(a, b) by Stirling's series (Loader
2000, Fast and accurate computation of binomial probabilities), so that nothing large is taken from something large.
Quantiles are sought by Halley's method on the logarithm of a tail, concave too. All agree with scipy.special within 1e-10
of the value, for sizes up to 1e8; arguments are arrays or numbers, and what is missing or not defined is NaN.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike

from crm_metrics.engine.cells import Floats, Ints

_MANY = 1e25  # a Poisson count is of that many draws: the difference is below what a float holds
_FALL = 30.0
_SMALL = 1 << 14
_AT_ONCE = 512  # so many arguments at once: their points fit into the processor's own memory
_STIRLING = (1 / 1188, -1 / 1680, 1 / 1260, -1 / 360, 1 / 12)


class Remembered:
    """A function of numbers; those of whole ones from 0 up to some size are computed only once in a run."""

    def __init__(self, of: Callable[[Floats], Floats | Ints]) -> None:
        self._of, self._values, self._is_new = of, np.zeros(_SMALL), np.ones(_SMALL, dtype=bool)

    def __call__(self, numbers: ArrayLike) -> Floats:
        """Their values, in their shape; what is missing is computed anew, as what is large or between whole numbers."""
        distinct, place = np.unique(np.asarray(numbers, dtype=np.float64), return_inverse=True)
        small = (distinct >= 0) & (distinct < _SMALL) & (distinct == np.floor(distinct))
        at = distinct[small].astype(np.int64)
        if (new := at[self._is_new[at]]).size:
            self._values[new] = self._of(new.astype(np.float64))
            self._is_new[new] = False
        values = np.empty(len(distinct))
        values[small], values[~small] = self._values[at], self._of(distinct[~small])
        return values[place].reshape(np.shape(numbers))


def _rule(size: int) -> tuple[Floats, Floats]:
    """Points in (0, 1) and weights of Gauss and Legendre's rule (by Newton's method), closer together near 0, where the
    integrand is largest and, of few degrees of freedom, nearest to a pole."""
    x = np.cos(np.pi * (np.arange(size) + 0.75) / (size + 0.5))
    slope = np.ones(size)
    for _ in range(4):
        before, now = np.ones(size), x
        for degree in range(2, size + 1):
            before, now = now, x * now * (2 - 1 / degree) - before * (1 - 1 / degree)
        slope = size * (before - x * now) / (1 - x**2)
        x = x - now / slope
    u = (1 + x) / 2
    return u * (5 * u + 1) / 6, (10 * u + 1) / (6 * (1 - x**2) * slope**2)


_POINTS, _WEIGHTS = _rule(32)
normal_quantile = NormalDist().inv_cdf


def t_quantile(df: ArrayLike, p: ArrayLike) -> Floats:
    """The value that Student's t with df >= 1/2 degrees of freedom is below with probability p, 0 < p < 1; sought from where
    Wallace (1959, Ann. Math. Stat. 30) has it."""

    def quantile(df: Floats, z: Floats, p: Floats) -> Floats:
        half, tail = np.where(df >= 0.5, df, np.nan) / 2, np.minimum(p, 1 - p)
        start = -2 * np.arccosh(np.exp((z * (8 * df + 3) / (8 * df + 1)) ** 2 / (2 * df)))
        return np.sign(0.5 - p) * np.sqrt(df) * np.sinh(_sought(half, half, -1.0, start, tail) / 2)

    return _parts(quantile, df, np.vectorize(normal_quantile, otypes=[float])(p), p)


def t_cdf(df: ArrayLike, t: ArrayLike) -> Floats:
    """The probability that Student's t with df degrees of freedom is at most t."""
    return _parts(lambda df, t: _beta(df / 2, df / 2, 2 * np.arcsinh(t / np.sqrt(df)))[0], df, t)


def poisson_limits(count: ArrayLike, tail: float = 0.025) -> tuple[Floats, Floats]:
    """The exact limits of the mean of a Poisson count (Garwood 1936), each with a risk of `tail` (below 1/4); the low one of
    nothing is 0. Sought from where Wilson and Hilferty (1931, PNAS 17) have them."""
    return _poisson_limit(-1.0, tail)(count), _poisson_limit(1.0, tail)(count)


@cache
def _poisson_limit(outwards: float, tail: float) -> Remembered:
    def sought(size: Floats) -> Floats:
        near = 1 - 1 / (9 * size) - outwards * normal_quantile(tail) / (3 * np.sqrt(size))
        return size * np.exp(
            _sought(size, np.full(size.shape, _MANY), outwards, 3 * np.log(np.maximum(near, 0.1)), tail)
        )

    def limit(count: Floats) -> Floats:
        size = np.where(count >= 0, count, np.nan) + (outwards > 0)
        return np.where(size == 0, 0.0, _parts(sought, np.where(size > 0, size, np.nan)))

    return Remembered(limit)


def binomial_at_most(count: ArrayLike, n: ArrayLike, p: ArrayLike) -> Floats:
    """The probability of at most so many hits in n draws, each with probability p."""
    return _parts(lambda *arguments: _binomial(*arguments)[0], count, n, p)


def binomial_more_than(count: ArrayLike, n: ArrayLike, p: ArrayLike) -> Floats:
    """The probability of more hits than so many in n draws, each with probability p."""
    return _parts(lambda *arguments: _binomial(*arguments)[1], count, n, p)


def _binomial(count: Floats, n: Floats, p: Floats) -> tuple[Floats, Floats]:
    a, b = count + 1, n - count
    open_ = (count >= 0) & (count < n) & (p > 0) & (p < 1)
    more, at_most = _beta(
        np.where(open_, a, 1), np.where(open_, b, 1), np.where(open_, np.log(p * b / ((1 - p) * a)), 0)
    )
    sure = np.where((count >= n) | ((p == 0) & (count >= 0)), 1.0, np.where((count < 0) | (p == 1), 0.0, np.nan))
    return np.where(open_, at_most, sure), np.where(open_, more, 1 - sure)


def _beta(a: Floats, b: Floats, above: Floats) -> tuple[Floats, Floats]:
    """The lower and the upper tail of a beta variable, `above` its mode a / (a + b) in v."""
    lower = above <= 0
    swap = np.where(a <= b, 1.0, -1.0)  # to 1 - x, as the smaller of both keeps its digits
    a, b = np.minimum(a, b), np.maximum(a, b)
    tail = np.exp(_tail(a, b, np.where(lower, -swap, swap), above * swap, _log_beta(a, b))[0])
    return np.where(lower, tail, 1 - tail), np.where(lower, 1 - tail, tail)


def _sought(a: Floats, b: Floats, outwards: Floats | float, above: Floats, tail: Floats | float) -> Floats:
    """Where a beta variable's tail is so large, above its mode in v; a <= b, and the search begins at `above`."""
    log_beta, is_far = _log_beta(a, b), np.ones(np.shape(above), dtype=bool)
    for _ in range(8):
        size, width = _tail(a, b, outwards, above, log_beta)
        off = size - np.log(tail)
        slope = outwards * (a - (a + b) / (1 + b / a * np.exp(-above)))  # of the density's logarithm
        step = outwards * off * width / (1 + off * (slope * width + 1) / 2)
        above = np.where(is_far, above + step, above)  # none depends on how far the others are
        is_far &= np.abs(off) > 1e-4  # each step has three times as many digits
        if not is_far.any():
            break
    return above


def _tail(a: Floats, b: Floats, outwards: Floats | float, above: Floats, log_beta: Floats) -> tuple[Floats, Floats]:
    """The logarithm of a tail, and the tail as multiple of the density where it begins; a <= b."""
    n, odds = a + b, a / b * np.exp(above)
    x = odds / (1 + odds)
    slope, bend = np.maximum(outwards * (n * x - a), 0), n * x / (1 + odds)
    length = 2 * _FALL / (slope + np.sqrt(slope**2 + 2 * bend * _FALL))
    length = np.where(outwards > 0, np.log1p(length * (1 + length / 2)), length)
    for _ in range(2):  # by Newton's method
        grown = np.exp(outwards * length)
        fall = outwards * a * length - n * np.log1p(x * (grown - 1))
        length = length + (_FALL + fall) / (outwards * (n * odds * grown / (1 + odds * grown) - a))
    step = outwards * length * _POINTS[:, None]
    # Added up one after the other: numpy's sum of a single column has other last digits than that of several.
    width = length * np.cumsum(_WEIGHTS[:, None] * np.exp(a * step - n * np.log1p(x * np.expm1(step))), axis=0)[-1]
    return a * above - n * np.log1p(a / n * np.expm1(above)) - log_beta + np.log(width), width


def _log_beta(a: Floats, b: Floats) -> Floats:
    """The logarithm of B(a, b) where the density at the mode is 1."""
    of_a, of_b, of_sum = _stirling(np.stack([a, b, a + b]))
    return np.log(2 * np.pi * (1 / a + 1 / b)) / 2 + of_a + of_b - of_sum


def _stirling(n: Floats) -> Floats:
    """By how much log(n!) is more than (n + 1/2) log(n) - n + log(2 pi) / 2."""
    steps, far = n + np.arange(10.0)[:, None, None], 1 / (n + 10)
    square, rest = far * far, np.zeros(n.shape)
    for factor in _STIRLING:
        rest = rest * square + factor
    return ((steps + 0.5) * np.log1p(1 / steps) - 1).sum(axis=0) + rest * far


def _parts(of: Callable[..., Floats], *arguments: ArrayLike) -> Floats:
    """A function of columns for arguments of any shape; where only the first are many, each value once."""
    alone = all(np.ndim(each) == 0 for each in arguments[1:])
    arrays = np.broadcast_arrays(*(np.asarray(each, dtype=np.float64) for each in arguments))
    shape, columns, place = arrays[0].shape, [each.ravel() for each in arrays], None
    if alone:
        columns[0], place = np.unique(columns[0], return_inverse=True)
        columns[1:] = [each[: len(columns[0])] for each in columns[1:]]
    with np.errstate(all="ignore"):
        starts = range(0, len(columns[0]), _AT_ONCE)
        parts = [of(*(each[start : start + _AT_ONCE] for each in columns)) for start in starts]
    values = np.concatenate([np.empty(0), *parts])
    return (values if place is None else values[place]).reshape(shape)
