"""The order of rows and of files, how rows are spread over files, and rows outside the period change no figure."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from crm_metrics import api
from crm_metrics.metrics.metric import Metric

from .conftest import Reports
from .exports import FEW, Exports, dimensions, of_seed, reordered, sample, shuffled, split, with_past, with_past_spend
from .figures import CATALOG, Figure, Key, differences, figures, leaves, some

PERIOD = "2023-12..2024-05"


def changed(
    reports: Reports, exports: Exports, other: Exports, period: str, asked: list[list[str]]
) -> dict[object, tuple[Figure | None, Figure | None]]:
    """The figures that differ between two exports, for several sets of dimensions."""
    found: dict[object, tuple[Figure | None, Figure | None]] = {}
    dims = sorted({name for by in asked for name in by} - {*api.GRAINS})
    one, two = reports.dataset(exports, dims), reports.dataset(other, dims, keep=False)
    for by in asked:
        before = figures(reports(exports, period, by=by, loaded=one))
        after = figures(reports(other, period, by=by, loaded=two, keep=False))
        found |= {(tuple(by), key): pair for key, pair in differences(before, after).items()}
    return found


def asked_of(exports: Exports, seed: int) -> list[list[str]]:
    """By month, and by quarter and a dimension, another for the next seed."""
    dims = [dim for dim in ("owner", "plan", "segment", "product", "source") if dim in dimensions(exports)]
    return [["month"], ["quarter", dims[seed % len(dims)]]]


CHANGES: dict[str, Callable[[Exports, int], Exports]] = {
    "rows-shuffled": shuffled,
    "files-split-shuffled-and-reordered": lambda exports, seed: reordered(shuffled(split(exports, seed), seed)),
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("seed", FEW)
def test_every_figure_is_the_same_to_the_last_bit(reports: Reports, seed: int, change: str) -> None:
    exports = of_seed(seed)

    assert [] == some(
        changed(reports, exports, CHANGES[change](exports, seed), PERIOD, asked_of(exports, seed)).items()
    )


@pytest.mark.parametrize("change", CHANGES)
def test_every_figure_of_the_sample_data_is_the_same_to_the_last_bit(reports: Reports, change: str) -> None:
    other = CHANGES[change](sample(), 0)

    assert [] == some(changed(reports, sample(), other, "2025-Q4", [["month", "owner"], ["region", "plan"]]).items())


def looks_at_all_of_history(metric: Metric) -> bool:
    """Whether the definition counts what was before the period: everything up to its end, or every row as of now."""
    return any(leaf.window in ("to_end", "always") for leaf in leaves(metric))


def kept(found: dict[Key, Figure], exempt: Callable[[Metric], bool]) -> dict[Key, Figure]:
    return {key: figure for key, figure in found.items() if not exempt(CATALOG[key.metric])}


@pytest.mark.parametrize("seed", FEW)
def test_records_that_were_over_years_before_change_nothing(reports: Reports, seed: int) -> None:
    """clv_historical is revenue up to the end of the period, and churned_share counts everybody as of now: both look at
    history by their definition. Everything else is left alone by records, customers and ids of their own that ended ten
    years before."""
    exports = of_seed(seed)
    dims = ["owner"] if reports.has(exports, "owner") else []
    other = with_past(exports)
    one, two = reports.dataset(exports, dims), reports.dataset(other, dims, keep=False)
    wrong: dict[object, object] = {}
    for by in (["month"], *(["quarter", dim] for dim in dims)):
        before = figures(reports(exports, "2024-02..2024-05", by=by, loaded=one))
        before = kept(before, looks_at_all_of_history)
        after = figures(reports(other, "2024-02..2024-05", by=by, loaded=two, keep=False))
        after = kept(after, looks_at_all_of_history)
        # Customers whose account is not among those that ended have no owner: a "(none)" without anything may appear.
        after = {key: figure for key, figure in after.items() if key in before or figure.n}
        wrong |= differences(before, after)

    assert [] == some(wrong.items())


@pytest.mark.parametrize("seed", FEW)
def test_spend_of_years_before_changes_nothing(reports: Reports, seed: int) -> None:
    exports = of_seed(seed)

    assert [] == some(reports.changes(exports, with_past_spend(exports), "2024-02..2024-05").items())
