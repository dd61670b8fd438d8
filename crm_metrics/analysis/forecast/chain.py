"""How deals go on from day to day: a discrete Markov chain over stages with rates that change with a deal's age.

A deal is in a state at the end of every day: in a stage (where no history of stages is given, one state for all), won or
lost. The rates of each stage and span of ages are Gamma draws about what was counted, shrunk towards the stage's own, and
these towards those of all deals, with the weight of one event each: what rests on few deals varies much.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

from crm_metrics.analysis.pipeline.deals import Deals
from crm_metrics.engine.cells import Floats, Ints
from crm_metrics.tables.frames import NEVER

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
    first = np.append(True, place[1:] != place[:-1]) if place.size else np.zeros(0, dtype=bool)
    follows = np.append(~first[1:], False) if place.size else first
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
    stays = np.append((place[1:] != place[:-1]) | (age[1:] != age[:-1]), True) if place.size else np.zeros(0, bool)
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
