"""Findings as CSV: one line for each check that found something, or one for each row that was found."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, TextIO

import numpy as np

from crm_metrics.writers.drawing.tidy import neutralised

if TYPE_CHECKING:
    from crm_metrics.analysis.quality import Finding

HEADER = ("check", "dimension", "severity", "count", "of", "share", "sentence", "effect", "metrics")
ROW_HEADER = ("check", "file", "row", "seen")
_AT_ONCE = 10_000


def write(findings: Sequence[Finding], out: TextIO) -> None:
    """One line for each finding; the share is a fraction, empty where nothing was looked at."""
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(HEADER)
    for finding in findings:
        check = finding.check
        share = finding.count / finding.of if finding.of else ""
        words = (check.sentence, check.effect, " ".join(finding.metrics))
        writer.writerow([check.name, check.dimension, check.severity, finding.count, finding.of, share, *words])


def write_rows(findings: Sequence[Finding], out: TextIO) -> None:
    """One line for each affected row; text that a spreadsheet would run as a formula is neutralised."""
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(ROW_HEADER)
    for finding in findings:
        writer.writerows(_rows(finding))


def _rows(finding: Finding) -> Iterator[tuple[str, str, int | str, str]]:
    for part in finding.parts:
        path = neutralised(part.path)
        for start in range(0, len(part.rows), _AT_ONCE):
            places = np.arange(start, min(start + _AT_ONCE, len(part.rows)))
            for row, seen in zip(part.rows[places].tolist(), part.seen(places), strict=True):
                yield finding.check.name, path, row, neutralised(seen)
        if not len(part.rows):  # a problem of the whole file
            yield finding.check.name, path, "", neutralised(next(iter(part.seen(np.zeros(1, dtype=np.int64)))))
