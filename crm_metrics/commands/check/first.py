"""The first of the rows that a check found, with what was seen in them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from crm_metrics.analysis.quality import Finding

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
