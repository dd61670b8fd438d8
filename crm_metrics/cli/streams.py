"""What the process has around it: standard streams that may be closed, interrupts, and libraries that warn."""

from __future__ import annotations

import io
import os
import signal
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType

from crm_metrics.errors import EXIT_INTERRUPTED


def end_at_once(number: int, frame: FrameType | None) -> None:
    """A handler of interrupts for when nothing is half done."""
    os.write(2, b"crm-metrics: interrupted\n")
    os._exit(EXIT_INTERRUPTED)


def expect_interrupts() -> None:
    """From now on Ctrl-C ends the process with a message instead of a traceback, in the midst of imports too; not where the
    one who started it has it ignored."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, end_at_once)


@contextmanager
def interruptible() -> Iterator[None]:
    """While this lasts an interrupt is an exception, so that what is half written is put away."""
    is_expected = signal.getsignal(signal.SIGINT) is end_at_once
    if is_expected:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        if is_expected:
            signal.signal(signal.SIGINT, end_at_once)


class _Unfailing(io.TextIOWrapper):
    """A stream that loses what nobody takes: a message that cannot be given is no reason to lose a report."""

    def write(self, text: str) -> int:
        with suppress(OSError):
            super().write(text)
        return len(text)

    def flush(self) -> None:
        with suppress(OSError):
            super().flush()


def open_streams() -> None:
    """Give standard streams that were closed when the process began, as some daemons have them, a place again: else the
    first files that are opened take their numbers. Input is empty, messages go nowhere, and writing to output fails."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_WRONLY if number == 2 else os.O_RDONLY)  # the lowest number that is free
    if sys.stdin is None:
        sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
    if sys.stdout is None:
        sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    encoding = "utf-8" if sys.stderr is None else sys.stderr.encoding
    messages = io.BufferedWriter(io.FileIO(os.dup(2), "w"))
    sys.stderr = _Unfailing(messages, encoding=encoding, errors="backslashreplace", line_buffering=True)


def silence_libraries() -> None:
    """Warnings of libraries are for who writes programs; `python -W` and PYTHONWARNINGS still show them."""
    if not sys.warnoptions:
        warnings.simplefilter("ignore")
