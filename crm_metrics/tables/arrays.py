"""Long arrays worked on in blocks that stay in the processor's cache: several times quicker than at once, where numpy first
writes all places anew, as wide as addresses."""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

_BLOCK = 1 << 16
_Item = TypeVar("_Item", bound=np.generic)


def taken(values: NDArray[_Item], places: NDArray[np.integer[Any]]) -> NDArray[_Item]:
    """The values (of a table: the rows) at some places, those below 0 counted from the end. Raises IndexError for a place
    that is not there."""
    if len(places) <= _BLOCK:
        return values.take(places, axis=0)
    result = np.empty((len(places), *values.shape[1:]), dtype=values.dtype)
    for start in range(0, len(places), _BLOCK):
        result[start : start + _BLOCK] = values.take(places[start : start + _BLOCK], axis=0)
    return result


def kept(values: NDArray[_Item], mask: NDArray[np.bool_]) -> NDArray[_Item]:
    """The values where the mask is true. numpy has two ways: most of them it copies sooner than it finds their places."""
    return values[mask] if np.count_nonzero(mask) > 0.8 * len(mask) else np.compress(mask, values)


def counts(numbers: NDArray[np.integer[Any]], size: int) -> NDArray[np.int64]:
    """How often each number from 0 up to `size`, which is not included, occurs; of larger ones there may be none."""
    if len(numbers) <= _BLOCK or size > _BLOCK // 4:
        return np.bincount(numbers, minlength=size)
    result = np.zeros(size, dtype=np.int64)
    for start in range(0, len(numbers), _BLOCK):
        result += np.bincount(numbers[start : start + _BLOCK], minlength=size)
    return result
