"""A series: figures down, periods across, as many of the newest as fit, and the whole of them last."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from crm_metrics.book import AS_TEXT, Cell, Column, Sheet, cells, naming
from crm_metrics.commands.report.page.figures import STYLES, Figure, per_of
from crm_metrics.commands.report.page.lines import LONGEST, Key, Line, families, family_title, middle, more
from crm_metrics.metrics.metric import Metric

if TYPE_CHECKING:
    from crm_metrics.commands.report.page.choice import Choice
    from crm_metrics.reporting.report import Report

_LABEL = 24  # letters to which labels are folded before a period goes
_WHOLE = "\0"  # the place of the whole period among the periods


def of_series(report: Report, choice: Choice, shown: Sequence[Figure], totals: Sequence[Figure]) -> list[Sheet]:
    """Figures down and periods across, the whole of them last; of segments a group of rows for each metric."""
    placed = sorted((figure for figure in shown if figure.value is not None), key=lambda figure: figure.start)
    periods = list(dict.fromkeys(figure.period for figure in placed if figure.metric.name in choice.names))
    by_metric: dict[str, list[tuple[str, Figure]]] = {metric.name: [] for metric in choice.metrics}
    for period, figure in [*((_WHOLE, figure) for figure in totals), *((figure.period, figure) for figure in placed)]:
        if figure.value is not None and figure.metric.name in by_metric:
            by_metric[figure.metric.name].append((period, figure))
    groups: dict[Key, list[tuple[str, float, Line]]] = {}
    for metrics in families(choice.metrics).values():
        for metric in metrics:
            dimensions = (*report.by, *per_of(metric, report))
            rows = _rows(report, metric, by_metric[metric.name])
            size = middle([row.size for row in rows])
            for row in rows:
                own = size if dimensions else row.size
                title = _with_unit(metric, own, rows if dimensions else [row])
                key = row.key if dimensions else (title,)
                group = title if dimensions else family_title(metric.family)
                groups.setdefault(dimensions, []).append((group, own, Line(key, row.figures)))
    return [_series(report, dimensions, rows, periods) for dimensions, rows in groups.items()]


def _series(report: Report, dimensions: Key, rows: Sequence[tuple[str, float, Line]], periods: Sequence[str]) -> Sheet:
    plain = len({period[:4] for period in periods}) == 1
    has_whole = any(_WHOLE in line.figures for _, _, line in rows)
    last = naming.column(report.period)
    columns = [
        Column("group", shown=False),
        *(Column(f"by_{name}", name.replace("_", " "), fold=_LABEL) for name in dimensions or (" ",)),
        *(
            Column(
                naming.column(period),
                naming.headings(period, period)[0] if plain else "",
                AS_TEXT,
                spare=len(periods) - place - (not has_whole),
                styles=STYLES,
                missed=True,
            )
            for place, period in enumerate(periods)
        ),
        *([Column(_WHOLE, last if len(last) <= 10 else "whole", AS_TEXT)] if has_whole else []),
    ]
    listed: list[list[Cell]] = []
    for group, size, line in rows:
        figures = [line.figures.get(period) for period in (*periods, *([_WHOLE] if has_whole else []))]
        nothing = cells.MISSING if line.figures else ""
        texts = [nothing if figure is None else figure.number(like=size) + figure.mark for figure in figures]
        listed.append([group, *line.key, *texts])
    return Sheet("_by_".join(["series", *dimensions]), "", columns, listed, grouped="group", spaced=True)


def _rows(report: Report, metric: Metric, figures: Iterable[tuple[str, Figure]]) -> list[Line]:
    """The rows of a metric, one for each segment, value of its own dimensions and currency; of its own dimensions the
    largest."""
    by_key: dict[tuple[Key, str], dict[str, Figure]] = {}
    for period, figure in figures:
        currency = (figure.currency or figure.unpriced) if metric.is_money else ""
        by_key.setdefault(((*figure.segment, *figure.per), currency), {})[period] = figure
    several = len({currency for _, currency in by_key}) > 1
    rows = [
        Line((*key[:-1], f"{key[-1]}, {currency}") if several and key else key, of_period)
        for (key, currency), of_period in by_key.items()
    ]
    rest = [row for row in rows if report.rest and report.rest in row.key]
    rows = [row for row in rows if row not in rest]
    if per_of(metric, report) and len(rows) > LONGEST:
        left = len(rows) - LONGEST
        rows = sorted(rows, key=lambda row: -row.largest)[:LONGEST]
        rows.append(Line((more(left), *[""] * (len(rows[0].key) - 1))))
    return [*rows, *rest]


def _with_unit(metric: Metric, size: float, rows: Iterable[Line]) -> str:
    """The title with the unit of the numbers beside it; no currency where the rows have several."""
    named = {figure.currency or figure.unpriced for row in rows for figure in row.figures.values()}
    unit = cells.suffix(cells.spoken(metric.unit, size)[0], named.pop() if len(named) == 1 else None).strip()
    return f"{metric.title}, {unit}" if unit else metric.title
