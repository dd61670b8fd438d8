"""`--fail-on`: exit code 1 for a figure that is worse beyond chance, or for a warning about the data."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.running import crm_metrics

CHURN = ("report", "sample_data", "-p", "2025-Q3", "-m", "churn_rate", "-f", "csv", "-q")


def test_a_figure_that_is_worse_fails_after_the_report_is_written(sample: Path):
    done = crm_metrics(*CHURN, "--compare", "year-ago", "--fail-on", "worse")
    assert (done.code, done.rows[0]["signal"]) == (1, "worse")
    assert done.err == "failed: worse, by more than chance brings: churn_rate\n"


def test_what_is_only_maybe_worse_does_not_fail(sample: Path):
    done = crm_metrics(*CHURN, "--fail-on", "worse")
    assert (done.code, done.rows[0]["signal"], done.err) == (0, "maybe worse", "")


def test_a_change_within_chance_does_not_fail(sample: Path):
    done = crm_metrics(
        "report", "sample_data", "-p", "2025-Q3", "-m", "win_rate", "-f", "csv", "-q", "--fail-on", "worse"
    )
    assert (done.code, done.rows[0]["signal"], done.err) == (0, "no detectable change", "")


def test_a_warning_about_the_data_fails(folder: Path):
    (folder / "deals.csv").write_text("Deal ID,Stage,Amount,Close Date\n1,Won,10,2025-03-04\n2,Won,20,\n")
    arguments = ("report", "deals.csv", "-p", "2025-03", "-m", "revenue_won", "-f", "csv", "-q")
    assert crm_metrics(*arguments).code == 0
    done = crm_metrics(*arguments, "--fail-on", "worse,warning")
    assert done.code == 1
    assert "about the data" in done.err


def test_a_profile_can_say_it(sample: Path):
    (sample / "crm-metrics.toml").write_text(
        '[profile.watch]\nperiod = "2025-Q3"\ncompare = "year-ago"\nmetrics = ["churn_rate"]\nfail_on = ["worse"]\n'
    )
    assert crm_metrics("report", "@watch", "sample_data", "-f", "csv", "-q").code == 1


@pytest.mark.parametrize("name", ["worst", "error"])
def test_anything_else_is_a_mistake(sample: Path, name: str):
    done = crm_metrics(*CHURN, "--fail-on", name)
    assert (done.code, done.out) == (2, "")
    assert "worse or warning" in done.err
