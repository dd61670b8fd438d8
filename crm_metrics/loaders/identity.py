"""One record per id within a file: several rows of one id are its versions, and the newest counts."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from crm_metrics.issues import Issue
from crm_metrics.schema import TABLES
from crm_metrics.tables import ROW, SOURCE, Source

_SHARE, _FEW = 0.01, 5


def without_repeats(
    frame: pd.DataFrame, table: str, sources: list[Source], issues: list[Issue]
) -> tuple[pd.DataFrame, set[int]]:
    """The rows of files of one layout with one row per id and file: the last updated, without such a column the one with
    the latest date in it. An "id" that repeats with different content in more than 1 % of a file's rows (and in more than
    five) is none; the files with such come back too. Rows of tables of which a record is several rows stay."""
    column = TABLES[table].key
    if not column or table == "orders" or column not in frame or all_different(frame[column]):
        return frame, set()
    named = frame[column].notna().to_numpy()
    repeats = named & frame.duplicated([SOURCE, column], keep=False).to_numpy()
    if not repeats.any():
        return frame, set()
    content = sorted(name for name in frame.columns if name not in (SOURCE, ROW))
    versions = frame.loc[repeats, [SOURCE, *content]].drop_duplicates()
    differing = versions.loc[versions.duplicated([SOURCE, column]), SOURCE].value_counts()
    size = frame[SOURCE].value_counts()
    unsure = {
        int(str(i))
        for i, count in differing.items()
        if count > max(_FEW, _SHARE * size[i]) and "updated_at" not in sources[int(str(i))].columns
    }
    doubted = frame[SOURCE].isin(unsure).to_numpy()
    report("not-an-id", frame[repeats & doubted], column, sources, issues)
    ordered = _by_age(frame[repeats & ~doubted], content)
    old = ordered[ordered.duplicated([SOURCE, column], keep="last")]
    for source, count in old[SOURCE].value_counts().items():
        sources[int(str(source))].left_out["repeated-id"] += int(count)
    report("repeated-id", old, column, sources, issues)
    return frame.drop(index=old.index).reset_index(drop=True), unsure


def all_different(ids: pd.Series) -> bool:
    """Whether no id of a table repeats."""
    values = pa.array(ids)
    if pa.types.is_dictionary(values.type):
        return False
    column = values if isinstance(values, pa.ChunkedArray) else pa.chunked_array([values])
    try:
        return is_all_different(pc.cast(column, pa.int64()))
    except pa.ArrowInvalid:
        return is_all_different(column)


def is_all_different(ids: pa.ChunkedArray) -> bool:
    """Whether no id repeats, missing ones aside; told without hashing when they are ascending numbers, as exports usually
    have them."""
    if pa.types.is_integer(ids.type) and not ids.null_count:
        parts = [chunk.to_numpy() for chunk in ids.chunks if len(chunk)]
        ends = all(left[-1] < right[0] for left, right in pairwise(parts))
        if ends and all((part[1:] > part[:-1]).all() for part in parts):
            return True
    return bool(pc.count_distinct(ids, mode="only_valid").as_py() == len(ids) - ids.null_count)


def _by_age(rows: pd.DataFrame, content: list[str]) -> pd.DataFrame:
    """Oldest versions first; versions of one age in the order of their content, so that the order of rows does not
    matter."""
    dates = rows.select_dtypes("datetime")
    age = (
        rows["updated_at"]
        if "updated_at" in rows
        else dates.max(axis="columns")
        if dates.shape[1]
        else pd.Series(0, rows.index)
    )
    order = pd.DataFrame({"age": age, "text": as_text(rows, content)})
    return rows.loc[order.sort_values(["age", "text"], na_position="first", kind="stable").index]


def as_text(rows: pd.DataFrame, columns: list[str]) -> pd.Series:
    """What the rows hold as one text each, to tell the order of rows of one date by something other than their place in a
    file."""
    cells = [rows[name].astype("str").fillna("") for name in columns]
    return cells[0].str.cat(cells[1:], sep="\x1f")  # type: ignore[arg-type]  # the stubs leave out lists of Series


def report(code: str, rows: pd.DataFrame, column: str, sources: list[Source], issues: list[Issue]) -> None:
    for source, part in rows.groupby(SOURCE, observed=True):
        every = np.sort(part[ROW].to_numpy())
        numbers = tuple(int(row) for row in every[:10])
        path = sources[int(str(source))]
        issues.append(Issue(code, path.path, len(part), numbers, {"column": path.columns.get(column, column)}, every))
