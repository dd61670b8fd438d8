"""A workbook: what stands on its sheets, and that a spreadsheet opens it."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import zipfile
from dataclasses import replace
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from crm_metrics import api
from crm_metrics.book import OF_ROW, Book, Column, Curve, Origin, Sheet, cells
from crm_metrics.commands.customers.book import book
from crm_metrics.metrics.metric import Unit
from crm_metrics.writers import write
from crm_metrics.writers.workbook.cells import number_format
from tests.conftest import SAMPLE
from tests.writers.books import text, workbook

GOALS = Sheet(
    "goals",
    "Goals",
    (
        Column("metric", shown=False),
        Column("goal", "Goal"),
        Column("value", unit=OF_ROW),
        Column("attainment", "reached", Unit.PERCENT, bar=True),
        Column("change", unit=OF_ROW, signed="difference"),
        Column("due"),
        Column("id"),
        Column("status", styles={"met": "green", "missed": "red"}),
        Column("unit", shown=False),
        Column("currency", shown=False),
    ),
    [
        ("revenue", "Revenue", 1234.5, 0.5, -10.25, date(2025, 3, 31), "007", "missed", "money", "USD"),
        ("win_rate", "Win rate", 0.631, 1.1, 0.017, date(1899, 1, 2), "12345678901234567", "met", "percent", None),
        ("time", "Time", 35.91, None, float("nan"), None, None, None, "hours", None),
    ],
    notes=["a note"],
)
NOTHING = [None, None]
CURVE = Curve("Revenue", Unit.MONEY, "USD", ["2025-01", "2025-02"], [1.0, 2.0], [True, True], *[NOTHING] * 4)
BOOK = Book(
    "Goals",
    Origin(date(2025, 3, 31)),
    [GOALS, Sheet("more", "History", (Column("a"), Column("b", "A")), [("x", "y")])],
    says=["One is met."],
    charts=[CURVE],
    define=lambda name: {"meaning": f"what {name} is"},
)


@cache
def made() -> Any:
    return workbook(BOOK)


def test_the_summary_has_what_was_found_and_the_table_below_a_frozen_heading() -> None:
    summary = made()["Summary"]
    texts = [str(cell.value) for row in summary.iter_rows() for cell in row if cell.value is not None]

    assert texts[0] == "Goals"
    assert "One is met." in texts
    assert [cell.value for cell in summary[int(summary.freeze_panes[1:]) - 1]][:2] == ["Goal", "value"]
    assert len(summary._charts) == 1


def test_numbers_are_numbers_in_the_format_of_their_unit_and_currency() -> None:
    data = made()["Data"]
    formats = {(cell.value, cell.number_format) for row in data["C2:E4"] for cell in row if cell.value is not None}

    assert formats == {
        (1234.5, "#,##0 [$USD]_)"),
        (0.631, "#,##0.0%_)"),
        (35.91, '#,##0.0" h"_)'),
        (0.5, "#,##0.0%_)"),
        (1.1, "#,##0.0%_)"),
        (-10.25, "+#,##0.00 [$USD]_);-#,##0.00 [$USD]_);#,##0.00 [$USD]_)"),
        (0.017, "+#,##0.0%_);-#,##0.0%_);#,##0.0%_)"),
    }


@pytest.mark.parametrize("unit", [Unit.PERCENT, Unit.MONEY, Unit.MINUTES, Unit.SCORE, Unit.COUNT, Unit.DAYS])
@pytest.mark.parametrize("number", [-0.000163, 0.00049, 0.0004999, 0.04, 0.6315, 12.3456, -1234.5, 0.0, 1e-9])
def test_a_number_has_as_many_decimals_as_on_a_page(unit: Unit, number: float) -> None:
    """So a small one is not shown as 0 (−0.0 % of −0.016 %), and of a usual one there are no more."""
    code = number_format(number, unit, None, "").partition('"')[0].strip("_)%")
    shown = re.match(r"[−\d,.]+", cells.value(number, unit)) if unit is not Unit.MINUTES or number > -120 else None
    if shown is not None:
        assert len(code.partition(".")[2]) == len(shown.group().partition(".")[2])


def test_headings_keep_apart_and_are_folded_rather_than_wide() -> None:
    columns = [Column("a", "Recurring revenue a month (USD)", Unit.COUNT), Column("b", "beyond chance")]
    drawn = workbook(Book("Fit", Origin(), [Sheet("fit", "", columns, [[1, "no"]])]))["Summary"]
    row = int(drawn.freeze_panes[1:]) - 1
    number, text = drawn.cell(row, 1), drawn.cell(row, 2)
    assert ("right", 1, True, "left") == (
        number.alignment.horizontal, number.alignment.indent, number.alignment.wrap_text, text.alignment.horizontal,
    )  # fmt: skip
    assert drawn.column_dimensions["A"].width < len(columns[0].title) / 1.5
    assert drawn.row_dimensions[row].height == 45


def test_days_are_days_from_1900_on_and_ids_are_text() -> None:
    data = made()["Data"]

    assert [data[f"F{row}"].value for row in (2, 3, 4)] == [datetime(2025, 3, 31), "1899-01-02", None]
    assert [(data[f"G{row}"].value, data[f"G{row}"].data_type) for row in (2, 3)] == [
        ("007", "s"),
        ("12345678901234567", "s"),
    ]


def test_the_data_is_a_table_to_filter() -> None:
    (table,) = made()["Data"].tables.values()

    assert (table.ref, table.autoFilter.ref) == ("A1:J4", "A1:J4")
    assert [cell.value for cell in made()["Data"][1]] == [column.name for column in GOALS.columns]


def test_words_have_their_colour_by_a_rule_and_shares_a_bar() -> None:
    rules = [rule for found in made()["Data"].conditional_formatting for rule in found.rules]

    assert [rule.formula[0] for rule in rules if rule.type == "cellIs"] == ['"met"', '"missed"']
    assert [rule.type for rule in rules].count("dataBar") == 1


def test_no_sheet_has_a_name_that_a_spreadsheet_refuses() -> None:
    assert made().sheetnames == [
        *(
            "Summary",
            "History 2",
            "Chart data",
            "Data",
            "Notes",
            "Definitions",
            "Inputs",
            "Left out",
            "Coverage",
            "Settings",
        )
    ]


def test_what_figures_mean_stands_on_a_sheet() -> None:
    assert list(made()["Definitions"].values)[1:3] == [("revenue", "what revenue is"), ("time", "what time is")]


def test_no_entry_of_the_file_has_a_time() -> None:
    written = write(BOOK, "xlsx")
    assert isinstance(written, bytes)

    assert {entry.date_time for entry in zipfile.ZipFile(io.BytesIO(written)).infolist()} == {(1980, 1, 1, 0, 0, 0)}
    assert made().properties.modified == datetime(2025, 3, 31)


def test_a_table_longer_than_a_sheet_is_refused() -> None:
    from crm_metrics.errors import UsageError

    long = replace(GOALS, rows=[GOALS.rows[0]] * 1_048_576)
    with pytest.raises(UsageError, match="1,048,575 rows"):
        write(replace(BOOK, sheets=[long]), "xlsx")


@pytest.mark.filterwarnings("ignore:.*extension is not supported")  # which LibreOffice writes
def test_a_spreadsheet_opens_it_and_reads_the_same_cells(tmp_path: Path) -> None:
    if shutil.which("soffice") is None:
        pytest.skip("LibreOffice is not installed: no spreadsheet to open a workbook in")
    written = write(BOOK, "xlsx")
    assert isinstance(written, bytes)
    (tmp_path / "in.xlsx").write_bytes(written)
    profile = f"-env:UserInstallation=file://{tmp_path}/profile"
    command = [
        "soffice",
        profile,
        "--headless",
        "--convert-to",
        "xlsx:Calc MS Excel 2007 XML",
        "--outdir",
        "out",
        "in.xlsx",
    ]
    subprocess.run(command, cwd=tmp_path, capture_output=True, check=True, timeout=120)
    again = load_workbook(io.BytesIO((tmp_path / "out" / "in.xlsx").read_bytes()))

    assert again.sheetnames == made().sheetnames
    assert [list(sheet.values) for sheet in again] == [list(sheet.values) for sheet in made()]


def test_a_long_name_of_a_sheet_ends_with_a_word() -> None:
    titles = ["Chances of winning, by the history of these files", "Everything that has changed since an older export"]
    made = workbook(replace(BOOK, sheets=[GOALS, *(replace(GOALS, title=title) for title in titles)]))

    assert ["Chances of winning", "Everything that has changed"] == made.sheetnames[1:3]


def test_the_days_of_customers_are_days() -> None:
    made = workbook(book(api.customers([SAMPLE])))["Data"]
    heads = [field.value for field in made[1]]

    assert isinstance(made.cell(2, heads.index("last_purchase") + 1).value, datetime)


def test_durations_of_a_row_are_in_one_unit() -> None:
    columns = [Column("unit", shown=False), *(Column(name, unit=OF_ROW) for name in ("value", "low", "high"))]
    page = text(
        replace(BOOK, sheets=[Sheet("limits", "", columns, [("hours", 2.4, 1.9, 3.4), ("minutes", 69, 59, 125)])]),
        "markdown",
    )

    assert "| 2.4 h | 1.9 h | 3.4 h |" in page
    assert "| 69 min | 59 min | 125 min |" in page
