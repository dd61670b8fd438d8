"""Records that two files hold under ids that are not written alike: under another header, by another tool, with a prefix."""

from __future__ import annotations

from collections.abc import Collection
from itertools import combinations

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from crm_metrics.loaders.company import TELLING
from crm_metrics.loaders.identity import Ints
from crm_metrics.loaders.layouts import normalised
from crm_metrics.loaders.versions import Exports, ages, leave_out
from crm_metrics.loaders.vocabulary import meanings_of
from crm_metrics.schema import TABLES
from crm_metrics.tables import SOURCE

_MOST, _SHARE = 0.9, 0.01
_DAY = np.timedelta64(1, "D")
_FORM = r"^(?P<prefix>[^\d]*?)0*(?P<number>\d+)$"


def without_copies(frame: pd.DataFrame, exports: Exports, apart: Collection[int] = ()) -> pd.DataFrame:
    """The rows without those that a newer file holds under the same number, written otherwise, on the same day, about the
    same and with the same amount. Files whose ids are written alike are told by these; those `apart` are no versions."""
    table = TABLES[exports.table]
    key = "order_id" if exports.table == "orders" else table.key
    names = sorted(TELLING & {*frame.columns})
    if not key or not names or not {key, table.placed_by} <= {*frame.columns}:
        return frame
    source = frame[SOURCE].to_numpy().astype(np.int64)
    files = [i for i in np.unique(source).tolist() if i not in apart]
    if len(files) < 2:
        return frame
    ids, prefixes = frame[key].astype("str").copy(), {}
    for i in files:
        mine = source == i
        prefix, plain = _plain(ids[mine])
        prefixes[i] = prefix
        if prefix is not None:
            ids[mine] = plain
    rank = ages(frame, files, exports)
    gone: dict[int, list[Ints]] = {}
    for first, second in combinations(sorted(files, key=lambda i: (rank[i], exports.sources[i].path)), 2):
        alike = prefixes[first] == prefixes[second] and exports.numbering.get(first) == exports.numbering.get(second)
        others = prefixes[first] != prefixes[second] and "" not in (prefixes[first], prefixes[second])
        older, newer = np.flatnonzero(source == first), np.flatnonzero(source == second)
        if (
            alike
            or others
            or not _name_one_thing(exports, first, second, key)
            or not _are_same(frame, ids, older, newer, [table.placed_by, *names])
        ):
            continue
        gone.setdefault(second, []).append(older[ids.iloc[older].isin(ids.iloc[newer].dropna()).to_numpy()])
    if not gone:
        return frame
    rows = np.concatenate([part for parts in gone.values() for part in parts])
    newer = np.concatenate([np.full(len(part), i) for i, parts in gone.items() for part in parts])
    rows, at = np.unique(rows, return_index=True)
    return leave_out(frame, rows, newer[at], exports)


def _name_one_thing(exports: Exports, first: int, second: int, key: str) -> bool:
    """Whether the ids of two files can be of one kind of record: an invoice's number is not that of an order."""
    headers = [exports.sources[i].columns.get(key, "") for i in (first, second)]
    if exports.table != "orders" or normalised(headers[0]) == normalised(headers[1]):
        return True
    left, right = ({meaning.thing for meaning in meanings} - {None} for meanings in meanings_of(tuple(headers)))
    return bool(left & right)


def _plain(ids: pd.Series) -> tuple[str | None, pd.Series]:
    """What stands before the number of every id of a file, and the numbers; None where the ids are of several forms."""
    parts = pc.extract_regex(pa.array(ids, pa.string()), _FORM)
    if parts.null_count > ids.isna().sum() or len(ids) == ids.isna().sum():
        return None, ids
    prefixes = pc.unique(pc.struct_field(parts, "prefix").drop_null())
    if len(prefixes) != 1:
        return None, ids
    return str(prefixes[0].as_py()), pd.Series(
        pc.struct_field(parts, "number").to_pandas().to_numpy(), index=ids.index, dtype="str"
    )


def _are_same(frame: pd.DataFrame, ids: pd.Series, older: Ints, newer: Ints, names: list[str]) -> bool:
    """Whether the records of two files with the same number are the same: of one day, and alike in what else both say."""
    left, right = (frame.iloc[rows][names].groupby(ids.iloc[rows].to_numpy()).first() for rows in (older, newer))
    common = left.index.intersection(right.index)
    if not len(common):
        return False
    left, right = left.loc[common], right.loc[common]
    placed, *others = names
    days = np.abs(left[placed].to_numpy() - right[placed].to_numpy()) >= _DAY
    if (left[placed].isna() | right[placed].isna()).any() or days.sum() > _SHARE * len(common):
        return False
    shares = []
    for name in others:
        both = (left[name].notna() & right[name].notna()).to_numpy()
        if both.any():
            pair = (side[name][both] for side in (left, right))
            texts = (part.astype("str").to_numpy() if part.dtype.kind not in "fi" else part.to_numpy() for part in pair)
            shares.append(float(np.mean(np.equal(*texts))))
    return bool(shares) and min(shares) >= _MOST
