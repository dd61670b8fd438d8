"""The distributions that limits and signals rest on, against scipy over the range of sizes that occur."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import special

from crm_metrics.intervals.distributions import (
    binomial_at_most,
    binomial_more_than,
    normal_quantile,
    poisson_limits,
    t_cdf,
    t_quantile,
)

NEAR = 1e-10
FREEDOM = np.array([1, 1.5, 2, 3, 4.2, 5, 10, 30.3, 100, 1e3, 1e4, 1e5, 1e6, 1e7])[:, None]


def test_quantiles_of_student_are_those_of_scipy() -> None:
    p = np.array([1e-9, 1e-5, 0.001, 0.025, 0.3, 0.45, 0.6, 0.975, 0.9985, 1 - 1e-9])

    np.testing.assert_allclose(t_quantile(FREEDOM, p), special.stdtrit(FREEDOM, p), rtol=NEAR)


def test_probabilities_of_student_are_those_of_scipy() -> None:
    t = np.array([-30, -6, -3, -1.96, -0.1, 0, 0.001, 1, 4, 100])

    np.testing.assert_allclose(t_cdf(FREEDOM, t), special.stdtr(FREEDOM, t), rtol=NEAR)


def test_a_quantile_and_its_probability_undo_each_other() -> None:
    p = np.array([1e-9, 0.2, 0.5, 1 - 1e-9])

    np.testing.assert_allclose(t_cdf(FREEDOM, t_quantile(FREEDOM, p)), np.broadcast_to(p, (14, 4)), rtol=NEAR)


@pytest.mark.parametrize("tail", [0.001, 0.025, 0.2])
def test_limits_of_a_count_are_those_of_scipy(tail: float) -> None:
    count = np.concatenate([[0.3, 0.5, 2.5], np.arange(1, 100), np.logspace(2, 8, 30)])
    low, high = poisson_limits(count, tail)

    np.testing.assert_allclose(low, special.gammaincinv(count, tail), rtol=NEAR)
    np.testing.assert_allclose(high, special.gammainccinv(count + 1, tail), rtol=NEAR)


@pytest.mark.parametrize("n", [1, 2, 7, 100, 10_000, 10_000_000])
@pytest.mark.parametrize("p", [1e-9, 1e-4, 0.2, 0.5, 0.93, 1 - 1e-9])
def test_tails_of_hits_are_those_of_scipy(n: int, p: float) -> None:
    around = n * p + np.sqrt(n * p * (1 - p)) * np.linspace(-8, 8, 41)
    count = np.unique(np.clip(np.floor(around), 0, n - 1))

    np.testing.assert_allclose(binomial_at_most(count, n, p), special.betaincc(count + 1, n - count, p), rtol=NEAR)
    np.testing.assert_allclose(binomial_more_than(count, n, p), special.betainc(count + 1, n - count, p), rtol=NEAR)


def test_what_is_sure_of_hits_is_sure() -> None:
    count, n, p = np.array([-1, 3, 4, 0, 3, 4]), np.array([3, 3, 3, 4, 4, 4]), np.array([0.5, 0.5, 0.5, 0, 1, 1])

    np.testing.assert_array_equal(binomial_at_most(count, n, p), [0, 1, 1, 1, 0, 1])
    np.testing.assert_array_equal(binomial_more_than(count, n, p), [1, 0, 0, 0, 1, 0])


def test_what_is_missing_has_no_distribution() -> None:
    assert np.isnan(t_quantile(np.array([-1, 0, np.nan]), 0.975)).all()
    assert np.isnan(t_cdf(np.array([5, np.nan, -1]), np.array([np.nan, 1, 1]))).all()
    assert np.isnan(poisson_limits(np.array([np.nan]))).all()
    assert np.isnan(binomial_at_most(np.array([1]), np.array([np.nan]), 0.5)).all()


def test_nothing_counted_has_no_lower_limit_but_an_upper_one() -> None:
    low, high = poisson_limits(np.array([0]))

    assert 0 == low[0]
    assert -np.log(0.025) == pytest.approx(high[0], rel=1e-12)


def test_shapes_are_those_of_the_arguments() -> None:
    assert (2, 3) == t_quantile(np.array([[5, 5, 9], [9, 5, 5]]), 0.975).shape
    assert (0,) == t_quantile(np.array([]), 0.975).shape
    assert () == t_cdf(5, 1.0).shape
    assert 1.959963984540054 == pytest.approx(normal_quantile(0.975), rel=1e-15)


def test_more_arguments_than_fit_at_once_are_all_computed() -> None:
    freedom = np.linspace(5, 500, 10_000)

    np.testing.assert_allclose(t_quantile(freedom, 0.975), special.stdtrit(freedom, 0.975), rtol=NEAR)


def test_a_value_is_the_same_to_the_last_bit_whatever_is_computed_with_it():
    many = t_quantile(np.arange(1.0, 600), 0.975)
    alone = [float(t_quantile(np.array([size]), 0.975)[0]) for size in np.arange(1.0, 600)]
    assert alone == many.tolist()
