"""Where a report goes: standard output, or a file that is written beside its place and then moved there. A file that is
being written is written by one run alone: another one that is to write it says so and leaves."""

from __future__ import annotations

import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from crm_metrics.cli import telling
from crm_metrics.errors import BusyError, UsageError, did_you_mean
from crm_metrics.writers import How, is_binary, pieces

if TYPE_CHECKING:
    from crm_metrics.book import Book

_FILLED = ("period", "as_of")
_MOVING = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|\r(?!\n)")


def refuse_unwritable(format: str, output: Path | None) -> None:
    """Keeps the file for this run. Raises `UsageError` where bytes would go to a terminal, and for what the name of a file
    cannot be filled with, `BusyError` where another run is writing the file."""
    for name in re.findall(r"\{(\w*)\}", output.name if output else ""):
        if name not in _FILLED:
            raise UsageError(
                f"-o {output}: there is no {{{name}}}. {did_you_mean(name, _FILLED)}",
                hint="Names can hold {period} and {as_of}.",
            )
    if output is None and sys.stdout.isatty() and is_binary(format):
        raise UsageError(f"{format} cannot be shown in a terminal", hint=f"Write it to a file: -o FILE.{format}")
    if output is not None and not output.parent.is_dir():
        hint = "Give another name with -o, or make the folder."
        raise UsageError("cannot be written: there is no such folder", where=str(output.parent), hint=hint)
    claim(output)


def written(
    book: Book,
    format: str,
    output: Path | None,
    how: How,
    *,
    table: str | None = None,
    color: bool | None = None,
    pager: bool = True,
) -> None:
    """Writes a book to the file, or to standard output, in a format; the stream gives its width and characters, and with
    `color` None whether there is colour."""
    if output is not None:
        output = output.with_name(_filled(output.name, book))
    with opened(output, plain=format != "text", pager=pager) as out:
        terminal = out.isatty()
        if color is None:
            color = terminal and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
        width = shutil.get_terminal_size().columns if terminal else None
        how = replace(how, color=color, width=width, encoding=out.encoding or "utf-8")
        content = pieces(book, format, how, table=table)
        if isinstance(content, bytes):
            out.flush()
            out.buffer.write(content)
        else:
            for piece in content:
                out.write(_harmless(piece) if terminal and format != "text" else piece)
    if output is not None:
        telling.tell("written", f"{output} is written", level="info", text="", path=output, format=format)


def _harmless(text: str) -> str:
    """Text for a terminal, with all that could move its cursor spelled out but tabs and line ends; the format text has
    colours of its own, and spells out what lies in its cells."""
    from crm_metrics.book.cells import visible

    if text.isascii() and _MOVING.search(text) is None:
        return text
    return re.sub(r"[^\t\n\r]+|\r(?!\n)", lambda part: visible(part[0]), text)


def _filled(name: str, book: Book) -> str:
    """The name of a file with the period and the as-of day of what it holds."""
    values = {"period": book.extra.get("period") or "all", "as_of": book.origin.as_of or "undated"}
    for key, value in values.items():
        name = name.replace(f"{{{key}}}", re.sub(r"[^\w.-]+", "-", str(value)))
    return name


@contextmanager
def opened(output: Path | None, *, plain: bool, pager: bool = True) -> Iterator[TextIO]:
    """A text stream for the report. A file appears whole or not at all. With `plain` the stream is UTF-8 with line ends as
    they are written, for machines; else, on a terminal and with `pager`, what is longer than the screen goes through one."""
    if output is None:
        with _paged() if pager and not plain and _is_screen() else _standard_output(plain=plain) as stream:
            yield stream
        return
    where = str(output)
    try:
        if (
            output.exists() and not output.is_dir() and (not output.is_file() or _is_own(output))
        ):  # a device, a pipe or a file that is open already, which is written through
            with output.open("a", encoding="utf-8", newline="") as stream:
                yield stream
            return
        output = Path(os.path.realpath(output))  # a link stays, and what it leads to is replaced
        handle, name = tempfile.mkstemp(dir=output.parent, prefix=f".{output.name}.", suffix=".part")
    except BrokenPipeError:
        raise
    except OSError as error:
        raise UsageError(f"cannot be written: {error.strerror}", where=where) from error
    part = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as stream:
            yield stream
        part.chmod(output.stat().st_mode if output.exists() else 0o666 & ~_umask())
        part.replace(output)
    except OSError as error:
        raise UsageError(f"cannot be written: {error.strerror}", where=where) from error
    finally:
        part.unlink(missing_ok=True)


def _is_own(output: Path) -> bool:
    """Whether a path is another name of one of the process's open files, such as /dev/stdout."""
    return any(output.is_relative_to(folder) for folder in ("/dev/stdout", "/dev/stderr", "/dev/fd", "/proc/self/fd"))


def _is_screen() -> bool:
    """Whether standard output is a terminal, and no stream of Python's that takes its place."""
    try:
        return os.isatty(sys.stdout.fileno())
    except (OSError, ValueError):
        return False


class _Page(StringIO):
    """What is to be shown on a terminal, as far as it is written."""

    encoding = property(lambda self: sys.stdout.encoding)

    def isatty(self) -> bool:
        return True


@contextmanager
def _paged() -> Iterator[TextIO]:
    """A stream whose text is shown at the end: through the pager where it is longer than the screen, else as it is."""
    import shlex
    import subprocess  # neither is needed where nobody pages

    page = _Page()
    yield page
    text = page.getvalue()
    command = shlex.split(os.environ.get("PAGER", "less"))
    is_long = text.count("\n") >= shutil.get_terminal_size().lines
    if not (is_long and command and shutil.which(command[0])):
        with _standard_output(plain=False) as stream:
            stream.write(text)
        return
    sys.stdout.flush()
    how = {"LESS": "FRX", **os.environ}  # colours as they are; what fits after all stays on the screen
    with subprocess.Popen(command, stdin=subprocess.PIPE, env=how) as running:
        try:
            assert running.stdin is not None
            running.stdin.write(text.encode(sys.stdout.encoding, "replace"))
            running.stdin.close()
        except BrokenPipeError:  # closed before its end
            pass
        while running.poll() is None:
            with suppress(KeyboardInterrupt):  # that is for the pager
                running.wait()


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


_held: list[tuple[int, Path]] = []


def claim(output: Path | None) -> None:
    """Keep a file for this run, until it is released or the process ends, however it does. Raises `BusyError` where another
    run has it. What is no ordinary file, or lies where nothing can be written, is left to the one who writes it; so is
    everything where the system has no locks of this kind."""
    try:
        import fcntl
    except ImportError:
        return
    if output is None or (output.exists() and not output.is_file()):
        return
    beside = Path(os.path.realpath(output)).with_name(f".{output.name}.lock")
    if beside in (path for _, path in _held):
        return
    while True:
        try:
            handle = os.open(beside, os.O_CREAT | os.O_RDWR, 0o666)
        except OSError:
            return
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(handle)
            if isinstance(error, BlockingIOError):
                raise BusyError(
                    "another run is writing this file",
                    where=str(output),
                    hint="Wait for its end, or name another with -o.",
                ) from error
            return
        if beside.exists() and os.path.samestat(os.fstat(handle), beside.stat()):
            _held.append((handle, beside))
            return
        os.close(handle)  # the run that had it took it away meanwhile


def release() -> None:
    """Give back what this run has claimed."""
    while _held:
        handle, beside = _held.pop()
        beside.unlink(missing_ok=True)
        os.close(handle)
