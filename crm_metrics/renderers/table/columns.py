"""Columns of figures: every cell of a column equally wide, numbers right-aligned, units behind them left-aligned."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len

from crm_metrics.metrics.metric import Unit
from crm_metrics.renderers import cells
from crm_metrics.renderers.table.figures import QUIET, Figure
from crm_metrics.renderers.table.screen import GAP, Span, padded_to

HEADING_LINES = 3

_NUMBER = re.compile(r"[+−]?(?:[\d.,]+|–)|")
_BARS = "▁▂▃▄▅▆▇█"
_TREND_PERIODS = 12

Cell = list[Span]


@dataclass
class Column:
    """A heading in lines, at most `width` wide, and the cells below it, all `width` wide."""

    heading: list[str]
    cells: list[Cell]
    width: int


def aligned(texts: Sequence[str]) -> list[str]:
    """The texts equally wide, their numbers ending at the same place."""
    ends = [_NUMBER.match(text).end() for text in texts]  # type: ignore[union-attr]
    number = max(ends, default=0)
    shifted = [" " * (number - end) + text for text, end in zip(texts, ends, strict=True)]
    width = max(map(cell_len, shifted), default=0)
    return [padded_to(text, width) for text in shifted]


def values(heading: Sequence[str], figures: Sequence[Figure | None]) -> Column:
    """The values; those of headline metrics stand out."""
    texts = aligned([figure.text if figure else "" for figure in figures])
    styles = ["bold" if figure and figure.metric.headline else "" for figure in figures]
    return _column(heading, [[span] for span in zip(texts, styles, strict=True)])


def records(figures: Sequence[Figure | None]) -> Column:
    """How many records each value rests on; blank where the value itself is that number."""
    texts = aligned([_record_count(figure) if figure else "" for figure in figures])
    return _column(("records",), [[(text, "dim")] for text in texts])


def changes(figures: Sequence[Figure | None], *, color: bool) -> Column:
    """The changes since the compared period, each with its mark."""
    texts = aligned([figure.change_text if figure else "" for figure in figures])
    marks = [figure.mark(color=color) if figure else (" ", "") for figure in figures]
    styles = [figure.change_style if figure else "" for figure in figures]
    if all(mark == " " for mark, _ in marks):
        return _column(("change",), [[span] for span in zip(texts, styles, strict=True)])
    spans = zip(texts, styles, marks, strict=True)
    return _column(("change  ",), [[(text, style), (" ", ""), mark] for text, style, mark in spans])


def places(figures: Sequence[Figure | None]) -> Column:
    """Which segments stand out, and the places that each may hold."""
    texts = [figure.place_text if figure else "" for figure in figures]
    width = max(map(cell_len, texts))
    return _column(("rank".ljust(width),), [[(padded_to(text, width), QUIET)] for text in texts])


def goals(figures: Sequence[Figure | None]) -> Column:
    """How much of its goal each figure reaches."""
    texts = aligned([figure.goal_text if figure else "" for figure in figures])
    return _column(("goal reached",), [[(text, "")] for text in texts])


def trends(histories: Sequence[Sequence[float | None]]) -> Column:
    """The last periods of each metric as bars, the newest at the right end."""
    lines = [sparkline(history[-_TREND_PERIODS:]) for history in histories]
    width = max(len("trend"), *map(len, lines))
    return Column(["trend".ljust(width)], [[(line.rjust(width), "cyan dim")] for line in lines], width)


def beside(left: Column, right: Column) -> Column:
    """The two columns as one that stays together, the heading of the right one on the last line."""
    above = [""] * (len(left.heading) - 1) + [right.heading[-1]]
    lines = zip(left.heading, above, strict=True)
    heading = [" " * (left.width - cell_len(one)) + one + GAP + two.rjust(right.width) for one, two in lines]
    pairs = zip(left.cells, right.cells, strict=True)
    return Column(heading, [[*one, (GAP, ""), *two] for one, two in pairs], left.width + len(GAP) + right.width)


def segment_values(title: str, figures: Sequence[Figure | None], *, changed: bool, color: bool, wrap: bool) -> Column:
    """The values of one metric under its title; beside them the places of the segments, the goals and the changes, where
    there are any, the changes where they are asked for."""
    column = values((title,), figures)
    if wrap:
        bare = values((), figures)
        column = _column(_heading(title, bare.width), bare.cells)
    if any(figure and figure.place_text for figure in figures):
        column = beside(column, places(figures))
    if any(figure and figure.goal_text for figure in figures):
        column = beside(column, goals(figures))
    if changed and any(figure and figure.change_text for figure in figures):
        return beside(column, changes(figures, color=color))
    return column


def sparkline(history: Sequence[float | None]) -> str:
    """The values as bars between the lowest and the highest, a gap for None; empty for fewer than two of them."""
    known = [number for number in history if number is not None and number == number]
    if len(known) < 2:
        return ""
    low, span = min(known), max(known) - min(known)
    return "".join([" " if number is None or number != number else _bar(number - low, span) for number in history])


def _bar(height: float, span: float) -> str:
    steps = len(_BARS) - 1
    return _BARS[round(height / span * steps) if span else steps // 2]


def _record_count(figure: Figure) -> str:
    if figure.n is None or (figure.metric.unit is Unit.COUNT and figure.n == figure.value):
        return ""
    return cells.count(figure.n)


def _column(heading: Sequence[str], rows: list[Cell]) -> Column:
    inside = max((_width(row) for row in rows), default=0)
    width = max([inside, *map(cell_len, heading)])
    return Column(list(heading), [[(" " * (width - _width(row)), ""), *row] for row in rows], width)


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
