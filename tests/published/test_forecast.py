"""Maven CRM as it was known at the end of September 2017, against what the last quarter brought."""

import pytest

from crm_metrics import api
from crm_metrics.settings import Settings
from tests.conftest import TODAY, shared
from tests.published import by_key, found

CAME = 2_802_496


def forecast(name="maven_crm", metric="revenue_won", as_of="2017-09-30"):
    asked = api.forecast([shared(name)], metric, period="2017-Q4", settings=Settings(as_of=as_of), today=TODAY)
    (one,) = asked.forecasts
    return one


def test_what_came_is_the_published_figure_and_lies_in_the_band():
    one = forecast()
    low, high = one.chosen.bands[0.9]

    assert CAME == one.actual
    assert low <= CAME <= high


def test_every_method_is_tried_on_the_past_and_their_bands_hold():
    one = forecast()

    assert {"run-rate": 3, "theta": 3, "damped-trend": 3, "combination": 3, "pipeline": 4} == {
        each.name: each.moments for each in one.methods
    }
    assert all(each.bands[0.9][0] <= CAME <= each.bands[0.9][1] for each in one.methods)


def test_the_plainest_method_adds_up_the_months_before():
    """The mean a day of the months July to September, times the 92 days of the quarter."""
    months = by_key(found("maven_crm", period="2017-07..2017-09", by="month", metrics="revenue_won"))
    days = dict(zip(sorted(months), [31, 31, 30], strict=True))
    mean = sum(months[month] / days[month] for month in months) / 3 * 92
    (plainest,) = [method for method in forecast().methods if method.name == "run-rate"]

    assert mean == pytest.approx(plainest.point)


def test_amounts_that_give_the_outcome_away_are_not_used():
    simulated = forecast().simulated

    assert (2409, 0) == (simulated.open, simulated.priced)


@pytest.mark.parametrize("metric", ["revenue_won", "deals_won"])
def test_the_same_deals_dated_otherwise_give_the_same_forecast(metric):
    assert repr(forecast(metric=metric).methods) == repr(forecast("maven_crm_dmy", metric).methods)
