"""Refunds count once, at their date; orders of 0 are no purchases; a total that stands on its lines is not a line's."""

from __future__ import annotations

from pathlib import Path

import pytest

from crm_metrics import api
from crm_metrics.errors import NothingToReport
from crm_metrics.reporting.report import Report
from crm_metrics.settings import Settings

from .conftest import TODAY
from .test_ledgers import export, value


def report(path: str, *, period: str = "2025-01", **more: str) -> Report:
    return api.report([path], period=period, settings=Settings(**more), today=TODAY)


HEADERS = {
    "en": "Order ID,Customer,Order Date,Amount,Status",
    "de": "Bestellnummer,Kunde,Bestelldatum,Betrag,Status",
    "fr": "Numéro de commande,Client,Date de la commande,Montant,Statut",
}
WORDS = {"en": "refunded", "de": "rückerstattet", "fr": "remboursé"}
PAID = {"en": "completed", "de": "bezahlt", "fr": "payé"}


@pytest.mark.parametrize("language", HEADERS)
@pytest.mark.parametrize("number", ["103", "102"])
def test_a_refunded_order_and_its_row_are_one_refund(tmp_path: Path, language: str, number: str):
    """Whether the row has a number of its own or that of the order."""
    word, paid = WORDS[language], PAID[language]
    lines = [
        f"101,A,2025-01-13,50,{paid}",
        f"102,B,2025-01-14,30,{word}",
        f"{number},B,2025-01-15,-30,{word}",
        f"104,A,2025-01-15,20,{paid}",
    ]
    found = report(export(tmp_path, "shop.csv", "\n".join([HEADERS[language], *lines])))

    assert (value(found, "revenue"), value(found, "refunds"), value(found, "orders")) == (70, -30, 3)


def test_a_refund_stands_at_its_own_date_where_the_file_has_one(tmp_path: Path):
    header = "Order ID,Customer,Order Date,Amount,Refunded Amount,Refunded At"
    path = export(
        tmp_path, "shop.csv", f"{header}\n1,A,2025-01-13,50,20,2025-02-03\n2,B,2025-01-15,10,,\n3,B,2025-02-15,10,,"
    )

    assert (value(report(path), "revenue"), value(report(path, period="2025-02"), "refunds")) == (60, -20)


def test_an_exchange_takes_back_one_thing_and_sells_another(tmp_path: Path):
    lines = ["1,A,2025-01-10,50,completed", "2,A,2025-01-12,-50,completed", "3,A,2025-01-12,60,completed"]
    found = report(export(tmp_path, "shop.csv", "\n".join([HEADERS["en"], *lines])))

    assert (value(found, "revenue"), value(found, "orders"), value(found, "refunds")) == (60, 2, -50)


def test_equal_purchases_of_one_day_are_two(tmp_path: Path):
    lines = ["1,A,2025-01-10,30,completed", "2,A,2025-01-10,30,completed", "3,A,2025-01-10,30,refunded"]
    found = report(export(tmp_path, "shop.csv", "\n".join([HEADERS["en"], *lines])))

    assert (value(found, "revenue"), value(found, "orders"), value(found, "refunds")) == (60, 3, -30)


def test_an_order_of_0_makes_nobody_a_customer(tmp_path: Path):
    lines = ["1,A,2025-01-10,100,paid", "2,B,2025-01-11,0,paid", "3,A,2025-01-12,0.00,paid"]
    found = report(export(tmp_path, "shop.csv", "\n".join([HEADERS["en"], *lines])))

    assert (value(found, "new_customers"), value(found, "orders"), value(found, "average_order_value")) == (1, 1, 100)
    assert dict(found.sources[0].left_out) == {"zero-order": 2}


def test_a_shop_of_free_samples_has_orders(tmp_path: Path):
    lines = ["1,A,2025-01-10,0,paid", "2,B,2025-01-11,0,paid"]
    found = report(export(tmp_path, "shop.csv", "\n".join([HEADERS["en"], *lines])))

    assert (value(found, "new_customers"), value(found, "orders")) == (2, 2)


