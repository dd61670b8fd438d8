"""The first of the rows that a check found, with what was seen in them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from crm_metrics.analysis.quality import Finding

Row = tuple[str, int, str]  # the file, the row as a spreadsheet shows it, what was seen


def first(finding: Finding, number: int) -> list[Row]:
    """So many rows of a finding at most, from its files in turn, in the order of the files."""
    left, result = number, list[Row]()
    for part in finding.parts:
        places = np.arange(min(left, len(part.rows)))
        seen: Sequence[str] = part.seen(places) if len(places) else ()
        result += [(part.path, int(row), text) for row, text in zip(part.rows[places], seen, strict=True)]
        left = number - len(result)
    return result
