"""What is told on standard error beside a result: lines for people, or, for programs, an object a line.

Every object has `time` (UTC), `level` (info, warning, error), `event` and `message`; what an event has besides is only ever
added to. The last one is `exit`, with the exit code. And how far a command has come: on a terminal for people who wait, as
events for programs that read the log."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Event, Thread
from time import perf_counter
from typing import TYPE_CHECKING

from crm_metrics import progress
from crm_metrics.errors import not_among

if TYPE_CHECKING:
    from rich.table import Table

FORMATS = ("text", "json")
_format = FORMATS[0]


def begin(form: str) -> None:
    """Tell in this form from now on. Raises `UsageError` for one that does not exist."""
    global _format
    _format = FORMATS[0]
    if form not in FORMATS:
        raise not_among("--log-format", form, FORMATS)
    _format = form


def is_for_programs() -> bool:
    """Whether programs read what is told."""
    return _format == "json"


def tell(event: str, message: str, *, level: str = "warning", text: str | None = None, **more: object) -> None:
    """Tell of an event; people read `text` in the place of the message, and nothing where it is empty."""
    if is_for_programs():
        now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        record = {"time": now, "level": level, "event": event, "message": message, **more}
        sys.stderr.write(json.dumps(record, default=str) + "\n")
    elif text != "":
        sys.stderr.write(harmless(message if text is None else text) + "\n")


def harmless(message: str) -> str:
    """A message with the control characters that a file's name or content could bring in shown as text."""
    return "".join(char if char == "\n" or char.isprintable() else repr(char)[1:-1] for char in message)


PATIENCE = 0.5  # seconds of work of which nothing is said
_SHOWN = 8  # files at a time


class Log(progress.Watcher):
    """Tells programs what was read."""

    def loaded(self, files: int, rows: int) -> None:
        tell("read", f"{files} files are read", level="info", text="", files=files, rows=rows)


@dataclass
class _File:
    """When the reading of a file began, in seconds, and the rows it had and the seconds it took, once it is over."""

    began: float
    rows: int | None = None
    took: float = 0.0


@dataclass
class Display(progress.Watcher):
    """What a terminal shows of work that takes longer than a blink: each file with its rows and their rate, then what is
    being done, and for how long. All of it goes again when the work is done. Nothing that draws is imported before."""

    _files: dict[str, _File] = field(default_factory=dict)
    _stage: str = "starting"
    _since: float = field(default_factory=perf_counter)
    _over: Event = field(default_factory=Event)
    _thread: Thread | None = None

    def begin(self) -> None:
        self._thread = Thread(target=self._draw, daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Nothing of it is on the screen afterwards."""
        self._over.set()
        if self._thread is not None:
            self._thread.join()

    def reading(self, path: str, rows: int | None = None) -> None:
        now = perf_counter()
        began = self._files[path].began if path in self._files else now
        self._files[path] = _File(began, rows, now - began)

    def stage(self, name: str) -> None:
        self._stage, self._since = name, perf_counter()

    def _draw(self) -> None:
        if self._over.wait(PATIENCE):
            return
        from rich.console import Console
        from rich.live import Live

        console = Console(stderr=True, highlight=False, markup=False, emoji=False)
        with Live(get_renderable=self._shown, console=console, transient=True, refresh_per_second=8):
            self._over.wait()

    def _shown(self) -> Table:
        from rich.table import Table
        from rich.text import Text

        table = Table.grid(padding=(0, 2))
        table.add_column(overflow="ellipsis", no_wrap=True)
        for _ in range(2):
            table.add_column(justify="right", no_wrap=True)
        files = sorted(self._files.items(), key=lambda named: named[1].rows is None)
        if len(files) > _SHOWN:
            rows = sum(file.rows or 0 for _, file in files[:-_SHOWN])
            table.add_row(f"{len(files) - _SHOWN:,} more files", f"{rows:,} rows")
        for path, file in files[-_SHOWN:]:
            table.add_row(Text(harmless(path)), *_progress_of(file))
        if all(file.rows is not None for _, file in files):
            waited = perf_counter() - self._since
            table.add_row(Text(f"{self._stage[:1].upper()}{harmless(self._stage[1:])} …"), "", f"{waited:.0f} s")
        return table


def _progress_of(file: _File) -> tuple[str, str]:
    """The rows of a file and how many of them were read in a second."""
    if file.rows is None:
        return "reading …", f"{perf_counter() - file.began:.0f} s"
    rate = float(f"{file.rows / max(file.took, 0.001):.2g}")
    return f"{file.rows:,} rows", f"{rate:,.0f}/s"


_display: Display | None = None


@contextmanager
def watching(*, quiet: bool) -> Iterator[None]:
    """Has work watched: by a terminal, unless it is to be quiet, or by what reads the log."""
    global _display
    if is_for_programs():
        watcher: progress.Watcher = Log()
    elif quiet or not (sys.stderr.isatty() and os.environ.get("TERM") != "dumb"):
        watcher = progress.Watcher()
    else:
        watcher = _display = Display()
        _display.begin()
    try:
        with progress.watched(watcher):
            yield
    finally:
        clear()


def clear() -> None:
    """Takes away what the terminal shows, for good: something else is going to be written to it."""
    global _display
    if _display is not None:
        _display.end()
        _display = None
