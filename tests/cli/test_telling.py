"""What stands on standard error for runs that nobody watches: objects for programs, silence with -q, one run per file."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest

from crm_metrics.cli import locking
from crm_metrics.errors import EXIT_BUSY
from tests.cli.running import Outcome, command, crm_metrics, environment

MARCH = ("deals.csv", "-p", "2025-03", "-m", "win_rate,deals_won")


def events(done: Outcome) -> list[dict[str, object]]:
    return [json.loads(line) for line in done.err.splitlines()]


@pytest.fixture
def doubtful(folder: Path) -> Path:
    """The working folder, its deals with one that was won without a date."""
    with (folder / "deals.csv").open("a") as deals:
        deals.write("D7,Ann,Closed Won,900,2025-02-20,\n")
    return folder


def test_a_log_for_programs_has_an_object_a_line_and_the_exit_code_last(doubtful: Path):
    done = crm_metrics("report", *MARCH, "-o", "kpis.csv", "--log-format", "json")
    told = events(done)
    assert (done.code, [one["event"] for one in told]) == (0, ["read", "written", "problem", "exit"])
    assert all(datetime.fromisoformat(str(one["time"])).tzinfo and one["level"] and one["message"] for one in told)
    assert (told[0]["files"], told[0]["rows"]) == (1, 7)
    assert (told[1]["path"], told[2]["code"], told[2]["rows"]) == ("kpis.csv", "won-without-date", 1)
    assert told[-1]["code"] == 0


def test_the_figures_are_the_same_whatever_the_log(doubtful: Path):
    assert crm_metrics("report", *MARCH, "--log-format", "json").out == crm_metrics("report", *MARCH).out


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["report", "no-such.csv"], 2),
        (["report", "deals.csv", "-p", "2020"], 4),
        (["goals", "deals.csv", "-f", "pdf"], 2),
        (["scan", "no-such.csv"], 2),
    ],
)
def test_a_mistake_is_an_event_with_its_exit_code(arguments: list[str], code: int, folder: Path):
    done = crm_metrics(*arguments, "--log-format", "json")
    *_, error, last = events(done)
    assert (done.code, error["event"], error["level"], error["code"]) == (code, "error", "error", code)
    assert (last["event"], last["code"]) == ("exit", code)


def test_what_makes_a_run_fail_is_an_event(doubtful: Path):
    done = crm_metrics("report", *MARCH, "--fail-on", "warning", "--log-format", "json", "-q")
    assert (done.code, [one["event"] for one in events(done)]) == (1, ["read", "failed", "exit"])


def test_a_log_that_does_not_exist_is_refused(folder: Path):
    done = crm_metrics("report", *MARCH, "--log-format", "jason")
    assert (done.code, done.out) == (2, "")
    assert "--log-format jason: text or json. Did you mean json?" in done.err


@pytest.mark.parametrize("form", ["text", "csv", "markdown"])
def test_quiet_keeps_quiet_about_problems_with_the_data(form: str, doubtful: Path):
    loud, quiet = (crm_metrics("report", *MARCH, "-f", form, *option) for option in ((), ("-q",)))
    assert "problem" in loud.out + loud.err or "without a close date" in loud.out + loud.err
    assert quiet.err == ""
    assert form != "text" or "problem" not in quiet.out
    assert "Win rate" in quiet.out


def test_quiet_hides_no_reason_to_fail(doubtful: Path):
    done = crm_metrics("report", *MARCH, "-q", "--fail-on", "warning")
    assert (done.code, done.err) == (1, "failed: 1 warning about the data\n")


def test_two_runs_do_not_write_one_file(folder: Path):
    pytest.importorskip("fcntl")
    (folder / "pipe.csv").write_text((folder / "deals.csv").read_text())
    running = subprocess.Popen(
        command("report", "-", "-o", "kpis.csv"), stdin=subprocess.PIPE, stderr=subprocess.PIPE, env=environment()
    )
    while not (folder / ".kpis.csv.lock").exists():
        assert running.poll() is None
    second = crm_metrics("report", *MARCH, "-o", "kpis.csv")
    other = crm_metrics("report", *MARCH, "-o", "other.csv")
    _, err = running.communicate((folder / "deals.csv").read_bytes(), timeout=60)

    assert (second.code, "kpis.csv: another run is writing this file" in second.err) == (EXIT_BUSY, True)
    assert (other.code, running.returncode, err.count(b"another run")) == (0, 0, 0)
    assert crm_metrics("report", *MARCH, "-o", "kpis.csv").code == 0
    assert list(folder.glob(".*")) == []


def test_a_file_whose_run_was_killed_is_free(folder: Path):
    pytest.importorskip("fcntl")
    running = subprocess.Popen(command("report", "-", "-o", "kpis.csv"), stdin=subprocess.PIPE, env=environment())
    while not (folder / ".kpis.csv.lock").exists():
        assert running.poll() is None
    running.kill()
    running.communicate(timeout=60)
    assert crm_metrics("report", *MARCH, "-o", "kpis.csv").code == 0


def test_a_file_is_claimed_by_one_at_a_time(tmp_path: Path):
    pytest.importorskip("fcntl")
    locking.claim(tmp_path / "a.csv")
    locking.claim(tmp_path / "a.csv")  # by the same one
    other = "from crm_metrics.cli import locking; from pathlib import Path; locking.claim(Path('a.csv'))"
    done = subprocess.run([sys.executable, "-c", other], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "BusyError: a.csv: another run is writing this file" in done.stderr
    locking.release()
    locking.claim(tmp_path / "a.csv")
    locking.release()
    assert list(tmp_path.iterdir()) == []
