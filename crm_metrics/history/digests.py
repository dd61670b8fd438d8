"""What a file held, row by row, in a few bytes each: enough to count which rows came, went or changed, not to read them; and
why a figure has changed: what it is defined by, the files it is made from, and which of their rows."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import zlib
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from crm_metrics.history import figures
from crm_metrics.loaders.reading import As, Raw
from crm_metrics.reporting.report import Cause, FileChange, RowChanges

MOST_ROWS = 20_000_000  # above this the digests of a file would be larger than SQLite takes in one value
_NOTHING = np.uint64(0)  # the digest of an empty cell, so that a column without any cell changes nothing


@dataclass(frozen=True)
class Rows:
    """A file's rows. `contents` is a digest of each record's cells (their order aside), `ids` one of its id, 0 without
    one; `labels` are the headers of the columns that hold anything."""

    labels: tuple[str, ...]
    ids: np.ndarray
    contents: np.ndarray

    def packed(self) -> bytes:
        """The digests as compressed bytes, ordered by content, which makes them smaller."""
        order = np.argsort(self.contents, kind="stable")
        parts = [self.contents[order], *([self.ids[order]] if self.ids.any() else [])]
        return zlib.compress(b"".join(part.astype("<u8").tobytes() for part in parts), 1)


def unpacked(labels: Sequence[str], packed: bytes, count: int) -> Rows:
    """The rows as they were packed; `count` is how many there are."""
    digests = np.frombuffer(zlib.decompress(packed), dtype="<u8").astype(np.uint64)
    ids = digests[count:] if len(digests) > count else np.zeros(count, np.uint64)
    return Rows(tuple(labels), ids, digests[:count])


def rows_of(raw: Raw, id_at: int | None) -> Rows | None:
    """The rows of a file, those that could not be read included; `id_at` is where the id of its table stands. None for a
    file of too many rows. Raises `DataError` when the file cannot be read."""
    cells = raw.read(dict.fromkeys(range(len(raw.header)), As.PLAIN))
    if len(cells.rows) > MOST_ROWS:
        return None
    contents, ids = np.zeros(len(cells.rows), np.uint64), np.zeros(len(cells.rows), np.uint64)
    labels: list[str] = []
    met: dict[str, int] = {}
    for at, label in enumerate(raw.header):
        met[label] = met.get(label, 0) + 1
        name = label if met[label] == 1 else f"{label} ({met[label]})"
        column = cells.columns[at]
        if column.null_count < len(column):
            labels.append(name)
            contents += _digests(column, f"column {name}")
        if at == id_at:
            ids = _digests(column, "id")
    lost = _of_texts(np.array([record.text for record in cells.left_out], dtype=object), "left out")
    ids = np.concatenate([ids, np.zeros(len(lost), np.uint64)])
    return Rows(tuple(sorted(labels)), ids, np.concatenate([contents, lost]))


def scheme() -> str:
    """Names the way digests are made: it changes with a library that makes them differently, and then they cannot be
    compared with earlier ones."""
    return f"{_of_texts(np.array(['crm-metrics'], dtype=object), 'scheme')[0]:016x}"


def changes(before: Sequence[Rows], now: Sequence[Rows]) -> RowChanges | None:
    """Which rows came, changed and went between two sets of files. Where their columns differ, by id alone, without a count
    of those changed; None where that cannot be told either."""
    old, new = _together(before), _together(now)
    if {rows.labels for rows in before if len(rows.contents)} != {rows.labels for rows in now if len(rows.contents)}:
        if not (old.ids.all() and new.ids.all()):
            return None
        return RowChanges(int(_unmatched(new.ids, old.ids).sum()), None, int(_unmatched(old.ids, new.ids).sum()))
    went, came = old.ids[_unmatched(old.contents, new.contents)], new.ids[_unmatched(new.contents, old.contents)]
    with_id = came[came != _NOTHING]
    changed = len(with_id) - int(_unmatched(with_id, went).sum())
    return RowChanges(len(came) - changed, changed, len(went) - changed)


def _together(files: Sequence[Rows]) -> Rows:
    none = np.zeros(0, np.uint64)
    ids, contents = [none, *(rows.ids for rows in files)], [none, *(rows.contents for rows in files)]
    return Rows((), np.concatenate(ids), np.concatenate(contents))


def _unmatched(here: np.ndarray, there: np.ndarray) -> np.ndarray:
    """Which of `here` have no partner in `there`; what occurs twice needs two partners."""
    lone = np.ones(len(here), bool)
    if not len(here) or not len(there):
        return lone
    order = np.argsort(here, kind="stable")
    ordered = here[order]
    distinct, times = np.unique(there, return_counts=True)
    place = np.minimum(np.searchsorted(distinct, ordered), len(distinct) - 1)
    partners = np.where(distinct[place] == ordered, times[place], 0)
    lone[order] = np.arange(len(ordered)) - np.searchsorted(ordered, ordered) >= partners
    return lone


def _digests(column: pa.ChunkedArray | pa.Array, salt: str) -> np.ndarray:
    """A digest of each cell, 0 for an empty one; each distinct text is worked on once."""
    chunked = column if isinstance(column, pa.ChunkedArray) else pa.chunked_array([column])
    # Combined, several dictionaries become one in one go; `unify_dictionaries` compares them all with each other.
    is_coded = pa.types.is_dictionary(chunked.type)
    coded = pa.chunked_array([chunked.combine_chunks()]) if is_coded else chunked.dictionary_encode()
    if not coded.num_chunks:
        return np.zeros(0, np.uint64)
    # All chunks share one dictionary now.
    by_code = np.append(_of_texts(coded.chunk(0).dictionary.to_numpy(zero_copy_only=False), salt), _NOTHING)
    places = (chunk.indices.fill_null(len(by_code) - 1).to_numpy(zero_copy_only=False) for chunk in coded.chunks)
    return np.concatenate([by_code[place] for place in places])


def _of_texts(texts: np.ndarray, salt: str) -> np.ndarray:
    if not len(texts):
        return np.zeros(0, np.uint64)
    key = hashlib.blake2b(salt.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
    digests: np.ndarray = pd.util.hash_array(texts.astype(object), hash_key=key, categorize=False)
    digests[pd.isna(texts)] = _NOTHING
    return digests


# Tables that can change any figure: exchange rates; and, for segments, those that attributes are carried over from.
_ALWAYS, _FOR_SEGMENTS = {"rates"}, {"customers", "owners", "products", "leads", "deals"}


@dataclass(frozen=True)
class Input:
    """A file as a run read it: the rows that were read, the SHA-256 of the file, the sheet in it, and the digests of its
    `count` records as they are kept, None where they are not."""

    path: str
    table: str
    rows: int
    sha256: str
    part: str
    scheme: str
    count: int = 0
    packed: bytes | None = None
    labels: tuple[str, ...] = ()

    @property
    def content(self) -> tuple[str, str]:
        return self.sha256, self.part


@dataclass(frozen=True)
class Run:
    """What is known of an earlier or this run besides its figures; `at` is the time in UTC, ISO."""

    at: str
    version: str
    as_of: str
    inputs: tuple[Input, ...]


def read_run(connection: sqlite3.Connection, run: int) -> Run:
    """An earlier run of the history."""
    at, version, as_of = connection.execute("SELECT at, version, as_of FROM runs WHERE id = ?", (run,)).fetchone()
    rows: list[tuple[Any, ...]] = connection.execute(
        "SELECT path, canonical, rows, sha256, part, scheme, count, digests, labels FROM inputs JOIN files "
        "ON files.id = inputs.file WHERE run = ? ORDER BY path",
        (run,),
    ).fetchall()
    return Run(at, version, as_of, tuple(Input(*[*rest, tuple(json.loads(labels))]) for *rest, labels in rows))


def causes(before: Run, now: Run, old: str, new: str, tables: Collection[str], *, segmented: bool) -> list[Cause]:
    """What lies between two runs that can change a figure made from `tables`; `old` and `new` are its definitions."""
    reasons = [Cause("definition", tuple(differences))] if (differences := figures.changes(old, new)) else []
    if before.version != now.version:
        reasons.append(Cause("version", (f"crm-metrics {before.version} → {now.version}",)))
    near = {*tables, *_ALWAYS, *(_FOR_SEGMENTS if segmented else ())}
    reasons += _of_files(before.inputs, now.inputs, near)
    reasons = reasons or _of_files(before.inputs, now.inputs, None)
    if not reasons and before.as_of != now.as_of:
        reasons.append(Cause("as-of", (f"as of {before.as_of} → {now.as_of}",)))
    return reasons or [Cause("unknown", ("neither a definition nor a file is another one than before",))]


def _of_files(before: Iterable[Input], now: Iterable[Input], tables: set[str] | None) -> list[Cause]:
    """One cause for each table of which files changed, came or went. A file that only has another name did not."""
    old, new = ([file for file in files if tables is None or file.table in tables] for files in (before, now))
    kept = Counter(file.content for file in old) & Counter(file.content for file in new)
    old, new = _without(old, kept), _without(new, kept)
    return [
        _of_table(table, [file for file in old if file.table == table], [file for file in new if file.table == table])
        for table in dict.fromkeys(file.table for file in [*old, *new])
    ]


def _without(files: Iterable[Input], kept: Counter[tuple[str, str]]) -> list[Input]:
    left, others = Counter(kept), []
    for file in files:
        if left[file.content]:
            left[file.content] -= 1
        else:
            others.append(file)
    return others


def _of_table(table: str, old: Sequence[Input], new: Sequence[Input]) -> Cause:
    before, after = {file.path: file.rows for file in old}, {file.path: file.rows for file in new}
    files = []
    for path in dict.fromkeys([*before, *after]):
        change = "changed" if path in before and path in after else "gone" if path in before else "new"
        files.append(FileChange(path, change, before.get(path), after.get(path)))
    return Cause("files", table=table, files=tuple(files), rows=_rows(old, new))


def _rows(old: Sequence[Input], new: Sequence[Input]) -> RowChanges | None:
    """Which rows came, changed and went; None where digests are not kept or were made in another way."""
    if len({file.scheme for file in [*old, *new]}) != 1 or any(file.packed is None for file in [*old, *new]):
        return None
    before, now = ([unpacked(file.labels, file.packed or b"", file.count) for file in files] for files in (old, new))
    return changes(before, now)
