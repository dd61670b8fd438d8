"""The same costs once more, in another breakdown, change no figure."""

from __future__ import annotations

import pytest

from .conftest import Reports
from .exports import SEEDS, Exports, File, of_seed, reordered
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


def has_costs(seed: int) -> bool:
    spend = of_seed(seed).files.get("spend.csv")
    return spend is not None and any(float(cost or 0) > 0 for cost in spend.column("cost"))


@pytest.mark.parametrize("seed", [*filter(has_costs, SEEDS)])
def test_a_breakdown_of_the_same_spend_changes_no_figure(reports: Reports, seed: int) -> None:
    exports = of_seed(seed)
    other = with_breakdown(exports)
    loaded = reports.dataset(other, keep=False)

    assert [] == some(reports.changes(exports, other, PERIOD, loaded=loaded).items())
    assert [] == some(reports.changes(exports, reordered(other), PERIOD).items())
    assert [] == lost_rows(loaded, other)
