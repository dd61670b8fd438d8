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
from crm_metrics.tables.frames import NAT, moments, numbers, truths

_KINDS = ("churn", "contraction", "expansion", "new", "reactivation", "transfer")
_CHURN, _CONTRACTION, _EXPANSION, _NEW, _REACTIVATION, _TRANSFER = range(len(_KINDS))
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
        hint = "add the column with the end of each subscription"
        problem = Unusable("missing-column", "the subscriptions do not say when one ended", hint)
        for name, column in (("recurring", "ended_at"), ("movements", "kind"), ("contracts", "ended_at")):
            draft.tables[name].unusable[column] = problem


def _add_unpriced(draft: Draft, frame: pd.DataFrame) -> None:
    """Rows without an amount for subscriptions that have no exchange rate: where there are only these, nothing can be said,
    which is not 0."""
    attributes = [name for name in draft.dims if name in frame and name != "customer"]
    rows = frame[["customer", *attributes, SOURCE, ROW]].assign(**{NO_RATE: True, "is_known": True})
    ended = moments(frame, "ended_at")
    stretches = rows.assign(started_at=frame["started_at"], ended_at=ended)
    begun = rows.assign(moved_at=frame["started_at"], kind="new", amount=np.nan)
    over = rows.assign(moved_at=ended, kind="churn", amount=np.nan)[~np.isnat(ended)]
    more = {"recurring": [stretches.assign(mrr=np.nan)], "contracts": [stretches.assign(value=np.nan)]}
    for name, parts in (more | {"movements": [begun, over]}).items():
        priced_rows = draft.tables[name].frame.assign(**{NO_RATE: False})
        kinds = priced_rows.dtypes[[column for column in ("customer", "kind", *attributes) if column in priced_rows]]
        together = pd.concat([priced_rows, *(part for part in parts if len(part))], ignore_index=True)
        draft.tables[name].frame = together.astype(kinds.to_dict())


