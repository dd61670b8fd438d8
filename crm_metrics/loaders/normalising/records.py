"""Rows of a file that are no records of their own: totals, headings of groups, deleted ones, exact copies."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cache
from itertools import chain
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from crm_metrics.issues import Issue
from crm_metrics.loaders.coercing import columns as coerced
from crm_metrics.loaders.coercing.words import MISSING
from crm_metrics.loaders.layouts import normalised
from crm_metrics.loaders.normalising import texts, total_words
from crm_metrics.loaders.normalising.file import File
from crm_metrics.loaders.planning import Plan
from crm_metrics.loaders.reading import As, Cells, LeftOut
from crm_metrics.loaders.reading.columns import TEXTS, converted, is_text
from crm_metrics.loaders.reading.raw import widths
from crm_metrics.schema import TEXTUAL, Kind
from crm_metrics.shipped import shipped
from crm_metrics.tables import ROW, SOURCE

# Columns that say that a row is no record of its own: the code it is left out under, and what they hold then.
_GONE = (
    *(("is_deleted", "deleted-row", True), ("is_live", "deleted-row", False), ("merged_into_id", "deleted-row", True)),
    ("is_current", "older-version", False),
)
STATES = ("stage", "status")  # columns of text that say what became of a record
# What is said of records, and makes none where it stands alone.
_ATTRIBUTES = frozenset(("owner", "team", "pipeline", "source", "channel", "campaign", "currency"))


def without_headings(file: File, plan: Plan, cells: Cells) -> Cells:
    """The cells without rows of which a single cell is filled, and with a text, or attributes alone: headings of groups,
    rows that are numbered and not filled in yet, a list beside the table. In a list of people or things a name alone is a
    record."""
    if not file.schema.placed_by or file.schema.undated:
        return cells
    read = [place for name, place in plan.names.items() if name not in _ATTRIBUTES]
    if sum(not cells.columns[place].null_count for place in read) > 1:
        return cells
    maybe = _filled(cells, read) <= 1
    if not maybe.any() or maybe.all():
        return cells
    names = file.names
    table = file.raw.texts()
    labels = [place for place in table.columns if _is_label(file, names.get(place))]
    own = [place for place, name in names.items() if name not in _ATTRIBUTES]
    bare = (_filled(table) == 1) & (_filled(table, labels) == 1)
    hit = maybe & np.isin(cells.rows, table.rows[bare | (_filled(table, own) == 0)])
    for place in np.flatnonzero(bare & np.isin(table.rows, cells.rows[hit])).tolist():
        texts = (column[place].as_py() for column in table.columns.values())
        file.headings[int(table.rows[place])] = str(next(filter(None, texts), ""))
    return without(file, plan, cells, hit, "bare-row") if hit.any() else cells


def without_planned(file: File, plan: Plan, cells: Cells) -> Cells:
    """The cells without rows that a column calls planned where it calls the others actual."""
    planned, actual = _plans()
    names = file.names
    for place, head in enumerate(file.raw.head if file.layout.table in ("spend", "orders") else ()):
        if names.get(place, "type") not in ("type", *STATES):  # a product, a campaign
            continue
        said = {normalised(cell) for cell in head if cell}
        if not said or not said <= planned | actual or said <= planned or said <= actual:
            continue
        table = file.raw.read({place: As.TEXT})
        said_of = coerced.texts(table.columns[place])
        words = [normalised(str(text)) for text in said_of.values.to_pylist()]
        if not {*words} <= planned | actual:
            continue
        rows = table.rows[said_of.spread(np.array([word in planned for word in words], dtype=bool), False)]
        hit = np.isin(cells.rows, rows)
        if hit.any() and not hit.all():
            return without(file, plan, cells, hit, "planned-row", column=file.raw.header[place])
    return cells


@cache
def _plans() -> tuple[frozenset[str], frozenset[str]]:
    """The words for what was planned, and for what came of it."""
    blocks = shipped("loaders/words", "plans")
    planned, actual = (frozenset(map(normalised, chain.from_iterable(block.values()))) for block in blocks.values())
    return planned, actual


def _filled(cells: Cells, places: Iterable[int] | None = None) -> NDArray[np.int32]:
    """How many cells of each record are filled, of those in some columns."""
    count = np.zeros(len(cells.rows), dtype=np.int32)
    for place in cells.columns if places is None else places:
        count += np.asarray(cells.columns[place].is_valid())
    return count


def _is_label(file: File, name: str | None) -> bool:
    """Whether a cell of a column by itself says nothing of a record but how it is called."""
    return name is None or (file.kind(name) in TEXTUAL and name not in STATES)


def without(file: File, plan: Plan, cells: Cells, hit: NDArray[np.bool_], code: str, **detail: Any) -> Cells:
    """The cells without the marked rows, which are counted and noted under `code`."""
    file.left_out[code] += int(hit.sum())
    file.note(code, cells.rows[hit], **detail)
    keep = pa.array(~hit)
    kept = {at: _retyped(column.filter(keep), plan.columns[at], file) for at, column in cells.columns.items()}
    issues = [issue for issue in cells.issues if not (issue.code == "error-cell" and _only_in(issue, cells.rows[hit]))]
    return replace(cells, columns=kept, rows=cells.rows[~hit], issues=issues)


def _retyped(column: Any, kind: As, file: File) -> Any:
    """A column that only the rows left out kept from being what it was read as; without the texts that only they had."""
    if not is_text(column):
        return column
    plain = column.cast(pa.string())
    if kind not in TEXTS:
        combined = plain.combine_chunks() if isinstance(plain, pa.ChunkedArray) else plain
        values = converted(combined, kind, sorted(spelt for spelt in file.missing if spelt))
        if values is not None:
            return pa.chunked_array([values])
    return column if pa.types.is_string(column.type) else plain.dictionary_encode()


def _only_in(issue: Issue, rows: NDArray[np.int32]) -> bool:
    return issue.every is not None and bool(np.isin(np.asarray(issue.every), rows).all())


def note(file: File, code: str, rows: NDArray[np.int32]) -> None:
    """Report rows together with those that were reported under the same code before."""
    before = [issue for issue in file.issues if issue.code == code]
    file.issues[:] = [issue for issue in file.issues if issue.code != code]
    file.note(code, np.sort(np.concatenate([rows, *(issue.every for issue in before)])))


def mark_deleted(file: File, values: dict[str, Any], cells: Cells) -> None:
    """Mark as deleted what any of several columns calls so: deleted, spam, merged."""
    for label in file.recognised.candidates.get("is_deleted", ())[1:]:
        if "is_deleted" in values:
            place = file.raw.header.index(label)
            again = file.raw.read({place: As.TEXT})
            column = again.columns[place].filter(pa.array(np.isin(again.rows, cells.rows)))
            values["is_deleted"] = values["is_deleted"] | texts.flags(file, "is_deleted", column, cells)


def kept(file: File, frame: pd.DataFrame) -> pd.DataFrame:
    """The frame without deleted records and without versions that are not the newest, which are counted."""
    for column, code, out in _GONE:
        if column not in frame:
            continue
        if file.kind(column) is Kind.ID:
            ids = frame[column].astype("str")
            hit = (ids.notna() & ~ids.str.casefold().isin({*MISSING, "0"})).to_numpy(dtype=bool)
        else:
            hit = frame[column].fillna(not out).to_numpy(dtype=bool) == out
        if hit.any():
            file.left_out[code] += int(hit.sum())
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
    cells = coerced.whole(file.raw.texts())
    copies = cells.index[cells.duplicated() & cells.index.isin(frame[ROW])]
    if len(copies):
        file.note("exact-duplicate", copies.to_numpy())


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
        note(file, "total-row", footers)
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
