"""`crm-metrics why`: what a change came of, for people and for machines."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.running import crm_metrics

CHURN = ("why", "churn_rate", "sample_data", "-p", "2025-Q3")


def test_the_page_finds_the_plan_behind_the_churn(sample: Path):
    done = crm_metrics(*CHURN)
    assert (done.code, done.err) == (0, "")
    assert "By plan it differs most. Of +4.5 pp in all, +4.6 pp came of Starter" in done.out.replace("\n", " ")
    assert done.out.index("By plan  (explains most)") < done.out.index("By segment")


def test_json_has_total_and_rows(sample: Path):
    made = json.loads(crm_metrics(*CHURN, "-f", "json").out)
    keys = {"dimension", "segment", "rate_effect", "mix_effect", "contribution"}
    assert keys <= made["rows"][0].keys()
    whole = sum(row["contribution"] for row in made["rows"] if row["dimension"] == "plan")
    assert whole == pytest.approx(made["total"]["now"] - made["total"]["before"])
    assert made["total"]["change"] == pytest.approx(whole)


def test_dimensions_can_be_chosen(sample: Path):
    done = crm_metrics(*CHURN, "--by", "country")
    assert "By country" in done.out
    assert "By plan" not in done.out


def test_colour_only_when_asked_for(sample: Path):
    assert "\x1b[" not in crm_metrics(*CHURN).out
    assert "\x1b[31m" in crm_metrics(*CHURN, "--color", "always").out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["why", "churn", "sample_data"], "churn_rate"),
        (["why", "first_response_time", "sample_data", "-p", "2025-Q3"], "neither a sum nor a ratio"),
        ([*CHURN, "--by", "month"], "not by time"),
        ([*CHURN, "--by", "plam"], "plan"),
        ([*CHURN, "--compare", "none"], "compares two periods"),
    ],
)
def test_a_mistake_is_named_with_what_would_be_right(sample: Path, arguments: list[str], said: str):
    done = crm_metrics(*arguments)
    assert (done.code, done.out) == (2, "")
    assert said in done.err


def test_a_period_without_a_value_is_no_dead_end(folder: Path):
    """The way out that is printed works to the letter: the periods with a value are found, and one of them is explained."""
    rows = [f"{place},{('Won', 'Lost')[place % 2]},Ann,2025-0{1 + place % 3}-1{place % 9}" for place in range(60)]
    (folder / "deals.csv").write_text(
        "\n".join(["Deal ID,Stage,Owner,Close Date", *rows, "99,Won,Ann,2025-05-30"]) + "\n"
    )
    done = crm_metrics("why", "win_rate", "deals.csv", "-p", "2025-05")
    assert (done.code, "no value in the earlier period" in done.err) == (4, True)
    way = done.err.partition("'")[2].partition("'")[0].split()
    periods = [
        line.split(",")[3]
        for line in crm_metrics(*way, "deals.csv", "-f", "csv").out.splitlines()[1:]
        if ",ok," in line
    ]

    assert {"2025-02", "2025-03"} <= {*periods}
    assert crm_metrics("why", "win_rate", "deals.csv", "-p", "2025-03").code == 0
    assert crm_metrics("why", "win_rate", "deals.csv", "-p", "2025-05", "--compare", "2025-03").code == 0
