"""`crm-metrics forecast`: a figure to come, for people and for machines."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.running import crm_metrics

ASKED = ("forecast", "revenue_won", "sample_data", "-p", "2025-Q4", "--as-of", "2025-09-30")


def test_the_page_says_what_to_expect_how_sure_it_is_and_what_came(sample: Path):
    done = crm_metrics(*ASKED)
    page = " ".join(done.out.split())
    assert (done.code, done.err) == (0, "")
    assert "nothing later is used; the data goes on to 2026-01-05" in page
    assert "nine times of ten between" in page
    assert "Came: " in page
    assert "Tried on the past" in page
    assert "Lost deals bring nothing" in page


def test_json_has_methods_tests_and_parts(sample: Path):
    made = crm_metrics(*ASKED, "-f", "json").json
    (one,) = made["forecasts"]
    assert ("revenue_won", "2025-Q4", "2025-09-30") == (made["metric"], made["period"], made["as_of"])
    assert {row["method"] for row in made["rows"]} == {row["method"] for row in made["back_test"]}
    assert [one["chosen"]] == [row["method"] for row in made["rows"] if row["chosen"]]
    assert all(
        row["low_90"] <= row["low_50"] <= row["forecast"] <= row["high_50"] <= row["high_90"] for row in made["rows"]
    )
    assert sum(row["value"] for row in made["pipeline"]) == pytest.approx(
        next(row["forecast"] for row in made["rows"] if row["method"] == "pipeline")
    )


def test_without_a_period_it_is_the_month_after_the_data(sample: Path):
    made = crm_metrics("forecast", "deals_won", "sample_data", "-f", "json").json
    assert "2026-01" == made["period"]


def test_standard_input_is_read(sample: Path):
    data = (sample / "sample_data" / "hubspot-crm-exports-deals-2026-01-05.csv").read_bytes()
    for options in ((), ("--as-of", "2025-12-15")):
        done = crm_metrics("forecast", "deals_won", "-", *options, stdin=data)
        assert (done.code, done.err) == (0, "")


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["forecast", "revenue_wom", "sample_data"], 2, "revenue_won"),
        (["forecast", "revenue_won", "sample_data", "-p", "2025-01"], 2, "is over"),
        (["forecast", "revenue_won", "sample_data/nps-survey.csv"], 4, "no deals"),
        (["forecast", "revenue_won"], 2, "no file or folder"),
    ],
)
def test_a_mistake_is_named_with_what_would_be_right(sample: Path, arguments: list[str], code: int, said: str):
    done = crm_metrics(*arguments)
    assert (done.code, done.out) == (code, "")
    assert said in done.err
