"""crm-metrics.toml: where it is found, what it may say, and every mistake in it with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.running import Outcome, crm_metrics

WON = ("report", "-p", "2025-03", "-m", "deals_won")
SLA = ("report", "tickets.csv", "-p", "2025-03", "-m", "sla_hit_rate", "-f", "csv")


def settings(folder: Path, text: str, name: str = "crm-metrics.toml") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_the_file_of_the_working_folder_is_used(folder: Path):
    settings(folder, "response_target_minutes = 40\n")
    assert crm_metrics(*SLA).values == {"sla_hit_rate": "0.5"}


def test_a_file_in_a_folder_above_is_used_and_its_paths_start_there(folder: Path, monkeypatch: pytest.MonkeyPatch):
    found = settings(folder, 'paths = ["deals.csv"]\n')
    (folder / "a" / "b").mkdir(parents=True)
    monkeypatch.chdir(folder / "a" / "b")
    done = crm_metrics(*WON, "-f", "json")
    assert (done.code, done.json["settings_file"]) == (0, str(found))
    assert [row["value"] for row in done.json["rows"]] == [1]


def test_the_nearest_file_is_used_alone(folder: Path, monkeypatch: pytest.MonkeyPatch):
    settings(folder, "response_target_minutes = 5\n")
    settings(folder, "conversion_days = 60\n", "inner/crm-metrics.toml")
    monkeypatch.chdir(folder / "inner")
    found = crm_metrics("report", "../tickets.csv", "-p", "2025-03", "-m", "deals_won,service", "-f", "json").json
    assert found["settings_file"] == "crm-metrics.toml"
    assert "response_target_minutes" not in found["settings"]


def test_the_user_s_own_file_is_used_where_no_other_is_found(folder: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(folder / "home"))
    found = settings(folder, "response_target_minutes = 40\n", "home/crm-metrics/crm-metrics.toml")
    done = crm_metrics(*SLA)
    assert (done.values, str(found) in done.err) == ({"sla_hit_rate": "0.5"}, True)


def test_no_config_looks_for_none(folder: Path):
    settings(folder, "gross_margn = 1\n")
    assert crm_metrics(*WON, "deals.csv", "--no-config").code == 0


def test_config_names_another_and_the_found_one_plays_no_part(folder: Path):
    settings(folder, "nonsense = 1\n")
    settings(folder, "response_target_minutes = 40\n", "other.toml")
    assert crm_metrics(*SLA, "--config", "other.toml").values == {"sla_hit_rate": "0.5"}


def test_config_and_no_config_contradict_each_other(folder: Path):
    settings(folder, "", "other.toml")
    assert crm_metrics(*WON, "deals.csv", "--config", "other.toml", "--no-config").refusal == (2, "", False)


def test_the_file_is_named_in_the_header_of_the_table(folder: Path):
    settings(folder, "conversion_days = 60\n")
    assert "settings crm-metrics.toml" in crm_metrics(*WON, "deals.csv").out


@pytest.mark.parametrize("form", ["csv", "tsv", "jsonl", "json"])
def test_the_other_formats_name_it_on_standard_error_unless_quiet(folder: Path, form: str):
    settings(folder, "conversion_days = 60\n")
    assert "settings: crm-metrics.toml" in crm_metrics(*WON, "deals.csv", "-f", form).err
    assert crm_metrics(*WON, "deals.csv", "-f", form, "-q").err == ""


def test_without_a_file_none_is_named(folder: Path):
    done = crm_metrics(*WON, "deals.csv", "-f", "json")
    assert (done.json["settings_file"], done.err) == (None, "")


def test_paths_of_the_settings_are_read_where_the_command_names_none(folder: Path):
    settings(folder, 'paths = ["deals.csv"]\n')
    assert [entry["path"] for entry in crm_metrics(*WON, "-f", "json").json["inputs"]] == ["deals.csv"]
    assert (
        crm_metrics("report", "tickets.csv", "-p", "2025-03", "-f", "json").json["inputs"][0]["path"] == "tickets.csv"
    )


def test_paths_are_relative_to_the_file(folder: Path):
    settings(folder, 'paths = ["../deals.csv"]\n', "conf/mine.toml")
    assert crm_metrics(*WON, "-f", "csv", "--config", "conf/mine.toml").values == {"deals_won": "1"}


def test_a_path_that_is_not_there_is_said_as_it_was_looked_for(folder: Path):
    settings(folder, 'paths = ["exports"]\n', "conf/mine.toml")
    done = crm_metrics(*WON, "--config", "conf/mine.toml")
    assert done.refusal == (2, "", False)
    assert str(Path("conf") / "exports") in done.err


BAD = """\
# our settings
gross_margn = 0.8

conversion_days = 0
paths = [
  "a.csv",
]
[columns."deals.csv"]
amont = "Value"

[[goal]]
metric = "revenue_won"
target = "much"
start = 2025-01-01
due = 2025-03-31

