"""The open pipeline at the end of a day: what it is worth by any grouping, which deals are at risk, how it covers goals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from crm_metrics.analysis.goals import Target
from crm_metrics.analysis.pipeline.chances import Chance, Lasting, chances, lasting, of_each, win_rate
from crm_metrics.analysis.pipeline.deals import Activity, Deals, Texts, activity, day_of, number_of, texts
from crm_metrics.engine.cells import Bools, Floats, Ints, or_none
from crm_metrics.settings import Settings
from crm_metrics.tables import NONE
from crm_metrics.tables.frames import NEVER

STAGE, MONTH = "stage", "expected"


@dataclass(frozen=True)
class Group:
    """Open deals of one value of a dimension, in one currency. Sums are over the `priced` deals, None where they cannot be
    told; `by_file` weighs with the file's probabilities, `by_history` with this file's chances, `wins` adds those up.
    `inactive` is None where the files do not tell."""

    label: str
    currency: str | None
    deals: int
    priced: int
    value: float | None
    by_file: float | None
    by_history: float | None
    wins: float | None
    age: float | None
    overdue: int
    stuck: int
    inactive: int | None


@dataclass(frozen=True)
class Risk:
    """An open deal with what speaks against it: days overdue, days open or in its stage against the usual most, days
    without activity (`never`: there was none since it was created)."""

    label: str
    owner: str | None
    stage: str | None
    amount: float | None
    currency: str | None
    expected: date | None
    overdue_days: int | None
    age: int | None
    age_limit: float | None
    in_stage: int | None
    stage_limit: float | None
    inactive_days: int | None
    never: bool
    source: int
    row: int


@dataclass(frozen=True)
class Cover:
    """A goal for revenue won, and the open deals that are expected to close by its end: `ratio` is their value against what
    is still to be won, None where nothing is. `problem` says why they cannot be compared: then no amounts are given."""

    start: date
    due: date
    target: float
    won: float | None = None
    value: float | None = None
    by_history: float | None = None
    ratio: float | None = None
    currency: str | None = None
    problem: str = ""


@dataclass(frozen=True)
class Standing:
    """The pipeline at the end of a day. `groups` by dimension; `total` per currency. `closed_since` counts those that have
    been closed since: what probability they had that day is not known."""

    groups: dict[str, list[Group]]
    total: list[Group]
    risks: list[Risk]
    covers: list[Cover]
    chances: list[Chance]
    win_rate: float
    lasting: Lasting
    activity: Activity
    closed_since: int
    has_probability: bool
    has_expected: bool
    amounts_known: bool


@dataclass(frozen=True)
class _Open:
    """The open deals as columns; days and ages NEVER or NaN where not known."""

    place: Ints
    amount: Floats
    by_file: Floats
    chance: Floats
    age: Floats
    in_stage: Floats
    overdue: Ints
    stuck: Bools
    stage: Texts
    currency: Texts
    closed_since: Bools
    limits: Floats
    activity: Activity


def standing(
    deals: Deals, day: int, dims: Sequence[str], targets: Sequence[tuple[Target, str]], settings: Settings
) -> Standing:
    """The pipeline at the end of a day, by these dimensions; `targets` are goals for revenue won with why they cannot be
    compared, empty where they can. The settings say when a deal is without activity."""
    rates, times = chances(deals, day), lasting(deals, day)
    rate = win_rate(deals, day)
    there = _open(deals, day, rates, times, rate, settings)
    stages = deals.entries.labels if deals.entries is not None else ()
    return Standing(
        {dim: _groups(there, _labels(deals, there, dim), stages if dim == STAGE else ()) for dim in dims},
        _groups(there, np.full(len(there.place), "all", dtype=object)),
        _risks(deals, there, day, times),
        [_cover(deals, there, day, target, problem) for target, problem in targets],
        rates,
        rate,
        times,
        there.activity,
        int(there.closed_since.sum()),
        bool((~np.isnan(deals.probability)).any()),
        not len(there.place) or bool((deals.expected[there.place] != NEVER).any()),
        deals.amounts_known(day),
    )


def _open(deals: Deals, day: int, rates: Sequence[Chance], times: Lasting, rate: float, settings: Settings) -> _Open:
    place = np.flatnonzero(deals.open_at(day))
    created = deals.created[place]
    age = np.where(created == NEVER, np.nan, day - np.where(created == NEVER, 0, created)).astype(float)
    stage = deals.stage_at(day)[place]
    in_stage, limit = np.full(len(place), np.nan), np.full(len(place), np.nan)
    if deals.entries is not None:
        entries = deals.entries.until(day)
        last, since = (column[place] for column in entries.latest(len(deals)))
        # A deal that went back to a stage entered it again on a day that first entries do not tell.
        same = np.array(
            [number >= 0 and entries.labels[number] == name for number, name in zip(last, stage, strict=True)]
        )
        in_stage = np.where(same, day - np.where(same, since, 0), np.nan)
        limit = np.array([times.stages[name].most if name in times.stages else np.nan for name in stage])
    most = times.cycle.most if times.cycle is not None else np.nan
    expected = deals.expected[place]
    since_closed = deals.closed_since[place]
    return _Open(
        place,
        deals.amount[place],
        np.where(since_closed, np.nan, deals.amount[place] * deals.probability[place]),
        of_each(rates, stage.tolist(), age, rate),
        age,
        in_stage,
        np.where((expected != NEVER) & (expected < day), day - np.where(expected == NEVER, day, expected), 0),
        (age > most) | (in_stage > limit),
        stage,
        deals.currency[place],
        since_closed,
        limit,
        activity(deals, place, day, settings),
    )


def _labels(deals: Deals, there: _Open, dim: str) -> Texts:
    if dim == STAGE:
        return np.array([name or NONE for name in there.stage], dtype=object)
    if dim == MONTH:
        days = map(day_of, deals.expected[there.place])
        return np.array([f"{day:%Y-%m}" if day else NONE for day in days], dtype=object)
    return np.array([name or NONE for name in texts(deals.frame, dim)[there.place]], dtype=object)


def _groups(there: _Open, labels: Texts, first: Sequence[str] = ()) -> list[Group]:
    """The groups in order of their labels: the `first` ones in theirs, the others by name, without a value last."""
    order = {name: number for number, name in enumerate(first)}
    rows: dict[tuple[str, str | None], list[int]] = {}
    for number, key in enumerate(zip(labels.tolist(), there.currency.tolist(), strict=True)):
        rows.setdefault(key, []).append(number)

    def rank(key: tuple[str, str | None]) -> tuple[bool, int, str, bool, str]:
        return key[0] == NONE, order.get(key[0], len(order)), key[0].casefold(), key[1] is None, key[1] or ""

    return [_group(there, *key, np.array(rows[key])) for key in sorted(rows, key=rank)]


def _group(there: _Open, label: str, currency: str | None, those: Ints) -> Group:
    amount, age = there.amount[those], there.age[those]
    aged = ~np.isnan(age)
    chance = there.chance[those]
    return Group(
        label,
        currency,
        len(those),
        int((~np.isnan(amount)).sum()),
        _total(amount),
        None if there.closed_since[those].any() else _total(there.by_file[those]),
        _total(amount * chance),
        _total(chance),
        float(np.median(age[aged])) if aged.any() else None,
        int((there.overdue[those] > 0).sum()),
        int(there.stuck[those].sum()),
        there.activity.inactive_of(those),
    )


def _total(values: Floats) -> float | None:
    """The sum of what is known; None where nothing is, which is not 0."""
    return None if np.isnan(values).all() else float(np.nansum(values))


def _risks(deals: Deals, there: _Open, day: int, times: Lasting) -> list[Risk]:
    """The deals at risk, the largest amount first."""
    inactive = there.activity.inactive
    at = np.flatnonzero((there.overdue > 0) | there.stuck | inactive)
    files = [tuple(pair) for pair in deals.places[there.place[at]].tolist()]
    amount = np.nan_to_num(there.amount[at], nan=-np.inf)
    most = times.cycle.most if times.cycle is not None else None
    risks = []
    for number in sorted(range(len(at)), key=lambda number: (-amount[number], files[number])):
        row, place = at[number], int(there.place[at[number]])
        old = most is not None and there.age[row] > most
        slow = bool(there.in_stage[row] > there.limits[row])
        risks.append(
            Risk(
                deals.names[place],
                deals.owners[place],
                there.stage[row],
                or_none(there.amount[row]),
                there.currency[row],
                day_of(int(deals.expected[place])),
                int(there.overdue[row]) or None,
                _whole_days(there.age[row]),
                most if old else None,
                _whole_days(there.in_stage[row]),
                float(there.limits[row]) if slow else None,
                int(there.activity.days[row]) if inactive[row] else None,
                bool(there.activity.never[row]),
                *files[number],
            )
        )
    return risks


def _whole_days(value: float) -> int | None:
    return None if np.isnan(value) else int(value)


def _cover(deals: Deals, there: _Open, day: int, target: Target, problem: str) -> Cover:
    cover = Cover(target.period.start, target.due, target.target, problem=problem)
    if problem:
        return cover
    start, due = number_of(target.period.start), number_of(target.due)
    won = deals.won & deals.closed_by(day) & (deals.closed >= start) & (deals.closed <= due)
    if won.any() and np.isnan(deals.amount[won]).all():
        return replace(cover, problem="none of the deals won has an amount")
    expected = deals.expected[there.place]
    coming = (expected >= start) & (expected <= due)
    so_far, value = float(np.nansum(deals.amount[won])), _total(there.amount[coming])
    left = target.target - so_far
    currencies = sorted({name for name in deals.currency.tolist() if name is not None})
    return replace(
        cover,
        won=so_far,
        value=value,
        by_history=_total((there.amount * there.chance)[coming]),
        ratio=value / left if value is not None and left > 0 else None,
        currency=currencies[0] if len(currencies) == 1 else None,
    )
