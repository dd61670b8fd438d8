"""A field of characters to draw on: curves in dots, two by four to a character, over marks of a whole character."""

from __future__ import annotations

from dataclasses import dataclass, field

from crm_metrics.book.screen import Span

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
