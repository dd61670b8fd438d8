"""Instants, which are in UTC, and what the clocks of a time zone show then."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray


def wall_clock(moments: NDArray[Any], timezone: str | None) -> NDArray[Any]:
    """Instants as the clocks of a time zone show them; as they are where none is declared."""
    if timezone is None:
        return moments
    index = pd.DatetimeIndex(moments).tz_localize("UTC").tz_convert(timezone).tz_localize(None)
    return index.as_unit("us").to_numpy()


def instants(wall: NDArray[Any], timezone: str | None) -> NDArray[Any]:
    """What the clocks of a time zone show, or the beginnings of days, as instants: of an hour that a clock shows twice the
    first, of one that it skips the moment behind it; as they are where no zone is declared."""
    moments = wall.astype("datetime64[us]")
    if timezone is None:
        return moments
    index = pd.DatetimeIndex(moments)
    local = index.tz_localize(timezone, ambiguous=np.ones(len(index), dtype=bool), nonexistent="shift_forward")
    return local.tz_convert("UTC").tz_localize(None).as_unit("us").to_numpy()
