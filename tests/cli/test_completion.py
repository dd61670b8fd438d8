"""What Tab offers: values from the program and the files, in the shells themselves where they are installed."""

from __future__ import annotations

import os
import pty
import select
import shutil
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import pytest
import typer

from crm_metrics.cli import values
from crm_metrics.cli.app import app
from crm_metrics.cli.completing import OPTIONS, candidates
from crm_metrics.commands.cohorts import COHORTS_OF
from crm_metrics.query import GRAINS
from tests.cli.running import crm_metrics, process


def offered(line: str) -> list[str] | None:
    """The values at the end of a line; None where they are left to what makes the commands."""
    *typed, current = line.split(" ")
    found = candidates(typed, current)
    return None if found is None else [value for value, _ in found]


@pytest.mark.parametrize(
    ("line", "some"),
    [
        ("crm-metrics report -m win_r", ["win_rate"]),
        ("crm-metrics report -m win_rate,deals_w", ["win_rate,deals_won"]),
        ("crm-metrics report --metric=sal", ["--metric=sales"]),
        ("crm-metrics report . -p 2025-Q", ["2025-Q1", "2025-Q4"]),
        ("crm-metrics report . -p last-", ["last-month", "last-90-days"]),
        ("crm-metrics report . --compare y", ["year-ago", "ytd"]),
        ("crm-metrics report . -f x", ["xlsx"]),
        ("crm-metrics report deals.csv --by ow", ["owner"]),
        ("crm-metrics report tickets.csv --by month,t", ["month,team"]),
        ("crm-metrics explain win_rate deals.csv --segment ow", ["owner="]),
        ("crm-metrics check . --only won", ["won-without-date"]),
        ("crm-metrics report --set gross", ["gross_margin="]),
        ("crm-metrics goals --fail-on goal", ["goal-missed", "goal-behind"]),
        ("crm-metrics report . --fail-on r", ["restated"]),
        ("crm-metrics cohorts . --by ", ["month", "week"]),
        ("crm-metrics report . --timezone Europe/Berl", ["Europe/Berlin"]),
        ("crm-metrics explain win_r", ["win_rate"]),
        ("crm-metrics trend win_rate revenue_w", ["revenue_won"]),
        ("crm-metrics metrics sal", ["sales"]),
        ("crm-metrics help exit", ["exit-codes"]),
    ],
)
def test_values_are_offered(line: str, some: list[str], folder: Path):
    found = offered(line)
    assert found is not None
    assert [value for value in some if value not in found] == []
    assert [value for value in found if not value.startswith(line.rpartition(" ")[2])] == []


@pytest.mark.parametrize(
    "line",
    [
        "crm-metrics report ",
        "crm-metrics report sample",
        "crm-metrics explain win_rate sa",
        "crm-metrics explain ./d",
        "crm-metrics report -o win_r",
        "crm-metrics report --top 1",
    ],
)
def test_a_path_or_a_number_is_left_to_the_shell(line: str):
    assert offered(line) == []


@pytest.mark.parametrize("line", ["crm-metrics ", "crm-metrics re", "crm-metrics report --co"])
def test_commands_and_options_are_left_to_what_makes_them(line: str):
    assert offered(line) is None


def test_every_option_with_a_value_is_known():
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    taking = {
        name
        for command in commands.values()
        for one in command.params
        if one.param_type_name == "option" and not one.is_flag
        for name in one.opts
    }
    assert taking == OPTIONS.keys()


def test_the_words_that_are_offered_are_those_there_are():
    assert set(values.WORDS["--of"]) == set(COHORTS_OF)
    assert set(values.WORDS["--grain"]) == set(GRAINS)


def test_every_figure_of_the_list_is_offered_with_its_title():
    listed = [line.split()[0] for line in crm_metrics("metrics").out.splitlines() if line.startswith("  ")]
    found = dict(candidates(["crm-metrics", "report", "-m"], "") or [])
    assert [name for name in listed if not found.get(name)] == []


def test_profiles_and_own_figures_come_from_the_settings_file(folder: Path):
    (folder / "crm-metrics.toml").write_text(
        'metrics_file = "own.toml"\n[profile.weekly]\nperiod = "last-week"\n[metric.big_one]\ntitle = "Big"\n'
    )
    (folder / "own.toml").write_text('[big_two]\ntitle = "Big too"\n')
    assert offered("crm-metrics report @we") == ["@weekly"]
    assert offered("crm-metrics report -m big") == ["big_one", "big_two"]
    assert offered("crm-metrics report --no-config -m big") == []


