"""A row that sums up others changes no figure: in any language, at any place of any file, under any column."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest

from crm_metrics import schema
from crm_metrics.schema import NUMERIC, Kind

from .conftest import Reports
from .exports import SEEDS, Exports, File, of_seed, sample
from .figures import some

PERIOD = "2023-12..2024-05"
WORDS = ("Total", "Gesamt", "Total général", "Suma", "Soma", "Totale", "Totaal", "Razem", "合計")
PLACES = ("top", "middle", "bottom")


def with_total(file: File, word: str, place: str, *, in_key: bool, dated: bool = False) -> File:
    """The file with a row that holds the word and the sums of all numbers; at most two cells of it are text. A dated one has
    the days of the last record, and only files with numbers have one: there the sums tell."""
    if file.table is None or not file.rows:
        return file
    known = schema.TABLES[file.table]
    kinds = {name: known.columns[name].kind for name in file.header if name in known.columns}
    labels = [name for name, kind in kinds.items() if kind in (Kind.TEXT, Kind.CATEGORY) and name != "currency"]
    label = known.key if in_key and known.key in kinds else next(iter(labels), file.header[0])
    row = dict.fromkeys(file.header, "")
    for name, kind in kinds.items():
        if kind in NUMERIC:
            row[name] = f"{sum(float(cell) for cell in file.column(name) if cell):.2f}"
    if dated:
        if not any(float(row[name] or 0) for name, kind in kinds.items() if kind in NUMERIC):
            return file
        row |= {name: file.rows[-1][file.header.index(name)] for name, kind in kinds.items() if kind is Kind.DATE}
    row[label] = word
    at = {"top": 0, "middle": len(file.rows) // 2, "bottom": len(file.rows)}[place]
    cells = [row[name] for name in file.header]
    return file.with_rows([*file.rows[:at], cells, *file.rows[at:]])


def with_rollups(file: File, word: str) -> File:
    """A file of spend with a row for each of its times that holds the sums of all of its rows of that time."""
    if file.table != "spend":
        return file
    known = schema.TABLES["spend"].columns
    kinds = [known[name].kind if name in known else Kind.TEXT for name in file.header]
    groups: dict[tuple[str, ...], list[str]] = {}
    for row in file.rows:
        when = tuple(cell for cell, kind in zip(row, kinds, strict=True) if kind is Kind.DATE)
        before = groups.get(when)
        sums = [
            f"{float(before[at] or 0 if before else 0) + float(cell or 0):.2f}"
            if kind in NUMERIC
            else (cell if kind is Kind.DATE or file.header[at] == "currency" else word)
            for at, (cell, kind) in enumerate(zip(row, kinds, strict=True))
        ]
        groups[when] = sums
    return file.with_rows([*file.rows, *groups.values()])


def as_workbooks(exports: Exports) -> Exports:
    return replace(
        exports,
        files={name.replace(".csv", ".xlsx"): replace(file, is_workbook=True) for name, file in exports.files.items()},
    )


@pytest.mark.parametrize("number", range(len(WORDS)))
def test_a_total_row_changes_no_figure(reports: Reports, number: int) -> None:
    """Every language comes up at every place of every file, and in both columns of each; the seeds take turns."""
    ways = list(product((True, False), PLACES))
    wrong: dict[object, object] = {}
    for turn in range(len(PLACES)):
        exports = of_seed(SEEDS[(number + turn) % len(SEEDS)])
        files = {}
        for at, (name, file) in enumerate(exports.files.items()):
            in_key, place = ways[(at + 2 * turn + number) % len(ways)]
            files[name] = with_total(file, WORDS[number], place, in_key=in_key)
        found = reports.changes(exports, replace(exports, files=files), PERIOD)
        wrong |= {(turn, key): pair for key, pair in found.items()}

    assert [] == some(wrong.items())


@pytest.mark.parametrize("place", PLACES)
def test_a_total_row_that_is_dated_changes_no_figure(reports: Reports, place: str) -> None:
    exports = of_seed(SEEDS[2])
    other = exports.with_files(lambda _, file: with_total(file, "Suma", place, in_key=True, dated=True))

    assert [] == some(reports.changes(exports, other, PERIOD).items())


@pytest.mark.parametrize("place", PLACES)
def test_a_total_row_of_a_workbook_changes_no_figure(reports: Reports, place: str) -> None:
    exports = as_workbooks(of_seed(SEEDS[1]))
    other = exports.with_files(lambda _, file: with_total(file, "Summe", place, in_key=False))

    assert [] == some(reports.changes(exports, other, PERIOD).items())


@pytest.mark.parametrize("word", ["All channels", "Alle Kanäle", "Tutti i canali", "すべて"])
def test_costs_of_all_beside_their_parts_change_no_figure(reports: Reports, word: str) -> None:
    exports = of_seed(SEEDS[1])
    other = exports.with_files(lambda _, file: with_rollups(file, word))

    assert other != exports
    assert [] == some(reports.changes(exports, other, PERIOD).items())


def test_every_total_row_is_left_out_as_one(reports: Reports) -> None:
    exports = of_seed(SEEDS[0])
    other = exports.with_files(lambda _, file: with_total(file, "Grand total:", "bottom", in_key=False))

    assert {source.left_out["total-row"] for source in reports.dataset(other, keep=False).sources} == {1}
    assert {source.left_out["total-row"] for source in reports.dataset(exports).sources} == {0}


def test_no_row_of_the_sample_data_is_taken_for_a_total_but_those_that_are(reports: Reports) -> None:
    found = {
        source.path.rpartition("/")[2]: source.left_out["total-row"] for source in reports.dataset(sample()).sources
    }

    assert {name for name, count in found.items() if count} == {
        name for name, file in sample().files.items() if any(str(row[0]).startswith("Total") for row in file.rows)
    }
