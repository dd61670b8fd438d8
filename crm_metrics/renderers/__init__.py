"""The forms a report is written in: one module or folder per form, found by looking into this folder.

A form has `FORMATS`, the names it is asked for by, and `render(report, out, options)`. Importing one of them must not
import pandas or rich: the command line looks here for the known formats before it knows what it has to do.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING, TextIO

from crm_metrics.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from crm_metrics.report import Report


@dataclass(frozen=True)
class Options:
    """The format asked for, and how to write for the one who reads. None leaves the choice to the
    stream: on a terminal its width, and colour unless `NO_COLOR` is set; elsewhere no limit and no colour. A format
    takes what it has a use for."""

    format: str
    verbose: bool = False
    color: bool | None = None
    width: int | None = None


@cache
def _found() -> dict[str, Callable[[Report, TextIO, Options], None]]:
    found = {}
    for entry in sorted(iter_modules(__path__), key=lambda entry: entry.name):
        module = import_module(f"{__name__}.{entry.name}")
        for name in getattr(module, "FORMATS", ()):
            found[name] = module.render
    return found


def known() -> list[str]:
    """The names of all formats, sorted."""
    return sorted(_found())


def render(
    report: Report,
    format: str,  # noqa: A002
    out: TextIO,
    *,
    verbose: bool = False,
    color: bool | None = None,
    width: int | None = None,
) -> None:
    """Writes the report to `out`, which must not translate line ends (`newline=""`). Raises `UsageError` for a format
    that does not exist, with the nearest one."""
    if format not in known():
        raise UsageError(f"there is no format {format!r}. {did_you_mean(format, known())}")
    _found()[format](report, out, Options(format, verbose=verbose, color=color, width=width))