def test_a_settings_file_that_cannot_be_read_offers_nothing(folder: Path):
    (folder / "crm-metrics.toml").write_text("[profile.weekly\n")
    assert offered("crm-metrics report @we") == []


def test_a_column_is_offered_by_the_name_that_a_report_takes(folder: Path):
    (folder / "leads.csv").write_text(
        "Export of 1 May\nLead ID;Create Date;Lead Owner;Shoe size;Amount (EUR);Reply in minutes\n1;2025-01-02;Ann;43;5;6\n",
        encoding="utf-8-sig",
    )
    assert offered("crm-metrics report leads.csv --by ") == [
        "month",
        "quarter",
        "week",
        "year",
        "day",
        "owner",
        "shoe_size",
    ]


def test_what_is_offered_for_the_sample_data_can_be_reported_by(sample: Path):
    names = [name for name in offered("crm-metrics report sample_data --by ") or [] if name not in GRAINS]
    done = crm_metrics("report", "sample_data", "-m", "deals_won", "--by", ",".join(names))
    assert len(names) > 10
    assert done.code == 4  # no deal has all of these columns, but each is one


def test_years_up_to_now_are_offered():
    assert str(date.today().year) in (offered("crm-metrics report -p ") or [])


def test_values_need_nothing_that_is_slow_to_import(folder: Path):
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "crm_metrics"],
        env={
            **os.environ,
            "_CRM_METRICS_COMPLETE": "complete_fish",
            "_TYPER_COMPLETE_ARGS": "crm-metrics report . --by ",
        },
        capture_output=True,
        text=True,
        check=True,
    )
    slow = {"pandas", "numpy", "pyarrow", "pydantic", "typer"}
    assert slow & {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()} == set()
    assert "owner" in done.stdout


@pytest.fixture
def shell(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder, with the program in a folder of the path as people have it."""
    programs = folder / "bin"
    programs.mkdir()
    program = programs / "crm-metrics"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -P -m crm_metrics "$@"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    (folder / "crm-metrics.toml").write_text('[profile.weekly]\nperiod = "last-week"\n')
    return folder


def script(name: str, folder: Path) -> Path:
    """The script that teaches a shell; the test is skipped, by name, where the shell is not installed."""
    if shutil.which(name) is None:
        pytest.skip(f"{name} is not installed")
    path = folder / f"completion.{name}"
    path.write_text(process(_CRM_METRICS_COMPLETE=f"source_{name}").out)
    return path


TABS = {
    "report -m win_rate_by_v": "win_rate_by_value",
    "report . -p 2025-H": "2025-H1",
    "report deals.csv --by ow": "owner",
    "report @we": "weekly",
    "report . -f xl": "xlsx",
    "help exit-": "exit-codes",
    "repo": "report",
    "report dea": "deals.csv",
}


def lost_in(command: list[str], start: str) -> list[str]:
    """The lines at which a shell that is typed into does not show on Tab what it should."""
    child, screen = pty.fork()
    if not child:
        os.execvp(command[0], command)  # pragma: no cover

    def shows(wanted: str) -> bool:
        shown, end = "", time.monotonic() + 10
        while wanted not in shown and time.monotonic() < end:
            if select.select([screen], [], [], 0.1)[0]:
                shown += os.read(screen, 4096).decode(errors="replace")
        return wanted in shown

    os.write(screen, f"{start}; echo read''y\n".encode())
    lost = [] if shows("ready") else ["the start"]
    for line, wanted in TABS.items():
        os.write(screen, f"crm-metrics {line}\t".encode())
        lost += [] if shows(wanted) else [line]
        os.write(screen, b"\x15")  # the line is taken away
    os.close(screen)
    os.waitpid(child, 0)
    return lost


def test_tab_in_bash(shell: Path):
    start = f"source {script('bash', shell)}; bind 'set show-all-if-ambiguous on'"
    assert lost_in(["bash", "--norc", "--noprofile", "-i"], start) == []


def test_tab_in_zsh(shell: Path):
    start = f"autoload -U compinit; compinit -u -D; source {script('zsh', shell)}"
    assert lost_in(["zsh", "-f", "-i"], start) == []


def test_tab_in_fish(shell: Path):
    asked = "; ".join(f"echo '> {line}'; complete -C 'crm-metrics {line}'" for line in TABS)
    done = subprocess.run(
        ["fish", "--no-config", "-c", f"source {script('fish', shell)}; {asked}"],
        capture_output=True,
        text=True,
        check=True,
    )
    shown = dict(part.split("\n", 1) for part in done.stdout.removeprefix("> ").split("\n> "))
    assert [line for line, wanted in TABS.items() if wanted not in shown[line]] == []