def _contracts(frame: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """One row per subscription that is paid for, with what it brings a year; `is_known` is False where that is missing, and
    for money that is only given back, which is of no contract that the file names."""
    mrr = numbers(frame, "mrr")
    rows = frame[[*keys, SOURCE, ROW]].assign(
        started_at=frame["started_at"],
        ended_at=moments(frame, "ended_at"),
        value=np.where(mrr < 0, np.nan, 12 * mrr),
        is_known=truths(frame, "is_known") & ~(mrr < 0),
    )
    return rows[~(np.abs(mrr) < _NOTHING)].reset_index(drop=True)


@dataclass(frozen=True)
class _Steps:
    """The moments at which the total of a customer changes under one combination of attributes, in order, with one of the
    rows that it is the total of; `whose` numbers the customer with the currency. `unclear` are the subscriptions of unknown
    revenue that begin, less those that end; `is_known` is False where there are any."""

    row: Ints
    whose: Ints
    at: Any
    until: Any
    before: Floats
    after: Floats
    unclear: Ints
    unclear_after: Ints
    is_known: Bools

    def of(self, rows: Ints) -> _Steps:
        """These steps in this order."""
        return _Steps(*(getattr(self, part.name)[rows] for part in fields(self)))


def _steps(frame: pd.DataFrame, whose: list[str], attributes: list[str]) -> _Steps:
    """What changes each customer's total, from what each subscription brings."""
    started, ended = moments(frame, "started_at"), moments(frame, "ended_at")
    unknown = (~truths(frame, "is_known")).astype(np.int64)
    owner = _numbered(frame, whose, np.zeros(len(frame), dtype=np.int64))
    key = _numbered(frame, attributes, owner)
    # Each subscription begins, and some of them end.
    row = np.concatenate([np.arange(len(frame)), np.flatnonzero(~np.isnat(ended))])
    sign = np.where(np.arange(len(row)) < len(frame), 1, -1)
    at = np.where(sign > 0, started[row], ended[row])
    change = sign * np.nan_to_num(numbers(frame, "mrr"))[row]
    order = np.lexsort((*(frame[name].to_numpy()[row] for name in (ROW, SOURCE)), change, at, key[row]))
    row, sign, at, change = row[order], sign[order], at[order], change[order]
    # What changes at the same time is one step.
    first = _begins(key[row], at)
    step = np.cumsum(first) - 1
    change = pd.Series(change).groupby(step).sum().to_numpy()
    unclear = np.bincount(step, weights=sign * unknown[row]).astype(np.int64)
    is_known = np.bincount(step, weights=unknown[row]) == 0
    row, at, key = row[first], at[first], key[row[first]]
    begins = _begins(key)
    level = pd.Series(change).groupby(key).cumsum().to_numpy()
    after = np.where(np.abs(level) < _NOTHING, 0.0, level)
    before = np.where(begins, 0.0, np.roll(after, 1))
    until = np.where(np.append(begins, True)[1:], NAT, np.append(at, NAT)[1:])
    return _Steps(row, owner[row], at, until, before, after, unclear, _running(unclear, begins), is_known)


def _numbered(frame: pd.DataFrame, names: Sequence[str], combined: Ints) -> Ints:
    """A number for each combination of these numbers with what the columns hold, in their order; missing comes last."""
    for name in names:
        codes, labels = pd.factorize(frame[name], sort=True)
        mixed = combined * (len(labels) + 1) + np.where(codes < 0, len(labels), codes)
        combined = np.unique(mixed, return_inverse=True)[1]
    return combined


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
    steps = steps.of(np.flatnonzero((steps.unclear_after > 0) | (steps.after != 0)))
    rows, unclear = _rows_of(frame, keys, steps), steps.unclear_after > 0
    rows.insert(len(keys), "started_at", steps.at)
    return rows.assign(is_known=~unclear, ended_at=steps.until, mrr=np.where(unclear, np.nan, steps.after))


def _movements(frame: pd.DataFrame, keys: list[str], steps: _Steps) -> pd.DataFrame:
    """Every change of a customer's total as a movement, under the attributes after it, or before it for what is lost. What
    goes from one of them to another beside that is a transfer, as much in as out, signed."""
    steps = steps.of(np.lexsort((steps.at, steps.whose)))
    begins = _begins(steps.whose, steps.at)
    moment = np.cumsum(begins) - 1  # of a customer, under whatever attributes
    change = steps.after - steps.before
    gained, lost = np.maximum(change, 0.0), np.maximum(-change, 0.0)
    total = np.bincount(moment, weights=change)
    is_sized = np.bincount(moment, weights=~steps.is_known) == 0
    kind = _kinds(steps.whose[begins], total, np.bincount(moment, weights=steps.unclear), is_sized)
    is_loss = np.isin(kind, [_CHURN, _CONTRACTION])
    # What is lost without anything instead is of what was before; all else is of what is there after.
    is_before = (kind == _CHURN) | (is_loss & (np.bincount(moment, weights=gained) == 0))
    several = np.bincount(moment) > 1
    # From here on step by step.
    by_moment = (total, is_sized, kind, is_loss, is_before, several)
    total, is_sized, kind, is_loss, is_before, several = (values[moment] for values in by_moment)
    part = np.where(is_before, lost, gained)
    parts = np.bincount(moment, weights=part)[moment]
    level = np.where(is_before, steps.before, steps.after)
    is_side = (level != 0) | (np.where(is_before, steps.unclear_after - steps.unclear, steps.unclear_after) > 0)
    is_side |= (np.bincount(moment, weights=is_side) == 0)[moment]
    with np.errstate(all="ignore"):
        share = np.where(np.abs(parts - np.abs(total)) < _NOTHING, part, np.abs(total) * part / parts)
    amount = np.where((part > 0) & (np.abs(total) >= _NOTHING), share, 0.0)
    amount = np.where(is_sized, amount, np.nan)
    moved = change - np.where(is_loss, -amount, amount)
    movements = _rows_of(frame, keys, steps).assign(moved_at=steps.at, is_known=is_sized)
    unsized = is_side & ~is_sized
    by_kind = [
        (kind, amount, (np.abs(amount) >= _NOTHING) | unsized),
        # More or less than before: nobody knows.
        (np.full_like(kind, _CONTRACTION), np.full(len(kind), np.nan), unsized & (kind == _EXPANSION)),
        (np.full_like(kind, _TRANSFER), moved, several & ~(np.abs(moved) < _NOTHING)),
    ]
    frames = [
        movements[rows].assign(kind=category(_KINDS, codes[rows]), amount=size[rows]) for codes, size, rows in by_kind
    ]
    return pd.concat([rows for rows in frames if len(rows)] or frames[:1], ignore_index=True)


def _kinds(owner: Ints, total: NDArray[Any], unclear: NDArray[Any], is_sized: Bools) -> NDArray[Any]:
    """What kind of movement it is by which a customer's total changes, moment by moment."""
    begins = _begins(owner)
    levels = pd.DataFrame({"total": total, "unclear": unclear}).groupby(owner).cumsum()
    level, is_unclear = levels["total"].to_numpy(), (levels["unclear"] > 0).to_numpy()
    pays: Bools = (np.abs(level) >= _NOTHING) | is_unclear
    paid: Bools = (level >= _NOTHING) | is_unclear
    paid_before, paid_ever = ~begins & np.roll(pays, 1), _running(paid, begins) > paid
    cases = [~pays, ~paid_before & paid_ever, ~paid_before, (total > 0) | ~is_sized]
    return np.select(cases, [_CHURN, _REACTIVATION, _NEW, _EXPANSION], _CONTRACTION)
