"""Published limits, to the digits given."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from crm_metrics.engine import survival
from crm_metrics.intervals.shares import difference, net_promoter, per_count, ranks, wilson


@pytest.mark.parametrize(
    ("hits", "n", "low", "high"),
    [
        (0, 10, 0.0, 0.27753),
        (1, 29, 0.006113, 0.171755),
        (81, 263, 0.255289, 0.366210),
        (180, 200, 0.850594, 0.934330),
        (10, 10, 0.722467, 1.0),
    ],
)
def test_a_share_has_wilson_s_limits(hits: int, n: int, low: float, high: float) -> None:
    found = wilson(np.array([hits / n]), np.array([float(n)]))

    assert (pytest.approx(low, abs=1e-5), pytest.approx(high, abs=1e-5)) == (found[0][0], found[1][0])


def test_a_share_of_nothing_has_no_limits() -> None:
    low, high = wilson(np.array([np.nan]), np.array([0.0]))

    assert np.isnan([low[0], high[0]]).all()


def test_the_difference_of_two_shares_has_newcombe_s_limits() -> None:
    one, other = np.array([56 / 70]), np.array([48 / 80])
    low, high = difference((one, *wilson(one, np.array([70.0]))), (other, *wilson(other, np.array([80.0]))))

    assert (pytest.approx(0.052431, abs=1e-6), pytest.approx(0.333873, abs=1e-6)) == (low[0], high[0])


@pytest.mark.parametrize(
    ("promoters", "detractors", "n", "low", "high"),
    [(70, 10, 100, 45.270, 71.235), (18, 2, 31, 25.512, 68.605)],
)
def test_a_net_promoter_score_has_adjusted_wald_limits(
    promoters: int, detractors: int, n: int, low: float, high: float
) -> None:
    found = net_promoter(np.array([float(promoters)]), np.array([float(detractors)]), np.array([float(n)]))

    assert (pytest.approx(low, abs=1e-3), pytest.approx(high, abs=1e-3)) == (found[0][0], found[1][0])


@pytest.mark.parametrize(
    ("n", "expected"), [(0, (0, 0)), (5, (0, 0)), (6, (1, 6)), (10, (2, 9)), (20, (6, 15)), (100, (40, 61))]
)
def test_a_median_lies_between_two_ranks(n: int, expected: tuple[int, int]) -> None:
    low, high = ranks(np.array([n]), 0.5)

    assert expected == (low[0], high[0])


@pytest.mark.parametrize("q", [0.1, 0.5, 0.9])
def test_at_most_one_in_forty_lies_beyond_either_rank_and_the_next_rank_would_be_too_near(q: float) -> None:
    """By the binomial distribution itself, added up in plain Python."""
    from math import comb

    for n in (6, 10, 36, 37, 80, 200):
        below = [sum(comb(n, k) * q**k * (1 - q) ** (n - k) for k in range(rank)) for rank in range(n + 2)]
        low, high = (int(rank[0]) for rank in ranks(np.array([n]), q))
        if not low:
            assert below[1] > 0.025 or 1 - below[n] > 0.025
            continue
        assert below[low] <= 0.025 < below[low + 1]
        assert 1 - below[high] <= 0.025 < 1 - below[high - 1]


def test_a_cost_per_customer_has_the_limits_of_the_count() -> None:
    low, high = per_count(np.array([50_000.0]), np.array([25.0]))

    assert (pytest.approx(1354.83, abs=0.005), pytest.approx(3090.49, abs=0.005)) == (low[0], high[0])


def test_a_survival_median_keeps_those_still_waiting() -> None:
    times = np.array([10, 20, 30, 40, 50, 60, 120, 240.0])
    ended = np.array([True, True, True, True, False, True, False, True])
    cells = np.zeros(8, dtype=np.int64)

    assert [40.0] == survival.median(times, ended, cells, 1).tolist()


@pytest.mark.parametrize("seed", range(8))
def test_survival_limits_are_those_of_scipy(seed: int) -> None:
    from scipy.stats import CensoredData, ecdf

    random = np.random.default_rng(seed)
    waits, cuts = random.exponential(10, 80).round(1), random.exponential(15, 80).round(1)
    times, ended = np.minimum(waits, cuts), waits <= cuts
    band = ecdf(CensoredData(uncensored=times[ended], right=times[~ended])).sf
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # at its last step the limits of survival are not defined
        limits = band.confidence_interval(method="log-log")
    expected = [
        band.quantiles[np.flatnonzero(part.probabilities <= 0.5)[0]].item() for part in (limits.low, limits.high)
    ]

    low, high = survival.limits(times, ended, np.zeros(80, dtype=np.int64), 1)

    assert expected == [low[0], high[0]]


def test_without_waiting_the_median_of_winners_has_the_limits_of_their_own_median() -> None:
    """Nobody waits: the share of the wins that have come by a time is a share of the wins alone, however many are lost."""
    random = np.random.default_rng(5)
    times, won = random.exponential(10, 200).round(1), random.random(200) < 0.4
    cells = np.zeros(200, dtype=np.int64)
    alone = survival.limits(times[won], np.ones(int(won.sum()), dtype=bool), cells[won], 1)

    low, high = survival.limits(times, won, cells, 1, competing=~won)

    assert (alone[0][0], alone[1][0]) == (low[0], high[0])


@pytest.mark.parametrize("other_ends", [False, True])
def test_survival_limits_hold_of_customers_whose_waits_are_alike(other_ends: bool) -> None:
    """A hundred companies of sixty customers with five waits each: nine in ten of the limits hold the median, give or take
    what chance allows; those of records alone hold it in eight of ten, or fewer."""
    chance, truth, held = np.random.default_rng(1), (3.02 if other_ends else 6.33), [0, 0]
    for _ in range(100):
        who = np.repeat(np.arange(60), chance.poisson(4, 60) + 1)
        slow = np.exp(chance.normal(size=60))[who]
        event, cells = chance.exponential(10, len(who)) * slow, np.zeros(len(who), dtype=np.int64)
        other = chance.exponential(14, len(who)) * slow**0.3 if other_ends else np.full(len(who), np.inf)
        censored = chance.uniform(0, 40, len(who))
        times = np.minimum(np.minimum(event, other), censored)
        ended, lost = times == event, times == other
        others = lost if other_ends else None
        median = survival.median(times, ended, cells, 1, others)
        added = survival.deviations(times, ended, others, cells, 1, median)
        wider = np.sqrt([(np.bincount(who, weights=added) ** 2).sum() / (added**2).sum()])
        for at, factor in enumerate((None, wider)):
            low, high = survival.limits(times, ended, cells, 1, factor, others)
            held[at] += bool(low[0] <= truth <= high[0])

    assert held[1] >= 88
    assert held[1] > held[0]


def test_the_variance_of_winners_is_the_jackknife_s() -> None:
    """Leaving out one record after the other gives nearly the variance that the formula gives."""
    random = np.random.default_rng(11)
    n = 300
    winner, cut = random.random(n) < 0.5, random.uniform(0, 60, n)
    times = np.minimum(random.uniform(0, 20, n), cut)
    won, lost = winner & (times < cut), ~winner & (times < cut)

    def reached(keep: np.ndarray) -> float:
        steps = survival._steps(times[keep], won[keep], lost[keep], np.zeros(int(keep.sum()), dtype=np.int64), 1)
        return float(steps.incidence[steps.time <= 10].max() / steps.incidence[-1])

    each = np.array([reached(np.arange(n) != i) for i in range(n)])
    steps = survival._steps(times, won, lost, np.zeros(n, dtype=np.int64), 1)
    place = int(np.flatnonzero(steps.time <= 10)[-1])
    early, late = survival._variances(steps)
    share = steps.incidence[place] / steps.last[place]
    variance = ((1 - share) ** 2 * early[place] + share**2 * late[place]) / steps.last[place] ** 2

    assert variance == pytest.approx((n - 1) / n * ((each - each.mean()) ** 2).sum(), rel=0.05)
