"""The tables of one period: its figures by family, and of segments those with figures across."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from crm_metrics.book import AS_TEXT, Cell, Column, Sheet, cells, provenance
from crm_metrics.book.screen import NUMBER
from crm_metrics.commands.report import waiting
from crm_metrics.commands.report.page.figures import STYLES, Figure, legend, per_of
from crm_metrics.commands.report.page.series import Key, Line, families, family_title, largest_of, lines_of, middle
from crm_metrics.metrics.metric import Metric, Unit

if TYPE_CHECKING:
    from crm_metrics.commands.report.page.choice import Choice
    from crm_metrics.commands.report.page.figures import Footnotes
    from crm_metrics.reporting.report import Report

_TITLE = 26  # letters to which titles are folded before a column goes
_LIMITS_FROM = 100  # columns of a screen that has room for limits
_NEWS = 8
_PERIODS = 12  # in a trend
_BARS = "▁▂▃▄▅▆▇█"


def of_period(
    report: Report, choice: Choice, figures: Sequence[Figure], footnotes: Footnotes, width: int | None
) -> list[Sheet]:
    """What changed beyond chance, then the figures by family; metrics with dimensions of their own have their own tables."""
    single = [figure for figure in figures if not figure.per and figure.value is not None]
    rows = [figure for figure in single if figure.metric.name in choice.names]
    sheets = _news(report, choice, single)
    if rows:
        with_limits = width is None or width >= _LIMITS_FROM
        sheets.append(_by_family(report, rows, footnotes, with_limits=with_limits, spaced=choice.is_all))
    available = {figure.metric.name for figure in figures if figure.per and figure.value is not None}
    return [*sheets, *of_segments(report, [metric for metric in choice.metrics if metric.name in available], figures)]


def _news(report: Report, choice: Choice, single: Sequence[Figure]) -> list[Sheet]:
    """What changed beyond chance: of all figures where it surely did, of those on the page also where it may have."""
    if not report.compare_period or choice.named:
        return []
    sure = [figure for figure in single if figure.is_beyond_chance and figure.signal in ("better", "worse")]
    maybe = [
        figure
        for figure in single
        if figure.is_beyond_chance and figure not in sure and figure.metric.name in choice.names
    ]
    news = [figure for figure in (*sure, *maybe) if figure.metric.name not in choice.echoes]
    if not news:
        return []
    columns = (
        Column("mark", leads=True, styles=STYLES),
        Column("title", " ", fold=1),
        Column("value", " ", AS_TEXT, by="mark", styles=STYLES),
        Column("before", " ", AS_TEXT, spare=1, styles={"": "dim"}),
    )
    rows = [
        [
            figure.mark,
            figure.metric.title,
            figure.in_words(),
            f"from {figure.before_text}" if figure.before_text else None,
        ]
        for figure in news[:_NEWS]
    ]
    notes = [f"and {len(news) - _NEWS} more"] if len(news) > _NEWS else []
    return [Sheet("news", f"Beyond chance  {legend(news)}", columns, rows, notes=notes)]


def _by_family(
    report: Report, rows: Sequence[Figure], footnotes: Footnotes, *, with_limits: bool, spaced: bool
) -> Sheet:
    now, before = provenance.headings(report.period, report.compare_period or "")
    trends = [_sparkline(_history(report, figure, rows)[-_PERIODS:], figure.metric) for figure in rows]
    longest, dim = max(map(len, trends)), {"": "dim"}
    columns = (
        Column("family", shown=False),
        Column("mark", leads=True, styles=STYLES),
        Column("title", " ", fold=_TITLE),
        Column("value", now, AS_TEXT),
        Column("before", before, AS_TEXT, spare=3, styles=dim),
        Column("change", "", AS_TEXT, spare=1, by="mark", styles=STYLES),
        Column("goal", "goal reached", AS_TEXT, spare=2),
        Column("limits", "between (95 %)", AS_TEXT, spare=5, styles=dim, shown=with_limits),
        Column("records", "", AS_TEXT, spare=6, styles=dim, shown=with_limits),
        Column("trend", f"{_PERIODS} {provenance.unit_of(report.period)}", spare=4, styles={"": "cyan dim"}),
    )
    listed: list[list[Cell]] = [
        [
            *(family_title(figure.metric.family), figure.mark, figure.metric.title + _marks(report, figure, footnotes)),
            *(
                figure.in_words(),
                _bare(figure.before_text) or None,
                figure.change_text or None,
                figure.goal_text or None,
            ),
            *(figure.limits_text or None, _records(figure), trend.rjust(longest) or None),
        ]
        for figure, trend in zip(rows, trends, strict=True)
    ]
    return Sheet("figures", "", columns, listed, grouped="family", spaced=spaced)


def _bare(text: str) -> str:
    """The number at the beginning of a text, without what stands behind it."""
    number = NUMBER.match(text)
    return number.group() if number else ""


def _records(figure: Figure) -> str | None:
    """How many records a value rests on; None where it is itself that number, or where nobody counted."""
    is_count = figure.metric.unit is Unit.COUNT and figure.n == figure.value
    return cells.count(figure.n) if figure.n and not is_count else None


def _marks(report: Report, figure: Figure, footnotes: Footnotes) -> str:
    """The marks of what has to be known of a figure: what it rests on, who still waits."""
    notes = list(report.grounds.get(figure.metric.name, ()))
    notes += [waiting.beside(wait) for wait in report.waiting if wait.metric.name == figure.metric.name]
    marks = "".join(footnotes.mark(words) for words in notes)
    return f" {marks}" if marks else ""


def _history(report: Report, figure: Figure, rows: Sequence[Figure]) -> Sequence[float | None]:
    alone = (
        sum(other.metric.name == figure.metric.name for other in rows) == 1
    )  # a history is in no currency of its own
    return report.history.get(figure.metric.name, []) if alone else []


def _sparkline(history: Sequence[float | None], metric: Metric) -> str:
    """The values as bars, a gap for None, bars of half the height where all are equal; empty for fewer than two of them.
    Counts and amounts are seen from 0, all else by its differences."""
    numbers = [number for number in history if number is not None]
    if len(numbers) < 2:
        return ""
    low, high = min(numbers), max(numbers)
    if high > low and metric.unit in (Unit.COUNT, Unit.MONEY, Unit.MONEY_PER_DAY):
        low, high = min(0.0, low), max(0.0, high)
    steps = len(_BARS) - 1
    places = [
        -1 if number is None else round((number - low) / (high - low) * steps) if high > low else 3
        for number in history
    ]
    return "".join(" " if place < 0 else _BARS[place] for place in places)


def of_segments(report: Report, metrics: Sequence[Metric], shown: Sequence[Figure]) -> list[Sheet]:
    """A table for each family, a column for each metric; what brings dimensions of its own has a table of its own."""
    placed = [figure for figure in shown if figure.value is not None or any((*figure.segment, *figure.per))]
    order = list(dict.fromkeys(figure.segment for figure in placed))
    order.sort(key=lambda segment: report.rest in segment)
    sheets = []
    for family, members in families(metrics).items():
        by_dims: dict[Key, list[Metric]] = {}
        for metric in members:
            by_dims.setdefault(per_of(metric, report), []).append(metric)
        for number, (dimensions, own) in enumerate(sorted(by_dims.items(), key=lambda item: bool(item[0]))):
            names = {metric.name for metric in own}
            figures = [figure for figure in placed if figure.metric.name in names]
            present = {figure.segment for figure in figures if figure.value is not None}
            here: dict[Key, list[Figure]] = {key: [] for key in order if key in present}
            for figure in figures:
                here.get(figure.segment, []).append(figure)
            if dimensions:
                lines = [line for key, some in here.items() for line in largest_of(key, own, some, report.rest)]
            else:
                lines = lines_of(here, figures, ())
            title = "" if number else family_title(family)
            if not report.by:
                title = f"{family_title(family)}, by {' and '.join(dimensions).replace('_', ' ')}"
            sheets.append(_across("_".join([family, *dimensions]), title, [*report.by, *dimensions], lines, own))
    return sheets


def _across(
    name: str, title: str, dimensions: Sequence[str], lines: Sequence[Line], metrics: Sequence[Metric]
) -> Sheet:
    """The lines with a column for each metric that has a value, all in one unit; beside it what says anything."""
    columns = [Column(f"by_{dimension}", dimension.replace("_", " ")) for dimension in dimensions]
    listed: list[list[Cell]] = [list(line.key) for line in lines]
    for metric in metrics:
        figures = [line.figures.get(metric.name) for line in lines]
        if not any(figure and figure.value is not None for figure in figures):
            continue
        size = middle([figure.value for figure in figures if figure])
        columns += [
            Column(metric.name, metric.title, AS_TEXT),
            Column(f"{metric.name} rank", "rank", spare=2, styles={"": "dim"}),
            Column(f"{metric.name} goal", "goal reached", AS_TEXT, spare=1),
            Column(f"{metric.name} change", "change", AS_TEXT, spare=3, styles=STYLES),
        ]
        for row, figure in zip(listed, figures, strict=True):
            row.append(figure.in_words(size) if figure else "")
            row.append(figure.place_text or None if figure else None)
            row.append(figure.goal_text or None if figure else None)
            row.append(f"{figure.change_text} {figure.mark}".rstrip() or None if figure else None)
    return Sheet(name, title, columns, listed, labels=len(dimensions))
