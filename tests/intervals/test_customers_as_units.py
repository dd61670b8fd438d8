"""Limits with the customer as the unit, by hand: what one customer's records add is added up before it is squared."""

from __future__ import annotations

from math import exp, sqrt
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from crm_metrics import api

from ..conftest import TODAY, write_tables

RANDOM = np.random.default_rng(5)
MANY = 40  # customers
WHO = np.sort(RANDOM.choice(MANY, 200, p=np.linspace(1, 5, MANY) / np.linspace(1, 5, MANY).sum()))
AMOUNT = np.round(np.exp(5 + RANDOM.normal(0, 0.6, MANY)[WHO] + RANDOM.normal(0, 0.3, 200)))
WON = RANDOM.random(200) < RANDOM.beta(1, 1, MANY)[WHO]
SCORE = np.clip(np.rint(7 + RANDOM.normal(0, 2.5, MANY)[WHO] + RANDOM.normal(0, 1, 200)), 0, 10).astype(int)


def deals(who: list[str], won: np.ndarray = WON) -> str:
    rows = [f"{name},{'won' if is_won else 'lost'},{amount:g},2024-03-05"
            for name, is_won, amount in zip(who, won, AMOUNT, strict=True)]  # fmt: skip
    return "\n".join(["customer,outcome,amount,closed_at", *rows])


def answers(who: list[str]) -> str:
    rows = [f"{name},nps,{score},2024-03-05" for name, score in zip(who, SCORE, strict=True)]
    return "\n".join(["customer,kind,score,responded_at", *rows])


def figure(folder: Path, name: str, tables: dict[str, str], alone: bool = True) -> pd.Series:
    query = api.query(period="2024-03", metrics=[name] if alone else [], compare="none")
    paths = write_tables(folder, tables)
    rows = api.compute(api.load(list(paths), query, today=TODAY, tables=paths), query).rows
    return rows.set_index("metric").loc[name]


def by_customer(values: np.ndarray, who: np.ndarray = WHO) -> np.ndarray:
    return pd.Series(values).groupby(who).sum().to_numpy()


NAMES = [f"C{number}" for number in WHO]


def limits(found: pd.Series) -> tuple[float, float]:
    return found["low"], found["high"]


def test_a_mean_varies_as_much_as_what_each_customer_adds_to_its_deviation(tmp_path: Path) -> None:
    found = figure(tmp_path, "average_deal_value", {"deals": deals(NAMES)})
    amounts, who = AMOUNT[WON], WHO[WON]
    customers = len(np.unique(who))
    deviation = by_customer(amounts - amounts.mean(), who) / len(amounts)
    half = stats.t.ppf(0.975, customers - 1) * sqrt((deviation**2).sum() * customers / (customers - 1))
    wide = exp(half / amounts.mean())

    assert limits(found) == (pytest.approx(amounts.mean() / wide), pytest.approx(amounts.mean() * wide))
    assert half > 1.3 * stats.t.ppf(0.975, len(amounts) - 1) * stats.sem(amounts)  # what rows alone would say


def test_a_sum_varies_as_a_compound_sum_of_customers_and_is_never_negative(tmp_path: Path) -> None:
    found = figure(tmp_path, "revenue_won", {"deals": deals(NAMES)})
    totals = by_customer(AMOUNT[WON], WHO[WON])
    wide = exp(stats.norm.ppf(0.975) * sqrt((totals**2).sum()) / totals.sum())

    assert limits(found) == (pytest.approx(totals.sum() / wide), pytest.approx(totals.sum() * wide))


def effective(deviation: np.ndarray, spread: float, n: int, customers: int) -> float:
    """Korn and Graubard (1998): the records over the design effect, less for the degrees of freedom."""
    design = (by_customer(deviation) ** 2).sum() / n**2 / (spread / n)
    return n / design * (stats.t.ppf(0.975, n - 1) / stats.t.ppf(0.975, customers - 1)) ** 2


