"""The same 1,600 deals as a HubSpot export and as two Salesforce histories of their stages."""

import pandas as pd
import pytest
from scipy.stats import CensoredData, ecdf

from crm_metrics import api
from tests.conftest import TODAY, shared
from tests.published import by_key, found, reason, report_of, rounded

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


REACHED = {"Discovery": 1600, "Qualified": 999, "Demo": 756, "Proposal": 356, "Negotiation": 206, "Closed Won": 175}


@pytest.mark.parametrize("name", [HUBSPOT, "pipeline_leak", *HISTORIES])
def test_as_many_deals_reached_each_stage_as_published(name):
    reached = by_key(found(name, metrics="stages_entered"))

    assert reached == {**REACHED, "Closed Lost": 1384}
    assert list(reached) == [*REACHED, "Closed Lost"]


@pytest.mark.parametrize("name", [HUBSPOT, "pipeline_leak", *HISTORIES])
def test_parts_add_up_to_the_deals_that_entered_a_stage(name):
    parts = [by_key(found(name, metrics=metric)) for metric in ("stage_went_on", "stage_lost", "stage_waiting")]
    entered = {stage: sum(part[stage] for part in parts) for stage in parts[0]}
    rates = by_key(found(name, metrics="stage_conversion_rate"))

    assert entered == {stage: count for stage, count in REACHED.items() if stage != "Closed Won"}
    assert rates == {stage: parts[0][stage] / count for stage, count in entered.items()}
    assert (sum(parts[1].values()), sum(parts[2].values())) == (1384, 41)


@pytest.mark.parametrize("name", [HUBSPOT, "pipeline_leak", *HISTORIES])
def test_the_bottleneck_is_the_same_in_all_files(name):
    funnel = api.bottleneck([shared(name)], period="all", today=TODAY).bottleneck
    money, delay = funnel.by_money, funnel.by_delay

    assert money is not None
    assert delay is not None
    assert [stage.name for stage in money.stages] == ["Demo", "Discovery", "Proposal", "Qualified", "Negotiation"]
    assert [stage.name for stage in delay.stages][:2] == ["Proposal", "Negotiation"]
    assert (money.is_told, delay.is_told) == (True, True)
    assert sum(stage.lost - stage.priced for stage in funnel.stages) == 468


def test_money_lost_and_time_are_those_of_the_columns():
    """Told once more from the columns of the file: the furthest stage, and the time to the next entry."""
    deals = pd.read_csv(shared(HUBSPOT))
    headers = [name for name in deals if name.startswith("Date entered")]
    entered = deals[headers].apply(pd.to_datetime).set_axis([*REACHED, "Closed Lost"], axis="columns")
    working = list(REACHED)[:-1]
    furthest = entered[working].notna().to_numpy().cumsum(axis=1).argmax(axis=1)
    lost = (deals["Deal Stage"] == "Closed Lost").to_numpy()
    stages = {
        stage.name: stage for stage in api.bottleneck([shared(HUBSPOT)], period="all", today=TODAY).bottleneck.stages
    }
    now = pd.Timestamp("2026-09-16")  # the end of the last day on which something happened

    for place, stage in enumerate(working):
        ended = lost & (furthest == place)
        assert (stages[stage].lost, stages[stage].amount) == (ended.sum(), deals.loc[ended, "Amount"].sum())
        mine = entered[entered[stage].notna()]
        following = mine.where(mine.gt(mine[stage], axis="index")).min(axis="columns")
        days = (following.fillna(now) - mine[stage]) / pd.Timedelta(days=1)
        waits = CensoredData.right_censored(days, following.isna())
        waiting = ecdf(waits).sf
        half = waiting.quantiles[waiting.probabilities <= 0.5 + 1e-9][0]
        assert stages[stage].days == pytest.approx(half)