[profile.weekly]
perod = "last-month"
top = 0
"""


BLOCK = '[[files]]\npath = "a.csv"\n'
VALUES = "[files.values]\n"


def refused(folder: Path, text: str) -> Outcome:
    settings(folder, text)
    done = crm_metrics(*WON, "deals.csv")
    assert done.refusal == (2, "", False)
    return done


def test_every_mistake_stands_with_its_line_and_the_nearest_name(folder: Path):
    err = refused(folder, BAD).err
    for said in (
        "crm-metrics.toml: 6 mistakes",
        "line 2: there is no setting gross_margn. Did you mean gross_margin?",
        "line 4: conversion_days = 0",
        "line 9: columns.\"deals.csv\".amont: no table has a column 'amont'. Did you mean amount?",
        "line 13: goal 1.target = 'much': a number is expected",
        "line 18: there is no key in profile.weekly: perod. Did you mean period?",
        "line 19: profile.weekly.top = 0",
    ):
        assert said in err, err


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('timezone = "Mars/Olympus"', "Mars/Olympus"),
        ('encoding = "utf-99"', "windows-1252"),
        ('encoding = "base64"', "no encoding of text"),
        ("paths = 3", "a list is expected"),
        ("columns = 3", "a block is expected"),
        ("metric = []", "a block is expected"),
        ('[[files]]\ntable = "deals"', "files 1.path: it is missing"),
        ('[[files]]\npath = "a.csv"\ntable = "deels"', "Did you mean deals?"),
        ('[[files]]\npath = "a.csv"\nscale = "1-6"', "line 3"),
        (BLOCK + "header = 0", "line 3: files 1.header = 0"),
        (BLOCK + "header = true", "files 1.header = true: a whole number is expected"),
        (BLOCK + "sheet = 3", "files 1.sheet = 3: a text is expected"),
        (BLOCK + "values = 3", "files 1.values = 3: a block is expected"),
        (BLOCK + VALUES + "outcom.Signed = 'won'", "line 4: files 1.values.outcom: no table has a column 'outcom'"),
        (BLOCK + VALUES + "outcom.Signed = 'won'", "Did you mean outcome?"),
        (BLOCK + VALUES + "amount.much = 'a'", "only columns of words, or of yes and no"),
        (BLOCK + VALUES + "outcome = 'won'", "files 1.values.outcome = 'won': a block is expected"),
        (
            BLOCK + VALUES + "status.x = 'y'\noutcome = { Signed = 'wonn' }",
            "line 5: files 1.values.outcome.Signed = 'wonn'",
        ),
        (BLOCK + VALUES + "outcome.Signed = 'wonn'", "outcome is won, lost or open. Did you mean won?"),
        (BLOCK + VALUES + "outcome.Signed = true", "files 1.values.outcome.Signed = true: a text is expected"),
        (BLOCK + VALUES + "is_won.Signed = 'maybe'", "is_won is true or false"),
        (BLOCK + VALUES + "source.x = ' '", "files 1.values.source.x = ' ': a text is expected"),
        ("[profile]\nweekly = 3", "a block is expected"),
        ("[check.x]\nallowed = -1", "line 2"),
        ("period = 2025-Q1", "The line is: period = 2025-Q1"),
    ],
)
def test_a_mistake_is_said_in_words(folder: Path, text: str, said: str):
    assert said in refused(folder, text).err


def test_own_metrics_may_stand_in_the_settings(folder: Path):
    block = '[metric.big_deals]\ntitle = "Big"\ncount = "deals"\nat = "closed_at"\nunit = "count"\n'
    block += 'where = "amount >= 1000"\n'
    settings(folder, block)
    done = crm_metrics("report", "deals.csv", "-p", "2025-02", "-m", "big_deals,own", "-f", "csv")
    assert done.values == {"big_deals": "3"}
    assert "Big" in crm_metrics("metrics", "big_deals").out


def test_a_mistake_in_an_own_metric_is_blamed_on_its_block(folder: Path):
    block = '[metric.big_deals]\ntitle = "Big"\ncount = "deels"\nat = "closed_at"\nunit = "count"\n'
    assert "crm-metrics.toml, metric [big_deals]" in refused(folder, block).err


def test_a_metrics_file_is_found_beside_the_settings_and_the_option_wins(folder: Path):
    text = '[{name}]\ntitle = "Own"\ncount = "deals"\nat = "closed_at"\nunit = "count"\n'
    settings(folder, text.format(name="mine"), "conf/own.toml")
    settings(folder, text.format(name="other"), "other.toml")
    settings(folder, 'metrics_file = "own.toml"\n', "conf/mine.toml")
    asked = ("report", "deals.csv", "-p", "2025-02", "-m", "own", "-f", "csv", "--config", "conf/mine.toml")
    assert crm_metrics(*asked).values == {"mine": "3"}
    assert crm_metrics(*asked, "--metrics-file", "other.toml").values == {"other": "3"}
