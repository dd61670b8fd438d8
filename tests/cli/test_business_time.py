"""Working hours from the settings file to the figures."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.running import Outcome, crm_metrics

FIRST, RESOLVED = "first_response_time_business", "resolution_time_business"
HOURS = '[hours]\nmon = "09:00-17:00"\ntue = "09:00-17:00"\nfri = "09:00-17:00"\n'
TICKETS = """\
Ticket ID,Team,Created At,First Response At,First Response Business Minutes,Solved At
1,Blue,2025-03-03 16:30,2025-03-04 09:15,5,2025-03-04 10:00
2,Blue,2025-03-07 16:50,2025-03-10 09:20,5,2025-03-10 12:00
3,Red,2025-03-31 09:00,,,
4,Red,2025-03-29 12:00,2025-03-31 10:00,5,2025-03-31 10:30
"""


@pytest.fixture
def desk(folder: Path) -> Path:
    """The working folder with tickets answered over nights and weekends, and a settings file with hours."""
    (folder / "desk.csv").write_text(TICKETS, encoding="utf-8")
    (folder / "crm-metrics.toml").write_text(HOURS, encoding="utf-8")
    return folder


def report(*options: str, form: str = "csv") -> Outcome:
    return crm_metrics("report", "desk.csv", "-p", "2025-03", "-m", f"{FIRST},{RESOLVED}", "-f", form, *options)


def test_figures_by_the_hours_of_the_file_say_so(desk: Path):
    done = report()
    assert done.code == 0
    assert done.values == {FIRST: "45.0", RESOLVED: "90.0"}  # 45, 30 and 60; 90, 190 and 90
    assert {row["title"].partition("(")[2] for row in done.rows} == {"by your working hours)"}


def test_the_table_says_it_too(desk: Path):
    assert "by your working hours" in " ".join(report(form="table").out.split())


def test_days_off_are_free(desk: Path):
    with (desk / "crm-metrics.toml").open("a", encoding="utf-8") as file:
        file.write('[holidays]\ncountry = "DE"\ndates = [2025-03-31]\n')
    assert report().values == {FIRST: "30.0", RESOLVED: "90.0"}  # 45, 30 and 0; 90, 190 and 0


def test_hours_may_be_set_on_the_command_line(desk: Path):
    set_ = 'hours = { mon = "00:00-24:00" }'
    assert report("--no-config", "--set", set_).values == {FIRST: "560.0", RESOLVED: "630.0"}


def test_without_hours_the_help_desk_s_column_counts_and_is_named(desk: Path):
    done = report("--no-config")
    assert done.values == {FIRST: "5.0", RESOLVED: ""}
    assert done.rows[0]["title"] == "First response time, business hours (by the help desk's)"
    assert '"First Response Business Minutes"' in report("--no-config", form="table").out
    assert [row["reason"] for row in done.rows] == ["", "missing-column"]


def test_what_is_lacking_is_said_with_what_to_do(desk: Path):
    done = crm_metrics("report", "deals.csv", "tickets.csv", "--no-config", "-p", "2025-03", "-m", f"backlog,{FIRST}")
    said = " ".join(done.out.split())
    assert done.code == 0
    assert 'set your working hours, for example [hours] and below it mon = "09:00-17:30"' in said


def test_it_can_be_opened_to_the_rows(desk: Path):
    done = crm_metrics("explain", FIRST, "desk.csv", "-p", "2025-03")
    assert done.code == 0
    assert "by your working hours" in " ".join(done.out.split())
    rows = crm_metrics("explain", FIRST, "desk.csv", "-p", "2025-03", "--rows").rows
    assert {row["row"]: row["counts_as"] for row in rows} == {"2": "45", "3": "30", "4": "", "5": "60"}


def test_by_team(desk: Path):
    found = {(row["metric"], row["team"]): row["value"] for row in report("--by", "team").rows}
    assert found == {
        (FIRST, "Blue"): "37.5",
        (FIRST, "Red"): "60.0",
        (RESOLVED, "Blue"): "140.0",
        (RESOLVED, "Red"): "90.0",
    }


def test_the_settings_of_a_run_show_the_hours(desk: Path):
    assert report(form="json").json["settings"]["hours"]["mon"] == ["09:00-17:00"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            '[hours]\nmon = "9-5"\n',
            "line 2: hours.mon = '9-5': '9-5' is no stretch of working hours; write \"09:00-17:30\"",
        ),
        ('[hours]\nmonday = "09:00-17:00"\n', "line 2: there is no key in hours: monday. Did you mean mon?"),
        ("[hours]\n", "line 1: hours: no day has working hours"),
        (f'{HOURS}[holidays]\ncountry = "Bavaria"\n', "line 6: holidays.country = 'Bavaria'"),
        (f'{HOURS}[holidays]\ncountry = "DE"\nsubdivision = "XX"\n', "line 5: holidays: DE has no subdivision 'XX'"),
        ("hours = 8\n", "a block is expected"),
    ],
)
def test_a_mistake_is_said_with_its_line(desk: Path, text: str, said: str):
    (desk / "crm-metrics.toml").write_text(text, encoding="utf-8")
    done = report()
    assert done.refusal == (2, "", False)
    assert said in done.err


def test_hours_in_a_zone_need_the_zone_of_the_times(desk: Path):
    (desk / "crm-metrics.toml").write_text(f'{HOURS}zone = "Europe/Berlin"\n', encoding="utf-8")
    done = report()
    assert done.refusal == (2, "", False)
    assert "for example --timezone Europe/Berlin" in done.err
    assert report("--timezone", "Europe/Berlin").values == {FIRST: "45.0", RESOLVED: "90.0"}


def test_holidays_without_hours_are_refused_rather_than_ignored(desk: Path):
    (desk / "crm-metrics.toml").write_text("[holidays]\ndates = [2025-03-31]\n", encoding="utf-8")
    done = report()
    assert done.refusal == (2, "", False)
    assert "holidays are set, but no working hours" in done.err


@pytest.mark.parametrize(("country", "loaded"), [("", False), ("country = 'DE'", True)])
def test_public_holidays_are_loaded_only_where_a_country_is_set(country: str, loaded: bool):
    given = f"hours = {{ mon = '09:00-17:00' }}\n[holidays]\ndates = ['2025-12-24']\n{country}\n"
    code = "import sys, tomllib; from crm_metrics.settings import validated; "
    code += "validated(tomllib.loads(sys.argv[1]), ''); print('holidays' in sys.modules, 'pandas' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code, given], capture_output=True, text=True, check=True)
    assert done.stdout.split() == [str(loaded), "False"]
