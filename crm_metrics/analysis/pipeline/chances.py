"""What the history says of open deals: the chance that they are won in the end, and how long it usually takes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from crm_metrics.analysis.pipeline.deals import Deals
from crm_metrics.engine.cells import Bools, Floats, Ints
from crm_metrics.intervals.shares import wilson
from crm_metrics.tables.frames import NEVER

FEWEST = 10  # of fewer closed deals nothing is said
_AGES = (0.25, 0.5, 0.75, 0.9)  # ages of closing at which the chance is looked at anew


@dataclass(frozen=True)
class Chance:
    """Of `n` closed deals that reached a stage, or an age of so many days, the share won, with 95 % limits; `used` is False
    where they are too few, and the share of all closed deals stands in. `stage` or `age` is None where the other counts; an
    age counts before a stage. Of what is older than every deal won was, none: of open deals too."""

    stage: str | None
    age: int | None
    share: float
    low: float
    high: float
    n: int
    used: bool


@dataclass(frozen=True)
class Usual:
    """How long deals that were won took, in days: the median, and the time within which nine of ten came to it."""

    median: float
    most: float
    n: int


@dataclass(frozen=True)
class Lasting:
    """The usual time to win a deal, and in each stage; None and left out where too few were won."""

    cycle: Usual | None
    stages: dict[str, Usual]


def chances(deals: Deals, day: int) -> list[Chance]:
    """The chances by stage, first to last, where there is a history of stages, else by age; empty without a closed deal."""
    closed = deals.closed_by(day)
    if not closed.any():
        return []
    overall = win_rate(deals, day)
    cycle = np.where(closed, deals.cycle(), np.nan)
    if deals.entries is not None:
        rates = [_chance(name, None, deals, reached & closed, overall) for name, reached in _reached(deals, day)]
    else:
        timed = ~np.isnan(cycle)
        edges = np.unique(np.append(0, np.floor(np.quantile(cycle[timed], _AGES)))) if timed.any() else np.zeros(1)
        rates = [_chance(None, int(edge), deals, timed & (cycle >= edge), overall) for edge in edges]
    return [*rates, *_too_old(deals, day, cycle)]


def _too_old(deals: Deals, day: int, cycle: Floats) -> list[Chance]:
    """The chance of deals that are older than every deal ever won was, where enough became so old to say that none is: deals
    that nobody closes are in no share of closed ones."""
    won = cycle[deals.won & ~np.isnan(cycle)]
    if won.size < FEWEST:
        return []
    oldest = int(won.max()) + 1
    there = deals.open_at(day) & (deals.created != NEVER)
    age = np.where(there, day - np.where(there, deals.created, day), cycle)
    n = float((age >= oldest).sum())
    high = float(wilson(np.zeros(1), np.array([n]))[1][0])
    return [Chance(None, oldest, 0.0, 0.0, high, int(n), used=True)] if n >= FEWEST else []


def _reached(deals: Deals, day: int) -> Iterator[tuple[str, Bools]]:
    assert deals.entries is not None
    entries = deals.entries.until(day)
    for number, name in enumerate(entries.labels):
        if (entries.stage == number).any():
            yield name, np.isin(np.arange(len(deals)), entries.deal[entries.stage == number])


def _chance(stage: str | None, age: int | None, deals: Deals, those: Bools, overall: float) -> Chance:
    n = int(those.sum())
    if n < FEWEST:
        return Chance(stage, age, overall, np.nan, np.nan, n, used=False)
    share = float(deals.won[those].mean())
    low, high = wilson(np.array([share]), np.array([float(n)]))
    return Chance(stage, age, share, float(low[0]), float(high[0]), n, used=True)


def of_each(rates: Sequence[Chance], stage: Sequence[str | None], age: Floats, overall: float) -> Floats:
    """The chance of deals of these stages and ages (NaN: not known); `overall` where the history says nothing of theirs."""
    by_stage: dict[str | None, float] = {chance.stage: chance.share for chance in rates if chance.stage is not None}
    shares = np.array([by_stage.get(name, overall) for name in stage], dtype=np.float64)
    for chance in rates:
        if chance.age is not None:
            shares[age >= chance.age] = chance.share
    return shares


def win_rate(deals: Deals, day: int) -> float:
    """The share won of all deals closed up to a day, NaN of too few."""
    closed = deals.closed_by(day)
    return float(deals.won[closed].mean()) if closed.sum() >= FEWEST else float("nan")


def lasting(deals: Deals, day: int) -> Lasting:
    """How long it took to win the deals won up to a day."""
    won = deals.closed_by(day) & deals.won
    cycle = deals.cycle()[won]
    stages = {}
    if deals.entries is not None:
        time = _times(deals, day)
        for number, name in enumerate(deals.entries.labels):
            if (usual := _usual(time[1][(time[0] == number)])) is not None:
                stages[name] = usual
    return Lasting(_usual(cycle), stages)


def _times(deals: Deals, day: int) -> tuple[Ints, Floats]:
    """The stages that won deals went through, and the days until the next one or the win."""
    assert deals.entries is not None
    entries = deals.entries.until(day)
    follows = np.append(entries.deal[1:] == entries.deal[:-1], False)
    until = np.where(follows, np.append(entries.day[1:], NEVER), deals.closed[entries.deal])
    won = (deals.closed_by(day) & deals.won)[entries.deal]
    return entries.stage[won], np.maximum(until - entries.day, 0)[won].astype(float)


def _usual(days: Floats) -> Usual | None:
    durations = days[~np.isnan(days)]
    if durations.size < FEWEST:
        return None
    return Usual(float(np.median(durations)), float(np.quantile(durations, 0.9)), durations.size)
