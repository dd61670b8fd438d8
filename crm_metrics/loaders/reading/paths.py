"""The files behind the paths that a user gave: single ones, folders, patterns, and standard input."""

from __future__ import annotations

import glob
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from crm_metrics import progress
from crm_metrics.errors import UsageError, nearest
from crm_metrics.loaders.reading import content as contents
from crm_metrics.loaders.reading.content import Content
from crm_metrics.loaders.reading.raw import Opened
from crm_metrics.settings.files import DATABASE, ELSEWHERE


def refuse_missing(paths: Sequence[str]) -> None:
    """Raises UsageError that names every path that does not exist, and the nearest names in their folders."""
    missing = [path for path in paths if path != "-" and not _exists(path)]
    if not missing:
        return
    hints = []
    for path in missing:
        scheme = DATABASE if path.startswith(DATABASE) else ""
        file = Path(path.removeprefix(scheme))
        folder = file.parent
        entries = sorted(folder.iterdir(), key=lambda entry: entry.suffix == file.suffix) if folder.is_dir() else []
        there = {entry.stem: entry.name for entry in entries}  # of one name that with the same ending
        if "://" in path:
            hints.append("Files are read from this computer: download it first.")
        elif close := nearest(file.stem, there):
            hints.append(f"Did you mean {scheme}{folder / there[close]}?")
        elif not folder.is_dir():
            hints.append(f"There is no folder {folder}.")
    what = "no file matches" if len(missing) == 1 and glob.has_magic(missing[0]) else "no such file or folder"
    raise UsageError(what, where=", ".join(missing), hint=" ".join(hints) or None)


def _exists(path: str) -> bool:
    """Whether there is something behind a path; what DuckDB attaches by another name than that of a file, it will tell."""
    if path.startswith(DATABASE):
        file = path.removeprefix(DATABASE).partition("#")[0]
        return Path(file).exists() or re.match(ELSEWHERE, file) is not None
    return Path(path).exists() or bool(_globbed(path))


def _globbed(path: str) -> list[str]:
    """The paths that a pattern matches, sorted; none for a path that is no pattern."""
    return sorted(glob.glob(path, recursive=True)) if glob.has_magic(path) else []  # noqa: PTH207 (absolute patterns too)


def is_many(path: str) -> bool:
    """Whether several files may be behind a path."""
    return Path(path).is_dir() or not Path(path).exists() or path.lower().endswith(".zip")


def expanded(path: str, stdin: BinaryIO | None, opened: Opened) -> Iterator[tuple[Content, bool]]:
    """Each file behind a path, and whether the user named it; files in folders and globs are chosen by their ending."""
    if path == "-":
        progress.stage("reading standard input")
        with opened.reading(path):
            yield contents.of_stream(path, stdin or sys.stdin.buffer), True
    elif Path(path).is_dir():
        for entry in _entries(path, opened):
            with opened.reading(entry):
                yield contents.of_file(entry, Path(entry)), False
    elif Path(path).exists():
        with opened.reading(path):
            yield contents.of_file(path, Path(path)), True
    else:
        for entry in _globbed(path):
            for content, _ in expanded(entry, stdin, opened):
                yield content, False


def _entries(folder: str, opened: Opened) -> Iterator[str]:
    """The files in a folder and the folders in it, sorted by name, hidden ones skipped. Raises DataError."""
    names: list[str] = []
    with opened.reading(folder), contents.readable(folder):
        names = sorted(entry.name for entry in Path(folder).iterdir())
    for name in names:
        path = f"{folder.rstrip('/')}/{name}" if folder.strip("/") else f"/{name}"
        if contents.is_hidden(name):
            continue
        if Path(path).is_dir():
            if not Path(path).is_symlink():  # may lead back up
                yield from _entries(path, opened)
        elif Path(path).is_file():
            yield path
