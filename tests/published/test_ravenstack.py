"""RavenStack: 500 accounts with about ten subscriptions each, and their tickets; once ISO, once day first."""

from datetime import date

import pytest

from crm_metrics.settings import Settings
from tests.published import by_key, found, issues, report_of, rounded

BOTH = ["ravenstack", "ravenstack_dmy"]
MRR = [("2023-12-31", 1_262_113), ("2024-06-30", 3_833_405), ("2024-11-30", 8_460_824), ("2024-12-31", 10_159_608)]
ACCOUNTS = {"2024-12": (474, 0, 26, 500), "2024-06": (302, 0, 31, 333), "2023-06": (46, 0, 18, 64)}
EDGES = ("customers_at_start", "customers_lost", "customers_gained", "customers_at_end")
RISES, FALLS = ("new_mrr", "expansion_mrr", "reactivation_mrr"), ("contraction_mrr", "churned_mrr")


@pytest.mark.parametrize("name", BOTH)
@pytest.mark.parametrize(("day", "expected"), MRR)
def test_recurring_revenue_at_the_end_of_a_day_is_that_of_the_month_it_ends(name, day, expected):
    at_as_of = found(name, metrics="mrr", settings=Settings(as_of=date.fromisoformat(day)))

    assert expected == at_as_of[("mrr",)]
    assert expected == found(name, period=day[:7], metrics="mrr")[("mrr",)]


@pytest.mark.parametrize("name", BOTH)
def test_recurring_revenue_at_the_start_of_december_is_that_at_the_end_of_november(name):
    assert found(name, period="2024-12", metrics="mrr_at_start")[("mrr_at_start",)] == 8_460_824


@pytest.mark.parametrize("name", BOTH)
def test_the_movements_of_december_are_what_started_less_what_ended(name):
    """2,273,427 of new subscriptions, 281,095 of the old ones and 293,548 of the new ones ended."""
    moved = by_key(found(name, period="2024-12", metrics=",".join((*RISES, *FALLS))))
    net = sum(moved[metric] for metric in RISES) - sum(moved[metric] for metric in FALLS)

    assert net == 2_273_427 - 281_095 - 293_548


@pytest.mark.parametrize("name", BOTH)
def test_the_movements_of_every_month_lead_from_its_start_to_its_end(name):
    asked = ",".join(("mrr_at_start", "mrr", *RISES, *FALLS))
    months = [f"{year}-{month:02}" for year in (2023, 2024) for month in range(1, 13)]
    given = found(name, period="2023..2024", by="month", metrics=asked)

    for month in months[1:]:
        net = sum(given[metric, month] for metric in RISES) - sum(given[metric, month] for metric in FALLS)
        assert given["mrr", month] - given["mrr_at_start", month] == net


@pytest.mark.parametrize("name", BOTH)
@pytest.mark.parametrize("month", ACCOUNTS)
def test_losing_one_of_several_subscriptions_is_not_losing_the_customer(name, month):
    retention = found(name, period=month, metrics="retention")

    assert ACCOUNTS[month] == tuple(retention[(metric,)] for metric in EDGES)
    assert (retention[("retention_rate",)], retention[("churn_rate",)]) == (1, 0)


@pytest.mark.parametrize("name", BOTH)
@pytest.mark.parametrize("period", ["all", "2024-12", "2023-06"])
def test_customers_marked_as_gone_are_a_share_of_all_in_any_period(name, period):
    assert found(name, period=period, metrics="churned_share")[("churned_share",)] == 110 / 500


@pytest.mark.parametrize("name", BOTH)
@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        ("tickets_created", 2000),
        ("first_response_time_mean", rounded(88.48, 2)),
        ("first_response_time", 88),
        ("resolution_time_mean", rounded(35.861, 3)),
        ("resolution_time", 35),
        ("ticket_csat", rounded(0.66298, 5)),
        ("ticket_csat_score", rounded(3.98128, 5)),
    ],
)
def test_tickets_give(name, metric, expected):
    assert expected == found(name)[(metric,)]


@pytest.mark.parametrize("name", BOTH)
def test_the_scale_of_satisfaction_is_said_as_no_score_is_below_three(name):
    report = report_of(name)
    (scale,) = (issue for issue in report.issues if issue.code == "scale-read")
    rated = report.rows[report.rows["metric"].isin(["ticket_csat", "ticket_csat_score"])]

    assert scale.detail["scale"] == "1-5"
    assert set(rated["n"]) == {1175}


@pytest.mark.parametrize("by", [None, "month", "plan", "country"])
def test_day_first_dates_and_shouted_flags_give_the_same_figures(by):
    asked = {"by": by} if by else {}

    assert found("ravenstack", **asked) == found("ravenstack_dmy", **asked)


def test_day_first_dates_are_told_by_those_that_can_be_nothing_else():
    expected = {f"ravenstack_{table}.csv" for table in ("accounts", "subscriptions", "support_tickets")}

    assert expected == issues(report_of("ravenstack_dmy"), "date-order").keys()
