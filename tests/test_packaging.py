"""What is in the repository, what is in the installed package, and that both set-up texts are one."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SAMPLE = ROOT / "sample_data"
TOP_LEVEL = {"pyproject.toml", "README.md", "CHANGELOG.md", "crm_metrics", "tests", "sample_data"}
MADE = sorted(path.name for path in SAMPLE.iterdir() if path.suffix in {".csv", ".xlsx"})
# Outside the work tree, and with -P, Python sees the package that is installed and not the one beside these tests.
LOOK = """
import hashlib, json
from importlib.resources import files

def walk(folder, prefix=""):
    for entry in folder.iterdir():
        if entry.is_dir() and entry.name != "__pycache__":
            yield from walk(entry, f"{prefix}{entry.name}/")
        elif entry.is_file() and not entry.name.startswith(".") and not entry.name.endswith(".pyc"):
            text = entry.read_bytes().replace(b"\\r\\n", b"\\n")
            yield prefix + entry.name, hashlib.sha256(text).hexdigest()

print(json.dumps(dict(walk(files("crm_metrics")))))
"""


def tracked() -> list[str]:
    if not (ROOT / ".git").exists():
        pytest.skip("this is no git checkout: what is tracked cannot be listed")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    return [name for name in listed.stdout.split("\0") if name]


def hashes(code: str, cwd: Path, *options: str) -> dict[str, str]:
    done = subprocess.run([sys.executable, *options, "-c", code], cwd=cwd, capture_output=True, text=True, check=True)
    return dict(json.loads(done.stdout))


def test_command(text: str) -> str:
    """The one line that installs with the tests' parts and runs them."""
    found = re.findall(r"""^(?:tests=')?(pip install ["']?\.\[test\].*?)'?$""", text, re.MULTILINE)
    assert len(found) == 1
    return str(found[0])


test_command.__test__ = False  # type: ignore[attr-defined]


def test_the_top_level_of_the_repository_is_six_names_and_dot_entries():
    top = {name.partition("/")[0] for name in tracked()}
    assert {name for name in top if not name.startswith(".")} - TOP_LEVEL == set()


def test_all_of_the_six_names_are_there():
    assert {name for name in TOP_LEVEL if not (ROOT / name).exists()} == set()


def test_nothing_that_tools_leave_behind_is_tracked():
    left_behind = re.compile(r"(^|/)(__pycache__|\.\w+_cache|\.hypothesis|build|dist)/|\.pyc$|\.egg-info")
    assert [name for name in tracked() if left_behind.search(name)] == []


@pytest.mark.parametrize("package", ["crm_metrics.loaders.vendors", "crm_metrics.metrics"])
def test_definitions_are_inside_the_package(package: str):
    folder = ROOT.joinpath(*package.split("."))
    inside = {entry.name for entry in files(package).iterdir() if entry.name.endswith(".toml")}
    assert inside == {path.name for path in folder.glob("*.toml")}
    assert inside


def test_the_installed_package_is_the_source_that_is_tested(tmp_path: Path):
    # When this fails on your machine, install again: the program under test is an older one.
    installed = hashes(LOOK, tmp_path, "-P")
    assert installed == hashes(LOOK, ROOT)


def test_the_installed_program_runs_without_the_source_around(tmp_path: Path):
    done = subprocess.run([sys.executable, "-P", "-m", "crm_metrics", "metrics", "win_rate"], cwd=tmp_path, check=False)
    assert done.returncode == 0


def test_sample_data_is_smaller_than_3_mb():
    sizes = {path: path.stat().st_size for path in SAMPLE.iterdir() if path.is_file()}
    assert sum(sizes.values()) < 3_000_000


def test_sample_data_is_made_again_byte_for_byte(tmp_path: Path):
    script = [sys.executable, str(SAMPLE / "make.py"), "--out", str(tmp_path)]
    subprocess.run(script, check=True, capture_output=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == MADE
    different = [name for name in MADE if (tmp_path / name).read_bytes() != (SAMPLE / name).read_bytes()]
    assert different == []


def test_sample_data_holds_a_workbook_and_text_tables():
    assert {Path(name).suffix for name in MADE} == {".csv", ".xlsx"}


def test_ci_runs_the_tests_as_the_readme_does():
    script = ROOT / ".ci" / "run"
    if not script.exists():
        pytest.skip(".ci/run is not part of this copy")
    in_readme = test_command((ROOT / "README.md").read_text(encoding="utf-8"))
    assert test_command(script.read_text(encoding="utf-8")) == in_readme


def test_ci_can_be_executed():
    modes = [name for name in tracked() if name == ".ci/run"]
    if not modes:
        pytest.skip(".ci/run is not tracked yet")
    staged = subprocess.run(
        ["git", "ls-files", "--stage", ".ci/run"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert staged.stdout.split()[0] == "100755"
