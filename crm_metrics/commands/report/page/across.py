"""The figures of a series or of segments: time runs across and figures or segments down; of one period the segments
down and the figures across."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.cells import cell_len

from crm_metrics.book import cells, naming
from crm_metrics.book.screen import GAP, Span, aligned, longest_word
from crm_metrics.commands.report.page import columns, grid
from crm_metrics.commands.report.page.columns import Column
from crm_metrics.commands.report.page.figures import Figure, figures, per_of, priced
from crm_metrics.commands.report.page.grid import Key
from crm_metrics.commands.report.page.page import families, family_title
from crm_metrics.metrics.metric import Metric

if TYPE_CHECKING:
    from crm_metrics.book.screen import Screen
    from crm_metrics.commands.report.page.choice import Choice
    from crm_metrics.commands.report.page.footnotes import Footnotes
    from crm_metrics.reporting.report import Report

_WHOLE = "\0"  # the place of the whole period among the periods
_LABEL = 24  # labels are folded to so many characters before a period goes


def draw(screen: Screen, report: Report, choice: Choice, shown: Sequence[Figure], footnotes: Footnotes) -> None:
    """Draws the families one below the other, segments in the order of the report, what is left over last."""
    if report.grain:
        whole = figures(report, report.together) if report.together is not None else []
        _series(screen, report, choice, shown, priced(whole, choice.names, footnotes))
    else:
        _segments(screen, report, choice, shown)


@dataclass(frozen=True)
class _Row:
    """A row of a series: its labels, and its figures by period, that of the whole period under `_WHOLE`."""

    key: Key
    figures: Mapping[str, Figure]

    @property
    def size(self) -> float:
        return columns.middle([figure.value for figure in self.figures.values()])

    @property
    def largest(self) -> float:
        return max((abs(figure.value) for figure in self.figures.values() if figure.value), default=0.0)


@dataclass(frozen=True)
class _Block:
    """Rows under a title, their labels under the names of their dimensions."""

    title: str
    names: Sequence[str]
    rows: Sequence[_Row]
    sizes: Sequence[float]


def _series(screen: Screen, report: Report, choice: Choice, shown: Sequence[Figure], whole: Sequence[Figure]) -> None:
    placed = sorted((one for one in shown if one.value is not None), key=lambda one: one.start)
    periods = list(dict.fromkeys(one.period for one in placed if one.metric.name in choice.names))
    of_metric: dict[str, list[tuple[str, Figure]]] = {metric.name: [] for metric in choice.metrics}
    for period, figure in [*((_WHOLE, one) for one in whole), *((one.period, one) for one in placed)]:
        if figure.value is not None and figure.metric.name in of_metric:
            of_metric[figure.metric.name].append((period, figure))
    blocks = []
    for family, metrics in families(choice.metrics).items():
        plain = []
        for metric in metrics:
            found = _rows(report, metric, of_metric[metric.name])
            if report.by or per_of(metric, report):
                size = columns.middle([row.size for row in found])
                title = _with_unit(metric.title, metric, size, found)
                blocks.append(_Block(title, [*report.by, *per_of(metric, report)], found, [size] * len(found)))
            else:
                plain += [_Row((_with_unit(metric.title, metric, row.size, [row]),), row.figures) for row in found]
        if plain:
            blocks.append(_Block(family_title(family), [""], plain, [row.size for row in plain]))
    left = _draw_blocks(screen, report, blocks, periods)
    if left:
        names = dict.fromkeys(naming.column(period) for period in (left[0], left[-1]))
        screen.blank()
        does = "does" if len(left) == 1 else "do"
        screen.paragraph(f"{' to '.join(names)} {does} not fit: a wider window, or -f csv", "dim", hang=2)


def _rows(report: Report, metric: Metric, figures: Iterable[tuple[str, Figure]]) -> list[_Row]:
    """The rows of a metric, one for each segment, value of its own dimensions and currency; of its own dimensions the
    largest."""
    found: dict[tuple[Key, str], dict[str, Figure]] = {}
    for period, one in figures:
        currency = (one.currency or one.unpriced) if metric.is_money else ""
        found.setdefault(((*one.segment, *one.per), currency), {})[period] = one
    several = len({currency for _, currency in found}) > 1
    rows = [
        _Row((*key[:-1], f"{key[-1]}, {currency}") if several and key else key, of_period)
        for (key, currency), of_period in found.items()
    ]
    rest = [row for row in rows if report.rest and report.rest in row.key]
    rows = [row for row in rows if row not in rest]
    if per_of(metric, report) and len(rows) > grid.LONGEST:
        left = len(rows) - grid.LONGEST
        rows = sorted(rows, key=lambda row: -row.largest)[: grid.LONGEST]
        rows.append(_Row((grid.more(left), *[""] * (len(rows[0].key) - 1)), {}))
    return [*rows, *rest]


def _with_unit(title: str, metric: Metric, size: float, rows: Iterable[_Row]) -> str:
    """The title with the unit of the numbers beside it; no currency where the rows have several."""
    named = {figure.currency or figure.unpriced for row in rows for figure in row.figures.values()}
    unit = cells.suffix(cells.spoken(metric.unit, size)[0], named.pop() if len(named) == 1 else None).strip()
    return f"{title}, {unit}" if unit else title


def _draw_blocks(screen: Screen, report: Report, blocks: Sequence[_Block], periods: Sequence[str]) -> list[str]:
    """Draws the blocks with as many of the newest periods as fit beside the labels; gives the others back."""
    plain = len({period[:4] for period in periods}) == 1
    made = [_columns(report, block, periods, plain=plain) for block in blocks]
    labels = [block.title for block in blocks] + [label for block in blocks for row in block.rows for label in row.key]
    dims = max((len(block.names) for block in blocks), default=1)
    widths = [0] * dims
    for block in blocks:
        for place in range(len(block.names)):
            texts = [row.key[place] for row in block.rows] + [block.names[place].replace("_", " ")]
            widths[place] = max(widths[place], *map(cell_len, texts))
    wide = [max((of[place].width for of in made), default=0) for place in range(len(periods) + 1)]
    last = len(periods) if any(of[-1].width for of in made) else len(periods) - 1
    shown = list(range(len(periods))) + ([len(periods)] if last == len(periods) else [])
    if screen.width is not None:
        least = max(min(max(widths), _LABEL), longest_word(labels))
        folded = [min(width, least) for width in widths]
        while len(shown) > 1 and _taken(folded, [wide[place] for place in shown]) > screen.width:
            shown.pop(0)
        spare = screen.width - _taken(folded, [wide[place] for place in shown])
        for place in range(dims):
            more = min(widths[place] - folded[place], max(spare, 0))
            folded[place] += more
            spare -= more
        widths = folded
    for block, of in zip(blocks, made, strict=True):
        _draw_block(screen, block, [of[place] for place in shown], [wide[place] for place in shown], widths)
    return [period for place, period in enumerate(periods) if place not in shown]


def _taken(labels: Sequence[int], numbers: Sequence[int]) -> int:
    return len(GAP) * (len(labels) + len(numbers)) + sum(labels) + sum(numbers)


def _columns(report: Report, block: _Block, periods: Sequence[str], *, plain: bool) -> list[Column]:
    """A column for each period and the last for the whole period."""
    made = []
    for period in (*periods, _WHOLE):
        found = [row.figures.get(period) for row in block.rows]
        texts = [
            "" if figure is None else figure.number(like=size) for figure, size in zip(found, block.sizes, strict=True)
        ]
        if block.names == [""] or any(texts):
            texts = [
                text or ("" if not row.figures else cells.MISSING) for text, row in zip(texts, block.rows, strict=True)
            ]
        heading = naming.column(report.period) if period == _WHOLE else naming.column(period)
        if period == _WHOLE and (len(heading) > 10 or not any(text != cells.MISSING for text in texts)):
            heading = "whole"
        if plain and period != _WHOLE:
            heading = naming.headings(period, period)[0]
        numbers = aligned(texts)
        marks = [figure.mark if figure else (" ", "") for figure in found]
        if any(mark.strip() for mark, _ in marks):
            made.append(
                columns.column((heading,), [[(text, ""), mark] for text, mark in zip(numbers, marks, strict=True)])
            )
        else:
            made.append(columns.column((heading,), [[(text, "")] for text in numbers]))
    if not any(row.figures.get(_WHOLE) for row in block.rows):
        made[-1] = Column([""], [[("", "")] for _ in block.rows], 0)
    return made


def _draw_block(
    screen: Screen, block: _Block, of: Sequence[Column], wide: Sequence[int], widths: Sequence[int]
) -> None:
    screen.blank()
    headings = grid.joined(_to_width(grid.heading(one, -1), one, width) for one, width in zip(of, wide, strict=True))
    names = [name.replace("_", " ") for name in block.names]
    if block.names == [""]:
        screen.row([((block.title, "bold"), widths[0] + len(GAP))], headings)
    else:
        screen.paragraph(block.title, "bold", hang=2)
        screen.row(
            [((name, "dim"), width) for name, width in zip(names, widths, strict=False)], headings, indent=len(GAP)
        )
    before: Key = ()
    for place, row in enumerate(block.rows):
        styles = grid.label_styles(row.key, before)
        labels = [((text, style), width) for text, style, width in zip(row.key, styles, widths, strict=False)]
        rest = grid.joined(_to_width(one.cells[place], one, width) for one, width in zip(of, wide, strict=True))
        screen.row(labels, rest, indent=len(GAP))
        before = row.key


def _to_width(cell: list[Span], of: Column, width: int) -> list[Span]:
    return [(" " * (width - of.width), ""), *cell]


def _segments(screen: Screen, report: Report, choice: Choice, shown: Sequence[Figure]) -> None:
    """A table for each family, a column for each metric; what brings dimensions of its own has a table of its own."""
    placed = [figure for figure in shown if figure.value is not None or any(figure.segment)]
    order = list(dict.fromkeys(figure.segment for figure in placed))
    order.sort(key=lambda segment: report.rest in segment)
    for family, metrics in families(choice.metrics).items():
        found: dict[tuple[str, ...], list[Metric]] = {}
        for metric in metrics:
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
    present = {figure.segment for figure in own if figure.value is not None}
    keys = [key for key in order if key in present]
    if dimensions:
        by_key: dict[Key, list[Figure]] = {key: [] for key in keys}
        for figure in own:
            by_key.get(figure.segment, []).append(figure)
        rows = [row for key, here in by_key.items() for row in _largest_of(key, metrics, here, report.rest)]
    else:
        rows = grid.lines(keys, own, lambda figure: figure.segment)
    grid.draw(screen, [*report.by, *dimensions], rows, metrics)


def _largest_of(key: Key, metrics: Sequence[Metric], here: Sequence[Figure], rest: str | None) -> list[grid.Line]:
    largest, left_away = grid.largest(here, metrics, rest)
    rows = grid.lines([key + per for per in largest], here, lambda figure: key + figure.per)
    if left_away:
        place = sum(row.key[len(key) :] in largest[: grid.LONGEST] for row in rows)
        blanks = [""] * (len(largest[0]) - 1)
        rows.insert(place, grid.Line((*key, *blanks, grid.more(left_away))))
    return rows
