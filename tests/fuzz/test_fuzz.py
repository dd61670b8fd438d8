"""The first mutants; `python -m tests.fuzz 20000` runs as many as wanted."""

from __future__ import annotations

import pytest

from tests.fuzz.running import run

MUTANTS, PARTS = 150, 10


@pytest.mark.parametrize("part", range(PARTS))
def test_a_broken_export_ends_in_a_report_or_an_error_that_says_why(part: int) -> None:
    outcomes = [run(seed) for seed in range(part, MUTANTS, PARTS)]
    assert [] == [(outcome.seed, outcome.wrong) for outcome in outcomes if outcome.wrong]
    assert {"report", "DataError", "NothingToReport"} & {outcome.said for outcome in outcomes}
