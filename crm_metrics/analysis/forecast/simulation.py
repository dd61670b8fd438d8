"""What the open deals, and those still to be created, will bring in a stretch of time: simulated with a fixed seed.

Deals go on from day to day by a discrete Markov chain over stages with rates that change with a deal's age. A deal is in
a state at the end of every day: in a stage (where no history of stages is given, one state for all), won or lost. The rates
of each stage and span of ages are Gamma draws about what was counted, shrunk towards the stage's own, and these towards
those of all deals, with the weight of one event each: what rests on few deals varies much.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace

import numpy as np

from crm_metrics.analysis.pipeline.deals import Deals
from crm_metrics.engine.aggregates import begins
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


def simulate(
    deals: Deals, only: Bools, day: int, stretch: tuple[int, int], *, money: bool, draws: int, each: int
) -> Simulated | None:
    """The total that is won on the days from the first to the last of `stretch`, as seen at the end of `day`, among `only`
    these deals and new ones like them: amounts, or counts where not `money`. `draws` of the rates of winning, with `each`
    so many runs. None where too few deals were won to tell."""
    if deals.entries is not None and len(deals.entries.labels) > _MOST_STAGES:
        deals = replace(deals, entries=None)
    chain = counted(deals, day)
    pool, own = _worth(deals, only, day, money)
    if chain.wins < FEWEST_WINS or not pool.size:
        return None
    rng = np.random.default_rng([_SEED, day, stretch[1]])
    gap, length = stretch[0] - day - 1, stretch[1] - stretch[0] + 1
    steps = int(chain.edges[-1]) * len(chain.start) ** 2 * (gap + length)
    draws = min(draws, max(10, int(_WORK / steps)))
    table = chances(chain, gap, length, draws, rng)
    there = deals.open_at(day) & only
    dated = np.flatnonzero(there & (deals.created != NEVER))
    age, stage = _standing(deals, dated, day, table)
    own = own[dated]
    order = np.lexsort((own, stage, age))  # the same deals in another order of rows get the same chances
    age, stage, own = age[order], stage[order], own[order]
    weekly = _weekly(deals.created[only], day)
    runs = [
        _run(table.of_open[draw, age, stage], table.of_new[draw], own, pool, weekly, each, rng) for draw in range(draws)
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


def _worth(deals: Deals, only: Bools, day: int, money: bool) -> tuple[Floats, Floats]:
    """What a won deal brings: the amounts won so far, to draw from; and each deal's own, NaN where it is drawn."""
    if not money:
        return (np.ones(1), np.ones(len(deals)))
    pool = deals.amount[only & deals.won & deals.closed_by(day) & ~np.isnan(deals.amount)]
    usable = deals.amounts_known(day)
    return (np.sort(pool), deals.amount if usable else np.full(len(deals), np.nan))


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


_SPANS = (0.1, 0.25, 0.5, 0.75, 0.9)  # ages of closing that divide those of deals; the last span begins behind them all
_OLDEST = 1461  # days; older deals are all alike
WON, LOST = 0, 1  # the first two states; stages follow
ENDS = 2


@dataclass(frozen=True)
class Chain:
    """What was counted up to a day: `moves[state, span, to]` and the `days` spent there, by stage and span of ages; in which
    state deals ended the day of their creation; `edges` are the first ages of the spans after the first."""

    moves: Floats
    days: Floats
    start: Floats
    edges: Ints

    @property
    def wins(self) -> int:
        """How many deals were seen to be won."""
        return int(self.moves[:, :, WON].sum() + self.start[WON])


def counted(deals: Deals, day: int) -> Chain:
    """The chain as it could be counted at the end of a day: what happened later does not exist. Deals without a creation
    date, or closed on an unknown day or before they were created, are not in it."""
    place, age, state, last = _states(deals, day)
    stages = 1 + (len(deals.entries.labels) if deals.entries is not None else 0)
    closing = age[state < ENDS]
    between = np.floor(np.quantile(closing, _SPANS)).astype(np.int64) if closing.size else np.zeros(0, dtype=np.int64)
    edges = np.unique(np.clip(np.append(between, closing.max(initial=0) + 1), 1, _OLDEST))
    shape = (stages, len(edges) + 1)
    moves, spent = np.zeros((*shape, stages + ENDS)), np.zeros(shape)
    first = begins(place)
    follows = np.append(~first[1:], False)[: place.size]
    until = np.where(follows, np.append(age[1:], 0), last[place])
    there = state >= ENDS
    moved = there & follows
    span = np.searchsorted(edges, until[moved], side="right")
    np.add.at(moves, (state[moved] - ENDS, span, np.append(state[1:], 0)[moved]), 1.0)
    bounds = [0, *edges.tolist(), np.iinfo(np.int64).max]
    for number, (low, high) in enumerate(itertools.pairwise(bounds)):
        # A day counts at the age that it ends with: those after `age`, up to and including `until`.
        inside = np.clip(np.minimum(until[there], high - 1) - np.maximum(age[there], low - 1), 0, None)
        spent[:, number] = np.bincount(state[there] - ENDS, weights=inside, minlength=stages)
    return Chain(moves, spent, np.bincount(state[first], minlength=stages + ENDS).astype(float), edges)


