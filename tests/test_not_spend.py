"""Reports of marketing tools that hold no costs: named as not recognised, never taken for spend or orders."""

from __future__ import annotations

import pytest

from crm_metrics import api
from crm_metrics.errors import NothingToReport
from tests.conftest import TODAY

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
