"""Whether there is something behind the paths that a user gave."""

from __future__ import annotations

import glob
import re
from collections.abc import Sequence
from pathlib import Path

from crm_metrics.errors import UsageError, nearest
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
        close = nearest(file.name, (entry.name for entry in folder.iterdir())) if folder.is_dir() else None
        if close:
            hints.append(f"Did you mean {scheme}{folder / close}?")
        elif not folder.is_dir():
            hints.append(f"There is no folder {folder}.")
    what = "no file matches" if len(missing) == 1 and glob.has_magic(missing[0]) else "no such file or folder"
    raise UsageError(what, where=", ".join(missing), hint=" ".join(hints) or None)


def _exists(path: str) -> bool:
    """Whether there is something behind a path; what DuckDB attaches by another name than that of a file, it will tell."""
    if path.startswith(DATABASE):
        file = path.removeprefix(DATABASE).partition("#")[0]
        return Path(file).exists() or re.match(ELSEWHERE, file) is not None
    return Path(path).exists() or bool(globbed(path))


def globbed(path: str) -> list[str]:
    """The paths that a pattern matches, sorted; none for a path that is no pattern."""
    return sorted(glob.glob(path, recursive=True)) if glob.has_magic(path) else []  # noqa: PTH207 (absolute patterns too)
