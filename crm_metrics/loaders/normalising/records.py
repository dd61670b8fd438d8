"""Rows of a file that are no records of their own: totals, deleted ones, exact copies."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from crm_metrics.issues import Issue
from crm_metrics.loaders.coercing import columns as coerced
from crm_metrics.loaders.normalising import total_words, totals
from crm_metrics.loaders.normalising.file import File
from crm_metrics.loaders.reading import As, LeftOut
from crm_metrics.loaders.reading.raw import widths
from crm_metrics.tables import ROW, SOURCE


def kept(file: File, frame: pd.DataFrame, left_out: Counter[str]) -> pd.DataFrame:
    """The frame without deleted records and without versions that are not the newest, which are counted."""
    for column, code, out in (("is_deleted", "deleted-row", True), ("is_current", "older-version", False)):
        if column in frame:
            flag = frame[column].fillna(not out).to_numpy(dtype=bool)
            hit = flag == out
            if hit.any():
                left_out[code] += int(hit.sum())
                file.note(code, frame[ROW].to_numpy()[hit], other=file.raw.path)
                frame = frame[~hit].reset_index(drop=True)
    return frame


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
    table = file.raw.read(dict.fromkeys(range(len(file.raw.header)), As.TEXT))
    cells = {place: coerced.category(coerced.texts(column, None)) for place, column in table.columns.items()}
    copies = table.rows[pd.DataFrame(cells).duplicated().to_numpy()]
    copies = copies[np.isin(copies, frame[ROW].to_numpy())]
    if len(copies):
        file.note("exact-duplicate", copies)


def without_footers(file: File, left_out: Sequence[LeftOut]) -> list[LeftOut]:
    """The records that could not be read, with those that are totals or the vendor's footer called so: these lines have
    fewer cells than the others."""
    records = [
        replace(record, reason="total-row")
        if total_words.says(record.text.strip('",;\t '), file.layout.total_rows) == total_words.ALONE
        else record
        for record in left_out
    ]
    footers = np.array([record.row for record in records if record.reason == "total-row"], dtype=np.int32)
    if len(footers):
        totals.note(file, footers)
        file.issues[:] = [rest for issue in file.issues if (rest := _without_rows(issue, records)) is not None]
    return records


def _without_rows(issue: Issue, records: Sequence[LeftOut]) -> Issue | None:
    """An issue about unreadable records for those that are no footer; None when there are none."""
    if issue.code != "malformed-row":
        return issue
    rest = [record for record in records if record.reason == issue.code]
    if not rest:
        return None
    return Issue.of_rows(
        issue.code, issue.path, [record.row for record in rest], **issue.detail | {"seen": widths(rest)}
    )
