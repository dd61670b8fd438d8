"""What a command does with everything that can go wrong: one message on standard error, and an exit code that says which."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

import typer

from crm_metrics.cli import output, telling
from crm_metrics.cli.output import discard
from crm_metrics.cli.process import interruptible
from crm_metrics.errors import EXIT_BROKEN_PIPE, EXIT_BUG, EXIT_DATA, EXIT_INTERRUPTED, EXIT_OK, CrmMetricsError


@contextmanager
def guarded(*, debug: bool, log_format: str = "text") -> Iterator[None]:
    """Turn every exception into a message and an exit code; a traceback is shown only with `debug`. What was claimed is free
    afterwards, and a log for programs ends with the exit code."""
    code = EXIT_OK
    try:
        with _errors_reported(debug, log_format):
            yield
    except typer.Exit as left:
        code = left.exit_code
        raise
    finally:
        output.release()
        telling.tell("exit", f"exit code {code}", level="info", text="", code=code)


@contextmanager
def _errors_reported(debug: bool, log_format: str) -> Iterator[None]:
    try:
        telling.begin(log_format)
        with interruptible():
            yield
            sys.stdout.flush()
    except (typer.Exit, typer.Abort):
        raise
    except BrokenPipeError:
        discard(sys.stdout.fileno())
        raise typer.Exit(EXIT_BROKEN_PIPE) from None
    except (Exception, KeyboardInterrupt) as error:
        if debug and not isinstance(error, KeyboardInterrupt):
            traceback.print_exc()
        message, code = _said(error)
        telling.tell("error", message, level="error", text=f"crm-metrics: {message}", code=code)
        raise typer.Exit(code) from None


def _said(error: BaseException) -> tuple[str, int]:
    """What is said of an error, and the exit code."""
    match error:
        case CrmMetricsError():
            return str(error), error.exit_code
        case KeyboardInterrupt():
            return "interrupted", EXIT_INTERRUPTED
        case MemoryError():
            way = "Ask for fewer figures with -m, fewer segments with --top, or give files of a shorter time."
            return f"the files and what is made of them do not fit into memory\n{way}", EXIT_DATA
    bug = f"a bug in crm-metrics: {type(error).__name__}: {error}"
    return f"{bug}\nPlease report it with the output of the same command and --debug.", EXIT_BUG
