"""How the program ends: at once, with the right exit code, and with everything written."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = [sys.executable, "-m", "crm_metrics"]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*PROGRAM, *arguments], capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize(("arguments", "code"), [(["--version"], 0), (["report", "--nope"], 2), (["report"], 2)])
def test_the_exit_code_is_the_command_s(arguments: list[str], code: int) -> None:
    assert code == run(*arguments).returncode


def test_nothing_that_was_printed_is_lost() -> None:
    done = run("metrics")

    assert done.stdout.endswith("\n")
    assert "win_rate" in done.stdout


def test_a_file_is_whole_when_the_program_has_ended(tmp_path: Path) -> None:
    deals = tmp_path / "deals.csv"
    deals.write_text("deal id,stage,amount,close date\n1,Closed Won,10,2024-03-04\n", encoding="utf-8")
    out = tmp_path / "out.csv"

    assert 0 == run("report", str(deals), "-p", "2024-03", "-o", str(out), "-q").returncode
    assert "revenue_won" in out.read_text(encoding="utf-8")
    assert [] == list(tmp_path.glob(".*"))
