"""Write the sample exports of an invented company over 24 months, 2024-01-01 to 2025-12-31.

Run `python make.py` (or `python make.py --out DIR`); the same bytes come out every time. The company sells
route-planning software by subscription to firms with people on the road, and tablets, printers and training beside it.

Three stories are planted, and `story.py` holds their numbers:

a. On 2025-06-01 the price of the plan Starter rises from 29 to 39 a seat. Its mean monthly churn triples, from 2.8 %
   (January 2024 to May 2025) to 8.6 % (June to December 2025), while Team (2.0 and 1.9 %) and Business (1.6 and 2.0 %)
   stay flat. All customers together: 2.2 and 4.4 %. Every running Starter subscription ends at 2025-06-01 06:00 and
   goes on in a new one at the new price.
b. From 2025-01 on the support team Billing answers late: the median first reply goes from 66 to 227 minutes (in
   business hours from 49 to 154), while the others stay between 46 and 52. Its CSAT in the survey falls from 90 to
   63 %, the others stay between 83 and 91 %.
c. The campaign "Webinar Series" does not pay: in 24 months it costs 677 thousand, half of all spend, brings 752 leads
   and wins 10 deals worth 20 thousand, an ROI of -97 %. "Brand Search" costs 248 thousand and wins 951 (ROI +284 %).

Mistakes put in on purpose (`flaws.py`; the spelling in `tables.py`):

- deals: 2 won deals without a close date; 3 lost deals of 2025 whose close date says 2024, before they were created
- tickets: 2 ids appear twice, the older version (still open, the file's last rows) with the earlier "Updated at"
- leads: 1 row (L-9001) with a cell too many, because its company has a comma in it and no quotes
- everywhere but in leads and companies: 1 to 2 % of the company names in another case or with a space too many

What looks odd and is right: open deals that are overdue or unpriced, deals begun in 2023 and closed or still open since
2024, tickets solved without a reply, customers who left and came back, trials that never paid, refunds and cancelled
orders.
"""

from __future__ import annotations

import argparse
import csv
import io
import re
import zipfile
from pathlib import Path

import flaws
from billing import make_expansions, make_orders, make_subscriptions
from market import Market, make_deals, make_leads
from openpyxl import Workbook
from service import make_csat, make_nps, make_tickets
from story import END, START
from tables import (
    Row,
    ad_rows,
    company_rows,
    csat_rows,
    deal_rows,
    lead_rows,
    nps_rows,
    order_rows,
    subscription_rows,
    team_rows,
    ticket_rows,
)

EXPORTED_ON = "2026-01-05"


def build() -> dict[str, list[Row]]:
    """Simulate the company once and lay it out as one list of rows per file."""
    market = Market()
    every_lead = make_leads(market)
    deals = make_deals(market, every_lead)
    subscriptions = make_subscriptions(market, deals)
    deals += make_expansions(subscriptions)
    companies = {c.name: c for c in [*(d.company for d in deals), *(s.company for s in subscriptions)]}
    tickets = make_tickets(subscriptions)
    orders, lines = order_rows(make_orders(subscriptions))
    leads = [lead for lead in every_lead if lead.created_at >= START]
    return {
        f"hubspot-crm-exports-deals-{EXPORTED_ON}.csv": deal_rows(deals),
        f"hubspot-crm-exports-companies-{EXPORTED_ON}.csv": company_rows(companies.values()),
        "sales_team.csv": team_rows(),
        "leads.csv": lead_rows(leads),
        f"zendesk-tickets-{EXPORTED_ON}.csv": ticket_rows(tickets),
        "nps-survey.csv": nps_rows(make_nps(subscriptions)),
        "csat-survey.xlsx": csat_rows(make_csat(tickets)),
        "stripe-subscriptions.csv": subscription_rows(subscriptions),
        "google-ads-campaigns.csv": ad_rows(leads),
        "orders.csv": orders,
        "order_lines.csv": lines,
    }


def spoil(files: dict[str, list[Row]]) -> None:
    """Put the documented mistakes in."""
    deals = files[f"hubspot-crm-exports-deals-{EXPORTED_ON}.csv"]
    flaws.won_without_close_date(deals, 2)
    flaws.closed_before_created(deals, 3)
    flaws.repeated_tickets(files[f"zendesk-tickets-{EXPORTED_ON}.csv"], 2)
    flaws.malformed_lead(files["leads.csv"])


def csv_text(rows: list[Row], quote_all: bool) -> str:
    """Rows as CSV; HubSpot puts every cell in quotes, the others only where they must."""
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL if quote_all else csv.QUOTE_MINIMAL, lineterminator="\n").writerows(rows)
    return out.getvalue()


def workbook_bytes(rows: list[Row]) -> bytes:
    """A workbook with one sheet, the same bytes at every run: its clock is set to the end of the data."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "CSAT"
    for row in rows:
        sheet.append(row)
    for cell in sheet["C"][1:]:
        cell.number_format = "yyyy-mm-dd hh:mm"
    raw, fixed = io.BytesIO(), io.BytesIO()
    book.save(raw)
    stamp = f"{END:%Y-%m-%dT%H:%M:%SZ}".encode()
    with zipfile.ZipFile(raw) as source, zipfile.ZipFile(fixed, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            content = source.read(name)
            if name == "docProps/core.xml":
                content = re.sub(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", stamp, content)
            target.writestr(zipfile.ZipInfo(name, END.timetuple()[:6]), content, zipfile.ZIP_DEFLATED)
    return fixed.getvalue()


def main() -> None:
    parser = argparse.ArgumentParser(description="Write the sample exports.")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent, help="folder to write to")
    out: Path = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    files = build()
    spoil(files)
    for name, rows in files.items():
        path = out / name
        if path.suffix == ".xlsx":
            path.write_bytes(workbook_bytes(rows))
        else:
            path.write_text(csv_text(rows, quote_all=name.startswith("hubspot")), encoding="utf-8", newline="")
        print(f"{name:48} {len(rows) - 1:6} rows {path.stat().st_size / 1024:8.0f} kB")


if __name__ == "__main__":
    main()
