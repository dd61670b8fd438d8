"""A stated chance comes true about as often as it says; at full size by `python -m tests.goals.calibration`."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from crm_metrics.analysis.goals.chances import COURSES, Past, courses, enough
from crm_metrics.analysis.goals.parts import Kind
from tests.goals.calibration import stated, table

# How often goals are met whose stated chance lies in a range, with room for chance in a few hundred of them.
LIMITS = {0.0: (0.0, 0.2), 0.1: (0.1, 0.36), 0.3: (0.27, 0.56), 0.5: (0.44, 0.73), 0.7: (0.6, 0.97), 0.9: (0.8, 1.0)}


def test_goals_are_met_as_often_as_their_chance_says() -> None:
    rows = table(list(stated(900)))["all"]

    assert [(low, count >= 50) for low, _, count, _ in rows] == [(low, True) for low in LIMITS]
    met = {low: share for low, _, _, share in rows}
    assert {low: share for low, share in met.items() if not LIMITS[low][0] <= share <= LIMITS[low][1]} == {}


def steady(kind: Kind, by_day: np.ndarray, now: float = 0.0) -> dict[str, Past]:
    return {"a": Past(kind, (now, 0.0), by_day, np.zeros(by_day.shape))}


def test_the_rest_of_a_week_has_the_weekdays_that_are_left() -> None:
    week = np.array([10.0, 10.0, 10.0, 10.0, 10.0, 0.0, 0.0])
    pasts = steady(Kind.FLOW, np.tile(week, (20, 1)), now=3.0)

    ends = {days: set(courses(pasts, days, date(2025, 9, 1))["a"]) for days in (1, 5, 7, 8)}
    assert ends == {1: {13.0}, 5: {53.0}, 7: {53.0}, 8: {63.0}}


def test_a_stock_goes_on_from_where_it_is() -> None:
    pasts = steady(Kind.STOCK, np.full(20, 2.0), now=100.0)
    assert set(courses(pasts, 14, date(2025, 9, 1))["a"].round(9)) == {104.0}
    assert set(courses(pasts, 17, date(2025, 9, 1))["a"].round(9)) == {round(104 + 6 / 7, 9)}


def test_a_mean_weighs_by_its_records() -> None:
    amounts, numbers = np.full((20, 7), 10.0), np.full((20, 7), 2.0)
    pasts = {"a": Past(Kind.MEAN, (70.0, 7.0), amounts, numbers)}
    assert set(courses(pasts, 7, date(2025, 9, 1))["a"].round(9)) == {round(140 / 21, 9)}


def test_two_years_tell_the_seasons_apart() -> None:
    end = date(2025, 12, 1)
    months = np.array(
        [(np.datetime64(end) + np.timedelta64(week * 7 + 3, "D")).astype(date).month for week in range(-104, 0)]
    )
    weekly = np.where(months == 12, 400.0, 100.0) + np.tile([-3.0, 3.0], 52)
    pasts = steady(Kind.FLOW, np.repeat(weekly[:, None] / 7, 7, axis=1))

    assert np.median(courses(pasts, 28, end)["a"]) == pytest.approx(1600, rel=0.05)
    assert np.median(courses({"a": pasts["a"].last(60)}, 28, end)["a"]) < 800  # one December tells no season


def test_the_same_past_gives_the_same_courses() -> None:
    pasts = steady(Kind.FLOW, np.arange(140.0).reshape(20, 7))
    first, again = (courses(pasts, 30, date(2025, 9, 1))["a"] for _ in range(2))
    assert (len(first), (first == again).all()) == (COURSES, True)


@pytest.mark.parametrize(("weeks", "days", "said"), [(11, 7, False), (12, 84, True), (12, 85, False), (60, 365, True)])
def test_a_short_past_says_nothing(weeks: int, days: int, said: bool) -> None:
    assert enough(weeks, days) is said
