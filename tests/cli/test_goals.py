"""`goals`: what each is compared with, what can be said of it, and the goals of a report."""

from __future__ import annotations

import random
from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.cli.running import Outcome, crm_metrics

SERIES = """
[[goal]]
metric = "revenue_won"
every = "month"
targets = [3000, 1000, 1000]
start = "2025-02"
due = "2025-04"
owner = "Dana"
note = "board"
"""


def goal(text: str = "", **keys: object) -> str:
    lines = {"metric": "revenue_won", "target": 1000, "start": "2025-02", "due": "2025-02", **keys}
    made = "\n".join(
        f"{name} = {value if isinstance(value, int | float) else repr(value)}" for name, value in lines.items()
    )
    return f"[[goal]]\n{made}\n{text}\n"


def goals(folder: Path, text: str, *options: str, files: tuple[str, ...] = ("deals.csv",)) -> Outcome:
    (folder / "crm-metrics.toml").write_text(text)
    return crm_metrics("goals", *files, "-f", "csv", *options)


def only(done: Outcome) -> dict[str, str]:
    (row,) = done.rows
    return row


def test_a_series_is_compared_month_by_month(folder: Path):
    done = goals(folder, SERIES)
    shown = ("period", "due", "value", "target", "attainment", "elapsed", "status", "owner", "note")
    assert done.code == 0
    assert [[row[name] for name in shown] for row in done.rows] == [
        ["2025-02", "2025-02-28", "3500", "3000", repr(3500 / 3000), "1", "met", "Dana", "board"],
        ["2025-03", "2025-03-31", "500", "1000", "0.5", repr(20 / 31), "cannot tell", "Dana", "board"],
        ["2025-04", "2025-04-30", "", "1000", "", "0", "not begun", "Dana", "board"],
    ]


def test_pace_and_need_are_by_day(folder: Path):
    row = goals(folder, SERIES).rows[1]
    assert (row["pace_per_day"], row["needed_per_day"]) == ("25", repr(500 / 11))
    assert row["why"] == "6 whole weeks of history are too few, 12 are needed"
    assert (row["chance"], row["expected"]) == ("", "")


def test_what_is_over_needs_nothing(folder: Path):
    row = only(goals(folder, goal(target=9000)))
    assert (row["status"], row["needed_per_day"], row["pace_per_day"]) == ("missed", "", "125")


@pytest.mark.parametrize(
    ("keys", "value", "status"),
    [
        ({"scope": "x"}, "1000", "met"),
        ({"metric": "win_rate", "target": 0.66}, repr(2 / 3), "met"),
        ({"metric": "win_rate", "target": 0.67}, repr(2 / 3), "missed"),
        ({"metric": "deals_lost", "target": 1}, "1", "met"),
        ({"metric": "deals_lost", "target": 0}, "1", "missed"),
        ({"metric": "closed_deals", "target": 3, "baseline": 5}, "3", "met"),
        ({"metric": "closed_deals", "target": 4, "baseline": 2}, "3", "missed"),
    ],
)
def test_a_goal_that_is_over_is_met_or_missed(folder: Path, keys: dict[str, object], value: str, status: str):
    scoped = 'scope = { Owner = "Ann" }' if keys.pop("scope", None) else ""
    row = only(goals(folder, goal(scoped, **keys)))
    assert (row["value"], row["status"]) == (value, status)


@pytest.mark.parametrize(
    ("metric", "target", "status"),
    [
        ("deals_won", 3, "met"),
        ("deals_won", 4, "cannot tell"),
        ("deals_lost", 1, "missed"),
        ("deals_lost", 2, "cannot tell"),
    ],
)
def test_what_never_falls_settles_a_goal_before_it_is_due(folder: Path, metric: str, target: int, status: str):
    row = only(goals(folder, goal(metric=metric, target=target, start="2025-Q1", due="2025-Q1")))
    assert (row["status"], row["chance"]) == (status, "")


def test_a_segment_that_nobody_is_in_is_not_0(folder: Path):
    row = only(goals(folder, goal('scope = { owner = "Anne" }')))
    assert (row["value"], row["status"], row["why"]) == (
        "",
        "cannot tell",
        "no record has the owner 'Anne'; did you mean Ann?",
    )


