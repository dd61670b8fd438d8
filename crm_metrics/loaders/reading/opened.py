"""What has been found in the paths, and what is still being opened in the background: files that are read as a whole, side
by side."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Self

from crm_metrics.errors import DataError
from crm_metrics.issues import Issue
from crm_metrics.settings import Stated

if TYPE_CHECKING:
    from crm_metrics.loaders.reading.content import Content
    from crm_metrics.loaders.reading.raw import Raw


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
