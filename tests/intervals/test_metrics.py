"""The limits of metrics as a report gives them, checked by the textbook."""

from __future__ import annotations

from math import exp, sqrt
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from crm_metrics import api
from crm_metrics.intervals.shares import wilson

from ..conftest import TODAY, write_tables

SAMPLE = Path(__file__).parents[2] / "sample_data"
AMOUNTS = [120.0, 80, 310, 45, 500, 260, 75, 190, 33, 610]
LOST = 15


def deals(amounts: list[float] = AMOUNTS, lost: int = LOST, day: str = "2024-03-05", customers: int = 1000) -> str:
    """Deals of so many customers in turn, each of another customer where there are enough."""
    rows = [*(f"won,{amount:g},{day}" for amount in amounts), *[f"lost,,{day}"] * lost]
    return "\n".join(["outcome,amount,closed_at,customer", *(f"{row},C{i % customers}" for i, row in enumerate(rows))])


def rows(folder: Path, tables: dict[str, str], *, own: str = "", **asked: Any) -> pd.DataFrame:
    """The rows of a report over tables given as text, by metric."""
    if own:
        (folder / "own.toml").write_text(own, encoding="utf-8")
    query = api.query(period="2024-03", metrics_file=folder / "own.toml" if own else None, **asked)
    paths = write_tables(folder, tables)
    dataset = api.load(list(paths), query, today=TODAY, tables=paths)
    return api.compute(dataset, query).rows.set_index("metric")


def test_a_formula_without_a_kind_of_its_own_has_the_limits_of_its_gradient(tmp_path: Path) -> None:
    """Of won / (won + lost) the delta method makes √(p (1 − p) / n)."""
    own = '[share_won]\ntitle = "Share won"\nformula = "deals_won / (deals_won + deals_lost)"\nunit = "ratio"\n'
    found = rows(tmp_path, {"deals": deals()}, own=own, metrics=["share_won"]).loc["share_won"]
    share, n = 10 / 25, 25
    half = stats.t.ppf(0.975, found["n"] - 1) * sqrt(share * (1 - share) / n)

    assert (share, pytest.approx(share - half), pytest.approx(share + half)) == (
        found["value"],
        found["low"],
        found["high"],
    )


def test_a_mean_has_student_s_limits(tmp_path: Path) -> None:
    found = rows(tmp_path, {"deals": deals()}, metrics=["average_deal_value"]).loc["average_deal_value"]
    low, high = stats.t.interval(0.95, 9, stats.tmean(AMOUNTS), stats.sem(AMOUNTS))

    assert (pytest.approx(low), pytest.approx(high)) == (found["low"], found["high"])


def test_a_sum_varies_with_the_number_of_its_rows_and_their_size(tmp_path: Path) -> None:
    found = rows(tmp_path, {"deals": deals()}, metrics=["revenue_won"]).loc["revenue_won"]
    half = stats.norm.ppf(0.975) * sqrt(sum(amount**2 for amount in AMOUNTS))

    assert (pytest.approx(sum(AMOUNTS) - half), pytest.approx(sum(AMOUNTS) + half)) == (found["low"], found["high"])


def test_a_median_lies_between_two_of_its_values(tmp_path: Path) -> None:
    found = rows(tmp_path, {"deals": deals()}, metrics=["median_deal_value"]).loc["median_deal_value"]

    assert (sorted(AMOUNTS)[1], sorted(AMOUNTS)[8]) == (found["low"], found["high"])


def test_revenue_per_customer_is_paired_by_customer(tmp_path: Path) -> None:
    """Σ amount / customers: each customer adds its own total and 1. Of amounts the logarithm has the limits."""
    found = rows(tmp_path, {"deals": deals(lost=0, customers=7)}, metrics=["arpu"]).loc["arpu"]
    totals = pd.Series(AMOUNTS).groupby([i % 7 for i in range(10)]).sum()
    mean = totals.sum() / 7
    wide = exp(stats.t.ppf(0.975, 6) * stats.sem(totals) / mean)

    assert (pytest.approx(mean / wide), pytest.approx(mean * wide)) == (found["low"], found["high"])


