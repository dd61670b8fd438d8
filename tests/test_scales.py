"""What a header says that its amounts are in."""

from __future__ import annotations

from pathlib import Path

import pytest

from crm_metrics import api
from crm_metrics.loaders.scales import scale_of
from crm_metrics.settings import Settings

from .conftest import TODAY


@pytest.mark.parametrize(
    ("factor", "headers"),
    [
        ("minor", ["Amount (cents)", "amount_cents", "AmountCents", "Total price (in cents)", "Amount (EUR cents)"]),
        ("minor", ["Prix (centimes)", "Preço (centavos)", "Kwota (grosze)", "Price (pence)", "Beløb (øre)"]),
        ("micro", ["cost_micros"]),
        (
            "1000",
            ["Amount (k€)", "Amount (in thousands)", "Revenue ($000)", "Sales ('000)", "Revenue in thousands (USD)"],
        ),
        ("1000", ["Wert in TEUR", "Umsatz (Tsd. €)", "Umsatz T€", "Betrag (1.000 €)", "Bedrag (x 1.000)"]),
        (
            "1000",
            ["Montant (en milliers d'euros)", "Importe en miles €", "Valore (migliaia di euro)", "Kwota w tys. zł"],
        ),
        ("1000", ["Valor (em milhares de reais)", "Belopp (tkr)", "売上(千円)"]),
        ("10000", ["売上（万円）"]),
        ("1000", ["Valor (em mil reais)", "Valor (R$ mil)", "Importe en mil euros", "Revenue (A$ thousands)"]),
        ("unclear", ["Revenue ($ mil)", "Revenue (mil)", "Importe (mil €)"]),
        (
            "1000000",
            [
                "Revenue $M",
                "Revenue (US$ millions)",
                "Umsatz Mio. €",
                "Omzet (mln €)",
                "Importe (M€)",
                "金額（百万円）",
            ],
        ),
    ],
)
def test_amounts_are_in_what_the_end_of_the_header_says(factor: str, headers: list[str]) -> None:
    scales = {header: scale_of(header) for header in headers}

    assert {header: scale and scale.factor for header, scale in scales.items()} == dict.fromkeys(headers, factor)


@pytest.mark.parametrize(
    "header",
    [
        *(
            "Amount",
            "Amount (USD)",
            "Total in USD",
            "Amount (monthly)",
            "Order total (incl. tax)",
            "Cost per thousand",
            "Cent",
        ),
        *(
            "CPM (per 1000)",
            "Revenue 2000",
            "Deal 1000",
            "Total 000",
            "Price (m)",
            "Amount (M)",
            "Size K",
            "Percent",
            "Mio",
        ),
        *("Amount in company currency", "Amount (10 km)", "Amount (5k)", ""),
    ],
)
def test_other_headers_say_nothing_of_it(header: str) -> None:
    assert scale_of(header) is None


@pytest.mark.parametrize(
    ("header", "amounts", "currency"),
    [
        ("Wert in TEUR", ("12", "1,5"), "EUR"),
        ("Wert (Cent)", ("1200000", "150000"), ""),
        ("Wert", ("12000", "1500"), ""),
    ],
)
def test_deals_are_worth_as_much_as_the_header_says(
    tmp_path: Path, header: str, amounts: tuple[str, str], currency: str
) -> None:
    rows = "".join(f"{at};Gewonnen;{amount};01.03.2025;15.03.2025\n" for at, amount in enumerate(amounts))
    path = tmp_path / "deals.csv"
    path.write_text(f"Deal-ID;Phase;{header};Erstellt am;Abgeschlossen am\n{rows}")

    frame = api.report([path], metrics=["revenue_won"], period="2025-03", settings=Settings(), today=TODAY).frame

    assert frame["value"].tolist() == [13500.0]
    assert frame["currency"].astype(object).fillna("").tolist() == [currency]


def test_the_same_amount_in_whole_units_beside_it_counts(tmp_path: Path) -> None:
    path = tmp_path / "o.csv"
    path.write_text("Order ID,Customer,Order date,total_price,total_price_cents\n1,A,2025-03-03,100,10000\n")

    frame = api.report([path], metrics=["revenue"], period="2025-03", settings=Settings(), today=TODAY).frame

    assert frame["value"].tolist() == [100.0]


def test_amounts_that_can_be_thousands_or_millions_are_in_no_figure(tmp_path: Path) -> None:
    path = tmp_path / "o.csv"
    path.write_text("Order ID,Customer,Order date,Amount ($ mil)\n1,A,2025-03-03,1.5\n2,B,2025-03-09,2\n")

    report = api.report([path], metrics=["revenue", "orders"], period="2025-03", settings=Settings(), today=TODAY)

    assert report.frame["value"].isna().tolist() == [True, False]
    assert [issue.code for issue in report.issues if issue.code.startswith("money")] == ["money-unclear"]


@pytest.mark.parametrize(
    ("header", "factor"),
    [("Impressions (k)", 1000), ("Impressions (thousands)", 1000), ("Impressions", 1), ("Impressions (all)", 1)],
)
def test_counts_of_campaigns_are_in_thousands_where_the_header_says_so(
    tmp_path: Path, header: str, factor: int
) -> None:
    path = tmp_path / "ads.csv"
    path.write_text(f"Date,Campaign,Cost,{header}\n2025-03-01,A,10,1500\n2025-03-02,A,10,2\n", encoding="utf-8")
    report = api.report([path], metrics=["impressions"], period="2025-03", settings=Settings(), today=TODAY)

    assert report.frame["value"].tolist() == [1502 * factor]
