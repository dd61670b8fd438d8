"""How likely chance alone brings a change, and what may be claimed of many changes together."""

from __future__ import annotations

import numpy as np
import pytest

from crm_metrics.intervals.shares import wilson
from crm_metrics.intervals.signals import NONE, Figures, chances, holm, signals
from crm_metrics.metrics import catalog
from crm_metrics.metrics.metric import Better

WIN_RATE = catalog.built_in()["win_rate"]


def shares(hits: int, n: int) -> Figures:
    share = np.array([hits / n])
    return Figures(share, *wilson(share, np.array([float(n)])), np.array([float(n)]))


def test_holm_compares_the_smallest_with_the_strictest():
    # .011 <= .05 / 4, .012 <= .05 / 3, .03 > .05 / 2: with it all larger ones stop, though .049 <= .05.
    told = holm(np.array([0.049, 0.011, 0.03, 0.012]), 0.05)

    assert [False, True, False, True] == told.tolist()


def test_what_cannot_be_told_is_no_test_and_never_told():
    assert [True, False, True] == holm(np.array([0.02, np.nan, 0.025]), 0.05).tolist()
    assert [False, False] == holm(np.array([np.nan, np.nan]), 0.05).tolist()
    assert [] == holm(np.zeros(0), 0.05).tolist()


@pytest.mark.parametrize(("now", "n"), [(180, 400), (230, 400), (9, 20), (14, 20)])
def test_a_change_is_told_alone_where_its_chance_is_below_5_percent(now: int, n: int):
    # The limits are for 95 %, so both ways of asking agree.
    later, earlier = shares(now, n), shares(n // 2, n)
    chance = chances(WIN_RATE, later, earlier)[0]

    assert (chance < 0.05) == (signals(WIN_RATE, later, earlier)[0] != NONE)
    assert 0 < chance <= 1


def test_fewer_records_and_smaller_changes_are_likelier_by_chance():
    few = chances(WIN_RATE, shares(14, 20), shares(10, 20))[0]
    many = chances(WIN_RATE, shares(140, 200), shares(100, 200))[0]
    small = chances(WIN_RATE, shares(110, 200), shares(100, 200))[0]

    assert many < small < 1
    assert many < few < 1


def test_nothing_is_said_of_five_records_nor_where_neither_direction_is_better():
    neither = next(metric for metric in catalog.built_in().values() if metric.better is Better.NEITHER)

    assert np.isnan(chances(WIN_RATE, shares(5, 5), shares(0, 5))).all()
    assert np.isnan(chances(neither, shares(180, 200), shares(20, 200))).all()
