"""The limits hold the truth about as often as they say; at full size by `python -m tests.intervals.coverage`."""

from __future__ import annotations

import pytest

from .coverage import coverage


@pytest.mark.parametrize("n", [30, 300])
def test_limits_hold_the_truth_in_about_95_of_100_simulations(n: int) -> None:
    found = {kind: share for kind, share in coverage(n, 600) if share == share}  # too few for a quantile: no limits

    assert {} == {kind: share for kind, share in found.items() if not 0.92 <= share <= 0.985}
    assert len(found) >= 10
