"""Findings as a page for people: a table of all, then each with its effect and its first rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from crm_metrics.book.cells import count, visible
from crm_metrics.book.screen import GAP, Screen
from crm_metrics.issues import Severity

if TYPE_CHECKING:
    from crm_metrics.analysis.quality import Finding

_SHOWN, _METRICS = 3, 4
_STYLES = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.NOTE: ""}


def draw(findings: Sequence[Finding], screen: Screen, verbose: bool) -> None:
    """Draws the page; nothing at all where nothing was found."""
    if not findings:
        return
    _table(screen, findings)
    for finding in findings:
        _finding(screen, finding)


def _table(screen: Screen, findings: Sequence[Finding]) -> None:
    head = ("check", "dimension", "rows", "of")
    lines = [
        (found.check.name, str(found.check.dimension), count(found.count), count(found.of) if found.of else "")
        for found in findings
    ]
    wide = [max(len(line[at]) for line in (head, *lines)) for at in range(len(head))]
    screen.line((_line(head, wide), "bold"))
    for found, line in zip(findings, lines, strict=True):
        screen.line((_line(line, wide), _STYLES[found.check.severity]))


def _line(cells: Sequence[str], wide: Sequence[int]) -> str:
    name, dimension, *numbers = cells
    right = [f"{cell:>{width}}" for cell, width in zip(numbers, wide[2:], strict=True)]
    return GAP.join([f"{name:<{wide[0]}}", f"{dimension:<{wide[1]}}", *right])


def _finding(screen: Screen, finding: Finding) -> None:
    check = finding.check
    screen.blank()
    note = "  a note" if check.severity is Severity.NOTE else ""
    screen.line((check.name, "bold"), (note, "dim"))
    screen.paragraph(check.sentence, indent=2, hang=2)
    if check.effect:
        screen.paragraph(f"Effect: {check.effect}.", indent=2, hang=2)
    if finding.metrics:
        more = len(finding.metrics) - _METRICS
        names = ", ".join(finding.metrics[:_METRICS]) + (f" and {more} more" if more > 0 else "")
        screen.paragraph(f"Figures: {names}", indent=2, hang=2)
    shown = first(finding, _SHOWN)
    for path in dict.fromkeys(part.path for part in finding.parts):
        number = sum(part.count for part in finding.parts if part.path == path)
        rows = sum(len(part.rows) for part in finding.parts if part.path == path)
        screen.paragraph(visible(path) + (f": {count(number)}" if rows else ""), "dim", indent=4, hang=2)
        for _, row, seen in (line for line in shown if line[0] == path):
            screen.paragraph((f"row {row}  " if row is not None else "") + visible(seen), indent=6, hang=2)


Row = tuple[str, int | None, str]  # the file, the row as a spreadsheet shows it (None: all of it), what was seen


def first(finding: Finding, number: int) -> list[Row]:
    """So many rows of a finding at most, from its files in turn, and what is said of whole files."""
    left, result = number, list[Row]()
    for part in finding.parts:
        if not len(part.rows):
            result.append((part.path, None, next(iter(part.seen(np.zeros(1, dtype=np.int64))))))
            continue
        places = np.arange(min(left, len(part.rows)))
        seen: Sequence[str] = part.seen(places) if len(places) else ()
        result += [(part.path, int(row), text) for row, text in zip(part.rows[places], seen, strict=True)]
        left -= len(places)
    return result
