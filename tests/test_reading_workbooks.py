"""Workbooks of other programs, as these wrote them: .xls, .xlsb and .ods."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from crm_metrics.errors import DataError
from crm_metrics.loaders.reading import As, open_inputs
from crm_metrics.loaders.reading.raw import Raw

FOLDER = Path(__file__).parent / "workbooks"


def columns(raw: Raw) -> list[list[object]]:
    cells = raw.read(dict.fromkeys(range(len(raw.header)), As.TEXT))
    return [column.to_pylist() for column in cells.columns.values()]


@pytest.mark.parametrize("name", ["deals.xls", "deals.xlsb", "deals.ods"])
def test_a_workbook_is_read_below_its_title(name: str) -> None:
    raw = open_inputs([str(FOLDER / name)]).tables[0]
    assert (["Deal ID", "Stage", "Amount", "Close Date", "Closed At"], 2) == (raw.header, raw.header_row)
    cells = raw.read({0: As.PLAIN, 2: As.FLOAT, 3: As.MOMENT, 4: As.MOMENT})
    assert [3, 4, 5] == cells.rows.tolist()
    assert [
        ["007", "8", "9"],
        [12.5, -3.0, None],
        ["2025-03-01 00:00:00", "2025-03-02 00:00:00", "None"],
        ["2025-03-01 10:05:00", "2025-03-02 00:00:00", "None"],
    ] == [
        [str(cell) for cell in column.to_pylist()] if at > 2 else column.to_pylist()
        for at, column in cells.columns.items()
    ]
    assert ["Closed Won", "Closed Lost", "Größe"] == columns(raw)[1]


def test_a_hidden_sheet_of_an_old_workbook_is_read_and_said() -> None:
    old = open_inputs([str(FOLDER / "deals.xls")]).tables[1]
    assert (f"{FOLDER}/deals.xls#Old", [["x"], ["2"]]) == (old.path, columns(old))
    assert ["hidden-sheet"] == [issue.code for issue in old.read({0: As.PLAIN}).issues]


@pytest.mark.parametrize("name", ["deals.xls", "deals.xlsb", "deals.ods"])
@pytest.mark.parametrize("share", [0.3, 0.6, 0.95])
def test_a_workbook_that_is_cut_short_is_refused(
    tmp_path: Path, name: str, share: float, capfd: pytest.CaptureFixture[str]
) -> None:
    data = (FOLDER / name).read_bytes()
    (tmp_path / name).write_bytes(data[: int(len(data) * share)])
    with pytest.raises(DataError) as caught:
        open_inputs([str(tmp_path / name)])
    assert name in str(caught.value.where)
    assert "" == capfd.readouterr().err


def test_durations_of_an_opendocument_sheet_are_hours_minutes_seconds(tmp_path: Path) -> None:
    cell = '<table:table-cell office:value-type="float" office:value="8"><text:p>8</text:p></table:table-cell>'
    took = '<table:table-cell office:value-type="time" office:time-value="PT30H05M00S"><text:p>x</text:p></table:table-cell>'
    (raw,) = open_inputs([str(_changed(tmp_path, "deals.ods", "content.xml", cell, took))]).tables
    assert ["007", "30:05:00", "9"] == columns(raw)[0]


def test_a_far_cell_of_a_binary_workbook_is_refused(tmp_path: Path) -> None:
    third = b"\x00\x19" + (3).to_bytes(4, "little")
    path = _changed(
        tmp_path, "deals.xlsb", "xl/worksheets/sheet1.bin", third, b"\x00\x19" + (10**9).to_bytes(4, "little")
    )
    with pytest.raises(DataError, match="has a sheet of 5,000,000,005 cells"):
        open_inputs([str(path)])


def _changed(folder: Path, name: str, member: str, old: str | bytes, new: str | bytes) -> Path:
    """The workbook with something in one of its members replaced."""
    old, new = (text.encode() if isinstance(text, str) else text for text in (old, new))
    out = io.BytesIO()
    with zipfile.ZipFile(FOLDER / name) as before, zipfile.ZipFile(out, "w") as after:
        for entry in before.infolist():
            data = before.read(entry)
            if entry.filename == member:
                assert old in data
                data = data.replace(old, new, 1)
            after.writestr(entry.filename, data)
    (folder / name).write_bytes(out.getvalue())
    return folder / name
