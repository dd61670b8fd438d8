"""Trends: the tests behind them by hand and against formulas, what they find, and how seldom they find what is not there."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy import stats

from crm_metrics.analysis import trend_tests as tests
from crm_metrics.analysis.trend import Series, Trend, trends
from tests.coverage.trend import STABLE, claims, happening

RUNS = 200


def noise(size: int, *, seed: int, hang: float = 0.0) -> np.ndarray:
    """White noise, or a series in which each value keeps the share `hang` of the one before."""
    drawn = np.random.default_rng(seed).normal(size=size + 30)
    made = np.zeros(size + 30)
    for place, value in enumerate(drawn):
        made[place] = value + hang * made[place - 1]
    return made[30:]


def series(values: np.ndarray, *, season: int | None = 12, open_last: int = 0) -> Series:
    at = np.arange(values.size)
    return Series(values, at < values.size - open_last, at % (season or 1), season)


def trend(values: np.ndarray, **how: int) -> Trend:
    found = trends([series(values, **how)])[0]
    assert found is not None
    return found


def test_the_slope_is_the_median_of_all_pairs() -> None:
    values = np.array([1.0, 3, 2, 5, 4, 9])
    pairs = [(values[b] - values[a]) / (b - a) for a, b in itertools.combinations(range(6), 2)]
    found = tests.slope(np.arange(6), values)

    assert found.per_period == pytest.approx(np.median(pairs))
    assert found.intercept == pytest.approx(np.median(values - found.per_period * np.arange(6)))
    assert found.low <= found.per_period <= found.high


def test_mann_kendall_is_exact_for_few_values() -> None:
    values = np.array([1.0, 3, 2, 5])

    def score(order: tuple[float, ...]) -> int:
        return abs(sum(int(np.sign(b - a)) for a, b in itertools.combinations(order, 2)))

    every = [score(order) for order in itertools.permutations(values)]
    found = tests.slope(np.arange(4), values)

    assert found.tau == pytest.approx(4 / 6)
    assert found.p == pytest.approx(np.mean([one >= 4 for one in every]))


def test_mann_kendall_with_ties_is_kendalls_formula() -> None:
    values = np.array([1.0, 3, 2, 2, 4, 2, 5, 4, 1, 6])
    size = values.size
    score = sum(np.sign(b - a) for a, b in itertools.combinations(values, 2))
    ties = np.unique(values, return_counts=True)[1]
    variance = (size * (size - 1) * (2 * size + 5) - (ties * (ties - 1) * (2 * ties + 5)).sum()) / 18
    assert tests.inflation(values - tests.slope(np.arange(size), values).per_period * np.arange(size)) == 1.0

    assert tests.slope(np.arange(size), values).p == pytest.approx(2 * stats.norm.sf(abs(score) / variance**0.5))


def test_values_that_hang_together_make_the_test_stricter() -> None:
    values = np.cumsum(noise(30, seed=4))
    loose = stats.kendalltau(np.arange(30), values).pvalue

    assert tests.inflation(values) > 2
    assert tests.slope(np.arange(30), values).p > loose


def test_a_constant_has_no_trend() -> None:
    found = trend(np.full(30, 7.0))

    assert (found.slope.per_period, found.slope.p, found.rising, found.steps, found.odd) == (0.0, 1.0, 0, (), ())
    assert found.season is None
    np.testing.assert_array_equal(found.line, 7.0)


@pytest.mark.parametrize("fitted", range(6))
def test_fewer_than_six_values_have_no_trend(fitted: int) -> None:
    values = np.full(9, np.nan)
    values[:fitted] = np.arange(fitted)

    assert trends([series(values)]) == [None]


def test_open_periods_are_never_fitted() -> None:
    values = np.append(np.arange(20.0), 0.0)
    found = trend(values, open_last=1)

    assert (found.fitted, found.rising, found.slope.per_period) == (20, 1, 1.0)
    assert np.isnan(found.line[-1])


def test_gaps_keep_their_place_in_time() -> None:
    values = np.arange(20.0) * 3
    values[[4, 5, 11]] = np.nan

    assert trend(values).slope.per_period == pytest.approx(3.0)


def test_turning_a_series_round_turns_its_trend() -> None:
    values = noise(30, seed=2) + 0.3 * np.arange(30)
    up, down = trend(values), trend(-values)

    assert (up.rising, down.rising) == (1, -1)
    assert up.slope.per_period == pytest.approx(-down.slope.per_period)
    assert up.slope.p == pytest.approx(down.slope.p)


def test_trend_season_level_and_odd_value_are_told_apart() -> None:
    at = np.arange(48)
    values = 0.2 * at + 4 * np.sin(at * np.pi / 6) + 8 * (at >= 30) + noise(48, seed=8)
    values[10] += 15
    found = trend(values)

    assert found.rising == 1
    assert found.season is not None
    assert (int(found.season.argmax()), int(found.season.argmin())) in {(a, b) for a in (2, 3, 4) for b in (8, 9, 10)}
    assert [step.at for step in found.steps] == [30]
    assert found.steps[0].by == pytest.approx(8, abs=2)
    assert found.odd == (10,)


def test_a_step_alone_is_no_trend() -> None:
    found = trend(10 + 6.0 * (np.arange(36) >= 20) + noise(36, seed=1))

    assert [step.at for step in found.steps] == [20]
    assert found.rising == 0


def test_a_line_or_a_curve_is_no_change_of_level() -> None:
    at = np.arange(36)
    claims = [
        bool(trend(shape + noise(36, seed=seed)).steps)
        for seed in range(20)
        for shape in (at * 0.5, np.exp(at / 10), 6 * np.log1p(at))
    ]

    assert np.mean(claims) <= 0.05


def test_a_season_needs_24_periods() -> None:
    values = 10 * np.sin(np.arange(23) * np.pi / 6)

    assert trend(values).season_p is None
    assert trend(np.append(values, 0.0)).season_p is not None


@pytest.mark.parametrize(
    ("size", "hang", "runs", "most"), [(12, 0.0, 200, 0.1), (36, 0.0, 80, 0.12), (36, 0.3, 80, 0.18)]
)
def test_false_alarms_are_rare(size: int, hang: float, runs: int, most: float) -> None:
    """5 in 100 of series in which nothing happens, more where neighbours hang together: within three standard errors."""
    found = [trend(noise(size, seed=1000 + seed, hang=hang)) for seed in range(runs)]
    claimed = {
        "trend": np.mean([bool(one.rising) for one in found]),
        "season": np.mean([one.season is not None for one in found]),
        "level": np.mean([bool(one.steps) for one in found]),
        "odd": np.mean([bool(one.odd) for one in found]),
        "any": np.mean([bool(one.rising or one.season is not None or one.steps) for one in found]),
    }

    assert all(share <= most for share in claimed.values()), claimed


@pytest.mark.parametrize("test", ["trend", "level", "season"])
def test_each_test_alone_keeps_its_level(test: str) -> None:
    at = np.arange(24)
    chances = []
    for seed in range(RUNS):
        values = noise(24, seed=seed)
        chances.append(
            {
                "trend": lambda values: tests.slope(at, values).p,
                "level": lambda values: tests.change_of_level(at, values, [])[1],
                "season": lambda values: tests.seasonality(values, at % 12),
            }[test](values)
        )

    assert np.mean(np.array(chances) <= 0.05) <= 0.05 + 2 * (0.05 * 0.95 / RUNS) ** 0.5


def test_many_series_are_tested_together() -> None:
    runs = [trends([series(noise(24, seed=100 * run + one)) for one in range(8)]) for run in range(25)]
    claimed = [any(one and (one.rising or one.steps or one.season is not None) for one in found) for found in runs]

    assert np.mean(claimed) <= 0.12


def test_the_cutoff_is_benjamini_and_hochbergs() -> None:
    chances = [0.01, 0.02, 0.04, 0.2]
    adjusted = stats.false_discovery_control(chances)

    assert tests.cutoff(chances) == max(p for p, q in zip(chances, adjusted, strict=True) if q <= 0.05)
    assert tests.cutoff([0.9]) == 0.0
    assert tests.cutoff([]) == 0.0


def test_the_same_series_shows_the_same_twice() -> None:
    values = noise(30, seed=6)

    assert trend(values).chances == trend(values).chances


@pytest.mark.parametrize("draw", ["lognormal 0.5", "lognormal 1", "t3", "bursts", "counts", "shares"])
def test_values_of_heavy_tails_are_seldom_out_of_line(draw: str) -> None:
    """About 1 to 8 in 100; of as many series as here three standard errors more."""
    assert claims(STABLE[draw], 36, 40, seed=5)["odd"] <= 0.05 + 3 * (0.05 * 0.95 / 40) ** 0.5


@pytest.mark.parametrize(("draw", "least"), [("normal", 0.7), ("wave", 0.45)])
def test_a_value_that_is_out_of_line_is_found(draw: str, least: float) -> None:
    """Ten standard deviations off."""
    assert claims(happening(STABLE[draw], "odd 10", 36), 36, 40, seed=0)["odd"] >= least


@pytest.mark.parametrize(("size", "is_season"), [(24, 0.0), (36, 0.9)])
def test_a_peak_that_returns_is_a_season_before_it_is_out_of_line(size: int, is_season: float) -> None:
    found = claims(STABLE["december"], size, 40, seed=0)

    assert found["odd"] <= 0.05
    assert found["season"] >= is_season


def test_a_peak_in_one_of_three_years_is_out_of_line() -> None:
    peak = 100.0 * (np.arange(36) == 23)

    assert np.mean([trend(10 * noise(36, seed=seed) + 100 + peak).odd == (23,) for seed in range(30)]) >= 0.7


@pytest.mark.parametrize(("size", "draw"), [(24, "wave"), (30, "wave"), (30, "low wave"), (36, "wave")])
def test_a_season_is_no_trend_and_no_change_of_level(size: int, draw: str) -> None:
    """5 in 100, within three standard errors."""
    found = claims(STABLE[draw], size, 40, seed=3)

    assert max(found["trend"], found["level"]) <= 0.05 + 3 * (0.05 * 0.95 / 40) ** 0.5


def test_a_trend_within_a_season_is_found() -> None:
    assert claims(happening(STABLE["wave"], "trend", 36), 36, 40, seed=0)["trend"] >= 0.5


def test_the_slope_of_a_season_is_that_between_its_own_places() -> None:
    """Each December is 2 above the one before; from June to December the season alone rises."""
    at = np.arange(30)
    season = 40 * np.sin(at * np.pi / 6)
    found = tests.slope(at, season + at / 6 + 0.1 * noise(30, seed=1), at % 12)

    assert found.per_period == pytest.approx(1 / 6, abs=0.01)
    assert found.low < 1 / 6 < found.high
