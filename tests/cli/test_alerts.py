"""`[[alert]]` and `--fail-on alert`: when a report, or goals, is to call somebody."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.running import Outcome, crm_metrics

MARCH = ("deals.csv", "tickets.csv", "-p", "2025-03", "--as-of", "2025-04-02")


def alerts(folder: Path, *blocks: tuple[str, str], more: str = "") -> None:
    written = "\n".join(f'[[alert]]\nmetric = "{metric}"\nwhen = "{when}"' for metric, when in blocks)
    (folder / "crm-metrics.toml").write_text(f"{more}\n{written}\n")


def raised(*arguments: str) -> tuple[int, list[str]]:
    done = crm_metrics("report", *MARCH, "-q", "--fail-on", "alert", *arguments)
    return done.code, [line.removeprefix("failed: ") for line in done.err.splitlines()]


@pytest.mark.parametrize(
    ("metric", "when", "said"),
    [
        ("win_rate", "< 0.6", "win_rate in 2025-03 is 50.0 % (< 0.6)"),
        ("win_rate", "< 60 %", "win_rate in 2025-03 is 50.0 % (< 60 %)"),
        ("win_rate", "<= 50%", "win_rate in 2025-03 is 50.0 % (<= 50%)"),
        ("tickets_created", ">= 4", "tickets_created in 2025-03 is 4 (>= 4)"),
        ("deals_lost", "> 0", "deals_lost in 2025-03 is 1 (> 0)"),
    ],
)
def test_a_figure_that_passes_its_limit_raises_its_alert(metric: str, when: str, said: str, folder: Path):
    alerts(folder, (metric, when))
    assert raised() == (1, [said])


@pytest.mark.parametrize(
    ("metric", "when"),
    [("win_rate", "< 0.5"), ("win_rate", "> 50 %"), ("tickets_created", "> 4"), ("win_rate", "worse")],
)
def test_a_figure_within_its_limit_raises_none(metric: str, when: str, folder: Path):
    alerts(folder, (metric, when))
    assert raised() == (0, [])


def test_alerts_are_raised_only_where_they_are_asked_for(folder: Path):
    alerts(folder, ("win_rate", "< 0.6"))
    assert crm_metrics("report", *MARCH).code == 0


def test_a_period_that_is_not_over_raises_none(folder: Path):
    alerts(folder, ("tickets_created", "< 100"))
    assert raised() == (1, ["tickets_created in 2025-03 is 4 (< 100)"])
    assert (
        crm_metrics("report", "tickets.csv", "-p", "2025", "--as-of", "2025-04-02", "--fail-on", "alert", "-q").code
        == 0
    )


def test_a_figure_that_is_not_available_raises_its_alert(folder: Path):
    alerts(folder, ("csat", "< 0.8"))
    code, said = raised()
    assert (code, [line.startswith("csat < 0.8 cannot be told: ") for line in said]) == (1, [True])


def test_each_segment_raises_its_own(folder: Path):
    alerts(folder, ("win_rate", "< 0.6"))
    assert raised("--by", "owner") == (1, ["win_rate Cleo in 2025-03 is 0.0 % (< 0.6)"])


def worsening(folder: Path) -> None:
    rows = [
        f"{n},2025-0{1 + n % 2}-0{1 + n % 9} 09:00,{30 + n % 7 if n % 2 == 0 else 300 + n % 7}" for n in range(1, 81)
    ]
    (folder / "tickets.csv").write_text("Ticket ID,Created At,First Response Minutes\n" + "\n".join(rows) + "\n")


def test_what_is_worse_raises_its_alert(folder: Path):
    worsening(folder)
    alerts(folder, ("first_response_time", "worse"))
    done = crm_metrics("report", "tickets.csv", "-p", "2025-02", "--as-of", "2025-03-02", "-q", "--fail-on", "alert")
    assert (done.code, "first_response_time in 2025-02 is" in done.err, "(worse)" in done.err) == (1, True, True)


GOAL = '[[goal]]\nmetric = "deals_won"\ntarget = 50\nstart = "2025-03"\ndue = "2025-03"'


def of_goals(*arguments: str) -> Outcome:
    return crm_metrics("goals", "deals.csv", "--as-of", "2025-04-02", "--fail-on", "alert", *arguments)


def test_a_goal_that_is_missed_raises_its_alert(folder: Path):
    alerts(folder, ("deals_won", "goal-missed"), ("win_rate", "< 0.6"), more=GOAL)
    done = of_goals()
    assert (done.code, done.err) == (1, "failed: the goal for deals_won in 2025-03 is missed\n")


def test_a_goal_in_another_state_raises_none(folder: Path):
    alerts(folder, ("deals_won", "goal-behind"), more=GOAL)
    assert of_goals().code == 0


@pytest.mark.parametrize("command", ["report", "goals"])
def test_an_alert_that_would_never_be_raised_is_a_mistake(command: str, folder: Path):
    other = {"report": "goal-missed", "goals": "< 1"}[command]
    alerts(folder, ("deals_won", other), more=GOAL)
    done = crm_metrics(command, "deals.csv", "--fail-on", "alert")
    assert (done.code, "none is set" in done.err) == (2, True)


def test_an_alert_on_what_is_not_shown_is_a_mistake(folder: Path):
    alerts(folder, ("win_rate", "< 0.6"))
    done = crm_metrics("report", *MARCH, "-m", "deals_won", "--fail-on", "alert")
    assert (done.code, "there is an alert on win_rate, which this report does not show" in done.err) == (2, True)


@pytest.mark.parametrize(
    ("metric", "when", "said"),
    [
        ("win_rat", "worse", "there is no metric 'win_rat'. Did you mean win_rate?"),
        ("win_rate", "bad", "is no condition"),
        ("win_rate", "worsen", "Did you mean worse?"),
        ("win_rate", "< 30", "win_rate is a share"),
        ("deals_won", "< 30 %", "deals_won is no share"),
        ("tickets_created", "worse", "neither better nor worse"),
    ],
)
def test_a_mistake_in_an_alert_is_named_with_its_line(metric: str, when: str, said: str, folder: Path):
    alerts(folder, (metric, when))
    done = crm_metrics("report", *MARCH)
    assert (done.code, said in done.err, "line " in done.err) == (2, True, True)
