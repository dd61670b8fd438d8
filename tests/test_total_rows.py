"""Which rows sum up others, and which only look like it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import openpyxl
import pytest

from crm_metrics import api
from crm_metrics.loaders.normalising.total_words import ALL, ALONE, MEAN, NAMED, says
from tests.conftest import TODAY

PIPEDRIVE = "Deal - ID,Deal - Title,Deal - Stage,Deal - Value,Deal - Status,Deal - Deal created"
ZENDESK = "Ticket ID,Requester,Status,Created at,Solved at,Priority"
SHOPIFY = "Name,Email,Financial Status,Paid at,Currency,Total,Created at,Lineitem name,Lineitem price"
META = "Reporting starts,Reporting ends,Campaign name,Amount spent (USD),Impressions"

# (what it is, the file, how many rows are totals)
DAYS = [("2025-01-01", 1), ("2025-01-02", 2), ("2025-01-03", 4)]
TOTALS: dict[str, tuple[str, int]] = {
    "subtotals after each group and a grand total": (
        "Owner,Deal,Stage,Amount\nAnn,A,Open,100\nAnn,B,Open,200\nAnn Total,,,300\n"
        "Bob,C,Open,50\nBob,D,Open,70\nBob Total,,,120\nGrand Total,,,420\n",
        3,
    ),
    "a group's sum above its rows": (
        "Region,Deal,Stage,Amount\nNorth,,,300\n,A,Open,100\n,B,Open,200\nSouth,,,120\n,C,Open,50\n,D,Open,70\n",
        2,
    ),
    "the subtotal of a group of one": (
        "Owner,Deal,Stage,Amount\nAnn,A,Open,100\nAnn,B,Open,200\nZwischensumme Ann,,,300\n"
        "Bob,C,Open,50\nZwischensumme Bob,,,50\n",
        2,
    ),
    "a goal and what is lacking, below the total": (
        "Deal,Stage,Amount,Close date\nA,Open,100,2025-04-01\nB,Open,200,2025-04-02\nTotal,,300,\nTarget,,500,\nGap,,200,\n",
        3,
    ),
    "a goal in German, a weighted total in French": (
        "Deal;Phase;Wert\nA;Angebot;100\nB;Angebot;200\nZiel;;500\nTotal pondéré;;90\n".replace(";", ","),
        2,
    ),
    "balances with a date, which are no sum": (
        "Rechnungsnummer,Kunde,Rechnungsdatum,Betrag\n,Saldovortrag,2025-03-01,500\nR1,A,2025-03-03,100\n"
        ",Endsaldo,2025-03-31,600\n",
        2,
    ),
    "balances in Japanese": ("注文番号,顧客,注文日,金額\n,前期繰越,2025-03-01,500\n1,A,2025-03-03,100\n", 1),
    "the sum without any word": ("Deal,Stage,Amount,Close date\nA,Open,100,\nB,Won,250,2025-01-02\n,,350,\n", 1),
    "the mean without any word": (
        "Order ID,Customer,Order date,Amount\n1,A,2025-01-02,100\n2,B,2025-01-03,50\n3,C,2025-01-03,51\n,,,67.00\n",
        1,
    ),
    "the word in the column of the id": (f"{PIPEDRIVE}\n7,Shelves,Won,50,Won,2025-01-02\nSumme,,,50,,\n", 1),
    "the word in a column of dates": ("Created,Ticket ID,Status\n2025-01-03,7,open\nGesamt: 1,,\n", 1),
    "the word beside its group": (
        "Account Name,Opportunity Name,Stage,Amount,Close Date\nAcme,X,Closed Won,5,2025-01-02\nAcme,Subtotal,,5,\n",
        1,
    ),
    "a count of tickets": (f"{ZENDESK}\n1,Ann,Open,2025-01-03,,high\n合計,1,,,,\n", 1),
    "averages of answers": ("Email,Score,Date\na@x.com,9,2025-01-02\nb@x.com,8,2025-01-02\nØ,8.5,\nMoyenne,8.5,\n", 2),
    "an order of several lines below which stands its sum": (
        f"{SHOPIFY}\n#1,a@x.com,paid,2025-01-02,USD,30,2025-01-02,Pen,10\n#1,,,,,,,Ink,20\nTotaal,,,,,30,,,30\n",
        1,
    ),
    "the range of an ad report": (
        f"{META}\n2025-01-01,2025-01-31,Spring,100,10\n2025-01-01,2025-01-31,Brand,60,5\n2025-01-01,2025-01-31,,160,15\n",
        1,
    ),
    "the range of an ad report by a column nobody knows": (
        "Reporting starts,Reporting ends,Region,Amount spent (USD)\n2025-01-01,2025-01-31,,400\n"
        "2025-01-01,2025-01-31,North,240\n2025-01-01,2025-01-31,South,160\n",
        1,
    ),
    "a total with the day it was made, in the column of the id": (
        "Order ID,Customer,Order date,Amount\n1,A,2025-01-02,100\n2,B,2025-01-03,50\nTOTAL,,2025-01-31,150\n",
        1,
    ),
    "a total with the day it was made, and the subtotals below their groups": (
        "Kunde,Bestelldatum,Betrag\nA,2025-01-02,100\nB,2025-01-03,50\nZwischensumme,2025-01-03,150\n"
        "C,2025-01-04,30\nD,2025-01-05,40\nZwischensumme,2025-01-05,70\nSumme,2025-01-31,220\n",
        3,
    ),
    "the totals of days, of which one has a single record": (
        "Tag,Kampagne,Kosten,Klicks\n2025-01-01,A,10,1\n2025-01-01,B,20,2\n2025-01-01,Gesamt,30,3\n"
        "2025-01-02,A,5,1\n2025-01-02,Gesamt,5,1\n",
        2,
    ),
    "a total with a day, above its rows": (
        "Deal name,Stage,Amount,Close date\nTotal,,350,2025-01-31\nA,Open,100,2025-02-01\nB,Won,250,2025-01-02\n",
        1,
    ),
    "all channels of each month": (
        "Month,Channel,Cost\n2025-01,Search,100\n2025-01,Social,50\n2025-01,All channels,150\n"
        "2025-02,Search,100\n2025-02,All channels,100\n",
        2,
    ),
    "all campaigns, at the end": (
        "Monat,Kampagne,Kosten\n2025-01,A,100\n2025-01,B,50\n2025-02,A,100\n2025-02,B,70\n"
        "2025-01,Alle Kampagnen,150\n2025-02,Alle Kampagnen,170\n",
        2,
    ),
    "all channels, all countries and both": (
        "Day,Channel,Country,Cost\n2025-01-01,All,All,100\n2025-01-01,Search,All,60\n2025-01-01,Social,All,40\n"
        "2025-01-01,All,DE,70\n2025-01-01,All,FR,30\n2025-01-01,Search,DE,50\n2025-01-01,Search,FR,10\n"
        "2025-01-01,Social,DE,20\n2025-01-01,Social,FR,20\n",
        5,
    ),
    "campaigns above their ad sets": (
        "Day,Campaign,Ad set,Cost\n2025-01-01,A,,30\n2025-01-01,A,A1,10\n2025-01-01,A,A2,20\n2025-01-01,B,,5\n"
        "2025-01-01,B,B1,5\n2025-01-02,A,,31\n2025-01-02,A,A1,11\n2025-01-02,A,A2,20\n",
        3,
    ),
    "a channel that is the sum of the others month after month": (
        "Month,Channel,Cost\n2025-01,Search,100\n2025-01,Social,50\n2025-01,Paid media,150\n2025-02,Search,90\n"
        "2025-02,Social,50\n2025-02,Paid media,140\n2025-03,Search,80\n2025-03,Social,55\n2025-03,Paid media,135\n",
        3,
    ),
    "campaigns and the ad sets that they are made of, in one list": (
        "Day,Level,Name,Cost\n"
        + "".join(f"{day},Campaign,A,{3 * n}\n{day},Ad set,A1,{n}\n{day},Ad set,A2,{2 * n}\n" for day, n in DAYS),
        3,
    ),
    "subtotals of months, dated": (
        "Order ID,Customer,Order date,Amount\n1,A,2025-02-02,100\n2,B,2025-02-09,50\n,Total February,2025-02-28,150\n"
        "3,C,2025-03-02,70\n4,D,2025-03-09,30\n,Total March 2025,2025-03-31,100\n",
        2,
    ),
    "a sum with a date and nothing else": (
        "Order ID,Customer,Order date,Amount\n1,A,2025-01-02,100\n2,B,2025-01-03,50\n,,2025-01-31,150\n",
        1,
    ),
    "a count without a sum": ("Deal ID,Stage,Amount,Close date\n1,Won,100,2025-01-02\n2,Open,50,\nAnzahl,,2,\n", 1),
    "a count beside the sum": (
        "Deal ID,Stage,Amount,Close date\n1,Won,100,2025-01-02\n2,Open,50,\nCount: 2,,150,\n",
        1,
    ),
    "a campaign report without days": (
        '"Campaign report"\n"1 January 2025 - 31 January 2025"\nCampaign,Cost,Impr.,Clicks\n'
        "A,100.00,1000,10\nB,50.00,700,7\nTotal: Campaigns,150.00,1700,17\n",
        1,
    ),
}
RECORDS: dict[str, str] = {
    "a campaign called Total Wine": f"{META}\n2025-01-01,2025-01-31,Total Wine,100,10\n2025-01-01,2025-01-31,B,60,5\n",
    "a campaign called Total, with days": f"{META}\n2025-01-01,2025-01-31,Total,40,10\n2025-01-01,2025-01-31,B,60,5\n",
    "a campaign that costs as much as two others": (
        f"{META}\n2025-01-01,2025-01-31,A,100,10\n2025-01-01,2025-01-31,B,60,5\n2025-01-01,2025-01-31,C,160,15\n"
    ),
    "Total Wine where no row has an id, a stage or a day": (
        '"Campaign report"\n"1 January 2025 - 31 January 2025"\nCampaign,Cost,Impr.,Clicks\n'
        "A,100.00,1000,10\nB,50.00,700,7\nTotal Wine,30.00,170,1\n"
    ),
    "a campaign called Total Wine that costs as much in a month as the two above it on average": (
        "Monat,Kampagne,Kosten\n2025-01,Total Wine,50\n2025-01,Sommer,30\n2025-01,Mail,10\n2025-02,Total Wine,20\n"
        "2025-02,Sommer,50\n2025-02,Mail,25\n"
    ),
    "a customer called Summe GmbH": "Customer ID,Customer name,Start date\n1,Summe GmbH,2025-01-02\n2,Total,\n",
    "a deal called Total, with an id": "Deal ID,Deal name,Stage,Amount\n1,A,Open,5\n2,Total,,5\n",
    "a deal called Total, with a stage": "Deal name,Stage,Amount\nA,Open,5\nTotal,Open,5\n",
    "a deal called Total, with a day": "Deal name,Stage,Amount,Close date\nA,Won,5,2025-01-01\nTotal,,5,2025-01-01\n",
    "a customer called Total who bought for other than the others did": (
        "Customer,Order date,Amount\nA,2025-01-02,100\nB,2025-01-03,50\nTotal,2025-01-31,160\n"
    ),
    "a campaign called Total that costs as much as the one above": (
        "Tag,Kampagne,Kosten,Klicks\n2025-01-01,A,10,1\n2025-01-01,Total,10,1\n2025-01-02,A,5,1\n2025-01-02,Total,7,1\n"
    ),
    "an order of no customer that comes to what the others do": (
        "Order ID,Customer,Order date,Amount\n1,A,2025-01-02,100\n2,B,2025-01-03,50\n3,,2025-01-31,150\n"
    ),
    "an order without number and customer that is the mean of the others": (
        "Order ID,Customer,Order date,Amount\n1,A,2025-01-02,10\n2,B,2025-01-03,10\n,,2025-01-31,10\n"
    ),
    "an order of a guest, whose number alone says who": (
        "Customer ID,Order date,Amount\n7,2025-01-02,10\n8,2025-01-03,20\n,2025-01-04,15\n9,2025-01-05,30\n"
    ),
    "an order of Total Wine that comes to what the others do": (
        "Order ID,Customer,Order date,Amount\n1,A,2025-01-02,100\n2,B,2025-01-03,50\n,Total Wine,2025-01-31,150\n"
    ),
    "a channel that costs the same as the others together, every month the same": (
        "Month,Channel,Cost\n2025-01,Search,100\n2025-01,Social,50\n2025-01,Fairs,150\n2025-02,Search,100\n"
        "2025-02,Social,50\n2025-02,Fairs,150\n2025-03,Search,100\n2025-03,Social,50\n2025-03,Fairs,150\n"
    ),
    "a channel that is the sum of the others in most months": (
        "Month,Channel,Cost\n2025-01,Search,100\n2025-01,Social,50\n2025-01,Fairs,150\n2025-02,Search,90\n"
        "2025-02,Social,50\n2025-02,Fairs,140\n2025-03,Search,80\n2025-03,Social,55\n2025-03,Fairs,130\n"
    ),
    "two networks of one budget, which is the same every day": (
        "Day,Network,Campaign,Cost\n" + "".join(f"{day},A,A1,30\n{day},B,B1,10\n{day},B,B2,20\n" for day, _ in DAYS)
    ),
    "all channels, with more than the others together, which may be a campaign": (
        "Month,Channel,Cost\n2025-01,Search,100\n2025-01,Social,50\n2025-01,All channels,200\n"
    ),
    "what is paid for all channels besides their own costs": (
        "Month,Channel,Cost\n2025-01,Search,100\n2025-01,Social,50\n2025-01,All channels,20\n2025-02,Search,100\n"
        "2025-02,Social,50\n2025-02,All channels,20\n"
    ),
    "campaigns of which only some have ad sets": (
        "Day,Campaign,Ad set,Cost\n2025-01-01,A,A1,10\n2025-01-01,A,A2,20\n2025-01-01,B,,30\n2025-01-02,A,A1,11\n"
        "2025-01-02,A,A2,20\n2025-01-02,B,,31\n"
    ),
    "a cost of one day without a channel that comes to the others": (
        "Day,Channel,Cost\n2025-01-01,Search,10\n2025-01-01,Social,20\n2025-01-01,,30\n2025-01-02,Search,11\n"
    ),
    "an undated deal of no stage that is no sum": "Deal,Stage,Amount,Close date\nA,Open,100,\nB,Open,200,\nC,,250,\n",
    "a deal that names a total and is no sum of the one above": (
        "Deal,Stage,Amount,Close date\nA,Open,100,\nB,Open,200,\nTotal Wine,,250,\n"
    ),
    "a deal that names a total and equals the one above, with a stage": (
        "Deal,Stage,Amount,Close date\nA,Open,100,\nTotal Wine,Open,100,\n"
    ),
    "two equal deals": "Deal,Stage,Amount,Owner\nA,Open,100,Ann\nB,,100,Bob\n",
    "an answer without a day that is the mean of the others": (
        "Email,Score,Date,Comment\na@x.com,9,2025-01-02,good\nb@x.com,9,2025-01-02,fine\nc@x.com,9,,so so\n"
    ),
    "a customer called Carried Forward, with an order of its own": (
        "Order ID,Customer,Order date,Amount\n1,Carried Forward,2025-03-01,500\n2,A,2025-03-03,100\n"
    ),
    "a deal of Target, with a stage": "Deal,Stage,Amount,Close date\nA,Open,100,\nTarget,Open,200,\n",
    "an order of Gap": "Order ID,Customer,Order date,Amount\n1,Gap,2025-03-01,500\n2,Target,2025-03-03,100\n",
    "a list with the company Target": "Customer,Segment,Country\nTarget,SMB,US\nAcme,SMB,FR\n",
    "a channel called Meta": "Month,Channel,Cost\n2025-01,Meta,100\n2025-02,Meta,50\n2025-02,Search,20\n",
    "a seller called Sum": "Owner,Team,Region\nSum,North,West\nAnn,South,East\n",
    "the company Media": "Customer,Segment,Country\nMedia,SMB,DE\nAcme,SMB,FR\n",
}


def loaded(path: Path) -> Any:
    return api.load([str(path)], api.query(), today=TODAY)


def written(folder: Path, text: str, ending: str) -> Path:
    path = folder / f"export.{ending}"
    if ending == "csv":
        path.write_text(text, encoding="utf-8")
        return path
    import csv

    book = openpyxl.Workbook()
    for line in csv.reader(text.splitlines()):
        book.active.append([float(cell) if cell.replace(".", "", 1).isdigit() else cell or None for cell in line])
    book.save(path)
    return path


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
@pytest.mark.parametrize("case", TOTALS)
def test_a_row_that_sums_up_others_is_left_out(tmp_path: Path, case: str, ending: str) -> None:
    text, count = TOTALS[case]
    (source,) = loaded(written(tmp_path, text, ending)).sources

    assert dict(source.left_out) == {"total-row": count}
    assert source.rows == source.used + count


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
@pytest.mark.parametrize("case", RECORDS)
def test_a_record_that_looks_like_a_sum_stays(tmp_path: Path, case: str, ending: str) -> None:
    (source,) = loaded(written(tmp_path, RECORDS[case], ending)).sources

    assert "total-row" not in source.left_out


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("TOTAL", ALONE),
        ("Zwischensumme:", ALONE),
        ("Sous-total", ALONE),
        ("Total général (12)", ALONE),
        ("Total: account", ALONE),
        ("総計", ALONE),
        ("Łącznie", ALONE),
        ("Durchschnitt", MEAN),
        ("Acme Ergebnis", NAMED),
        ("Total Wine", NAMED),
        ("営業部合計", NAMED),
        ("Total March 2025", ALONE),
        ("Summe Q1", ALONE),
        ("Totale di marzo", ALONE),
        ("Total Wine 2025", NAMED),
        ("All channels", ALL),
        ("(alle)", ALL),
        ("Tous les canaux", ALL),
        ("全て", ALL),
        ("Allgäu", 0),
        ("Totally new", 0),
        ("Summerfest", 0),
        ("Somerset", 0),
        ("", 0),
    ],
)
def test_a_cell_says_whether_it_is_a_total(cell: str, said: int) -> None:
    assert says(cell) == said
