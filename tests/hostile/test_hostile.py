"""Files that ask for more than a computer has: each ends in an error that names it, early and with little memory.

The limits are lowered here so that small stand-ins reach them.
"""

from __future__ import annotations

import gzip
import io
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from crm_metrics import api
from crm_metrics.errors import CrmMetricsError, DataError, NothingToReport, UsageError
from crm_metrics.loaders.reading import As, open_inputs
from crm_metrics.loaders.reading.delimited import Delimited
from crm_metrics.settings import Settings
from tests.conftest import TODAY
from tests.hostile.workbooks import cell, ods, xlsx

READING = "crm_metrics.loaders.reading"
HEADER = b"Deal ID,Stage,Amount,Close Date\n"
RECORD = b"1,Closed Won,5,2025-03-01\n"


@pytest.fixture(autouse=True)
def _lowered(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, limit in {
        "limits.RATIO_FROM": 1 << 16,
        "limits.LARGEST_MEMBER": 1 << 22,
        "limits.LARGEST_WHOLE": 1 << 20,
        "limits.MOST_MEMBERS": 50,
        "limits.MOST_CELLS": 1_000_000,
        "limits.MOST_REPEATED": 1_000_000,
        "delimited.LARGEST_LINE": 1 << 20,
        "parsing.LARGE_BLOCK": 1 << 21,
        "pages.LARGEST_PAGE": 1 << 20,
        "pages.LARGEST_TAG": 1 << 14,
        "parsing.MOST_MALFORMED": 1000,
    }.items():
        monkeypatch.setattr(f"{READING}.{name}", limit)


def refused(path: Path) -> str:
    """What the error says; it names the file."""
    with pytest.raises(DataError) as caught:
        api.report([str(path)], period="all", today=TODAY)
    assert path.name in str(caught.value.where)
    assert caught.value.hint
    return caught.value.what


def packed(*members: tuple[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return out.getvalue()


# Lines


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"x," * (1 << 21), "no line end in its first 1 MB"),
        (b"  " * (1 << 21), "no text in its first 1 MB"),
        (b"\n" * (1 << 22), "no text in its first 1 MB"),
        (b"\0" * (1 << 22), "no text in its first 1 MB"),
        (HEADER + RECORD + b"x," * (1 << 21), "has a row longer than 2 MB"),
        (HEADER + RECORD + b'2,"' + b"x," * (1 << 21), "has a row longer than 2 MB"),
        (HEADER + RECORD + b'2,"' + b"x\n" * (1 << 21), "has a row longer than 2 MB"),
    ],
)
def test_a_file_of_one_line_is_refused(tmp_path: Path, data: bytes, said: str) -> None:
    path = tmp_path / "deals.csv"
    path.write_bytes(data)
    assert said in refused(path)


def test_a_flood_of_malformed_rows_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"{READING}.parsing.Malformed.__init__.__kwdefaults__", {"full_text": False, "most": 1000})
    path = tmp_path / "deals.csv"
    path.write_bytes(HEADER + RECORD * 100 + b"1,2,3,4,5,6\n" * 2000)
    assert "rows have another number of cells than the header" in refused(path)


def test_a_pipe_without_end_is_refused() -> None:
    with open("/dev/zero", "rb") as endless, pytest.raises(DataError, match="come through a pipe"):  # noqa: PTH123
        open_inputs(["-"], stdin=endless)


# Archives


