"""How far the work has come: told where it is done, from any thread, and heard by the one that watches, if any does. None
of it changes a figure."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


class Watcher:
    """Hears how far the work has come. This one lets it pass."""

    def reading(self, path: str, rows: int | None = None) -> None:
        """A file is being read; with its number of rows: it has been."""

    def loaded(self, files: int, rows: int) -> None:
        """All files of a question have been read."""

    def stage(self, name: str) -> None:
        """What is done from now on, as a participle."""


_watcher = Watcher()


@contextmanager
def watched(watcher: Watcher) -> Iterator[None]:
    """Has what is told within heard by the watcher, and by nobody else."""
    global _watcher
    before, _watcher = _watcher, watcher
    try:
        yield
    finally:
        _watcher = before


def reading(path: str, rows: int | None = None) -> None:
    """Tell that a file is being read; with its number of rows, that it has been."""
    _watcher.reading(path, rows)


def loaded(files: int, rows: int) -> None:
    """Tell that all files of a question have been read."""
    _watcher.loaded(files, rows)


def stage(name: str) -> None:
    """Tell what is done from now on, as a participle."""
    _watcher.stage(name)
