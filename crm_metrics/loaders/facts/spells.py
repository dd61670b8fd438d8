"""Times as a customer: stretches that overlap or touch as one, and within each which attributes held when."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from crm_metrics.loaders.facts.workbench import NAT, Ints, moments, numbers
from crm_metrics.tables import ROW, SOURCE

_FOREVER = np.datetime64("9999-12-31", "us")


def merge(frame: pd.DataFrame, dims: Sequence[str] = ()) -> pd.DataFrame:
    """Overlapping and touching stretches of a customer as one spell each, numbered in the order of time. Where an attribute
    of `dims` changes within a spell, it has a row for each time with the same ones, all with its `spell` and `ordinal`;
    `is_beginning` marks the first. Of several stretches at a time the one of the largest `weight` says the attributes."""
    ordered = frame.assign(_until=_until(frame))
    # Attributes break ties, so that the order of rows and files does not matter.
    attributes = sorted(str(name) for name in frame.select_dtypes("category").columns if name != "customer")
    ordered = ordered.sort_values(["customer", "started_at", "_until", *attributes], kind="stable")
    ordered = ordered.reset_index(drop=True)
    by_customer = ordered.groupby("customer", observed=True)
    # The furthest end so far of the customer's earlier stretches.
    reach = by_customer["_until"].cummax().groupby(ordered["customer"], observed=True).shift()
    new = (reach.isna() | (ordered["started_at"] > reach)).to_numpy()
    spell = np.cumsum(new) - 1
    last = ordered["_until"].groupby(spell).max().to_numpy()
    made = ordered[new].reset_index(drop=True)
    made["ended_at"] = np.where(last == _FOREVER, NAT, last)
    made["ordinal"] = made.groupby("customer", observed=True).cumcount() + 1.0
    made["spell"] = np.arange(len(made))
    made["is_beginning"] = True
    own = [name for name in dims if name in frame and name != "customer"]
    if own and len(made) < len(ordered):
        made = _cut(made, ordered, spell, own)
    return made.drop(columns=["_until", "weight"], errors="ignore")


def _until(frame: pd.DataFrame) -> np.ndarray:
    ended = moments(frame, "ended_at")
    return np.where(np.isnat(ended), _FOREVER, ended)


def _cut(made: pd.DataFrame, ordered: pd.DataFrame, spell: Ints, dims: Sequence[str]) -> pd.DataFrame:
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
    pieces = made.iloc[whose].assign(
        **{name: ordered[name].to_numpy()[rows] for name in (SOURCE, ROW)},
        **{name: ordered[name].iloc[rows].array for name in dims},
        started_at=at,
        ended_at=np.where(until == _FOREVER, NAT, until),
        is_beginning=np.r_[True, np.diff(whose) != 0],
    )
    momentary = made[~made["spell"].isin(whose)]  # over when they began: no time in which anything could hold
    return pd.concat([pieces, momentary]).sort_values(["spell", "started_at"], kind="stable", ignore_index=True)


def _dearest(weight: np.ndarray, begun: np.ndarray, first: Ints, last: Ints, size: int) -> Ints:
    """The stretch that says the attributes from each of `size` edges to the next one, −1 for none: the dearest, of equals
    the one that began last. Those alone at their time are placed all at once."""
    made = np.full(size, -1, dtype=np.int64)
    depth = np.cumsum(np.bincount(first, minlength=size) - np.bincount(last, minlength=size))
    crowded = np.append(0, np.cumsum(depth > 1))
    alone = (crowded[last] == crowded[first]) & (last == first + 1)
    made[first[alone]] = np.flatnonzero(alone)
    others = np.flatnonzero(~alone & (last > first))
    for row in others[np.lexsort((begun[others], weight[others]))].tolist():
        made[first[row] : last[row]] = row
    return made
