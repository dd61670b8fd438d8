"""Rows of a file that are no records of their own: totals, deleted ones, exact copies."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pandas as pd

from crm_metrics.issues import Issue
from crm_metrics.loaders.coercing import columns as coerced
from crm_metrics.loaders.gathering import IDS
from crm_metrics.loaders.normalising.file import File
from crm_metrics.loaders.planning import Plan
from crm_metrics.loaders.reading import As, Cells
from crm_metrics.loaders.recognising import normalised
from crm_metrics.tables import ROW, SOURCE


def kept(file: File, frame: pd.DataFrame, file_plan: Plan, cells: Cells, left_out: Counter[str]) -> pd.DataFrame:
    """The frame without total rows and deleted records, which are counted."""
    keep = np.ones(len(frame), dtype=bool)
    if file_plan.totals is not None:
        first = coerced.texts(cells.columns[file_plan.totals], None)
        starts = [normalised(str(value)) for value in first.values.to_pylist()]
        prefixes = tuple(normalised(prefix) for prefix in file.layout.total_rows)
        written = [str(value) for value in first.values.to_pylist()]
        total = np.array(
            [":" in text and start.startswith(prefixes) for text, start in zip(written, starts, strict=True)],
            dtype=bool,
        )
        rows = first.rows_of(total) if len(total) else np.zeros(0, dtype=np.int64)
        keep[rows] = False
        if len(rows):
            left_out["total-row"] += len(rows)
            file.note("total-row", cells.rows[rows])
            # What a total row holds in a date column is no broken date.
            totals = set(cells.rows[rows].tolist())
            file.issues[:] = [issue for issue in file.issues if not _only_in(issue, totals)]
    if "is_deleted" in frame:
        deleted = keep & frame["is_deleted"].fillna(False).to_numpy(dtype=bool)
        if deleted.any():
            left_out["deleted-row"] += int(deleted.sum())
            file.note("deleted-row", cells.rows[deleted])
            keep &= ~deleted
    return frame if keep.all() else frame[keep].reset_index(drop=True)


def report_copies(file: File, frame: pd.DataFrame) -> None:
    """Report rows that are exact copies of another where no id tells them apart; two equal purchases on one day happen,
    so they are kept."""
    own = IDS.get(file.layout.table)
    if own is None or own in file.recognised.columns:
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
