"""The limits hold the truth about as often as they say; at full size by `python -m tests.intervals.coverage`, and where
customers repeat by `python -m tests.coverage limits ranks power`."""

from __future__ import annotations

import pytest

from tests.coverage import _companies
from tests.coverage.limits import held

from .coverage import coverage


@pytest.mark.parametrize("n", [30, 300])
def test_limits_hold_the_truth_in_about_95_of_100_simulations(n: int) -> None:
    found = {kind: share for kind, share in coverage(n, 600) if share == share}  # too few for a quantile: no limits

    assert {} == {kind: share for kind, share in found.items() if not 0.92 <= share <= 0.985}
    assert len(found) >= 10


@pytest.mark.skipif(not _companies.is_there(), reason="shared/bench/clustered.py does not lie beside the project")
def test_limits_hold_the_truth_where_customers_repeat() -> None:
    """Of a dozen companies the share of months varies by some four points around what it is of many."""
    found = held(12, metrics=("average_order_value", "first_response_time", "nps", "csat", "grr"))

    assert {} == {name: one.share for name, one in found.items() if not 0.86 <= one.share <= 1}
    assert all(one.limited == 1 for one in found.values())
