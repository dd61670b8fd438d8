"""Pairs that share cell and sampling unit are put together in every way that there are many or few of them."""

from __future__ import annotations

import numpy as np
import pytest

from crm_metrics.engine.pairs import grouped

# Cells, units, and how large a unit's number can be: each counted, most alone, most repeated, hardly any.
SHAPES = {
    "counted": (4, 50, 50),
    "alone": (300, 4000, 1 << 40),
    "repeated": (3, 100, 1 << 40),
    "all alone": (2000, 1_000_000, 1 << 40),
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("rows", [0, 1, 3000])
def test_what_shares_cell_and_unit_is_added_up_at_its_first_pair(shape: str, rows: int) -> None:
    cells, units, largest = SHAPES[shape]
    random = np.random.default_rng(7)
    numbers = random.choice(largest, units, replace=False) if largest == units else random.integers(0, largest, units)
    cell = random.integers(0, cells, rows).astype(np.int32)
    unit = numbers[random.integers(0, units, rows)]
    values = random.integers(1, 100, rows).astype(np.float64)

    expected: dict[tuple[int, int], list[int]] = {}
    for place, pair in enumerate(zip(cell.tolist(), unit.tolist(), strict=True)):
        expected.setdefault(pair, []).append(place)
    sums = np.zeros(rows)
    for places in expected.values():
        sums[places[0]] = values[places].sum()

    groups = grouped(cell, unit)
    several = sorted(place for places in expected.values() if len(places) > 1 for place in places)
    assert groups.shared.tolist() == several
    groups.add_up(values)
    assert values.tolist() == sums.tolist()


def test_whether_any_of_a_group_is_true_is_said_at_its_first_pair() -> None:
    groups = grouped(np.array([0, 0, 1, 0], dtype=np.int32), np.array([5, 6, 5, 5]))
    truths = np.array([False, False, True, True])
    groups.add_up(truths)
    assert truths.tolist() == [True, False, True, False]
