"""Each customer's recurring revenue as stretches of time, every change of it as a movement, and what each subscription
brings a year, by whatever attributes of the subscriptions the figures are asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from crm_metrics.loaders.facts.draft import Bools, Draft, Floats, Ints, category
from crm_metrics.loaders.facts.subscriptions import paid, priced
from crm_metrics.tables import NO_RATE, ROW, SOURCE, Table, Unusable
from crm_metrics.tables.frames import NAT, moments, truths

_MOVES = ("churn", "contraction", "expansion", "new", "reactivation", "transfer")
_NOTHING = 1e-6


def derive(draft: Draft) -> None:
    """The tables `recurring`, `movements` and `contracts`. A row whose revenue is missing although something was paid has
    `is_known` False."""
    frame = paid(draft) if draft.wanted & {"recurring", "movements", "contracts"} else None
    if frame is None or "customer" not in frame:
        return
    unpriced = frame[truths(frame, NO_RATE)]
    frame = priced(draft, frame)
    if frame is None:
        return
    if draft.priced_in is not None:  # what a customer pays in several currencies is one total
        frame = frame.drop(columns="currency", errors="ignore")
    whose = ["customer", "currency"] if "currency" in frame else ["customer"]
    attributes = [name for name in draft.dims if name in frame and name not in whose]
    keys, steps = [*whose, *attributes], _steps(frame, whose, attributes)
    draft.tables["recurring"] = Table("recurring", _stretches(frame, keys, steps))
    draft.tables["movements"] = Table("movements", _movements(frame, keys, steps))
    draft.tables["contracts"] = Table("contracts", _contracts(frame, keys))
    if len(unpriced):
        _add_unpriced(draft, unpriced)
    if "ended_at" not in frame:
        problem, hint = (
            "the subscriptions do not say when one ended",
            "add the column with the end of each subscription",
        )
        for name, column in (("recurring", "ended_at"), ("movements", "kind"), ("contracts", "ended_at")):
            draft.tables[name].unusable[column] = Unusable("missing-column", problem, hint)


def _add_unpriced(draft: Draft, frame: pd.DataFrame) -> None:
    """Rows without an amount for subscriptions that have no exchange rate: where there are only these, nothing can be said,
    which is not 0."""
    attributes = [name for name in draft.dims if name in frame and name != "customer"]
    rows = frame[["customer", *attributes, SOURCE, ROW]].assign(**{NO_RATE: True, "is_known": True})
    ended = moments(frame, "ended_at")
    stretches = rows.assign(started_at=frame["started_at"], ended_at=ended)
    begun = rows.assign(moved_at=frame["started_at"], kind="new", amount=np.nan)
    over = rows.assign(moved_at=ended, kind="churn", amount=np.nan)[~np.isnat(ended)]
    for name, parts in (
        ("recurring", [stretches.assign(mrr=np.nan)]),
        ("contracts", [stretches.assign(value=np.nan)]),
        ("movements", [begun, over]),
    ):
        table = draft.tables[name]
        priced_rows = table.frame.assign(**{NO_RATE: False})
        kinds = {
            column: priced_rows[column].dtype for column in ("customer", "kind", *attributes) if column in priced_rows
        }
        together = pd.concat([priced_rows, *(part for part in parts if len(part))], ignore_index=True)
        table.frame = together.astype(kinds)


def _contracts(frame: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """One row per subscription that is paid for, with what it brings a year; `is_known` is False where that is missing, and
    for money that is only given back, which is of no contract that the file names."""
    mrr = frame["mrr"].to_numpy(dtype=np.float64)
    rows = frame[[*keys, SOURCE, ROW]].assign(
        started_at=frame["started_at"],
        ended_at=moments(frame, "ended_at"),
        value=np.where(mrr < 0, np.nan, 12 * mrr),
        is_known=truths(frame, "is_known") & ~(mrr < 0),
    )
    return rows[~(np.abs(mrr) < _NOTHING)].reset_index(drop=True)


@dataclass(frozen=True)
class _Steps:
    """The moments at which the total of a customer (with currency and attributes, whose number is `key`; without these
    attributes `whose`) changes, in order, with one of the rows that it is the total of. `unclear` are the subscriptions of
    unknown revenue that begin, less those that end; `is_known` is False where there are any."""

    row: Ints
    whose: Ints
    key: Ints
    at: Any
    change: Floats
    unclear: Ints
    before: Floats
    after: Floats
    unclear_after: Ints
    until: Any
    is_known: Bools

    def of(self, rows: Ints) -> _Steps:
        """These steps in this order."""
        return _Steps(*(getattr(self, part.name)[rows] for part in fields(self)))


def _numbered(frame: pd.DataFrame, names: Sequence[str], combined: Ints) -> Ints:
    """A number for each combination of these numbers with what the columns hold, in their order; missing comes last."""
    for name in names:
        codes, labels = pd.factorize(frame[name], sort=True)
        mixed = combined * (len(labels) + 1) + np.where(codes < 0, len(labels), codes)
        combined = np.unique(mixed, return_inverse=True)[1]
    return combined


def _steps(frame: pd.DataFrame, whose: list[str], attributes: list[str]) -> _Steps:
    """What changes each customer's total, from what each subscription brings."""
    ended = moments(frame, "ended_at")
    mrr = np.nan_to_num(frame["mrr"].to_numpy(dtype=np.float64))
    unknown = (~truths(frame, "is_known")).astype(np.int64)
    row = np.concatenate([np.arange(len(frame)), np.flatnonzero(~np.isnat(ended))])
    starts = np.arange(len(row)) < len(frame)
    at = np.where(starts, frame["started_at"].to_numpy()[row], ended[row])
    change, unclear = np.where(starts, mrr[row], -mrr[row]), np.where(starts, unknown[row], -unknown[row])
    owner = _numbered(frame, whose, np.zeros(len(frame), dtype=np.int64))
    key = _numbered(frame, attributes, owner)
    order = np.lexsort((*(frame[name].to_numpy()[row] for name in (ROW, SOURCE)), change, at, key[row]))
    row, at, change, unclear = row[order], at[order], change[order], unclear[order]
    new = _begins(key[row], at)
    step, first = np.cumsum(new) - 1, np.flatnonzero(new)
    change = pd.Series(change).groupby(step).sum().to_numpy()
    touched = np.bincount(step, weights=unknown[row]) > 0
    unclear = np.bincount(step, weights=unclear).astype(np.int64)
    row, at, key = row[first], at[first], key[row][first]
    begins = _begins(key)
    level = pd.Series(change).groupby(key).cumsum().to_numpy()
    after, unclear_after = np.where(np.abs(level) < _NOTHING, 0.0, level), _running(unclear, begins)
    until = np.where(np.append(begins, True)[1:], NAT, np.append(at, NAT)[1:])
    before = np.where(begins, 0.0, np.roll(after, 1))
    return _Steps(row, owner[row], key, at, change, unclear, before, after, unclear_after, until, ~touched)


