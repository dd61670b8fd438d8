"""Orders, invoices and payments: lines of an order, what is no sale, and one sale in several documents."""

from __future__ import annotations

from pathlib import Path

import pytest

from crm_metrics import api
from crm_metrics.errors import AmbiguousError
from crm_metrics.reporting.report import Report
from crm_metrics.settings import Settings

from .conftest import TODAY, figures

SHOPIFY = (
    "Name,Email,Financial Status,Currency,Total,Created at,"
    "Lineitem quantity,Lineitem name,Lineitem price,Lineitem discount"
)
INVOICES = "id,Customer,Number,Status,Currency,Amount Due,Total,Date (UTC),Finalized At (UTC)"
PAYMENTS = "id,Created (UTC),Amount,Amount Refunded,Currency,Status,Captured,Customer ID"


def export(folder: Path, name: str, *lines: str) -> str:
    path = folder / name
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return str(path)


def report(*paths: str) -> Report:
    return api.report(list(paths), period="all", settings=Settings(), today=TODAY)


def left_out(*paths: str) -> dict[str, dict[str, int]]:
    sources = report(*paths).sources
    assert all(source.rows == source.used + sum(source.left_out.values()) for source in sources)
    return {Path(source.path).name: dict(source.left_out) for source in sources}


@pytest.fixture
def shop(tmp_path: Path) -> str:
    return export(
        tmp_path,
        "orders.csv",
        SHOPIFY,
        "#1,ann@a.example,paid,EUR,55.00,2026-05-01 10:00:00 +0200,2,Mug,10.00,0.00",
        "#1,,,,,,1,Lamp,30.00,0.00",
        "#2,bob@b.example,voided,EUR,30.00,2026-05-02 10:00:00 +0200,1,Lamp,30.00,0.00",
        "#2,,,,,,1,Mug,10.00,0.00",
        "#3,ann@a.example,paid,EUR,28.00,2026-05-03 10:00:00 +0200,1,Lamp,30.00,2.00",
    )


def test_the_total_of_an_order_is_added_once_and_its_lines_have_their_own_amounts(shop: str):
    found = figures(shop, period="all")

    assert (found[("revenue",)], found[("orders",)]) == (83, 2)
    assert (found[("product_revenue", "Mug")], found[("product_revenue", "Lamp")]) == (20, 58)
    assert (found[("product_units", "Mug")], found[("product_buyers", "Lamp")]) == (2, 1)


def test_every_line_of_an_order_that_is_no_sale_is_left_out(shop: str):
    assert left_out(shop) == {"orders.csv": {"cancelled-order": 2}}


def test_lines_without_a_price_of_their_own_have_no_revenue_by_product(tmp_path: Path):
    path = export(
        tmp_path,
        "orders.csv",
        "order id,order date,customer id,amount,product",
        "1,2026-05-01,ann,55,Mug",
        "1,2026-05-01,ann,,Lamp",
        "2,2026-05-02,bob,30,Lamp",
    )
    found = figures(path, period="all")

    assert found[("revenue",)] == 85
    assert not [key for key in found if key[0] in ("product_revenue", "product_share")]


def test_an_order_in_two_exports_of_a_shop_counts_once(shop: str, tmp_path: Path):
    lines = Path(shop).read_text(encoding="utf-8").splitlines()
    later = export(
        tmp_path, "later.csv", *lines, "#4,bob@b.example,paid,EUR,12.00,2026-05-04 10:00:00 +0200,1,Mug,12.00,0.00"
    )

    assert figures(shop, later, period="all")[("revenue",)] == 95
    assert figures(later, shop, period="all")[("product_revenue", "Mug")] == 32
    assert sum(sum(counts.values()) for counts in left_out(shop, later).values()) == 5 + 2


def test_invoices_count_where_payments_of_them_are_given_too(tmp_path: Path):
    invoices = export(
        tmp_path,
        "invoices.csv",
        INVOICES,
        "in_1,cus_1,A-1,paid,eur,100.00,100.00,2026-01-01 10:00,2026-01-01 10:00",
        "in_2,cus_2,A-2,void,eur,70.00,70.00,2026-01-02 10:00,2026-01-02 10:00",
    )
    payments = export(
        tmp_path,
        "payments.csv",
        PAYMENTS,
        "ch_1,2026-01-01 10:01,100.00,0.00,eur,Paid,true,cus_1",
        "ch_2,2026-01-05 10:01,40.00,0.00,eur,Paid,true,cus_3",
    )
    said = {issue.code: issue.sentence for issue in report(invoices, payments).issues}

    assert figures(payments, period="all")[("revenue",)] == 140
    assert figures(invoices, payments, period="all")[("revenue",)] == 100
    assert left_out(invoices, payments)["payments.csv"] == {"counted-elsewhere": 2}
    assert "no money may count twice" in said["counted-elsewhere"]


