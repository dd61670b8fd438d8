"""Who stayed and who left are everybody."""

from __future__ import annotations

import pytest

from .conftest import Reports
from .exports import FEW, Exports, of_seed, sample
from .figures import figures, some

GRAINS = ("month", "quarter", "week")


RATES = ["retention_rate", "churn_rate"]


def parts_of_one(
    reports: Reports, exports: Exports, period: str, by: list[str], among: list[str]
) -> list[tuple[object, ...]]:
    """Rows where the two rates are not the two parts of one; `among` are the dimensions that are loaded, once for all."""
    loaded = reports.dataset(exports, among, RATES)
    found = figures(reports(exports, period, by=by, metrics=RATES, loaded=loaded))
    wrong = []
    for key, stayed in found.items():
        if key.metric != "retention_rate":
            continue
        left = found[key._replace(metric="churn_rate")]
        if stayed.value is None or left.value is None:
            same = stayed == left
        else:
            same = stayed.value + left.value == 1.0 and stayed[1:] == left[1:]
        if not same:
            wrong.append((key, stayed, left))
    return wrong


@pytest.mark.parametrize("seed", FEW)
def test_retention_and_churn_are_one_in_every_period_and_segment(reports: Reports, seed: int) -> None:
    exports = of_seed(seed)
    dims = [dim for dim in ("owner", "segment", "plan") if reports.has(exports, dim)]
    asked = [[], *([dim] for dim in dims), *([grain, *dims[:1]] for grain in GRAINS)]
    wrong = [part for by in asked for part in parts_of_one(reports, exports, "2023-11..2024-05", by, dims)]

    assert [] == some(wrong)


@pytest.mark.parametrize(
    "by", [[], ["owner"], ["month", "owner"], ["month", "region"], ["week"], ["quarter", "country"]]
)
def test_retention_and_churn_are_one_in_the_sample_data(reports: Reports, by: list[str]) -> None:
    wrong = parts_of_one(reports, sample(), "2024-03..2025-12", by, ["owner", "region", "country"])

    assert [] == some(wrong)