def test_a_won_deal_of_0_is_a_purchase(tmp_path: Path):
    path = export(
        tmp_path,
        "deals.csv",
        "Deal ID,Stage,Customer,Amount,Close Date\n1,Closed Won,A,100,2025-01-10\n2,Closed Won,B,0,2025-01-11",
    )

    assert value(report(path), "orders") == 2


LINES = "Order ID,Order Date,Customer,Product,Quantity,Order Total"


def test_a_repeated_total_is_no_products(tmp_path: Path):
    lines = ["1,2025-01-01,A,Tea,1,17.00", "1,2025-01-01,A,Cup,2,17.00", "2,2025-01-02,B,Tea,1,9.00"]
    found = report(export(tmp_path, "orders.csv", "\n".join([LINES, *lines])), order_amount="total")
    products = found.rows[found.rows["metric"].isin(["product_revenue", "product_share"])]

    assert value(found, "revenue") == 26
    assert set(products["reason"]) == {"missing-values"}


def test_the_lines_own_prices_divide_a_repeated_total(tmp_path: Path):
    lines = ["1,2025-01-01,A,Tea,1,20.00,5", "1,2025-01-01,A,Cup,2,20.00,5.50", "2,2025-01-02,B,Tea,1,9.00,9"]
    path = export(tmp_path, "orders.csv", "\n".join([f"{LINES},Unit Price", *lines]))
    found = report(path, order_amount="total").rows
    sold = found[found["metric"] == "product_revenue"].set_index("product")["value"]

    assert sold.to_dict() == pytest.approx({"Tea": 9 + 20 * 5 / 16, "Cup": 20 * 11 / 16})


def test_no_reply_after_no_time_is_no_answer(tmp_path: Path):
    lines = ["1,2025-01-10 10:00,0,0", "2,2025-01-11 11:00,12,1", "3,2025-01-12 11:00,0,2"]
    path = export(tmp_path, "t.csv", "\n".join(["Ticket ID,Created at,First response minutes,Agent replies", *lines]))

    assert value(report(path), "unanswered_rate") == pytest.approx(1 / 3)
    assert value(report(path), "first_response_time") == 6


@pytest.mark.parametrize(
    ("status", "back", "refunds"),
    [("refunded", "0.00", -80), ("refunded", "", -80), ("refunded", "5", -5), ("paid", "0.00", 0), ("paid", "5", -5)],
)
def test_nothing_given_back_beside_a_refunded_status_is_all_of_it(
    tmp_path: Path, status: str, back: str, refunds: float
):
    lines = [f"1,A,2025-01-10,80,{status},{back}", "2,B,2025-01-11,10,paid,0.00"]
    header = "Order ID,Customer,Order Date,Total,Status,Amount refunded"
    found = report(export(tmp_path, "shop.csv", "\n".join([header, *lines])))

    assert value(found, "refunds") == refunds


@pytest.mark.parametrize(
    ("order", "payment", "revenue", "refunds"),
    [
        ("Completed", "Paid", 100, 0),
        ("Completed", "Refunded", 20, -80),
        ("Returned", "Paid", 20, -80),
        ("Cancelled", "Paid", 20, 0),
        ("Completed", "Voided", 20, 0),
        ("Cancelled", "Refunded", 20, 0),
        ("Shipped", "Partially refunded", 100, 0),
        ("On its way", "Paid", 100, 0),
        ("Completed", "Bank transfer", 100, 0),
    ],
)
@pytest.mark.parametrize(
    "header", ["Order status,Payment status", "Payment status,Order status", "Status,Payment status"]
)
def test_either_status_of_an_order_can_end_it(
    tmp_path: Path, order: str, payment: str, revenue: float, refunds: float, header: str
):
    states = f"{payment},{order}" if header.startswith("Payment") else f"{order},{payment}"
    others = "Paid,Completed" if header.startswith("Payment") else "Completed,Paid"
    lines = [f"1,A,2025-01-10,80,{states}", f"2,B,2025-01-11,20,{others}"]
    found = report(export(tmp_path, "shop.csv", "\n".join([f"Order ID,Customer,Order Date,Total,{header}", *lines])))

    assert (value(found, "revenue"), value(found, "refunds")) == (revenue, refunds)
    assert [issue for issue in found.issues if issue.code == "unknown-state"] == []