def _states(deals: Deals, day: int) -> tuple[Ints, Ints, Ints, Ints]:
    """The states of the deals known at the end of a day, in the order of deals and ages: the deal, the age in days from
    which it was in the state, the state; and of every deal the age up to which it is known."""
    usable = (deals.created != NEVER) & (deals.created <= day)
    usable &= deals.is_open | ((deals.closed != NEVER) & (deals.closed >= deals.created))
    closed = usable & deals.closed_by(day)
    last = np.where(closed, deals.closed, day) - np.where(usable, deals.created, day)
    started, ended = np.flatnonzero(usable), np.flatnonzero(closed)
    parts = [(started, np.zeros(len(started), dtype=np.int64), np.full(len(started), ENDS))]
    if deals.entries is not None:
        entries = deals.entries.until(day)
        age = np.maximum(entries.day - np.where(usable, deals.created, 0)[entries.deal], 0)
        kept = usable[entries.deal] & (age < np.where(closed, last, last + 1)[entries.deal])
        parts.append((entries.deal[kept], age[kept], entries.stage[kept] + ENDS + 1))
    parts.append((ended, last[ended], np.where(deals.won[ended], WON, LOST)))
    place, age, state = (np.concatenate(column) for column in zip(*parts, strict=True))
    order = np.lexsort((np.arange(len(place)), age, place))  # parts stand in the order of what counts last in a day
    place, age, state = place[order], age[order], state[order]
    stays = np.append(begins(place, age)[1:], True)[: place.size]
    return place[stays], age[stays], state[stays], last


@dataclass(frozen=True)
class Chances:
    """Chances of being won in the time asked for, one per draw: `of_open[draw, age, stage]` for a deal open at the moment
    (the last age stands for all above it), `of_new[draw, i]` for one created on the i-th day after it, from 1 on."""

    of_open: Floats
    of_new: Floats


def chances(chain: Chain, gap: int, length: int, draws: int, rng: np.random.Generator) -> Chances:
    """The chances of being won within the `length` days that begin after `gap` more days."""
    win, stay = _drawn(chain, draws, rng)
    oldest = int(chain.edges[-1])
    span = np.searchsorted(chain.edges, np.arange(1, oldest + 2), side="right")
    following = np.minimum(np.arange(1, oldest + 2), oldest)
    pieces = [np.flatnonzero(span == number) for number in range(span[-1] + 1)]
    start = chain.start / max(chain.start.sum(), 1)
    won = np.zeros((draws, oldest + 1, win.shape[2]))
    after_gap = won
    new = [np.full(draws, start[WON])]
    for day in range(1, gap + length + 1):
        later = won[:, following, :]
        won = np.empty_like(won)
        for number, ages in enumerate(pieces):
            if ages.size:
                won[:, ages, :] = win[:, number, None, :] + later[:, ages, :] @ stay[:, number]
        if day == gap:
            after_gap = won
        new.append(start[WON] + won[:, 0, :] @ start[ENDS:])
    within = np.stack(new, axis=1)  # won at most so many days after the day of creation
    total = gap + length
    of_new = within[:, total - 1 :: -1][:, :total].copy() if total else np.zeros((draws, 0))
    of_new[:, :gap] -= within[:, :gap][:, ::-1]
    return Chances(won - after_gap, of_new)


def _drawn(chain: Chain, draws: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Daily chances, drawn: of being won by span and stage, and of being in each stage (column: from) the next day."""
    ends = chain.moves.sum(axis=(0, 1))[:ENDS]
    overall = (ends + 0.5) / (chain.days.sum() + 1)  # half an event each, so that nothing is ruled out for ever
    mean_gap = 1 / overall.sum()
    of_stage = chain.moves.sum(axis=1)
    of_stage[:, :ENDS] += overall * mean_gap
    of_stage = of_stage / (chain.days.sum(axis=1) + mean_gap)[:, None]
    weight = 1 / of_stage.sum(axis=1)
    shape = chain.moves + (weight[:, None] * of_stage)[:, None, :]
    rates = rng.standard_gamma(shape, size=(draws, *shape.shape)) / (chain.days + weight[:, None])[..., None]
    total = rates.sum(axis=-1, keepdims=True)
    daily = rates * np.divide(-np.expm1(-total), total, out=np.zeros_like(total), where=total > 0)
    stages = shape.shape[0]
    moved = np.swapaxes(daily[..., ENDS:], 1, 2)  # draw, span, from, to
    moved[..., range(stages), range(stages)] += 1 - np.swapaxes(daily, 1, 2).sum(axis=-1)
    return np.swapaxes(daily[..., WON], 1, 2), np.swapaxes(moved, 2, 3)
