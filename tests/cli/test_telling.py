"""What stands on standard error: objects for programs, silence with -q, and on a terminal how far the work has come; and
that one run writes a file."""

from __future__ import annotations

import io
import json
import os
import select
import subprocess
import sys
import time
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import pytest
from rich.console import Console

from crm_metrics import commands
from crm_metrics.cli import output, telling
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


# A command line for each command that reads data.
EACH = {
    name: [name, *{"explain": ["win_rate"], "trend": ["win_rate"]}.get(name, []), "deals.csv"]
    for name in commands.names()
    if name not in ("help", "metrics", "why", "forecast", "goals", "cohorts", "customers", "products", "voice")
} | {
    "forecast": ["forecast", "revenue_won", "sample_data"],
    "goals": ["goals", "sample_data", "--config", "goals.toml"],
    "why": ["why", "win_rate", "sample_data"],
    **{name: [name, "sample_data"] for name in ("cohorts", "customers", "products", "voice")},
}


@pytest.fixture
def everything(doubtful: Path) -> Path:
    """The working folder, with all that any command needs."""
    (doubtful / "sample_data").symlink_to(Path(__file__).parents[2] / "sample_data")
    (doubtful / "goals.toml").write_text(
        '[[goal]]\nmetric = "win_rate"\nstart = 2025-12-01\ndue = 2025-12-31\ntarget = 0.5\n'
    )
    return doubtful


@pytest.mark.parametrize("name", EACH)
def test_every_command_that_reads_data_logs_what_it_read_and_found(name: str, everything: Path):
    done = crm_metrics(*EACH[name], "--log-format", "json")
    told = events(done)
    assert {"read", "exit"} <= {one["event"] for one in told}
    assert told[-1] == {**told[-1], "event": "exit", "code": done.code}
    if name in ("report", "review", "pipeline", "funnel", "trend"):
        assert "won-without-date" in {one.get("code") for one in told}
    assert name not in ("init", "tables") or "written" in {one["event"] for one in told}


@pytest.mark.parametrize("name", EACH)
def test_every_command_that_reads_data_can_be_quiet(name: str, everything: Path):
    done = crm_metrics(*EACH[name], "-q")
    assert (done.code in (0, 1), done.err) == (True, "")
    assert "\nData problems\n" not in done.out


def test_what_is_wrong_with_the_data_stands_beside_a_table_of_any_command(doubtful: Path):
    loud, quiet = (crm_metrics("pipeline", "deals.csv", "-f", "csv", *option) for option in ((), ("-q",)))
    assert (loud.out, "without a close date" in loud.err, quiet.err) == (quiet.out, True, "")


def waiting(*arguments: str, terminal: bool, until: str) -> tuple[str, str]:
    """What a command that waits for its input shows on standard error: before the input comes, as soon as this holds
    `until` or after a while; and in all."""
    ours, theirs = os.openpty() if terminal else os.pipe()
    with subprocess.Popen(
        command("report", "-", *MARCH[1:], "-f", "csv", *arguments),
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=theirs,
        env=environment(TERM="xterm", COLUMNS="80"),
    ) as running:
        os.close(theirs)
        shown, end = b"", time.monotonic() + (30 if until else 1)
        while time.monotonic() < end and not (until and until.encode() in shown):
            if select.select([ours], [], [], 0.1)[0]:
                shown += os.read(ours, 65536)
        before = shown.decode()
        assert running.stdin is not None
        running.stdin.write(Path("deals.csv").read_bytes())
        running.stdin.close()
        with suppress(OSError):  # how Linux says that the other end is closed
            while piece := os.read(ours, 65536):
                shown += piece
    os.close(ours)
    assert running.returncode == 0
    return before, shown.decode()


posix = pytest.mark.skipif(os.name != "posix", reason="terminals are those of POSIX")


@posix
def test_a_terminal_shows_how_far_the_work_has_come_and_nothing_of_it_stays(folder: Path):
    before, after = waiting(terminal=True, until="Reading standard input")
    assert "Reading standard input" in before
    assert after.rstrip().endswith("\x1b[2K")  # the line is taken away


@posix
@pytest.mark.parametrize(("terminal", "option"), [(False, ()), (True, ("-q",)), (True, ("--log-format", "json"))])
def test_nothing_is_shown_where_nobody_watches(terminal: bool, option: tuple[str, ...], folder: Path):
    before, after = waiting(*option, terminal=terminal, until="")
    assert (before, "\x1b" in after) == ("", False)


def test_what_is_shown_is_each_file_with_its_rows_and_rate_then_what_is_done():
    display = telling.Display()
    for number in range(10):
        display.reading(f"{number}.csv")
        display.reading(f"{number}.csv", 1000)
    display.reading("large\x1b.csv")
    assert ["3 more files 3,000 rows", "large\\x1b.csv reading … 0 s"] == shown_by(display, 0, -1)
    display.reading("large\x1b.csv", 0)
    display.stage("computing")
    assert ["large\\x1b.csv 0 rows 0/s", "Computing … 0 s"] == shown_by(display, -2, -1)


def shown_by(display: telling.Display, *lines: int) -> list[str]:
    """Some of the lines of a display."""
    console = Console(width=80, file=io.StringIO(), highlight=False)
    console.print(display._shown())
    whole = console.file.getvalue().splitlines()  # type: ignore[attr-defined]
    return [" ".join(whole[line].split()) for line in lines]


def test_nothing_that_draws_is_imported_for_work_that_is_quickly_done():
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys; from crm_metrics.cli import telling\n"
            "with telling.watching(quiet=False): pass\n"
            "display = telling.Display(); display.begin(); display.end()\n"
            "print([name for name in sys.modules if name.startswith(('rich.live', 'rich.console'))])",
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "[]\n"


def test_a_log_that_does_not_exist_is_refused(folder: Path):
    done = crm_metrics("report", *MARCH, "--log-format", "jason")
    assert (done.code, done.out) == (2, "")
    assert "--log-format jason: it can be text or json. Did you mean json?" in done.err


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
    output.claim(tmp_path / "a.csv")
    output.claim(tmp_path / "a.csv")  # by the same one
    other = "from crm_metrics.cli import output; from pathlib import Path; output.claim(Path('a.csv'))"
    done = subprocess.run([sys.executable, "-c", other], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "BusyError: a.csv: another run is writing this file" in done.stderr
    output.release()
    output.claim(tmp_path / "a.csv")
    output.release()
    assert list(tmp_path.iterdir()) == []
