"""What `check` found: a page for people, CSV and JSON for machines, and every affected row as CSV."""

from __future__ import annotations

from typing import TYPE_CHECKING, TextIO

from crm_metrics.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crm_metrics.analysis.quality import Finding

FINDING_FORMATS = ("csv", "json", "text")


def render(
    findings: Sequence[Finding],
    format: str,  # noqa: A002
    out: TextIO,
    *,
    rows: bool = False,
    color: bool | None = None,
    width: int | None = None,
) -> None:
    """Writes the findings to `out`, with `rows` every affected row as CSV instead. Raises `UsageError` for a format that
    does not exist."""
    if format not in FINDING_FORMATS:
        raise UsageError(f"there is no format {format!r}. {did_you_mean(format, FINDING_FORMATS)}")
    if rows or format == "csv":
        from crm_metrics.renderers.findings import delimited

        (delimited.write_rows if rows else delimited.write)(findings, out)
    elif format == "json":
        from crm_metrics.renderers.findings import machine

        machine.write(findings, out)
    else:
        from crm_metrics.renderers.findings import page

        page.write(findings, out, color=color, width=width)
