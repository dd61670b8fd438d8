"""The page for people in a terminal: header, figures, what has to be known of them, and what else there is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_metrics.commands.report.page.choice import Options

if TYPE_CHECKING:
    from crm_metrics.book.screen import Screen
    from crm_metrics.reporting.report import Report


def draw(report: Report, screen: Screen, options: Options) -> None:
    """Draws the report for reading."""
    from crm_metrics.commands.report.page import across, framing, page
    from crm_metrics.commands.report.page.choice import chosen
    from crm_metrics.commands.report.page.figures import figures, priced, titled
    from crm_metrics.commands.report.page.footnotes import Footnotes

    report = titled(report)
    found = figures(report)
    choice = chosen(report, found, options.everything)
    footnotes = Footnotes()
    shown = priced(found, choice.names, footnotes)
    framing.header(screen, report)
    if report.by or report.grain:
        across.draw(screen, report, choice, shown, footnotes)
    else:
        page.draw(screen, report, choice, shown, footnotes)
    framing.footer(screen, report, choice, shown, footnotes, options)
