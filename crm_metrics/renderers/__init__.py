"""The forms a report is written in. A form's module has `render(report, out, options)`, and is imported when it is asked
for."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, TextIO

from crm_metrics.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from crm_metrics.report import Report


_MODULES = {"table": "table", "csv": "delimited", "tsv": "delimited", "json": "tidy_json", "jsonl": "tidy_json"}


@dataclass(frozen=True)
class Options:
    """The format asked for, and how to write for the one who reads. None leaves the choice to the
    stream: on a terminal its width, and colour unless `NO_COLOR` is set; elsewhere no limit and no colour. A format
    takes what it has a use for."""

    format: str
    verbose: bool = False
    color: bool | None = None
    width: int | None = None


def known() -> list[str]:
    """The names of all formats, sorted."""
    return sorted(_MODULES)


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
    if format not in _MODULES:
        raise UsageError(f"there is no format {format!r}. {did_you_mean(format, known())}")
    module = import_module(f"{__name__}.{_MODULES[format]}")
    module.render(report, out, Options(format, verbose=verbose, color=color, width=width))
