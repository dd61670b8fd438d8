"""Write crm-metrics.toml from what was found in the files, each setting with its meaning."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Annotated

from crm_metrics import errors, settings
from crm_metrics.commands import TELLING, Call, option
from crm_metrics.settings.files import DATABASE, ELSEWHERE

ABOUT, PLACE = "writes crm-metrics.toml from what was found", 160
SHARED = ("paths", "date_order", "decimal", "set_", *TELLING, "debug")  # a settings file that is there decides nothing


def run(
    call: Call,
    *,
    output: Annotated[Path | None, option("-o, --output FILE", "The file to write: crm-metrics.toml.")] = None,
    force: Annotated[bool, option("--force", "Write over a file that is there.")] = False,
) -> None:
    """Writes the file, and says what is to be settled in it."""
    target = output or Path(settings.NAME)
    if target.exists() and not force:
        raise errors.UsageError(
            "is there already; nothing is written",
            where=str(target),
            hint="Write over it with --force, or to another file with -o.",
        )
    settings_ = call.settings
    wanted = list(call.arguments or settings_.paths or ["."])
    if "-" in wanted:
        raise errors.UsageError("standard input cannot be written into a settings file", hint="Give files.")
    from crm_metrics.commands import scan

    scanned = scan.scan(call.on(wanted))
    unclear = [error for error in scanned.refused.values() if isinstance(error, errors.AmbiguousError)]
    if not scanned.files and not unclear and scanned.refused:
        raise errors.together(list(scanned.refused.values()))
    if not scanned.files and not unclear:
        raise errors.NothingToReport("no file is recognised", hint="'crm-metrics scan' says what each lacks.")
    from crm_metrics.commands.init.starting import settings_text

    with call.opened(target) as out:
        names_of_paths = tuple(_as_seen_from(target, path) for path in wanted)
        out.write(settings_text(scanned, settings_.but(paths=names_of_paths)))
    unsettled = (f"To be settled in it: {path}" for path, error in scanned.refused.items() if error in unclear)
    call.wrote(target, "\n".join([f"{target} is written.", *unsettled]))
    not_read = (f"Not read: {error}" for error in scanned.refused.values() if error not in unclear)
    call.tell("problem", not_read, level="warning")


def _as_seen_from(target: Path, path: str) -> str:
    """The path relative to the folder of the settings file, as the file wants it."""
    scheme = DATABASE if path.startswith(DATABASE) else ""
    path = path.removeprefix(scheme)
    if Path(path).is_absolute() or (scheme and re.match(ELSEWHERE, path)):
        return scheme + path
    folder = target.parent
    return scheme + (path if folder == Path() else Path(os.path.relpath(path, folder)).as_posix())
