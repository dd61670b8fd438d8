"""One record per id within a file: several rows of one id are its versions, and the newest counts."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from crm_metrics.issues import Issue
from crm_metrics.schema import TABLES
from crm_metrics.tables import ROW, SOURCE, Source
from crm_metrics.tables.frames import Bools, has_value, moments

Ints = NDArray[np.int64]

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
    ids, source = frame[column], frame[SOURCE].to_numpy()
    number = pd.factorize(ids)[0]  # −1 for a missing id
    record = pd.Series(number.astype(np.int64) * len(sources) + source)  # of an id and a file
    repeats = (number >= 0) & record.duplicated(keep=False).to_numpy()
    repeats &= ~_in_turn(frame, record.to_numpy()) if table == "subscriptions" else True
    if not repeats.any():
        return frame, set()
    content = sorted(name for name in frame.columns if name not in (SOURCE, ROW))
    unsure = {i for i in np.unique(source[repeats]).tolist() if "updated_at" not in sources[i].columns}
    unsure = {i for i in unsure if _differ(frame, content, record, repeats & (source == i), (source == i).sum())}
    doubted = repeats & np.isin(source, sorted(unsure))
    for i, rows in by_file(frame, doubted):
        issues.append(_issue("not-an-id", sources[i], rows, column))
    old = _older(frame, content, record.to_numpy(), np.flatnonzero(repeats & ~doubted))
    for i, rows in by_file(frame, old):
        sources[i].left_out["repeated-id"] += len(rows)
        issues.append(_issue("repeated-id", sources[i], rows, column))
    return frame[~old].reset_index(drop=True) if old.any() else frame, unsure


def _issue(code: str, source: Source, rows: NDArray[Any], column: str) -> Issue:
    return Issue.of_rows(code, source.path, rows, column=source.columns.get(column, column))


def _in_turn(frame: pd.DataFrame, record: Ints) -> Bools:
    """Which rows are phases of one record that follow one another, each over when the next begins: a plan was changed, or
    each is of a month."""
    started, ended = moments(frame, "started_at"), moments(frame, "ended_at")
    order = np.lexsort((started, record))
    again = np.diff(record[order]) == 0
    over = ended[order][:-1] <= started[order][1:]
    return has_value(frame, "mrr_month") | ~np.isin(record, record[order][1:][again & ~over])


def _differ(frame: pd.DataFrame, content: list[str], record: pd.Series, mine: Bools, size: int) -> bool:
    """Whether too many of a file's rows, those marked, repeat an id with other content for it to be one."""
    allowed = max(_FEW, _SHARE * size)
    if record[mine].duplicated().sum() <= allowed:
        return False
    versions = frame.loc[mine, content].drop_duplicates()
    return bool(record[versions.index].duplicated().sum() > allowed)


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


def _older(frame: pd.DataFrame, content: list[str], record: Ints, at: Ints) -> Bools:
    """Which rows are not the newest version of their record, of those at the given places. Versions of one age are in the
    order of their content, so that the order of rows does not matter."""
    dates = [name for name in content if frame[name].dtype.kind == "M"]
    dates = ["updated_at"] if "updated_at" in dates else dates
    age = np.zeros(len(at), dtype=np.int64)
    if dates:
        age = np.fmax.reduce([frame[name].to_numpy()[at] for name in dates]).view(np.int64)  # NaT is the smallest
    tied = pd.DataFrame({"record": record[at], "age": age}).duplicated(keep=False).to_numpy()
    order = np.lexsort((order_of_ties(frame.iloc[at], tied, content), age, record[at]))
    old = np.zeros(len(frame), dtype=bool)
    old[at[order][:-1]] = np.diff(record[at][order]) == 0
    return old


def order_of_ties(rows: pd.DataFrame, tied: Bools, columns: Sequence[str]) -> Ints:
    """The place of each of the tied rows by what it holds, 0 for the others, so that the order of rows does not matter."""
    text = np.zeros(len(rows), dtype=np.int64)
    if tied.any():
        text[tied] = np.unique(as_text(rows[tied], columns), return_inverse=True)[1]
    return text


def as_text(rows: pd.DataFrame, columns: Sequence[str]) -> NDArray[np.object_]:
    """What the rows hold as one text each, to tell the order of rows of one date by something other than their place in a
    file."""
    texts = list(map("\x1f".join, zip(*(_written(rows[name]) for name in columns), strict=True)))
    return np.array(texts, dtype=object)


def _written(column: pd.Series) -> list[str]:
    """The cells of a column as texts, blank where one is missing."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        texts = [*map(str, column.cat.categories.tolist()), ""]
        return list(map(texts.__getitem__, column.cat.codes.tolist()))
    if column.dtype.kind == "M":
        return np.where(column.isna(), "", np.datetime_as_string(column.to_numpy())).tolist()
    return [str(cell) if there else "" for cell, there in zip(column.tolist(), column.notna().tolist(), strict=True)]


def by_file(frame: pd.DataFrame, hit: Bools) -> list[tuple[int, NDArray[Any]]]:
    """The files that the marked rows are of, each with the ascending numbers of these rows in it."""
    source, rows = frame[SOURCE].to_numpy()[hit], frame[ROW].to_numpy()[hit]
    return [(index, np.sort(rows[source == index])) for index in np.unique(source).tolist()]
