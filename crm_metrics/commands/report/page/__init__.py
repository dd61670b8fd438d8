"""The page for people in a terminal: the figures, what has to be known of them, and what else there is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from crm_metrics.book import Book, Origin, Passage, Said

if TYPE_CHECKING:
    from crm_metrics.reporting.report import Report


def page(report: Report, width: int | None, *, verbose: bool, scope: str, paths: Sequence[str]) -> Book:
    """The report for reading on a screen of a width (None: no limit): the headline figures, with `scope` "all" figures or
    those that are "named" and in the report; with `verbose` all notes. It names the `paths` in its commands. The footnotes
    stand below its last table."""
    from crm_metrics.commands.report.page import framing, series, tables
    from crm_metrics.commands.report.page.choice import chosen
    from crm_metrics.commands.report.page.figures import Footnotes, figures, priced, shortened, titled

    report, left = shortened(titled(report))
    all_figures = figures(report)
    choice = chosen(report, all_figures, scope)
    footnotes = Footnotes()
    shown = priced(all_figures, choice.names, footnotes)
    if report.grain:
        together = figures(report, report.together) if report.together is not None else []
        sheets = series.of_series(report, choice, shown, priced(together, choice.names, footnotes))
    elif report.by:
        sheets = tables.of_segments(report, choice.metrics, shown)
    else:
        sheets = tables.of_period(report, choice, shown, footnotes, width)
    sentences = framing.explained(report, choice, shown, footnotes, in_lines=width is not None)
    is_whole = bool(scope) or verbose
    if not is_whole:
        sentences += framing.lacking(report)
    if not verbose:
        sentences += framing.unsettled(report)
    sentences += [f"{title} is {other} once more" for title, other in choice.twins.items()]
    sentences += left
    if sheets:
        sheets[-1] = replace(sheets[-1], notes=sentences)
    missing = framing.not_available(report, verbose=verbose) if choice.is_all and is_whole else []
    news = sheets and sheets[0].name == "news"
    quiet = report.compare_period and not (report.by or report.grain or choice.named or news)
    return Book(
        framing.title(report),
        Origin(issues=report.issues if verbose else (), where=report.where),
        sheets,
        framing.about(report),
        says=["Nothing changed beyond chance."] if quiet else [],
        notes=[] if sheets else sentences,
        passages=[Passage("Not available", list(map(Said, missing)))] if missing else [],
        closing=framing.closing(report, choice, paths, verbose=verbose, is_whole=is_whole),
    )
