"""Columns of figures: every cell of a column equally wide, numbers right-aligned, units behind them left-aligned."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len

from crm_metrics.book import cells
from crm_metrics.book.screen import GAP, NUMBER, Span, aligned, padded_to
from crm_metrics.commands.report.page.figures import QUIET, Figure
from crm_metrics.metrics.metric import Metric, Unit

HEADING_LINES = 3

_BARS = "▁▂▃▄▅▆▇█"
TREND_PERIODS = 12

Cell = list[Span]


@dataclass
class Column:
    """A heading in lines, at most `width` wide, and the cells below it, all `width` wide."""

    heading: list[str]
    cells: list[Cell]
    width: int


def numbers(heading: str, texts: Sequence[str], style: str = "") -> Column:
    """Texts that begin with a number, aligned at its end; the heading ends where they end."""
    return column((heading,), [[(text, style)] for text in aligned(texts)])


def bare(texts: Sequence[str]) -> list[str]:
    """The numbers at the beginning of the texts, without what stands behind them."""
    return [NUMBER.match(text).group() for text in texts]  # type: ignore[union-attr]


def values(heading: Sequence[str], figures: Sequence[Figure | None]) -> Column:
    """The values of one metric, all in one unit."""
    size = middle([figure.value for figure in figures if figure])
    texts = aligned([figure.said(size) if figure else "" for figure in figures])
    return column(heading, [[(text, "")] for text in texts])


def records(figures: Sequence[Figure]) -> Column:
    """How many records each value rests on; blank where the value itself is that number, or where nobody counted."""
    return numbers("records", [_record_count(figure) for figure in figures], QUIET)


def changes(figures: Sequence[Figure | None], *, marked: bool) -> Column:
    """The changes since the compared period, with `marked` each with its mark."""
    texts = aligned([figure.change_text if figure else "" for figure in figures])
    styles = [figure.change_style if figure else "" for figure in figures]
    marks = [figure.mark if figure else (" ", "") for figure in figures]
    if not marked or all(mark == " " for mark, _ in marks):
        return column(("change",), [[span] for span in zip(texts, styles, strict=True)])
    spans = zip(texts, styles, marks, strict=True)
    return column(("change  ",), [[(text, style), (" ", ""), mark] for text, style, mark in spans])


def places(figures: Sequence[Figure | None]) -> Column:
    """Which segments stand out, and the places that each may hold."""
    texts = [figure.place_text if figure else "" for figure in figures]
    width = max(map(cell_len, texts))
    return column(("rank".ljust(width),), [[(padded_to(text, width), QUIET)] for text in texts])


def goals(figures: Sequence[Figure | None]) -> Column:
    """How much of its goal each figure reaches."""
    return numbers("goal reached", [figure.goal_text if figure else "" for figure in figures])


def trends(heading: str, figures: Sequence[Figure], histories: Sequence[Sequence[float | None]]) -> Column:
    """The last periods of each figure as bars, the newest at the right end."""
    lines = [
        sparkline(history[-TREND_PERIODS:], from_zero=_adds_up(figure.metric))
        for figure, history in zip(figures, histories, strict=True)
    ]
    width = max(map(len, (heading, *lines)))
    return Column([heading.ljust(width)], [[(line.rjust(width), "cyan dim")] for line in lines], width)


def beside(left: Column, right: Column) -> Column:
    """The two columns as one that stays together, the heading of the right one on the last line."""
    above = [""] * (len(left.heading) - 1) + [right.heading[-1]]
    lines = zip(left.heading, above, strict=True)
    heading = [" " * (left.width - cell_len(one)) + one + GAP + two.rjust(right.width) for one, two in lines]
    pairs = zip(left.cells, right.cells, strict=True)
    return Column(heading, [[*one, (GAP, ""), *two] for one, two in pairs], left.width + len(GAP) + right.width)


def segment_values(title: str, figures: Sequence[Figure | None], besides: Sequence[str], *, wrap: bool) -> Column:
    """The values of one metric under its title; beside them those of "rank", "goal" and "change" that are asked for and
    that say anything."""
    made = values((title,), figures)
    if wrap:
        plain = values((), figures)
        made = column(_heading(title, plain.width), plain.cells)
    if "rank" in besides and any(figure and figure.place_text for figure in figures):
        made = beside(made, places(figures))
    if "goal" in besides and any(figure and figure.goal_text for figure in figures):
        made = beside(made, goals(figures))
    if "change" in besides and any(figure and figure.change_text for figure in figures):
        made = beside(made, changes(figures, marked=True))
    return made


def sparkline(history: Sequence[float | None], *, from_zero: bool = False) -> str:
    """The values as bars between the lowest (with `from_zero` at most 0) and the highest, a gap for None; bars of half
    the height where all are equal; empty for fewer than two of them."""
    known = [number for number in history if number is not None and number == number]
    if len(known) < 2:
        return ""
    span = max(known) - min(known)
    low = min(0.0, *known) if from_zero and span else min(known)
    span = span and max(0.0, *known) - low if from_zero else span
    return "".join([" " if number is None or number != number else _bar(number - low, span) for number in history])


def middle(numbers: Sequence[float | None]) -> float:
    """The size in the middle, by which the unit of several numbers is chosen; 0 without any."""
    known = sorted(abs(number) for number in numbers if number)
    return known[len(known) // 2] if known else 0.0


def column(heading: Sequence[str], rows: list[Cell]) -> Column:
    """A column of the cells, as wide as the widest of them and of the heading."""
    inside = max((_width(row) for row in rows), default=0)
    width = max([inside, *map(cell_len, heading)])
    return Column(list(heading), [[(" " * (width - _width(row)), ""), *row] for row in rows], width)


def _bar(height: float, span: float) -> str:
    steps = len(_BARS) - 1
    return _BARS[round(height / span * steps) if span else steps // 2]


def _adds_up(metric: Metric) -> bool:
    """Whether nothing at all is 0: counts and amounts are seen from there, all else by its differences."""
    return metric.unit in (Unit.COUNT, Unit.MONEY, Unit.MONEY_PER_DAY)


def _record_count(figure: Figure) -> str:
    if not figure.n or (figure.metric.unit is Unit.COUNT and figure.n == figure.value):
        return ""
    return cells.count(figure.n)


def _width(row: Cell) -> int:
    return sum(cell_len(text) for text, _ in row)


def _heading(title: str, width: int) -> list[str]:
    words = title.split() or [title]
    for room in range(max([width, *map(cell_len, words)]), cell_len(title) + 1):
        lines = _in_lines(words, room)
        if len(lines) <= HEADING_LINES:
            return lines
    return [title]


def _in_lines(words: Sequence[str], room: int) -> list[str]:
    lines = [words[0]]
    for word in words[1:]:
        if cell_len(lines[-1]) + 1 + cell_len(word) <= room:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines
