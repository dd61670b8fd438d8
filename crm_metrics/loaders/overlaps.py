"""Exports that overlap: records of one file that are in another as well, where no id tells that they are the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations_with_replacement

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from crm_metrics import schema
from crm_metrics.issues import Issue
from crm_metrics.loaders.coercing import columns as coerced
from crm_metrics.loaders.gathering import Fetched
from crm_metrics.loaders.keyed import FEW
from crm_metrics.loaders.normalising import FileRows
from crm_metrics.loaders.recognising import normalised
from crm_metrics.tables import ROW, SOURCE, Table

_APART = 0.9
Hashes = NDArray[np.uint64]


def report(
    fetched: Sequence[Fetched], files: Sequence[FileRows], tables: Mapping[str, Table], issues: list[Issue]
) -> None:
    """Say which files hold records that an earlier one of the same kind holds with the same content, of those that are still
    in the tables. They stay where two equal purchases on one day may have happened, and are left out where both files are of
    one list. Records with an id are settled by it and not looked at."""
    pairs = [(raw, file) for raw, file in zip(fetched, files, strict=True) if _has_no_id(file)]
    for place, behind in _alike([file for _, file in pairs]):
        (first, earlier), (second, later) = pairs[place], pairs[behind]
        # The columns read may agree where others do not.
        left, right = _whole(tables, first, earlier), _whole(tables, second, later)
        common = [name for name in left if name in right]
        here, there = _hashes(left[common]), _hashes(right[common])
        rows = right.index[np.isin(there, here)].to_numpy()
        if not len(rows):
            continue
        placed = schema.TABLES[later.source.table].placed_by
        is_timed = not (earlier.calendar.get(placed, True) or later.calendar.get(placed, True))
        fewer = min(len(left), len(right))
        # Costs that only agree in part are compared by their days.
        share = fewer if later.source.table == "spend" else fewer / 2
        is_one_list = len(rows) >= share and (is_timed or len(rows) >= min(FEW, max(fewer, 2)))
        if is_one_list and _are_told_apart(left[common], earlier) and _are_told_apart(right[common], later):
            if len(left) < len(right):  # what is part of a longer list is left out
                earlier, later, rows = later, earlier, left.index[np.isin(here, there)].to_numpy()
            table = tables[later.source.table]
            copied = (table.frame[SOURCE] == later.source.index) & table.frame[ROW].isin(rows)
            table.frame = table.frame[~copied].reset_index(drop=True)
            later.source.left_out["older-version"] += len(rows)
            issues.append(Issue.of_rows("older-version", later.source.path, np.sort(rows), other=earlier.source.path))
        else:
            issues.append(Issue.of_rows("overlap", later.source.path, np.sort(rows), other=earlier.source.path))


def _are_told_apart(rows: pd.DataFrame, file: FileRows) -> bool:
    """Whether nearly all rows differ in more than their days, in a moment, an address, a comment or who paid how much, so
    that no two records are the same by chance."""
    days = {f"{normalised(file.source.columns[name])} 0" for name, by_day in file.calendar.items() if by_day}
    return len(rows.drop(columns=days, errors="ignore").drop_duplicates()) >= _APART * len(rows)


def _alike(files: Sequence[FileRows]) -> list[tuple[int, int]]:
    """The places of files of one kind with a record that agrees in all columns that are read of both, each with a later one.
    Files with the same columns are looked at together: of each pair by itself, many files would take for ever."""
    by_columns: dict[tuple[int, frozenset[str]], list[int]] = {}
    for place, file in enumerate(files):
        columns = frozenset(map(str, file.frame)) - {SOURCE, ROW}
        by_columns.setdefault((id(file.recognised.layout), columns), []).append(place)
    alike: set[tuple[int, int]] = set()
    for ((kind, names), left), ((other, others), right) in combinations_with_replacement(by_columns.items(), 2):
        read = sorted(names & others)
        if kind != other or not read or (left is right and len(left) < 2):
            continue
        among = left if left is right else [*left, *right]
        hashes = [np.unique(_hashes(files[place].frame[read])) for place in among]
        shared = _sharing(np.concatenate(hashes), np.repeat(among, list(map(len, hashes))))
        alike |= {pair for pair in shared if left is right or len(set(pair) & set(left)) == 1}
    return sorted(alike)


def _sharing(hashes: Hashes, owner: NDArray[np.int64]) -> set[tuple[int, int]]:
    """The pairs of owners of equal hashes, of which each owner has every one once."""
    order = np.lexsort((owner, hashes))
    hashes, owner = hashes[order], owner[order]
    pairs: set[tuple[int, int]] = set()
    here, step = np.arange(len(hashes)), 1
    while len(here := here[here + step < len(hashes)]):
        here = here[hashes[here] == hashes[here + step]]
        pairs.update(map(tuple, np.unique(np.stack([owner[here], owner[here + step]], axis=1), axis=0).tolist()))
        step += 1
    return pairs


def _has_no_id(file: FileRows) -> bool:
    """Lists of owners or products, which have no dates, are matched by name: a copy adds nothing."""
    table = schema.TABLES[file.source.table]
    return bool(table.moments) and table.key not in file.recognised.columns


def _hashes(frame: pd.DataFrame) -> Hashes:
    return np.asarray(pd.util.hash_pandas_object(frame, index=False))


def _whole(tables: Mapping[str, Table], fetched: Fetched, file: FileRows) -> pd.DataFrame:
    """All cells of the records of a file that are in its table, by label, under their row numbers."""
    header, cells = fetched.raw.header, coerced.whole(fetched.raw.texts())
    labels = {place: f"{normalised(label)} {header[:place].count(label)}" for place, label in enumerate(header)}
    frame = tables[file.source.table].frame
    return cells[cells.index.isin(frame.loc[frame[SOURCE] == file.source.index, ROW])].rename(columns=labels)
