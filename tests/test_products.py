"""What is bought: the figures of the report, pairs against an oracle in plain Python, and few false alarms."""

from __future__ import annotations

import math
import random
from collections import Counter
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from crm_metrics import api
from crm_metrics.analysis.products import pairs
from crm_metrics.analysis.products.bought import MORE, NONE, Bought, best, bought
from crm_metrics.analysis.products.ranking import METRICS
from crm_metrics.errors import NothingToReport, UsageError
from crm_metrics.intervals.engine import Engine
from crm_metrics.reporting.timeline import Timeline, reported

from .cli.running import crm_metrics
from .conftest import TODAY, figures, shared

SAMPLE = str(Path(__file__).parents[1] / "sample_data")
RISK = 0.05
PRODUCTS = "ABCDEFGH"


def sold(folder: Path, orders: list[str], lines: list[str]) -> list[str]:
    """Orders of March 2024, `number,customer,amount` with an optional date, and lines,
    `number,product,units,amount`."""
    texts = {
        "orders": [
            "Order ID,Customer,Total,Order Date",
            *(line if line.count(",") == 3 else f"{line},2024-03-05" for line in orders),
        ],
        "order_lines": ["Order ID,Product,Quantity,Line Total", *lines],
    }
    for name, text in texts.items():
        (folder / f"{name}.csv").write_text("\n".join(text) + "\n", encoding="utf-8")
    return [str(folder / f"{name}.csv") for name in texts]


def lines_of_sample(period: str = "2025") -> Bought:
    """The lines that the sample company sold in a period."""
    asked = api.query(period=period, metrics=METRICS)
    dataset = api.products([SAMPLE], period=period, today=TODAY).dataset
    timeline = Timeline(dataset)
    place = timeline.place(reported(dataset, asked.period))
    return bought(Engine(dataset, asked.catalog, timeline.windows), place)


def oracle(baskets: list[set[str]], one: str, other: str) -> tuple[float, float, float]:
    """The lift of two products with its 95 % limits, by the delta method on the cells of the table of four."""
    n = len(baskets)
    cells = Counter((one in basket, other in basket) for basket in baskets)
    share = {cell: count / n for cell, count in cells.items()}
    a, b, both = (
        share.get((True, False), 0) + share[True, True],
        share.get((False, True), 0) + share[True, True],
        share[True, True],
    )
    slope = {
        (True, True): 1 / both - 1 / a - 1 / b,
        (True, False): -1 / a,
        (False, True): -1 / b,
        (False, False): 0.0,
    }
    mean = sum(share.get(cell, 0) * slope[cell] for cell in slope)
    half = 1.959963984540054 * math.sqrt((sum(share.get(cell, 0) * slope[cell] ** 2 for cell in slope) - mean**2) / n)
    lift = both / (a * b)
    return lift, lift * math.exp(-half), lift * math.exp(half)


def test_figures_are_those_of_the_report() -> None:
    found = api.products([SAMPLE], period="2025", today=TODAY).sales[0]
    rows = api.report([SAMPLE], period="2025", metrics=METRICS, today=TODAY).rows
    for metric, figure in (
        ("product_revenue", lambda product: product.revenue),
        ("product_share", lambda product: product.share),
        ("product_units", lambda product: (product.units,)),
        ("product_buyers", lambda product: (product.buyers,)),
    ):
        own = rows[rows["metric"] == metric].set_index("product")
        assert 9 == len(own)
        for product in found.products:
            expected = own.loc[product.name, ["value", "low", "high"]].tolist()
            assert list(figure(product)) == expected[: len(figure(product))]


def test_ranks_shares_buyers_who_buy_again_and_the_rest(tmp_path: Path) -> None:
    orders = ["1,Ann,30", "2,Ann,30", "3,Bo,10", "4,Cy,60", "5,Bo,5", "0,Ann,90,2024-02-01"]
    lines = ["1,Lamp,1,10", "1,Lamp,1,20", "2,Lamp,3,30", "3,Lamp,1,10", "4,Desk,1,60", "5,Pen,5,5", "0,Desk,1,90"]
    found = api.products(sold(tmp_path, orders, lines), period="2024-03", today=TODAY).sales[0]

    lamp, desk, pen = found.products
    assert ("Lamp", 70.0, 0.0, 1, None) == (lamp.name, lamp.revenue.value, lamp.before, lamp.rank, lamp.rank_before)
    assert (6.0, 2, 1) == (lamp.units, lamp.buyers, lamp.repeat_buyers)
    assert ("Desk", 60.0, 90.0, 2, 1) == (desk.name, desk.revenue.value, desk.before, desk.rank, desk.rank_before)
    assert (0.5, 5 / 135) == (lamp.repeat_rate.value, pen.share.value)
    few = api.products(sold(tmp_path, orders, lines), period="2024-03", top=1, today=TODAY).sales[0].products
    assert [("Lamp", 70.0, 1), ("(rest: 2)", 65.0, 2)] == [(one.name, one.revenue.value, one.of) for one in few]
    assert (6.0, 2, 90.0) == (few[1].units, few[1].buyers, few[1].before)


