"""`crm-metrics report @NAME`: options under a name in the settings."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.running import crm_metrics

PROFILES = """\
paths = ["deals.csv"]

[profile.weekly]
period = "2025-02"
by = ["owner"]
metrics = ["deals_won", "deals_lost"]
format = "csv"

[profile.files]
paths = "tickets.csv"
period = 2025
compare = "none"
metrics = "tickets_created"
output = "out/weekly.json"
as_of = 2025-03-31
quiet = true
"""


@pytest.fixture
def profiles(folder: Path) -> Path:
    (folder / "crm-metrics.toml").write_text(PROFILES)
    (folder / "out").mkdir()
    return folder


def test_a_profile_stands_for_its_options(profiles: Path):
    done = crm_metrics("report", "@weekly")
    asked = ("-p", "2025-02", "--by", "owner", "-m", "deals_won,deals_lost", "-f", "csv")
    assert (done.code, done.out) == (0, crm_metrics("report", "deals.csv", *asked).out)
    assert {(row["metric"], row["owner"]): row["value"] for row in done.rows}[("deals_won", "Ann")] == "1"


def test_an_option_of_the_command_wins(profiles: Path):
    rows = crm_metrics("report", "@weekly", "-p", "2025-03", "-m", "deals_won", "--by", "month").rows
    assert [(row["metric"], row["period"], row["value"]) for row in rows] == [("deals_won", "2025-03", "1")]


def test_a_path_of_the_command_wins_over_the_profile_s_and_that_over_the_settings(profiles: Path):
    assert [entry["path"] for entry in crm_metrics("report", "@weekly", "-f", "json").json["inputs"]] == ["deals.csv"]
    given = crm_metrics(
        "report", "@weekly", "tickets.csv", "-m", "tickets_created", "-p", "2025-03", "-f", "json", "--by", "team"
    )
    assert [entry["path"] for entry in given.json["inputs"]] == ["tickets.csv"]


def test_a_profile_may_write_a_file_whose_ending_picks_the_format(profiles: Path):
    import json

    done = crm_metrics("report", "@files")
    found = json.loads((profiles / "out" / "weekly.json").read_text())
    assert (done.code, done.out, done.err) == (0, "", "")
    assert (found["as_of"], found["period"], found["rows"][0]["value"]) == ("2025-03-31", "2025", 4)
    assert [entry["path"] for entry in found["inputs"]] == ["tickets.csv"]


def test_an_output_of_the_command_takes_its_own_format(profiles: Path):
    assert crm_metrics("report", "@files", "-o", "mine.csv").code == 0
    assert (profiles / "mine.csv").read_text().startswith("metric,")
    assert not (profiles / "out" / "weekly.json").exists()


def test_a_profile_keeps_its_figures_in_its_history(profiles: Path):
    with (profiles / "crm-metrics.toml").open("a") as file:
        file.write(
            '[profile.kept]\nmetrics = "deals_won"\nperiod = "2025-02"\nhistory = "figures.db"\nfail_on = "restated"\n'
        )
    assert crm_metrics("report", "@kept", "-f", "csv").code == 0
    text = (profiles / "deals.csv").read_text()
    (profiles / "deals.csv").write_text(text.replace("D2,Ann,Closed Lost", "D2,Ann,Closed Won"))
    done = crm_metrics("report", "@kept", "-f", "csv")
    assert (done.code, (profiles / "figures.db").exists(), "deals_won" in done.err) == (1, True, True)
    assert crm_metrics("report", "@kept", "-f", "csv", "--history", "other.db").code == 0


def test_the_command_s_as_of_wins(profiles: Path):
    out = crm_metrics("report", "@files", "--as-of", "2025-03-10", "-f", "json", "-o", "mine.json")
    assert out.code == 0
    assert '"as_of": "2025-03-10"' in (profiles / "mine.json").read_text()


def test_a_profile_that_is_not_there_names_the_nearest(profiles: Path):
    done = crm_metrics("report", "@wekly")
    assert done.refusal == (2, "", False)
    assert ("Did you mean weekly?" in done.err, "crm-metrics.toml" in done.err) == (True, True)


def test_without_a_settings_file_it_says_so(folder: Path):
    done = crm_metrics("report", "@weekly")
    assert done.refusal == (2, "", False)
    assert ("no settings file" in done.err, "[profile.weekly]" in done.err) == (True, True)


def test_two_profiles_are_one_too_many(profiles: Path):
    assert crm_metrics("report", "@weekly", "@files").refusal == (2, "", False)


def test_a_name_in_a_profile_is_checked_like_an_option(profiles: Path):
    (profiles / "crm-metrics.toml").write_text('[profile.x]\nmetrics = "win_rat"\n')
    done = crm_metrics("report", "deals.csv", "@x")
    assert done.refusal == (2, "", False)
    assert "win_rate" in done.err


def test_a_file_of_such_a_name_is_still_a_file(profiles: Path):
    (profiles / "@deals.csv").write_text((profiles / "deals.csv").read_text())
    assert crm_metrics("report", "./@deals.csv", "-p", "2025-02", "-m", "deals_won", "-f", "csv").values == {
        "deals_won": "2"
    }
