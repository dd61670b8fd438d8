"""Every record of a file is used or left out with a reason."""

from __future__ import annotations

import pytest

from crm_metrics.tables import ROW, SOURCE, Dataset

from .conftest import Reports
from .exports import FEW, Exports, of_seed, sample, split


def lost_rows(dataset: Dataset, exports: Exports) -> list[object]:
    """Sources whose rows are not the file's records, or whose used rows are not those that are in the tables."""
    wrong: list[object] = []
    for source in dataset.sources:
        name = source.path.rpartition("/")[2].partition("#")[0]
        there = dataset.tables[source.table].frame
        rows = there.loc[(there[SOURCE] == source.index).to_numpy(), ROW]
        records = len(exports.files[name].rows)
        if not (
            records == source.rows == source.used + sum(source.left_out.values())
            and rows.nunique() == source.used
            and min(source.left_out.values(), default=1) > 0
        ):
            wrong.append((name, records, source.rows, source.used, dict(source.left_out), rows.nunique()))
    return wrong


@pytest.mark.parametrize("seed", FEW)
def test_every_record_read_is_used_or_left_out(reports: Reports, seed: int) -> None:
    exports = of_seed(seed)
    parts = split(exports, seed)

    assert [] == lost_rows(reports.dataset(exports), exports)
    assert [] == lost_rows(reports.dataset(parts, keep=False), parts)


def test_every_record_of_the_sample_data_is_used_or_left_out(reports: Reports) -> None:
    dataset = reports.dataset(sample())

    assert sorted(sample().files) == sorted(
        source.path.rpartition("/")[2].partition("#")[0] for source in dataset.sources
    )
    assert [] == lost_rows(dataset, sample())
