"""Files of orders that hold more than sales: each kind of row counts for what it is, and no money twice."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from crm_metrics import api
from crm_metrics.errors import DataError
from crm_metrics.loaders.facts.ledgers import is_ledger, kind_of
from crm_metrics.reporting.report import Report
from crm_metrics.settings import Settings, validated

from .conftest import TODAY

QUARTER = "2025-Q1"


def export(folder: Path, name: str, text: str) -> str:
    path = folder / name
    path.write_text(text.strip() + "\n", encoding="utf-8")
    return str(path)


def report(*paths: str, settings: Settings | None = None) -> Report:
    return api.report(list(paths), period=QUARTER, settings=settings or Settings(as_of=None), today=TODAY)


def value(found: Report, name: str) -> float | None:
    rows = found.rows[(found.rows["metric"] == name) & (found.rows["status"] != "unavailable")]
    return None if rows.empty else float(rows["value"].iloc[0])


LEDGERS = {  # the header, and what an invoice, its payment and a credit note are called
    "en": ("Date,Transaction Type,Num,Customer,Amount", "Invoice", "Payment", "Credit Memo"),
    "de": ("Datum,Buchungsart,Nummer,Kunde,Betrag", "Rechnung", "Zahlungseingang", "Gutschrift"),
    "es": ("Fecha,Tipo de transacción,Número,Cliente,Importe", "Factura", "Pago", "Nota de crédito"),
    "it": ("Data,Tipo di transazione,Numero,Cliente,Importo", "Fattura", "Pagamento", "Nota di credito"),
    "pl": ("Data,Typ transakcji,Numer,Klient,Kwota", "Faktura", "Wpłata", "Faktura korygująca"),
}


@pytest.mark.parametrize("language", LEDGERS)
def test_an_invoice_counts_and_what_was_paid_for_it_does_not(tmp_path: Path, language: str):
    header, *types = LEDGERS[language]
    amounts = (200, 200, -50)
    dated = [f"2025-0{at}-15,{types[at - 1]},{at},Birch,{amount}" for at, amount in enumerate(amounts, start=1)]
    found = report(export(tmp_path, "ledger.csv", "\n".join([header, *dated])))

    assert (value(found, "revenue"), value(found, "orders"), value(found, "refunds")) == (150, 1, -50)
    assert dict(found.sources[0].left_out) == {"no-sale": 1}


HEADER = "Transaction ID,Date,Customer,Type,Amount"


def ledger(folder: Path, *lines: str, header: str = HEADER) -> str:
    return export(folder, "ledger.csv", "\n".join([header, *lines]))


def test_transfers_withdrawals_and_fees_are_no_revenue(tmp_path: Path):
    lines = [
        "1,2025-03-01,A,Sale,100",
        "2,2025-03-02,,Fee,-3",
        "3,2025-03-03,,Transfer to bank,-90",
        "4,2025-03-04,,Deposit,500",
    ]
    found = report(ledger(tmp_path, *lines))

    assert (value(found, "revenue"), value(found, "new_customers")) == (100, 1)
    assert "left out by Type" in next(issue.sentence for issue in found.issues if issue.code == "no-sale")


@pytest.mark.parametrize("amount", ["-40", "40"])
def test_a_refund_takes_away_whatever_its_sign(tmp_path: Path, amount: str):
    found = report(ledger(tmp_path, "1,2025-03-01,A,Sale,100", f"2,2025-03-05,A,Refund,{amount}"))

    assert (value(found, "revenue"), value(found, "refunds"), value(found, "orders")) == (60, -40, 1)


@pytest.mark.parametrize(
    ("order", "invoice", "other"),
    [("Auftrag", "Rechnung", "Mahnung"), ("Pedido", "Factura", "Albarán"), ("Order", "Invoice", "Proforma invoice")],
)
def test_of_an_order_and_its_invoice_the_invoice_counts(tmp_path: Path, order: str, invoice: str, other: str):
    found = report(
        ledger(tmp_path, f"1,2025-03-01,A,{order},100", f"2,2025-03-02,A,{invoice},100", f"3,2025-03-20,A,{other},100")
    )

    assert (value(found, "revenue"), value(found, "orders")) == (100, 1)
    assert dict(found.sources[0].left_out) == {"no-sale": 2}


def test_payments_without_invoices_are_the_sales(tmp_path: Path):
    found = report(
        ledger(tmp_path, "1,2025-03-01,A,Payment,100", "2,2025-03-02,,Payout,-97", "3,2025-03-03,B,Payment,-20")
    )

    assert (value(found, "revenue"), value(found, "orders")) == (100, 1)  # what was paid out is no refund


def test_a_type_that_nobody_knows_beside_others_is_asked_about_and_the_answer_settles_it(tmp_path: Path):
    path = ledger(tmp_path, "1,2025-03-01,A,Sale,100", "2,2025-03-02,,Fee,-3", "3,2025-03-03,B,Foobar,20")

    with pytest.raises(DataError) as refused:
        report(path)
    assert "Type" in str(refused.value)
    assert "Foobar" in str(refused.value)
    line = str(refused.value.hint).partition("--set '")[2].rpartition("'")[0]
    settings = validated({"files": [{"path": "ledger.csv", "values": {"type": {"Foobar": "sale"}}}]}, "test")
    assert value(report(path, settings=settings), "revenue") == 120
    command = [sys.executable, "-m", "crm_metrics", "report", path, "-p", QUARTER, "-m", "revenue", "-f", "csv"]
    assert subprocess.run([*command, "--no-config", "--set", line], capture_output=True, check=False).returncode == 0


def test_a_list_of_deposits_and_withdrawals_says_nothing_of_sales(tmp_path: Path):
    with pytest.raises(DataError, match="Type"):
        report(ledger(tmp_path, "1,2025-03-01,A,Deposit,100", "2,2025-03-02,,Withdrawal,-3"))


@pytest.mark.parametrize(
    "types",
    [
        ("Online", "In-store"),
        ("New business", "Renewal"),
        ("Bank transfer", "Cash"),
        ("Payment", "Payment"),
        ("B2B", "B2C"),
    ],
)
def test_a_type_that_tells_no_sale_from_another_row_changes_nothing(tmp_path: Path, types: tuple[str, str]):
    found = report(ledger(tmp_path, f"1,2025-03-01,A,{types[0]},100", f"2,2025-03-02,B,{types[1]},20"))

    assert (value(found, "revenue"), value(found, "orders")) == (120, 2)
    assert not {issue.code for issue in found.issues} & {"no-sale"}


def test_payments_of_invoices_in_another_file_count_once(tmp_path: Path):
    invoices = export(
        tmp_path, "invoices.csv", "Invoice ID,Invoice Date,Customer,Amount\nA-1,2025-03-01,A,100\nA-2,2025-03-02,B,50"
    )
    payments = export(
        tmp_path,
        "payments.csv",
        "Payment ID,Invoice ID,Payment Date,Customer,Amount\nP-1,A-1,2025-03-05,A,100\nP-2,A-9,2025-03-06,C,7",
    )
    found = report(invoices, payments)

    assert value(found, "revenue") == 157  # A-9 is not there: its payment is all that is known of it


@pytest.mark.parametrize(
    ("label", "kind"),
    [
        ("Invoice", "invoice"),
        ("Payment Refund", "refund"),
        ("SalesReceipt", "sale"),
        ("Reversal of General Account Hold", "other"),
        ("PreApproved Payment Bill User Payment", "payment"),
        ("Abschlagsrechnung", "invoice"),
        ("Rückzahlung", "refund"),
        ("Allgemeine Währungsumrechnung", "other"),
        ("Remboursement de paiement", "refund"),
        ("Verkoopfactuur", "invoice"),
        ("Inkoopfactuur", "other"),
        ("決済手数料", "other"),
        ("返金", "refund"),
        ("Online", None),
    ],
)
def test_what_a_row_of_a_ledger_is_called_says_what_it_is(label: str, kind: str | None):
    assert kind_of(label) == kind


def test_only_what_tells_sales_from_others_makes_a_ledger():
    assert is_ledger(["invoice", "payment"])
    assert is_ledger(["sale", "refund"])
    assert not is_ledger([None, None])
    assert not is_ledger(["method", None])
    assert not is_ledger(["payment"])
