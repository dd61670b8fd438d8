"""A heat map in a terminal: a line per row and a cell per step, with a block as high as the share."""

from __future__ import annotations

from collections.abc import Sequence

from crm_metrics.book import HeatMap, cells
from crm_metrics.book.screen import GAP, Screen, Span

_LEVELS = "▁▂▃▄▅▆▇█"
_STYLES = ("red", "red", "yellow", "yellow", "", "", "green", "bold green")
_CELL = 5


def draw(screen: Screen, chart: HeatMap) -> None:
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
