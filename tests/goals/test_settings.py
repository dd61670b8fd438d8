"""Mistakes in goals: all of them at once, in words, with their lines."""

from __future__ import annotations

from pathlib import Path

import pytest

from crm_metrics.errors import SettingsError
from crm_metrics.metrics.own import catalog_of
from crm_metrics.settings import load, validated

PLAIN = {"metric": "revenue_won", "target": 10, "start": "2025-01", "due": "2025-03"}


def refusal(**given: object) -> str:
    goal = {name: value for name, value in {**PLAIN, **given}.items() if value is not None}
    with pytest.raises(SettingsError) as caught:
        catalog_of(validated({"goal": [goal]}, "test"))
    return str(caught.value)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"target": None}, "a goal has either target, a number, or targets"),
        ({"targets": [1]}, "a goal has either target, a number, or targets"),
        ({"target": None, "targets": [1, 2, 3]}, 'every = "month" or every = "quarter"'),
        (
            {"target": None, "targets": [1, 2], "every": "month"},
            "2 targets for the 3 months from 2025-01-01 to 2025-03-31",
        ),
        ({"every": "month", "start": "2025-01-15"}, "2025-01-15 to 2025-03-31 are no whole months"),
        ({"every": "quarter", "due": "2025-04"}, "2025-01-01 to 2025-04-30 are no whole quarters"),
        ({"every": "week"}, "every = 'week': it should be 'month' or 'quarter'"),
        ({"start": "2025-04"}, "a goal is due on or after the day it starts"),
        ({"start": "2025-13"}, "months run from 01 to 12"),
        ({"start": "last-month"}, "a day is written 2025-12-31; a month 2025-12, a quarter 2025-Q4, a year 2025"),
        ({"due": "2025-02-30"}, "a day is written 2025-12-31"),
        ({"due": True}, "a day is written 2025-12-31"),
        ({"target": float("nan")}, "goal 1.target"),
        ({"baseline": "much"}, "goal 1.baseline = 'much': a number is expected"),
        ({"scope": {"month": "2025-01"}}, "the time is said by start, due and every"),
        ({"scope": {"owner": 3}}, "a text is expected"),
        ({"metric": "revenue_wonn"}, "there is no metric 'revenue_wonn'. Did you mean revenue_won?"),
        ({"metric": "pipeline_due"}, "there is no metric 'pipeline_due'"),
        ({"metric": "win_rate", "currency": "EUR"}, "win_rate is no amount of money and has no currency"),
        ({"metric": "tickets_created"}, "more of tickets_created is neither better nor worse; a baseline says"),
        ({"metric": "tickets_created", "baseline": 10}, "it is the target itself"),
        ({"metric": "product_revenue"}, 'product_revenue is by product: say which, scope = { product = "..." }'),
    ],
)
def test_a_mistake_is_said_in_words(given: dict[str, object], said: str) -> None:
    assert said in refusal(**given)


FILE = """\
[[goal]]
metric = "revenue_wonn"
target = 10
start = 2025
due = 2025

[[goal]]
metric = "win_rate"
currency = "EUR"
target = 0.4
every = "month"
start = 2025
due = 2025

[[goal]]
metric = "win_rate"
target = 0.5
start = 2025-03-01
due = 2025-03-31
"""


def test_all_mistakes_are_told_at_once_with_their_lines(tmp_path: Path) -> None:
    path = tmp_path / "goals.toml"
    path.write_text(FILE)
    with pytest.raises(SettingsError) as caught:
        catalog_of(load(path))
    assert str(caught.value).splitlines() == [
        f"{path}: 3 mistakes",
        "  line 2: goal 1: there is no metric 'revenue_wonn'. Did you mean revenue_won?",
        "  line 9: goal 2: win_rate is no amount of money and has no currency",
        "  line 18: goal 3: goal 2 has a target for the same win_rate from 2025-03-01 to 2025-03-31 already",
    ]


@pytest.mark.parametrize(
    ("first", "second", "clash"),
    [
        ({}, {}, True),
        ({"every": "month"}, {"start": "2025-02", "due": "2025-02"}, True),
        ({"scope": {"Owner": "Ann"}}, {"scope": {"owner": "Ann"}}, True),
        ({"currency": "EUR"}, {}, True),
        ({"currency": "EUR"}, {"currency": "USD"}, False),
        ({"scope": {"owner": "Ann"}}, {}, False),
        ({"due": "2025-02"}, {}, False),
    ],
)
def test_two_targets_for_the_same_are_refused(first: dict[str, object], second: dict[str, object], clash: bool) -> None:
    settings = validated({"goal": [PLAIN | first, PLAIN | second]}, "test")
    if not clash:
        assert len(catalog_of(settings)) > 0
        return
    with pytest.raises(SettingsError, match="goal 2: goal 1 has a target for the same revenue_won"):
        catalog_of(settings)


def test_what_is_set_on_the_command_line_has_no_line_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "goals.toml"
    path.write_text(FILE)
    over = {"goal": [PLAIN | {"metric": "nothing_like_it"}]}
    with pytest.raises(SettingsError, match=r"goals\.toml: goal 1: there is no metric"):
        catalog_of(load(path, over=over))
