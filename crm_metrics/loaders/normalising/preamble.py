"""What the lines above a header say of all its records: the days that an advertising report covers."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pyarrow as pa

from crm_metrics.loaders.coercing import dates
from crm_metrics.loaders.normalising import moments
from crm_metrics.loaders.normalising.file import File

_BETWEEN = re.compile(r"\s+[-–—]\s+")


def with_days(file: File, frame: pd.DataFrame) -> pd.DataFrame:
    """Costs without a day of their own with the first and the last day that a line above the header names, such as
    "September 1, 2026 - September 3, 2026"; without such a line as they are."""
    if file.layout.table != "spend" or "spent_at" in file.recognised.columns:
        return frame
    for line in file.raw.above:
        found = _days(line)
        if found is not None:
            first, last = (np.full(len(frame), day, dtype=np.int64) for day in found)
            file.note("days-above", seen=line)
            return frame.assign(
                spent_at=moments.instants(file, "spent_at", first),
                spent_to_at=moments.instants(file, "spent_to_at", last),
            )
    return frame


def _days(line: str) -> tuple[int, int] | None:
    """The two days with a dash between them; None where one is no day or leaves open which of its numbers is the month."""
    parts = _BETWEEN.split(line.strip(' "'))
    if len(parts) != 2:
        return None
    written = dates.take_apart(pa.array(parts))
    if not written.known.all() or written.open.any():
        return None
    first, last = dates.resolve(written, "dmy").tolist()
    return (first, last) if dates.NEVER < first <= last else None
