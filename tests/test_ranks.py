"""Segments compared fairly: who stands out by more than chance, and the places that each may hold."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom

from crm_metrics import api
from crm_metrics.analysis.ranks import Standings, standings
from crm_metrics.engine.aggregates import Column
from crm_metrics.engine.cells import Figures
from crm_metrics.engine.measuring import _value
from crm_metrics.intervals.limits import of_column
from crm_metrics.intervals.shares import wilson
from crm_metrics.metrics.catalog import built_in

from .conftest import TODAY, write_tables
from .renderers.reports import metric, rendered, report, row

CATALOG = built_in()
Draw = Callable[[np.random.Generator, int], np.ndarray]
AMOUNTS: dict[str, Draw] = {
    "alike": lambda random, size: random.gamma(4, 25, size),
    "skewed": lambda random, size: random.exponential(100, size),
    "very skewed": lambda random, size: random.lognormal(4, 1, size),
}


def shares(hits: list[int], n: list[int], name: str = "win_rate") -> Standings:
    of, size = np.array(hits) / np.array(n), np.array(n)
    low, high = wilson(of, size.astype(float))
    return standings(CATALOG[name], Figures(of, low, high, size.astype(float)), size, np.ones(len(n), dtype=bool))


def amounts(name: str, n: np.ndarray, values: np.ndarray) -> Standings:
    """Segments with so many values each."""
    column = Column(values, np.repeat(np.arange(len(n)), n), len(n))
    value = _value(CATALOG[name], column)
    return standings(
        CATALOG[name], Figures(value, *of_column(CATALOG[name], column, value)), n, np.ones(len(n), dtype=bool)
    )


def test_a_share_is_marked_outside_the_funnel_of_all_together() -> None:
    """By the binomial distribution itself: ten of 40 won each but for one, at the risk that five comparisons share."""
    risk = (1 - 0.95 ** (1 / 5)) / 2
    for best in range(10, 31):
        found = shares([10, 10, 10, 10, best], [40] * 5)
        outside = binom.sf(best - 1, 40, (40 + best) / 200) <= risk
        assert ("above" if outside else None) == found.mark[4], best
    assert {"above", None} == {shares([10, 10, 10, 10, best], [40] * 5).mark[4] for best in (12, 24)}


def test_places_are_as_far_apart_as_the_records_can_tell() -> None:
    found = shares([95, 50, 48, 5], [100] * 4)

    assert [(1, 1), (2, 3), (2, 3), (4, 4)] == list(zip(found.best, found.worst, strict=True))
    assert np.isnan(shares([21, 20, 19], [40] * 3).best).all()


def test_where_lower_is_better_the_lowest_is_first() -> None:
    found = shares([95, 50, 5], [100] * 3, "reopen_rate")

    assert [3, 2, 1] == found.best.tolist()
    assert ["above", None, "below"] == found.mark.tolist()


def test_fewer_than_five_records_are_never_ranked_nor_marked() -> None:
    found = shares([0, 400, 390, 200], [4, 400, 400, 400])

    assert (None, True) == (found.mark[0], bool(np.isnan(found.best[0])))
    assert ("below", 3.0, 3.0) == (found.mark[3], found.best[3], found.worst[3])


def test_nothing_is_said_where_neither_direction_is_better() -> None:
    found = shares([1, 99], [100, 100], "loss_reasons")

    assert [None, None] == found.mark.tolist()
    assert np.isnan(found.best).all()


@pytest.mark.parametrize("team", [3, 10, 30])
@pytest.mark.parametrize("kind", list(AMOUNTS))
@pytest.mark.parametrize("name", ["average_deal_value", "median_deal_value", "revenue_won"])
@pytest.mark.parametrize("size", [10, 30, 200])
def test_of_a_hundred_teams_of_equals_at_most_five_show_a_mark(size: int, name: str, kind: str, team: int) -> None:
    random = np.random.default_rng(7)
    marked = 0
    for _ in range(100):
        n = np.maximum(random.poisson(size, team), 1)
        marked += any(amounts(name, n, AMOUNTS[kind](random, int(n.sum()))).mark)

    assert marked <= 5 + 6  # three standard errors of a hundred simulations


@pytest.mark.parametrize("team", [2, 3, 10, 30])
@pytest.mark.parametrize("size", [10, 30, 200])
def test_of_many_teams_of_equals_with_shares_and_counts_few_show_a_mark_or_a_place(size: int, team: int) -> None:
    random = np.random.default_rng(3)
    found: dict[str, list[bool]] = {"share": [], "count": [], "places": []}
    unknown = np.full(team, np.nan)
    for _ in range(300):
        n = np.maximum(random.poisson(size, team), 1)
        rates = shares(random.binomial(n, 0.3).tolist(), n.tolist())
        counts = Figures(n.astype(float), unknown, unknown, n.astype(float))
        found["share"].append(any(rates.mark))
        found["count"].append(any(standings(CATALOG["deals_won"], counts, n, np.ones(team, dtype=bool)).mark))
        found["places"].append(bool((~np.isnan(rates.best)).any()))

    assert {kind: float(np.mean(said)) for kind, said in found.items() if np.mean(said) > 0.05 + 0.0378} == {}


def test_a_real_difference_is_found() -> None:
    random = np.random.default_rng(1)
    n = np.full(8, 60)
    values = random.exponential(100, int(n.sum())) * np.repeat([1, 1, 1, 1, 1, 1, 1, 4], n)
    found = amounts("average_deal_value", n, values)

    assert [None] * 7 + ["above"] == found.mark.tolist()
    assert (1.0, 1.0) == (found.best[7], found.worst[7])


def deals(won: dict[str, int], lost: dict[str, int]) -> str:
    rows = [
        f"{owner},{outcome},10,2024-03-05"
        for outcome, of in (("won", won), ("lost", lost))
        for owner in of
        for _ in range(of[owner])
    ]
    return "\n".join(["owner,outcome,amount,closed_at", *rows])


def compared(folder: Path, **asked: object) -> pd.DataFrame:
    query = api.query(metrics=["win_rate"], period="2024-03", **asked)  # type: ignore[arg-type]
    text = deals({"Ann": 45, "Ben": 10, "Cleo": 11, "": 40}, {"Ann": 5, "Ben": 40, "Cleo": 39, "": 1, "Dan": 3})
    paths = write_tables(folder, {"deals": text})
    return api.compute(api.load(list(paths), query, today=TODAY, tables=paths), query).rows


def test_a_report_by_owner_says_who_stands_out_and_leaves_those_without_a_name_aside(tmp_path: Path) -> None:
    rows = compared(tmp_path, by=["owner"]).set_index("owner")

    assert ("above", 1, 1) == tuple(rows.loc["Ann", ["standing", "rank_low", "rank_high"]])
    assert ("below", 2, 3) == tuple(rows.loc["Ben", ["standing", "rank_low", "rank_high"]])
    assert rows.loc[["Dan", "(none)"], ["standing", "rank_low", "rank_high"]].isna().all(axis=None)


@pytest.mark.parametrize("asked", [{}, {"by": ["month"]}, {"by": ["owner", "outcome"]}, {"by": ["owner"], "top": 1}])
def test_only_the_segments_of_one_dimension_are_compared(tmp_path: Path, asked: dict[str, object]) -> None:
    assert compared(tmp_path, **asked)[["standing", "rank_low", "rank_high"]].isna().all(axis=None)


def test_the_table_shows_marks_and_places_and_says_what_they_are() -> None:
    rate = metric("win_rate")
    rows = [
        row(rate, 0.9, owner="Ann", standing="above", rank_low=1.0, rank_high=1.0),
        row(rate, 0.3, owner="Ben", rank_low=2.0, rank_high=3.0),
        row(rate, 0.2, owner="Cleo"),
    ]
    shown = rendered(report(rows, [rate], by=("owner",)))

    assert "  owner  Win rate  rank \n".replace(" \n", "") in shown
    assert "  Ann      90.0 %  ↑ 1" in shown
    assert "  Ben      30.0 %    2–3" in shown
    assert "  Cleo     20.0 %\n" in shown
    assert "↑ above or ↓ below the others" in shown
    assert "rank: " in shown
    assert "▲" not in rendered(report([row(rate, 0.2, owner="Cleo")], [rate], by=("owner",)))
