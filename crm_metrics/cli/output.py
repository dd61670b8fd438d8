"""Where a report goes: standard output, or a file that is written beside its place and then moved there."""

from __future__ import annotations

import io
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from crm_metrics.errors import UsageError, did_you_mean

ENDINGS = {".csv": "csv", ".tsv": "tsv", ".json": "json", ".jsonl": "jsonl", ".ndjson": "jsonl", ".txt": "table"}


def format_of(name: str | None, output: Path | None, known: list[str]) -> str:
    """The format by name, else by the file's ending, else a table. Raises `UsageError` for one that is not known."""
    if name is not None:
        if name.casefold() not in known:
            raise UsageError(
                f"there is no format {name!r}. {did_you_mean(name, known)}", hint=f"Formats: {', '.join(known)}."
            )
        return name.casefold()
    if output is None:
        return "table"
    ending = output.suffix.casefold()
    if ending not in ENDINGS:
        raise UsageError(
            f"the ending of {output} says no format", hint=f"End it with {', '.join(ENDINGS)}, or say which with -f."
        )
    return ENDINGS[ending]


@contextmanager
def opened(output: Path | None, *, plain: bool) -> Iterator[TextIO]:
    """A text stream for the report. A file appears whole or not at all. With `plain` the stream is UTF-8 with line ends as
    they are written, for machines."""
    if output is None:
        if plain and isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(encoding="utf-8", newline="")
        yield sys.stdout
        sys.stdout.flush()
        return
    try:
        handle, name = tempfile.mkstemp(dir=output.parent, prefix=f".{output.name}.", suffix=".part")
    except OSError as error:
        raise UsageError(f"cannot be written: {error.strerror}", where=str(output)) from error
    part = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as stream:
            yield stream
        part.chmod(output.stat().st_mode if output.exists() else 0o666 & ~_umask())
        part.replace(output)
    except OSError as error:
        raise UsageError(f"cannot be written: {error.strerror}", where=str(output)) from error
    finally:
        part.unlink(missing_ok=True)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
