"""The marks in the table, and what stands below it: changes, stars, what is missing, data problems."""

import pytest

from crm_metrics.issues import Issue
from crm_metrics.metrics.metric import Better
from crm_metrics.renderers import noticed
from tests.renderers.reports import full_report, metric, rendered, report, row


@pytest.mark.parametrize(
    ("code", "mark", "better", "change", "signal"),
    [
        ("32", "▲", Better.HIGHER, 1.0, "better"),
        ("31", "▼", Better.HIGHER, -1.0, "worse"),
        ("31", "△", Better.LOWER, 1.0, "maybe worse"),
        ("32", "▽", Better.LOWER, -1.0, "maybe better"),
        ("32", "▲", Better.HIGHER, -1.0, "better"),
    ],
)
def test_a_change_beyond_chance_is_marked_and_coloured_by_what_it_says(code, mark, better, change, signal):
    """The last fell in all and rose a day: the later period is shorter."""
    of = metric(better=better)
    made = report([row(of, 5.0, change=change, change_pct=change / 4, signal=signal)], [of])

    assert f"\x1b[{code}m{mark}\x1b[0m" in rendered(made, color=True)
    assert f" {mark}\n" in rendered(made)


@pytest.mark.parametrize(
    ("better", "signal"),
    [
        (Better.NEITHER, None),
        (Better.HIGHER, "no detectable change"),
        (Better.HIGHER, "cannot tell"),
        (Better.LOWER, None),
    ],
)
def test_a_change_within_chance_or_without_a_direction_has_no_mark(better, signal):
    of = metric(better=better)
    shown = rendered(report([row(of, 5.0, change=1.0, change_pct=0.25, signal=signal)], [of]), color=True)

    assert "25.0 %" in shown
    assert not set("▲▼△▽~↑↓") & set(shown)


def test_each_strength_that_is_shown_is_explained_below():
    of, other = metric(), metric("win_rate")
    sure = row(of, 5.0, change=1.0, change_pct=0.25, signal="better")
    maybe = row(other, 0.5, change=0.1, signal="maybe better")

    assert "3 times in 1,000" in rendered(report([sure], [of]))
    assert "5 times in 100" not in rendered(report([sure], [of]))
    assert "5 times in 100" in rendered(report([maybe], [other]))


def test_values_to_date_and_immature_ones_are_starred_and_explained():
    won, rate = metric("deals_won"), metric("win_rate")
    rows = [
        row(won, 5.0, status="partial", complete=False),
        row(rate, 0.5, status="partial", complete=False, reason="immature-cohort"),
    ]
    shown = rendered(report(rows, [won, rate], complete=False))

    assert "Key figures  2025-03  to date\n" in shown
    assert "5*" in shown
    assert "50.0 %*" in shown
    assert "* to date: the data goes up to 2025-03-31\n" in shown
    assert "* not final (Win rate): " in shown


def test_what_is_not_available_is_listed_once_for_each_reason():
    names = ["deals_won", "win_rate", "revenue_won", "average_deal_value"]
    metrics = [metric(name) for name in names]
    rows = [row(of, None, reason="no-rows") for of in metrics]
    missing = dict.fromkeys(names[:2], "no deals were read") | {"revenue_won": "amounts are blank"}
    shown = rendered(report(rows, metrics, missing=missing))
    expected = """\
Not available
  Deals won; Win rate: no deals were read
  Revenue won: amounts are blank
  Average deal value: no records in the period
"""

    assert shown.endswith(expected)


def test_notes_are_counted_and_shown_when_asked_for():
    issues = [Issue("total-row", "a.csv", 1), Issue("empty-file", "b.csv"), Issue("total-row", "c.csv", 1)]
    made = full_report(issues=issues)

    assert noticed.problems(made.issues) == ["b.csv: holds no rows"]
    assert rendered(made).endswith("Data problems\n  b.csv: holds no rows\n  2 notes: -v shows them\n")
    assert "a.csv: " in rendered(made, verbose=True)
    assert "-v shows" not in rendered(made, verbose=True)
