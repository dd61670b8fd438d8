"""Each customer's recurring revenue as stretches of time, every change of it as a movement, and what each subscription
brings a year, by whatever attributes of the subscriptions the figures are asked for."""

from __future__ import annotations

import numpy as np
import pandas as pd

from crm_metrics.loaders.facts.draft import Bools, Draft, Floats, category
from crm_metrics.loaders.facts.subscriptions import paid, priced
from crm_metrics.tables import NO_RATE, ROW, SOURCE, Table, Unusable
from crm_metrics.tables.frames import moments, truths

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
    steps = _steps(frame, [*whose, *attributes])
    draft.tables["recurring"] = Table("recurring", _stretches(steps))
    draft.tables["movements"] = Table("movements", _movements(steps, whose))
    draft.tables["contracts"] = Table("contracts", _contracts(frame, [*whose, *attributes]))
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


def _steps(frame: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """One row per customer (with currency and attributes) and moment at which the total changes: the level before and after
    it, and of how many subscriptions it is unknown. `is_known` is False where one of these begins or ends."""
    ended = moments(frame, "ended_at")
    closes = ~np.isnat(ended)
    mrr = np.nan_to_num(frame["mrr"].to_numpy(dtype=np.float64))
    unknown = (~truths(frame, "is_known")).astype(np.int64)
    rows = frame[[*keys, SOURCE, ROW]].assign(touched=unknown)
    starts = rows.assign(at=frame["started_at"].to_numpy(), change=mrr, unclear=unknown)
    stops = rows[closes].assign(at=ended[closes], change=-mrr[closes], unclear=-unknown[closes])
    events = pd.concat([starts, stops], ignore_index=True)
    events = events.sort_values([*keys, "at", "change", SOURCE, ROW], kind="stable")
    totals = events.groupby([*keys, "at"], observed=True, sort=True, dropna=False)
    how = {"change": "sum", "unclear": "sum", "touched": "max", SOURCE: "first", ROW: "first"}
    steps = totals.agg(how).reset_index()
    steps["is_known"] = steps.pop("touched") == 0
    level = steps.groupby(keys, observed=True, dropna=False)[["change", "unclear"]].cumsum()
    steps["after"] = np.where(np.abs(level["change"]) < _NOTHING, 0.0, level["change"])
    steps["unclear_after"] = level["unclear"]
    again = steps.groupby(keys, observed=True, dropna=False)
    steps["before"], steps["until"] = again["after"].shift(fill_value=0.0), again["at"].shift(-1)
    return steps


def _stretches(steps: pd.DataFrame) -> pd.DataFrame:
    unclear = steps["unclear_after"].to_numpy() > 0
    some = steps.assign(mrr=np.where(unclear, np.nan, steps["after"]), is_known=~unclear)
    some = some[unclear | (steps["after"] != 0).to_numpy()]
    some = some.drop(columns=["after", "before", "change", "unclear", "unclear_after"])
    return some.rename(columns={"at": "started_at", "until": "ended_at"}).reset_index(drop=True)


def _movements(steps: pd.DataFrame, whose: list[str]) -> pd.DataFrame:
    """Every change of a customer's total as a movement, under the attributes after it, or before it for what is lost. What
    goes from one of them to another beside that is a transfer, as much in as out, signed."""
    steps = steps.sort_values([*whose, "at"], kind="stable", ignore_index=True)
    moment = steps.groupby([*whose, "at"], observed=True, dropna=False, sort=False).ngroup().to_numpy()
    first = np.flatnonzero(np.diff(moment, prepend=-1))
    change = (steps["after"] - steps["before"]).to_numpy()
    kind, moved, is_sized, total = _kinds(steps, whose, moment, first, change)
    lost = np.isin(kind, [_MOVES.index("churn"), _MOVES.index("contraction")])
    up, down = np.maximum(change, 0.0), np.maximum(-change, 0.0)
    gains = np.bincount(moment, weights=up)
    # What is lost without anything instead is of what was before; all else is of what is there after.
    before = (kind == _MOVES.index("churn")) | (lost & (gains == 0))
    part = np.where(before[moment], down, up)
    by_moment = np.bincount(moment, weights=part)
    side, unclear = np.where(before[moment], steps["before"], steps["after"]), steps["unclear_after"].to_numpy()
    mine = (side != 0) | (np.where(before[moment], unclear - steps["unclear"], unclear) > 0)
    mine |= (np.bincount(moment, weights=mine) == 0)[moment]
    same = np.abs(by_moment - np.abs(total)) < _NOTHING
    with np.errstate(all="ignore"):
        share = np.where(same[moment], part, np.abs(total)[moment] * part / by_moment[moment])
    amount = np.where((part > 0) & moved[moment], share, 0.0)
    over = change - np.where(lost[moment], -amount, amount)
    over = np.where(is_sized[moment], over, np.nan)
    amount = np.where(is_sized[moment], amount, np.nan)
    movements = steps[[*(name for name in steps if name not in _WORKING)]].assign(
        moved_at=steps["at"], is_known=is_sized[moment]
    )
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


_WORKING = ("at", "until", "change", "before", "after", "unclear", "unclear_after", "is_known")


def _kinds(
    steps: pd.DataFrame, whose: list[str], moment: np.ndarray, first: np.ndarray, change: Floats
) -> tuple[np.ndarray, Bools, Bools, Floats]:
    """For each moment of a customer: what kind of movement it is, whether it is one, whether its size is known, and by how
    much the total changes."""
    total = np.bincount(moment, weights=change).astype(np.float64)
    unclear = np.bincount(moment, weights=steps["unclear"])
    is_sized = np.bincount(moment, weights=~steps["is_known"]) == 0
    owner = steps.loc[first, whose].assign(total=total, unclear=unclear).reset_index(drop=True)
    level = owner.groupby(whose, observed=True, dropna=False)[["total", "unclear"]].cumsum()
    owner["pays"] = (np.abs(level["total"]) >= _NOTHING) | (level["unclear"] > 0)
    owner["ever"] = (level["total"] >= _NOTHING) | (level["unclear"] > 0)
    owner["ever"] = owner.groupby(whose, observed=True, dropna=False)["ever"].cummax()
    earlier = owner.groupby(whose, observed=True, dropna=False)[["pays", "ever"]].shift(fill_value=False)
    paid_before, back = (earlier[name].to_numpy(dtype=bool) for name in ("pays", "ever"))
    pays = owner["pays"].to_numpy(dtype=bool)
    cases = [~pays, ~paid_before & back, ~paid_before, (total > 0) | ~is_sized]
    kinds = [_MOVES.index(name) for name in ("churn", "reactivation", "new", "expansion")]
    kind = np.select(cases, kinds, _MOVES.index("contraction"))
    is_sized = np.asarray(is_sized, dtype=np.bool_)
    moved: Bools = (np.abs(total) >= _NOTHING) | ~is_sized
    return kind, moved, is_sized, total
