"""Forecasts of series: each method by hand or by a plain loop over its published formula, and whether bands hold."""

from __future__ import annotations

import numpy as np
import pytest
from statsmodels.tsa.holtwinters import Holt

from crm_metrics.analysis.forecast import smoothing
from crm_metrics.analysis.forecast.backtest import Trials, reach
from tests.coverage.forecast import made_up

NAN = np.nan
SEASON = np.array([0.7, 0.8, 1.0, 1.1, 1.0, 0.9, 0.8, 0.9, 1.0, 1.1, 1.2, 1.5])


def said(series: object, ahead: int = 2, season: int | None = None, *, grows: bool = True) -> dict[str, np.ndarray]:
    return smoothing.forecasts(np.array(series, dtype=float), ahead, season, grows=grows)[0]


@pytest.mark.parametrize(
    ("method", "series", "season", "expected"),
    [
        ("run-rate", [100, 1, 2, 3], None, [2, 2]),
        ("run-rate", [100, 1, NAN, 2, 3], None, [2, 2]),
        ("seasonal-naive", [1, 2, 3, 4, 5], 3, [3, 4]),
        ("seasonal-naive", [1, 2], 3, [NAN, NAN]),
        ("theta", [7, 7, 7, 7, 7, 7], None, [7, 7]),
        ("damped-trend", [7, 7, 7, NAN, 7, 7], None, [7, 7]),
        ("combination", [5], None, [NAN, NAN]),
    ],
)
def test_a_method_by_hand(method: str, series: list[float], season: int | None, expected: list[float]) -> None:
    np.testing.assert_allclose(said(series, 2, season)[method], expected)


def test_smoothing_follows_its_recursion_value_by_value() -> None:
    """Gardner & McKenzie: l = α y + (1 − α)(l + φ b); b = β (l − l before) + (1 − β) φ b. In error form the
    weight of the trend is α β."""
    series = np.random.default_rng(1).normal(50, 9, 40)
    alpha, beta, phi, level, trend, squares = 0.3, 0.2, 0.9, 48.0, 0.5, 0.0
    for value in series:
        ahead = level + phi * trend
        squares += (value - ahead) ** 2
        before, level = level, alpha * value + (1 - alpha) * ahead
        trend = beta * (level - before) + (1 - beta) * phi * trend
    found = smoothing.smoothed(series, 48.0, 0.5, *np.array([[alpha], [alpha * beta], [phi]]))

    np.testing.assert_allclose(np.ravel(found), [level, trend, squares])


def test_smoothing_is_that_of_statsmodels() -> None:
    series = np.random.default_rng(2).normal(50, 9, 40)
    model = Holt(series, damped_trend=True, initialization_method="known", initial_level=48.0, initial_trend=0.5)
    fit = model.fit(smoothing_level=0.3, smoothing_trend=0.2, damping_trend=0.9, optimized=False)
    level, trend, squares = smoothing.smoothed(series, 48.0, 0.5, *np.array([[0.3], [0.06], [0.9]]))

    np.testing.assert_allclose(level + trend * np.cumsum(0.9 ** np.arange(1, 4)), fit.forecast(3))
    np.testing.assert_allclose(squares, fit.sse)


def test_theta_is_smoothing_with_half_of_the_slope() -> None:
    """Hyndman & Billah: the level, plus half of the slope of the line times (h − 1 + (1 − (1 − α)^n) / α)."""
    series = np.array([3.0, 5, 4, 8, 7, 9, 12, 10, 14, 13])
    slope = np.polyfit(np.arange(10), series, 1)[0]
    best = (np.inf, 0.0, 0.0)
    for alpha in (0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.99):
        level, squares = series[:6].mean(), 0.0
        for value in series:
            squares, level = squares + (value - level) ** 2, level + alpha * (value - level)
        best = min(best, (squares, alpha, level))
    _, alpha, level = best
    expected = [level + slope / 2 * (step + (1 - (1 - alpha) ** 10) / alpha) for step in range(3)]

    np.testing.assert_allclose(smoothing.theta(series, 3), expected)