def test_a_goal_before_the_data_is_not_missed(folder: Path):
    row = only(goals(folder, goal(start="2024-12", due="2024-12")))
    assert (row["status"], row["why"]) == ("cannot tell", "the data does not cover the period")


def test_a_metric_that_the_files_do_not_have_says_so(folder: Path):
    row = only(goals(folder, goal(metric="nps", target=40)))
    assert (row["status"], row["value"], row["why"] != "") == ("cannot tell", "", True)


@pytest.mark.parametrize(
    ("above", "currency", "said"),
    [
        ("", "EUR", "the target is in EUR, the amounts name no currency: set currency to the one they are in"),
        (
            'currency = "USD"\n',
            "EUR",
            "the target is in EUR, the amounts are in USD: [rates] in the settings converts them",
        ),
        ('currency = "EUR"\n', "eur", ""),
    ],
)
def test_money_is_compared_in_one_currency_only(folder: Path, above: str, currency: str, said: str):
    text = above + goal(currency=currency)
    row = only(goals(folder, text))
    assert (row["status"], row["attainment"], row["why"]) == (("cannot tell", "", said) if said else ("met", "3.5", ""))
    assert row["currency"] == currency.upper()

    asked = ("report", "deals.csv", "-p", "2025-02", "-m", "revenue_won,pipeline_coverage", "-f", "json")
    report = crm_metrics(*asked).json
    assert report["rows"][0]["target"] == (None if said else 1000)
    assert (report["rows"][1]["reason"] == "no-baseline") is bool(said)
    assert [note for note in report["notes"] if "not compared" in note] == (
        [f"The goal for revenue_won in 2025-02 is not compared: {said}."] if said else []
    )


def test_amounts_in_two_currencies_are_not_added_for_a_goal(folder: Path):
    (folder / "deals.csv").write_text(
        "Deal ID,Owner,Stage,Amount,Currency,Close Date\n"
        "1,Ann,Won,600,EUR,2025-02-03\n2,Ben,Won,700,USD,2025-02-04\n3,Ann,Won,10,EUR,2025-03-04\n"
    )
    text = goal(currency="EUR") + goal('scope = { owner = "Ann" }', currency="EUR")
    both, ann = goals(folder, text).rows
    assert (both["status"], both["why"].startswith("the amounts are in EUR and USD")) == ("cannot tell", True)
    assert (ann["status"], ann["attainment"], ann["currency"]) == ("missed", "0.6", "EUR")


def test_a_period_chooses_the_goals_that_overlap_it(folder: Path):
    assert [row["period"] for row in goals(folder, SERIES, "-p", "2025-02-15..2025-03-02").rows] == [
        "2025-02",
        "2025-03",
    ]
    done = goals(folder, SERIES, "-p", "2024")
    assert (done.code, "no goal is for 2024" in done.err) == (4, True)


def test_without_goals_an_example_is_shown(folder: Path):
    done = crm_metrics("goals", "deals.csv")
    assert done.refusal == (2, "", False)
    assert "there are no goals" in done.err
    example = done.err[done.err.index("[[goal]]") :]
    assert goals(folder, example.replace("EUR", "USD")).code == 0


@pytest.mark.parametrize(
    ("target", "fail_on", "code", "said"),
    [
        (9000, "goal-missed", 1, "failed: goals missed: revenue_won in 2025-02\n"),
        (9000, "goal-behind", 0, ""),
        (1000, "goal-missed,goal-behind", 0, ""),
    ],
)
def test_a_missed_goal_can_fail(folder: Path, target: int, fail_on: str, code: int, said: str):
    done = goals(folder, goal(target=target), "--fail-on", fail_on, "-q")
    assert (done.code, done.err, len(done.rows)) == (code, said, 1)


def test_fail_on_knows_what_a_command_can_fail_on(folder: Path):
    done = goals(folder, goal(), "--fail-on", "goal-mised")
    assert done.refusal == (2, "", False)
    assert "Did you mean goal-missed?" in done.err


def test_a_dimension_that_no_file_has_is_named(folder: Path):
    done = goals(folder, goal('scope = { regoin = "West" }'))
    assert done.refusal == (2, "", False)
    assert "no file has a column 'regoin'" in done.err


