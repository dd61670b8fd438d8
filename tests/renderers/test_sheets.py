"""A book of tables says the same in every form."""

from __future__ import annotations

import csv
import io
import json
from datetime import date
from typing import Any

import pytest

from crm_metrics.book import OF_ROW, Book, Column, Origin, Sheet
from crm_metrics.errors import UsageError
from crm_metrics.metrics.metric import Unit
from crm_metrics.writers import How, formats, write

SHEET = Sheet(
    "goals",
    "Goals",
    (
        Column("metric", "Metric"),
        Column("unit", shown=False),
        Column("value", unit=OF_ROW),
        Column("attainment", unit=Unit.PERCENT, bar=True),
        Column("money", unit=Unit.MONEY, spare=1),
        Column("currency", shown=False),
        Column("is_met"),
        Column("due", spare=2),
    ),
    [
        ("Win rate", "percent", 0.6315, 0.5, 1234.5, "USD", False, date(2025, 1, 2)),
        ("=1|*x*", "money", 1e6, 1.2, None, "EUR", True, None),
        ("long\x1b[31m", "count", float("nan"), None, None, None, None, None),
    ],
)
BOOK = Book("Goals 2025", Origin(date(2025, 12, 31)), [SHEET, Sheet("more", "More", (Column("a"),), [], empty="none")])


def written(format: str, *, table: str | None = None, **how: Any) -> str:  # noqa: A002
    made = write(BOOK, format, How(**how), table=table)
    assert isinstance(made, str)
    return made


def test_csv_has_every_column_and_neutralises_formulas() -> None:
    rows = list(csv.reader(io.StringIO(written("csv"))))

    assert [column.name for column in SHEET.columns] == rows[0]
    assert ["Win rate", "percent", "0.6315", "0.5", "1234.5", "USD", "false", "2025-01-02"] == rows[1]
    assert ["'=1|*x*", "money", "1000000", "1.2", "", "EUR", "true", ""] == rows[2]


def test_json_has_the_main_table_as_rows_and_the_others_by_name() -> None:
    made = json.loads(written("json"))

    assert (1, "2025-12-31", 3, []) == (made["format"], made["as_of"], len(made["rows"]), made["more"])
    assert None is made["rows"][2]["value"]


def test_jsonl_has_one_object_per_row() -> None:
    assert json.loads(written("json"))["rows"] == [json.loads(line) for line in written("jsonl").splitlines()]


def test_a_page_shows_units_currencies_and_bars() -> None:
    page = written("text")

    assert "63.2 %" in page
    assert "1,000,000 EUR" in page
    assert "50.0 % █████▁▁▁▁▁" in page
    assert "  none" in page
    assert "\x1b" not in page


@pytest.mark.parametrize("width", [30, 45, 60, 80, 120])
def test_a_narrow_page_loses_columns_and_never_a_digit(width: int) -> None:
    lines = written("text", width=width).splitlines()
    shown = "\n".join(lines)

    assert ["1,000,000 EUR"] == [number for number in ["1,000,000 EUR"] if number in shown]
    assert ("due" in shown) == (width >= 80)


def test_markdown_makes_signs_plain() -> None:
    made = written("markdown")

    assert "=1\\|\\*x\\*" in made
    assert "| ---: |" in made


def test_one_table_can_be_chosen_and_a_misspelt_one_is_named() -> None:
    assert "a\n" == written("csv", table="more")
    assert "Goals\n" not in written("text", table="more")
    with pytest.raises(UsageError, match=r"'mor'.*more"):
        written("csv", table="mor")


def test_every_form_is_written() -> None:
    texts = [name for name in formats() if name not in ("png", "svg", "xlsx")]

    assert [] == [name for name in texts if not written(name).endswith("\n")]


def test_no_word_and_no_number_is_cut_and_what_does_not_fit_is_said() -> None:
    columns = [Column("name"), *(Column(f"a_long_heading_{number}", unit=Unit.COUNT) for number in range(4))]
    rows = [("A product with a long name", 1234567.0, 2.0, 3.0, 4.0)]
    book = Book("Book", Origin(date(2025, 12, 31)), [Sheet("one", "One", columns, rows)])
    shown = {width: str(write(book, "text", How(width=width))) for width in range(34, 120)}

    assert all(max(map(len, text.splitlines())) <= width for width, text in shown.items())
    assert all("1,234,567" in text and "product" in text for text in shown.values())
    row = {width: next(line for line in text.splitlines() if "1,234,567" in line) for width, text in shown.items()}
    assert all(("more column" in text) == (row[width].split()[-1] != "4") for width, text in shown.items())
    assert "more column" not in shown[119]
    assert "more columns: a wider" in " ".join(shown[34].split())