def test_a_share_has_wilson_s_limits_of_the_effective_number_of_records(tmp_path: Path) -> None:
    found = figure(tmp_path, "win_rate", {"deals": deals(NAMES)})
    p, z = WON.mean(), stats.norm.ppf(0.975)
    n = effective(WON - p, p * (1 - p), 200, len(np.unique(WHO)))
    middle, half = p + z**2 / (2 * n), z * sqrt(p * (1 - p) / n + z**2 / (4 * n**2))

    assert n < 150
    assert limits(found) == (
        pytest.approx((middle - half) / (1 + z**2 / n)),
        pytest.approx((middle + half) / (1 + z**2 / n)),
    )


def test_a_net_promoter_score_has_them_likewise(tmp_path: Path) -> None:
    found = figure(tmp_path, "nps", {"responses": answers(NAMES)})
    each = np.where(SCORE >= 9, 1.0, np.where(SCORE <= 6, -1.0, 0.0))
    n = effective(each - each.mean(), each.var(), 200, len(np.unique(WHO)))
    up, down = ((np.mean(each == end) * n + 0.75) / (n + 3) for end in (1, -1))
    half = stats.norm.ppf(0.975) * sqrt((up + down - (up - down) ** 2) / (n + 3))

    assert limits(found) == (pytest.approx(100 * (up - down - half)), pytest.approx(100 * (up - down + half)))


def test_a_median_lies_between_two_values_as_far_apart_as_its_customers_say(tmp_path: Path) -> None:
    found = figure(tmp_path, "median_deal_value", {"deals": deals(NAMES)})
    amounts, who = np.sort(AMOUNT[WON]), WHO[WON]
    middle, n, customers = np.median(amounts), len(who), len(np.unique(who))
    deviation = by_customer((AMOUNT[WON] <= middle) - 0.5, who)
    few = 0.25 * n**2 / (deviation**2).sum()
    few *= (stats.t.ppf(0.975, n - 1) / stats.t.ppf(0.975, customers - 1)) ** 2
    low = amounts[int(stats.binom.ppf(0.025, int(few), 0.5) / few * n) - 1 :]

    assert found["low"] <= low[2] and found["high"] > middle  # noqa: PT018 (a range)
    alone = figure(tmp_path, "median_deal_value", {"deals": deals([f"D{i}" for i in range(200)])})
    assert found["low"] < alone["low"] < middle < alone["high"] < found["high"]


@pytest.mark.parametrize("metric", ["average_deal_value", "win_rate", "revenue_won", "median_deal_value"])
def test_a_bootstrap_of_customers_agrees(tmp_path: Path, metric: str) -> None:
    """The spread of the figure over customers drawn anew with all they have; of a sum the number of customers comes by
    chance too."""
    found = figure(tmp_path, metric, {"deals": deals(NAMES)})
    draw = np.random.default_rng(1)
    rows = [np.flatnonzero(WHO == number) for number in np.unique(WHO)]
    made = []
    for _ in range(600):
        many = draw.poisson(len(rows)) if metric == "revenue_won" else len(rows)
        at = np.concatenate([rows[number] for number in draw.integers(0, len(rows), many)])
        won = AMOUNT[at][WON[at]]
        made.append(
            {"average_deal_value": won.mean, "revenue_won": won.sum, "win_rate": WON[at].mean}.get(
                metric, lambda won=won: np.median(won)
            )()
        )
    low, high = np.percentile(made, [2.5, 97.5])

    assert (found["high"] - found["low"]) / (high - low) == pytest.approx(1.1, abs=0.3)


@pytest.mark.parametrize("metric", ["average_deal_value", "win_rate", "revenue_won", "median_deal_value"])
def test_where_nobody_repeats_customers_change_nothing(tmp_path: Path, metric: str) -> None:
    with_names = figure(tmp_path, metric, {"deals": deals([f"C{i}" for i in range(200)])})
    (tmp_path / "none").mkdir()
    without = figure(tmp_path / "none", metric, {"deals": deals([""] * 200)})

    assert limits(with_names) == limits(without)


def test_records_without_a_customer_are_units_of_their_own(tmp_path: Path) -> None:
    one = figure(tmp_path, "win_rate", {"deals": deals(["A", "A", "B", "B", *[""] * 196])})
    (tmp_path / "none").mkdir()
    none = figure(tmp_path / "none", "win_rate", {"deals": deals([""] * 200)})

    assert one["low"] == pytest.approx(none["low"], abs=0.004)
    assert one["high"] == pytest.approx(none["high"], abs=0.004)