@pytest.mark.parametrize("method", ["theta", "damped-trend", "combination"])
def test_trend_and_season_are_carried_on_together(method: str) -> None:
    at = np.arange(72)
    series = (100 + 2.0 * at) * np.tile(SEASON, 6)
    came = (100 + 2.0 * np.arange(72, 78)) * SEASON[:6]

    np.testing.assert_allclose(said(series, 6, 12)[method], came, rtol=0.03)


def test_a_season_of_summands_is_known_where_a_figure_has_an_end() -> None:
    series = np.tile(10 * (SEASON - 1), 4)

    np.testing.assert_allclose(said(series, 12, 12, grows=False)["combination"], 10 * (SEASON - 1), atol=0.6)
    assert said(series, 12, 12, grows=False)["combination"].min() < 0


def test_noise_makes_no_season() -> None:
    """What is left of a season of mere noise is a tenth of the noise at most in the middle of 100 series."""
    chance = np.random.default_rng(3)
    spread = [float(np.std(smoothing.season_of(chance.normal(size=48), 12))) for _ in range(100)]

    assert np.median(spread) < 0.1


def test_without_two_years_there_is_no_season() -> None:
    series = np.tile(SEASON, 2) * 100

    assert np.ptp(said(series[:22], 12, 12)["damped-trend"]) < 20
    assert np.ptp(said(series, 12, 12)["damped-trend"]) > 70


def test_two_values_make_no_trend() -> None:
    assert said([100, 300])["combination"].max() <= 300


@pytest.mark.parametrize("seed", range(5))
def test_what_cannot_be_negative_is_not_forecast_so(seed: int) -> None:
    series = np.random.default_rng(seed).poisson(0.7, 40) * np.linspace(3, 0.1, 40)

    assert min(values.min() for values in said(series, 12, 12).values()) >= 0


def trials(
    came: object, said: object, *, grows: bool = False, alike: object = None, ahead: int = 1, spread: object = 1.0
) -> Trials:
    actual, value = np.array(came, dtype=float), np.array(said, dtype=float)
    like = np.ones(actual.size, dtype=bool) if alike is None else np.array(alike, dtype=bool)
    missed = np.broadcast_to(np.array(spread, dtype=float), actual.size + 1)
    return Trials(actual, {"theta": value}, ahead, np.full(actual.size, 2.0), like, missed, grows)


def test_a_band_is_the_conformal_quantile_of_the_errors() -> None:
    found = trials(np.arange(1.0, 20.0), np.zeros(19)).bands("theta", 100.0)

    np.testing.assert_allclose([found[0.5], found[0.9]], [[90, 110], [82, 118]])


def test_what_grows_has_bands_of_ratios() -> None:
    low, high = trials([110, 220, 330], [100, 200, 300], grows=True).bands("theta", 1000.0)[0.5]

    np.testing.assert_allclose([low, high], [1000 / 1.1, 1100])


def test_bands_rest_on_moments_that_knew_as_much_as_now_where_they_are_enough() -> None:
    came = np.array([50.0] * 10 + [1.0] * 12)
    found = trials(came, np.zeros(22), alike=came < 2).bands("theta", 0.0)

    assert found[0.9] == pytest.approx((-1, 1))


def test_errors_of_moments_that_knew_no_season_count_by_what_is_explained_since() -> None:
    """Ten errors of 50 where smoothing missed by 10; now that it misses by 2 they tell of errors of 10."""
    came, alike = np.array([50.0] * 10 + [10.0] * 4), np.arange(14) >= 10
    spread = np.where(np.append(alike, True), 2.0, 10.0)

    assert trials(came, np.zeros(14), alike=alike, spread=spread).bands("theta", 0.0)[0.9] == pytest.approx((-10, 10))
    assert trials(came, np.zeros(14), alike=alike).bands("theta", 0.0)[0.9] == pytest.approx((-50, 50))


