"""Files that are read as a whole when they are opened: in the background, side by side."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from importlib import import_module
from typing import Self

from crm_metrics.loaders.reading.raw import Opened


@dataclass
class Opening(Opened):
    """What has been opened so far. `jobs` are the files that are being opened in the background: the path of each, how many
    tables, files that are none, and issues stand before it, and what it adds to them."""

    jobs: list[tuple[str, tuple[int, int, int], Future[Opened]]] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._pool = ThreadPoolExecutor(os.cpu_count())
        return self

    def __exit__(self, *error: object) -> None:
        """Waits: while a workbook is read, nobody sees what is written to standard error."""
        self._pool.shutdown(cancel_futures=True)

    @property
    def count(self) -> int:
        return super().count + len(self.jobs)

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
