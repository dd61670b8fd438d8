"""Instants, which are in UTC, and what the clocks of a time zone show then."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

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
