"""CSV for spreadsheets: what a dialect writes, and that a spreadsheet reads the same cells."""

from __future__ import annotations

import io
import shutil
import subprocess
from datetime import date, datetime
from pathlib import Path

import pytest
from openpyxl import load_workbook

from crm_metrics.book import Book, Column, Origin, Sheet
from crm_metrics.metrics.metric import Unit
from tests.renderers.reports import metric, report, row
from tests.writers.books import text

COLUMNS = [Column("name"), Column("value", unit=Unit.MONEY), Column("share", unit=Unit.PERCENT), Column("day")]
ROWS = [
    ['Zoë, "Bo"; & Söhne', 1.234, 0.5, date(2025, 3, 4)],
    ["=1+1", 1234567.5, None, None],
    ["two\nlines", -1000.0, 1.5e-07, date(2024, 2, 29)],
]
BOOK = Book("Names", Origin(date(2025, 3, 31)), [Sheet("names", "", COLUMNS, ROWS)])
LOCALES = {"en-US": ("excel", "44", "1033"), "de-DE": ("excel-eu", "59", "1031")}


def test_no_dialect_is_plain_csv() -> None:
    made = text(BOOK, "csv")

    assert made.startswith("name,value,share,day\n")
    assert "\r" not in made


def test_excel_has_a_mark_and_lines_of_windows() -> None:
    first, second, *_ = text(BOOK, "csv", dialect="excel").split("\r\n")

    assert (first, second) == ("\ufeffname,value,share,day", '"Zoë, ""Bo""; & Söhne",1.234,0.5,2025-03-04')


def test_excel_eu_has_semicolons_and_decimal_commas() -> None:
    lines = text(BOOK, "csv", dialect="excel-eu").split("\r\n")

    assert lines[1:3] == ['"Zoë, ""Bo""; & Söhne";1,234;0,5;2025-03-04', "'=1+1;1234567,5;;"]
    assert lines[3] == '"two\nlines";-1000;1,5e-07;2024-02-29'


def test_tsv_keeps_its_tabs() -> None:
    assert text(BOOK, "tsv", dialect="excel-eu").startswith("\ufeffname\tvalue\tshare\tday\r\n")


def test_a_report_is_written_in_the_dialect_too() -> None:
    from crm_metrics.commands.report.book import book

    rate = metric("win_rate")
    made = text(book(report([row(rate, 0.6315, owner="a.b")], [rate], by=("owner",))), "csv", dialect="excel-eu")

    assert ";a.b;0,6315;" in made


@pytest.mark.parametrize("locale", LOCALES)
def test_a_spreadsheet_reads_the_same_cells(tmp_path: Path, locale: str) -> None:
    if shutil.which("soffice") is None:
        pytest.skip("LibreOffice is not installed: no spreadsheet to open CSV in")
    dialect, separator, language = LOCALES[locale]
    (tmp_path / "names.csv").write_bytes(text(BOOK, "csv", dialect=dialect).encode())
    read = f"CSV:{separator},34,76,1,,{language},false,true"
    profile = f"-env:UserInstallation=file://{tmp_path}/profile"
    command = ["soffice", profile, "--headless", f"--infilter={read}", "--convert-to", "xlsx", "names.csv"]
    subprocess.run(command, cwd=tmp_path, capture_output=True, check=True, timeout=120)
    head, *lines = load_workbook(io.BytesIO((tmp_path / "names.xlsx").read_bytes())).active.iter_rows(values_only=True)

    assert head == ("name", "value", "share", "day")
    assert lines == [
        (ROWS[0][0], 1.234, 0.5, datetime(2025, 3, 4)),
        ("'=1+1", 1234567.5, None, None),
        ("two\nlines", -1000, 1.5e-07, datetime(2024, 2, 29)),
    ]
