"""Why a figure has changed: what it is defined by, the files it is made from, and which of their rows."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from crm_metrics.history import definitions, digests
from crm_metrics.reporting.report import Cause, FileChange, RowChanges

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
    reasons = [Cause("definition", tuple(differences))] if (differences := definitions.changes(old, new)) else []
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
    before, now = (
        [digests.unpacked(file.labels, file.packed or b"", file.count) for file in files] for files in (old, new)
    )
    return digests.changes(before, now)
