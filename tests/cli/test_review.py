"""`crm-metrics review`: the stories planted in the sample data are found, and nothing where nothing happened."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from crm_metrics import api
from crm_metrics.analysis.review import Findings
from crm_metrics.engine.cells import Figures
from crm_metrics.intervals import signals
from crm_metrics.metrics import catalog
from crm_metrics.settings import Settings
from tests.cli.running import crm_metrics
from tests.coverage import review
from tests.false_alarms.claiming import claims, reasons

SAMPLE = str(Path(__file__).parents[2] / "sample_data")


@cache
def findings(period: str) -> Findings:
    return api.findings([SAMPLE], period=period)


@pytest.mark.parametrize(
    ("period", "claims"),
    [
        ("2025-Q3", {"churn_rate by plan Starter"}),
        ("2025-H2", {"change of churn_rate"}),
        ("2025-Q1", {"first_response_time by team Billing"}),
        ("2025", {"csat by team Support Billing", "Webinar Series does not pay"}),
    ],
)
def test_a_planted_story_is_found(period: str, claims: set[str]):
    assert claims <= {*findings(period).claims}


def test_what_a_report_marks_and_a_review_does_not_claim_is_named() -> None:
    """A report judges each figure by itself: what it marks is either claimed here or named, never just a "no"."""
    said = crm_metrics("review", SAMPLE, "-p", "2025-12").out.replace("\n", " ")
    found = findings("2025-12").headlines
    marked = {one.metric.title for one in found if one.marked}
    report = api.report([SAMPLE], period="2025-12").frame
    signs = report[report["signal"].isin(signals.BEYOND_CHANCE)]

    assert marked == {*signs["title"]} & {one.metric.title for one in found} == {"Average response time"}
    assert f"marks Average response time: with {len(found)} figures side by side" in said
    assert "marks" not in crm_metrics("review", SAMPLE, "-p", "2025-12", "-f", "csv").out


def test_a_review_says_what_it_would_have_found() -> None:
    """Of the win rate by what its own limits say: the less, the more deals the period has."""
    found = {period: findings(period).headlines for period in ("2025-Q1", "2025")}
    visible = {
        period: {one.metric.name: one.visible for one in headlines if one.visible is not None}
        for period, headlines in found.items()
    }
    said = crm_metrics("review", SAMPLE, "-p", "2025").out.replace("\n", " ")

    assert 0 < visible["2025"]["win_rate"] < visible["2025-Q1"]["win_rate"] < 1
    assert f"a fall of Win rate by {100 * visible['2025']['win_rate']:.1f} pp" in said


def test_no_share_is_said_to_have_been_seen_falling_below_0() -> None:
    said = crm_metrics("review", SAMPLE, "-p", "2025-12").out.replace("\n", " ")
    falls = dict(re.findall(r"a fall of ([\w ]+?) by ([\d.]+) (?:%|pp)", said))
    assert falls
    assert all(float(large) < 90 for large in falls.values())
    assert re.search(r"Too few records tell of a fall of Win rate\b.*, however large", said)
    assert "Win rate" not in falls


def test_a_change_as_large_as_is_visible_is_detectable_and_one_of_a_third_is_not() -> None:
    metric = catalog.built_in()["win_rate"]
    rates = np.array([0.5])
    independent = np.array([400.0])
    figures = Figures(rates, rates - 0.05, rates + 0.05, independent)
    size = signals.visible(metric, figures, figures, signals.ALIKE, 0.01)[0]
    chances = [
        signals.chances(metric, Figures(rates - down, rates - 0.05 - down, rates + 0.05 - down, independent), figures)[
            0
        ]
        for down in (size, size / 3)
    ]

    assert chances[0] < 0.01 < chances[1]
    assert size == pytest.approx((2.588 + 0.8416) / 1.966 * 0.05 * 2**0.5, rel=0.01)


def test_where_nothing_happened_hardly_anything_is_claimed():
    # At full size: python -m tests.false_alarms 200
    assert sum(bool(claims(seed)) for seed in range(1000, 1006)) <= 1


def test_why_hardly_claims_anything_where_nothing_happened():
    # At full size: python -m tests.false_alarms 200 --why
    assert sum(bool(reasons(seed)) for seed in range(2000, 2010)) <= 2


def test_the_page_says_what_changed_and_what_it_came_of():
    done = crm_metrics("review", SAMPLE, "-p", "2025-H2")

    assert (done.code, done.err) == (0, "")
    assert (
        "Customer retention rate fell from 85.9 % to 77.2 % (likewise customer churn rate): worse. By plan" in done.out
    )
    assert "The campaign Webinar Series does not pay: it cost" in done.out
    assert "Customers to call" in done.out


def test_json_has_every_part_by_name():
    made = json.loads(crm_metrics("review", SAMPLE, "-p", "2025-Q3", "-f", "json").out)
    churn = next(row for row in made["rows"] if row["metric"] == "churn_rate")

    assert (made["period"], made["compare_period"]) == ("2025-Q3", "2025-Q2")
    assert (churn["value"], churn["change"]) == (pytest.approx(64 / 513), "no")
    assert {"Starter"} == {row["segment"] for row in made["standouts"] if row["metric"] == "churn_rate"}
    assert 5 == len(made["customers"])


def test_standard_input_is_read_once_for_all_parts():
    deals = Path(SAMPLE, "hubspot-crm-exports-deals-2026-01-05.csv").read_bytes()
    done = crm_metrics("review", "-", "-p", "2025-Q3", stdin=deals)

    assert done.code == 0
    assert "Most money is lost in" in done.out


def test_goals_of_the_settings_are_shown(tmp_path: Path):
    settings = tmp_path / "goals.toml"
    settings.write_text('[[goal]]\nmetric = "win_rate"\ntarget = 0.9\nstart = 2025-07-01\ndue = 2025-09-30\n')
    done = crm_metrics("review", SAMPLE, "-p", "2025-Q3", "--config", str(settings))

    assert done.code == 0
    assert "missed" in done.out


def test_who_buys_as_often_as_ever_is_not_called(tmp_path: Path):
    """Ann and Bob bought on five days each, and others bought after them; only Bob, who came every day, is late."""
    days = {"Ann": range(1, 26, 6), "Bob": range(1, 6)} | {f"C{number}": [28] for number in range(8)}
    lines = [f"{name},2024-03-{day:02},10" for name, each in days.items() for day in each]
    path = tmp_path / "orders.csv"
    path.write_text("\n".join(["Customer,Order Date,Amount", *lines, "D,2024-02-02,10"]), encoding="utf-8")
    found = api.review([str(path)], period="2024-03", settings=Settings(as_of="2024-03-31"))

    assert [("Bob", ("bought 5 times, the last on 2024-03-05",))] == [
        (one.customer, one.reasons) for one in found.calls
    ]


def test_everything_has_nothing_before_it():
    done = crm_metrics("review", SAMPLE, "-p", "all")

    assert done.code == 4
    assert "no earlier period" in done.err


@pytest.mark.skipif(not review.GENERATOR.exists(), reason="needs shared/bench/clustered.py beside the project")
def test_of_companies_whose_customers_repeat_hardly_any_review_claims_anything() -> None:
    # At full size: python -m tests.coverage review
    said, kept = review.measured(2, 1, periods=("2024-12",), size="small")

    assert len(said) == 3
    assert kept, said
