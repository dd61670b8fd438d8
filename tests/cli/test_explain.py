"""`crm-metrics explain`: one figure, opened."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.running import crm_metrics

WIN_RATE = ("explain", "win_rate", "deals.csv", "-p", "2025-Q1")


def test_the_page_shows_formula_figures_files_headers_and_what_is_not_counted(folder: Path):
    done = crm_metrics(*WIN_RATE)
    words = (
        "Win rate  2025-Q1",
        "60.0 %",
        "win_rate  = deals_won / closed_deals",
        "= 3 / 5",
        "where outcome == 'won', by closed_at",
        "deals.csv (closed_at: 'Close Date')",
        "3 of 6 rows; not counted: 1 without a date; 2 that do not meet the condition",
        "deals.csv: 6 rows read, 6 used",
        "Wilson",
        "--rows",
    )
    assert (done.code, done.err) == (0, "")
    assert [word for word in words if word not in done.out] == []


def test_rows_are_csv_with_file_and_row(folder: Path):
    done = crm_metrics(*WIN_RATE, "--rows")
    won = [(row["file"], row["row"]) for row in done.rows if row["part"] == "deals_won"]
    assert won == [("deals.csv", "2"), ("deals.csv", "4"), ("deals.csv", "5")]


def test_rows_can_be_written_to_a_file(folder: Path):
    assert crm_metrics(*WIN_RATE, "-o", "won.csv").code == 0
    assert (folder / "won.csv").read_text().startswith("part,table,file,row,counts_as")


def test_json_holds_value_limits_parts_and_reasons(folder: Path):
    made = json.loads(crm_metrics(*WIN_RATE, "-f", "json").out)
    assert (made["metric"], made["amounts"][0]["value"], made["amounts"][0]["n"]) == ("win_rate", 0.6, 5)
    parts = {part["metric"]: (part["counted"], part["left_out"]) for part in made["parts"]}
    assert parts["closed_deals"] == (5, {"without a date": 1})


def test_a_segment_is_explained_alone(folder: Path):
    done = crm_metrics(*WIN_RATE, "--segment", "owner=Ben")
    assert "Win rate  2025-Q1, owner Ben" in done.out
    assert "= 2 / 2" in done.out


def test_another_period_tells_who_came_and_went(folder: Path):
    done = crm_metrics("explain", "deals_won", "deals.csv", "-p", "2025-02", "--diff", "2025-03")
    assert "deals_won then: 1   from 1 record" in done.out
    assert "deals_won: 2 entered, 1 left" in done.out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["explain", "win_rat", "deals.csv"], "win_rate"),
        (["explain", "sales", "deals.csv"], "one metric at a time"),
        ([*WIN_RATE, "--segment", "owner"], "NAME=VALUE"),
        ([*WIN_RATE, "--segment", "owner=Bem"], "Ben"),
        ([*WIN_RATE, "--segment", "ownr=Ben"], "owner"),
        ([*WIN_RATE, "--rows", "-f", "json"], "--rows writes CSV"),
        (["explain", "win_rate"], "explain win_rate exports/"),
    ],
)
def test_a_mistake_is_named_with_what_would_be_right(folder: Path, arguments: list[str], said: str):
    done = crm_metrics(*arguments)
    assert (done.code, done.out) == (2, "")
    assert said in done.err


def test_a_metric_of_many_needs_one_of_them(sample: Path):
    done = crm_metrics("explain", "loss_reasons", "sample_data", "-p", "2025-Q3")
    assert done.code == 2
    assert "--segment lost_reason=" in done.err
    assert (
        crm_metrics("explain", "loss_reasons", "sample_data", "-p", "2025-Q3", "--segment", "lost_reason=Price").code
        == 0
    )


def test_what_the_data_cannot_give_says_why(folder: Path):
    done = crm_metrics("explain", "nps", "deals.csv")
    assert done.code == 4
    assert "survey" in done.err or "responses" in done.err
