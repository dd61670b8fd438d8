"""Rows of a file that are no records of their own: totals, deleted ones, exact copies."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from crm_metrics import schema
from crm_metrics.issues import Issue
from crm_metrics.loaders.coercing import columns as coerced
from crm_metrics.loaders.coercing.words import folded
from crm_metrics.loaders.normalising.file import File
from crm_metrics.loaders.planning import Plan
from crm_metrics.loaders.reading import As, Cells, LeftOut
from crm_metrics.tables import ROW, SOURCE


def kept(file: File, frame: pd.DataFrame, file_plan: Plan, cells: Cells, left_out: Counter[str]) -> pd.DataFrame:
    """The frame without total rows and deleted records, which are counted."""
    keep = np.ones(len(frame), dtype=bool)
    # An id that was read as numbers and is needed no more has no total among them.
    if file_plan.totals is not None and file_plan.totals in cells.columns:
        total = _totals(file, frame, file_plan, cells.columns[file_plan.totals])
        keep &= ~total
        if total.any():
            left_out["total-row"] += int(total.sum())
            _note_totals(file, cells.rows[total])
            # What a total row holds in a date column is no broken date.
            totals = set(cells.rows[total].tolist())
            file.issues[:] = [issue for issue in file.issues if not _only_in(issue, totals)]
    blank = [name for name in sorted(file.layout.total_blank) if name in frame]
    if blank:
        total = keep & frame[blank].isna().all(axis="columns").to_numpy()
        if total.any() and not total.all():
            left_out["total-row"] += int(total.sum())
            _note_totals(file, cells.rows[total])
            keep &= ~total
    if "is_deleted" in frame:
        deleted = keep & frame["is_deleted"].fillna(False).to_numpy(dtype=bool)
        if deleted.any():
            left_out["deleted-row"] += int(deleted.sum())
            file.note("deleted-row", cells.rows[deleted])
            keep &= ~deleted
    return frame if keep.all() else frame[keep].reset_index(drop=True)


def _totals(file: File, frame: pd.DataFrame, file_plan: Plan, column: Any) -> NDArray[np.bool_]:
    """The rows that are totals or the vendor's footer by their first cell. A word alone, such as Total, may be a name: then
    the row is a total only when numbers are all it holds besides."""
    total = np.zeros(len(frame), dtype=bool)
    rows, cells = _candidates(column, file.layout.total_rows)
    begins = np.array([is_footer(cell, file.layout.total_rows, whole=False) for cell in cells], dtype=bool)
    alone = np.array([is_footer(cell, file.layout.total_rows) for cell in cells], dtype=bool) & ~begins
    total[rows[begins]] = True
    if alone.any():
        others = [
            name
            for name, place in file_plan.names.items()
            if place != file_plan.totals and file.kind(name) not in schema.NUMERIC and name != "currency"
        ]
        total[rows[alone]] = frame.loc[rows[alone], others].isna().to_numpy().all(axis=1)
    return total


def _candidates(column: Any, known: Sequence[str]) -> tuple[NDArray[np.int64], list[str]]:
    """The rows, and their cells, that begin with the first word of a known one: of a million ids hardly any does. None of a
    column of dates or numbers."""
    values = column if isinstance(column, pa.ChunkedArray) else pa.chunked_array([column])
    if not (pa.types.is_string(values.type) or pa.types.is_dictionary(values.type)):
        return np.zeros(0, dtype=np.int64), []
    words = sorted({re.escape(word.split()[0]) for word in map(folded, known) if word})
    pattern = rf"^\s*(?:{'|'.join(words)})"
    rows, cells, start = [], [], 0
    for chunk in values.chunks:
        whole = chunk.dictionary if pa.types.is_dictionary(chunk.type) else chunk
        hit = np.asarray(pc.match_substring_regex(whole, pattern, ignore_case=True).fill_null(False), dtype=bool)
        if pa.types.is_dictionary(chunk.type):
            codes = chunk.indices.fill_null(-1).to_numpy(zero_copy_only=False)
            hit = np.append(hit, False)[codes]
        found = np.flatnonzero(hit)
        rows.append(found + start)
        cells += chunk.take(pa.array(found)).to_pylist()
        start += len(chunk)
    return np.concatenate([*rows, np.zeros(0, dtype=np.int64)]), cells


def is_footer(cell: str, known: Sequence[str], *, whole: bool = True) -> bool:
    """Whether a cell begins like one of the known ones or, with `whole`, is one. A known one that ends in a letter or a
    digit is the whole cell; one that ends in a sign, such as `Total:`, is how it begins."""
    text = folded(cell)
    for name in map(folded, known):
        if name[-1:].isalnum():
            if whole and text == name:
                return True
        elif text.startswith(name):
            return True
    return False


def without_footers(file: File, left_out: Sequence[LeftOut]) -> list[LeftOut]:
    """The records that could not be read, with those that are the vendor's footer called so: these lines have one cell."""
    found = [
        replace(record, reason="total-row")
        if is_footer(record.text.strip('",;\t '), file.layout.total_rows)
        else record
        for record in left_out
    ]
    footers = np.array([record.row for record in found if record.reason == "total-row"], dtype=np.int32)
    if len(footers):
        _note_totals(file, footers)
        file.issues[:] = [rest for issue in file.issues if (rest := _without_rows(issue, found)) is not None]
    return found


def _note_totals(file: File, rows: NDArray[np.int32]) -> None:
    """Report total rows together with those reported before."""
    before = [issue for issue in file.issues if issue.code == "total-row"]
    file.issues[:] = [issue for issue in file.issues if issue.code != "total-row"]
    file.note("total-row", np.sort(np.concatenate([rows, *(issue.every for issue in before)])))


def _without_rows(issue: Issue, records: Sequence[LeftOut]) -> Issue | None:
    """An issue about unreadable records for those that are no footer; None when there are none."""
    if issue.code != "malformed-row":
        return issue
    rest = [record for record in records if record.reason == issue.code]
    if not rest:
        return None
    rows = [record.row for record in rest]
    widths = sorted({record.seen for record in rest})
    seen = " or ".join(map(str, widths[:3])) + (" or more" if len(widths) > 3 else "")
    return replace(issue, count=len(rest), rows=tuple(rows[:10]), detail={**issue.detail, "seen": seen}, every=rows)


def report_copies(file: File, frame: pd.DataFrame) -> None:
    """Report rows that are exact copies of another where no id tells them apart; two equal purchases on one day happen,
    so they are kept."""
    own = file.schema.key
    if not own or own in file.recognised.columns:
        return
    read = [name for name in frame.columns if name not in (SOURCE, ROW)]
    if not read or not frame.duplicated(read).any():
        return
    # Copies so far may differ in a column that nothing needs.
    whole = file.raw.read(dict.fromkeys(range(len(file.raw.header)), As.TEXT))
    cells = {place: coerced.category(coerced.texts(column, None)) for place, column in whole.columns.items()}
    copies = whole.rows[pd.DataFrame(cells).duplicated().to_numpy()]
    copies = copies[np.isin(copies, frame[ROW].to_numpy())]
    if len(copies):
        file.note("exact-duplicate", copies)


def _only_in(issue: Issue, rows: set[int]) -> bool:
    return (
        issue.code in ("unreadable-date", "unreadable-number") and issue.count <= len(rows) and set(issue.rows) <= rows
    )
