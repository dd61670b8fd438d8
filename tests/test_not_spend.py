"""Reports of marketing tools that hold no costs: named as not recognised, never taken for spend or orders."""

from __future__ import annotations

import pytest

from crm_metrics import api
from crm_metrics.errors import NothingToReport
from tests.conftest import TODAY, figures

GA4 = """# ----------------------------------------
# Traffic acquisition
# Account: Brightdesk
# Property: brightdesk.example
# ----------------------------------------
#
# All Users
# Start date: 20230424
# End date: 20230521
Nth day,Users,Sessions
0000,120,150
0001,130,160

# All Users
# Start date: 20230424
# End date: 20230521
Session default channel group,Users,Sessions,Total revenue
Organic Search,900,1200,0
Direct,400,500,12.5
"""
KLAVIYO = """Campaign Name,Tags,Subject,List,Send Time,Send Weekday,Total Recipients,Unique Opens,Unique Clicks,Revenue
Autumn,news,Desks,All,2026-09-01 10:00:00,Tuesday,1200,500,80,430.50
Winter,news,Lamps,All,2026-10-01 10:00:00,Thursday,1300,520,90,510.00
"""
REACH = "Day,Campaign name,Impressions,Reach,Link clicks\n2026-09-01,Autumn,1000,800,20\n"
BUDGETS = "Month,Department,Planned\n2026-09-01,Sales,1000\n2026-10-01,Sales,1100\n"


@pytest.mark.parametrize("text", [GA4, KLAVIYO, REACH, BUDGETS], ids=["ga4", "klaviyo", "reach", "budgets"])
def test_what_holds_no_costs_is_no_spend(tmp_path, text):
    path = tmp_path / "export.csv"
    path.write_text(text)
    with pytest.raises(NothingToReport, match="no file is recognised"):
        api.report([str(path)], period="all", today=TODAY)


BOUGHT = [
    "Date,Name,Quantity,Cost",
    "Date,Item,Qty,Cost",
    "Date,Vendor,Cost",
    "Date,Category,Description,Cost",
    "Date,Employee,Purpose,Cost",
    "Date,Project,Hours,Cost",
    "Datum,Artikel,Menge,Kosten",
    "Datum,Lieferant,Kosten",
    "Date,Fournisseur,Coût",
    "Fecha,Proveedor,Coste",
    "Data,Produto,Custo",
    "Data,Fornitore,Costo",
    "Datum,Leverancier,Kosten",
    "Data,Dostawca,Koszt",
    "日付,仕入先,費用",
]


def costs(tmp_path, header):
    between = len(header.split(",")) - 2
    path = tmp_path / "export.csv"
    path.write_text(
        "\n".join([header, *(f"2025-03-0{n}{',7' * between},{n}.50" for n in range(1, 9))]) + "\n", encoding="utf-8"
    )
    return str(path)


@pytest.mark.parametrize("header", BOUGHT)
def test_what_was_bought_used_up_or_worked_is_no_campaign(tmp_path, header):
    with pytest.raises(NothingToReport, match="no file is recognised"):
        api.report([costs(tmp_path, header)], period="all", today=TODAY)


@pytest.mark.parametrize(
    "header",
    [
        "Date,Cost",
        "Date,Campaign,Cost",
        "Date,Vendor,Channel,Cost",
        "Date,Product,Clicks,Cost",
        "Datum,Kampagne,Kosten",
        "Date,Region,Cost",
    ],
)
def test_a_campaign_of_a_vendor_or_for_a_product_is_one(tmp_path, header):
    assert figures(costs(tmp_path, header), period="2025-03")[("acquisition_spend",)] == 40