# ---- a past to go by ----


def steady(folder: Path, weeks: int = 30, *, seed: int | None = None) -> str:
    """Deals of 100 on each working day up to 2025-09-14; their order is random with a seed."""
    last = date(2025, 9, 14)
    days = [last - timedelta(days=back) for back in range(weeks * 7)]
    rows = [f"{day:%Y%m%d},Won,100,{day - timedelta(days=1)},{day}" for day in days if day.weekday() < 5]
    if seed is not None:
        random.Random(seed).shuffle(rows)
    (folder / "steady.csv").write_text("\n".join(["Deal ID,Stage,Amount,Created At,Close Date", *rows]) + "\n")
    return "steady.csv"


QUARTER = {"start": "2025-Q3", "due": "2025-Q3"}


@pytest.mark.parametrize(("target", "chance", "status"), [(6600, "0.99", "on pace"), (6700, "0.01", "behind")])
def test_a_steady_past_goes_on(folder: Path, target: int, chance: str, status: str):
    # 66 working days in the quarter, 12 of them after 14 September; the past is never taken for certain.
    row = only(goals(folder, goal(target=target, **QUARTER), "--as-of", "2025-09-14", files=(steady(folder),)))
    assert (row["expected"], row["expected_low"], row["expected_high"]) == ("6600", "6600", "6600")
    assert (row["chance"], row["status"]) == (chance, status)


def test_a_goal_that_is_behind_can_fail(folder: Path):
    files = (steady(folder),)
    asked = ("--as-of", "2025-09-14", "--fail-on", "goal-behind", "-q")
    done = goals(folder, goal(target=9000, **QUARTER), *asked, files=files)
    assert (done.code, done.err) == (1, "failed: goals behind: revenue_won in 2025-Q3\n")


def test_the_order_of_rows_changes_nothing(folder: Path):
    text = goal(target=6600, **QUARTER) + goal(metric="average_deal_value", target=90, **QUARTER)
    found = {goals(folder, text, "--as-of", "2025-09-14", files=(steady(folder, seed=seed),)).out for seed in (1, 2, 3)}
    assert len(found) == 1


def test_a_rate_that_builds_up_is_not_judged_half_way(folder: Path):
    (folder / "customers.csv").write_text(
        "Customer ID,Started At,Ended At\n"
        + "".join(f"{n},2024-01-0{n % 9 + 1},{'2025-07-20' if n < 3 else ''}\n" for n in range(40))
    )
    text = goal(metric="churn_rate", target=0.2, baseline=0.3, **QUARTER)
    row = only(goals(folder, text, "--as-of", "2025-08-15", files=("customers.csv",)))
    assert (row["status"], row["chance"], "builds up" in row["why"]) == ("cannot tell", "", True)


def test_what_becomes_of_records_only_later_has_no_chance(folder: Path):
    text = goal(metric="deals_created_won", target=6600, **QUARTER)
    row = only(goals(folder, text, "--as-of", "2025-09-14", files=(steady(folder),)))
    assert (row["status"], row["chance"], row["expected"]) == ("cannot tell", "", "")


def test_the_past_is_that_which_a_file_covers(folder: Path):
    days = [date(2025, 9, 14) - timedelta(days=back) for back in range(15 * 7)]
    (folder / "spend.csv").write_text("Date,Campaign,Cost\n" + "".join(f"{day},Brand,10\n" for day in days))
    text = goal(metric="acquisition_spend", target=900, baseline=1000, **QUARTER)
    row = only(goals(folder, text, "--as-of", "2025-09-14", files=(steady(folder), "spend.csv")))
    assert (row["value"], row["expected"], row["status"]) == ("760", "920", "behind")


def test_the_page_has_bars_and_the_chance(folder: Path):
    (folder / "crm-metrics.toml").write_text(goal(target=6600, note="board", **QUARTER))
    page = crm_metrics("goals", steady(folder), "--as-of", "2025-09-14").out
    assert [
        word for word in ("Revenue won", "81.8 % ████████▁▁", "99.0 %", "on pace", "board") if word not in page
    ] == []


# ---- the goals of a report ----


