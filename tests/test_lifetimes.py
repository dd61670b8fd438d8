"""The models of lifetimes: published vectors, the definitions by numerical integration, and figures that come back."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.integrate import quad
from scipy.special import betaln, gammaln
from scipy.stats import beta as beta_distribution

from crm_metrics.analysis.lifetimes import Histories, bgnbd, contracts, fitted, gammagamma, ledger, predicted
from crm_metrics.analysis.lifetimes.verdict import held_out
from crm_metrics.errors import NothingToReport

MODEL = bgnbd.Parameters(0.243, 4.414, 0.793, 2.426)


def seen(x: float, last: float, watched: float) -> bgnbd.Seen:
    return bgnbd.Seen(np.array([x]), np.array([last]), np.array([watched]), np.ones(1))


def log_likelihood(summary: bgnbd.Seen, model: bgnbd.Parameters) -> float:
    return bgnbd.likelihood(summary)(np.array([model.r, model.alpha, model.a, model.b]))[0]


@pytest.mark.parametrize(("x", "last", "expected"), [(0, 0, -0.59947382), (200, 38, 100.7957)])
def test_the_likelihood_is_that_of_the_published_vectors(x: int, last: int, expected: float) -> None:
    found = log_likelihood(seen(x, last, 40), bgnbd.Parameters(0.25, 4, 0.8, 2.5))

    assert expected == pytest.approx(found, rel=5e-8 if x == 0 else 1e-6)


@pytest.mark.parametrize(("x", "last", "watched"), [(0, 0.0, 30.0), (1, 3.0, 30.0), (4, 25.0, 26.0), (12, 7.5, 38.0)])
def test_the_likelihood_is_the_integral_it_stands_for(x: int, last: float, watched: float) -> None:
    """Over the chance to leave; the rate is integrated out by hand: Γ(r + x) α^r / Γ(r) (α + t)^(r + x)."""
    r, alpha, a, b = MODEL.r, MODEL.alpha, MODEL.a, MODEL.b

    def by_rate(time: float) -> float:
        return math.exp(gammaln(r + x) - gammaln(r) + r * math.log(alpha) - (r + x) * math.log(alpha + time))

    def at(p: float) -> float:
        here = (1 - p) ** x * by_rate(watched)
        gone = p * (1 - p) ** (x - 1) * by_rate(last) if x else 0.0
        return (here + gone) * float(beta_distribution.pdf(p, a, b))

    whole = quad(at, 0, 1, limit=500, epsabs=0)[0]

    assert math.log(whole) == pytest.approx(log_likelihood(seen(x, last, watched), MODEL), rel=1e-6)


@pytest.mark.parametrize(
    ("x", "watched", "ahead"), [(0, 0.0, 52.0), (2, 38.86, 39.0), (30, 40.0, 10.0), (1, 5.0, 500.0)]
)
@pytest.mark.parametrize("model", [MODEL, bgnbd.Parameters(1.3, 9.0, 1.0, 2.0), bgnbd.Parameters(0.6, 2.0, 0.3, 0.5)])
def test_expected_purchases_are_the_integral_they_stand_for(
    model: bgnbd.Parameters, x: int, watched: float, ahead: float
) -> None:
    """Who is alive after x purchases buys at a rate drawn from gamma(r + x, α + T) and leaves by beta(a, b + x): ahead of it
    lie (1 − e^(−λ p t)) / p purchases."""
    r, begin, a, b = model.r + x, model.alpha + watched, model.a, model.b + x

    def at(p: float) -> float:
        by_rate = -math.expm1(-r * math.log1p(p * ahead / begin))
        return by_rate * math.exp((a - 2) * math.log(p) + (b - 1) * math.log1p(-p) - betaln(a, b))

    whole = sum(quad(at, *part, limit=500)[0] for part in ((0, 1e-6), (1e-6, 1e-3), (1e-3, 0.5), (0.5, 1)))
    one = np.array([float(x)]), np.array([watched])

    assert whole == pytest.approx(bgnbd.expected_if_alive(*one, model, ahead)[0], rel=1e-4)


def test_thousands_of_purchases_are_no_trouble() -> None:
    many = seen(5000, 99.9, 100)

    assert math.isfinite(log_likelihood(many, MODEL))
    assert 0.9 < bgnbd.alive(many, MODEL)[0] <= 1
    ahead = bgnbd.expected_if_alive(many.x, many.watched, MODEL, 1.0)[0]
    assert ahead == pytest.approx(5000 / 104, rel=0.05)


def test_survivors_give_the_published_shifted_beta_geometric() -> None:
    survivors = np.array([1000, 869, 743, 653, 593, 551, 517, 491.0])
    found = contracts.fit(-np.diff(survivors), np.append(np.zeros(len(survivors) - 2), survivors[-1]))

    assert found.converged
    assert (0.668, 3.806) == (
        pytest.approx(found.parameters[0], abs=5e-4),
        pytest.approx(found.parameters[1], abs=5e-4),
    )


def test_survival_is_the_product_of_retention() -> None:
    """Of who has come through n renewals (β + n) / (α + β + n) come through the next."""
    model = contracts.Parameters(0.668, 3.806)
    product = np.cumprod((3.806 + np.arange(3.0, 9.0)) / (0.668 + 3.806 + np.arange(3.0, 9.0)))

    assert product == pytest.approx(contracts.survival(model, np.full(6, 3.0), np.arange(1.0, 7.0)))


def simulated(customers: int, model: bgnbd.Parameters, days: int, seed: int = 7) -> pd.DataFrame:
    """Purchases drawn from the model itself, one row each; amounts by gamma-gamma with p 6, q 4, v 15."""
    draw = np.random.default_rng(seed)
    rows = []
    for person in range(customers):
        rate, leave = draw.gamma(model.r, 1 / model.alpha), draw.beta(model.a, model.b)
        scale, start = draw.gamma(4, 1 / 15), int(draw.integers(0, days // 3))
        day = float(start)
        while day <= days:
            rows.append((f"C{person}", int(day), draw.gamma(6, 1 / scale)))
            if day > start and draw.random() < leave:
                break
            day += 7 * draw.exponential(1 / rate)
    frame = pd.DataFrame(rows, columns=["customer", "day", "amount"])
    dates = np.datetime64("2023-01-01", "us") + frame["day"].to_numpy().astype("timedelta64[D]")
    return frame.assign(purchased_at=dates, is_refund=False, customer=frame["customer"].astype("category"))


def test_parameters_come_back_from_purchases_drawn_with_them() -> None:
    truth = bgnbd.Parameters(0.8, 6.0, 0.9, 5.0)
    book = ledger(simulated(4000, truth, 500), None)
    model = fitted(book.until(int(book.day.max())))
    assert model.purchases is not None
    assert model.spend is not None

    for fit, given in ((model.purchases, (0.8, 6.0, 0.9, 5.0)), (model.spend, (6.0, 4.0, 15.0))):
        assert fit.converged
        assert np.all(np.abs(fit.parameters - given) < 4 * fit.errors)


def test_the_fit_climbs_the_likelihood_that_is_written_down() -> None:
    book = ledger(simulated(500, bgnbd.Parameters(0.8, 6.0, 0.9, 5.0), 400), None)
    histories = book.until(int(book.day.max()))
    one_by_one = bgnbd.Seen(histories.x, histories.last / 7, histories.watched / 7, np.ones(len(histories.x)))
    model = fitted(histories)
    assert model.purchases is not None
    assert model.buying is not None
    top = log_likelihood(one_by_one, model.buying)

    assert model.purchases.log_likelihood == pytest.approx(top, rel=1e-10)
    for name in ("r", "alpha", "a", "b"):
        for factor in (0.98, 1.02):
            beside = replace(model.buying, **{name: getattr(model.buying, name) * factor})
            assert log_likelihood(one_by_one, beside) < top


def test_the_unit_of_time_changes_alpha_alone() -> None:
    book = ledger(simulated(600, bgnbd.Parameters(0.8, 6.0, 0.9, 5.0), 400), None)
    histories = book.until(int(book.day.max()))
    weeks, days = (fitted(histories, unit=unit) for unit in ("weeks", "days"))  # type: ignore[arg-type]
    assert weeks.purchases is not None
    assert days.purchases is not None

    assert days.purchases.parameters == pytest.approx(weeks.purchases.parameters * [1, 7, 1, 1], rel=1e-4)
    assert predicted(histories, days, days=365, discount_rate=0.1).value == pytest.approx(
        predicted(histories, weeks, days=365, discount_rate=0.1).value, rel=1e-3
    )


def test_money_that_comes_later_is_worth_less_and_nothing_is_lost_without_a_rate() -> None:
    book = ledger(simulated(400, bgnbd.Parameters(0.8, 6.0, 0.9, 5.0), 400), None)
    histories = book.until(int(book.day.max()))
    model = fitted(histories)
    plain = predicted(histories, model, days=400, discount_rate=0.0)
    dear = predicted(histories, model, days=400, discount_rate=0.2)

    assert plain.value == pytest.approx(plain.purchases * plain.spend, rel=1e-9)
    assert np.all(dear.value < plain.value)
    assert np.all(dear.value > plain.value / 1.2 ** (400 / 365.25) - 1e-9)


def purchases(*rows: tuple[str, str, float, bool]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["customer", "purchased_at", "amount", "is_refund"])
    return frame.assign(purchased_at=pd.to_datetime(frame["purchased_at"]).astype("datetime64[us]"))


def day(text: str) -> int:
    return int(np.datetime64(text, "D").astype(np.int64))


def of(histories: Histories) -> list[tuple[int, int, int, int, float, float]]:
    """x, t_x and T in days, orders, revenue, mean of a repeat day; by customer."""
    listed = histories.x, histories.last, histories.watched, histories.orders, histories.revenue, histories.mean
    return list(zip(*(part.tolist() for part in listed), strict=True))


def test_purchases_of_a_day_are_one_and_refunds_are_none() -> None:
    frame = purchases(
        ("A", "2024-01-01 09:00", 10, False),
        ("A", "2024-01-01 17:00", 20, False),
        ("A", "2024-01-11 08:00", 50, False),
        ("A", "2024-01-20 08:00", -5, True),  # of the 11th, the purchase day before it
        ("A", "2024-03-01 08:00", 99, False),  # after the day
        ("B", "2024-01-05 08:00", -3, True),  # before the first purchase: belongs to it
        ("B", "2024-01-31 23:00", 7, False),
        ("C", "2024-01-05 08:00", -3, True),  # never bought
    )
    found = ledger(frame, None).until(day("2024-01-31"))

    assert [(1, 10, 30, 3, 75.0, 45.0), (0, 0, 0, 1, 4.0, pytest.approx(math.nan, nan_ok=True))] == of(found)


def test_a_day_is_that_of_the_time_zone() -> None:
    frame = purchases(("A", "2024-01-01 23:30", 10, False), ("A", "2024-01-02 00:30", 10, False))

    assert [1, 0] == [int(ledger(frame, zone).until(day("2024-02-01")).x[0]) for zone in (None, "Europe/Berlin")]


def slowly(frame: pd.DataFrame, until: str) -> dict[str, tuple[int, int, int]]:
    """x, t_x and T of each customer, one row at a time."""
    days: dict[str, set[int]] = {}
    for row in frame.itertuples():
        on = day(str(row.purchased_at)[:10])
        if not row.is_refund and on <= day(until):
            days.setdefault(str(row.customer), set()).add(on)
    return {name: (len(on) - 1, max(on) - min(on), day(until) - min(on)) for name, on in days.items()}


@pytest.mark.parametrize("seed", range(20))
def test_histories_are_those_of_a_slow_count_whatever_the_order_of_rows(seed: int) -> None:
    draw = np.random.default_rng(seed)
    many = int(draw.integers(1, 200))
    hours = np.datetime64("2024-01-01T00", "h") + draw.integers(0, 2400, many).astype("timedelta64[h]")
    frame = pd.DataFrame(
        {
            "customer": [f"C{number}" for number in draw.integers(0, 15, many)],
            "purchased_at": hours.astype("datetime64[us]"),
            "amount": draw.integers(1, 90, many).astype(float),
            "is_refund": draw.random(many) < 0.2,
        }
    )
    until = "2024-03-15"
    found = ledger(frame, None).until(day(until))
    again = ledger(frame.sample(frac=1, random_state=seed), None).until(day(until))
    names = sorted(frame["customer"].unique())
    counts = zip(found.x.tolist(), found.last.tolist(), found.watched.tolist(), strict=True)

    assert slowly(frame, until) == dict(zip([names[code] for code in found.customer], counts, strict=True))
    assert pd.DataFrame(of(found)).equals(pd.DataFrame(of(again)))


def test_too_few_repeat_buyers_are_no_model() -> None:
    frame = purchases(("A", "2024-01-01", 10, False), ("A", "2024-02-01", 10, False))
    model = fitted(ledger(frame, None).until(day("2024-03-01")))
    found = predicted(ledger(frame, None).until(day("2024-03-01")), model, days=365, discount_rate=0.1)

    assert model.trouble is not None
    assert model.trouble.reason == "not-converged"
    assert "only 1 of 1 customers bought on more than one day" in model.trouble.seen
    assert np.isnan([found.alive, found.purchases, found.spend, found.value]).all()


def histories_with(mean: np.ndarray) -> Histories:
    """Customers who all bought four times, with these mean amounts."""
    n = len(mean)
    three, thousand = np.full(n, 3), np.full(n, 1000)
    last = np.random.default_rng(1).integers(100, 900, n)
    place = np.arange(n)
    return Histories(place, three, last, thousand, thousand, place, three, mean, mean, np.full(n, 3.0))


def test_amounts_without_a_mean_are_refused() -> None:
    """Customers' scales so far apart that q comes out below 1."""
    draw = np.random.default_rng(3)
    model = fitted(histories_with(draw.gamma(6, 1, 2000) / draw.gamma(0.5, 1, 2000)))

    assert model.spend is None
    assert model.refused["spend"].reason == "infinite-mean"