def _begins(*keys: NDArray[Any]) -> Bools:
    """Where one of the keys of rows in order is not that of the row before."""
    return np.logical_or.reduce([np.append(True, key[1:] != key[:-1])[: len(key)] for key in keys])


def _running(values: Ints | Bools, begins: Bools) -> Ints:
    """The sums of the values so far, anew where a group begins."""
    sums: Ints = np.cumsum(values, dtype=np.int64)
    return sums - (sums - values)[begins][np.cumsum(begins) - 1]


def _rows_of(frame: pd.DataFrame, keys: list[str], steps: _Steps) -> pd.DataFrame:
    return frame[[*keys, SOURCE, ROW]].take(steps.row).reset_index(drop=True)


def _stretches(frame: pd.DataFrame, keys: list[str], steps: _Steps) -> pd.DataFrame:
    unclear = steps.unclear_after > 0
    steps = steps.of(np.flatnonzero(unclear | (steps.after != 0)))
    rows, unclear = _rows_of(frame, keys, steps), steps.unclear_after > 0
    rows.insert(len(keys), "started_at", steps.at)
    return rows.assign(is_known=~unclear, ended_at=steps.until, mrr=np.where(unclear, np.nan, steps.after))


def _movements(frame: pd.DataFrame, keys: list[str], steps: _Steps) -> pd.DataFrame:
    """Every change of a customer's total as a movement, under the attributes after it, or before it for what is lost. What
    goes from one of them to another beside that is a transfer, as much in as out, signed."""
    steps = steps.of(np.lexsort((steps.at, steps.whose)))
    first = _begins(steps.whose, steps.at)
    moment = np.cumsum(first) - 1
    change = steps.after - steps.before
    kind, moved, is_sized, total = _kinds(steps, moment, first, change)
    lost = np.isin(kind, [_MOVES.index("churn"), _MOVES.index("contraction")])
    up, down = np.maximum(change, 0.0), np.maximum(-change, 0.0)
    gains = np.bincount(moment, weights=up)
    # What is lost without anything instead is of what was before; all else is of what is there after.
    before = (kind == _MOVES.index("churn")) | (lost & (gains == 0))
    part = np.where(before[moment], down, up)
    by_moment = np.bincount(moment, weights=part)
    side = np.where(before[moment], steps.before, steps.after)
    mine = (side != 0) | (np.where(before[moment], steps.unclear_after - steps.unclear, steps.unclear_after) > 0)
    mine |= (np.bincount(moment, weights=mine) == 0)[moment]
    same = np.abs(by_moment - np.abs(total)) < _NOTHING
    with np.errstate(all="ignore"):
        share = np.where(same[moment], part, np.abs(total)[moment] * part / by_moment[moment])
    amount = np.where((part > 0) & moved[moment], share, 0.0)
    over = change - np.where(lost[moment], -amount, amount)
    over = np.where(is_sized[moment], over, np.nan)
    amount = np.where(is_sized[moment], amount, np.nan)
    movements = _rows_of(frame, keys, steps).assign(moved_at=steps.at, is_known=is_sized[moment])
    either = ~is_sized & (kind == _MOVES.index("expansion"))  # more or less than before: nobody knows
    several = (np.bincount(moment) > 1)[moment]
    parts = [
        movements.assign(kind=category(_MOVES, kind[moment]), amount=amount)[
            (np.abs(amount) >= _NOTHING) | (mine & ~is_sized[moment])
        ],
        movements.assign(kind=category(_MOVES, np.full(len(movements), 1)), amount=np.nan)[mine & either[moment]],
        movements.assign(kind=category(_MOVES, np.full(len(movements), 5)), amount=over)[
            several & ~(np.abs(over) < _NOTHING)
        ],
    ]
    return pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)


