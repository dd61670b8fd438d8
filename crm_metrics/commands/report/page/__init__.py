"""The page for people in a terminal: the figures, what has to be known of them, and what else there is: what is not
available, and what is wrong with the data."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from crm_metrics import schema
from crm_metrics.book import Book, Origin, Passage, Said, cells, provenance
from crm_metrics.book.provenance import covered_until, problems
from crm_metrics.commands.report import waiting
from crm_metrics.commands.report.page import figures, series, tables
from crm_metrics.commands.report.page.choice import Choice, chosen
from crm_metrics.commands.report.page.figures import Figure, Footnotes, legend
from crm_metrics.issues import Severity
from crm_metrics.metrics.metric import Metric

if TYPE_CHECKING:
    from crm_metrics.reporting.report import Report

_NAMED = 3


def page(report: Report, width: int | None, *, verbose: bool, scope: str, paths: Sequence[str]) -> Book:
    """The report for reading on a screen of a width (None: no limit): the headline figures, with `scope` "all" figures or
    those that are "named" and in the report; with `verbose` all notes. It names the `paths` in its commands. The footnotes
    stand below its last table."""
    report, left = figures.shortened(figures.titled(report))
    all_figures = figures.figures(report)
    choice = chosen(report, all_figures, scope)
    footnotes = Footnotes()
    shown = figures.priced(all_figures, choice.names, footnotes)
    if report.grain:
        together = figures.figures(report, report.together) if report.together is not None else []
        sheets = series.of_series(report, choice, shown, figures.priced(together, choice.names, footnotes))
    elif report.by:
        sheets = tables.of_segments(report, choice.metrics, shown)
    else:
        sheets = tables.of_period(report, choice, shown, footnotes, width)
    sentences = _explained(report, choice, shown, footnotes, in_lines=width is not None)
    is_whole = bool(scope) or verbose
    if not is_whole:
        headline = [metric for metric in report.metrics if metric.headline and metric.name not in report.ripe]
        sentences += _not_available(report, headline)
    if not verbose:
        sentences += _unsettled(report)
    sentences += [f"{title} is {other} once more" for title, other in choice.twins.items()]
    sentences += left
    if sheets:
        sheets[-1] = replace(sheets[-1], notes=sentences)
    missing = _not_available(report, report.metrics, verbose=verbose) if choice.is_all and is_whole else []
    news = sheets and sheets[0].name == "news"
    quiet = report.compare_period and not (report.by or report.grain or choice.named or news)
    return Book(
        _title(report),
        Origin(issues=report.issues if verbose else (), where=report.where),
        sheets,
        _about(report),
        says=["Nothing changed beyond chance."] if quiet else [],
        notes=[] if sheets else sentences,
        passages=[Passage("Not available", list(map(Said, missing)))] if missing else [],
        closing=_closing(report, choice, paths, verbose=verbose, is_whole=is_whole),
    )


def _title(report: Report) -> str:
    """The period, by what it is split, and what it is compared with."""
    heading = provenance.spoken(report.period) + ("" if report.complete else " to date")
    by = [name.replace("_", " ") for name in (*([report.grain] if report.grain else []), *report.by)]
    heading += f" by {', '.join(by)}" if by else ""
    if report.compare_period:
        heading += f" against {provenance.spoken(report.compare_period, beside=report.period)}"
    return heading


def _about(report: Report) -> list[str]:
    """The days, where the period does not say them, what the files cover, and the settings file."""
    facts = [*_days(report), covered_until(report.sources, report.as_of, report.coverage)]
    return [*facts, *([f"settings {report.settings_file}"] if report.settings_file else [])]


def _not_available(report: Report, metrics: Iterable[Metric], *, verbose: bool = False) -> list[str]:
    """For those of the metrics without a figure what is missing; metrics that miss the same share a line, which without
    `verbose` names the first few of many; then a line for each kind of file that is missing."""
    titles = report.unavailable(metric for metric in metrics if metric.name not in report.lacking)
    missing = [f"{_few(names, verbose)}: {sentence}" for sentence, names in titles.items()]
    return missing + _no_files(report, verbose=verbose)


def _few(names: Sequence[str], verbose: bool, most: int = _NAMED) -> str:
    if verbose or len(names) <= most + 1:
        return "; ".join(names)
    return f"{'; '.join(names[:most])} and {len(names) - most} more"


def _no_files(report: Report, *, verbose: bool) -> list[str]:
    """A line for each kind of file that is missing, with the figures that it would bring, headline figures first. What
    any one of several kinds would bring stands with one that is missing anyway."""
    alone = {tables[0] for tables in report.lacking.values() if len(tables) == 1}
    kinds: dict[tuple[str, ...], list[Metric]] = {}
    for metric in report.metrics:
        if tables := report.lacking.get(metric.name, ()):
            kind = next(((table,) for table in tables if table in alone), tables)
            kinds.setdefault(kind, []).append(metric)
    lines = []
    for tables, metrics in kinds.items():
        names = [metric.title for metric in sorted(metrics, key=lambda metric: not metric.headline)]
        lines.append(f"No {' or '.join(map(schema.called, tables))}: {_few(names, verbose, 2)}")
    return lines


def _unsettled(report: Report) -> list[str]:
    """What the one who reads has to settle, with the words of the file: words that nobody knows, or what a setting in the
    sentence would settle."""
    return problems(
        [issue for issue in report.issues if issue.code.startswith("unknown-") or "--set" in issue.sentence]
    )


def _days(report: Report) -> list[str]:
    """The days of a period whose name does not say them."""
    if not len(report.rows) or report.rows["start"].isna().all():
        return []
    first, last = str(report.rows["start"].dropna().min()), str(report.rows["end"].dropna().max())
    if provenance.is_plain(report.period):
        return []
    return [provenance.spoken(f"{first}..{last}")]


def _explained(
    report: Report, choice: Choice, figures: Sequence[Figure], footnotes: Footnotes, *, in_lines: bool
) -> list[str]:
    """What has to be known of the figures: what is too young, the footnotes, the marks, and the notes."""
    shown = [figure for figure in figures if figure.metric.name in choice.names]
    mentioned = choice.names | {figure.metric.name for figure in figures if figure.signal in ("better", "worse")}
    lines = []
    if choice.young or (choice.is_all and report.ripe):
        lines += provenance.unripe(report.metrics, report.ripe)
    lines += footnotes.lines(together=in_lines)
    open_ended = [figure for figure in shown if figure.partial and figure.value is not None]
    young = [figure for figure in open_ended if figure.complete or figure.reason == "immature-cohort"]
    if any(not figure.complete for figure in open_ended):
        until = covered_until((), report.as_of, report.coverage)
        lines.append(f"* to date: the data goes {until}")
    if young:
        titles = "; ".join(dict.fromkeys(figure.metric.title for figure in young))
        lines.append(f"* not final ({titles}): some records are still too young to tell")
    if report.by or report.grain or choice.named:
        lines += [marks] if (marks := legend(shown)) else []
    if any(figure.standing for figure in shown):
        lines.append("↑ above or ↓ below the others by more than chance; of 100 teams of equals at most 5 show one")
    if any(figure.rank_low is not None for figure in shown):
        lines.append("rank: the places it may hold, 1 the best; blank where records cannot tell, or are fewer than 5")
    if _has_gaps(report, shown):
        lines.append(f"{cells.MISSING} no figure; --format csv gives the reason for each")
    waits = waiting.sentences(report) if report.by else []  # else they are footnotes
    about = [note for note in report.notes if report.concerns.get(note, mentioned) & mentioned]
    return [*lines, *waits, *report.uncovered, *about]


def _has_gaps(report: Report, shown: Sequence[Figure]) -> bool:
    available = {figure.metric.name for figure in shown if figure.value is not None}
    gaps = (figure for figure in shown if figure.value is None and figure.metric.name in available)
    return any(any(figure.segment) or bool(report.grain) for figure in gaps)


def _closing(report: Report, choice: Choice, paths: Sequence[str], *, verbose: bool, is_whole: bool) -> list[str]:
    """What else there is: figures that are not shown, rows left out, problems, each with the command that shows it."""
    parts = []
    if choice.left:
        families = [metric.family for metric in choice.left]
        most = max(families, key=families.count)
        parts.append(f"{cells.count(len(choice.left))} more: --all, or -m {most}")
    elif not is_whole and report.missing:
        parts.append(f"{cells.count(len(report.missing))} not available: --all says why")
    asked = [source for source in report.sources if source.asked]
    left_out = sum(source.rows - source.used for source in asked)
    if left_out and (choice.is_all or verbose):
        read = sum(source.rows for source in asked)
        parts.append(f"{cells.count(left_out)} of {cells.count(read)} rows left out")
    if verbose:
        return parts
    warnings = sum(issue.severity is Severity.WARNING for issue in report.issues)
    if warnings:
        command = shlex.join(["crm-metrics", "check", *paths]) if paths else "-v"
        parts.append(f"{cells.several(warnings, 'data problem')}: {command}")
    return parts
