"""The law for the models of customers: refused where they are not to be trusted, and only there."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from crm_metrics import api
from crm_metrics.analysis.lifetimes import bgnbd, fitted, judged
from crm_metrics.analysis.lifetimes.verdict import Regularity, held_out, regularity
from crm_metrics.settings import validated
from tests.cli.running import crm_metrics
from tests.conftest import TODAY
from tests.coverage import customers as companies
from tests.coverage.customers import ALIKE, BROKEN, CONTRACTS, HABITS, TRUE, Draw, book


def drawn(draw: Draw, seed: int = 0) -> Regularity | None:
    """How regular the purchases of a company are."""
    return regularity(*draw(np.random.default_rng(seed)))


def test_a_company_in_which_the_model_is_true_has_one() -> None:
    assert 8 == companies.reasons(TRUE, 8, 1)[""]


@pytest.mark.parametrize("name", CONTRACTS)
def test_purchases_as_regular_as_bills_are_refused(name: str) -> None:
    why = companies.model(CONTRACTS[name], 0).refused["purchases"]

    assert "contract-like" == why.reason
    assert "as regularly as a contract bills: in " in why.seen
    assert "--set inactive_after_days=" in why.hint


@pytest.mark.parametrize("name", ["the model is true", *HABITS])
@pytest.mark.parametrize("seed", range(3))
def test_a_habit_is_no_contract(name: str, seed: int) -> None:
    """Pauses of a shape of 3 vary by 58 % of their mean: who buys so is used to it, and not billed."""
    found = drawn(({"the model is true": TRUE} | HABITS)[name], seed)
    assert found is not None

    assert not found.is_contract
    assert found.share < 0.9 * found.most


def test_pauses_by_chance_are_alike_as_often_as_the_paper_says() -> None:
    """M is uniform: two pauses are within a half of each other where it lies between 0.4 and 0.6."""
    one = regularity(*book(*pauses(np.random.default_rng(1).exponential(50, (3000, 2))), 10_000))
    assert one is not None
    assert (one.lag, one.within) == (1, True)
    assert 0.2 == pytest.approx(one.by_chance) == pytest.approx(one.share, abs=0.03)


def pauses(lengths: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Customers, days and amounts of purchases with these pauses, a row for each customer."""
    days = np.cumsum(np.hstack([np.full((len(lengths), 1), 5.0), lengths]), axis=1)
    return np.repeat(np.arange(len(days)), days.shape[1]), days.ravel(), np.full(days.size, 10.0)


@pytest.mark.parametrize(("spread", "contract"), [(10, True), (200, False)])
def test_customers_who_came_twice_are_compared_with_each_other(spread: float, contract: bool) -> None:
    """Yearly bills in files of two years: nobody has two pauses, and all have the same."""
    lengths = 365 + np.random.default_rng(2).uniform(-1, 1, (200, 1)) * spread * 1.8
    found = regularity(*book(*pauses(lengths), 800))
    assert found is not None

    assert (contract, False) == (found.is_contract, found.within)


def test_who_buys_almost_every_day_is_not_billed_daily() -> None:
    """Whole days cannot tell pauses of one and two days apart, and many of them are equal."""
    found = regularity(*book(*pauses(1.0 + np.random.default_rng(3).geometric(0.6, (200, 50)) - 1), 400))

    assert found is None or not found.is_contract


def test_too_few_customers_tell_nothing_of_contracts() -> None:
    assert regularity(*book(*pauses(np.full((29, 4), 30.0)), 400)) is None


@pytest.mark.parametrize("name", BROKEN)
def test_what_breaks_the_model_is_refused_with_numbers(name: str) -> None:
    found = companies.model(BROKEN[name], 0)
    why = found.refused["purchases"]
    quarter = {name for name in BROKEN if "quarter" in name}

    assert {True: "failed-hold-out", False: "not-identified"}[name in quarter] == why.reason or name == "all buy once"
    assert found.purchases is None
    if name in quarter:
        assert found.hold_out is not None
        assert not found.hold_out.holds
        assert (
            f"{found.hold_out.total.actual:,} purchases came, and it allows for {found.hold_out.low:,.1f} to"
            in why.seen
        )


def test_amounts_in_which_customers_do_not_differ_are_refused_with_what_to_do() -> None:
    found = companies.model(ALIKE["all spend alike"], 1)
    assert found.purchases is not None

    assert "not-identified" == found.refused["spend"].reason
    assert "in what they spend" in found.refused["spend"].seen
    assert "count with the mean of a repeat purchase, 29.90, for" in found.refused["spend"].hint


def test_a_young_company_whose_model_cannot_be_tested_has_none() -> None:
    """Enough customers have come back, but not three quarters of the time ago."""
    purchases, _ = TRUE(np.random.default_rng(8))
    found = judged(purchases, purchases.until(290), until=290)

    assert (122, None) == (found.repeat_buyers, found.hold_out)
    assert "cannot be tested: up to 1970-08-07 only 77 of " in found.refused["purchases"].seen


