"""Nothing to report: exit code 4, and why."""

from __future__ import annotations

from pathlib import Path

from tests.cli.running import crm_metrics


def test_a_period_before_the_data_says_how_far_the_data_reaches(folder: Path):
    done = crm_metrics("report", "deals.csv", "-p", "2019")
    assert done.refusal == (4, "", False)
    assert [word for word in ("2019", "2025-01-05", "2025-03-20") if word not in done.err] == []


def test_no_recognised_file_names_its_columns_and_what_is_needed(folder: Path):
    (folder / "rooms.csv").write_text("room,floor\n1,2\n")
    done = crm_metrics("report", "rooms.csv")
    assert done.refusal == (4, "", False)
    assert [word for word in ("rooms.csv", "room, floor", "close date") if word not in done.err] == []


def test_a_figure_whose_column_is_missing_says_so_rather_than_blame_the_period(folder: Path):
    (folder / "deals.csv").write_text("Deal ID,Stage,Close Date\nD1,Closed Won,2025-03-04\n")
    done = crm_metrics("report", "deals.csv", "-p", "2025-03", "-m", "revenue_won")
    assert done.refusal == (4, "", False)
    assert "amount" in done.err.casefold()


def test_old_data_is_refused_when_it_must_be_fresh(folder: Path):
    done = crm_metrics("report", "deals.csv", "-p", "2025-03", "--max-age", "30")
    assert done.refusal == (4, "", False)
    assert [word for word in ("2025-03-20", "30") if word not in done.err] == []


def test_data_within_the_age_is_reported(folder: Path):
    assert crm_metrics("report", "deals.csv", "-p", "2025-03", "--max-age", "99999").code == 0


def test_old_data_leaves_the_output_file_as_it_was(folder: Path):
    (folder / "kpis.csv").write_text("old")
    assert crm_metrics("report", "deals.csv", "--max-age", "30", "-o", "kpis.csv").code == 4
    assert (folder / "kpis.csv").read_text() == "old"


def test_an_age_below_zero_is_a_usage_error(folder: Path):
    assert crm_metrics("report", "deals.csv", "--max-age", "-1").code == 2
