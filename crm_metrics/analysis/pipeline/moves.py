"""What changed between two exports: start + what came in − what went out = end, to the cent, for each currency."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal, localcontext

import numpy as np

from crm_metrics.analysis.pipeline.deals import Deals, day_of, number_of, texts
from crm_metrics.engine.cells import Bools
from crm_metrics.periods import Period

NEW, PULLED, REOPENED, RAISED, CAME = "new", "pulled in", "reopened", "increased", "in from another currency"
WON, LOST, LOWERED, PUSHED, GONE, LEFT = "won", "lost", "decreased", "pushed out", "gone", "out to another currency"
ONLY_NEW, ONLY_OLD = "in, not matched", "out, not matched"
KINDS = (NEW, PULLED, REOPENED, RAISED, CAME, ONLY_NEW, WON, LOST, LOWERED, PUSHED, GONE, LEFT, ONLY_OLD)
_STAYS = (RAISED, LOWERED)  # the deal is in the pipeline before and after
_ZERO = Decimal(0)
_DIGITS = 700  # sums of any two numbers of a file are exact


@dataclass(frozen=True)
class Side:
    """A deal as one of the exports has it: its amount (None: blank), the day it is expected to close, where it stands, what
    it is called, and whose it is."""

    amount: Decimal | None
    currency: str | None
    expected: date | None
    source: int
    row: int
    label: str
    owner: str | None


@dataclass(frozen=True)
class Move:
    """One movement of one deal: what it adds to the pipeline of a currency, negative for what leaves."""

    kind: str
    label: str
    owner: str | None
    amount: Decimal
    currency: str | None
    old: Side | None
    new: Side | None


@dataclass(frozen=True)
class Bridge:
    """From the older pipeline to the newer one in one currency: sums and numbers of deals by kind of movement."""

    currency: str | None
    start: Decimal
    end: Decimal
    deals_start: int
    deals_end: int
    sums: dict[str, Decimal]
    deals: dict[str, int]


@dataclass(frozen=True)
class Moves:
    """The bridges, the movements behind them, and how many deals were matched by name and not at all."""

    bridges: list[Bridge]
    moves: list[Move]
    by_name: int
    not_matched: int


@dataclass(frozen=True)
class _Export:
    """One export: which deals are open, which of these are looked at, and what each is known by."""

    deals: Deals
    open: Bools
    inside: Bools
    keys: list[tuple[str, str] | None]

    def side(self, place: int) -> Side:
        deals = self.deals
        amount, (source, row) = deals.amount[place], deals.places[place].tolist()
        exact = None if np.isnan(amount) else Decimal(repr(float(amount)))
        expected = day_of(int(deals.expected[place]))
        return Side(exact, deals.currency[place], expected, source, row, deals.names[place], deals.owners[place])


def moved(old: Deals, new: Deals, period: Period | None) -> Moves:
    """The movements between two exports of all open deals, or of those expected to close in a period. Deals are matched by
    id, else by a name that is there once; those with neither are told apart from new and gone ones."""
    with localcontext(prec=_DIGITS):
        return _moved(old, new, period)


def _moved(old: Deals, new: Deals, period: Period | None) -> Moves:
    by_id = bool(_has_ids(old).any() and _has_ids(new).any())
    before, after = (_export(deals, period, by_id=by_id) for deals in (old, new))
    there = {key: place for place, key in enumerate(after.keys) if key is not None}
    moves: list[Move] = []
    matched: set[int] = set()
    for place, key in enumerate(before.keys):
        other = there.get(key) if key is not None else None
        matched |= set() if other is None else {other}
        if before.open[place] or (other is not None and after.open[other]):
            moves += _of_pair(before, place, after, other, period)
    for place in range(len(new)):
        if place not in matched:
            moves += _of_new(after, place, old.today, period)
    by_name = sum(key is not None and key[0] == "name" for key in (after.keys[place] for place in matched))
    loose = sum(move.kind in (ONLY_NEW, ONLY_OLD) for move in moves)
    return Moves(_bridges(before, after, moves), moves, by_name, loose)


def _has_ids(deals: Deals) -> Bools:
    return np.array([name is not None for name in texts(deals.frame, "deal_id")], dtype=bool)


def _export(deals: Deals, period: Period | None, *, by_id: bool) -> _Export:
    there = deals.open_at(deals.today)
    inside = there & _within(deals.expected, period)
    ids, names = texts(deals.frame, "deal_id"), texts(deals.frame, "name")
    raw = [
        ("id", identity) if by_id and identity is not None else ("name", name) if name is not None else None
        for identity, name in zip(ids, names, strict=True)
    ]
    count = Counter(raw)
    return _Export(deals, there, inside, [key if count[key] == 1 else None for key in raw])


def _within(days: np.ndarray, period: Period | None) -> Bools:
    if period is None:
        return np.ones(len(days), dtype=bool)
    return (days >= number_of(period.start)) & (days < number_of(period.end))


def _of_pair(before: _Export, place: int, after: _Export, other: int | None, period: Period | None) -> Iterator[Move]:
    """The movements of a deal of the older export; `other` is where it stands in the newer one."""
    was, was_in = before.side(place), bool(before.inside[place])
    if other is None:
        if was_in:
            kind = ONLY_OLD if before.keys[place] is None else GONE
            yield _move(kind, was, was, None, leaves=True)
        return
    now, new = after.side(other), after.deals
    is_in, won = bool(after.inside[other]), bool(new.won[other])
    if not was_in:
        if is_in:
            kind = PULLED if before.open[place] else REOPENED
            yield _move(kind, now, was, now)
        elif won and before.open[place] and _within(new.closed[[other]], period)[0]:
            yield _move(PULLED, now, was, now)
            yield _move(WON, now, was, now, leaves=True)
    elif is_in or won:
        worth = now if is_in or now.amount is not None else replace(now, amount=was.amount)
        yield from _changed(was, now, worth)
        if won:
            yield _move(WON, worth, was, now, leaves=True)
    else:
        kind = PUSHED if after.open[other] else LOST if new.lost[other] else GONE
        yield _move(kind, was, was, now, leaves=True)


def _changed(was: Side, now: Side, worth: Side) -> Iterator[Move]:
    """The change of the amount of a deal that stays."""
    if was.currency != now.currency:
        yield _move(LEFT, was, was, now, leaves=True)
        yield _move(CAME, worth, was, now)
    elif (difference := (worth.amount or _ZERO) - (was.amount or _ZERO)) != 0:
        yield _move(RAISED if difference > 0 else LOWERED, replace(now, amount=difference), was, now)


def _of_new(after: _Export, place: int, since: int, period: Period | None) -> Iterator[Move]:
    """The movements of a deal that the older export does not have; won or lost since then, it came and went."""
    deals = after.deals
    if after.inside[place]:
        kind, now = ONLY_NEW if after.keys[place] is None else NEW, after.side(place)
        yield _move(kind, now, None, now)
    elif not deals.is_open[place] and deals.closed[place] > since and _within(deals.closed[[place]], period)[0]:
        now = after.side(place)
        yield _move(NEW, now, None, now)
        kind = WON if deals.won[place] else LOST
        yield _move(kind, now, None, now, leaves=True)


def _move(kind: str, side: Side, old: Side | None, new: Side | None, *, leaves: bool = False) -> Move:
    """The movement of the amount of a side."""
    worth = side.amount or _ZERO
    return Move(kind, side.label, side.owner, -worth if leaves else worth, side.currency, old, new)


def _bridges(before: _Export, after: _Export, moves: list[Move]) -> list[Bridge]:
    sides = [[export.side(place) for place in np.flatnonzero(export.inside).tolist()] for export in (before, after)]
    names = {side.currency for part in sides for side in part} | {move.currency for move in moves}
    bridges = []
    for name in sorted(names, key=lambda name: (name is None, name or "")):
        (start, deals_start), (end, deals_end) = (_sum(part, name) for part in sides)
        mine = [move for move in moves if move.currency == name]
        sums = {kind: sum((move.amount for move in mine if move.kind == kind), _ZERO) for kind in KINDS}
        deals = {kind: sum(move.kind == kind for move in mine) for kind in KINDS}
        # What does not add up is a mistake of this program, never one of the data.
        assert start + sum(sums.values(), _ZERO) == end, f"the movements in {name} do not add up"
        enter, leave = KINDS[: KINDS.index(WON)], KINDS[KINDS.index(WON) :]
        came, went = (sum(deals[kind] for kind in kinds if kind not in _STAYS) for kinds in (enter, leave))
        assert deals_start + came - went == deals_end, f"the numbers of deals in {name} do not add up"
        bridges.append(Bridge(name, start, end, deals_start, deals_end, sums, deals))
    return bridges


def _sum(sides: list[Side], currency: str | None) -> tuple[Decimal, int]:
    mine = [side for side in sides if side.currency == currency]
    return sum((side.amount or _ZERO for side in mine), _ZERO), len(mine)
