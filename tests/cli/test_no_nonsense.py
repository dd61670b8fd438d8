"""Questions that the data cannot answer, in every command: a message that says what to do, and no made-up figure."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.running import crm_metrics

ORDERS = "Order ID,Customer,Order Date,Amount\n1,Acme,2025-01-03,10\n2,Acme,2025-03-03,10\n3,Bolt,2025-03-05,20\n"
STAGES = "Deal ID,Stage,Entered At\n1,Demo,2025-01-03\n1,Proposal,2025-02-03\n2,Demo,2025-01-07\n3,Demo,2025-02-07\n"
GOAL = '[[goal]]\nmetric = "revenue_won"\ntarget = 10\nstart = 2025\ndue = 2025\n'


@pytest.fixture
def files(folder: Path) -> Path:
    (folder / "orders.csv").write_text(ORDERS)
    (folder / "stages.csv").write_text(STAGES)
    (folder / "goals.toml").write_text(GOAL)
    return folder


@pytest.mark.parametrize("asked", ["funnel", "customers", "customers --left", "cohorts", "review", "trend deals_won"])
def test_a_period_after_the_data_has_no_figures(files: Path, asked: str):
    done = crm_metrics(*asked.split(), "deals.csv", "orders.csv", "stages.csv", "-p", "2030")
    assert done.refusal == (4, "", False)
    assert "-p" in done.err


def test_a_period_without_cohorts_says_from_when_to_when_there_are_some(files: Path):
    done = crm_metrics("cohorts", "orders.csv", "-p", "2020")
    assert done.refusal == (4, "", False)
    assert [word for word in ("2020", "2025-01", "2025-03") if word not in done.err] == []


@pytest.mark.parametrize("asked", ["report", "review", "trend deals_won", "funnel"])
def test_data_after_as_of_is_not_said_to_run_backwards(files: Path, asked: str):
    done = crm_metrics(*asked.split(), "deals.csv", "--as-of", "2020-01-01")
    assert done.refusal == (4, "", False)
    assert ("up to 2020-01-01" in done.err and "--as-of" in done.err, "runs from" in done.err) == (True, False)


@pytest.mark.parametrize("asked", ["report -p 2025", "review -p 2025", "goals --config goals.toml", "trend deals_won"])
def test_a_file_without_rows_is_no_count_of_0(files: Path, asked: str):
    (files / "deals.csv").write_text("Deal ID,Owner,Stage,Amount,Created At,Close Date\n")
    done = crm_metrics(*asked.split(), "deals.csv")
    assert done.refusal == (4, "", False)
    assert "no rows" in done.err


def test_goals_of_a_table_that_is_not_there_are_listed_all_the_same(files: Path):
    done = crm_metrics("goals", "orders.csv", "--config", "goals.toml", "-f", "csv")
    assert (done.code, [row["value"] for row in done.rows]) == (0, [""])


@pytest.mark.parametrize("day", ["soon", "2025", "20250101", "01.02.2025"])
def test_a_filter_compares_days_with_days_only(files: Path, day: str):
    done = crm_metrics("customers", "orders.csv", "--where", f"last_purchase < '{day}'")
    assert done.refusal == (2, "", False)
    assert "2025-12-31" in done.err


def test_the_older_export_cannot_come_on_standard_input(files: Path):
    done = crm_metrics("pipeline", "-", "--against", "-", stdin=(files / "deals.csv").read_bytes())
    assert done.refusal == (2, "", False)


def test_a_picture_has_no_single_table(files: Path):
    done = crm_metrics("trend", "deals_won", "deals.csv", "-o", "trend.svg", "--table", "changes")
    assert done.refusal == (2, "", False)
    assert not (files / "trend.svg").exists()
