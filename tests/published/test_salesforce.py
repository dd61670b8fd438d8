"""Salesforce's demo data (API names, M/D/YY) and a workshop's export (byte order mark, offsets, flags 1 or blank)."""

import pytest

from tests.published import found, issues, reason, report_of, rounded

DEMO, WORKSHOP = "salesforce_demo", "salesforce_workshop"


@pytest.mark.parametrize(
    ("name", "metric", "expected"),
    [
        (DEMO, "deals_created", 36),
        (DEMO, "deals_won", 12),
        (DEMO, "deals_lost", 8),
        (DEMO, "open_deals", 16),
        (DEMO, "win_rate", 0.6),
        (DEMO, "revenue_won", 2_815_000),
        (DEMO, "average_deal_value", rounded(234_583.33, 2)),
        (DEMO, "open_pipeline", 2_115_000),
        (DEMO, "weighted_pipeline", 1_094_500),
        (DEMO, "leads_created", 22),
        (DEMO, "leads_converted", 5),
        (DEMO, "lead_conversion_to_date", 5 / 22),
        (WORKSHOP, "deals_created", 50),
        (WORKSHOP, "deals_won", 12),
        (WORKSHOP, "deals_lost", 3),
        (WORKSHOP, "win_rate", 0.8),
        (WORKSHOP, "revenue_won", pytest.approx(10_542_562.98, rel=1e-12)),
        (WORKSHOP, "tickets_created", 40),
        (WORKSHOP, "tickets_solved", 14),
        (WORKSHOP, "backlog", 26),
        (WORKSHOP, "leads_created", 60),
        (WORKSHOP, "leads_converted", 0),
        (WORKSHOP, "lead_conversion_to_date", 0),
    ],
)
def test_all_records_give(name, metric, expected):
    assert expected == found(name)[(metric,)]


def test_deals_closed_before_they_were_created_are_won_but_have_no_cycle():
    """All 12 won and 7 of the 8 lost; the close date of an open deal is only expected."""
    report = report_of(DEMO)

    assert issues(report, "negative-duration") == {"Opportunity.csv": 19}
    assert reason(report, "sales_cycle_length") == "missing-values"


def test_lost_deals_without_an_amount_leave_the_win_rate_by_value_open():
    assert reason(report_of(DEMO), "win_rate_by_value") == "missing-values"


def test_the_flag_decides_who_is_converted_and_the_contradicting_status_is_reported():
    """Eight leads have the status "Closed - Converted", five the flag."""
    assert issues(report_of(DEMO), "converted-conflict") == {"Lead.csv": 3}


def test_campaigns_without_a_cost_have_no_spend_of_zero():
    report = report_of(WORKSHOP)

    assert reason(report, "acquisition_spend") == "missing-values"
    assert reason(report, "cac") is not None


@pytest.mark.parametrize("table", ["customers", "spend", "tickets", "leads", "deals"])
def test_a_byte_order_mark_is_no_part_of_the_first_header(table):
    """The first header of all five files is Id."""
    (source,) = (source for source in report_of(WORKSHOP).sources if source.table == table)

    assert source.vendor == "salesforce"
    assert not any("\ufeff" in header for header in [*source.columns.values(), *source.unmapped])
    assert "Id" in [*source.columns.values(), *source.unmapped]
