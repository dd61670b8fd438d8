"""The file of a history: an SQLite database with a version. One transaction adds a run, so that a run which is killed
leaves nothing of itself behind, and of several at once each waits for the one before.

The journal is the plain one that is rolled back, not a write-ahead log: the history stays one file that can be copied,
and it works on a network drive, where a write-ahead log does not.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from crm_metrics.errors import UsageError

APPLICATION, VERSION = 0x43524D48, 1  # "CRMH"
WAIT_SECONDS = 30.0

_TABLES = """
CREATE TABLE runs (
    id INTEGER PRIMARY KEY, at TEXT NOT NULL, version TEXT NOT NULL, as_of TEXT NOT NULL, period TEXT NOT NULL,
    metrics TEXT NOT NULL, dims TEXT NOT NULL
);
CREATE TABLE files (
    id INTEGER PRIMARY KEY, sha256 TEXT NOT NULL, part TEXT NOT NULL, scheme TEXT NOT NULL,
    count INTEGER NOT NULL, labels TEXT NOT NULL, digests BLOB, UNIQUE (sha256, part, scheme)
);
CREATE TABLE inputs (
    run INTEGER NOT NULL REFERENCES runs, path TEXT NOT NULL, canonical TEXT NOT NULL, rows INTEGER NOT NULL,
    file INTEGER NOT NULL REFERENCES files, PRIMARY KEY (run, path)
) WITHOUT ROWID;
CREATE TABLE definitions (id INTEGER PRIMARY KEY, digest TEXT NOT NULL UNIQUE, text TEXT NOT NULL);
CREATE TABLE figures (
    id INTEGER PRIMARY KEY, metric TEXT NOT NULL, start TEXT NOT NULL, "end" TEXT NOT NULL, kind TEXT NOT NULL,
    complete INTEGER NOT NULL, dims TEXT NOT NULL, segment TEXT NOT NULL, currency TEXT NOT NULL,
    value REAL, n INTEGER NOT NULL, status TEXT NOT NULL, reason TEXT NOT NULL,
    definition INTEGER NOT NULL REFERENCES definitions, whole INTEGER NOT NULL,
    value_run INTEGER NOT NULL REFERENCES runs, first_run INTEGER NOT NULL REFERENCES runs,
    last_run INTEGER NOT NULL REFERENCES runs, current INTEGER NOT NULL
);
CREATE UNIQUE INDEX current_figures
    ON figures (metric, start, "end", kind, complete, dims, segment, currency) WHERE current;
"""


@contextmanager
def opened(path: Path, *, create: bool = False) -> Iterator[sqlite3.Connection]:
    """A connection to the history, checked, each statement on its own. Raises `UsageError` for a file that is no history or
    cannot be used, whatever the block stumbles over in it."""
    _refuse(path)
    target = f"{path.absolute().as_uri()}?mode={'rwc' if create else 'rw'}"
    try:
        with closing(sqlite3.connect(target, uri=True, timeout=WAIT_SECONDS, isolation_level=None)) as connection:
            _check(connection, path)
            yield connection
    except sqlite3.Error as error:
        raise _refusal(path, error) from error


@contextmanager
def transaction(connection: sqlite3.Connection, path: Path) -> Iterator[None]:
    """Everything in the block or nothing of it; others wait meanwhile. A new file gets its tables."""
    connection.execute("BEGIN IMMEDIATE")
    with connection:
        _check(connection, path)  # another run may have made the tables since
        if not _version(connection):
            for statement in _TABLES.split(";")[:-1]:
                connection.execute(statement)
            connection.execute(f"PRAGMA application_id = {APPLICATION}")
            connection.execute(f"PRAGMA user_version = {VERSION}")
        yield


def is_new(path: Path) -> bool:
    """Whether nothing has been kept there yet."""
    return not path.exists() or (path.is_file() and path.stat().st_size == 0)


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _check(connection: sqlite3.Connection, path: Path) -> None:
    tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    owner = connection.execute("PRAGMA application_id").fetchone()[0]
    version = _version(connection)
    if not tables and not owner and not version:
        return
    if owner != APPLICATION:
        raise _error(path, *_NO_HISTORY)
    if version > VERSION:
        problem = f"the history was written by a newer crm-metrics (form {version}; this one knows {VERSION})"
        raise _error(path, problem, "Update crm-metrics, or name another file with --history.")


def _refuse(path: Path) -> None:
    if path.is_dir():
        raise _error(path, "is a folder; --history names a file", f"For example: {path}/history.db")
    if not path.parent.is_dir():
        problem = f"the history cannot be kept: there is no folder {path.parent}"
        raise _error(path, problem, "Make the folder, or name a file in one that is there.")
    if path.exists() and not os.access(path, os.W_OK):
        raise _error(path, *_READ_ONLY)


def _error(path: Path, problem: str, hint: str | None) -> UsageError:
    return UsageError(problem, where=str(path), hint=hint)


def _refusal(path: Path, error: sqlite3.Error) -> UsageError:
    """What SQLite says, in words that help."""
    name = getattr(error, "sqlite_errorname", "") or ""
    damaged = (
        f"the history is damaged or cannot be used ({error})",
        "Put back a copy of it, or name another file with --history.",
    )
    return _error(path, *next((problem for start, problem in _SAID.items() if name.startswith(start)), damaged))


_NO_HISTORY = (
    "is no history of crm-metrics; nothing in it was changed",
    "Name a new file with --history; it is created.",
)
_READ_ONLY = (
    "the history cannot be written: the file or its folder is read-only",
    "Allow writing to both, or name another file with --history.",
)
_BUSY = (
    f"another run has been writing the history for more than {WAIT_SECONDS:.0f} seconds",
    "Run the command again when it is done.",
)
# What is said of errors by how SQLite's names for them begin, and what helps.
_SAID: dict[str, tuple[str, str | None]] = {
    "SQLITE_NOTADB": _NO_HISTORY,
    **dict.fromkeys(("SQLITE_READONLY", "SQLITE_PERM", "SQLITE_CANTOPEN"), _READ_ONLY),
    **dict.fromkeys(("SQLITE_BUSY", "SQLITE_LOCKED"), _BUSY),
    "SQLITE_FULL": ("the history cannot be written: the disk is full", None),
}
