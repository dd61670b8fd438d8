"""Plain characters for those of charts, where an output cannot show them; each as wide as what it stands for."""

from __future__ import annotations

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
