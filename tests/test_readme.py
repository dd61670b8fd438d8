"""The README is true: its commands run, and what it says they print is printed.

Run are all `sh` blocks whose commands start with crm-metrics and all `python` blocks, in a copy of the sample data. A
`toml` block whose first line is `# NAME` is the file NAME. A `text` block is what the block before it prints: its lines
in this order, with `…` for lines left away; how wide columns are is not compared.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
EXPORTS = {".csv", ".xlsx"}


@dataclass(frozen=True)
class Block:
    language: str
    text: str

    @property
    def lines(self) -> list[str]:
        return [line for line in self.text.splitlines() if line.strip()]


@dataclass(frozen=True)
class Run:
    """A command, and the lines that the README says it prints."""

    command: str
    language: str
    claimed: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.command.splitlines()[0]


BLOCKS = [Block(*found) for found in re.findall(r"^```(\w+)\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)]


def runs() -> list[Run]:
    found: list[Run] = []
    for block, after in zip(BLOCKS, [*BLOCKS[1:], Block("", "")], strict=True):
        claimed = tuple(after.lines) if after.language == "text" else ()
        if block.language == "sh" and all(line.startswith("crm-metrics ") for line in block.lines):
            found += [Run(line, "sh") for line in block.lines[:-1]]
            found.append(Run(block.lines[-1], "sh", claimed))
        elif block.language == "python":
            found.append(Run(block.text, "python", claimed))
    return found


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as the README takes it for granted: the sample data, and the files that it shows."""
    made = tmp_path_factory.mktemp("clone")
    (made / "sample_data").mkdir()
    for path in (ROOT / "sample_data").iterdir():
        if path.suffix in EXPORTS:
            shutil.copy(path, made / "sample_data")
    for block in BLOCKS:
        if block.language == "toml" and block.lines[0].startswith("# "):
            (made / block.lines[0].removeprefix("# ")).write_text(block.text, encoding="utf-8")
    return made


def plain(text: str) -> list[str]:
    return [" ".join(line.split()) for line in text.splitlines()]


def missing(claimed: tuple[str, ...], printed: str) -> list[str]:
    """The claimed lines that are not printed, or not behind the one before."""
    left = plain(printed)
    lost = []
    for line in claimed:
        wanted = " ".join(line.split())
        if wanted == "…":
            continue
        if wanted in left:
            left = left[left.index(wanted) + 1 :]
        else:
            lost.append(wanted)
    return lost


@pytest.mark.parametrize("run", runs(), ids=str)
def test_it_runs_and_prints_what_the_readme_says(run: Run, folder: Path):
    scripts = sysconfig.get_path("scripts")
    environment = {**os.environ, "PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}", "PYTHONUTF8": "1"}
    arguments = [sys.executable, "-P", "-c", run.command] if run.language == "python" else ["sh", "-c", run.command]
    done = subprocess.run(arguments, cwd=folder, env=environment, capture_output=True, encoding="utf-8", check=False)
    assert (done.returncode, done.stderr if done.returncode else "") == (0, "")
    assert missing(run.claimed, done.stdout) == []
    assert done.stdout or " -o " in run.command


def test_every_text_block_is_the_output_of_a_command_that_is_run():
    claimed = sum(bool(run.claimed) for run in runs())
    assert claimed == sum(block.language == "text" for block in BLOCKS)


def test_there_are_two_commands_to_set_up_and_nothing_else_installs():
    lines = [line for block in BLOCKS if block.language == "sh" for line in block.lines]
    installing = [line for line in lines if "pip " in line]
    assert installing == [line for line in lines if not line.startswith("crm-metrics ")]
    assert installing == [
        "pip install . && crm-metrics report sample_data",
        'pip install ".[test]" && python -m pytest -n auto',
    ]


def test_every_file_that_a_command_names_is_shown_or_sample_data():
    shown = {block.lines[0].removeprefix("# ") for block in BLOCKS if block.language == "toml"}
    named = {name for run in runs() for name in re.findall(r"--(?:config|metrics-file) (\S+)", run.command)}
    assert named - shown == set()


def test_every_link_of_the_readme_leads_somewhere():
    links = re.findall(r"\]\(([^)#]+)\)", README)
    assert [link for link in links if "://" not in link and not (ROOT / link).exists()] == []