def test_a_payment_that_names_another_invoice_or_none_counts_beside_the_invoices(tmp_path: Path):
    invoices = export(
        tmp_path, "invoices.csv", INVOICES, "in_1,cus_1,A-1,paid,eur,100.00,100.00,2026-01-01 10:00,2026-01-01 10:00"
    )
    payments = export(
        tmp_path,
        "payments.csv",
        PAYMENTS + ",Invoice ID",
        "ch_1,2026-01-01 10:01,100.00,30.00,eur,Paid,true,cus_1,in_1",
        "ch_2,2026-01-05 10:01,40.00,0.00,eur,Paid,true,cus_3,",
        "ch_3,2025-12-05 10:01,5.00,0.00,eur,Paid,true,cus_1,in_0",
        "ch_4,2026-01-06 10:01,9.00,0.00,eur,Uncaptured,false,cus_3,",
    )
    found = figures(invoices, payments, period="all")

    assert left_out(invoices, payments)["payments.csv"] == {"counted-elsewhere": 1, "cancelled-order": 1}
    assert found[("refunds",)] == -30  # the invoice does not say it, its payment does
    assert found[("revenue",)] == 100 - 30 + 40 + 5


def test_orders_count_where_invoices_are_given_too(shop: str, tmp_path: Path):
    invoices = export(
        tmp_path, "invoices.csv", INVOICES, "in_1,cus_1,A-1,paid,eur,55.00,55.00,2026-05-01 10:00,2026-05-01 10:00"
    )

    assert figures(shop, invoices, period="all")[("revenue",)] == 83
    assert left_out(shop, invoices)["invoices.csv"] == {"counted-elsewhere": 1}


@pytest.mark.parametrize(("header", "revenue"), [("payment id", 100), ("order number", 40)])
def test_a_plain_file_is_what_the_name_of_its_number_says(tmp_path: Path, header: str, revenue: float):
    invoices = export(tmp_path, "a.csv", "invoice number,invoice date,customer id,amount", "A-1,2026-01-01,ann,100")
    other = export(tmp_path, "b.csv", f"{header},date,customer id,amount", "P-1,2026-01-01,ann,40")

    assert figures(invoices, other, period="all")[("revenue",)] == revenue


def test_equal_numbers_of_two_systems_are_two_orders(tmp_path: Path):
    plain = export(tmp_path, "plain.csv", "order id,order date,customer id,amount", "#1,2026-05-09,ann,7")
    shop = export(tmp_path, "shop.csv", SHOPIFY, "#1,ann@a.example,paid,EUR,55.00,2026-05-01 10:00:00,1,Mug,55.00,0.00")

    assert figures(plain, shop, period="all")[("orders",)] == 2


@pytest.mark.parametrize(
    ("code", "amount", "revenue"), [("eur", "12050", 120.5), ("jpy", "9800", 9800), ("kwd", "12050", 12.05)]
)
def test_amounts_in_the_smallest_unit_become_whole_ones(tmp_path: Path, code: str, amount: str, revenue: float):
    path = export(
        tmp_path,
        "charges.csv",
        "ID,AMOUNT,BALANCE_TRANSACTION_ID,CREATED,CURRENCY,CUSTOMER_ID,STATUS",
        f"ch_1,{amount},txn_1,2026-01-01 10:00:00,{code},cus_1,succeeded",
    )

    assert figures(path, period="all")[("revenue",)] == pytest.approx(revenue)


def test_refunded_without_an_amount_is_all_of_it(tmp_path: Path):
    path = export(
        tmp_path,
        "orders.csv",
        "order id,order date,customer id,amount,status",
        "1,2026-05-01,ann,50,paid",
        "2,2026-05-02,ann,20,refunded",
    )
    found = figures(path, period="all")

    assert (found[("revenue",)], found[("refunds",)], found[("orders",)]) == (50, -20, 2)


@pytest.mark.parametrize(
    ("interval", "mrr"), [("month", 120), ("3 months", 40), ("every 2 years", 5), ("Annually", 10), ("half-yearly", 20)]
)
def test_the_interval_of_a_subscription_makes_its_monthly_revenue(tmp_path: Path, interval: str, mrr: float):
    path = export(
        tmp_path,
        "subscriptions.csv",
        "subscription id,customer id,start date,end date,amount,interval",
        f"s1,ann,2026-01-01,,120,{interval}",
    )

    assert figures(path, period="all")[("mrr",)] == pytest.approx(mrr)


def test_an_interval_that_is_not_known_is_reported(tmp_path: Path):
    path = export(
        tmp_path,
        "subscriptions.csv",
        "subscription id,customer id,start date,end date,amount,interval",
        "s1,ann,2026-01-01,,120,month",
        "s2,bob,2026-01-01,,120,biannual",
    )
    said = {issue.code: issue.sentence for issue in report(path).issues}

    assert figures(path, period="all")[("mrr",)] == 120
    assert "biannual" in said["unknown-interval"]


