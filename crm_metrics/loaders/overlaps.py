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
from crm_metrics.loaders.normalising import FileRows
from crm_metrics.loaders.reading import As
from crm_metrics.loaders.recognising import normalised
from crm_metrics.tables import ROW, SOURCE, Table

Hashes = NDArray[np.uint64]
ROW_NUMBER = "\0row"


def report(
    fetched: Sequence[Fetched], files: Sequence[FileRows], tables: Mapping[str, Table], issues: list[Issue]
) -> None:
    """Leave out the files of which another one of the same kind holds every record with the same content, of those that are
    still in the tables, and say which hold some of them. These stay: two equal purchases on one day happen. Records with an
    id are settled by it and not looked at."""
    pairs = [(raw, file) for raw, file in zip(fetched, files, strict=True) if _has_no_id(file)]
    gone: set[int] = set()
    found: list[tuple[FileRows, FileRows, NDArray[np.int32]]] = []
    for place, behind in _alike([file for _, file in pairs]):
        if {place, behind} & gone:
            continue
        (first, earlier), (second, later) = pairs[place], pairs[behind]
        # The columns read may agree where others do not.
        left, right = _whole(first, earlier, tables), _whole(second, later, tables)
        common = [name for name in left if name in right]
        here, there = _hashes(left[common]), _hashes(right[common])
        if _is_part(here, there) and len(common) == len(left.columns):
            gone.add(place)
            _leave_out(tables, earlier, left, later, issues)
        elif _is_part(there, here) and len(common) == len(right.columns):
            gone.add(behind)
            _leave_out(tables, later, right, earlier, issues)
        elif np.isin(there, here).any():
            found.append((earlier, later, np.sort(right.loc[np.isin(there, here), ROW_NUMBER].to_numpy())))
    for earlier, later, rows in found:
        if not {earlier.source.index, later.source.index} & {pairs[place][1].source.index for place in gone}:
            issues.append(Issue.of_rows("overlap", later.source.path, rows, other=earlier.source.path))


def _is_part(hashes: Hashes, others: Hashes) -> bool:
    """Whether all of a file's records, several and no two of them alike, are among those of another."""
    return 1 < len(hashes) == len(np.unique(hashes)) and bool(np.isin(hashes, others).all())


def _leave_out(
    tables: Mapping[str, Table], file: FileRows, rows: pd.DataFrame, other: FileRows, issues: list[Issue]
) -> None:
    table = tables[file.source.table]
    table.frame = table.frame[table.frame[SOURCE] != file.source.index].reset_index(drop=True)
    file.source.left_out["older-version"] += len(rows)
    every = np.sort(rows[ROW_NUMBER].to_numpy())
    issues.append(Issue.of_rows("older-version", file.source.path, every, other=other.source.path))


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
    columns = [name for name in frame if name != ROW_NUMBER]
    return np.asarray(pd.util.hash_pandas_object(frame[columns], index=False))


def _whole(fetched: Fetched, file: FileRows, tables: Mapping[str, Table]) -> pd.DataFrame:
    """All cells of the records that are in the file's table, by label, and their row numbers."""
    header = fetched.raw.header
    cells = fetched.raw.read(dict.fromkeys(range(len(header)), As.TEXT))
    labels = {place: f"{normalised(header[place])} {header[:place].count(header[place])}" for place in cells.columns}
    texts = {labels[at]: coerced.category(coerced.texts(column, None)) for at, column in cells.columns.items()}
    frame = pd.DataFrame(texts).assign(**{ROW_NUMBER: cells.rows})
    used = tables[file.source.table].frame
    return frame[np.isin(cells.rows, used.loc[used[SOURCE] == file.source.index, ROW].to_numpy())]
