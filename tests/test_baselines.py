"""Plain forecasts: each by hand, the back-test, and whether bands hold what they promise."""

from __future__ import annotations

import numpy as np
import pytest

from crm_metrics.analysis import baselines
from crm_metrics.analysis.baselines import METHODS

NAN = np.nan


@pytest.mark.parametrize(
    ("method", "series", "season", "expected"),
    [
        ("mean", [1, 2, 6], None, [3, 3]),
        ("mean", [1, NAN, 5], None, [3, 3]),
        ("run-rate", [100, 1, 2, 3], None, [2, 2]),
        ("run-rate", [100, 1, NAN, 2, 3], None, [2, 2]),
        ("seasonal-naive", [1, 2, 3, 4, 5], 3, [3, 4]),
        ("seasonal-naive", [1, 2, 3], None, [3, 3]),
        ("seasonal-naive", [1, 2], 3, [NAN, NAN]),
        ("theil-sen", [1, 3, 5, 7], None, [9, 11]),
        ("theil-sen", [1, 3, 500, 7, 9], None, [11, 13]),
        ("theil-sen", [1, 3, NAN, 7], None, [9, 11]),
        ("theil-sen", [1], None, [NAN, NAN]),
    ],
)
def test_a_method_by_hand(method: str, series: list[float], season: int | None, expected: list[float]) -> None:
    found = METHODS[method](np.array(series, dtype=float), 2, season)

    np.testing.assert_allclose(found, expected)


def test_a_season_longer_than_the_horizon_and_shorter_repeats_in_order() -> None:
    found = METHODS["seasonal-naive"](np.array([1.0, 2, 3, 4]), 7, 3)

    np.testing.assert_array_equal(found, [2, 3, 4, 2, 3, 4, 2])


def test_a_back_test_knows_nothing_of_what_came_later() -> None:
    mean = baselines.backtest(np.array([0.0, 0, 0, 0, 0, 0, 7, 7]), 2, None)[0]

    assert mean.method == "mean"
    np.testing.assert_allclose(mean.errors, [[7, 7], [6, NAN]])
    assert mean.mae == pytest.approx(20 / 3)
    assert mean.skill == 0.0


def test_a_series_too_short_has_no_test_and_no_forecast() -> None:
    assert baselines.backtest(np.arange(6.0), 3, None) == []
    assert baselines.predict(np.arange(6.0), 3) is None


def test_a_method_that_never_has_anything_to_say_is_left_out() -> None:
    assert "seasonal-naive" not in [one.method for one in baselines.backtest(np.arange(9.0), 1, 12)]


def test_the_plainest_wins_on_noise() -> None:
    rng = np.random.default_rng(11)
    chosen = [baselines.best(baselines.backtest(rng.normal(size=30), 3, 12)).method for _ in range(60)]

    assert chosen.count("mean") >= 57


@pytest.mark.parametrize(
    ("method", "shape"),
    [("seasonal-naive", lambda at: 5 * np.sin(at * np.pi / 6)), ("theil-sen", lambda at: 2.0 * at)],
)
def test_another_wins_where_it_is_clearly_better(method: str, shape: object) -> None:
    at = np.arange(48)
    series = shape(at) + np.random.default_rng(5).normal(size=48)  # type: ignore[operator]
    found = baselines.predict(series, 3, 12)

    assert found is not None
    assert found.method == method
    assert next(one for one in found.tested if one.method == method).skill > 0.5


def test_of_no_tests_none_is_best() -> None:
    with pytest.raises(ValueError, match="no method"):
        baselines.best([])


def test_a_band_is_the_conformal_quantile_of_the_errors_of_its_step() -> None:
    errors = np.column_stack([np.arange(1.0, 20.0), -np.arange(1.0, 20.0)])
    low, high = baselines.bands(baselines.Tested("mean", errors, 10.0, 0.0), np.array([100.0, 200.0]))[0.5]

    np.testing.assert_allclose(low, [90, 190])
    np.testing.assert_allclose(high, [110, 210])


def test_few_errors_give_a_wider_band_and_fewer_than_three_none() -> None:
    errors = np.array([[1.0, 1.0], [-2.0, NAN], [3.0, NAN]])
    found = baselines.bands(baselines.Tested("mean", errors, 2.0, 0.0), np.zeros(2))

    assert found[0.9][1][0] > found[0.5][1][0] == 2.0
    assert found[0.9][1][0] > 3.0
    assert np.isnan([found[0.5][1][1], found[0.9][0][1]]).all()


def test_bands_never_get_narrower_ahead() -> None:
    errors = np.tile([5.0, 1.0, 9.0], (12, 1))
    _, high = baselines.bands(baselines.Tested("mean", errors, 5.0, 0.0), np.zeros(3))[0.5]

    np.testing.assert_allclose(high, [5, 5, 9])


def test_bands_hold_as_many_values_as_they_promise() -> None:
    rng = np.random.default_rng(3)
    inside: dict[float, list[bool]] = {0.5: [], 0.9: []}
    for _ in range(150):
        series = rng.gamma(2.0, 10.0, size=39)
        found = baselines.predict(series[:36], 3, 12)
        assert found is not None
        for level, (low, high) in found.bands.items():
            inside[level] += list((low <= series[36:]) & (series[36:] <= high))

    assert np.mean(inside[0.5]) == pytest.approx(0.5, abs=0.07)
    assert np.mean(inside[0.9]) == pytest.approx(0.9, abs=0.05)


def test_the_coverage_of_the_back_test_uses_only_errors_known_by_then() -> None:
    errors = np.array([[1.0], [1.0], [1.0], [9.0], [1.0]])

    assert baselines.coverage(baselines.Tested("mean", errors, 2.6, 0.0), [0.5]) == {0.5: (0.5, 2)}