@pytest.mark.parametrize(("x", "watched", "ahead"), [(0, 10.0, 20.0), (5, 40.0, 13.0)])
def test_the_moments_of_what_comes_are_those_of_simulated_customers(x: int, watched: float, ahead: float) -> None:
    rng, size = np.random.default_rng(5), 200_000
    model = bgnbd.Parameters(0.8, 6.0, 0.9, 2.5)
    rate = rng.gamma(model.r + x, 1 / (model.alpha + watched), size)
    left = rng.geometric(rng.beta(model.a, model.b + x, size))
    bought = np.minimum(rng.poisson(rate * ahead), left)
    mean, twice = bgnbd.moments_if_alive(np.array([float(x)]), np.array([watched]), model, ahead)

    assert bought.mean() == pytest.approx(mean[0], rel=0.02)
    assert (bought * (bought - 1.0)).mean() == pytest.approx(twice[0], rel=0.05)
    assert bgnbd.expected_if_alive(np.array([float(x)]), np.array([watched]), model, ahead) == pytest.approx(
        mean, rel=5e-3
    )


def test_limits_are_wider_than_those_of_a_count_by_chance() -> None:
    """Customers differ in ways that their histories do not tell, and the parameters have errors."""
    purchases, until = TRUE(np.random.default_rng(6))
    found = held_out(purchases, until=int(0.75 * until), end=until)

    assert found.low < found.total.expected - 2.576 * found.total.expected**0.5
    assert found.total.expected + 2.576 * found.total.expected**0.5 < found.high


def test_nine_times_as_many_customers_leave_limits_a_third_as_wide() -> None:
    purchases, until = TRUE(np.random.default_rng(7))
    many = replace(
        purchases,
        customer=np.concatenate([purchases.customer + part * (purchases.customer.max() + 1) for part in range(9)]),
        **{name: np.tile(getattr(purchases, name), 9) for name in ("day", "amount", "is_refund", "row")},
    )
    one, nine = (held_out(part, until=int(0.75 * until), end=until) for part in (purchases, many))

    assert nine.total.expected == pytest.approx(9 * one.total.expected, rel=1e-3)
    assert np.log(nine.high / nine.low) == pytest.approx(np.log(one.high / one.low) / 3, rel=0.03)


def test_parameters_at_a_bound_have_no_errors_and_still_predict() -> None:
    purchases, until = BROKEN["all buy three times"](np.random.default_rng(0))
    found = fitted(purchases.until(until)).purchases
    assert found is not None

    assert np.isnan(found.errors).any()
    assert np.isfinite(found.covariance).all()
    assert np.isfinite(
        bgnbd.expected_if_alive(np.array([2.0]), np.array([50.0]), bgnbd.Parameters(*found.parameters), 20.0)
    ).all()


def subscribers(folder: Path, *, faster_from: str | None = None) -> api.CustomerList:
    """Customers at the end of April 2024 who leave at each renewal with a chance of their own, beta(1, 8); twice as fast
    from a day on."""
    draw, end = np.random.default_rng(1), np.datetime64("2024-04-30")
    started = np.datetime64("2021-12-01") + draw.integers(0, 800, 900)
    ended = started + np.round(draw.geometric(draw.beta(1, 8, 900)) * 30.4375).astype(int)
    if faster_from is not None:
        turn = np.datetime64(faster_from)
        ended = np.where((ended > turn) & (started < turn), turn + (ended - turn) // 2, ended)
    days = zip(started, ended, strict=True)
    rows = [f"S{at},C{at},{begin},{'' if last > end else last},40" for at, (begin, last) in enumerate(days)]
    text = "\n".join(["Subscription ID,Customer,Started At,Ended At,MRR", *rows])
    (folder / "subscriptions.csv").write_text(text, encoding="utf-8")
    return api.customers([str(folder)], settings=validated({"as_of": "2024-04-30"}, "test"), today=TODAY)


def test_subscribers_who_differ_have_a_value(tmp_path: Path) -> None:
    found = subscribers(tmp_path)
    paying, contracts = found.rows[found.rows["mrr"] > 0], found.customers.contracts
    assert contracts.parameters is not None
    assert contracts.test is not None

    assert (1, 8) == (
        pytest.approx(contracts.parameters.alpha, rel=0.3),
        pytest.approx(contracts.parameters.beta, rel=0.3),
    )
    assert ((paying["predicted_recurring"] < 12 * paying["mrr"]) & (paying["predicted_recurring"] > 0)).all()
    assert contracts.test.holds


def test_subscribers_who_leave_faster_in_the_last_quarter_have_no_value(tmp_path: Path) -> None:
    found = subscribers(tmp_path, faster_from="2023-09-24")
    made = json.loads(crm_metrics("customers", str(tmp_path), "-f", "json").out)["renewals"]
    why = found.customers.contracts.refused
    assert why is not None

    assert "failed-hold-out" == why.reason == made["unavailable"]["reason"]
    assert (None, False) == (made["alpha"], made["hold_out"]["holds"])
    assert found.rows["predicted_recurring"].isna().all()
    assert "Hold-out of renewals: of " in crm_metrics("customers", str(tmp_path)).out
