"""What is wrong with the data as tables: a row for each check that found something, and one for each row it found."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from crm_metrics.book import Book, Cell, Column, Origin, Passage, Said, Sheet
from crm_metrics.book.cells import count
from crm_metrics.book.rows import row_of, unseen
from crm_metrics.issues import Severity
from crm_metrics.metrics.metric import Unit

if TYPE_CHECKING:
    from crm_metrics.analysis.quality import Finding

_FIRST = 10  # rows of a check in JSON
_SHOWN, _METRICS = 3, 4  # on a page
_AT_ONCE = 10_000
_FINDINGS = (
    Column("check"),
    Column("dimension"),
    Column("severity", styles={"error": "red", "warning": "yellow"}),
    Column("count", "rows", Unit.COUNT),
    Column("of", unit=Unit.COUNT),
    *unseen("share", unit=Unit.PERCENT),
    *unseen("sentence", "effect"),
    Column("metrics", "figures", shown=False),
)
_ROWS = (Column("check"), Column("file"), Column("row", unit=Unit.COUNT), Column("seen"))


def book(findings: Sequence[Finding], *, rows: bool) -> Book:
    """The findings, each with its effect and its first rows; with `rows` every row that was found instead."""
    if rows:
        listed = [row for finding in findings for row in _rows(finding)]
        return Book("Rows with problems", Origin(), [Sheet("rows", "", _ROWS, listed, empty="nothing is wrong")])
    described = list(map(_as_json, findings))
    rows_of = [row_of(_FINDINGS, None, **cells | {"metrics": " ".join(cells["metrics"])}) for cells in described]
    sheet = Sheet("findings", "", _FINDINGS, rows_of, empty="nothing is wrong")
    passages = list(map(_passage, findings))
    return Book("Data problems", Origin(), [sheet], extra={"findings": described}, passages=passages)


def _passage(finding: Finding) -> Passage:
    check = finding.check
    parts_said = [Said(check.sentence)]
    if check.effect:
        parts_said.append(Said(f"Effect: {check.effect}."))
    if finding.metrics:
        more = len(finding.metrics) - _METRICS
        names = ", ".join(finding.metrics[:_METRICS]) + (f" and {more} more" if more > 0 else "")
        parts_said.append(Said(f"Figures: {names}"))
    shown = _first(finding, _SHOWN)
    for path in dict.fromkeys(part.path for part in finding.parts):
        parts = [part for part in finding.parts if part.path == path]
        number = count(sum(part.count for part in parts))
        parts_said.append(Said(f"{path}: {number}" if any(len(part.rows) for part in parts) else path, 2, "dim"))
        own = [(row, cell) for where, row, cell in shown if where == path]
        parts_said += [Said(cell if row is None else f"row {row}  {cell}", 3) for row, cell in own]
    return Passage(check.name, parts_said, "a note" if check.severity is Severity.NOTE else "")


def _as_json(finding: Finding) -> dict[str, Any]:
    check = finding.check
    return {
        "check": check.name,
        "dimension": str(check.dimension),
        "severity": str(check.severity),
        "count": finding.count,
        "of": finding.of,
        "share": finding.count / finding.of if finding.of else None,
        "sentence": check.sentence,
        "effect": check.effect,
        "metrics": list(finding.metrics),
        "files": [{"path": part.path, "count": part.count} for part in finding.parts],
        "first": [{"path": path, "row": row, "seen": cell} for path, row, cell in _first(finding, _FIRST)],
    }


def _rows(finding: Finding) -> Iterator[list[Cell]]:
    for part in finding.parts:
        for start in range(0, len(part.rows), _AT_ONCE):
            places = np.arange(start, min(start + _AT_ONCE, len(part.rows)))
            for row, cell in zip(part.rows[places].tolist(), part.seen(places), strict=True):
                yield [finding.check.name, part.path, row, cell]
        if not len(part.rows):  # a problem of the whole file
            yield [finding.check.name, part.path, None, next(iter(part.seen(np.zeros(1, dtype=np.int64))))]


Row = tuple[str, int | None, str]  # the file, the row as a spreadsheet shows it (None: all of it), what was seen


def _first(finding: Finding, number: int) -> list[Row]:
    """So many rows of a finding at most, from its files in turn, and what is said of whole files."""
    left, result = number, list[Row]()
    for part in finding.parts:
        if not len(part.rows):
            result.append((part.path, None, next(iter(part.seen(np.zeros(1, dtype=np.int64))))))
            continue
        places = np.arange(min(left, len(part.rows)))
        cells: Sequence[str] = part.seen(places) if len(places) else ()
        result += [(part.path, int(row), text) for row, text in zip(part.rows[places], cells, strict=True)]
        left -= len(places)
    return result
