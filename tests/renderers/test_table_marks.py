"""The marks in the table, and what stands below it: changes, stars, what is missing, data problems."""

import pytest

from crm_metrics.issues import Issue
from crm_metrics.metrics.metric import Better
from crm_metrics.renderers import noticed
from tests.renderers.reports import full_report, metric, rendered, report, row


@pytest.mark.parametrize(
    ("code", "better", "change", "signal"),
    [
        ("32", Better.HIGHER, 1.0, None),
        ("31", Better.HIGHER, -1.0, "worse"),
        ("31", Better.LOWER, 1.0, None),
        ("32", Better.LOWER, -1.0, "better"),
        ("2", Better.NEITHER, 1.0, None),
        ("2", Better.HIGHER, 1.0, "no detectable change"),
        ("2", Better.HIGHER, 1.0, "cannot tell"),
    ],
)
def test_a_change_is_coloured_by_the_direction_in_which_the_metric_is_better(code, better, change, signal):
    of = metric(better=better)
    made = report([row(of, 5.0, change=change, change_pct=change / 4, signal=signal)], [of])
    mark = "~" if signal in ("no detectable change", "cannot tell") else "↑" if change > 0 else "↓"

    assert f"\x1b[{code}m{mark}\x1b[0m" in rendered(made, color=True)


def test_a_change_that_rounds_to_none_has_no_direction():
    of = metric("win_rate")

    assert "↑" not in rendered(report([row(of, 0.5, change=1e-17, change_pct=0.0)], [of]), color=True)


def test_a_change_within_noise_is_marked_and_explained_without_colour():
    of = metric()
    shown = rendered(report([row(of, 5.0, change=1.0, change_pct=0.25, signal="no detectable change")], [of]))

    assert "+25.0 % ~\n" in shown
    assert "~ no more than chance" in shown


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