def test_errors_that_overlap_make_a_quantile_for_each_row_that_does_not() -> None:
    """Rows 1, 4, 16 and 9, 9, 9: half of the next lie below 4 and 9, the mean of their logarithms is that of 6. Of two rows
    of two there is too little for each."""
    assert reach(np.array([1.0, 9, 4, 9, 16, 9]), 0.5, 2) == pytest.approx(6)
    assert reach(np.array([1.0, 9, 4, 9]), 0.5, 2) == pytest.approx(6)
    assert reach(np.array([1.0, 9, 4, 9]), 0.5, 1) == pytest.approx(6)
    assert reach(np.array([1.0, 9, 4, 9, 16, 9]), 0.5, 1) == pytest.approx(9)


@pytest.mark.parametrize(("count", "known"), [(2, False), (3, True)])
def test_few_errors_give_a_wider_band_and_fewer_than_three_none(count: int, known: bool) -> None:
    wide = reach(np.array([1.0, 2.0, 3.0][:count]), 0.9, 1)

    assert known == (wide > 3.0)
    assert known != np.isnan(wide)


def test_methods_are_compared_where_all_of_them_said_something() -> None:
    came = np.zeros(6)
    values = {"run-rate": np.ones(6), "seasonal-naive": np.array([NAN, NAN, NAN, 4, 4, 4])}
    some = Trials(came, values, 1, np.full(6, 2.0), np.ones(6, dtype=bool), np.ones(7), False)

    assert (["run-rate"], 6) == (some.compared(4, some.alike)[0], some.compared(4, some.alike)[1].sum())
    assert (["run-rate", "seasonal-naive"], 3) == (
        some.compared(3, some.alike)[0],
        some.compared(3, some.alike)[1].sum(),
    )
    assert [] == some.compared(7, some.alike)[0]
    assert pytest.approx(0.5) == some.scaled("run-rate", some.alike)


def test_the_coverage_of_the_back_test_uses_only_errors_known_by_then() -> None:
    errors = np.array([1.0, 1, 1, 9, 1])

    assert (0.5, 2) == trials(errors, np.zeros(5)).coverage("theta")[0.5]
    assert (1.0, 1) == trials(errors, np.zeros(5), ahead=2).coverage("theta")[0.5]


def test_bands_hold_as_many_values_as_they_promise() -> None:
    """Ninety series with a trend, a season and skewed noise, each forecast once: half of what comes lies in the half's band,
    nine tenths in the other, give or take what chance allows."""
    chance = np.random.default_rng(4)
    hits: dict[float, int] = {0.5: 0, 0.9: 0}
    for _ in range(90):
        size = 40
        series = np.linspace(100, 160, size) * np.resize(SEASON, size) * chance.lognormal(0, 0.15, size)
        told = [smoothing.forecasts(series[:known], 1, 12, grows=True) for known in range(10, size)]
        values, spread = np.array([each["theta"][0] for each, _ in told]), np.array([missed for _, missed in told])
        alike = np.arange(10, size - 1) >= 23
        tried = Trials(series[10:-1], {"theta": values[:-1]}, 1, np.ones(size - 11), alike, spread, grows=True)
        for level, (low, high) in tried.bands("theta", float(values[-1])).items():
            hits[level] += bool(low <= series[-1] <= high)

    assert 0.38 <= hits[0.5] / 90 <= 0.64
    assert 0.83 <= hits[0.9] / 90 <= 0.98


def test_forecasts_of_made_up_companies_beat_the_year_before_and_their_bands_hold() -> None:
    """Twelve companies, three totals each (`python -m tests.coverage forecast` tries more of them, and public series)."""
    tried = list(made_up(12, seed=1))

    assert np.mean([one.error for one in tried]) < 0.9 * np.mean([one.year_ago for one in tried])
    assert 0.3 <= np.mean([one.inside[0.5] for one in tried]) <= 0.75
    assert 0.8 <= np.mean([one.inside[0.9] for one in tried])
