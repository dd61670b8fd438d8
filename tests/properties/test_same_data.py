"""Equal data has equal figures, and data with any other cell is not equal: by this the laws that change no figure are spared
reports of what was loaded as before."""

from __future__ import annotations

from dataclasses import replace

import pytest

from crm_metrics.tables import ROW

from .conftest import Reports
from .exports import of_seed, with_past_spend
from .figures import figures, is_same
from .test_locales import LOCALES, in_locale


def test_what_is_loaded_as_equal_has_equal_figures(reports: Reports) -> None:
    exports = of_seed(3)
    other = in_locale(exports, LOCALES["de"])
    loaded = reports.dataset(other, keep=False)
    before = reports(exports, "2023-12..2024-05", by=["month"])
    after = reports(other, "2023-12..2024-05", by=["month"], loaded=loaded, keep=False)

    assert is_same(reports.dataset(exports), loaded)
    assert figures(before) == figures(after)


@pytest.mark.parametrize("table", ["customers", "leads", "orders", "responses", "spend", "tickets"])
def test_a_row_less_and_another_cell_in_any_column_are_other_data(reports: Reports, table: str) -> None:
    dataset = reports.dataset(of_seed(3))
    frame = dataset.tables[table].frame
    assert is_same(dataset, replace(dataset, tables=dict(reversed(dataset.tables.items()))))

    others = [frame[1:], frame[::-1]]
    for name in frame.columns.drop(ROW):
        moved = frame[name].take([*range(1, len(frame)), 0]).reset_index(drop=True)
        if not moved.equals(frame[name]):
            others.append(frame.assign(**{name: moved}))
    assert len(others) > 5
    for other in others:
        changed = replace(dataset.tables[table], frame=other.reset_index(drop=True))
        assert not is_same(dataset, replace(dataset, tables={**dataset.tables, table: changed}))


def test_other_files_are_other_data(reports: Reports) -> None:
    exports = of_seed(3)

    assert not is_same(reports.dataset(exports), reports.dataset(with_past_spend(exports), keep=False))