def bomb(count: int = 1 << 22) -> bytes:
    """Records that compress to a thousandth."""
    return HEADER + b"1,Closed Won,5,2025-03-01\n" * (count // 26)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("deals.csv.gz", gzip.compress(bomb())),
        ("deals.zip", packed(("deals.csv", bomb(3 << 20)))),
        ("deals.zip", packed(("inner.zip", packed(("deals.csv", bomb(3 << 20)))))),
        ("deals.zip", packed(("deals.csv.gz", gzip.compress(bomb())))),
    ],
)
def test_a_bomb_is_refused(tmp_path: Path, name: str, data: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(DataError, match="unpacks to more than 200 times its size") as caught:
        api.report([str(path)], period="all", today=TODAY)
    assert str(path) in str(caught.value.where)


def test_an_archive_that_lies_about_sizes_is_refused(tmp_path: Path) -> None:
    path, data = tmp_path / "deals.zip", bomb(1 << 20)
    path.write_bytes(packed(("deals.csv", data)).replace(struct.pack("<I", len(data)), struct.pack("<I", 1000)))
    with pytest.raises(DataError, match="cannot be unpacked"):
        api.report([str(path)], period="all", today=TODAY)


def test_an_archive_with_a_name_that_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "deals.zip"
    path.write_bytes(packed(("dä.csv", HEADER + RECORD)).replace("ä".encode(), b"\xe0\xff"))
    assert "cannot be unpacked" in refused(path)


def test_a_bomb_is_put_aside_by_scan_and_check(tmp_path: Path) -> None:
    (tmp_path / "bomb.csv.gz").write_bytes(gzip.compress(bomb()))
    (tmp_path / "deals.csv").write_bytes(HEADER + RECORD)
    found = api.scan([str(tmp_path)], today=TODAY)
    assert [file.source.path for file in found.files] == [str(tmp_path / "deals.csv")]
    assert [(path, "200 times" in error.what) for path, error in found.refused.items()] == [
        (str(tmp_path / "bomb.csv.gz"), True)
    ]
    assert "unreadable-file" == api.check([str(tmp_path)], today=TODAY)[0].check.name


def test_a_member_that_is_too_large_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "deals.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("deals.csv", bomb(5 << 20))
    with pytest.raises(DataError, match="is larger than 4 MB"):
        open_inputs([str(path)])


def test_archives_deep_in_others_are_not_opened(tmp_path: Path) -> None:
    path, data = tmp_path / "deals.zip", HEADER + RECORD
    for depth in range(6):
        data = packed((f"{depth}.zip" if depth else "deals.csv", data))
    path.write_bytes(data)
    with pytest.raises(DataError, match="holds no table") as caught:
        open_inputs([str(path)])
    assert "an archive too deep in others" in str(caught.value.hint)


def test_too_many_members_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "deals.zip"
    path.write_bytes(packed(*((f"{number}.csv", HEADER + RECORD) for number in range(60))))
    assert "holds 60 files" == refused(path)


@pytest.mark.parametrize(
    "name", ["../deals.csv", "a/../../deals.csv", "/etc/deals.csv", "C:\\deals.csv", "..\\deals.csv"]
)
def test_a_path_that_leaves_the_archive_is_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / "deals.zip"
    path.write_bytes(packed((name, HEADER + RECORD)))
    assert f"holds a file whose path leaves the archive: {name.replace(chr(92), '/')}" == refused(path)


def test_a_mistyped_year_makes_no_report_of_two_thousand_years(tmp_path: Path) -> None:
    path = tmp_path / "deals.csv"
    path.write_bytes(HEADER + RECORD + b"2,Closed Won,5,0025-03-01\n")
    with pytest.raises(UsageError, match=r"all has 24,[0-9]{3} months, from 0025-03-01 on"):
        api.report([str(path)], period="all", by=["month"], today=TODAY)
    assert "ancient-date" in {finding.check.name for finding in api.check([str(path)], today=TODAY)}


# Workbooks

FAR = "has a sheet of 17,179,869,184 cells"
ROW = f'<row r="2">{cell("A2", "1")}{cell("B2", "Won")}</row>'


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (xlsx('<dimension ref="A1:XFD1000000000"/>', ROW), "claims more rows than a spreadsheet has"),
        (xlsx("", f'{ROW}<row r="1048576">{cell("XFD1048576", "x")}</row>'), FAR),
        (xlsx("", f'{ROW}<row r="3">{cell("XFD1048576", "x")}</row>'), FAR),
        (xlsx("", f'{ROW}<row r="3">{cell("xfd1048576", "x")}</row>'), FAR),
        (xlsx("", f'{ROW}<row r="3">{cell("xFd1048576", "x")}</row>'), FAR),
        (xlsx("", f'{ROW}<row r="3">{cell("XFD0001048576", "x")}</row>'), FAR),
        (xlsx("", f'{ROW}<row r="1048576">{"<c/>" * 99}{cell("", "x")}</row>'), "has a sheet of 104,857,600 cells"),
        (
            xlsx("", f'{ROW}<row r="1048575"/><row>{"<c/>" * 99}{cell("", "x")}</row>'),
            "has a sheet of 104,857,600 cells",
        ),
        (xlsx("", f'{ROW}<x:row r="3">{cell("XFD1048576", "x")}</x:row>', part="xl/data/Sheet.bin"), FAR),
        (xlsx("", f'{ROW}<row r="1000000000">{cell("A1000000000", "x")}</row>'), "has a sheet of 2,000,000,000 cells"),
        (
            xlsx("", f"{ROW}<row r = '1000000000'>{cell('A1000000000', 'x')}</row>"),
            "has a sheet of 2,000,000,000 cells",
        ),
        (ods('table:number-rows-repeated="1000000000"', 3), "has a sheet of 1,000,000,000 cells"),
        (ods('table:number-rows-repeated="1048570"', 16_384), "has a sheet of 17,180,835,834 cells"),
        (ods('table:number-rows-repeated="1048570"', 2), "has a sheet of 1,048,570 cells"),
    ],
)
def test_a_workbook_that_claims_a_billion_cells_is_refused(tmp_path: Path, data: bytes, said: str) -> None:
    path = tmp_path / ("deals.ods" if b"content.xml" in data else "deals.xlsx")
    path.write_bytes(data)
    assert said in refused(path)


