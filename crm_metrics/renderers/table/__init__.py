"""The table for people in a terminal: header, figures by family, what is not available, and problems with the data."""

from __future__ import annotations

from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from crm_metrics.renderers import Options
    from crm_metrics.report import Report


def render(report: Report, out: TextIO, options: Options) -> None:
    """Writes the report for reading. Off a terminal nothing is coloured, wrapped or left away."""
    from crm_metrics.renderers.table import framing, segments, summary
    from crm_metrics.renderers.table.figures import figures, titled
    from crm_metrics.renderers.table.screen import Screen

    screen = Screen.of(out, color=options.color, width=options.width)
    report = titled(report)
    shown = figures(report)
    framing.header(screen, report)
    if report.by or report.grain:
        segments.draw(screen, report, shown)
    else:
        summary.draw(screen, report, shown)
    framing.footer(screen, report, shown, verbose=options.verbose)
    screen.write_to(out)
