"""What lines are drawn on: it knows the width, the colours and the characters that the output can show.

Lines are laid out here rather than by rich's tables: those shrink columns that do not fit, and take seconds for the ten
thousand lines of three years by owner.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache, partial

from rich.cells import cell_len

_LEFT, _RIGHT = (0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80)  # the dots of a character, from the top


def _stroke(dots: int) -> str:
    """The character that runs most like the dots."""
    left, right = ([row for row, bit in enumerate(side) if dots & bit] for side in (_LEFT, _RIGHT))
    if not left and not right:
        return " "
    if left and right:
        fall = sum(right) / len(right) - sum(left) / len(left)
        if abs(fall) >= 1:
            return "\\" if fall > 0 else "/"
    if max(len(left), len(right)) > 2:
        return "|"
    rows = left + right
    height = sum(rows) / len(rows)
    return "'" if height < 1 else "-" if height < 2.5 else "_"


STROKES = {chr(0x2800 + dots): _stroke(dots) for dots in range(256)}
FRAMES = {"│": "|", "┤": "+", "└": "+", "─": "-", "┬": "+", "┊": "!", "░": ":", "∙": ".", "╌": "=", "○": "o", "◆": "#"}
CHART_PLAIN = STROKES | FRAMES


Span = tuple[str, str]  # a text and its style

GAP = "  "
NUMBER = re.compile(r"[+−]?(?:[\d.,]+|–)|")
_BREAK = re.compile(r"((?<!\d) +| +(?!(?:%|pp|pts|h|min|days|months|[A-Z]{3})(?!\w)))")
# Each as wide as what it stands for, so that columns stay in line; the dots end a line or a sentence.
_PLAIN = str.maketrans(
    {**dict(zip("▁▂▃▄▅▆▇█", "__.--=^^", strict=True)), "–": "-", "−": "-", "×": "x", "·": "-", "↑": "^", "↓": "v"}
    | {"…": "...", "→": ">", "\N{NO-BREAK SPACE}": " ", "▲": "^", "▼": "v", "△": "'", "▽": ","}
    | dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹", "jabcdefghi", strict=True))  # footnotes: figures would run into the numbers
    | CHART_PLAIN
)


@dataclass
class Screen:
    """Lines of styled text. `width` None: no limit, nothing is wrapped."""

    width: int | None
    color: bool
    _lines: list[str] = field(default_factory=list)

    def line(self, *spans: Span) -> None:
        """Adds one line as it is, however long, without spaces at its end, which would begin another one in colour too."""
        kept = list(spans)
        while kept and not kept[-1][0].strip():
            del kept[-1]
        if kept:
            kept[-1] = (kept[-1][0].rstrip(), kept[-1][1])
        self._lines.append("".join(_painted(text, style) if self.color else text for text, style in kept))

    def fits(self, *texts: str) -> bool:
        """Whether texts side by side are no wider than the screen."""
        return self.width is None or sum(map(cell_len, texts)) <= self.width

    def blank(self) -> None:
        """Adds an empty line, unless there is one already."""
        if self._lines and self._lines[-1]:
            self._lines.append("")

    def paragraph(self, text: str, style: str = "", *, indent: int = 0, hang: int) -> None:
        """Adds text that is wrapped to the width; the lines after the first are indented by `hang` more."""
        room = None if self.width is None else max(self.width - indent - hang, 20)
        for number, piece in enumerate(wrapped(text, room)):
            self.line((" " * (indent + hang * (number > 0)), ""), (piece, style))

    def folded(self, text: str) -> None:
        """Adds text in lines, those that are too wide folded under their own beginning."""
        for line in text.split("\n"):
            if self.fits(line):
                self.line((line, ""))
            else:
                self.paragraph(line.lstrip(), indent=len(line) - len(line.lstrip()), hang=2)

    def row(
        self, labels: Sequence[tuple[Span, int]], rest: Iterable[Span], *, indent: int = 0, lead: Span | None = None
    ) -> None:
        """Adds a row: labels in columns of the given widths, wrapped when longer, and beside their first line the rest,
        which never is; the lead, one character, stands within the indent."""
        before = [(" " * (indent - 2), ""), lead, (" ", "")] if lead and lead[0].strip() else [(" " * indent, "")]
        if all(cell_len(text) <= width for (text, _), width in labels):
            padded = [(padded_to(text, width) + GAP, style) for (text, style), width in labels]
            self.line(*before, *padded, *rest)
            return
        pieces = [wrapped(text, width) for (text, _), width in labels]
        for number in range(max(map(len, pieces))):
            spans = [(" " * indent, "")] if number else list(before)
            for lines, ((_, style), width) in zip(pieces, labels, strict=True):
                spans.append((padded_to(lines[number] if number < len(lines) else "", width) + GAP, style))
            self.line(*spans, *(rest if number == 0 else ()))

    def text(self, encoding: str) -> str:
        """The lines; characters that the encoding lacks are replaced by plain ones."""
        text = "\n".join(self._lines).rstrip("\n") + "\n"
        try:
            text.encode(encoding)
        except UnicodeEncodeError:
            text = text.translate(_PLAIN).encode(encoding, "replace").decode(encoding)
        return text


def aligned(texts: Sequence[str]) -> list[str]:
    """The texts equally wide, their numbers ending at the same place."""
    ends = [NUMBER.match(text).end() for text in texts]  # type: ignore[union-attr]
    number = max(ends, default=0)
    shifted = [" " * (number - end) + text for text, end in zip(texts, ends, strict=True)]
    width = max(map(cell_len, shifted), default=0)
    return [padded_to(text, width) for text in shifted]


def padded_to(text: str, width: int) -> str:
    """The text with blanks behind it up to the width on screen."""
    return text + " " * (width - cell_len(text))


def wrapped(text: str, width: int | None) -> list[str]:
    """The text in lines no wider than the width; a word that is wider has a line of its own, whole. What stands between
    a number and its unit is no place to break."""
    if width is None or cell_len(text) <= width:
        return [text]
    first, *rest = _BREAK.split(text.rstrip())
    lines = [first]
    for gap, word in zip(rest[::2], rest[1::2], strict=True):
        if cell_len(lines[-1]) + len(gap) + cell_len(word) <= width:
            lines[-1] += gap + word
        else:
            lines.append(word)
    return lines


def longest_word(texts: Iterable[str]) -> int:
    """How wide the widest word is that has to stay whole."""
    return max((cell_len(word) for text in texts for word in _BREAK.split(text)), default=0)


@cache
def _painter(style: str) -> Callable[[str], str]:
    from rich.color import ColorSystem
    from rich.style import Style

    return partial(Style.parse(style).render, color_system=ColorSystem.STANDARD)


def _painted(text: str, style: str) -> str:
    return _painter(style)(text) if style and text.strip() else text