ORDERS = "Order ID,Customer,Order Date,Amount\n1,A,2025-01-02,100\n2,B,2025-01-03,50\n3,C,2025-01-04,40"
BACK = [
    "Refund ID,Order ID,Refund Date,Refund Amount\nR1,2,2025-01-10,50\nR2,3,2025-01-11,10",
    "Order ID,Refunded at,Refunded amount,Reason\n2,2025-01-10,50,x\n3,2025-01-11,10,y",
    "Numéro de commande;Date de remboursement;Montant remboursé\n2;2025-01-10;50\n3;2025-01-11;10",
    "Bestellnummer;Erstattungsdatum;Erstattungsbetrag\n2;2025-01-10;-50\n3;2025-01-11;-10",
]


@pytest.mark.parametrize("back", BACK)
def test_a_file_that_only_says_what_was_given_back_takes_it_off(tmp_path: Path, back: str):
    french, german = "commande" in back, "Bestell" in back
    header = {True: HEADERS["fr"] if french else HEADERS["de"], False: HEADERS["en"]}[french or german]
    named = header.rpartition(",")[0]
    export(tmp_path, "orders.csv", ORDERS.replace(HEADERS["en"].rpartition(",")[0], named))
    export(tmp_path, "more.csv", back)
    found = report(str(tmp_path))

    assert (value(found, "revenue"), value(found, "refunds"), value(found, "orders")) == (130, -60, 3)
    assert value(found, "arpu") == pytest.approx(130 / 3)  # who got it back is who bought


@pytest.mark.parametrize("number", ["Order ID", "Order number", "Order No"])
def test_an_order_that_is_called_refunded_and_stands_in_a_file_of_refunds_is_one(tmp_path: Path, number: str):
    orders = "Order ID,Customer,Order date,Total,Status\n1,A,2025-01-03,100,paid\n2,B,2025-01-04,50,refunded\n"
    (tmp_path / "orders.csv").write_text(orders + "3,C,2025-01-30,30,paid\n")
    (tmp_path / "refunds.csv").write_text(f"{number},Refund date,Refund amount\n2,2025-01-10,50\n")

    found = report(str(tmp_path))
    assert (value(found, "revenue"), value(found, "refunds")) == (130, -50)
    assert "order-without-customer" not in {issue.code for issue in found.issues}


def test_what_became_of_a_refund_is_not_what_became_of_its_order(tmp_path: Path):
    export(tmp_path, "orders.csv", ORDERS)
    export(
        tmp_path,
        "refunds.csv",
        "Refund ID,Order ID,Created at,Amount,Status\nR1,2,2025-01-10,50,paid\nR2,1,2025-01-11,9,failed",
    )
    found = report(str(tmp_path))

    assert (value(found, "revenue"), value(found, "refunds"), value(found, "orders")) == (140, -50, 3)


def test_orders_without_an_amount_are_no_refunds(tmp_path: Path):
    path = export(
        tmp_path, "shop.csv", "Order ID,Customer,Order date,Refunded amount,Refund date\n1,A,2025-01-02,10,2025-01-04"
    )

    with pytest.raises(NothingToReport):
        report(path)


GUESTS = "Order ID,Customer ID,Customer name,Order Date,Amount"


@pytest.mark.parametrize(
    ("lines", "buyers"),
    [
        (["1,0,Ann,2025-01-02,10", "2,0,Bob,2025-01-03,10", "3,7,Cyd,2025-01-04,10", "4,0,Ann,2025-01-05,10"], 3),
        (["1,0,Ann,2025-01-02,10", "2,1,Bob,2025-01-03,10", "3,0,Ann,2025-01-04,10"], 2),
        (["1,0,,2025-01-02,10", "2,1,,2025-01-03,10", "3,0,,2025-01-04,10"], 2),
        (["1,0,,2025-01-02,10", "2,1,,2025-01-03,10", "3,0,,2025-01-04,10", "4,0,,2025-01-04,20"], 1),
    ],
)
def test_an_id_of_0_with_several_names_is_nobodys(tmp_path: Path, lines: list[str], buyers: int):
    found = report(export(tmp_path, "shop.csv", "\n".join([GUESTS, *lines])))

    assert value(found, "active_customers") == buyers
    assert any(issue.code == "guest-id" for issue in found.issues) == (buyers != 2)
