"""Footnotes: small numbers behind what is shown, and their sentences below."""

from __future__ import annotations

from dataclasses import dataclass, field

_DIGITS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


@dataclass
class Footnotes:
    """Sentences in the order in which they were first marked; the same sentence has one mark."""

    _marks: dict[str, str] = field(default_factory=dict)

    def mark(self, sentence: str) -> str:
        """The mark of a sentence: "¹"."""
        return self._marks.setdefault(sentence, str(len(self._marks) + 1).translate(_DIGITS))

    def lines(self, *, together: bool) -> list[str]:
        """The marks with their sentences, a line each or all on one."""
        beside = "\N{NO-BREAK SPACE}" if together else " "
        lines = [f"{mark}{beside}{sentence}" for sentence, mark in self._marks.items()]
        return [" · ".join(lines)] if together and lines else lines
