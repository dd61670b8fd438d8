"""Amounts whose currency is only in the number format of their cells."""

from __future__ import annotations

from datetime import date

import openpyxl
import pytest

from crm_metrics import api
from crm_metrics.loaders.reading.money_formats import sign_in
from tests.conftest import TODAY

EURO, POUND, ZLOTY = "[$€-407] #,##0.00", "[$£-809]#,##0.00", '#,##0.00\\ "zł"'


def revenue(tmp_path, cells, header="Amount", **settings):
    """The revenue by currency, "" where none is known, of amounts with their formats."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["Order ID", "Order date", "Customer", header])
    for at, (amount, shown) in enumerate(cells, 1):
        sheet.append([at, date(2025, 3, at), f"C{at}", amount])
        sheet.cell(at + 1, 4).number_format = shown
    path = tmp_path / "orders.xlsx"
    book.save(path)
    rows = api.report([str(path)], period="2025-03", metrics=["revenue"], today=TODAY, **settings).rows
    return {row.currency if isinstance(row.currency, str) else "": row.value for row in rows.itertuples()}


def test_amounts_that_are_shown_in_several_currencies_are_not_added(tmp_path):
    assert revenue(tmp_path, [(100, EURO), (50, POUND), (10, EURO)]) == {"EUR": 110, "GBP": 50}


@pytest.mark.parametrize("rest", [ZLOTY, "General", "#,##0.00"])
def test_one_sign_is_that_of_the_whole_column(tmp_path, rest):
    """Accountants show it in the first row alone."""
    assert revenue(tmp_path, [(100.5, ZLOTY), (50, rest)]) == {"PLN": 150.5}


def test_a_header_says_more_than_a_format(tmp_path):
    assert revenue(tmp_path, [(100, EURO), (50, EURO)], "Amount (USD)") == {"USD": 150}


def test_a_format_that_names_a_language_alone_names_no_currency(tmp_path):
    assert revenue(tmp_path, [(100, "[$-409]#,##0.00"), (50, "#,##0.00")]) == {"": 150}


@pytest.mark.parametrize(
    ("code", "sign"),
    [
        ('_-* #,##0.00\\ "€"_-;\\-* #,##0.00\\ "€"_-', "€"),
        ("[$USD] #,##0.00", "USD"),
        ("$#,##0.00", "$"),
        ('"R$" #,##0.00', "R$"),
        ("#,##0.00\\ \\€", "€"),
        ('#,##0.0,"k"', ""),
        ('0.0 "h"', ""),
        ("dd.mm.yyyy", ""),
        ("[$-F800]dddd", ""),
        ('0 "pcs"', ""),
    ],
)
def test_a_sign_is_found_in_a_format(code, sign):
    assert sign_in(code) == sign
