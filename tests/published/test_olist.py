"""Olist: 8,000 leads and the 842 deals that came of them; once with ISO dates, once day first."""

import pytest

from tests.published import by_key, found, issues, percent, report_of

BOTH = ["olist", "olist_dmy"]
ORIGINS = {
    "organic_search": (271, 2296),
    "paid_search": (195, 1586),
    "social": (75, 1350),
    "unknown": (179, 1099),
    "direct_traffic": (56, 499),
    "email": (15, 493),
    "referral": (24, 284),
    "other": (4, 150),
    "display": (6, 118),
    "other_publicities": (3, 65),
    "(none)": (14, 60),
}


def folded(figures):
    """One file writes `paid search`, the other `paid_search`."""
    return {key.replace(" ", "_"): value for key, value in by_key(figures).items()}


@pytest.mark.parametrize("name", BOTH)
@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        ("leads_created", 8000),
        ("leads_converted", 842),
        ("lead_conversion_to_date", 842 / 8000),
        ("lead_conversion_in_period", 842 / 8000),
        ("deals_won", 842),
        ("deals_lost", 0),
    ],
)
def test_all_time_gives(name, metric, expected):
    assert expected == found(name)[(metric,)]


@pytest.mark.parametrize("name", BOTH)
@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        ("leads_created", {origin: leads for origin, (_, leads) in ORIGINS.items()}),
        ("lead_conversion_to_date", {origin: won / leads for origin, (won, leads) in ORIGINS.items()}),
    ],
)
def test_each_origin_and_the_missing_one_has_its_leads(name, metric, expected):
    assert expected == folded(found(name, by="source", metrics=metric))


@pytest.mark.parametrize("name", BOTH)
def test_a_deal_has_the_origin_of_its_lead(name):
    expected = {origin: won for origin, (won, _) in ORIGINS.items()}

    assert expected == folded(found(name, by="source", metrics="deals_won"))


@pytest.mark.parametrize("name", BOTH)
def test_conversion_is_by_month_of_the_first_contact(name):
    months = [f"2018-{month:02}" for month in range(1, 6)]
    monthly = by_key(found(name, by="month", metrics="lead_conversion_to_date"))

    assert percent(dict(zip(months, [13.32, 14.49, 14.22, 13.54, 9.98], strict=True)), 2) == {
        month: monthly[month] for month in months
    }


@pytest.mark.parametrize("name", BOTH)
def test_a_deal_is_won_in_the_month_of_won_date(name):
    months = ["2017-12", *(f"2018-{month:02}" for month in range(1, 12))]
    won = [3, 73, 113, 147, 207, 122, 57, 37, 33, 23, 21, 6]
    monthly = by_key(found(name, period="2017-12..2018-11", by="month", metrics="deals_won"))

    assert dict(zip(months, won, strict=True)) == monthly


@pytest.mark.parametrize("name", BOTH)
def test_leads_that_came_in_up_to_may_know_of_conversions_in_june_and_are_yet_no_june(name):
    monthly = by_key(found(name, period="2017-12..2018-11", by="month", metrics="leads_converted"))

    assert monthly == {"2017-12": 3, "2018-01": 73, "2018-02": 113, "2018-03": 147, "2018-04": 207, "2018-05": 122}


@pytest.mark.parametrize("name", BOTH)
def test_the_lead_won_before_its_first_contact_is_reported(name):
    assert issues(report_of(name), "negative-duration") == {"marketing_qualified_leads.csv": 1}


@pytest.mark.parametrize("by", [None, "month", "owner"])
def test_day_first_dates_give_the_same_figures(by):
    asked = {"by": by} if by else {}

    assert found("olist", **asked) == found("olist_dmy", **asked)


def test_day_first_dates_are_told_by_those_that_can_be_nothing_else():
    assert issues(report_of("olist_dmy"), "date-order").keys() == {"closed_deals.csv", "marketing_qualified_leads.csv"}
    assert issues(report_of("olist_dmy"), "unreadable-date") == {}
