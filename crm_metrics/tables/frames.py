"""Columns of frames as arrays, missing where a frame has none; and instants, which are in UTC, on the clocks of a zone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

DAY = np.timedelta64(1, "D")
NAT = np.datetime64("NaT", "us")
NEVER = np.iinfo(np.int64).min  # how a missing day reads as a number

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]

# Within these every moment is a date of Python's calendar anywhere on earth; the few beyond are the same in every zone.
_FIRST, _LAST = np.datetime64("0001-01-03", "us"), np.datetime64("9999-12-29", "us")


def _moved(moments: NDArray[Any], move: Callable[[pd.DatetimeIndex], pd.DatetimeIndex]) -> NDArray[Any]:
    """The moments moved from one clock to another."""
    beyond = (moments < _FIRST) | (moments > _LAST)
    if not beyond.any():
        return move(pd.DatetimeIndex(moments)).as_unit("us").to_numpy()
    within = move(pd.DatetimeIndex(np.where(beyond, _FIRST, moments))).as_unit("us").to_numpy()
    return np.where(beyond, moments, within)


def wall_clock(moments: NDArray[Any], timezone: str | None) -> NDArray[Any]:
    """Instants as the clocks of a time zone show them; as they are where none is declared."""
    if timezone is None:
        return moments
    return _moved(moments, lambda index: index.tz_localize("UTC").tz_convert(timezone).tz_localize(None))


def day_numbers(moments: NDArray[Any], timezone: str | None) -> Ints:
    """The calendar day of each instant in a time zone, in days since 1970; `NEVER` where it is missing."""
    return wall_clock(moments, timezone).astype("datetime64[D]").view(np.int64)


def instants(wall: NDArray[Any], timezone: str | None) -> NDArray[Any]:
    """What the clocks of a time zone show, or the beginnings of days, as instants: of an hour that a clock shows twice the
    first, of one that it skips the moment behind it; as they are where no zone is declared."""
    moments = wall.astype("datetime64[us]")
    if timezone is None:
        return moments
    first = np.ones(len(moments), dtype=bool)

    def in_utc(index: pd.DatetimeIndex) -> pd.DatetimeIndex:
        local = index.tz_localize(timezone, ambiguous=first, nonexistent="shift_forward")
        return local.tz_convert("UTC").tz_localize(None)

    return _moved(moments, in_utc)


def framed(columns: Mapping[str, Any]) -> pd.DataFrame:
    """Columns as a frame that takes them over without copying. Their names are kept as objects: as Arrow's texts, which
    pandas makes of them otherwise, each look-up and each further column takes several times as long."""
    frame = pd.DataFrame(dict(enumerate(columns.values())), copy=False)
    frame.columns = pd.Index([*columns], dtype=object)
    return frame


def categorical(column: pd.Series) -> pd.Categorical:
    """What a column holds as places (−1 where it is missing) among its different values, in their order."""
    held = column.array
    return held if isinstance(held, pd.Categorical) else pd.Categorical(held)


def moments(frame: pd.DataFrame, column: str) -> NDArray[Any]:
    """A date column, all missing when the table has none of that name."""
    if column in frame:
        return frame[column].to_numpy()
    return np.full(len(frame), NAT)


def numbers(frame: pd.DataFrame, column: str) -> Floats:
    """A number column, all NaN when the table has none of that name."""
    if column in frame:
        return frame[column].to_numpy(dtype=np.float64, na_value=np.nan)
    return np.full(len(frame), np.nan)


def truths(frame: pd.DataFrame, column: str) -> Bools:
    """A truth column, False where missing."""
    if column in frame:
        return frame[column].fillna(False).to_numpy(dtype=bool)
    return np.zeros(len(frame), dtype=bool)


def has_value(frame: pd.DataFrame, column: str) -> Bools:
    if column in frame:
        return frame[column].notna().to_numpy()
    return np.zeros(len(frame), dtype=bool)


def concatenated(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Rows of several frames as one; a column that one lacks is missing there, and text stays categorical."""
    if len(frames) == 1:
        return frames[0]
    columns = list(dict.fromkeys(column for frame in frames for column in frame.columns))
    together: dict[str, object] = {}
    for column in columns:
        kind = next(frame[column].dtype for frame in frames if column in frame)
        blank = 0 if kind.kind == "i" else None
        parts = [frame[column] if column in frame else pd.Series([blank] * len(frame), dtype=kind) for frame in frames]
        if any(isinstance(part.dtype, pd.CategoricalDtype) for part in parts):
            values = sorted(set().union(*(set(part.astype("category").cat.categories) for part in parts)))
            dtype = pd.CategoricalDtype(pd.Index(values, dtype="str"))
            parts = [part.astype(dtype) for part in parts]
        together[column] = pd.concat(parts, ignore_index=True)
    return framed(together)