@pytest.mark.parametrize(("more", "word"), [(0, "Total"), (5, "Summe")])
def test_a_line_called_total_is_the_whole_order(tmp_path: Path, more: float, word: str):
    lines = [
        "1,A,2025-03-01,Tea,10",
        "1,A,2025-03-01,Cup,20",
        f"1,A,2025-03-01,{word},{30 + more}",
        "2,B,2025-03-02,Tea,10",
    ]
    path = export(tmp_path, "o.csv", "Order ID,Customer,Order date,Product,Amount", *lines, f"2,B,2025-03-02,{word},10")

    assert figures(path, period="all")[("revenue",)] == 40 + more


def test_a_product_called_total_is_a_product(tmp_path: Path):
    lines = ["1,A,2025-03-01,Total,4", "1,A,2025-03-01,Milk,20", "2,B,2025-03-02,Total,4"]
    path = export(tmp_path, "o.csv", "Order ID,Customer,Order date,Product,Amount", *lines)

    assert figures(path, period="all")[("revenue",)] == 28


PRICED = {
    "en": "Order,Customer,Date,Item,Quantity,Unit price",
    "de": "Bestellnummer,Kunde,Bestelldatum,Artikel,Menge,Einzelpreis",
    "fr": "Numéro de commande,Client,Date de commande,Article,Quantité,Prix unitaire",
    "it": "Numero ordine,Cliente,Data ordine,Articolo,Quantità,Prezzo unitario",
    "ja": "注文番号,顧客,注文日,商品,数量,単価",
}
LINES = "1,A,2025-03-03,Hat,1,10\n1,A,2025-03-03,Scarf,2,15\n2,B,2025-03-19,Hat,1,10\n"


@pytest.mark.parametrize("language", PRICED)
def test_lines_come_to_their_price_times_their_quantity(tmp_path: Path, language: str) -> None:
    path = export(tmp_path, "sold.csv", PRICED[language], LINES)
    values = figures(path, period="all", metrics=("orders", "revenue"))

    assert values[("orders",)] == 2
    assert values[("revenue",)] == 50


def test_lines_that_do_not_say_whose_they_are_belong_to_their_orders(tmp_path: Path) -> None:
    header = "Order ID,Order date,Item,Quantity,Unit price"
    lines = export(tmp_path, "lines.csv", header, "1,2025-03-03,Hat,1,10", "1,2025-03-03,Scarf,2,15")
    orders = export(tmp_path, "orders.csv", "Order ID,Customer,Order date,Total", "1,A,2025-03-03,38")

    assert figures(orders, lines, period="all", metrics=("orders", "revenue"))[("revenue",)] == 38
    assert {source.table for source in report(orders, lines).sources} == {"orders", "order_lines"}


WITH_AMOUNT = {
    "en": "Order ID,Order Date,Customer,Product,Quantity,Unit Price,{}",
    "de": "Bestellnummer,Bestelldatum,Kunde,Produkt,Menge,Einzelpreis,{}",
    "es": "Número de pedido,Fecha de pedido,Cliente,Producto,Cantidad,Precio unitario,{}",
    "nl": "Bestelnummer,Orderdatum,Klant,Product,Aantal,Stuksprijs,{}",
}
AMOUNT = {"en": "Total", "de": "Gesamtsumme", "es": "Total", "nl": "Totaalbedrag"}


@pytest.mark.parametrize("language", WITH_AMOUNT)
@pytest.mark.parametrize("orders", [1, 40])
@pytest.mark.parametrize(("amount", "each"), [("25", 25), ("10", 20)], ids=["total repeated", "equal lines"])
def test_prices_of_lines_tell_a_total_that_is_repeated_from_equal_lines(
    tmp_path: Path, language: str, orders: int, amount: str, each: float
):
    """The total has the shipping too; of many orders as of one."""
    lines = [
        f"{order},2025-03-{1 + order % 28:02},A{order},{product},1,10,{amount}"
        for order in range(1, orders + 1)
        for product in ("Tea", "Cup")
    ]
    path = export(tmp_path, "orders.csv", WITH_AMOUNT[language].format(AMOUNT[language]), *lines)

    assert figures(path, period="all", metrics=["revenue", "orders"]) == {
        ("revenue",): each * orders,
        ("orders",): orders,
    }


def test_equal_amounts_of_lines_without_prices_are_asked_about(tmp_path: Path):
    lines = [f"1,2025-03-01,A,{product},1,25" for product in ("Tea", "Cup")]
    path = export(tmp_path, "orders.csv", "Order ID,Order Date,Customer,Product,Quantity,Amount", *lines)

    with pytest.raises(AmbiguousError, match="can be parts of the order"):
        report(path)
