"""The same 1,600 deals as a HubSpot export and as two Salesforce histories of their stages."""

import pandas as pd
import pytest

from tests.conftest import shared
from tests.published import found, reason, report_of, rounded

HUBSPOT = "pipeline_leak/sample_hubspot_deals.csv"
HISTORIES = ["pipeline_leak/sample_salesforce_history.csv", "pipeline_leak/sample_salesforce_field_history.csv"]


@pytest.mark.parametrize("name", [HUBSPOT, "pipeline_leak", *HISTORIES])
@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        ("deals_created", 1600),
        ("deals_won", 175),
        ("deals_lost", 1384),
        ("open_deals", 41),
        ("win_rate", 175 / 1559),
        ("revenue_won", 6_493_000),
        ("average_deal_value", rounded(37_102.857, 3)),
        ("median_deal_value", 30_500),
        ("open_pipeline", 1_611_600),
    ],
)
def test_the_deals_give(name, metric, expected):
    assert expected == found(name)[(metric,)]


def test_the_cycle_is_measured_from_time_to_time():
    """The file has times. Published are the calendar days of the same deals, 56.4 in the mean and 54 in the middle;
    ours differ from them by the times of day alone."""
    deals = pd.read_csv(shared(HUBSPOT), parse_dates=["Create Date", "Close Date"])
    won = deals[deals["Deal Stage"] == "Closed Won"]
    exact = (won["Close Date"] - won["Create Date"]) / pd.Timedelta(days=1)
    whole = (won["Close Date"].dt.normalize() - won["Create Date"].dt.normalize()).dt.days
    ours = found(HUBSPOT)

    assert (whole.mean(), whole.median()) == (56.4, 54)
    assert pytest.approx(exact.mean(), rel=1e-12) == ours[("sales_cycle_length_mean",)]
    assert pytest.approx(exact.median(), rel=1e-12) == ours[("sales_cycle_length",)]


@pytest.mark.parametrize("name", HISTORIES)
def test_the_histories_have_no_times_and_give_the_cycle_in_days(name):
    ours = found(name)

    assert (ours[("sales_cycle_length_mean",)], ours[("sales_cycle_length",)]) == (56.4, 54)


def test_lost_deals_without_an_amount_leave_the_win_rate_by_value_open():
    """468 of them."""
    assert reason(report_of(HUBSPOT), "win_rate_by_value") == "missing-values"


def test_histories_are_recognised_as_stages_of_deals():
    tables = {
        source.path.rsplit("/", 1)[-1]: (source.vendor, source.table) for source in report_of("pipeline_leak").sources
    }

    assert tables == {
        "sample_hubspot_deals.csv": ("hubspot", "deals"),
        "sample_salesforce_field_history.csv": ("salesforce", "deal_stages"),
        "sample_salesforce_history.csv": ("salesforce", "deal_stages"),
    }
