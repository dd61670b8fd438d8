"""What the open deals, and those still to be created, will bring in a stretch of time: simulated with a fixed seed."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from crm_metrics.analysis.forecast.chain import Chances, chances, counted
from crm_metrics.analysis.pipeline.deals import Deals
from crm_metrics.engine.cells import Bools, Floats, Ints
from crm_metrics.tables.frames import NEVER

FEWEST_WINS = 10  # of fewer deals won a chance of winning cannot be told
_SEED = 20170930
_WEEKS = 26  # so far back the deals created a week are looked at
_MOST_STAGES = 30  # with more of them only the age counts
_WORK = 2e9  # so many steps at most: a long time ahead over many stages and ages is drawn less often
_MANY = 2000  # the sum of more amounts than that is drawn as one normal number


@dataclass(frozen=True)
class Simulated:
    """Totals of the runs, and what they are made of on average: how many deals are open, how many of them are won in the
    time and what they bring, the same for deals not yet created; `priced` counts the open deals whose own amount was used,
    `undated` those left out because nobody knows their age."""

    totals: Floats
    open: int
    priced: int
    undated: int
    wins_of_open: float
    wins_of_new: float
    brought_by_open: float
    brought_by_new: float


@dataclass(frozen=True)
class _Worth:
    """What a won deal brings: the amounts won so far, to draw from; `own` is each deal's, NaN where it is drawn."""

    pool: Floats
    own: Floats


def simulate(
    deals: Deals, only: Bools, day: int, stretch: tuple[int, int], *, money: bool, draws: int, each: int
) -> Simulated | None:
    """The total that is won on the days from the first to the last of `stretch`, as seen at the end of `day`, among `only`
    these deals and new ones like them: amounts, or counts where not `money`. `draws` of the rates of winning, with `each`
    so many runs. None where too few deals were won to tell."""
    if deals.entries is not None and len(deals.entries.labels) > _MOST_STAGES:
        deals = replace(deals, entries=None)
    chain = counted(deals, day)
    worth = _worth(deals, only, day, money)
    if chain.wins < FEWEST_WINS or not worth.pool.size:
        return None
    rng = np.random.default_rng([_SEED, day, stretch[1]])
    gap, length = stretch[0] - day - 1, stretch[1] - stretch[0] + 1
    steps = int(chain.edges[-1]) * len(chain.start) ** 2 * (gap + length)
    draws = min(draws, max(10, int(_WORK / steps)))
    table = chances(chain, gap, length, draws, rng)
    there = deals.open_at(day) & only
    dated = np.flatnonzero(there & (deals.created != NEVER))
    age, stage = _standing(deals, dated, day, table)
    own = worth.own[dated]
    order = np.lexsort((own, stage, age))  # the same deals in another order of rows get the same chances
    age, stage, own = age[order], stage[order], own[order]
    weekly = _weekly(deals.created[only], day)
    runs = [
        _run(table.of_open[draw, age, stage], table.of_new[draw], own, worth.pool, weekly, each, rng)
        for draw in range(draws)
    ]
    wins_open, brought_open, wins_new, brought_new = (np.concatenate(part) for part in zip(*runs, strict=True))
    return Simulated(
        brought_open + brought_new,
        int(there.sum()),
        int((~np.isnan(own)).sum()),
        int(there.sum()) - len(dated),
        float(wins_open.mean()),
        float(wins_new.mean()),
        float(brought_open.mean()),
        float(brought_new.mean()),
    )


def _worth(deals: Deals, only: Bools, day: int, money: bool) -> _Worth:
    if not money:
        return _Worth(np.ones(1), np.ones(len(deals)))
    pool = deals.amount[only & deals.won & deals.closed_by(day) & ~np.isnan(deals.amount)]
    usable = deals.amounts_known(day)
    return _Worth(np.sort(pool), deals.amount if usable else np.full(len(deals), np.nan))


def _standing(deals: Deals, place: Ints, day: int, table: Chances) -> tuple[Ints, Ints]:
    """The age and the stage of open deals, as places in the table of chances."""
    stage = np.zeros(len(place), dtype=np.int64)
    if deals.entries is not None:
        stage = deals.entries.until(day).latest(len(deals))[0][place] + 1
    return np.minimum(day - deals.created[place], table.of_open.shape[1] - 1), stage


def _weekly(created: Ints, day: int) -> Ints:
    """How many deals were created in each of the last whole weeks up to a day; of less than a week of history all of it,
    as if it were a week's share."""
    dates = created[(created != NEVER) & (created <= day)]
    if not dates.size:
        return np.zeros(1, dtype=np.int64)
    lived = int(day - dates.min() + 1)
    weeks = min(lived // 7, _WEEKS)
    if weeks == 0:
        return np.array([round(dates.size * 7 / lived)])
    back = (day - dates) // 7
    return np.bincount(back[back < weeks], minlength=weeks)


def _run(
    chance: Floats, new: Floats, own: Floats, pool: Floats, weekly: Ints, each: int, rng: np.random.Generator
) -> tuple[Floats, Floats, Floats, Floats]:
    """Runs with one draw of the rates: wins among the open deals and what they bring, the same of new ones. What the past
    was like is itself drawn anew: weeks and amounts are bootstrapped."""
    pool = rng.choice(pool, pool.size)
    weekly = rng.choice(weekly, weekly.size)
    won = rng.random((each, len(chance))) < chance
    priced = ~np.isnan(own)
    brought = won[:, priced] @ own[priced] + _sums(won[:, ~priced].sum(axis=1), pool, rng)
    starts = np.arange(0, len(new), 7)
    part = np.minimum(len(new) - starts, 7) / 7
    mean_chance = np.clip(np.add.reduceat(new, starts) / (part * 7), 0, 1)
    arriving = rng.binomial(rng.choice(weekly, (each, len(starts))), part)
    wins = rng.binomial(arriving, mean_chance).sum(axis=1)
    return won.sum(axis=1).astype(float), brought, wins.astype(float), _sums(wins, pool, rng)


def _sums(counts: Ints, pool: Floats, rng: np.random.Generator) -> Floats:
    """The sum of so many amounts drawn from the pool, for each count."""
    many = counts > _MANY
    sums = np.array(
        [0.0 if large else rng.choice(pool, count).sum() for count, large in zip(counts, many, strict=True)]
    )
    rough = rng.normal(counts * pool.mean(), np.sqrt(counts) * pool.std())
    return np.where(many, rough, sums)
