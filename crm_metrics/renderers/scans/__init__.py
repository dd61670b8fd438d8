"""What `scan` found: a page for people, JSON for machines."""

from __future__ import annotations

from typing import TYPE_CHECKING, TextIO

from crm_metrics.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from crm_metrics.analysis.scan import Scan

SCAN_FORMATS = ("json", "text")


def render(
    scan: Scan,
    format: str,  # noqa: A002
    out: TextIO,
    *,
    verbose: bool = False,
    color: bool | None = None,
    width: int | None = None,
) -> None:
    """Writes the scan to `out`. With `verbose` the page also says how things were read. Raises `UsageError` for a format
    that does not exist."""
    if format == "json":
        from crm_metrics.renderers.scans import machine

        machine.write(scan, out)
    elif format == "text":
        from crm_metrics.renderers.scans import page

        page.write(scan, out, verbose=verbose, color=color, width=width)
    else:
        raise UsageError(f"there is no format {format!r}. {did_you_mean(format, SCAN_FORMATS)}")