def test_limits_are_the_same_whatever_else_is_asked_for(tmp_path: Path) -> None:
    tables = {"deals": deals(NAMES), "responses": answers(NAMES)}
    for metric in ("win_rate", "nps", "average_deal_value", "revenue_won"):
        assert limits(figure(tmp_path, metric, tables)) == limits(figure(tmp_path, metric, tables, alone=False)), metric


def subscriptions(gone: int, grown: int = 0) -> str:
    rows = []
    for i in range(40):
        end = "2024-03-10" if i < gone else "2024-03-15" if i < gone + grown else ""
        rows.append(f"S{i},C{i},2023-01-01,{end},100")
        if gone <= i < gone + grown:
            rows.append(f"T{i},C{i},2024-03-15,,150")
    rows.append("N,New,2024-04-20,,100")  # so that March is over
    return "\n".join(["subscription_id,customer,started_at,ended_at,mrr", *rows])


def test_what_has_not_moved_is_not_certain(tmp_path: Path) -> None:
    """Of 40 customers nobody left: as sure as a share of none of 40. That nobody grew says nothing of how much they may."""
    still = {"subscriptions": subscriptions(0)}
    nrr, grr = figure(tmp_path, "nrr", still), figure(tmp_path, "grr", still)
    z = stats.norm.ppf(0.975)

    assert (nrr["value"], nrr["low"]) == (1.0, pytest.approx(1 / (1 + z**2 / 40)))
    assert np.isnan(nrr["high"])
    assert nrr["low"] == pytest.approx(grr["low"], rel=1e-12)


def test_what_was_lost_and_what_was_gained_each_add_to_the_limits_of_what_is_kept(tmp_path: Path) -> None:
    lost = figure(tmp_path, "nrr", {"subscriptions": subscriptions(4)})
    both = figure(tmp_path, "nrr", {"subscriptions": subscriptions(4, 8)})
    z, n, share = stats.norm.ppf(0.975), 40, 0.1
    middle, half = share + z**2 / (2 * n), z * sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    least, most = ((middle + side * half) / (1 + z**2 / n) for side in (-1, 1))

    assert (lost["low"], lost["high"]) == (pytest.approx(1 - most), pytest.approx(1 - least))
    gain = 8 * 50 / 4000
    wide = exp(z * sqrt(8 * 50**2) / (8 * 50))
    assert both["low"] == pytest.approx(1 - share + gain - sqrt((most - share) ** 2 + (gain - gain / wide) ** 2))
    assert both["high"] == pytest.approx(1 - share + gain + sqrt((share - least) ** 2 + (gain * wide - gain) ** 2))


@pytest.mark.parametrize("metric", ["first_response_time_censored", "sales_cycle_length_censored"])
def test_what_a_customer_waits_for_four_times_says_no_more_than_once(tmp_path: Path, metric: str) -> None:
    """Sixty waits, each of one customer; then each four times over. As records they would have limits half as wide."""
    waited = RANDOM.integers(1, 27, 60)
    ended = RANDOM.random(60) < 0.7
    if metric.startswith("first"):
        head, rows = "customer,created_at,first_response_at", [
            f"C{who},2024-03-01T00:{who:02},{f'2024-03-01T{days // 2 + 1:02}:{days % 2 * 30:02}' if end else ''}"
            for who, (days, end) in enumerate(zip(waited, ended, strict=True))
        ]  # fmt: skip
        table = "tickets"
    else:
        head, rows = "customer,outcome,created_at,closed_at", [
            f"C{who},{'won' if end else 'lost'},2024-03-01,2024-03-{days + 1:02}"
            for who, (days, end) in enumerate(zip(waited, ended, strict=True))
        ]  # fmt: skip
        table = "deals"
    once, often = (figure(tmp_path, metric, {table: "\n".join([head, *rows * times])}) for times in (1, 4))

    assert often["value"] == once["value"]
    assert often["low"] <= once["low"] < once["value"] < once["high"] <= often["high"]
    assert often["high"] - often["low"] < 1.3 * (once["high"] - once["low"])