@pytest.mark.parametrize("reference", ["", "first", "last"])
def test_the_extent_of_a_large_sheet_is_measured_however_its_cells_are_placed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reference: str
) -> None:
    """So many cells that a quick look does not rule out that they are too many: 40,000 of at most 40,000."""
    monkeypatch.setattr(f"{READING}.limits.MOST_CELLS", 40_000)
    monkeypatch.setattr(f"{READING}.limits.LARGEST_WHOLE", 1 << 22)
    monkeypatch.setattr(f"{READING}.limits.RATIO_FROM", 1 << 22)
    placed = {"": "<c", "first": '<c r="{0}{1}"', "last": "<c"}[reference], ' r="{0}{1}"' if reference == "last" else ""
    text = f'{placed[0]} t="inlineStr"{placed[1]}><is><t>{{1}}</t></is></c>'
    rows = "".join(f"<row>{''.join(text.format(at, row) for at in 'ABCD')}</row>" for row in range(2, 10_001))
    path = tmp_path / "deals.xlsx"
    path.write_bytes(xlsx("", rows))
    (raw,) = open_inputs([str(path)]).tables
    assert raw.read({0: As.PLAIN}).rows[-1] == 10_000
    path.write_bytes(xlsx("", rows + "<row/><row><c/></row>"))
    assert "has a sheet of 40,008 cells" in refused(path)


def test_a_workbook_that_claims_every_cell_of_a_sheet_is_read(tmp_path: Path) -> None:
    path = tmp_path / "deals.xlsx"
    path.write_bytes(xlsx('<dimension ref="A1:XFD1048576"/>', ROW))
    (raw,) = open_inputs([str(path)]).tables
    assert [2] == raw.read({0: As.PLAIN}).rows.tolist()


def test_a_workbook_with_a_bomb_in_it_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "deals.xlsx"
    path.write_bytes(xlsx("", ROW + f'<row r="3">{cell("A3", "1")}</row>' * 40_000))
    assert "unpacks to more than 200 times its size" in refused(path)


# Web pages


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"<html><table><tr><td>1<td " + b"x" * (1 << 19), "a tag that never ends"),
        (b"<html><table>" + b"<tr><td>1<td>2" * (1 << 18), "is larger than 1 MB"),
    ],
)
def test_a_web_page_without_end_is_refused(tmp_path: Path, data: bytes, said: str) -> None:
    path = tmp_path / "deals.xls"
    path.write_bytes(data)
    assert said in refused(path)


# Files that change


def append(path: Path) -> None:
    with path.open("ab") as file:
        file.write(RECORD)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-200])


def replaced(path: Path) -> None:
    other = path.with_name("new")
    other.write_bytes(HEADER + RECORD)
    other.replace(path)


