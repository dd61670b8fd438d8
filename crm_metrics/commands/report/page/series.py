"""A series: figures down, periods across, as many of the newest as fit, and the whole of them last; and figures in lines:
those of a segment, of a value of their own dimensions, or of a row of a series."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from crm_metrics.book import AS_TEXT, Cell, Column, Sheet, cells, provenance
from crm_metrics.commands.report.page.figures import STYLES, Figure, per_of
from crm_metrics.metrics.catalog import FAMILY_TITLES
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
    last = provenance.column(report.period)
    columns = [
        Column("group", shown=False),
        *(Column(f"by_{name}", name.replace("_", " "), fold=_LABEL) for name in dimensions or (" ",)),
        *(
            Column(
                provenance.column(period),
                provenance.headings(period, period)[0] if plain else "",
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


LONGEST = 10  # rows of a metric that brings its own dimensions

Key = tuple[str, ...]


@dataclass
class Line:
    """One row: its labels, and its figures by metric or period."""

    key: Key
    figures: dict[str, Figure] = field(default_factory=dict)

    @property
    def size(self) -> float:
        return middle([figure.value for figure in self.figures.values()])

    @property
    def largest(self) -> float:
        return max((abs(figure.value) for figure in self.figures.values() if figure.value), default=0.0)


def families(metrics: Sequence[Metric]) -> dict[str, list[Metric]]:
    """The metrics by family, both in the order of the report."""
    by_family: dict[str, list[Metric]] = {}
    for metric in metrics:
        by_family.setdefault(metric.family, []).append(metric)
    return by_family


def family_title(family: str) -> str:
    return FAMILY_TITLES.get(family, family.capitalize())


def largest_of(key: Key, metrics: Sequence[Metric], here: Sequence[Figure], rest: str | None) -> list[Line]:
    """The values of a metric's own dimensions, largest first, so many of them, and a line for those left away; the rest
    comes last and is always there. Amounts in several currencies are not ranked by amount."""
    ranks: dict[Key, float] = {}
    for metric in metrics:
        own = [figure for figure in here if figure.metric.name == metric.name and figure.value is not None]
        if own and len({figure.currency for figure in own}) == 1:
            ranks = {figure.per: figure.value or 0.0 for figure in own}
            break
    keys = dict.fromkeys(figure.per for figure in here if figure.value is not None)
    ranked = sorted(keys, key=lambda per: -ranks.get(per, float("-inf")))
    remainder = [per for per in ranked if rest is not None and rest in per]
    ranked = [per for per in ranked if per not in remainder]
    lines = lines_of([key + per for per in ranked[:LONGEST]], here, key)
    if (left := len(ranked) - LONGEST) > 0:
        lines.append(Line((*key, *[""] * (len(ranked[0]) - 1), more(left))))
    return lines + lines_of([key + per for per in remainder], here, key)


def lines_of(keys: Iterable[Key], figures: Iterable[Figure], start: Key) -> list[Line]:
    """A line for each key, in the order given; where its amounts are in several currencies, one for each of them, the
    figures without a currency in the first. Of a `start` the figures stand by their own dimensions, else by segment."""
    by_key: dict[Key, list[dict[str, Figure]]] = {key: [{}] for key in keys}
    currencies: dict[Key, list[str]] = {}
    for figure in figures:
        key = start + figure.per if start or figure.per else figure.segment
        if key not in by_key:
            continue
        place = 0
        if figure.metric.is_money and figure.currency and figure.value is not None:
            codes = currencies.setdefault(key, [])
            if figure.currency not in codes:
                codes.append(figure.currency)
            place = codes.index(figure.currency)
            if place == len(by_key[key]):
                by_key[key].append({})
        by_key[key][place][figure.metric.name] = figure
    return [Line(key, by_metric) for key, rows in by_key.items() for by_metric in rows]


def more(count: int) -> str:
    """The label of the row that stands for those left away."""
    return f"… and {cells.count(count)} more"


def middle(numbers: Sequence[float | None]) -> float:
    """The size in the middle, by which the unit of several numbers is chosen; 0 without any."""
    sizes = sorted(abs(number) for number in numbers if number)
    return sizes[len(sizes) // 2] if sizes else 0.0
