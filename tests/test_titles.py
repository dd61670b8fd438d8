"""What a title says of the orders below it: the name of a file or a sheet, or a line above them."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest

from crm_metrics import api
from crm_metrics.loaders.normalising.titles import says
from crm_metrics.reporting.report import Report
from tests.conftest import TODAY

from .test_ledgers import value

HEADER = "Order ID,Customer,Order date,Amount"
SALES = "1,A,2025-03-01,100\n2,B,2025-03-02,50\n3,C,2025-03-15,25"
RETURNS = ("4,A,2025-03-22,30", "1,A,2025-03-22,30", "1,A,2025-03-01,30")
TITLES = (
    "Returns",
    "Gutschriften",
    "Avoirs",
    "Devoluções",
    "Devoluciones",
    "Note di credito",
    "Retouren",
    "Zwroty",
    "返品",
)


def report(folder: Path, **files: str) -> Report:
    for name, text in files.items():
        (folder / f"{name}.csv").write_text(text + "\n", encoding="utf-8")
    return api.report([str(folder)], period="2025-03", metrics=["revenue", "refunds", "orders"], today=TODAY)


def figures(found: Report) -> tuple[object, ...]:
    return value(found, "revenue"), value(found, "refunds"), value(found, "orders")


@pytest.mark.parametrize("returned", RETURNS)
@pytest.mark.parametrize("title", TITLES)
def test_orders_below_a_title_thatsays_refunds_are_taken_off(tmp_path: Path, title: str, returned: str) -> None:
    """As a file of its own, whose numbers and days may be those of the orders, and below the sales, with a header or not."""
    ways = {
        "file": {"orders": f"{HEADER}\n{SALES}", f"{title} 2025": f"{HEADER}\n{returned}"},
        "below": {"shop": f"Sales\n{HEADER}\n{SALES}\n\n{title}\n{HEADER}\n{returned}"},
        "heading": {"shop": f"{HEADER}\n{SALES}\n{title},,,\n{returned}"},
    }
    for name, files in ways.items():
        (tmp_path / name).mkdir()
        found = report(tmp_path / name, **files)

        assert figures(found) == (145, -30, 3)
        assert [issue.count for issue in found.issues if issue.code == "refunds-by-title"] == [1]


def test_a_sheet_of_refunds_is_taken_off_and_one_of_cancelled_orders_left_out(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    sheets = {"Sales": SALES, "Credit notes": RETURNS[0], "Cancelled orders": "9,D,2025-03-04,70"}
    for name, text in sheets.items():
        sheet = book.create_sheet(name)
        for line in f"{HEADER}\n{text}".splitlines():
            sheet.append([float(cell) if cell.isdigit() else cell for cell in line.split(",")])
    book.save(tmp_path / "shop.xlsx")

    assert figures(report(tmp_path)) == (145, -30, 3)


def test_a_list_of_cancelled_orders_tells_it_of_those_in_the_list_of_all(tmp_path: Path) -> None:
    found = report(tmp_path, orders=f"{HEADER}\n{SALES}", stornierte_bestellungen=f"{HEADER}\n2,B,2025-03-02,50")

    assert figures(found) == (125, 0, 2)


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("orders and returns", f"{HEADER}\n{SALES}", 175),
        ("Bestellungen ohne Retouren", f"{HEADER}\n{SALES}", 175),
        ("returns", f"{HEADER},Type\n1,A,2025-03-01,100,Sale\n2,B,2025-03-02,50,Sale", 150),
        ("returns", f"{HEADER}\n1,A,2025-03-01,-100\n2,B,2025-03-02,-50", -150),
        ("shop", f"{HEADER}\n1,Retouren GmbH,2025-03-01,100\n2,B,2025-03-02,50", 150),
        ("refunded orders", f"{HEADER}\n{SALES}", 0),
    ],
)
def test_a_title_is_no_sign_where_the_rows_tell_or_it_names_both(
    tmp_path: Path, name: str, text: str, expected: float
) -> None:
    assert value(report(tmp_path, **{name: text}), "revenue") == expected


@pytest.mark.parametrize(
    ("title", "said"),
    [
        ("credit_notes_2025-03", "refund"),
        ("Stornierte Bestellungen", "cancelled"),
        ("Commandes annulées", "cancelled"),
        ("Rückerstattungen Q1", "refund"),
        ("Geretourneerd", "refunded"),
        ("Not cancelled", ""),
        ("Returned goods are sent back to the warehouse within a week", ""),
        ("Open orders", ""),
    ],
)
def test_what_a_titlesays(title: str, said: str) -> None:
    assert says(title) == said
