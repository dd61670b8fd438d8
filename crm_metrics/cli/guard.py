"""What a command does with everything that can go wrong: one message on standard error, and an exit code that says which."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

import typer

from crm_metrics.cli.output import discard
from crm_metrics.cli.streams import interruptible
from crm_metrics.errors import EXIT_BROKEN_PIPE, EXIT_BUG, EXIT_DATA, EXIT_INTERRUPTED, CrmMetricsError


@contextmanager
def guarded(*, debug: bool) -> Iterator[None]:
    """Turn every exception into a message and an exit code; a traceback is shown only with `debug`."""
    try:
        with interruptible():
            yield
            sys.stdout.flush()
    except CrmMetricsError as error:
        if debug:
            traceback.print_exc()
        _say(f"crm-metrics: {error}")
        raise typer.Exit(error.exit_code) from None
    except KeyboardInterrupt:
        _say("crm-metrics: interrupted")
        raise typer.Exit(EXIT_INTERRUPTED) from None
    except BrokenPipeError:
        discard(sys.stdout.fileno())
        raise typer.Exit(EXIT_BROKEN_PIPE) from None
    except MemoryError:
        if debug:
            traceback.print_exc()
        _say(
            "crm-metrics: the files and what is made of them do not fit into memory\n"
            "Ask for fewer figures with -m, fewer segments with --top, or give files of a shorter time."
        )
        raise typer.Exit(EXIT_DATA) from None
    except Exception as error:
        if isinstance(error, typer.Exit | typer.Abort):
            raise
        if debug:
            traceback.print_exc()
        _say(
            f"crm-metrics: a bug in crm-metrics: {type(error).__name__}: {error}\n"
            "Please report it with the output of the same command and --debug."
        )
        raise typer.Exit(EXIT_BUG) from None


def _say(message: str) -> None:
    """A message for people; control characters that a file's content could bring in are shown as text."""
    safe = "".join(char if char == "\n" or char.isprintable() else repr(char)[1:-1] for char in message)
    try:
        sys.stderr.write(safe + "\n")
    except UnicodeEncodeError:
        sys.stderr.write(safe.encode("ascii", "backslashreplace").decode() + "\n")
