"""Long arrays worked on in blocks give what they give at once."""

from __future__ import annotations

import numpy as np
import pytest

from crm_metrics.tables.arrays import counts, kept, taken

LENGTHS = (0, 1, 65_536, 65_537, 200_000)


@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize(
    "values", [np.arange(7.0), np.arange(7) > 3, np.arange(14).reshape(7, 2)], ids=["f", "b", "2d"]
)
def test_what_is_taken_is_what_stands_at_the_places(values: np.ndarray, length: int):
    places = np.random.default_rng(length).integers(-7, 7, length).astype(np.int8)
    assert np.array_equal(taken(values, places), values[places])


@pytest.mark.parametrize("length", [10, 200_000])
def test_a_place_that_is_not_there_is_refused(length: int):
    with pytest.raises(IndexError):
        taken(np.arange(7), np.full(length, 7))


@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("size", [3, 1_000, 100_000])
def test_every_number_is_counted(length: int, size: int):
    numbers = np.random.default_rng(length).integers(0, size, length)
    assert np.array_equal(counts(numbers, size), np.bincount(numbers, minlength=size))


@pytest.mark.parametrize("share", [0.0, 0.3, 0.95, 1.0])
def test_what_is_kept_is_what_the_mask_says(share: float):
    random = np.random.default_rng(5)
    values, mask = random.random(1_000), random.random(1_000) < share
    assert np.array_equal(kept(values, mask), values[mask])
