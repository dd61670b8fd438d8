"""Customers: who left, and the spells of time in which each was a customer: stretches that overlap or touch as one, and
within each which attributes held when."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from crm_metrics.loaders.facts import states, subscriptions
from crm_metrics.loaders.facts.draft import Draft, Ints, optional_truth
from crm_metrics.schema import STATES
from crm_metrics.tables import ROW, SOURCE, STATE, Table, Unusable
from crm_metrics.tables.frames import NAT, categorical, has_value, moments, numbers, truths

_KNOWN = [STATES["customers"].index(state) for state in ("active", "left")]


def derive(draft: Draft) -> None:
    """Flags of who left; then spells, from the first source that is there."""
    if "customers" in draft.tables:
        _left(draft, draft.tables["customers"])
    if "spells" in draft.wanted:
        _spells(draft)


def _left(draft: Draft, table: Table) -> None:
    frame = table.frame
    never = numbers(frame, "total_spend") <= 0
    draft.report("never-paid", table, never)
    if never.any() and "started_at" in frame:
        frame["started_at"] = np.where(never, NAT, moments(frame, "started_at"))
    states.settle(draft, table)
    flagged, by_state = has_value(frame, "is_churned"), states.is_in(frame, "customers", "left")
    # A status or a flag about who is still a customer: a lifecycle stage is none.
    words = states.read_by(draft, table, "status") if "status" in frame else np.full(len(frame), -1)
    if not (flagged | np.isin(words, _KNOWN) | has_value(frame, "is_active")).any():
        table.frame = frame.drop(columns="is_churned", errors="ignore")
        return
    left = np.where(flagged, truths(frame, "is_churned"), by_state)
    frame["is_churned"] = optional_truth(left, flagged | has_value(frame, STATE))
    started = moments(frame, "started_at")
    prospect = np.isnat(started) & states.is_in(frame, "customers", "prospect")
    frame["is_customer"] = ~(started >= draft.known_until(table.name)) & ~prospect & ~never
    if has_value(frame, "ended_at").any():
        reason = "the customers have end dates, which do better: see the churn rate"
        table.unusable["is_churned"] = Unusable("missing-column", reason)


def _spells(draft: Draft) -> None:
    stretches = subscriptions.spells(draft) or _from_customers(draft) or _from_purchases(draft)
    if stretches is None:
        return
    frame, has_ends, where = stretches
    draft.say("spells-from", seen=where)
    merged = merge(frame, draft.dims if "subscriptions" in draft.tables else ())
    if not has_ends:
        merged = merged.drop(columns="ended_at")
    table = Table("spells", merged)
    if not has_ends:
        reason = f"{where} never say when a customer left"
        hint = "give an end date, or --set inactive_after_days=180 to count who has not bought for so long as lost"
        table.unusable["ended_at"] = Unusable("missing-column", reason, hint)
    if "is_involuntary" not in merged:
        reason, hint = f"{where} do not say why one left", "add the column Cancellation reason to the subscriptions"
        table.unusable["is_involuntary"] = Unusable("missing-column", reason, hint)
    draft.tables["spells"] = table


def _from_customers(draft: Draft) -> tuple[pd.DataFrame, bool, str] | None:
    if "customers" not in draft.tables:
        return None
    frame = draft.tables["customers"].frame
    started, ended = moments(frame, "started_at"), moments(frame, "ended_at")
    draft.report("ended-before-started", draft.tables["customers"], draft.days(ended) < draft.days(started))
    keep = ~np.isnat(started)
    if not keep.any() or "customer" not in frame:
        return None
    has_ends = bool(has_value(frame, "ended_at").any())
    return frame.assign(ended_at=ended)[keep], has_ends, "the customers' start and end dates"


def _from_purchases(draft: Draft) -> tuple[pd.DataFrame, bool, str] | None:
    """Purchases as spells: from each until `inactive_after_days` later; without the setting, from the first one on."""
    if "purchases" not in draft.tables:
        return None
    frame = draft.tables["purchases"].frame
    if "customer" not in frame or "purchased_at" not in frame:
        return None
    rows = has_value(frame, "customer") & has_value(frame, "purchased_at") & ~truths(frame, "is_refund")
    idle = draft.settings.inactive_after_days
    if idle is None:  # what comes after the first one is part of the same time
        first = frame["purchased_at"].where(rows).groupby(categorical(frame["customer"]).codes).transform("min")
        rows &= (frame["purchased_at"] == first).to_numpy()
    bought = frame[rows].rename(columns={"purchased_at": "started_at"})
    if idle is None:
        return bought.assign(ended_at=NAT), False, "the purchases"
    ended = bought["started_at"].to_numpy() + np.timedelta64(idle, "D")
    ended = np.where(ended >= draft.now, NAT, ended)
    return bought.assign(ended_at=ended), True, f"the purchases: lost after {idle} days without one"


_FOREVER = np.datetime64("9999-12-31", "us")


def merge(frame: pd.DataFrame, dims: Sequence[str] = ()) -> pd.DataFrame:
    """Overlapping and touching stretches of a customer as one spell each, numbered in the order of time. Where an attribute
    of `dims` changes within a spell, it has a row for each time with the same ones, all with its `spell` and `ordinal`;
    `is_beginning` marks the first. Of several stretches at a time the one of the largest `weight` says the attributes."""
    ended = moments(frame, "ended_at")
    ordered = frame.assign(_until=np.where(np.isnat(ended), _FOREVER, ended))
    # Attributes break ties, so that the order of rows and files does not matter.
    attributes = sorted(str(name) for name in frame.select_dtypes("category").columns if name != "customer")
    # Missing ones come last.
    ranks = [categorical(frame[name]).codes.astype(np.uint32) for name in ("customer", *attributes)]
    dates = [frame["started_at"].to_numpy(), ordered["_until"].to_numpy()]
    order = np.lexsort((*reversed(ranks[1:]), *reversed(dates), ranks[0]))
    ordered = ordered.take(order).reset_index(drop=True)
    whose = ranks[0][order]  # pandas tells numbers apart without sorting all customers each time
    # The furthest end so far of the customer's earlier stretches.
    reach = ordered["_until"].groupby(whose).cummax().groupby(whose).shift()
    new = (reach.isna() | (ordered["started_at"] > reach)).to_numpy()
    spell = np.cumsum(new) - 1
    last = ordered["_until"].groupby(spell).max().to_numpy()
    spells = ordered[new].reset_index(drop=True)
    spells["ended_at"] = np.where(last == _FOREVER, NAT, last)
    spells["ordinal"] = spells.groupby(whose[new]).cumcount() + 1.0
    spells["spell"] = np.arange(len(spells))
    spells["is_beginning"] = True
    if "is_involuntary" in spells:
        spells["is_involuntary"] = _reason(ordered, spell, last)
    own = [name for name in dims if name in frame and name != "customer"]
    if own and len(spells) < len(ordered):
        spells = _cut(spells, ordered, spell, own)
    return spells.drop(columns=["_until", "weight"], errors="ignore")


def _reason(ordered: pd.DataFrame, spell: Ints, last: np.ndarray) -> Any:
    """Whether each spell ended because a payment failed: what its last stretches say, missing where they disagree."""
    ends = (ordered["_until"].to_numpy() == last[spell]) & (last[spell] != _FOREVER)
    by_spell = pd.Series(numbers(ordered, "is_involuntary")).where(ends).groupby(spell)
    low, high = by_spell.min().to_numpy(), by_spell.max().to_numpy()
    return optional_truth(high == 1, low == high)


def _cut(spells: pd.DataFrame, ordered: pd.DataFrame, spell: Ints, dims: Sequence[str]) -> pd.DataFrame:
    """The spells cut where the attributes change."""
    kinds = ordered.groupby(list(dims), observed=True, dropna=False, sort=False).ngroup().to_numpy()
    begun, over = ordered["started_at"].to_numpy(), ordered["_until"].to_numpy()
    # The moments at which a stretch begins or ends, spell by spell; between two of them nothing changes.
    edges = pd.DataFrame({"spell": np.tile(spell, 2), "at": np.concatenate([begun, np.maximum(begun, over)])})
    edges = edges.drop_duplicates().sort_values(["spell", "at"], ignore_index=True)
    number = pd.Series(np.arange(len(edges)), index=pd.MultiIndex.from_frame(edges))
    first = number.reindex(pd.MultiIndex.from_arrays([spell, begun])).to_numpy()
    last = number.reindex(pd.MultiIndex.from_arrays([spell, np.maximum(begun, over)])).to_numpy()
    holds = _dearest(numbers(ordered, "weight"), begun, first, last, len(edges))
    there = holds >= 0
    rows, at, whose = holds[there], edges["at"].to_numpy()[there], edges["spell"].to_numpy()[there]
    until = np.append(edges["at"].to_numpy()[1:], _FOREVER)[there]
    changed = np.r_[True, (np.diff(whose) != 0) | (np.diff(kinds[rows]) != 0)]
    rows, at, whose = rows[changed], at[changed], whose[changed]
    until = until[np.append(np.flatnonzero(changed)[1:] - 1, len(until) - 1)]
    pieces = spells.iloc[whose].assign(
        **{name: ordered[name].to_numpy()[rows] for name in (SOURCE, ROW)},
        **{name: ordered[name].iloc[rows].array for name in dims},
        started_at=at,
        ended_at=np.where(until == _FOREVER, NAT, until),
        is_beginning=np.r_[True, np.diff(whose) != 0],
    )
    momentary = spells[~spells["spell"].isin(whose)]  # over when they began: no time in which anything could hold
    return pd.concat([pieces, momentary]).sort_values(["spell", "started_at"], kind="stable", ignore_index=True)


def _dearest(weight: np.ndarray, begun: np.ndarray, first: Ints, last: Ints, size: int) -> Ints:
    """The stretch that says the attributes from each of `size` edges to the next one, −1 for none: the dearest, of equals
    the one that began last. Those alone at their time are placed all at once."""
    dearest = np.full(size, -1, dtype=np.int64)
    depth = np.cumsum(np.bincount(first, minlength=size) - np.bincount(last, minlength=size))
    crowded = np.append(0, np.cumsum(depth > 1))
    alone = (crowded[last] == crowded[first]) & (last == first + 1)
    dearest[first[alone]] = np.flatnonzero(alone)
    others = np.flatnonzero(~alone & (last > first))
    for row in others[np.lexsort((begun[others], weight[others]))].tolist():
        dearest[first[row] : last[row]] = row
    return dearest
