"""What reading gives: raw tables, their cells as columns, and all that has been found and is still being opened."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from importlib import import_module
from typing import TYPE_CHECKING, Self

from crm_metrics.errors import DataError
from crm_metrics.issues import Issue
from crm_metrics.settings import Stated

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

    from crm_metrics.loaders.reading.content import Content

SHOWN_TEXT = 200


class As(StrEnum):
    """What a column should come back as. Optimistic: a column that does not fit as a whole comes back as TEXT."""

    TEXT = "text"  # dictionary-encoded strings, for values that repeat
    PLAIN = "plain"  # strings, for ids
    MOMENT = "moment"  # ISO dates and times without an offset: timestamp("us")
    INTEGER = "integer"  # int64
    FLOAT = "float"  # float64; "nan" and "inf" are no numbers


@dataclass(frozen=True)
class LeftOut:
    """A record that could not be read: why, its row as a spreadsheet shows it, its number of cells, its text."""

    reason: str
    row: int
    seen: int
    text: str


def widths(records: Sequence[LeftOut]) -> str:
    """The numbers of cells that records have, three of them at the most, in words."""
    numbers = sorted({record.seen for record in records})
    return " or ".join(map(str, numbers[:3])) + (" or more" if len(numbers) > 3 else "")


@dataclass
class Cells:
    """Columns by their position in the header, and the row number of each record as a spreadsheet shows it (int32).

    A quoted line break does not add a row; a blank line counts as a row but is neither a record nor left out.
    A record with fewer cells than the header is filled up with empty ones when two of its cells are filled. `merged` are the
    rows, by column, that are part of a merged cell which begins above them: its text is theirs, its number counts once.
    """

    columns: dict[int, pa.ChunkedArray | pa.Array]
    rows: np.ndarray
    left_out: list[LeftOut] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)
    merged: dict[int, np.ndarray] = field(default_factory=dict)


@dataclass
class Raw(ABC):
    """A table as it lies in a file: labels as written, and cells that are read when asked for.

    `path` is as the user gave it, with `/entry` for folders and archives and `#sheet` when a workbook has several.
    `header_rows` are the cells of all rows of the header, as wide as the header; `above` are the lines that stand above it,
    such as a title and the days of a report; `size` is how many bytes are still to be parsed, as far as they can be told
    without opening anything, 0 for a workbook.
    """

    content: Content
    path: str
    header: list[str]
    header_row: int
    header_rows: tuple[tuple[str, ...], ...]
    above: tuple[str, ...]
    size: int

    @property
    @abstractmethod
    def head(self) -> list[list[str | None]]:
        """The first 500 records as text, by column; an empty cell is None."""

    @abstractmethod
    def read(self, wanted: Mapping[int, As], missing: Collection[str] = (), *, threads: bool = True) -> Cells:
        """The wanted columns. `missing` are spellings (exact) that are null where a date or number is wanted; text
        keeps them. An empty cell is always null. With `threads` all cores work on this one file. Raises DataError when
        the file cannot be read."""

    def texts(self) -> Cells:
        """All columns as text."""
        return self.read(dict.fromkeys(range(len(self.header)), As.TEXT))

    def shown_in(self, at: int, rows: np.ndarray) -> list[str | None]:
        """The sign or code of a currency that each of these rows is shown with in a column, where no cell holds it; empty
        where there is none."""
        return []

    def digest(self) -> str:
        """SHA-256 of the file's bytes (of the member's, in an archive), in hex."""
        return self.content.digest()


@dataclass
class Opened:
    """Every table found, the files that are none, and what was noticed on the way. `stated` gives what is known of a
    path before; the rest is told from the file. With `lenient` what cannot be read is put aside with its
    error in `unreadable`, by path. `jobs` are the files that are being opened in the background: the path of each, how many
    tables, files that are none, and issues stand before it, and what it adds to them."""

    stated: Callable[[str], Stated] = field(default=lambda path: Stated())
    lenient: bool = False
    by_size: dict[int, dict[str, Content]] = field(default_factory=dict)  # the files met, by size and content
    tables: list[Raw] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)
    unreadable: dict[str, DataError] = field(default_factory=dict)
    jobs: list[tuple[str, tuple[int, int, int], Future[Opened]]] = field(default_factory=list)

    @property
    def count(self) -> int:
        """How much has been found that is worth a word."""
        return len(self.tables) + len(self.issues) + len(self.unreadable) + len(self.jobs)

    def add(self, path: str, *tables: Raw) -> None:
        """Put the tables of a file to the others, or note that it has none."""
        self.tables += tables
        self.issues += [] if tables else [Issue("empty-file", path)]

    @contextmanager
    def reading(self, path: str) -> Iterator[None]:
        """Puts a file aside that cannot be read, where that is wanted; else its `DataError` stands."""
        try:
            yield
        except DataError as error:
            if not self.lenient:
                raise
            self.unreadable[path] = error

    def __enter__(self) -> Self:
        self._pool = ThreadPoolExecutor(os.cpu_count())
        return self

    def __exit__(self, *error: object) -> None:
        """Waits: while a workbook is read, nobody sees what is written to standard error."""
        self._pool.shutdown(cancel_futures=True)

    def later(self, path: str, add: Callable[[Opened], None]) -> None:
        """Has what is in a file added in the background."""

        def added() -> Opened:
            part = Opened()
            add(part)
            return part

        places = len(self.tables), len(self.ignored), len(self.issues)
        self.jobs.append((path, places, self._pool.submit(added)))

    def finish(self, meanwhile: Iterable[str]) -> None:
        """Imports modules while files are being opened, and puts what is in them in their places. Raises DataError for one
        that cannot be read, unless that is put aside."""
        for name in meanwhile if self.jobs else ():
            import_module(name)
        parts = []
        for path, _, job in self.jobs:
            parts.append(Opened())
            with self.reading(path):
                parts[-1] = job.result()
        for (_, (tables, ignored, issues), _), part in reversed([*zip(self.jobs, parts, strict=True)]):
            self.tables[tables:tables] = part.tables
            self.ignored[ignored:ignored] = part.ignored
            self.issues[issues:issues] = part.issues
        self.jobs.clear()
