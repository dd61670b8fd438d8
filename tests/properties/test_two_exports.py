"""An older export of records that are there changes no figure, and no row of it is lost."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from crm_metrics import schema

from .conftest import Reports
from .exports import FEW, MONEY, Exports, File, of_seed, reordered
from .figures import some
from .test_conservation import lost_rows

PERIOD = "2023-12..2024-05"
# Cells that an older export may hold otherwise, and what it then holds.
_ALTERED: dict[str, Callable[[str], str]] = {
    **dict.fromkeys(MONEY, lambda cell: str(round(float(cell) * 2 + 1, 2)) if cell else "17"),
    "owner": lambda cell: "Somebody else",
    "plan": lambda cell: "old",
    "solved_at": lambda cell: "",
    "ended_at": lambda cell: "",
}


def _key(file: File) -> str:
    return "deal_id" if file.table == "deal_stages" else schema.TABLES[file.table or "deals"].key


def with_older(exports: Exports) -> Exports:
    """Every file with ids once more, as it was half a year before: with other amounts, sellers and plans, and nothing solved
    or ended."""
    files = {}
    for name, file in exports.files.items():
        stem, dot, ending = name.rpartition(".")
        files[f"{stem}-2024-12-31{dot}{ending}"] = file
        if file.table and _key(file) in file.header:
            named = file.with_rows([row for row in file.rows if row[file.header.index(_key(file))]])
            altered = [
                {
                    label: _ALTERED.get(label, str)(cell) if label != "owner" or cell else ""
                    for label, cell in record.items()
                }
                for record in named.records()
            ]
            files[f"{stem}-2024-06-30{dot}{ending}"] = named.with_records(altered)
    return Exports(files, exports.settings)


def renamed(exports: Exports) -> Exports:
    return Exports(
        {name.replace(".csv", "-2024-12-31.csv"): file for name, file in exports.files.items()}, exports.settings
    )


@pytest.mark.parametrize("seed", FEW)
def test_an_older_export_of_the_same_records_changes_no_figure_and_loses_no_row(reports: Reports, seed: int) -> None:
    exports = renamed(of_seed(seed))
    other = with_older(of_seed(seed))
    loaded = reports.dataset(other, keep=False)

    assert [] == some(reports.changes(exports, other, PERIOD, loaded=loaded).items())
    assert [] == some(reports.changes(exports, reordered(other), PERIOD).items())
    assert [] == lost_rows(loaded, other)
    assert any(source.left_out["older-version"] for source in loaded.sources)