def test_a_cost_per_customer_has_the_limits_of_the_count(tmp_path: Path) -> None:
    spend = "spent_at,cost\n2024-03-01,20000\n2024-03-31,30000"
    customers = "customer_id,started_at\n" + "\n".join(f"C{i},2024-03-{i + 1:02}" for i in range(25))
    found = rows(tmp_path, {"spend": spend, "customers": customers}, metrics=["cac"]).loc["cac"]

    assert (2000.0, pytest.approx(1354.83, abs=0.005), pytest.approx(3090.49, abs=0.005)) == (
        found["value"],
        found["low"],
        found["high"],
    )


@pytest.mark.parametrize("metric", ["average_deal_value", "revenue_won", "median_deal_value", "arpu"])
def test_five_records_say_too_little_for_limits(tmp_path: Path, metric: str) -> None:
    found = rows(tmp_path, {"deals": deals(AMOUNTS[:5])}, metrics=[metric]).loc[metric]

    assert found["value"] > 0
    assert found[["low", "high"]].isna().all()


def test_counts_and_what_was_paid_have_no_limits(tmp_path: Path) -> None:
    tables = {
        "deals": deals(),
        "spend": "spent_at,cost,clicks\n" + "\n".join(f"2024-03-{i:02},{i},9" for i in range(1, 20)),
    }
    found = rows(tmp_path, tables, metrics=["deals_won", "acquisition_spend", "clicks"])

    assert (found["value"] > 0).all()
    assert found[["low", "high"]].isna().all(axis=None)


@pytest.mark.parametrize("by", [[], ["owner"], ["plan"]])
def test_every_value_lies_within_its_limits_and_nothing_else_has_any(by: list[str]) -> None:
    report = api.report([str(SAMPLE)], period="2025-Q3", by=by, today=TODAY).rows
    limited = report[report["low"].notna() | report["high"].notna()]

    assert len(limited) >= 9
    assert limited["value"].notna().all()
    assert ((limited["low"] <= limited["value"]) & (limited["value"] <= limited["high"])).all()


CHANGES = [
    ("win_rate", 40, 10, "better"),
    ("win_rate", 10, 40, "worse"),
    ("win_rate", 25, 25, "no detectable change"),
    ("deals_won", 60, 10, "better"),
    ("deals_won", 25, 24, "no detectable change"),
    ("deals_lost", 10, 50, "better"),
    ("average_deal_value", 3, 30, "cannot tell"),
    ("closed_deals", 40, 10, None),
]


@pytest.mark.parametrize(("metric", "now", "before", "signal"), CHANGES)
def test_a_change_is_called_better_or_worse_only_beyond_chance(
    tmp_path: Path, metric: str, now: int, before: int, signal: str | None
) -> None:
    march, february = deals([100.0] * now, 60 - now), deals([100.0] * before, 60 - before, "2024-02-01")
    if metric == "deals_lost":
        march, february = deals([100.0], now), deals([100.0], before, "2024-02-01")
    both = "\n".join([march, *february.splitlines()[1:]])
    found = rows(tmp_path, {"deals": both}, metrics=[metric], compare="previous").loc[metric]

    assert signal == (found["signal"] if isinstance(found["signal"], str) else None)


def test_without_a_comparison_nothing_is_said_of_a_change(tmp_path: Path) -> None:
    found = rows(tmp_path, {"deals": deals()}, compare="none")

    assert found["signal"].isna().all()


def test_a_part_of_a_whole_varies_with_what_is_in_it_and_what_is_not(tmp_path: Path) -> None:
    """s = Σ a / Σ b over lines: what each line adds to its deviation is a − s b."""
    orders = "order_id,customer,ordered_at,amount\n" + "\n".join(
        f"O{i},C{i},2024-03-05,{amount:g}" for i, amount in enumerate(AMOUNTS)
    )
    lines = "order_id,product,quantity,amount\n" + "\n".join(
        f"O{i},{'Chair' if i % 3 else 'Lamp'},1,{amount:g}" for i, amount in enumerate(AMOUNTS)
    )
    report = rows(tmp_path, {"orders": orders, "order_lines": lines}, metrics=["product_share"])
    found = report[report["product"] == "Lamp"].iloc[0]
    total = sum(AMOUNTS)
    share = sum(AMOUNTS[::3]) / total
    variance = sum(((i % 3 == 0) - share) ** 2 * amount**2 for i, amount in enumerate(AMOUNTS)) / total**2
    low, high = wilson(np.array([share]), np.array([share * (1 - share) / variance]))

    assert (pytest.approx(share), pytest.approx(low[0]), pytest.approx(high[0])) == (
        found["value"],
        found["low"],
        found["high"],
    )
