"""The marks in the table, and what stands below it: changes, stars, what is missing, data problems."""

import pytest

from crm_metrics.book import provenance as noticed
from crm_metrics.issues import Issue
from crm_metrics.metrics.metric import Better
from tests.renderers.reports import full_report, metric, rendered, report, row


@pytest.mark.parametrize(
    ("code", "mark", "better", "change", "signal"),
    [
        ("32", "▲", Better.HIGHER, 1.0, "better"),
        ("31", "▼", Better.HIGHER, -1.0, "worse"),
        ("31", "▽", Better.LOWER, 1.0, "maybe worse"),
        ("32", "△", Better.LOWER, -1.0, "maybe better"),
        ("32", "▲", Better.LOWER, -1.0, "better"),
    ],
)
def test_a_change_beyond_chance_is_marked_by_whether_it_is_for_the_good(code, mark, better, change, signal):
    of = metric(better=better)
    made = report([row(of, 5.0, change=change, change_pct=change / 4, signal=signal)], [of])

    assert f"\x1b[{code}m{mark}\x1b[0m Deals won" in rendered(made, color=True)
    assert f"\n{mark} Deals won" in rendered(made)


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

    assert "25 %" in shown
    assert not set("▲▼△▽~↑↓") & set(shown)


def test_each_strength_that_is_shown_is_explained():
    of, other = metric(), metric("win_rate")
    sure = row(of, 5.0, change=1.0, change_pct=0.25, signal="better")
    maybe = row(other, 0.5, change=0.1, signal="maybe better")
    both = rendered(report([sure, maybe], [of, other], compare_period="2025-02"))
    told = [rendered(report([one], [of, other]), everything="named") for one in (sure, maybe)]

    assert ["3 times in 1,000" in text for text in told] == [True, False]
    assert ["5 times in 100" in text for text in told] == [False, True]
    assert "▲ better ▼ worse: chance brings it 3 times in 1,000, △ ▽ 5 in 100" in both


def test_values_to_date_and_immature_ones_are_starred_and_explained():
    won, rate = metric("deals_won"), metric("win_rate")
    rows = [
        row(won, 5.0, status="partial", complete=False),
        row(rate, 0.5, status="partial", complete=False, reason="immature-cohort"),
    ]
    shown = rendered(report(rows, [won, rate], complete=False))

    assert shown.startswith("March 2025 to date · ")
    assert "5*" in shown
    assert "50.0 %*" in shown
    assert "* to date: the data goes up to 31 Mar 2025\n" in shown
    assert "* not final (Win rate): " in shown


def test_what_is_not_available_is_listed_once_for_each_reason():
    names = ["deals_won", "win_rate", "revenue_won", "average_deal_value"]
    metrics = [metric(name) for name in names]
    rows = [row(of, None, reason="no-rows") for of in metrics]
    missing = dict.fromkeys(names[:2], "no deals were read") | {"revenue_won": "amounts are blank"}
    missing["average_deal_value"] = "no records in the period"
    shown = rendered(report(rows, metrics, missing=missing), everything="all")
    expected = """\
Not available
  Deals won; Win rate: no deals were read
  Revenue won: amounts are blank
  Average deal value: no records in the period
"""

    assert shown.endswith(expected)


def test_a_page_that_nobody_asked_all_of_says_why_headline_figures_alone_are_missing():
    metrics = [metric(name, shown="headline" if name == "win_rate" else "all") for name in ("deals_won", "win_rate")]
    rows = [row(of, None, reason="no-rows") for of in metrics]
    shown = rendered(report(rows, metrics, missing={"deals_won": "no deals", "win_rate": "no end"}))

    assert "Win rate: no end\n" in shown
    assert "no deals" not in shown
    assert shown.endswith("\n2 not available: --all says why\n")


def test_problems_are_counted_with_the_command_that_lists_them_and_listed_when_asked_for():
    issues = [Issue("total-row", "a.csv", 1), Issue("empty-file", "b.csv"), Issue("total-row", "c.csv", 1)]
    made = full_report(issues=issues)

    assert noticed.problems(made.issues) == ["b.csv: holds no rows"]
    assert rendered(made, paths=["my files"]).endswith("\n1 data problem: crm-metrics check 'my files'\n")
    assert rendered(made).endswith("\n1 data problem: -v\n")
    assert "a.csv: " in rendered(made, verbose=True)
    assert "Data problems\n  b.csv: holds no rows\n" in rendered(made, verbose=True)


def test_a_kind_of_file_that_is_missing_has_one_line():
    names = ["deals_won", "win_rate", "revenue_won", "average_deal_value"]
    metrics = [metric(name, shown="headline" if name == "win_rate" else "all") for name in names]
    lacking = dict.fromkeys(names[:2], ("deals",)) | {"revenue_won": ("orders", "deals"), names[3]: ("tickets",)}
    shown = rendered(
        report([row(of, None, reason="missing-column") for of in metrics], metrics, lacking=lacking), everything="all"
    )

    assert shown.endswith("  No deals: Win rate; Deals won; Revenue won\n  No tickets: Average deal value\n")


def test_what_a_figure_rests_on_is_a_footnote_and_the_same_words_are_one():
    names = ["deals_won", "win_rate", "csat_score"]
    metrics = [metric(name) for name in names]
    grounds = {"win_rate": ["rests on only 3 (deals won)"], "csat_score": ["rests on only 3 (deals won)"]}
    shown = rendered(report([row(of, 0.5) for of in metrics], metrics, grounds=grounds))

    assert shown.count("Win rate ¹") == shown.count("Csat score ¹") == 1
    assert shown.endswith("\n  ¹ rests on only 3 (deals won)\n")


def test_a_note_about_other_figures_is_not_on_the_page():
    metrics = [metric("deals_won"), metric("win_rate")]
    concerns = {"A note.": frozenset({"win_rate"}), "Another.": frozenset({"csat"})}
    notes = ["A note.", "Another.", "A third."]
    shown = rendered(report([row(of, 0.5) for of in metrics], metrics, notes=notes, concerns=concerns))

    assert shown.endswith("\n  A note.\n  A third.\n")
