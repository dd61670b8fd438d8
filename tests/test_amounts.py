"""Amounts as the locales write them, and the currency that their signs stand for."""

from __future__ import annotations

import pyarrow as pa
import pytest

from crm_metrics import api
from crm_metrics.errors import AmbiguousError
from crm_metrics.loaders.coercing import numbers
from crm_metrics.settings import validated
from tests.conftest import TODAY

ORDERS = "Order ID,Customer ID,Order date,{}\n1,A,2025-03-03,{}\n2,B,2025-03-09,{}\n"


def revenue(tmp_path, header, first, second, **settings):
    """The revenue of March by currency, and what was said about signs."""
    path = tmp_path / "orders.csv"
    cells = (f'"{cell}"' for cell in (header, first, second))
    path.write_text(ORDERS.format(*cells), encoding="utf-8")
    report = api.report(
        [str(path)], period="2025-03", metrics=["revenue"], settings=validated(settings, "test"), today=TODAY
    )
    said = [issue.detail["seen"] for issue in report.issues if issue.code == "currency-sign"]
    rows = report.rows[report.rows["value"].notna()]
    return {row.currency if isinstance(row.currency, str) else None: row.value for row in rows.itertuples()}, said


@pytest.mark.parametrize(
    ("text", "decimal", "expected"),
    [
        ("90,00 EUR", ",", 90),
        ("EUR 90,00", ",", 90),
        ("1 234,56 zł", ",", 1234.56),
        ("1\u00a0234,56\u00a0€", ",", 1234.56),
        ("1\u202f234,56 €", ",", 1234.56),
        ("R$ 1.234,56", ",", 1234.56),
        ("€ -1,00", ",", -1),
        ("- 5,00 €", ",", -5),
        ("€ 12,-", ",", 12),
        ("(420.81)", ".", -420.81),
        ("$(420.81)", ".", -420.81),
        ("-$4.00", ".", -4),
        ("$-4.00", ".", -4),
        ("4.00-", ".", -4),
        ("AU $3,013.00", ".", 3013),
        ("CHF 1'234.56", ".", 1234.56),
        ("1’234.56", ".", 1234.56),
        ("1,23,456.78", ".", 123456.78),
        ("₹ 12,34,567", ".", 1234567),
        ("￥１，２３４", ".", 1234),
        ("1,234円", ".", 1234),
        ("−5", ".", -5),
        ("Kr 1.000,50", ",", 1000.5),
        ("50 KR.", ",", 50),
        ("12,50 ZŁ", ",", 12.5),
        ("100 Lei", ".", 100),
        ("100 usd", ".", 100),
    ],
)
def test_an_amount_is_read_as_its_locale_writes_it(text, decimal, expected):
    assert numbers.resolve(numbers.take_apart(pa.array([text])), decimal)[0] == pytest.approx(expected)


@pytest.mark.parametrize("text", ["12k", "ca 100", "5 of 7", "zł", "1,2,3.4", "12 pcs", "0.5 BTC", "5 mil"])
def test_what_is_no_amount_stays_unread(text):
    assert numbers.resolve(numbers.take_apart(pa.array([text])), ".")[0] != pytest.approx(0)


@pytest.mark.parametrize(
    ("header", "first", "second"),
    [
        ("Amount ($)", "100", "50"),
        ("Amount", "$100.00", "-$4.00"),
        ("Amount (kr)", "100", "50"),
        ("Amount", "100 kr", "5 kr"),
    ],
)
def test_a_sign_of_several_currencies_names_none(tmp_path, header, first, second):
    found, said = revenue(tmp_path, header, first, second)

    assert set(found) == {None}
    assert len(said) == 1


@pytest.mark.parametrize(
    ("header", "first", "currency", "expected"),
    [
        ("Amount ($)", "100", "AUD", "AUD"),
        ("Amount", "$100", "CAD", "CAD"),
        ("Amount", "¥100", "CNY", "CNY"),
        ("Amount (kr)", "100", "NOK", "NOK"),
        ("Amount (AUD)", "$100", "USD", "AUD"),
        ("Amount", "AU $100", "USD", "AUD"),
        ("Amount (R$)", "100", "USD", "BRL"),
        ("Amount", "CA$100", "USD", "CAD"),
        ("Amount (US$)", "$100", "AUD", "USD"),
        ("Amount", "100 EUR", "USD", "EUR"),
    ],
)
def test_a_sign_is_the_currency_that_file_or_setting_say(tmp_path, header, first, currency, expected):
    found, said = revenue(tmp_path, header, first, first, currency=currency)

    assert found == {expected: 200}
    assert not said


