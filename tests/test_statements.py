"""What moved on one's own accounts and cards is no list of sales: costs stand in it too. Nor is what stayed in a cart."""

from __future__ import annotations

import pytest

from crm_metrics import api
from crm_metrics.errors import DataError, NothingToReport
from crm_metrics.settings import validated
from tests.conftest import TODAY, figures

STATEMENTS = {  # the header and its rows, n from 1 to 8
    "Date,Account Name,Account Number,Institution Name,Amount": "2025-03-0{n},Card,5001,A Bank,{n}.50",
    "Date,Merchant,Account,Original Statement,Amount": "2025-03-0{n},Shop {n},Card,SHOP,-{n}.50",
    "Date,Account Name,Original Description,Amount": "2025-03-0{n},Card,SHOP {n},{n}.50",
    "Date,Account #,Card Member,Reference,Amount": "2025-03-0{n},-25001,Ann,R{n},{n}.50",
    "Date,Payee,Account number,Payment reference,Amount": "2025-03-0{n},Shop,DE{n},R{n},-{n}.50",
    "Date,Payment Reference,Amount,Running Balance": "2025-03-0{n},R{n},{n}.50,100.{n}0",
    "Transaction ID,Date,Amount,Money In,Money Out": "t{n},2025-03-0{n},-{n}.50,,{n}.50",
    "Transaction ID,Date,Type,Asset,Amount,Fee": "t{n},2025-03-0{n},Buy,BTC,{n}.50,1",
    "Checkout ID,Created at,Email,Total,Recovery Status": "{n},2025-03-0{n},a{n}@x.org,{n}.50,Not Recovered",
    "Cart ID,Email,Total,Abandoned at": "{n},a{n}@x.org,{n}.50,2025-03-0{n}",
    "Buchungstag;Valutadatum;Kunde;Betrag": "0{n}.03.2025;0{n}.03.2025;Shop {n};-{n},50",
    "Date;Date de valeur;Client;Montant": "0{n}/03/2025;0{n}/03/2025;Shop {n};-{n},50",
    "Fecha;Fecha valor;Cliente;Importe": "0{n}/03/2025;0{n}/03/2025;Shop {n};-{n},50",
    "Data;Data valuta;Cliente;Importo": "0{n}/03/2025;0{n}/03/2025;Shop {n};-{n},50",
    "Datum;Tegenrekening;Klant;Bedrag": "0{n}-03-2025;NL{n};Shop {n};-{n},50",
    "Data;Data waluty;Klient;Kwota": "0{n}.03.2025;0{n}.03.2025;Shop {n};-{n},50",
}
SALES = {
    "Date,Account Name,Account Number,Amount": "2025-03-0{n},Firm {n},5001,{n}",
    "Date,Order ID,Customer,Amount,Balance": "2025-03-0{n},{n},Firm {n},{n},0",
    "Datum;Bestellnummer;Kunde;Betrag;Valuta": "0{n}.03.2025;B{n};Firma {n};{n};EUR",
}


def written(tmp_path, header, row):
    path = tmp_path / "export.csv"
    path.write_text("\n".join([header, *(row.format(n=n) for n in range(1, 9))]) + "\n", encoding="utf-8")
    return str(path)


@pytest.mark.parametrize("header", STATEMENTS)
def test_a_statement_gives_no_revenue(tmp_path, header):
    with pytest.raises((DataError, NothingToReport)):
        api.report([written(tmp_path, header, STATEMENTS[header])], period="2025-03", today=TODAY)


@pytest.mark.parametrize("header", SALES)
def test_sales_that_name_an_account_or_a_balance_are_sales(tmp_path, header):
    assert figures(written(tmp_path, header, SALES[header]), period="2025-03")[("revenue",)] == 36


def moved(tmp_path, *types):
    rows = [f"{n},2025-03-0{n},Firm,{kind},{n}00" for n, kind in enumerate(types, 1)]
    path = tmp_path / "export.csv"
    path.write_text("\n".join(["Transaction ID,Date,Customer,Type,Amount", *rows]) + "\n", encoding="utf-8")
    return str(path)


@pytest.mark.parametrize("types", [("debit", "credit", "debit"), ("CREDIT", "DEBIT"), ("Debits", "Credits")])
def test_debits_and_credits_are_asked_about_and_the_advice_reads_them(tmp_path, types):
    path = moved(tmp_path, *types)

    with pytest.raises(DataError) as raised:
        api.report([path], period="2025-03", today=TODAY)

    credit, debit = sorted({*types}, key=str.casefold)
    assert f'"{credit}" = "sale", "{debit}" = "other"' in str(raised.value.hint)
    meant = {"path": "export.csv", "values": {"type": {credit: "sale", debit: "other"}}}
    settings = validated({"files": [meant]}, "test")
    sold = sum(100 * n for n, kind in enumerate(types, 1) if kind == credit)
    assert figures(path, period="2025-03", settings=settings)[("revenue",)] == sold


def test_a_credit_beside_an_invoice_is_given_back(tmp_path):
    assert figures(moved(tmp_path, "Invoice", "Invoice", "Credit"), period="2025-03")[("revenue",)] == 0
