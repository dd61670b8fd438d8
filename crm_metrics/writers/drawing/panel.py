"""Charts in a terminal: a series as curve, interval, trend and target over an axis with dates, on a field of characters
(curves in dots, two by four to a character, over marks of a whole character); and a heat map, a line per row and a cell per
step, with a block as high as the share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from rich.cells import cell_len

from crm_metrics.book import Curve, HeatMap, cells
from crm_metrics.book.screen import GAP, Screen, Span, padded_to, wrapped
from crm_metrics.writers.drawing.svg import dates, extent, heading, shown_as, tick_texts, ticks

_TALL, _SHORT = 12, 7  # rows of a chart alone, and of one among others
_NARROWEST, _WIDEST, _ABREAST = 38, 120, 3
_NO_LIMIT = 100  # columns where the output has no width
_CURVE, _OPEN, _TREND, _TARGET, _BAND, _MARK = "cyan", "yellow", "green", "magenta", "dim", "yellow"

LEGEND = {
    "░": "95 % interval",
    "∙": "trend",
    "╌": "target",
    "○": "to date, or not final",
    "┊": "change of level",
    "◆": "out of line",
}


def draw(screen: Screen, curves: Sequence[Curve]) -> None:
    """Draws the series, several side by side as far as the width goes, and below what the signs mean."""
    room = min(screen.width or _NO_LIMIT, _WIDEST)
    abreast = 1 if len(curves) == 1 else max(1, min(_ABREAST, len(curves), (room + 2) // (_NARROWEST + 2)))
    wide = (room - len(GAP) * (abreast - 1)) // abreast
    used_signs: set[str] = set()
    for first in range(0, len(curves), abreast):
        screen.blank()
        panels = [
            _panel(curve, wide, _TALL if len(curves) == 1 else _SHORT, used_signs) for curve in curves[first:][:abreast]
        ]
        tallest = max(map(len, panels))  # a title may take more than a line
        panels = [[[("", "")]] * (tallest - len(panel)) + panel for panel in panels]
        for row in zip(*panels, strict=True):
            screen.line(*(span for place, cell in enumerate(row) for span in _beside(cell, wide, place, len(row))))
    if signs := [f"{sign} {meaning}" for sign, meaning in LEGEND.items() if sign in used_signs]:
        screen.blank()
        screen.paragraph("   ".join(signs), "dim", hang=0)


def _beside(cell: list[Span], wide: int, place: int, count: int) -> list[Span]:
    if place == count - 1:
        return cell
    return [*cell, (" " * (wide - sum(cell_len(text) for text, _ in cell)) + GAP, "")]


def _panel(curve: Curve, wide: int, height: int, used_signs: set[str]) -> list[list[Span]]:
    """The lines of one chart, none wider than `wide`; the signs it uses are added to `used_signs`."""
    bottom, top = extent(curve)
    marks = ticks(bottom, top, most=max(3, height // 3 + 1))
    texts = tick_texts(marks)
    left = max(map(cell_len, texts))
    canvas = Canvas(max(wide - left - 3, 10), height)
    columns, rows = 2 * canvas.width - 1, 4 * canvas.height - 1
    factor, count = shown_as(curve.unit), len(curve.periods)

    def across(place: float) -> int:
        return round(place * columns / (count - 1)) if count > 1 else columns // 2

    def up(value: float) -> int:
        return round((value * factor - bottom) / (top - bottom) * rows)

    _marks(canvas, curve, across, up, used_signs)
    _curve(canvas, curve, across, up, used_signs)
    at_row = {height - 1 - up(mark / factor) // 4: text for mark, text in zip(marks, texts, strict=True)}
    lines: list[list[Span]] = [[(piece, "bold")] for piece in wrapped(heading(curve), wide)]
    for row in range(height):
        label = at_row.get(row, "")
        lines.append([(f"{label:>{left}} {'┤' if label else '│'}", "dim"), *canvas.spans(row)])
    lines += _dates(list(map(cells.visible, curve.periods)), left + 2, canvas.width, lambda place: across(place) // 2)
    return lines


def _marks(
    canvas: Canvas, curve: Curve, across: Callable[[float], int], up: Callable[[float], int], used_signs: set[str]
) -> None:
    """What lies behind the curve: the interval, the target, the trend where there is one, changes of level."""
    low, high = (_between(across, limits) for limits in (curve.low, curve.high))
    for column in range(canvas.width):
        place = min(range(len(curve.periods)), key=lambda place: abs(across(place) - 2 * column - 0.5))
        bottom, top = _near(low, 2 * column), _near(high, 2 * column)
        target, trend = curve.target[place], curve.trend[place]
        if bottom is not None and top is not None:
            for row in range(max(up(bottom), 0) // 4, min(up(top) // 4, canvas.height - 1) + 1):
                _put(canvas, column, canvas.height - 1 - row, "░", _BAND, used_signs)
        if target is not None:
            _put(canvas, column, canvas.height - 1 - up(target) // 4, "╌", _TARGET, used_signs)
        if trend is not None:
            _put(canvas, column, canvas.height - 1 - up(trend) // 4, "∙", _TREND, used_signs)
    for step in curve.steps:
        for row in range(canvas.height):
            _put(canvas, across(step - 0.5) // 2, row, "┊", _MARK, used_signs)


def _curve(
    canvas: Canvas, curve: Curve, across: Callable[[float], int], up: Callable[[float], int], used_signs: set[str]
) -> None:
    before: tuple[int, int] | None = None
    for place, (value, complete) in enumerate(zip(curve.values, curve.complete, strict=True)):
        if value is None:
            before = None
            continue
        here, style = (across(place), up(value)), _CURVE if complete else _OPEN
        canvas.line(before or here, here, style, dashed=not complete)
        before = here
    for place, (value, complete) in enumerate(zip(curve.values, curve.complete, strict=True)):
        sign = "◆" if place in curve.odd else "" if complete else "○"
        if sign and value is not None:
            canvas.cover(across(place) // 2, canvas.height - 1 - up(value) // 4, sign, _MARK)
            used_signs.add(sign)


def _near(by_dot: dict[int, float], dot: int) -> float | None:
    """The value at one of the two dots of a character."""
    return by_dot.get(dot, by_dot.get(dot + 1))


def _between(across: Callable[[float], int], values: Sequence[float | None]) -> dict[int, float]:
    """The values at every dot, straight from each to the next; nothing beside one that is missing."""
    by_dot: dict[int, float] = {}
    for place, value in enumerate(values):
        if value is None:
            continue
        by_dot[across(place)] = value
        after = values[place + 1] if place + 1 < len(values) else None
        if after is not None:
            start, end = across(place), across(place + 1)
            for dot in range(start + 1, end):
                by_dot[dot] = value + (after - value) * (dot - start) / (end - start)
    return by_dot


def _put(canvas: Canvas, column: int, row: int, sign: str, style: str, used_signs: set[str]) -> None:
    canvas.mark(column, row, sign, style)
    used_signs.add(sign)


def _dates(labels: Sequence[str], left: int, width: int, column: Callable[[float], int]) -> list[list[Span]]:
    """The axis below and the periods that fit under it."""
    places = dates(labels, width)
    axis = ["─"] * width
    texts, end = "", 0
    for place in places:
        axis[column(place)] = "┬"
        start = min(max(column(place) - len(labels[place]) // 2, end + (2 if texts else 0)), width - len(labels[place]))
        if start >= end + (2 if texts else 0) or not texts:
            texts = padded_to(texts, max(start, 0)) + labels[place]
            end = len(texts)
    indent = " " * (left - 1)
    return [[(f"{indent}└{''.join(axis)}", "dim")], [(f"{indent} {texts}", "dim")]]


_BLANK = 0x2800
_BITS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))  # by row, then column


@dataclass
class Canvas:
    """`width` by `height` characters; dots are counted from the left and from the bottom."""

    width: int
    height: int
    _dots: dict[tuple[int, int], int] = field(default_factory=dict)
    _marks: dict[tuple[int, int], tuple[str, str]] = field(default_factory=dict)
    _styles: dict[tuple[int, int], str] = field(default_factory=dict)

    def dot(self, x: int, y: int, style: str) -> None:
        """Sets one dot; what lies outside is left away."""
        cell = x // 2, self.height - 1 - y // 4
        if 0 <= x < 2 * self.width and 0 <= y < 4 * self.height:
            self._dots[cell] = self._dots.get(cell, 0) | _BITS[3 - y % 4][x % 2]
            self._styles[cell] = style

    def line(self, start: tuple[int, int], end: tuple[int, int], style: str, *, dashed: bool = False) -> None:
        """Joins two dots; dashed, every second pair of dots is left away."""
        (x0, y0), (x1, y1) = start, end
        length = max(abs(x1 - x0), abs(y1 - y0), 1)
        for step in range(length + 1):
            if not dashed or step % 4 < 2:
                self.dot(x0 + round((x1 - x0) * step / length), y0 + round((y1 - y0) * step / length), style)

    def mark(self, column: int, row: int, character: str, style: str) -> None:
        """Puts a character where no dots are; rows are counted from the top, a later mark replaces an earlier one."""
        if 0 <= column < self.width and 0 <= row < self.height:
            self._marks[column, row] = character, style

    def cover(self, column: int, row: int, character: str, style: str) -> None:
        """Puts a character in the place of any dots."""
        self._dots.pop((column, row), None)
        self.mark(column, row, character, style)

    def spans(self, row: int) -> list[Span]:
        """A row of the field, what is styled alike in one piece."""
        spans: list[Span] = []
        for column in range(self.width):
            cell = column, row
            dots = self._dots.get(cell)
            text, style = (chr(_BLANK + dots), self._styles[cell]) if dots else self._marks.get(cell, (" ", ""))
            if spans and spans[-1][1] == style:
                spans[-1] = spans[-1][0] + text, style
            else:
                spans.append((text, style))
        return spans


_LEVELS = "▁▂▃▄▅▆▇█"
_STYLES = ("red", "red", "yellow", "yellow", "", "", "green", "bold green")
_CELL = 5


def draw_heat_map(screen: Screen, chart: HeatMap) -> None:
    """Draws the rows, their average and what they show; steps that do not fit are counted."""
    many = len(chart.average)
    rows = list(map(cells.visible, chart.rows))
    sizes = list(map(cells.count, chart.sizes))
    of = cells.visible(chart.of)
    wide = max(map(len, [*rows, "average"])), max(map(len, [*sizes, of]))
    room = many if screen.width is None else (screen.width - sum(wide) - 3 * len(GAP)) // _CELL
    fit = max(min(many, room), 1)
    top = max((share for line in chart.shares for share in line[1:] if share is not None), default=0.0)
    screen.blank()
    head = "".join(f"{step:>{_CELL - 1}} " for step in range(fit))
    screen.line((_labelled("", of, wide) + head, "dim"))
    for row, size, line in zip(rows, sizes, chart.shares, strict=True):
        screen.line((_labelled(row, size, wide), ""), *_cells(line[:fit], top))
    screen.line((_labelled("average", "", wide), "bold"), *_cells(chart.average[:fit], top))
    screen.paragraph(cells.visible(chart.says), "dim", indent=len(GAP), hang=2)
    if fit < many:
        note = f"k up to {fit - 1} of {many - 1} fit here: a wider terminal or -f csv has all."
        screen.paragraph(note, "dim", indent=len(GAP), hang=2)


def _labelled(label: str, size: str, wide: tuple[int, int]) -> str:
    return f"{GAP}{label:<{wide[0]}}{GAP}{size:>{wide[1]}}{GAP}"


def _cells(shares: Sequence[float | None], top: float) -> list[Span]:
    spans = []
    for share in shares:
        if share is None:
            spans.append((" " * _CELL, ""))
            continue
        level = min(int(share / top * len(_LEVELS)), len(_LEVELS) - 1) if top else 0
        level = max(level, 0)
        spans.append((f"{_percent(share):>{_CELL - 1}}{_LEVELS[level]}", _STYLES[level]))
    return spans


def _percent(share: float) -> str:
    """A share as a whole number of percent; what is not 0 is never shown as 0."""
    shown = round(share * 100)
    if shown == 0 and share != 0:
        return "<1" if share > 0 else ">−1"
    return f"{shown}" if shown >= 0 else f"−{-shown}"
