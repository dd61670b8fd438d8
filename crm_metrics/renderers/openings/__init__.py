"""A figure, opened: a page for people, JSON for machines, and the records behind it as CSV."""

from __future__ import annotations

from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from crm_metrics.analysis.opening import Opened


def render(figure: Opened, format: str, out: TextIO) -> None:  # noqa: A002
    """Writes the figure to `out`, as `csv` the records behind it."""
    if format == "csv":
        from crm_metrics.renderers.openings import records

        records.write(figure, out)
    elif format == "json":
        from crm_metrics.renderers.openings import machine

        machine.write(figure, out)
    else:
        from crm_metrics.renderers.openings import page

        page.write(figure, out)
