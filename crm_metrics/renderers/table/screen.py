"""What lines are drawn on: it knows the width, the colours and the characters that the output can show.

Lines are laid out here rather than by rich's tables: those shrink columns that do not fit, and take seconds for the ten
thousand lines of three years by owner.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache, partial
from io import StringIO
from typing import TYPE_CHECKING, TextIO

from rich.cells import cell_len

from crm_metrics.writers.drawing.plain import CHART_PLAIN

if TYPE_CHECKING:
    from rich.console import Console  # slow to import, and needed only for colours and for lines that are wrapped

Span = tuple[str, str]  # a text and its style

GAP = "  "
# Each as wide as what it stands for, so that columns stay in line; the dots end a line or a sentence.
_PLAIN = str.maketrans(
    {**dict(zip("▁▂▃▄▅▆▇█", "__.--=^^", strict=True)), "–": "-", "−": "-", "×": "x", "·": "-", "↑": "^", "↓": "v"}
    | {"…": "...", "→": ">", "▲": "^", "▼": "v", "△": "'", "▽": ","}
    | CHART_PLAIN
)


@dataclass
class Screen:
    """Lines of styled text. `width` None: no limit, nothing is wrapped."""

    width: int | None
    color: bool
    _lines: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, out: TextIO, *, color: bool | None, width: int | None) -> Screen:
        """The screen for a stream: what is not given is as the stream is; the width of a file has no limit."""
        terminal = out.isatty()
        if color is None:
            color = terminal and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
        if width is None and terminal:
            width = shutil.get_terminal_size().columns
        return cls(width, color)

    def line(self, *spans: Span) -> None:
        """Adds one line as it is, however long."""
        if self.color:
            self._lines.append("".join([_painted(text, style) for text, style in spans]).rstrip())
        else:
            self._lines.append("".join([text for text, _ in spans]).rstrip())

    def blank(self) -> None:
        """Adds an empty line, unless there is one already."""
        if self._lines and self._lines[-1]:
            self._lines.append("")

    def paragraph(self, text: str, style: str = "", *, indent: int = 0, hang: int = 4) -> None:
        """Adds text that is wrapped to the width, the lines after the first indented by `hang` more."""
        room = None if self.width is None else max(self.width - indent - hang, 20)
        for number, piece in enumerate(wrapped(text, room)):
            self.line((" " * (indent + hang * (number > 0)), ""), (piece, style))

    def row(self, labels: Sequence[tuple[Span, int]], rest: Iterable[Span], *, indent: int = 0) -> None:
        """Adds a row: labels in columns of the given widths, wrapped when longer, and beside their first line the rest,
        which never is."""
        if all(cell_len(text) <= width for (text, _), width in labels):
            padded = [(padded_to(text, width) + GAP, style) for (text, style), width in labels]
            self.line((" " * indent, ""), *padded, *rest)
            return
        pieces = [wrapped(text, width) for (text, _), width in labels]
        for number in range(max(map(len, pieces))):
            spans = [(" " * indent, "")]
            for lines, ((_, style), width) in zip(pieces, labels, strict=True):
                spans.append((padded_to(lines[number] if number < len(lines) else "", width) + GAP, style))
            self.line(*spans, *(rest if number == 0 else ()))

    def text(self, encoding: str) -> str:
        """The lines; characters that the encoding lacks are replaced by plain ones."""
        text = "\n".join(self._lines) + "\n"
        try:
            text.encode(encoding)
        except UnicodeEncodeError:
            text = text.translate(_PLAIN).encode(encoding, "replace").decode(encoding)
        return text

    def write_to(self, out: TextIO) -> None:
        """Writes the lines in the characters that the stream has."""
        out.write(self.text(out.encoding or "utf-8"))


def padded_to(text: str, width: int) -> str:
    """The text with blanks behind it up to the width on screen."""
    return text + " " * (width - cell_len(text))


def wrapped(text: str, width: int | None) -> list[str]:
    """The text in lines no wider than the width; words that are wider are folded."""
    if width is None or cell_len(text) <= width:
        return [text]
    from rich.text import Text

    return [line.plain.rstrip() for line in Text(text).wrap(_endless(), width)]


@cache
def _endless() -> Console:
    from rich.console import Console

    return Console(file=StringIO(), width=10_000, color_system=None, legacy_windows=False)


@cache
def _painter(style: str) -> Callable[[str], str]:
    from rich.color import ColorSystem
    from rich.style import Style

    return partial(Style.parse(style).render, color_system=ColorSystem.STANDARD)


def _painted(text: str, style: str) -> str:
    return _painter(style)(text) if style and text.strip() else text
