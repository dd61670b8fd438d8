"""Trends: how often something is claimed of series in which nothing happens, however they vary, and how often what does
happen is found."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from crm_metrics.analysis.trend import Series, Trend, trends

Draw = Callable[[np.random.Generator, int], np.ndarray]
MOST = {"odd": 0.05, "any": 0.10}  # of series in which nothing happens; a season is claimed where there is one
SIZES = (12, 24, 30, 36, 60)


def normal(rng: np.random.Generator, size: int) -> np.ndarray:
    """100 with a standard deviation of 10."""
    return 100 + 10 * rng.normal(size=size)


def lognormal(rng: np.random.Generator, size: int, spread: float) -> np.ndarray:
    """Skewed to the right: the logarithm is normal."""
    return 100 * np.exp(spread * rng.normal(size=size))


def heavy(rng: np.random.Generator, size: int) -> np.ndarray:
    """Student's t with three degrees of freedom."""
    return 100 + 10 * rng.standard_t(3, size=size)


def bursts(rng: np.random.Generator, size: int) -> np.ndarray:
    """Sums of orders that come in sprees: a Poisson number of them, each of a lognormal amount."""
    return np.array([np.exp(0.8 * rng.normal(size=count)).sum() for count in rng.poisson(8, size)])


def counts(rng: np.random.Generator, size: int) -> np.ndarray:
    """Counts around 3."""
    return rng.poisson(3, size).astype(float)


def shares(rng: np.random.Generator, size: int) -> np.ndarray:
    """Shares near their upper end: of 60 answers 95 in 100 are good."""
    return rng.binomial(60, 0.95, size) / 60


def hanging(rng: np.random.Generator, size: int) -> np.ndarray:
    """Each value keeps three tenths of the one before."""
    drawn, made = rng.normal(size=size + 30), np.zeros(size + 30)
    for at, value in enumerate(drawn):
        made[at] = value + 0.3 * made[at - 1]
    return 100 + 10 * made[30:]


def wave(rng: np.random.Generator, size: int, high: float = 30) -> np.ndarray:
    """A season of a sine, three standard deviations high."""
    return normal(rng, size) + high * np.sin((np.arange(size) + rng.integers(12)) * np.pi / 6)


def december(rng: np.random.Generator, size: int, high: float = 80) -> np.ndarray:
    """A peak once in twelve periods."""
    return normal(rng, size) + high * ((np.arange(size) + rng.integers(12)) % 12 == 11)


STABLE: dict[str, Draw] = {
    "normal": normal,
    "lognormal 0.5": partial(lognormal, spread=0.5),
    "lognormal 1": partial(lognormal, spread=1.0),
    "t3": heavy,
    "bursts": bursts,
    "counts": counts,
    "shares": shares,
    "AR 0.3": hanging,
    "wave": wave,
    "low wave": partial(wave, high=12),
    "december": december,
}
SEASONAL = ("wave", "low wave", "december")


def found(values: np.ndarray) -> Trend:
    """What is claimed of a series of months."""
    at = np.arange(values.size)
    made = trends([Series(values, np.ones(values.size, dtype=bool), at % 12, 12)])[0]
    assert made is not None
    return made


def claims(draw: Draw, size: int, runs: int, seed: int) -> dict[str, float]:
    """The shares of runs that claim each kind of thing."""
    said = [found(draw(np.random.default_rng((seed, run)), size)) for run in range(runs)]
    return {
        "trend": np.mean([bool(one.rising) for one in said]),
        "level": np.mean([bool(one.steps) for one in said]),
        "season": np.mean([one.season is not None for one in said]),
        "odd": np.mean([bool(one.odd) for one in said]),
        "any": np.mean([bool(one.rising or one.steps or one.odd or one.season is not None) for one in said]),
    }


def happening(draw: Draw, what: str, size: int) -> Draw:
    """The same series with a trend of 2.5 standard deviations in all, a level that changes by 2.5 in the middle, a value six
    off or a season of one standard deviation."""
    at = np.arange(size)
    adds = {
        "trend": 25 * at / size,
        "level": 25.0 * (at >= size // 2),
        "odd": 60.0 * (at == size // 3),
        "odd 10": 100.0 * (at == size // 3),
        "season": 15 * np.sin(at * np.pi / 6),
    }[what]
    return lambda rng, length: draw(rng, length) + adds


def measured(runs: int, seed: int) -> tuple[list[str], bool]:
    """A line for each kind of series and length, and whether no more is claimed than may be."""
    said, kept = ["claimed of stable series, % of runs: trend, level, season, out of line, anything"], True
    for name, draw in STABLE.items():
        for size in SIZES:
            share = claims(draw, size, runs, seed)
            said.append(f"{name:14}{size:3}  " + "".join(f"{100 * one:6.1f}" for one in share.values()))
            chance = 3 * (0.05 / runs) ** 0.5
            kept &= share["odd"] <= MOST["odd"] + chance and (name in SEASONAL or share["any"] <= MOST["any"] + chance)
    said.append("found where it happens, % of runs")
    for name in ("normal", "t3", "wave"):
        for what in ("trend", "level", "odd", "odd 10", "season"):
            kind = what.split()[0]
            rates = [claims(happening(STABLE[name], what, size), size, runs, seed)[kind] for size in SIZES]
            said.append(
                f"{name:8}{what:8}"
                + "".join(f"{100 * rate:6.1f} of {size}" for rate, size in zip(rates, SIZES, strict=True))
            )
    return said, kept
