"""Every record of every file is used or left out with a reason."""

from pathlib import Path

import pytest

from crm_metrics import api
from tests.conftest import TODAY, shared
from tests.published import report_of

MAVEN = {"accounts.csv": 85, "products.csv": 7, "sales_pipeline.csv": 8800, "sales_teams.csv": 35}
OLIST = {"closed_deals.csv": 842, "marketing_qualified_leads.csv": 8000}
RAVENSTACK = {
    "ravenstack_accounts.csv": 500,
    "ravenstack_subscriptions.csv": 5000,
    "ravenstack_support_tickets.csv": 2000,
}
RECORDS = {
    "maven_crm": MAVEN,
    "maven_crm.zip": MAVEN,
    "maven_crm_dmy": {"sales_pipeline.csv": 8800},
    "olist": OLIST,
    "olist_dmy": OLIST,
    "ravenstack": RAVENSTACK,
    "ravenstack_dmy": RAVENSTACK,
    "cdnow/CDNOW_master.txt": {"CDNOW_master.txt": 69_659},
    "cdnow/cdnow_sample.csv": {"cdnow_sample.csv": 6919},
    "salesforce_demo": {"Account.csv": 18, "Lead.csv": 22, "Opportunity.csv": 36, "OpportunityHistory.csv": 48},
    "salesforce_workshop": {
        "Account.csv": 22,
        "Campaign.csv": 8,
        "Case.csv": 40,
        "Lead.csv": 60,
        "Opportunity.csv": 50,
    },
    "pipeline_leak": {
        "sample_hubspot_deals.csv": 1600,
        "sample_salesforce_field_history.csv": 5476,
        "sample_salesforce_history.csv": 5931,
    },
    "ab_campaign": {"control_group.csv": 30, "test_group.csv": 30},
}


@pytest.mark.parametrize("name", RECORDS)
def test_records_are_used_or_left_out(name):
    report = report_of(name)

    assert {Path(source.path).name: source.rows for source in report.sources} == RECORDS[name]
    for source in report.sources:
        assert source.rows == source.used + sum(source.left_out.values())
        assert min(source.used, *source.left_out.values(), 0) == 0


@pytest.mark.parametrize("name", RECORDS)
def test_the_records_called_used_are_those_in_the_tables(name):
    """A cost that covers several days is several rows of one record."""
    loaded = api.load([shared(name)], api.query(period="all"), today=TODAY)

    for source in loaded.sources:
        if source.table not in loaded.tables:
            continue  # no metric asks for it
        frame = loaded.tables[source.table].frame
        assert frame.loc[frame["_source"] == source.index, "_row"].nunique() == source.used