def test_lift_support_and_confidence_are_those_of_the_oracle(tmp_path: Path) -> None:
    rng = random.Random(5)
    baskets = [
        {name for name in PRODUCTS if rng.random() < 0.2} | ({"A", "B"} if rng.random() < 0.3 else set())
        for _ in range(300)
    ]
    lines = [f"{i},{name},1,10" for i, basket in enumerate(baskets) for name in basket]
    orders = [f"{i},C{i % 40},10" for i in range(len(baskets))]
    rows = crm_metrics("products", *sold(tmp_path, orders, lines), "-p", "2024-03", "--top", "99", "-f", "json").json[
        "pairs"
    ]
    filled = [basket for basket in baskets if basket]

    assert {*combinations(PRODUCTS, 2)} == {(row["product"], row["with"]) for row in rows}
    for row in rows:
        one, other = row["product"], row["with"]
        both = sum(one in basket and other in basket for basket in filled)
        first, second = (sum(name in basket for basket in filled) for name in (one, other))
        assert (both, both / len(filled), both / first, both / second) == pytest.approx(
            (row["both"], row["support"], row["confidence"], row["confidence_back"])
        )
        assert oracle(filled, one, other) == pytest.approx((row["lift"], row["low"], row["high"]))
    assert ["A"] == [row["product"] for row in rows if row["together"] == "more often"]


def test_a_basket_is_a_customer_where_no_order_holds_two_products(tmp_path: Path) -> None:
    orders = [f"{i},C{i // 2},10" for i in range(40)]
    lines = [f"{i},{'Lamp' if i % 2 else 'Desk'},1,10" for i in range(40)]
    found = api.products(sold(tmp_path, orders, lines), period="2024-03", today=TODAY).sales[0].pairs

    assert ("customer", 20, 20) == (found.basket, found.baskets, found.pairs[0].both)
    # Every customer buys both: they are always together, and no more so than chance has it.
    assert (1.0, pairs.NONE) == (found.pairs[0].lift, found.pairs[0].mark)


def test_what_the_expected_numbers_add_up_to() -> None:
    rng = np.random.default_rng(3)
    upper = np.triu(rng.poisson(4, (12, 12)), 1)
    for table in (upper + upper.T, np.diag([5.0, 7.0], 1) + np.diag([5.0, 7.0], -1), np.zeros((3, 3))):
        weights = pairs.weights(table.sum(axis=1).astype(np.float64))
        made = np.outer(weights, weights)
        np.fill_diagonal(made, 0)
        assert table.sum(axis=1) == pytest.approx(made.sum(axis=1), abs=1e-6)


def test_at_most_5_of_100_shuffles_claim_a_pair_or_what_the_best_buy() -> None:
    lines = lines_of_sample()
    alarms = Counter[str]()
    for seed in range(200):
        made = replace(lines, product=np.random.default_rng(seed).permutation(lines.product))
        table, basket = made.baskets()
        found = pairs.together(table, made.products, basket, least=5, top=99, risk=RISK / 2)
        liked = best(made, least=5, risk=RISK / 2)
        alarms["pairs"] += found.significant > 0
        alarms["best"] += any(one.mark != NONE for one in liked.products)
        alarms["any"] += found.significant > 0 or any(one.mark != NONE for one in liked.products)

    assert 16 >= alarms["any"], alarms  # 95 % of the time no more than so many of 200 at 5 %


def test_large_baskets_alone_bring_nothing_together() -> None:
    rng = np.random.default_rng(2)
    sizes = np.where(np.arange(2000) < 1900, 1, 10)
    basket = np.repeat(np.arange(2000), sizes)
    lines = Bought(
        [f"P{i}" for i in range(30)],
        rng.integers(0, 30, len(basket)),
        basket,
        basket,
        np.ones(len(basket)),
        basket < 0,
        True,
    )
    found = pairs.together(lines.baskets()[0], lines.products, "order", least=5, top=999, risk=RISK)

    assert 0 == found.significant
    assert 1.5 < np.median([pair.lift for pair in found.pairs])  # which lift alone would claim of nearly every pair


def test_what_the_sample_company_sells_together() -> None:
    found = api.products([SAMPLE], period="2025", today=TODAY).sales[0]

    told = {frozenset((pair.left, pair.right)) for pair in found.pairs.pairs if pair.mark == pairs.MORE}
    story = [
        ("Rugged Tablet", "Vehicle Mount"),
        ("Label Printer", "Label Rolls"),
        ("Onboarding Workshop", "Training Day"),
    ]
    assert {frozenset(pair) for pair in story} == told
    assert ["Onboarding Workshop"] == [one.product for one in found.best.products if one.mark == MORE]


