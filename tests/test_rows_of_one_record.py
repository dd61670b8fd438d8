"""Several rows of one record: the products and shares of a deal without an id, and the phases of a subscription."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from crm_metrics import api
from crm_metrics.settings import Settings

from .conftest import TODAY, figures
from .test_ledgers import export

DEALS = {  # the header: name, customer, stage, amount, closed, created, product, quantity, and what the product comes to
    "en": "Deal Name,Account,Stage,Amount,Close Date,Created Date,Product,Quantity,{}",
    "de": "Titel,Firma,Phase,Betrag,Abschlussdatum,Erstellt am,Produkt,Menge,{}",
    "fr": "Titre,Client,Étape,Montant,Date de clôture,Date de création,Produit,Quantité,{}",
    "pt": "Título,Cliente,Etapa,Valor,Data de fechamento,Data de criação,Produto,Quantidade,{}",
    "ja": "案件名,取引先,ステージ,金額,クローズ日,作成日,商品,数量,{}",
}
ACME, BETA = "Acme,Acme,Won,{},2025-03-10,2025-02-01,{}", "Beta,Beta,Lost,{},2025-03-12,2025-02-03,{}"
AS_OF = Settings(as_of=date(2025, 3, 31))
METRICS = ("deals_won", "deals_lost", "revenue_won")


def told(path: str) -> dict[str, int]:
    return {
        issue.code: issue.count for issue in api.report([path], period="2025-03", settings=AS_OF, today=TODAY).issues
    }


def deals(path: str) -> tuple[float, ...]:
    found = figures(path, period="2025-03", metrics=[*METRICS])
    return tuple(found[metric,] for metric in METRICS)


@pytest.mark.parametrize("language", DEALS)
@pytest.mark.parametrize("parts", [("10,2000", "1,1000", "5,500"), ("10,200", "1,1000", "5,100")])
def test_a_deal_on_a_row_for_each_product_counts_once(tmp_path: Path, language: str, parts: tuple[str, ...]):
    """Whether the column is what a product comes to or the price of one."""
    first, second, other = parts
    rows = [ACME.format(3000, f"Seat,{first}"), ACME.format(3000, f"Setup,{second}"), BETA.format(500, f"Seat,{other}")]
    path = export(tmp_path, "deals.csv", "\n".join([DEALS[language].format("X"), *rows]))

    assert deals(path) == (1, 1, 3000)
    assert told(path).get("part-of-deal") == 1


def test_deals_whose_rows_are_alike_and_whose_parts_do_not_come_to_the_amount_all_count_and_it_is_said(tmp_path: Path):
    rows = [ACME.format(3000, "Seat,1,40"), ACME.format(3000, "Setup,1,35"), BETA.format(500, "Seat,1,20")]
    path = export(tmp_path, "deals.csv", "\n".join([DEALS["en"].format("Cost"), *rows]))

    assert deals(path) == (2, 1, 6000)
    assert told(path).get("alike-record") == 1


def test_an_amount_of_its_own_on_each_row_is_no_part_of_another(tmp_path: Path):
    rows = [ACME.format(2000, "Seat,1,2000"), ACME.format(1000, "Setup,1,1000"), BETA.format(500, "Seat,1,500")]
    path = export(tmp_path, "deals.csv", "\n".join([DEALS["en"].format("Total"), *rows]))

    assert deals(path) == (2, 1, 3000)
    assert not {"part-of-deal", "alike-record"} & {*told(path)}


ALIKE = {
    "tickets": (
        "Subject,Customer,Status,Created,Resolved,Assignee",
        "Login,A,Solved,2025-03-01 10:00,2025-03-01 12:00",
        "Pay,B,Solved,2025-03-02 11:00,2025-03-03 09:00",
    ),
    "leads": ("Name,Email,Created,Status,Campaign", "Ann,a@x.com,2025-03-01,New", "Ben,b@x.com,2025-03-02,New"),
}


@pytest.mark.parametrize("table", ALIKE)
@pytest.mark.parametrize("rows", [(0, 0, 1), (0, 1)])
def test_tickets_and_leads_that_differ_in_nothing_but_their_owner_or_campaign_are_said(
    tmp_path: Path, table: str, rows: tuple[int, ...]
):
    header, *records = ALIKE[table]
    lines = [f"{records[record]},X{at}" for at, record in enumerate(rows)]
    path = export(tmp_path, f"{table}.csv", "\n".join([header, *lines]))

    assert told(path).get("alike-record", 0) == len(rows) - 2


SUBSCRIPTIONS = "Subscription ID,Customer,Plan,MRR,Start Date,End Date,Status"
REST = ["S2,Beta,Pro,200,2025-01-09,2025-03-04,Cancelled", "S3,Core,Basic,50,2025-02-09,,Active"]


def recurring(path: str, period: str) -> dict[str, float]:
    metrics = ["mrr", "new_mrr", "expansion_mrr", "churned_mrr", "customers_lost"]
    return {name: value for (name,), value in figures(path, period=period, metrics=metrics, settings=AS_OF).items()}


@pytest.mark.parametrize("turned", [False, True])
def test_the_phases_of_a_subscription_follow_one_another_and_all_count(tmp_path: Path, turned: bool):
    phases = ["S1,Acme,Basic,100,2025-01-05,2025-02-05,Ended", "S1,Acme,Pro,150,2025-02-05,,Active"]
    rows = [*(phases[::-1] if turned else phases), *REST]
    path = export(tmp_path, "subscriptions.csv", "\n".join([SUBSCRIPTIONS, *rows]))
    names = ("mrr", "new_mrr", "expansion_mrr", "churned_mrr", "customers_lost")

    assert recurring(path, "2025-02") == dict(zip(names, (400, 50, 50, 0, 0), strict=True))
    assert recurring(path, "2025-03") == dict(zip(names, (200, 0, 0, 200, 1), strict=True))


def test_rows_of_one_subscription_that_run_at_the_same_time_are_its_versions(tmp_path: Path):
    rows = ["S1,Acme,Basic,100,2025-01-05,,Active", "S1,Acme,Basic,100,2025-01-05,2025-02-05,Ended", *REST]
    path = export(tmp_path, "subscriptions.csv", "\n".join([SUBSCRIPTIONS, *rows]))

    assert recurring(path, "2025-02")["mrr"] == 250
    assert told(path)["repeated-id"] == 1


LOGS = {  # the key and the day, then what the stage that was left and the one that was entered are called
    "en": ("Deal ID,Date", ["From Stage", "Stage from", "Moved from"], ["To Stage", "Stage to", "Moved to"]),
    "de": ("Verkaufschance Nr.,Datum", ["Von Phase", "Phase alt"], ["Nach Phase", "Phase neu"]),
    "fr": ("N° opportunité,Date", ["De l'étape", "Étape de départ"], ["Vers l'étape", "Étape d'arrivée"]),
    "es": ("ID oportunidad,Fecha", ["De etapa", "Etapa de origen"], ["A etapa", "Etapa de destino"]),
    "pt": ("ID da oportunidade,Data", ["Da etapa", "Etapa de origem"], ["Para a etapa", "Etapa de destino"]),
    "it": ("ID opportunità,Data", ["Da fase", "Dalla fase"], ["A fase", "Alla fase"]),
    "nl": ("Verkoopkans ID,Datum", ["Van fase", "Oude fase"], ["Naar fase", "Nieuwe fase"]),
    "pl": ("ID szansy sprzedaży,Data", ["Z etapu", "Etap początkowy"], ["Do etapu", "Etap docelowy"]),
    "ja": ("案件ID,日付", ["元ステージ", "変更前フェーズ"], ["先ステージ", "変更後フェーズ"]),
}
CHANGES = ("1 01-02 .L", "1 01-10 L.P", "1 02-01 P.C", "2 01-03 .L", "2 01-20 L.P", "3 01-04 .L", "3 02-20 L.P")


@pytest.mark.parametrize("language", LOGS)
@pytest.mark.parametrize("turned", [False, True])
def test_a_log_of_stages_is_read_by_the_one_that_was_entered(tmp_path: Path, language: str, turned: bool):
    """Wherever the two stand, and though the word that tells them apart says nothing in other headers."""
    key, left, entered = LOGS[language]
    deals = "Deal ID,Stage,Amount,Created,Closed\n1,C,1,2025-01-02,2025-02-20\n2,P,1,2025-01-03,\n3,P,1,2025-01-04,"
    for at, pair in enumerate(zip(left, entered, strict=True)):
        folder = tmp_path / str(at)
        folder.mkdir()
        rows = [",".join([key, *(pair[::-1] if turned else pair)])]
        for number, day, change in map(str.split, CHANGES):
            rows.append(",".join([number, f"2025-{day}", *change.split(".")[:: -1 if turned else 1]]))
        paths = export(folder, "deals.csv", deals), export(folder, "log.csv", "\n".join(rows))
        found = figures(*paths, period="2025-Q1", metrics=["stages_entered"])

        assert {stage: count for (_, stage), count in found.items()} == {"L": 3, "P": 3, "C": 1}, pair
