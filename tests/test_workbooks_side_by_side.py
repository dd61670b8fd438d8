"""Workbooks and large sheets are read side by side; nothing of it is seen in what comes out."""

from __future__ import annotations

import os
from pathlib import Path
from threading import Barrier, Event, Thread

import openpyxl
import pytest

from crm_metrics.errors import DataError
from crm_metrics.loaders.reading import As, open_inputs, spreadsheets, workbook
from crm_metrics.loaders.reading.raw import Raw
from tests.hostile.workbooks import cell, xlsx

FOLDER = Path(__file__).parent / "workbooks"


def book(path: Path, **sheets: list[list[object]]) -> None:
    opened = openpyxl.Workbook()
    opened.remove(opened.worksheets[0])
    for name, rows in sheets.items():
        sheet = opened.create_sheet(name)
        for row in rows:
            sheet.append(row)
    opened.save(path)


def rows(raw: Raw) -> list[tuple[object, ...]]:
    columns = raw.read(dict.fromkeys(range(len(raw.header)), As.PLAIN)).columns.values()
    return [*zip(*(column.to_pylist() for column in columns), strict=True)]


def test_workbooks_keep_their_place_among_other_files(tmp_path: Path) -> None:
    (tmp_path / "1.csv").write_text("id,stage\n1,won\n")
    book(tmp_path / "2.xlsx", A=[["id", "stage"], [2, "won"]], Empty=[], B=[["id", "stage"], [3, "lost"]])
    (tmp_path / "3.csv").write_text("id,stage\n4,won\n")
    book(tmp_path / "4.xlsx", Empty=[])
    book(tmp_path / "5.xlsx", A=[["id", "stage"], [5, "won"]])
    (tmp_path / "6.txt").write_text("")
    opened = open_inputs([str(tmp_path)])
    assert ["1.csv", "2.xlsx#A", "2.xlsx#B", "3.csv", "5.xlsx"] == [Path(raw.path).name for raw in opened.tables]
    assert ["4.xlsx", "6.txt"] == [Path(issue.path).name for issue in opened.issues]


def test_of_workbooks_that_cannot_be_read_the_first_is_named_or_all_are_put_aside(tmp_path: Path) -> None:
    far = xlsx("", f'<row r="2">{cell("XFD1048576", "x")}</row>')
    for name, data in {"1.xlsx": b"PK\x03\x04", "2.xlsx": far, "3.ods": (FOLDER / "deals.ods").read_bytes()}.items():
        (tmp_path / name).write_bytes(data)
    (tmp_path / "1.xlsx").write_bytes(xlsx("", f'<row r="2">{cell("A99999999999", "x")}</row>'))
    with pytest.raises(DataError) as caught:
        open_inputs([str(tmp_path)])
    assert "1.xlsx" in str(caught.value.where)
    opened = open_inputs([str(tmp_path)], lenient=True)
    assert ["1.xlsx", "2.xlsx"] == [Path(path).name for path in opened.unreadable]
    assert "3.ods" in opened.tables[0].path


def test_large_sheets_are_read_side_by_side_and_come_in_their_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "all.xlsx"
    book(path, **{name: [["id", "stage"], *([at, name] for at in range(9))] for name in ("C", "A", "B", "D")})
    both, load = Barrier(2, timeout=30), spreadsheets.load

    def waits(*reader: object, **how: object) -> object:
        both.wait()  # for a second one that reads at the same time
        return load(*reader, **how)

    monkeypatch.setattr(workbook, "_LARGE", 1)
    monkeypatch.setattr(workbook, "load", waits)
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    opened = open_inputs([str(path)]).tables
    assert ["C", "A", "B", "D"] == [raw.path.rpartition("#")[2] for raw in opened]
    assert [[(str(at), name) for at in range(9)] for name in ("C", "A", "B", "D")] == [rows(raw) for raw in opened]


def test_sheets_wait_until_there_is_memory_for_them(monkeypatch: pytest.MonkeyPatch) -> None:
    room = spreadsheets._Room()
    monkeypatch.setattr("crm_metrics.loaders.reading.limits.MOST_CELLS", 10)
    entered = Event()

    def third() -> None:
        with room.taken(5):
            entered.set()

    waiting = Thread(target=third)
    with room.taken(4):
        with room.taken(6):
            waiting.start()
            assert not entered.wait(0.1)
        assert entered.wait(30)
    waiting.join()
    with room.taken(99):  # alone it may be more: it was let pass
        assert 99 == room._cells


def test_what_the_reader_prints_is_silenced_until_the_last_one_is_done(capfd: pytest.CaptureFixture[str]) -> None:
    silence = spreadsheets._SILENCE
    with silence:
        with silence:
            os.write(2, b"panic")
        os.write(2, b"panic")
    os.write(2, b"said")
    assert "said" == capfd.readouterr().err