def test_revenue_by_product_of_maven() -> None:
    found = api.products([shared("maven_crm")], period="all", today=TODAY).sales[0]

    assert {
        "GTXPro": 3_510_578,
        "GTX Plus Pro": 2_629_651,
        "MG Advanced": 2_216_387,
        "GTX Plus Basic": 705_275,
        "GTX Basic": 499_263,
        "GTK 500": 400_612,
        "MG Special": 43_768,
    } == {product.name: product.revenue.value for product in found.products}


def test_currencies_are_never_added(tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    rows = ["1,Ann,Lamp,10,EUR", "2,Bo,Lamp,20,USD", "3,Bo,Desk,5,USD"]
    text = [f"{row},2024-03-05" for row in rows]
    path.write_text("\n".join(["Order ID,Customer,Product,Total,Currency,Order Date", *text]) + "\n", encoding="utf-8")
    rows = crm_metrics("products", str(path), "-p", "2024-03", "-f", "csv").rows

    assert [("Lamp", "10", "1", "EUR"), ("Lamp", "20", "1", "USD"), ("Desk", "5", "2", "USD")] == [
        (row["product"], row["revenue"], row["rank"], row["currency"]) for row in rows
    ]


def test_a_missing_amount_is_not_0(tmp_path: Path) -> None:
    found = api.products(sold(tmp_path, ["1,Ann,10"], ["1,Lamp,2,", "1,Desk,1,10"]), period="2024-03", today=TODAY)

    assert [("Desk", 10.0, 1, ""), ("Lamp", None, None, "missing-values")] == [
        (one.name, one.revenue.value, one.rank, one.reason) for one in found.sales[0].products
    ]


def test_the_order_of_rows_changes_nothing(tmp_path: Path) -> None:
    rng = random.Random(1)
    orders = [f"{i},C{i % 30},10" for i in range(120)]
    lines = [f"{rng.randrange(120)},{rng.choice('ABCD')},1,{rng.randrange(1, 90)}" for _ in range(400)]
    before = api.products(sold(tmp_path, orders, lines), period="2024-03", today=TODAY).sales
    rng.shuffle(orders)
    rng.shuffle(lines)

    assert before == api.products(sold(tmp_path, orders, lines), period="2024-03", today=TODAY).sales


def test_what_cannot_be_shown_says_so(tmp_path: Path) -> None:
    paths = sold(tmp_path, ["1,Ann,10"], ["1,Lamp,1,10"])
    with pytest.raises(NothingToReport, match="nothing was sold in 2023"):
        api.products(paths, period="2023", today=TODAY)
    with pytest.raises(UsageError, match="--top"):
        api.products(paths, top=0, today=TODAY)
    with pytest.raises(NothingToReport, match="no sales by product"):
        api.products([shared("olist")], period="all", today=TODAY)


def test_every_table_is_written(tmp_path: Path) -> None:
    paths = sold(tmp_path, ["1,Ann,10"], ["1,=Lamp,1,10"])
    page = crm_metrics("products", *paths, "-p", "2024-03")

    assert "No two products are bought together more often than chance explains." in page.out
    assert "too few customers to tell the best from the others" in page.out
    assert "'=Lamp" == crm_metrics("products", *paths, "-p", "2024-03", "-f", "csv").rows[0]["product"]


@pytest.mark.parametrize(
    "header",
    [
        *(
            "Order ID,Email,Order date,Total,Product name,Product quantity",
            "Order ID,Email,Order date,Total,Item name,Item quantity",
        ),
        "Número de orden,Email,Fecha,Total,Nombre del producto,Cantidad del producto",
        "Número do pedido,Email,Data,Total,Nome do produto,Quantidade do produto",
        "Numéro de commande,Email,Date,Total,Nom du produit,Quantité du produit",
        "Numero ordine,Email,Data,Totale,Nome prodotto,Quantità prodotto",
        "Order ID,Email,Order date,Total,Product,Quantity",
    ],
)
def test_the_quantity_of_a_product_is_counted(tmp_path, header):
    """Each line of an order says how many; the second line of an order has its own cells alone."""
    rows = ("A1,a@x.org,2025-03-04,30,Lamp,2", "A1,a@x.org,,,Desk,3", "A2,b@x.org,2025-03-05,10,Lamp,1")
    path = tmp_path / "export.csv"
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")

    found = figures(str(path), period="2025-03", by=["product"])

    assert {product: found[("product_units", product)] for product in ("Lamp", "Desk")} == {"Lamp": 3, "Desk": 3}
