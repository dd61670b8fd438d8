"""The heat map of cohorts: a line per cohort and a cell per k, with a block as high as the share."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from crm_metrics.renderers.sheets.page import table
from crm_metrics.renderers.table.screen import GAP, Screen, Span
from crm_metrics.sheets import Book, Sheet

if TYPE_CHECKING:
    from crm_metrics.api.cohort_tables import CohortTable

_LEVELS = "▁▂▃▄▅▆▇█"
_STYLES = ("red", "red", "yellow", "yellow", "", "", "green", "bold green")
_CELL = 5
_SHOWN = 24  # lines of the curve


class HeatMap:
    """Draws the cohorts in place of their table; the other tables follow, the curve at a few of its months."""

    def __init__(self, found: CohortTable) -> None:
        self._cohorts = found.cohorts

    def __call__(self, screen: Screen, book: Book) -> None:
        made = self._cohorts
        shown = [row for row, size in enumerate(made.size.tolist()) if size]
        share = made.share[shown]
        average = made.averages()[0]
        many = int((~np.isnan(average)).sum())
        labels = [made.periods[row].label for row in shown]
        sizes = [f"{size:,}" for size in made.size[shown].tolist()]
        wide = max(map(len, [*labels, "average"])), max(map(len, [*sizes, "customers"]))
        room = many if screen.width is None else (screen.width - sum(wide) - 3 * len(GAP)) // _CELL
        fit = max(min(many, room), 1)
        top = float(np.nanmax(share[:, 1:], initial=0.0)) if share.shape[1] > 1 else 0.0
        screen.blank()
        head = "".join(f"{k:>{_CELL - 1}} " for k in range(fit))
        screen.line((self._labelled("", "customers", wide) + head, "dim"))
        for label, size, line in zip(labels, sizes, share, strict=True):
            screen.line((self._labelled(label, size, wide), ""), *_cells(line[:fit], top))
        screen.line((self._labelled("average", "", wide), "bold"), *_cells(average[:fit], top))
        screen.paragraph(f"Percent of each cohort by k, in {made.grain}s.", "dim", indent=len(GAP), hang=2)
        if fit < many:
            said = f"k up to {fit - 1} of {many - 1} fit here: a wider terminal or -f csv has all."
            screen.paragraph(said, "dim", indent=len(GAP), hang=2)
        for sheet in book.sheets:
            if sheet.name == "survival":
                table(screen, _thinned(sheet))

    @staticmethod
    def _labelled(label: str, size: str, wide: tuple[int, int]) -> str:
        return f"{GAP}{label:<{wide[0]}}{GAP}{size:>{wide[1]}}{GAP}"


def _cells(shares: Sequence[float] | np.ndarray, top: float) -> list[Span]:
    made = []
    for share in map(float, shares):
        if math.isnan(share):
            made.append((" " * _CELL, ""))
            continue
        level = min(int(share / top * len(_LEVELS)), len(_LEVELS) - 1) if top else 0
        level = max(level, 0)
        made.append((f"{_percent(share):>{_CELL - 1}}{_LEVELS[level]}", _STYLES[level]))
    return made


def _percent(share: float) -> str:
    """A share as a whole number of percent; what is not 0 is never shown as 0."""
    shown = round(share * 100)
    if shown == 0 and share != 0:
        return "<1" if share > 0 else ">−1"
    return f"{shown}" if shown >= 0 else f"−{-shown}"


def _thinned(sheet: Sheet) -> Sheet:
    """The curve at equal steps that a page has room for."""
    step = next(size for size in (1, 2, 3, 6, 12, 24, 60, 600) if len(sheet.rows) <= size * _SHOWN)
    note = [f"every {step} months; --table survival has all"] if step > 1 else []
    return Sheet(sheet.name, sheet.title, sheet.columns, sheet.rows[::step], notes=note)
