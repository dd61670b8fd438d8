"""--set and --config: what is set holds, and every mistake is named at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.running import crm_metrics

TARGET = ("report", "tickets.csv", "-p", "2025-03", "-m", "sla_hit_rate", "-f", "csv")
GOAL = """
[[goal]]
metric = "revenue_won"
target = 1500
start = 2025-03-01
due = 2025-03-31
"""


def test_a_setting_is_set(folder: Path):
    done = crm_metrics(*TARGET, "--set", "response_target_minutes=40")
    assert (done.code, done.values["sla_hit_rate"]) == (0, "0.5")


def test_a_settings_file_is_read(folder: Path):
    (folder / "settings.toml").write_text("response_target_minutes = 5\n")
    assert crm_metrics(*TARGET, "--config", "settings.toml").values == {"sla_hit_rate": "0.0"}


def test_set_beats_the_file(folder: Path):
    (folder / "settings.toml").write_text("response_target_minutes = 5\n")
    done = crm_metrics(*TARGET, "--config", "settings.toml", "--set", "response_target_minutes=60")
    assert done.values == {"sla_hit_rate": "0.75"}


def test_an_option_beats_set(folder: Path):
    asked = ("report", "deals.csv", "-m", "deals_won", "-f", "json")
    out = crm_metrics(*asked, "--set", "as_of=2025-02-28", "--as-of", "2025-03-31").json
    assert out["as_of"] == "2025-03-31"


def test_settings_in_force_are_in_the_json(folder: Path):
    settings = crm_metrics("report", "deals.csv", "-f", "json", "--set", "gross_margin=0.8").json["settings"]
    assert {name: settings[name] for name in ("gross_margin", "conversion_days", "as_of")} == {
        "gross_margin": 0.8,
        "conversion_days": 90,
        "as_of": "2025-03-20",
    }


def test_a_list_may_be_set(folder: Path):
    done = crm_metrics(
        "report", "deals.csv", "-p", "all", "-m", "deals_won", "-f", "csv", "--set", 'won_stages=["Proposal"]'
    )
    assert done.code == 0


def test_a_stage_named_in_the_settings_is_won(folder: Path):
    text = "Deal ID,Stage,Close Date\nD1,Signed,2025-03-04\nD2,Gone,2025-03-05\n"
    (folder / "deals.csv").write_text(text)
    named = ("--set", 'won_stages=["Signed"]', "--set", 'lost_stages=["Gone"]')
    done = crm_metrics("report", "deals.csv", "-p", "2025-03", "-m", "win_rate", "-f", "csv", *named)
    assert (done.code, done.values) == (0, {"win_rate": "0.5"})


def test_a_goal_in_the_settings_file_is_used(folder: Path):
    text = "Deal ID,Stage,Amount,Close Date\nD1,Closed Won,500,2025-03-04\nD2,Proposal,3000,2025-03-30\n"
    (folder / "deals.csv").write_text(text)
    (folder / "settings.toml").write_text(GOAL)
    asked = ("report", "deals.csv", "-p", "2025-03", "-m", "pipeline_coverage", "-f", "csv", "--as-of", "2025-03-10")
    assert crm_metrics(*asked, "--config", "settings.toml").values == {"pipeline_coverage": "3.0"}


def test_every_mistake_is_named_at_once(folder: Path):
    (folder / "settings.toml").write_text("gross_margn = 0.8\nconversion_days = 0\nweek_start = 'friday'\n")
    done = crm_metrics(*TARGET, "--config", "settings.toml")
    assert done.refusal == (2, "", False)
    wanted = ("settings.toml", "gross_margn", "gross_margin", "conversion_days", "week_start")
    assert [word for word in wanted if word not in done.err] == []


def test_a_mistake_in_a_file_is_blamed_on_the_file_also_beside_set(folder: Path):
    (folder / "settings.toml").write_text("gross_margn = 0.8\n")
    done = crm_metrics(*TARGET, "--config", "settings.toml", "--set", "conversion_days=60")
    assert (done.code, "settings.toml" in done.err) == (2, True)


@pytest.mark.parametrize("text", ["gross_margin = ", "gross_margin", "\x00", "[["])
def test_a_file_that_is_no_toml_is_a_usage_error(folder: Path, text: str):
    (folder / "settings.toml").write_text(text)
    done = crm_metrics(*TARGET, "--config", "settings.toml")
    assert done.refusal == (2, "", False)
    assert "settings.toml" in done.err


@pytest.mark.parametrize("value", ["0", "1.5", "much", "nan", ""])
def test_a_value_out_of_range_is_a_usage_error(folder: Path, value: str):
    done = crm_metrics(*TARGET, "--set", f"gross_margin={value}")
    assert done.refusal == (2, "", False)
    assert "gross_margin" in done.err


@pytest.mark.parametrize(
    ("given", "share"), [("80%", "0.8"), ("80 %", "0.8"), ("80", "0.8"), ("5", "0.05"), ("1.5", None), ("300", None)]
)
def test_a_percentage_is_answered_with_the_share_it_is(folder: Path, given: str, share: str | None) -> None:
    done = crm_metrics(*TARGET, "--set", f"gross_margin={given}")
    assert done.code == 2
    assert ("is written" in done.err) is (share is not None)
    if share is not None:
        assert f"% is written {share}" in done.err
        assert "gross_margin" not in crm_metrics(*TARGET, "--set", f"gross_margin={share}").err
