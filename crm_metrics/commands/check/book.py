"""What is wrong with the data as tables: a row for each check that found something, and one for each row it found."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from crm_metrics.book import Book, Cell, Column, Origin, Sheet
from crm_metrics.commands.check import page
from crm_metrics.commands.check.page import first
from crm_metrics.metrics.metric import Unit

if TYPE_CHECKING:
    from crm_metrics.analysis.quality import Finding

_FIRST = 10  # rows of a check in JSON
_AT_ONCE = 10_000
_FINDINGS = (
    Column("check"),
    Column("dimension"),
    Column("severity", styles={"error": "red", "warning": "yellow"}),
    Column("count", "rows", Unit.COUNT),
    Column("of", unit=Unit.COUNT),
    Column("share", unit=Unit.PERCENT),
    Column("sentence", "what"),
    Column("effect"),
    Column("metrics", "figures"),
)
_ROWS = (Column("check"), Column("file"), Column("row", unit=Unit.COUNT), Column("seen"))


def book(findings: Sequence[Finding], *, rows: bool) -> Book:
    """The findings; with `rows` every row that was found instead. A terminal has a page of its own."""
    if rows:
        listed = [row for finding in findings for row in _rows(finding)]
        return Book("Rows with problems", Origin(), [Sheet("rows", "", _ROWS, listed, empty="nothing is wrong")])
    made: list[list[Cell]] = [
        [
            finding.check.name,
            str(finding.check.dimension),
            str(finding.check.severity),
            finding.count,
            finding.of,
            finding.count / finding.of if finding.of else None,
            finding.check.sentence,
            finding.check.effect,
            " ".join(finding.metrics),
        ]
        for finding in findings
    ]
    sheet = Sheet("findings", "", _FINDINGS, made, empty="nothing is wrong")
    known = {"findings": [_known(finding) for finding in findings]}
    return Book("Data problems", Origin(), [sheet], known=known, page=partial(page.draw, findings))


def _known(finding: Finding) -> dict[str, Any]:
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
        "first": [{"path": path, "row": row, "seen": seen} for path, row, seen in first(finding, _FIRST)],
    }


def _rows(finding: Finding) -> Iterator[list[Cell]]:
    for part in finding.parts:
        for start in range(0, len(part.rows), _AT_ONCE):
            places = np.arange(start, min(start + _AT_ONCE, len(part.rows)))
            for row, seen in zip(part.rows[places].tolist(), part.seen(places), strict=True):
                yield [finding.check.name, part.path, row, seen]
        if not len(part.rows):  # a problem of the whole file
            yield [finding.check.name, part.path, None, next(iter(part.seen(np.zeros(1, dtype=np.int64))))]
