"""The same costs once more, in another breakdown, change no figure."""

from __future__ import annotations

import pytest

from .conftest import Reports
from .exports import Exports, File, of_seed, reordered
from .figures import some
from .test_conservation import lost_rows

PERIOD = "2023-12..2024-05"
_KEPT = ("spent_at", "spent_to_at", "currency")


def with_breakdown(exports: Exports) -> Exports:
    """The spend once more by a column of its own: every cost in a part of a quarter and one of three quarters."""
    spend = exports.files["spend.csv"]
    kept = [name for name in _KEPT if name in spend.header]
    rows = [
        [*(record[name] for name in kept), region, str(float(record["cost"]) * share)]
        for record in spend.records()
        for region, share in (("North", 0.25), ("South", 0.75))
        if record["cost"]
    ]
    files = {**exports.files, "by-region.csv": File([*kept, "region", "cost"], rows, "spend")}
    return Exports(files, exports.settings)


# Two with several currencies, one with every table and one with an as-of within the quarter.
@pytest.mark.parametrize("seed", [1, 3, 6, 43])
def test_a_breakdown_of_the_same_spend_changes_no_figure(reports: Reports, seed: int) -> None:
    exports = of_seed(seed)
    other = with_breakdown(exports)
    assert len(other.files["by-region.csv"].rows) > 1
    loaded = reports.dataset(other, keep=False)

    assert [] == some(reports.changes(exports, other, PERIOD, loaded=loaded).items())
    assert [] == some(reports.changes(exports, reordered(other), PERIOD).items())
    assert [] == lost_rows(loaded, other)
