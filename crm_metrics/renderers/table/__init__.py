"""The table for people in a terminal: header, figures by family, what is not available, and problems with the data."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from crm_metrics.renderers.table.screen import Screen
    from crm_metrics.report import Report


def draw(report: Report, screen: Screen, *, verbose: bool = False) -> None:
    """Draws the report for reading."""
    from crm_metrics.renderers.table import framing, segments, summary
    from crm_metrics.renderers.table.figures import figures, titled

    report = titled(report)
    shown = figures(report)
    framing.header(screen, report)
    if report.by or report.grain:
        segments.draw(screen, report, shown)
    else:
        summary.draw(screen, report, shown)
    framing.footer(screen, report, shown, verbose=verbose)
