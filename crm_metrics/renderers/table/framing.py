"""What stands around the figures: what they are about, what is not available, and what is wrong with the data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from crm_metrics.renderers import cells
from crm_metrics.renderers.noticed import counted, inputs, reach, section
from crm_metrics.renderers.table.figures import Figure
from crm_metrics.renderers.waiting import sentences

if TYPE_CHECKING:
    from crm_metrics.renderers.table.screen import Screen
    from crm_metrics.report import Report

_NAMED = 3


def header(screen: Screen, report: Report) -> None:
    """Draws the title, the days, what is compared, and what was read."""
    to_date = "" if report.complete else "  to date"
    screen.line(("Key figures  ", "bold"), (cells.visible(report.period), "bold"), (to_date, "yellow"))
    facts = [*_days(report), reach(report.as_of, report.coverage)]
    if report.compare_period:
        facts.append(f"compared with {report.compare_period}")
    screen.paragraph(" · ".join(facts), "dim", hang=0)
    if report.sources:
        settings = [f"settings {cells.visible(report.settings_file)}"] if report.settings_file else []
        screen.paragraph(" · ".join([inputs(report.sources), *settings]), "dim", hang=0)


def footer(screen: Screen, report: Report, shown: Sequence[Figure], *, verbose: bool) -> None:
    """Draws the explanations of the marks, the notes, what is not available, and the problems with the data."""
    waits = sentences(report) if report.by or report.grain else []  # else they stand beside their figures
    notes = map(cells.visible, (*report.uncovered, *report.notes))
    section(screen, "", [*_marks(report, shown), *waits, *notes])
    section(screen, "Not available", not_available(report, shown, verbose=verbose))
    section(screen, "Data problems", counted(report.issues, verbose=verbose))


def not_available(report: Report, shown: Sequence[Figure], *, verbose: bool = False) -> list[str]:
    """For every metric without a value what is missing; metrics that miss the same share a line, which without `verbose`
    names the first few of many."""
    known = {figure.metric.name for figure in shown if figure.value is not None}
    reasons = {figure.metric.name: figure.reason for figure in shown if figure.reason}
    titles: dict[str, list[str]] = {}
    for metric in report.metrics:
        if metric.name in known:
            continue
        sentence = report.missing.get(metric.name) or cells.REASONS.get(reasons.get(metric.name) or "", "no figure")
        titles.setdefault(sentence, []).append(metric.title)
    return [cells.visible(f"{_few(names, verbose)}: {sentence}") for sentence, names in titles.items()]


def _few(names: Sequence[str], verbose: bool) -> str:
    if verbose or len(names) <= _NAMED + 1:
        return "; ".join(names)
    return f"{'; '.join(names[:_NAMED])} and {len(names) - _NAMED} more"


def _days(report: Report) -> list[str]:
    if not len(report.rows) or report.rows["start"].isna().all():
        return []
    first, last = str(report.rows["start"].dropna().min()), str(report.rows["end"].dropna().max())
    if report.period in (first, f"{first}..{last}"):
        return []
    return [first if first == last else f"{first} to {last}"]


def _marks(report: Report, shown: Sequence[Figure]) -> list[str]:
    open_ended = [figure for figure in shown if figure.partial and figure.value is not None]
    young = dict.fromkeys(
        figure.metric.title for figure in open_ended if figure.complete or figure.reason == "immature-cohort"
    )
    lines = []
    if any(not figure.complete for figure in open_ended):
        lines.append(f"* to date: {reach(report.as_of, report.coverage).replace('data up to', 'the data goes up to')}")
    if young:
        lines.append(cells.visible(f"* not final ({'; '.join(young)}): some records are still too young to tell"))
    if report.ripe:
        of = {metric.name: metric for metric in report.metrics}
        old = report.ripe.items()
        told = [f"{of[name].title} ({label}: {cells.value(value, of[name].unit)})" for name, (label, value) in old]
        lines.append(
            cells.visible(f"Not yet to be told, with the newest period that is old enough: {' · '.join(told)}")
        )
    beyond = {figure.signal for figure in shown if figure.value is not None and figure.is_beyond_chance}
    if beyond & {"better", "worse"}:
        lines.append("▲ ▼ changed by more than chance brings 3 times in 1,000")
    if beyond & {"maybe better", "maybe worse"}:
        lines.append("△ ▽ changed by more than chance brings 5 times in 100")
    if any(figure.standing for figure in shown):
        lines.append("▲ above or ▼ below the others by more than chance; of 100 teams of equals at most 5 show one")
    if any(figure.places for figure in shown):
        lines.append("rank: the places it may hold, 1 the best; blank where records cannot tell, or are fewer than 5")
    if _has_gaps(report, shown):
        lines.append(f"{cells.MISSING} no figure; --format csv gives the reason for each")
    return lines


def _has_gaps(report: Report, shown: Sequence[Figure]) -> bool:
    known = {figure.metric.name for figure in shown if figure.value is not None}
    gaps = (figure for figure in shown if figure.value is None and figure.metric.name in known)
    return any(any(figure.segment) or bool(report.grain) for figure in gaps)
