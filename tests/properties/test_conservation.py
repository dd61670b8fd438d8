"""Every record of a file is used or left out with a reason."""

from __future__ import annotations

import pytest

from crm_metrics.session import Session
from crm_metrics.tables import ROW, SOURCE, Dataset

from ..conftest import SAMPLE
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


@pytest.mark.parametrize("names", [("sales",), ("revenue",), ("nps",), ("churn_rate",), ("cac",)])
def test_what_is_left_out_of_a_file_is_the_same_whatever_is_asked_of_it(names: tuple[str, ...]) -> None:
    everything, alone = Session([SAMPLE]), Session([SAMPLE])
    left_out = {source.path: source.left_out for source in everything.load(everything.query()).sources}
    dataset = alone.load(alone.query(metrics=names))
    asked = {source.path for source in dataset.sources if source.asked}

    assert {source.path: source.left_out for source in dataset.sources if source.asked} == {
        path: left_out[path] for path in asked
    }
    assert {issue.path for issue in dataset.issues if issue.path} <= asked


def test_a_file_of_which_only_the_days_count_is_not_counted() -> None:
    session = Session([SAMPLE])

    def asked(**of: object) -> set[str]:
        return {source.table for source in session.load(session.query(**of)).sources if source.asked}  # type: ignore[arg-type]

    assert asked(metrics=["win_rate"]) == {"deals"}
    assert asked(metrics=["win_rate"], by=["country"]) == {"deals", "customers"}
    assert asked(metrics=["win_rate"], by=["team"]) == {"deals", "owners"}
    assert asked(metrics=["revenue"]) == {"deals", "orders"}
