"""How much of a target a value reaches, and which currencies it can be compared in."""

from __future__ import annotations

import pytest

from crm_metrics.analysis.goals.targets import attainment, reached, targets, unlike
from crm_metrics.metrics.catalog import built_in
from crm_metrics.metrics.own import is_upward
from crm_metrics.settings import validated

NAN = float("nan")


@pytest.mark.parametrize(
    ("value", "target", "baseline", "upward", "share"),
    [
        (50, 100, None, True, 0.5),
        (150, 100, None, True, 1.5),
        (50, 100, 20, True, 0.5),  # upwards it is value / target, with a baseline as well
        (-10, 100, None, True, -0.1),
        (50, 0, None, True, None),
        (50, -10, None, True, None),
        (NAN, 100, None, True, None),
        (70, 50, 100, False, 0.6),
        (50, 50, 100, False, 1.0),
        (110, 50, 100, False, -0.2),
        (70, 50, 50, False, None),
        (70, 50, 40, False, None),
        (100, 50, None, False, 0.5),
        (40, 50, None, False, 1.25),
        (0, 50, None, False, None),
        (10, 0, None, False, 0.0),
        (10, -5, None, False, None),
    ],
)
def test_attainment(value: float, target: float, baseline: float | None, upward: bool, share: float | None) -> None:
    found = attainment(value, target, baseline, upward=upward)
    assert found == (share if share is None else pytest.approx(share))


@pytest.mark.parametrize(
    ("value", "upward", "met"), [(10, True, True), (9.99, True, False), (10, False, True), (10.01, False, False)]
)
def test_the_target_itself_meets_it(value: float, upward: bool, met: bool) -> None:
    assert reached(value, 10, upward=upward) is met


@pytest.mark.parametrize(
    ("metric", "target", "baseline", "upward"),
    [
        ("revenue_won", 5, 10, True),
        ("backlog", 20, 10, False),
        ("tickets_created", 20, 10, True),
        ("tickets_created", 5, 10, False),
    ],
)
def test_the_direction_is_the_metric_s_else_from_the_baseline(
    metric: str, target: float, baseline: float, upward: bool
) -> None:
    assert is_upward(built_in()[metric], target, baseline) is upward


@pytest.mark.parametrize(
    ("wanted", "found", "said"),
    [
        (None, "EUR", ""),
        (None, None, ""),
        ("EUR", "EUR", ""),
        ("EUR", "USD", "the target is in EUR, the amounts are in USD"),
        ("EUR", None, "the amounts name no currency"),
    ],
)
def test_amounts_in_another_currency_are_not_compared(wanted: str | None, found: str | None, said: str) -> None:
    problem = unlike(wanted, found)
    assert (problem == "", said in problem) == (said == "", True)


def test_a_series_has_a_target_for_each_part() -> None:
    goals = [
        {"metric": "revenue_won", "every": "month", "target": 10, "start": "2025-11", "due": "2026-01"},
        {"metric": "revenue-won", "every": "quarter", "targets": [1, 2], "start": "2025-02-01", "due": "2025-07-31"},
        {"metric": "nps", "target": 3, "start": 2025, "due": "2025-H2"},
    ]
    found = [(one.goal.metric, one.period.label, one.target) for one in targets(validated({"goal": goals}, "test"))]
    assert found == [
        ("revenue_won", "2025-11", 10),
        ("revenue_won", "2025-12", 10),
        ("revenue_won", "2026-01", 10),
        ("revenue_won", "2025-02-01..2025-04-30", 1),
        ("revenue_won", "2025-05-01..2025-07-31", 2),
        ("nps", "2025", 3),
    ]