def test_amounts_that_do_not_differ_between_customers_have_their_mean() -> None:
    draw = np.random.default_rng(3)
    mean = draw.gamma(3, 10, 500)
    model = fitted(histories_with(mean))
    assert model.spend is not None
    assert model.spending is not None

    assert np.all(model.spend.errors[1:] > model.spend.parameters[1:])
    assert gammagamma.expected(np.full(500, 3.0), mean, model.spending) == pytest.approx(mean.mean(), rel=0.1)


def test_several_currencies_leave_purchases_and_refuse_value() -> None:
    frame = simulated(500, bgnbd.Parameters(0.8, 6.0, 0.9, 5.0), 400)
    histories = ledger(frame, None).until(day("2024-01-30"))
    model = fitted(histories, mixed=("EUR", "USD"))
    found = predicted(histories, model, days=365, discount_rate=0.1)

    assert model.trouble is not None
    assert ("mixed-currency", "the amounts are in EUR, USD") == (model.trouble.reason, model.trouble.seen)
    assert np.isfinite(found.purchases).all()
    assert np.isnan(found.value).all()


def test_a_hold_out_counts_the_purchase_days_that_came() -> None:
    frame = simulated(800, bgnbd.Parameters(0.8, 6.0, 0.9, 5.0), 600)
    book = ledger(frame, None)
    until, end = day("2023-12-01"), int(book.day.max())
    found = held_out(book, until=until, end=end)
    before = frame[frame["purchased_at"] < np.datetime64("2023-12-02")]
    later = frame[frame["customer"].isin(before["customer"]) & (frame["purchased_at"] >= np.datetime64("2023-12-02"))]

    assert found.total.actual == len(later.drop_duplicates(["customer", "day"]))
    assert found.total.customers == before["customer"].nunique() == sum(group.customers for group in found.groups)
    assert found.total.expected == pytest.approx(found.total.actual, rel=0.2)
    with pytest.raises(NothingToReport, match="nothing after"):
        held_out(book, until=end, end=end)
