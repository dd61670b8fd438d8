"""How often goals are met for which a chance is stated: `python -m tests.goals.calibration [simulations]`.

Series of days are made with a weekday pattern, days that vary more than by chance alone, and good and bad weeks that last.
Each is cut at a day; the rest, which the method does not see, says whether the goal is met.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from datetime import date

import numpy as np

from crm_metrics.analysis.goals.chances import Past, courses
from crm_metrics.analysis.goals.parts import Kind

END = date(2025, 9, 1)
WEEKDAYS = np.array([1.2, 1.3, 1.2, 1.1, 1.0, 0.3, 0.2])
BINS = ((0.0, 0.1), (0.1, 0.3), (0.3, 0.5), (0.5, 0.7), (0.7, 0.9), (0.9, 1.01))


def days(random: np.random.Generator, count: int) -> np.ndarray:
    """Counts by day; the level of the weeks is autocorrelated."""
    level, lasting = random.uniform(1, 30), random.choice([0.0, 0.3, 0.6])
    weeks, drift = [], 0.0
    for _ in range(-(-count // 7)):
        drift = lasting * drift + random.normal(0, 0.15)
        weeks.append(np.exp(drift))
    means = level * np.repeat(weeks, 7)[:count] * np.resize(WEEKDAYS, count)
    return random.poisson(random.gamma(2.0, means / 2.0)).astype(float)


def _flow(
    random: np.random.Generator, history: int, ahead: int
) -> tuple[dict[str, Past], float, Callable[..., np.ndarray]]:
    made = days(random, history * 7 + ahead)
    past = Past(Kind.FLOW, (0.0, 0.0), made[: history * 7].reshape(history, 7), np.zeros((history, 7)))
    return {"a": past}, made[history * 7 :].sum(), lambda ends: ends["a"]


def _share(
    random: np.random.Generator, history: int, ahead: int
) -> tuple[dict[str, Past], float, Callable[..., np.ndarray]]:
    whole = days(random, history * 7 + ahead)
    part = random.binomial(whole.astype(int), random.uniform(0.2, 0.8)).astype(float)
    now = (part[:70].sum(), whole[:70].sum())
    pasts = {
        name: Past(Kind.FLOW, (so_far, 0.0), made[: history * 7].reshape(history, 7), np.zeros((history, 7)))
        for name, so_far, made in (("a", now[0], part), ("b", now[1], whole))
    }
    end = (now[0] + part[history * 7 :].sum()) / (now[1] + whole[history * 7 :].sum())
    return pasts, end, lambda ends: ends["a"] / ends["b"]


def _stock(
    random: np.random.Generator, history: int, ahead: int
) -> tuple[dict[str, Past], float, Callable[..., np.ndarray]]:
    changes = days(random, history * 7 + ahead) - days(random, history * 7 + ahead)
    level = np.concatenate([[0.0], changes.cumsum()])
    weekly = np.diff(level[: history * 7 + 1 : 7])
    past = Past(Kind.STOCK, (float(level[history * 7]), 0.0), weekly, np.zeros(history))
    return {"a": past}, float(level[-1]), lambda ends: ends["a"]


def stated(simulations: int, seed: int = 1) -> Iterator[tuple[str, float, bool]]:
    """The kind of metric, the chance stated, and whether the goal was met."""
    random = np.random.default_rng(seed)
    for number in range(simulations):
        kind, make = (("flow", _flow), ("share", _share), ("stock", _stock))[number % 3]
        history, ahead = int(random.choice([12, 20, 40, 70, 104])), int(random.integers(5, 80))
        pasts, end, value = make(random, history, ahead)
        ends = value(courses(pasts, ahead, END))
        # Targets where the method itself is not sure, at a place that it does not choose.
        middle, spread = np.median(ends), ends.std()
        target = middle + spread * random.normal(0, 1.0)
        yield kind, float(np.mean(ends >= target)), bool(end >= target)


def table(found: list[tuple[str, float, bool]]) -> dict[str, list[tuple[float, float, int, float]]]:
    """By kind and range of stated chances: how many there were, and the share that was met."""
    kinds = ["all", *dict.fromkeys(kind for kind, _, _ in found)]
    made: dict[str, list[tuple[float, float, int, float]]] = {}
    for wanted in kinds:
        rows = [(chance, met) for kind, chance, met in found if wanted in ("all", kind)]
        for low, high in BINS:
            inside = [met for chance, met in rows if low <= chance < high]
            made.setdefault(wanted, []).append((low, high, len(inside), float(np.mean(inside)) if inside else np.nan))
    return made


if __name__ == "__main__":
    for name, rows in table(list(stated(int(sys.argv[1]) if len(sys.argv) > 1 else 3000))).items():
        print(name)
        for low, high, count, met in rows:
            print(f"  stated {low:.0%} to {min(high, 1):.0%}: {count} goals, {met:.0%} met")
