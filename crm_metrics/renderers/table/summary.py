"""The figures of one period: a row for each metric, under its family."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from rich.cells import cell_len

from crm_metrics.metrics.catalog import FAMILY_TITLES
from crm_metrics.metrics.metric import Metric
from crm_metrics.renderers import waiting
from crm_metrics.renderers.table import columns, grid
from crm_metrics.renderers.table.columns import Column
from crm_metrics.renderers.table.figures import Figure, per_of
from crm_metrics.renderers.table.screen import GAP, Screen

if TYPE_CHECKING:
    from crm_metrics.report import Report

_NARROWEST_TITLE = 20
_FIRST_TO_GO = ("trend", "records", "change", "goal")


def draw(screen: Screen, report: Report, shown: Sequence[Figure]) -> None:
    """Draws the families below each other in the same columns, metrics with dimensions of their own as small tables."""
    single = [figure for figure in shown if not figure.per and figure.value is not None]
    titles = [figure.metric.title for figure in single]
    beside, width = _fitting(screen, _columns(screen, report, single), titles)
    notes = {found.metric.name: waiting.beside(found) for found in report.waiting}
    headings = grid.joined([grid.heading(column, -1) for column in beside])
    for family, metrics in families(report.metrics).items():
        rows = [place for place, figure in enumerate(single) if figure.metric.family == family]
        tables = _own_tables(report, metrics, shown)
        if rows or tables:
            screen.blank()
            if rows:
                screen.row([((family_title(family), "bold"), width + len(GAP))], headings)
            else:
                screen.line((family_title(family), "bold"))
            headings = [] if rows else headings
        for place in rows:
            label = (titles[place], "bold" if single[place].metric.headline else "")
            screen.row([(label, width)], grid.joined([column.cells[place] for column in beside]), indent=len(GAP))
            if note := notes.get(single[place].metric.name):
                screen.paragraph(note, "dim", indent=2 * len(GAP))
        for number, (dimensions, own) in enumerate(tables.items()):
            if rows or number:
                screen.blank()
            _draw_own(screen, report, dimensions, own, shown)


def families(metrics: Sequence[Metric]) -> dict[str, list[Metric]]:
    """The metrics by family, both in the order of the report."""
    found: dict[str, list[Metric]] = {}
    for metric in metrics:
        found.setdefault(metric.family, []).append(metric)
    return found


def family_title(family: str) -> str:
    return FAMILY_TITLES.get(family, family.capitalize())


def _columns(screen: Screen, report: Report, single: Sequence[Figure]) -> dict[str, Column]:
    found = {"value": columns.values((), single), "records": columns.records(single)}
    if any(figure.change_text for figure in single):
        found["change"] = columns.changes(single, color=screen.color)
    if any(figure.goal_text for figure in single):
        found["goal"] = columns.goals(single)
    histories = [_history(report, figure, single) for figure in single]
    if any(map(columns.sparkline, histories)):
        found["trend"] = columns.trends(histories)
    return found


def _history(report: Report, figure: Figure, single: Sequence[Figure]) -> Sequence[float | None]:
    in_currency = report.history.get((figure.metric.name, figure.currency or ""))
    if in_currency is not None:
        return in_currency
    rows = sum(other.metric.name == figure.metric.name for other in single)
    # Without a currency of its own a history is that of one row alone.
    return report.history.get((figure.metric.name,), []) if rows == 1 else []


def _fitting(screen: Screen, found: dict[str, Column], titles: Sequence[str]) -> tuple[list[Column], int]:
    """The columns that fit beside the titles, and the width of the titles. The values always stay."""
    longest = max(map(cell_len, titles), default=0)
    if screen.width is None:
        return list(found.values()), longest
    least = min(longest, _NARROWEST_TITLE)
    for name in _FIRST_TO_GO:
        if _taken(found) + least > screen.width:
            found.pop(name, None)
    return list(found.values()), max(min(longest, screen.width - _taken(found)), least // 2)


def _taken(found: Mapping[str, Column]) -> int:
    return len(GAP) + sum(len(GAP) + column.width for column in found.values())


def _own_tables(
    report: Report, metrics: Sequence[Metric], shown: Sequence[Figure]
) -> dict[tuple[str, ...], list[Metric]]:
    known = {figure.metric.name for figure in shown if figure.per and figure.value is not None}
    found: dict[tuple[str, ...], list[Metric]] = {}
    for metric in metrics:
        if metric.name in known:
            found.setdefault(per_of(metric, report), []).append(metric)
    return found


def _draw_own(
    screen: Screen, report: Report, dimensions: Sequence[str], metrics: Sequence[Metric], shown: Sequence[Figure]
) -> None:
    names = {metric.name for metric in metrics}
    own = [figure for figure in shown if figure.metric.name in names]
    keys, left_away = grid.largest(own, metrics, report.rest)
    rows = grid.lines(keys, own, lambda figure: figure.per)
    if left_away:
        place = sum(row.key in keys[: grid.LONGEST] for row in rows)
        rows.insert(place, grid.Line((*[""] * (len(dimensions) - 1), grid.more(left_away))))
    grid.draw(screen, dimensions, rows, metrics, changed=True)
