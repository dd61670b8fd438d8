"""Columns of dates in which every cell has the same time of day: calendar dates, or moments that really come so."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from crm_metrics.loaders.coercing import columns as coerced, dates
from crm_metrics.loaders.normalising.file import File
from crm_metrics.schema import Kind

Moments = NDArray[np.int64]

SAMPLE = 64
ENOUGH_DAYS = 3  # two records may agree by chance
# Before this hour nobody is at work: a time that is a shift of midnight, or that of a job that runs at night.
_MORNING = 7 * 3600 * dates.SECOND
# Tables whose dates, but for when a record was made, people fill in: they choose a day, and the time comes of the tool.
_TYPED = ("customers", "deals", "orders", "spend", "subscriptions")
_FIRST = ("created_at", "started_at", "asked_at", "spent_at")


def constant(wall: Moments) -> int | None:
    """The time of day in microseconds that all moments have, on three days at least; None where they differ."""
    moments = wall[:SAMPLE][wall[:SAMPLE] != dates.NEVER] % dates.DAY
    if len(moments) and (moments != moments[0]).any():
        return None
    moments = wall[wall != dates.NEVER]
    if not len(moments) or (moments % dates.DAY != moments[0] % dates.DAY).any():
        return None
    return int(moments[0] % dates.DAY) if len(np.unique(moments // dates.DAY)) >= ENOUGH_DAYS else None


def written(moment: int) -> str:
    """The time of day of a moment as people write it."""
    seconds = moment % dates.DAY // dates.SECOND
    shown = f"{seconds // 3600:02}:{seconds // 60 % 60:02}"
    return f"{shown}:{seconds % 60:02}" if seconds % 60 else shown


def days(wall: Moments) -> Moments:
    """The beginnings of the days of the moments."""
    return np.where(wall == dates.NEVER, wall, wall - wall % dates.DAY)


def is_moment(file: File, name: str, wall: Moments, read: dict[str, Any]) -> str | None:
    """The column that shows that a constant time of day is a real one: it is in order with it on each day that both are of,
    and more than once by chance. None where there is no such column, or one that contradicts it."""
    is_typed = file.layout.table in _TYPED and name != "created_at"
    if is_typed or wall[wall != dates.NEVER][0] % dates.DAY < _MORNING:
        return None
    witness = None
    for other, moments in _others(file, name, read).items():
        both = (moments != dates.NEVER) & (wall != dates.NEVER) & (moments % dates.DAY != 0)
        gap = (moments - wall)[both]
        same = (moments // dates.DAY == wall // dates.DAY)[both]
        gap, same = gap[gap != 0], same[gap != 0]
        if other in _FIRST:
            ahead = False
        elif name in _FIRST or not (~same).any():
            ahead = True
        else:
            ahead = bool((gap[~same] > 0).mean() > 0.5)
        if same.any():
            if not ((gap[same] > 0) == ahead).all():
                return None
            witness = other
    return witness


def others(file: File, read: Collection[str]) -> dict[str, tuple[Moments, NDArray[np.float64]]]:
    """The wall clocks and the offsets, NaN for none, of the file's other columns of dates, by name: what is asked decides no
    reading."""
    found = {}
    for name, column in file.others({Kind.DATE}, read).items():
        if pa.types.is_temporal(column.type):
            moments = coerced.typed_moments(column)
            found[name] = moments, np.full(len(moments), np.nan)
            continue
        texts = coerced.texts(column, file.missing)
        written = dates.take_apart(texts.values)
        by_text = dates.resolve(written, file.date_order or "dmy")
        found[name] = texts.spread(by_text, dates.NEVER), texts.spread(written.zone, np.nan)
    return found


def _others(file: File, name: str, read: dict[str, Any]) -> dict[str, Moments]:
    """The file's other columns of moments, whether a figure asks for them or not."""
    dates_of = {
        other: values.view(np.int64)
        for other, values in read.items()
        if other != name and file.kind(other) is Kind.DATE and isinstance(values, np.ndarray)
    }
    return dates_of | {other: wall for other, (wall, _) in others(file, {*dates_of, name}).items()}