def test_a_sign_is_none_of_a_currency_that_does_not_have_it(tmp_path):
    """Dollars are no euros, whatever the report is in."""
    found, _ = revenue(tmp_path, "Amount ($)", "100", "50", currency="EUR")

    assert found == {"$": 150}


def test_a_column_of_currencies_decides_before_signs(tmp_path):
    path = tmp_path / "orders.csv"
    path.write_text("Order ID,Customer,Order date,Amount,Currency\n1,A,2025-03-03,$100,AUD\n2,B,2025-03-09,$50,AUD\n")
    found = api.report([str(path)], period="2025-03", metrics=["revenue"], today=TODAY)

    assert list(found.rows["currency"]) == ["AUD"]
    assert "currency-sign" not in {issue.code for issue in found.issues}


@pytest.mark.parametrize(
    ("header", "cell"),
    [("Amount (JPY)", "1,500"), ("Amount", "1,500円"), ("Amount", "KRW 1,500"), ("Amount (金額)", "¥1,500")],
)
def test_a_currency_without_decimals_has_thousands(tmp_path, header, cell):
    assert set(revenue(tmp_path, header, cell, cell)[0].values()) == {3000}


def test_a_lone_group_in_other_currencies_is_asked_about(tmp_path):
    with pytest.raises(AmbiguousError):
        revenue(tmp_path, "Amount (EUR)", "1,500", "2,500")


def test_brackets_that_hold_no_currency_name_none(tmp_path):
    found, said = revenue(tmp_path, "Amount (net)", "100", "50")

    assert found == {None: 150}
    assert not said


@pytest.mark.parametrize(
    ("first", "second", "currency", "expected"),
    [
        ("1.2k", "500", None, 1700),
        ("300 Tsd", "1,2 Mio", None, 1_500_000),
        ("1,2 Mio. €", "500 €", "EUR", 1_200_500),
        ("US$3.4M", "-$1.2k", "USD", 3_398_800),
        ("12 k€", "(3k€)", "EUR", 9000),
        ("1,5 tys. zł", "2 mln zł", "PLN", 2_001_500),
        ("1,2万円", "300円", "JPY", 12_300),
        ("5 miljoner SEK", "1 SEK", "SEK", 5_000_001),
    ],
)
def test_a_word_behind_a_number_says_how_many_it_is(tmp_path, first, second, currency, expected):
    found, _ = revenue(tmp_path, "Amount", first, second)

    assert sum(found.values()) == pytest.approx(expected)
    assert currency in found


@pytest.mark.parametrize(
    ("header", "first"), [("Amount", "5 mil"), ("Amount", "12 pcs"), ("Amount", "5 Mrd"), ("Amount (k€)", "12k")]
)
def test_a_word_that_means_several_things_is_no_amount_and_no_currency(tmp_path, header, first):
    """`mil` is a thousand and a million, `pcs` is no code of a currency, and `12k` under thousands is twelve or 12,000."""
    assert len(revenue(tmp_path, header, first, "3.50")[0]) == 1
    assert sum(revenue(tmp_path, header, first, "3.50")[0].values()) in (3.5, 3500)


def test_a_length_of_a_product_is_no_million(tmp_path):
    path = tmp_path / "orders.csv"
    header = "Order ID,Customer,Order date,Product,Quantity,Amount\n"
    path.write_text(header + "1,A,2025-03-03,Rope,5 m,10.50\n2,B,2025-03-04,Rope,2,3\n")
    found = api.report([str(path)], period="2025-03", metrics=["product_units"], today=TODAY).rows

    assert found["value"].max() < 10


@pytest.mark.parametrize(("one", "two"), [("EUR", "USD"), ("€", "$"), ("eur", "£")])
def test_amounts_in_two_currencies_are_asked_about_not_picked(tmp_path, one, two):
    path = tmp_path / "orders.csv"
    rows = "1,A,2025-03-03,100,\n2,B,2025-03-04,,55\n3,B,2025-03-05,7,\n"
    path.write_text(f"Order ID,Customer,Order date,Amount ({one}),Amount ({two})\n{rows}", encoding="utf-8")

    with pytest.raises(AmbiguousError, match="amount could be"):
        api.report([str(path)], period="2025-03", metrics=["revenue"], today=TODAY)


def test_an_amount_beside_its_tax_is_not_asked_about(tmp_path):
    path = tmp_path / "orders.csv"
    header = "Order ID,Customer,Order date,Amount (EUR),Amount (converted)\n"
    path.write_text(header + "1,A,2025-03-03,100,110\n2,B,2025-03-04,5,6\n")
    rows = api.report([str(path)], period="2025-03", metrics=["revenue"], today=TODAY).rows

    assert rows["value"].tolist() == [105]
