"""A file that is being written is written by one run alone: another one that is to write it says so and leaves."""

from __future__ import annotations

import os
from pathlib import Path

from crm_metrics.errors import BusyError

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