def _kinds(steps: _Steps, moment: Ints, first: Bools, change: Floats) -> tuple[NDArray[Any], Bools, Bools, Floats]:
    """For each moment of a customer: what kind of movement it is, whether it is one, whether its size is known, and by how
    much the total changes."""
    total = np.bincount(moment, weights=change).astype(np.float64)
    unclear = np.bincount(moment, weights=steps.unclear)
    is_sized: Bools = np.bincount(moment, weights=~steps.is_known) == 0
    owner = steps.whose[first]
    begins = _begins(owner)
    level = pd.DataFrame({"total": total, "unclear": unclear}).groupby(owner).cumsum()
    is_unclear = (level["unclear"] > 0).to_numpy()
    pays: Bools = (np.abs(level["total"].to_numpy()) >= _NOTHING) | is_unclear
    ever: Bools = (level["total"].to_numpy() >= _NOTHING) | is_unclear
    back, paid_before = _running(ever, begins) > ever, ~begins & np.roll(pays, 1)
    cases = [~pays, ~paid_before & back, ~paid_before, (total > 0) | ~is_sized]
    kinds = [_MOVES.index(name) for name in ("churn", "reactivation", "new", "expansion")]
    kind = np.select(cases, kinds, _MOVES.index("contraction"))
    moved: Bools = (np.abs(total) >= _NOTHING) | ~is_sized
    return kind, moved, is_sized, total
