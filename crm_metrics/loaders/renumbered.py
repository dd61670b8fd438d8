"""Records that two files hold under ids that are not alike: under another header, with a prefix, with numbers of another
tool."""

from __future__ import annotations

from collections.abc import Collection
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from crm_metrics.loaders.company import AMOUNTS, TELLING
from crm_metrics.loaders.identity import Ints
from crm_metrics.loaders.layouts import normalised
from crm_metrics.loaders.versions import Exports, ages, leave_out
from crm_metrics.loaders.vocabulary import meanings_of
from crm_metrics.schema import TABLES
from crm_metrics.tables import SOURCE, Source

_RENUMBERED = ("orders", "deals", "tickets")
_MOST, _SHARE, _FEW = 0.9, 0.01, 3
_DAY = np.timedelta64(1, "D")
_FORM = r"^(?P<prefix>[^\d]*?)0*(?P<number>\d+)$"


def without_copies(frame: pd.DataFrame, exports: Exports, apart: Collection[int] = ()) -> pd.DataFrame:
    """The rows without those that a newer file holds under the same number, written otherwise, on the same day, about the
    same and with the same amount. Files whose ids are written alike are told by these; those `apart` are no versions."""
    table = TABLES[exports.table]
    key = "order_id" if exports.table == "orders" else table.key
    names = sorted(TELLING & {*frame.columns})
    if not key or not {key, table.placed_by} <= {*frame.columns}:
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
    days = frame[table.placed_by].to_numpy()
    records: dict[int, pd.DataFrame] = {}  # of each file by their number: what it says first in these columns
    newer: Ints = np.full(len(frame), -1, dtype=np.int64)  # the file that has a row again
    for first, second in combinations(sorted(files, key=lambda i: (rank[i], exports.sources[i].path)), 2):
        alike = prefixes[first] == prefixes[second] and exports.numbering.get(first) == exports.numbering.get(second)
        others = prefixes[first] != prefixes[second] and "" not in (prefixes[first], prefixes[second])
        by_number = not (alike or others)
        by_content = exports.table in _RENUMBERED and _lies_within(days[source == first], days[source == second])
        if not (by_number or by_content) or not name_one_thing(exports.sources[first], exports.sources[second], key):
            continue
        for i in {first, second} - records.keys():
            rows = frame.loc[source == i, [table.placed_by, *names]].set_axis(ids[source == i].to_numpy())
            rows = rows[rows.index.notna()]
            records[i] = rows if rows.index.is_unique else rows.groupby(level=0).first()
        left, right = records[first], records[second]
        if by_number and _are_same(left, right):
            again = left.index.intersection(right.index)
        else:
            again = _under_other_ids(left, right) if by_content else left.index[:0]
        if len(again):
            newer[(source == first) & (newer < 0) & ids.isin(again).to_numpy()] = second
    gone = np.flatnonzero(newer >= 0)
    return leave_out(frame, gone, newer[gone], exports) if len(gone) else frame


def name_one_thing(first: Source, second: Source, key: str) -> bool:
    """Whether the ids of two files can be of one kind of record: an invoice's number is not that of an order."""
    headers = [source.columns.get(key, "") for source in (first, second)]
    if first.table != "orders" or normalised(headers[0]) == normalised(headers[1]):
        return True
    things = []
    for header, source in zip(headers, (first, second), strict=True):  # each in the language of its file
        labels = (header, *source.columns.values())
        things.append({meaning.thing for meaning in meanings_of(labels)[0]} - {None})
    return bool(things[0] & things[1])


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


def _lies_within(days: NDArray[Any], others: NDArray[Any]) -> bool:
    """Whether nine of ten days lie between the first and the last of the others."""
    if not len(days) or np.isnat(others).all():
        return False
    return bool(np.mean((days >= np.nanmin(others)) & (days <= np.nanmax(others))) >= _MOST)


def _under_other_ids(left: pd.DataFrame, right: pd.DataFrame) -> pd.Index:
    """The records of a file that another holds under other numbers, as after a move from one tool to another: nine of ten
    are of the same moment, about the same and, without a name of their own, of the same amount, and no two of them are."""
    none = left.index[:0]
    if len(left) < _FEW or len(left.index.intersection(right.index)):
        return none
    there = [name for name in left if left[name].notna().any() and right[name].notna().any()]
    named = {"name", "subject"} & {*there}
    keys = [name for name in there if name not in AMOUNTS or not named]
    if len(keys) < (2 if named else 3) or left[keys].isna().any(axis=None):
        return none
    one, other = (pd.util.hash_pandas_object(side[keys], index=False).to_numpy() for side in (left, right))
    if len(np.unique(one)) < len(one) or len(np.unique(other)) < len(other):
        return none
    again = left.index[np.isin(one, other)]
    return again if len(again) >= _MOST * len(left) else none


def _are_same(left: pd.DataFrame, right: pd.DataFrame) -> bool:
    """Whether the records of two files with the same number are the same: of one day, and alike in what else both say."""
    count, names = len(left), [*left]
    common = left.index.intersection(right.index)
    if not len(common):
        return False
    left, right = left.loc[common], right.loc[common]
    placed, *others = names
    days = np.abs(left[placed].to_numpy() - right[placed].to_numpy()) >= _DAY
    if (left[placed].isna() | right[placed].isna()).any() or days.sum() > _SHARE * len(common):
        return False
    about = [name for name in others if name not in AMOUNTS] or others
    about = [name for name in about if (left[name].notna() & right[name].notna()).any()] or others
    shares = [share for name in about if (share := _alike(left[name], right[name])) is not None]
    if not shares:  # nothing but their days
        return len(common) >= max(_FEW, _MOST * count) and left[placed].nunique() >= _FEW
    return min(shares) >= _MOST


def _alike(left: pd.Series, right: pd.Series) -> float | None:
    """The share of equal cells among those that both have."""
    both = (left.notna() & right.notna()).to_numpy()
    if not both.any():
        return None
    pair = (side[both] for side in (left, right))
    texts = (part.astype("str").to_numpy() if part.dtype.kind not in "fi" else part.to_numpy() for part in pair)
    return float(np.mean(np.equal(*texts)))