@pytest.mark.parametrize("change", [append, cut, replaced, Path.unlink])
def test_a_file_that_changes_while_it_is_read_is_refused(
    tmp_path: Path, change: Callable[[Path], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "deals.csv"
    path.write_bytes(HEADER + RECORD * 500 + b"1,2\n" * 3)
    as_it_was = Delimited._records

    def changed(self: Delimited, *args: object, **options: object) -> object:
        change(path)
        return as_it_was(self, *args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(Delimited, "_records", changed)
    assert "changed while it was being read" == refused(path)


@pytest.mark.parametrize("name", ["deals.csv", "deals.csv.gz", "deals.zip", "deals.xlsx"])
def test_a_file_that_has_changed_since_it_was_opened_is_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    data = {"gz": gzip.compress(HEADER + RECORD), "zip": packed(("deals.csv", HEADER + RECORD)), "xlsx": xlsx("", ROW)}
    path.write_bytes(data.get(path.suffix[1:], HEADER + RECORD))
    (raw,) = open_inputs([str(path)]).tables
    append(path)
    for attempt in (lambda: raw.read({0: As.PLAIN}), raw.digest):
        with pytest.raises(DataError, match="changed while it was being read"):
            attempt()


def test_a_file_that_stays_as_it_is_may_be_read_again(tmp_path: Path) -> None:
    path = tmp_path / "deals.csv"
    path.write_bytes(HEADER + RECORD)
    (raw,) = open_inputs([str(path)]).tables
    assert raw.read({0: As.PLAIN}).rows.tolist() == raw.read({1: As.TEXT}).rows.tolist() == [2]


def test_nothing_of_this_hides_a_file_that_only_lacks_a_table(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("room,floor\n1,2\n")
    with pytest.raises(CrmMetricsError) as caught:
        api.report([str(tmp_path)], period="all", today=TODAY)
    assert isinstance(caught.value, NothingToReport)


# Numbers and dates that no computer can reckon with


@pytest.mark.parametrize("amount", ["1e308", "-1.5e308", "1e60", "9" * 61, "1e400"])
@pytest.mark.parametrize("beside", ["5", "$5.00"])
def test_an_amount_beyond_what_can_be_added_is_missing_and_reported(tmp_path: Path, amount: str, beside: str) -> None:
    path = tmp_path / "deals.csv"
    path.write_bytes(HEADER + f"1,Closed Won,{beside},2025-03-01\n2,Closed Won,{amount},2025-03-01\n".encode())
    report = api.report([str(path)], metrics=["revenue_won"], period="2025-03", today=TODAY)
    assert (report.rows["value"] == 5).all()
    assert [issue.rows for issue in report.issues if issue.code == "unreadable-number"] == [(3,)]


def test_a_large_amount_is_an_amount(tmp_path: Path) -> None:
    path = tmp_path / "deals.csv"
    path.write_bytes(HEADER + b"1,Closed Won,1e59,2025-03-01\n2,Closed Won,-1e59,2025-02-01\n" * 3)
    report = api.report([str(path)], metrics=["revenue_won", "average_deal_value"], period="2025-03", today=TODAY)
    assert (report.rows["value"] > 9e58).all()
    assert "unreadable-number" not in {issue.code for issue in report.issues}


@pytest.mark.parametrize("zone", [None, "UTC", "Asia/Tokyo", "America/New_York"])
@pytest.mark.parametrize("beside", ["2025-02-01", "2025-02-01T10:00:00+01:00", "1.2.2025"])
@pytest.mark.parametrize("date", ["0000-01-01", "0001-01-01", "0001-01-01T00:00:00+05:00", "0000-12-31T23:00:00Z"])
def test_a_date_before_the_year_2_is_missing_and_reported(
    tmp_path: Path, date: str, beside: str, zone: str | None
) -> None:
    path = tmp_path / "deals.csv"
    rows = f"1,Closed Won,5,2025-03-01,{date}\n2,Closed Won,5,2025-03-01,{beside}\n"
    path.write_bytes(b"Deal ID,Stage,Amount,Close Date,Created\n" + rows.encode())
    settings = Settings(timezone=zone, currency="USD")
    report = api.report([str(path)], metrics=["sales_cycle_length"], period="2025-03", settings=settings, today=TODAY)
    assert report.rows["n"].tolist() == [1]
    assert [issue.rows for issue in report.issues if issue.code == "unreadable-date"] == [(2,)]


@pytest.mark.parametrize("zone", ["UTC", "Asia/Tokyo", "America/New_York"])
@pytest.mark.parametrize("date", ["9999-12-31", "9999-12-31T23:00:00-05:00", "9999-12-31T23:59:59Z", "0002-01-01"])
def test_a_date_at_the_end_of_the_calendar_is_one_in_every_zone(tmp_path: Path, date: str, zone: str) -> None:
    path = tmp_path / "deals.csv"
    path.write_bytes(HEADER + f"1,Closed Won,5,2025-03-01\n2,Closed Won,7,{date}\n".encode())
    settings = Settings(timezone=zone, currency="USD")
    report = api.report([str(path)], metrics=["revenue_won"], period="2025-03", settings=settings, today=TODAY)
    assert report.rows["value"].tolist() == [5]
    assert "unreadable-date" not in {issue.code for issue in report.issues}


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("deals.pdf", b"%PDF-1.7\n"),
        ("Deals.PNG", b"\x89PNG\r\n"),
        ("deals.numbers", packed(("Index/Document.iwa", b"\0\1"))),
    ],
)
def test_what_only_shows_a_table_is_to_be_exported(tmp_path: Path, name: str, data: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(DataError, match="holds no table") as caught:
        open_inputs([str(path)])
    assert "export what it shows as CSV or Excel" in str(caught.value.hint)