def test_a_report_shows_the_goal_of_just_its_period_and_segment(folder: Path):
    text = SERIES + goal('scope = { owner = "Ben" }', target=2000) + goal(target=5000, start="2025-Q1", due="2025-Q1")
    (folder / "crm-metrics.toml").write_text(text)
    asked = ("report", "deals.csv", "-m", "revenue_won", "-f", "csv", "-q")

    def shown(*options: str) -> list[tuple[str, str]]:
        return [(row["target"], row["attainment"]) for row in crm_metrics(*asked, *options).rows]

    assert shown("-p", "2025-02") == [("3000.0", repr(3500 / 3000))]
    assert shown("-p", "2025", "--by", "month")[1:3] == [("3000.0", repr(3500 / 3000)), ("1000.0", "0.5")]
    assert shown("-p", "2025-02", "--by", "owner") == [("", ""), ("2000.0", "1.25"), ("", "")]
    assert shown("-p", "2025-Q1") == [("5000.0", "0.8")]
    assert shown("-p", "all") == [("", "")]


def test_the_page_of_a_report_shows_goals_where_there_are_any(folder: Path):
    asked = ("report", "deals.csv", "-m", "revenue_won,deals_won", "-p", "2025-02")
    assert "goal reached" not in crm_metrics(*asked).out
    (folder / "crm-metrics.toml").write_text(SERIES)
    out = crm_metrics(*asked).out
    assert ("goal reached" in out, "116.7 % of 3,000" in out) == (True, True)


@pytest.mark.parametrize(("period", "code"), [("2025-02", 0), ("2025-03", 0), ("2025-Q1", 1)])
def test_a_report_fails_on_a_goal_that_is_missed(folder: Path, period: str, code: int):
    later = "7,Ann,Proposal,1,2025-04-20,\n"  # the quarter is over
    (folder / "deals.csv").write_text((folder / "deals.csv").read_text() + later)
    over = goal(target=5000, start="2025-Q1", due="2025-Q1") + goal(target=400, start="2025-03", due="2025-03")
    (folder / "crm-metrics.toml").write_text(goal(target=3500) + over)
    asked = ("report", "deals.csv", "-m", "revenue_won", "-f", "csv", "-q", "--fail-on", "goal-missed")
    done = crm_metrics(*asked, "-p", period)
    assert (done.code, done.err) == (code, "failed: goals missed: revenue_won in 2025-Q1\n" if code else "")


def test_a_report_without_goals_cannot_fail_on_them(folder: Path):
    done = crm_metrics("report", "deals.csv", "--fail-on", "goal-missed")
    assert done.refusal == (2, "", False)
    assert "none is set" in done.err


def test_coverage_compares_a_segment_with_its_own_goal(folder: Path):
    (folder / "deals.csv").write_text(
        "Deal ID,Owner,Stage,Amount,Close Date\n1,Ann,Won,500,2025-03-04\n2,Ann,Proposal,3000,2025-03-30\n"
        "3,Ben,Proposal,800,2025-03-30\n"
    )
    march = {"start": "2025-03", "due": "2025-03"}
    text = goal(target=1500, **march) + goal('scope = { owner = "Ann" }', target=2000, **march)
    (folder / "crm-metrics.toml").write_text(text)
    asked = (
        "report",
        "deals.csv",
        "-p",
        "2025-03",
        "-m",
        "pipeline_coverage",
        "-f",
        "csv",
        "-q",
        "--as-of",
        "2025-03-10",
    )
    assert [row["value"] for row in crm_metrics(*asked).rows] == ["3.8"]
    rows = crm_metrics(*asked, "--by", "owner").rows
    assert [(row["owner"], row["value"], row["reason"]) for row in rows] == [
        ("Ann", "2.0", ""),
        ("Ben", "", "no-baseline"),
    ]


def test_the_goals_of_the_sample_are_as_shown(sample: Path):
    config = Path(__file__).parents[2] / "sample_data" / "goals.toml"
    done = crm_metrics("goals", "sample_data", "--config", str(config), "--as-of", "2025-11-15", "-f", "csv")
    assert (done.code, len(done.rows)) == (0, 10)
    assert {row["status"] for row in done.rows} == {"met", "missed", "behind", "cannot tell"}
