"""The figures by segment or by period: a table for each family, a column for each metric."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from crm_metrics.metrics.metric import Metric
from crm_metrics.renderers.table import grid
from crm_metrics.renderers.table.figures import Figure, per_of
from crm_metrics.renderers.table.grid import Key
from crm_metrics.renderers.table.summary import families, family_title

if TYPE_CHECKING:
    from crm_metrics.renderers.table.screen import Screen
    from crm_metrics.report import Report


def draw(screen: Screen, report: Report, shown: Sequence[Figure]) -> None:
    """Draws the families one below the other, periods in order of time, segments in the order of the report."""
    with_values = {figure.metric.name for figure in shown if figure.value is not None}
    # What lacks the dimension has one row without a segment: there is nothing to show of it here.
    placed = [figure for figure in shown if figure.value is not None or any(figure.segment) or not report.by]
    order = _order(report, placed)
    for family, metrics in families(report.metrics).items():
        found: dict[tuple[str, ...], list[Metric]] = {}
        for metric in metrics:
            if metric.name in with_values:
                found.setdefault(per_of(metric, report), []).append(metric)
        for number, (dimensions, own) in enumerate(sorted(found.items(), key=lambda item: bool(item[0]))):
            screen.blank()
            if not number:
                screen.line((family_title(family), "bold"))
            _draw_table(screen, report, dimensions, own, placed, order)


def _draw_table(
    screen: Screen,
    report: Report,
    dimensions: Sequence[str],
    metrics: Sequence[Metric],
    placed: Sequence[Figure],
    order: Sequence[Key],
) -> None:
    chosen = {metric.name for metric in metrics}
    own = [figure for figure in placed if figure.metric.name in chosen]
    names = [*(["period"] if report.grain else []), *report.by, *dimensions]
    present = {_key(report, figure) for figure in own if figure.value is not None}
    keys = [key for key in order if key in present]
    if dimensions:
        by_key: dict[Key, list[Figure]] = {key: [] for key in keys}
        for figure in own:
            by_key.get(_key(report, figure), []).append(figure)
        rows = [row for key, here in by_key.items() for row in _largest_of(key, metrics, here, report.rest)]
    else:
        rows = grid.lines(keys, own, lambda figure: _key(report, figure))
    grid.draw(screen, names, rows, metrics, changed=not report.grain)


def _largest_of(key: Key, metrics: Sequence[Metric], here: Sequence[Figure], rest: str | None) -> list[grid.Line]:
    largest, left_away = grid.largest(here, metrics, rest)
    rows = grid.lines([key + per for per in largest], here, lambda figure: key + figure.per)
    if left_away:
        place = sum(row.key[len(key) :] in largest[: grid.LONGEST] for row in rows)
        blanks = [""] * (len(largest[0]) - 1)
        rows.insert(place, grid.Line((*key, *blanks, grid.more(left_away))))
    return rows


def _key(report: Report, figure: Figure) -> Key:
    return (figure.period, *figure.segment) if report.grain else figure.segment


def _order(report: Report, placed: Sequence[Figure]) -> list[Key]:
    """The keys of all families: by time, then as they come; the row of the rest last in its period."""
    starts = {_key(report, figure): figure.start if report.grain else "" for figure in placed}
    segments = {segment: place for place, segment in enumerate(dict.fromkeys(figure.segment for figure in placed))}
    of_key = {_key(report, figure): figure.segment for figure in placed}
    return sorted(starts, key=lambda key: (starts[key], report.rest in of_key[key], segments[of_key[key]]))
