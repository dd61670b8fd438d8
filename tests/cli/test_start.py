"""What one sees first: the bare command, help, the version, the catalogue."""

from __future__ import annotations

import importlib.metadata
import subprocess
import sysconfig
from pathlib import Path

import pytest

import crm_metrics as package
from tests.cli.running import crm_metrics, process


def test_the_bare_command_shows_three_examples_and_the_commands():
    done = crm_metrics()
    examples = [line for line in done.out.splitlines() if line.startswith("  crm-metrics report ")]
    assert (done.code, len(examples)) == (0, 3)
    assert [name for name in ("report", "metrics") if f"\n  {name} " not in done.out] == []


@pytest.mark.parametrize("option", ["-h", "--help"])
@pytest.mark.parametrize("names", [(), ("report",), ("metrics",)])
def test_help_is_there(names: tuple[str, ...], option: str):
    done = crm_metrics(*names, option)
    assert (done.code, done.out.startswith("Usage: crm-metrics")) == (0, True)


def test_the_version_is_that_of_the_package():
    assert crm_metrics("--version").out == f"{package.__version__}\n"
    assert importlib.metadata.version("crm-metrics") == package.__version__


def test_the_installed_script_is_the_module():
    script = Path(sysconfig.get_path("scripts"), "crm-metrics")
    if not script.exists():
        pytest.skip("the script is installed elsewhere")
    done = subprocess.run([script, "--version"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, process("--version").out)


def test_the_catalogue_lists_families_and_their_figures():
    out = crm_metrics("metrics").out.splitlines()
    assert [title for title in ("Acquisition", "Sales", "Retention", "Service") if title not in out] == []
    assert len([line for line in out if line.startswith("  win_rate ")]) == 1


def test_the_catalogue_of_a_family_is_its_part():
    everything, sales = (crm_metrics("metrics", *names).out.splitlines() for names in ((), ("sales",)))
    family = {line.split()[0] for line in sales if line.startswith("  ")}
    assert sales[0] == "Sales"
    assert family - {line.split()[0] for line in everything if line.startswith("  ")} == set()
    assert {"win_rate", "deals_won"} - family == set()


def test_one_figure_is_explained_with_formula_needs_and_example():
    out = crm_metrics("metrics", "win_rate").out
    assert [word for word in ("Formula", "Needs", "Example", "0.6667") if word not in out] == []


@pytest.mark.parametrize(
    "name", [line.split()[0] for line in crm_metrics("metrics").out.splitlines() if line[:2] == "  "]
)
def test_every_figure_can_be_explained(name: str):
    done = crm_metrics("metrics", name)
    assert (done.code, f"({name})" in done.out.splitlines()[0]) == (0, True)
