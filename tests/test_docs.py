"""The README keeps up with the program: options, reasons, exit codes, settings, tools."""

from __future__ import annotations

import re
import tomllib
from importlib.resources import files
from pathlib import Path

import pytest
import typer

from crm_metrics import errors, writers
from crm_metrics.cli.app import app
from crm_metrics.engine.cells import REASONS
from crm_metrics.settings import Settings

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
EXIT_CODES = sorted(value for name, value in vars(errors).items() if name.startswith("EXIT_"))
VENDORS = {
    tomllib.loads(entry.read_text(encoding="utf-8"))["title"]
    for entry in files("crm_metrics.loaders.vendors").iterdir()
    if entry.name.endswith(".toml")
}


def options() -> list[str]:
    """The long name of every option of every command."""
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    found = {name for command in commands.values() for option in command.params for name in option.opts}
    return sorted(name for name in found if name.startswith("--"))


def rows(heading: str) -> dict[str, str]:
    """The first two cells of each row of the table under a heading."""
    section = README.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]
    cells = re.findall(r"^\| (.+?) \| (.+?) \|", section, re.MULTILINE)
    return {first.strip("`"): second for first, second in cells}


@pytest.mark.parametrize("option", options())
def test_every_option_is_mentioned(option: str):
    assert re.search(rf"{option}(?![\w-])", README)


@pytest.mark.parametrize("command", sorted(typer.main.get_command(app).commands))  # type: ignore[attr-defined]
def test_every_command_is_shown(command: str):
    assert f"crm-metrics {command}" in README


@pytest.mark.parametrize("reason", [reason for reason in REASONS if reason])
def test_every_reason_is_explained(reason: str):
    assert len(rows("Status and reasons").get(reason, "").split()) > 3


@pytest.mark.parametrize("code", EXIT_CODES)
def test_every_exit_code_is_explained(code: int):
    assert len(rows("Exit codes").get(str(code), "").split()) > 2


@pytest.mark.parametrize("title", sorted(VENDORS))
def test_every_tool_is_named(title: str):
    section = README.split("\n## Which exports are recognised\n", 1)[1].split("\n## ", 1)[0]
    assert f"**{title}**" in section


@pytest.mark.parametrize("name", sorted(writers.formats()))
def test_every_format_is_named(name: str):
    section = README.split("### Formats and files", 1)[1].split("\n#", 1)[0]
    assert f"`{name}`" in section


@pytest.mark.parametrize("name", sorted(Settings.model_fields))
def test_every_setting_is_named(name: str):
    has_option = f"--{name.replace('_', '-')}"
    assert re.search(rf"\b{name}\b|\[\[{name}\]\]|{has_option}(?![\w-])", README)


def test_the_columns_of_csv_are_those_it_has():
    from crm_metrics.report import AFTER_DIMENSIONS, BEFORE_DIMENSIONS

    assert f"`{','.join(BEFORE_DIMENSIONS)},`" in README
    assert f"`{','.join(AFTER_DIMENSIONS)}`" in README
