"""Where a report goes: standard output, or a file that is written beside its place and then moved there."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from crm_metrics.errors import UsageError, did_you_mean

ENDINGS = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".json": "json",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".txt": "table",
    ".md": "markdown",
    ".png": "png",
    ".svg": "svg",
    ".html": "html",
}


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
    endings = [end for end, kind in ENDINGS.items() if kind in known]
    if ending not in endings:
        raise UsageError(
            f"the ending of {output} says no format", hint=f"End it with {', '.join(endings)}, or say which with -f."
        )
    return ENDINGS[ending]


@contextmanager
def opened(output: Path | None, *, plain: bool) -> Iterator[TextIO]:
    """A text stream for the report. A file appears whole or not at all. With `plain` the stream is UTF-8 with line ends as
    they are written, for machines."""
    if output is None:
        with _standard_output(plain=plain) as stream:
            yield stream
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


@contextmanager
def _standard_output(*, plain: bool) -> Iterator[TextIO]:
    """Standard output with a buffer of its own: without one (PYTHONUNBUFFERED) Python passes over a write cut short."""
    own = sys.stdout
    try:
        number = own.fileno()
    except (OSError, ValueError):  # no file behind it, as in a notebook
        yield own
        return
    encoding, errors = ("utf-8", "strict") if plain else (own.encoding, own.errors)
    own.flush()
    stream = open(number, "w", encoding=encoding, errors=errors, newline="" if plain else None, closefd=False)  # noqa: SIM115
    try:
        yield stream
        stream.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        discard(number)
        raise UsageError(f"cannot be written: {error.strerror}", where="standard output") from error


def discard(number: int) -> None:
    """Let what is still to be written to a file go nowhere: Python would complain of it once more at the end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), number)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
