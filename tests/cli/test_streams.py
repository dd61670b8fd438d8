"""Standard output, standard error, terminals, closed pipes, interruption and bugs."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import unicodedata
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from threading import Thread

import pytest

from crm_metrics.writers import formats, is_binary
from tests.cli.conftest import DEALS
from tests.cli.running import Outcome, command, crm_metrics, environment, process

MARCH = ("report", "deals.csv", "-p", "2025-03", "-m", "win_rate,revenue_won")
# More than any pipe holds: the writer is still writing when the reader leaves.
LONG = ("report", "deals.csv", "-p", "2024..2025", "--by", "day", "-f", "csv", "-q")
posix = pytest.mark.skipif(os.name != "posix", reason="signals and terminals are those of POSIX")


def closed_early(*arguments: str, **variables: str) -> tuple[int, str]:
    """The exit code and standard error of a command whose reader leaves after the first line."""
    with subprocess.Popen(
        command(*arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(**variables)
    ) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        running.stdout.readline()
        running.stdout.close()
        said = running.stderr.read().decode()
    return running.returncode, said


def on_a_terminal(*arguments: str, **variables: str) -> str:
    """What a command writes to a terminal on which nobody pages."""
    import pty

    variables = {"PAGER": "", **variables}

    ours, theirs = pty.openpty()
    with subprocess.Popen(
        command(*arguments), stdin=subprocess.DEVNULL, stdout=theirs, stderr=theirs, env=environment(**variables)
    ) as running:
        os.close(theirs)
        written = b""
        while True:
            try:
                piece = os.read(ours, 65536)
            except OSError:  # how Linux says that the other end is closed
                break
            if not piece:
                break
            written += piece
    os.close(ours)
    assert running.returncode == 0
    return written.decode()


def test_figures_go_to_standard_output_in_plain_lines_and_problems_to_standard_error(folder: Path):
    (folder / "deals.csv").write_text(DEALS + "D7,Dan,Closed Won,10,2025-03-01\n", encoding="utf-8")
    done = subprocess.run(command(*MARCH, "-f", "csv"), capture_output=True, check=True, env=environment())
    outcome = Outcome(done.returncode, done.stdout.decode(), done.stderr.decode())
    assert outcome.values == {"win_rate": "0.5", "revenue_won": "500.0"}
    assert [line for line in outcome.err.splitlines() if "deals.csv" in line and "row 8" in line]
    assert b"\r" not in done.stdout


@pytest.mark.parametrize("quiet", ["-q", "--quiet"])
def test_quiet_leaves_standard_error_empty(folder: Path, quiet: str):
    (folder / "deals.csv").write_text(DEALS + "D7,Dan,Closed Won,10,2025-03-01\n", encoding="utf-8")
    done = crm_metrics(*MARCH, "-f", "csv", quiet)
    assert (done.code, done.err) == (0, "")


def test_quiet_does_not_silence_an_error(folder: Path):
    done = crm_metrics(*MARCH, "-q", "--by", "ownr")
    assert (done.code, "owner" in done.err) == (2, True)


def test_verbose_shows_how_things_were_read(folder: Path):
    plain, verbose = (crm_metrics(*MARCH, "-f", "csv", *more) for more in ((), ("-v",)))
    assert ("Proposal" in plain.err, "Proposal" in verbose.err) == (False, True)
    assert plain.out == verbose.out


def test_a_report_without_problems_says_nothing_on_standard_error(folder: Path):
    assert process(*MARCH).err == ""


def test_piped_output_has_no_escape_codes_and_does_not_depend_on_the_terminal(folder: Path):
    asked = ("report", "deals.csv", "tickets.csv", "-p", "2025-Q1", "--by", "month")
    narrow, wide = (process(*asked, COLUMNS=width, TERM="xterm-256color") for width in ("40", "400"))
    assert (narrow.code, "\x1b" in narrow.out + narrow.err) == (0, False)
    assert narrow.out == wide.out
    assert max(map(len, wide.out.splitlines())) > 40


def test_colour_can_be_forced(folder: Path):
    assert "\x1b[" in crm_metrics(*MARCH, "--color", "always").out


@posix
def test_a_terminal_gets_colour(folder: Path):
    assert "\x1b[" in on_a_terminal(*MARCH, "-q", TERM="xterm-256color")


@posix
@pytest.mark.parametrize("variables", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_a_terminal_gets_no_colour_when_it_is_not_wanted(folder: Path, variables: dict[str, str]):
    written = on_a_terminal(*MARCH, "-q", **{"TERM": "xterm-256color", **variables})
    assert ("\x1b" in written, "Win rate" in written) == (False, True)


@posix
def test_never_is_never(folder: Path):
    assert "\x1b" not in on_a_terminal(*MARCH, "-q", "--color", "never", TERM="xterm-256color")


@posix
@pytest.mark.parametrize("name", ["csv", "json"])
def test_a_terminal_gets_the_same_csv_and_json_as_a_pipe(folder: Path, name: str):
    written = on_a_terminal(*MARCH, "-q", "-f", name, TERM="xterm-256color")
    assert written.replace("\r\n", "\n") == crm_metrics(*MARCH, "-q", "-f", name).out


@posix
def test_output_in_ascii_loses_no_figure(folder: Path):
    variables = {**environment(LC_ALL="C", PYTHONIOENCODING="ascii"), "PYTHONUTF8": "0"}
    done = subprocess.run(command(*MARCH), capture_output=True, check=False, env=variables)
    assert (done.returncode, b"50.0 %" in done.stdout, done.stdout.isascii()) == (0, True, True)


@posix
def test_a_reader_that_leaves_ends_the_program_with_141_and_no_traceback(folder: Path):
    assert closed_early(*LONG) == (141, "")


@posix
def test_a_reader_that_leaves_is_noticed_without_buffers_too(folder: Path):
    # PYTHONUNBUFFERED is set in many containers; a text stream without a buffer loses what a pipe does not take.
    assert closed_early(*LONG, PYTHONUNBUFFERED="1") == (141, "")


@posix
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full disk to write to")
@pytest.mark.parametrize("variables", [{}, {"PYTHONUNBUFFERED": "1"}])
def test_a_full_disk_is_no_success_and_no_bug(folder: Path, variables: dict[str, str]):
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            command(*MARCH, "-f", "csv"), stdout=full, stderr=subprocess.PIPE, env=environment(**variables), check=False
        )
    said = done.stderr.decode()
    assert (done.returncode, "No space left" in said) == (2, True)
    assert [words for words in ("Traceback", "bug in", "Exception ignored") if words in said] == []


@posix
def test_an_interrupt_ends_the_program_with_130_and_no_traceback(folder: Path):
    with subprocess.Popen(
        command("report", "-"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(),
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),  # ignored by what runs in the background
    ) as running:
        assert running.stdin is not None
        assert running.stdout is not None
        assert running.stderr is not None
        # More than a pipe holds: when this returns, the program is reading and waits for more.
        running.stdin.write(DEALS.encode() * 2000)
        running.stdin.flush()
        time.sleep(0.5)  # a signal between two reads waits for the second one
        running.send_signal(signal.SIGINT)
        try:
            running.wait(timeout=30)
        finally:
            running.kill()
        out, err = running.stdout.read(), running.stderr.read()
        running.stdin.close()
    assert (running.returncode, out, err) == (130, b"", b"crm-metrics: interrupted\n")


@pytest.mark.parametrize("debug", [False, True])
def test_a_bug_is_owned_up_to_and_shows_a_traceback_only_with_debug(
    folder: Path, monkeypatch: pytest.MonkeyPatch, debug: bool
):
    def broken(*_: object, **__: object) -> None:
        raise ValueError("no such luck")

    monkeypatch.setattr("crm_metrics.commands.report.compute", broken)
    done = crm_metrics(*MARCH, *(["--debug"] if debug else []))
    assert done.refusal == (70, "", debug)
    assert [
        text for text in ("bug in crm-metrics", "ValueError: no such luck", "--debug") if text not in done.err
    ] == []


@pytest.mark.parametrize("debug", [False, True])
def test_an_error_of_the_user_shows_a_traceback_only_with_debug(folder: Path, debug: bool):
    done = crm_metrics(*MARCH, "--by", "ownr", *(["--debug"] if debug else []))
    assert done.refusal == (2, "", debug)


def test_help_is_quick_and_computes_nothing():
    code = "import sys; sys.argv = ['crm-metrics', 'report', '--help']\nfrom crm_metrics.cli.app import app\n"
    code += "try:\n    app()\nexcept SystemExit:\n    pass\nprint('pandas' in sys.modules, file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr == "False\n"


def test_a_usage_error_needs_no_pandas(folder: Path):
    """One process makes all these mistakes: what it has not imported after the last, it has for none."""
    options = ("-m win_rat", "-p 2025-13", "-f xls", "--perod 1", "--set gross=1")
    code = "import sys\nfrom crm_metrics.cli.app import app\n"
    code += f"for option in {options!r}:\n    sys.argv = ['crm-metrics', 'report', 'deals.csv', *option.split()]\n"
    code += "    try:\n        app()\n    except SystemExit as left:\n"
    code += "        print(option, left.code, 'pandas' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [f"{option} 2 False" for option in options]


@posix
def test_what_is_longer_than_the_screen_goes_through_the_pager(folder: Path):
    """A terminal of no known size has 24 lines."""
    pager = f"{sys.executable} -c \"import sys; print('paged', len(sys.stdin.read()))\""
    long = ("metrics",)
    assert on_a_terminal(*long, PAGER=pager, LINES="24").startswith("paged ")
    assert on_a_terminal(*long, "--no-pager", PAGER=pager, LINES="24").startswith("Acquisition")
    assert on_a_terminal(*long, PAGER=pager, LINES="9999").startswith("Acquisition")
    assert on_a_terminal(*long, PAGER="no-such-pager", LINES="24").startswith("Acquisition")
    assert on_a_terminal(*MARCH, "-q", "-f", "csv", PAGER=pager, LINES="2").startswith("metric,")
    assert process(*long, PAGER=pager, LINES="24").out.startswith("Acquisition")


# ---- streams that are closed, interrupts in the first moments, libraries that warn, control characters ----

TO_FILE = (*MARCH, "-f", "csv", "-o", "kpis.csv")


def without(numbers: Sequence[int], *arguments: str) -> tuple[int, str, str]:
    """The exit code and what came on standard output and error of a command with these standard streams closed."""
    done = subprocess.run(
        command(*arguments),
        capture_output=True,
        env=environment(),
        check=False,
        preexec_fn=lambda: [os.close(number) for number in numbers],
    )
    return done.returncode, done.stdout.decode(), done.stderr.decode()


@posix
def test_closed_streams_lose_no_report_and_change_no_exit_code(folder: Path):
    (folder / "deals.csv").write_text(DEALS + "D7,Dan,Closed Won,10,2025-03-01\n", encoding="utf-8")
    shown = crm_metrics(*MARCH, "-f", "csv").out
    assert without([0, 1, 2], *TO_FILE)[0] == 0
    assert (folder / "kpis.csv").read_text() == shown
    assert without([2], *MARCH, "-f", "csv") == (0, shown, "")  # there is a problem to tell of


@posix
@pytest.mark.parametrize("asked", [MARCH, ("--help",)], ids=" ".join)
def test_a_report_that_has_nowhere_to_go_is_no_success_and_no_bug(folder: Path, asked: tuple[str, ...]):
    said = "crm-metrics: standard output: cannot be written: Bad file descriptor\n"
    assert without([1], *asked) == (2, "", said)


@posix
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full disk to write to")
def test_messages_that_cannot_be_given_change_nothing(folder: Path):
    (folder / "deals.csv").write_text(DEALS + "D7,Dan,Closed Won,10,2025-03-01\n", encoding="utf-8")
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(command(*MARCH, "-f", "csv"), stdout=subprocess.PIPE, stderr=full, check=False)
    assert (done.returncode, done.stdout.decode()) == (0, crm_metrics(*MARCH, "-f", "csv").out)


def main_with(before: str, *arguments: str, options: Sequence[str] = ()) -> tuple[int, str, str]:
    """The exit code and what came on standard output and error of the program, after lines of Python."""
    code = f"import sys\nsys.argv = ['crm-metrics', *{list(arguments)!r}]\n{before}\n"
    code += "from crm_metrics.cli import main\nmain()"
    done = subprocess.run([sys.executable, *options, "-c", code], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


@posix
@pytest.mark.parametrize("module", ["typer", "crm_metrics.commands.report", "pandas"])
def test_an_interrupt_in_the_first_moments_shows_no_traceback(folder: Path, module: str):
    """As soon as the module is about to be imported."""
    before = f"""
import os, signal
signal.signal(signal.SIGINT, signal.default_int_handler)
class Finder:
    def find_spec(self, name, path, target=None):
        if name == {module!r} and self in sys.meta_path:
            sys.meta_path.remove(self)
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Finder())
"""
    assert main_with(before, *MARCH) == (130, "", "crm-metrics: interrupted\n")


@pytest.mark.parametrize(("options", "is_shown"), [((), False), (("-W", "default"), True)])
def test_a_warning_of_a_library_is_shown_only_to_who_asks_python_for_it(
    folder: Path, options: tuple[str, ...], is_shown: bool
):
    before = """
import warnings
from crm_metrics.session import Session
load = Session.load
def warned(*given, **named):
    warnings.warn("of a library")
    return load(*given, **named)
Session.load = warned
"""
    code, out, err = main_with(before, *MARCH, "-q", options=options)
    assert (code, "Win rate" in out, "of a library" in err) == (0, True, is_shown)
    assert is_shown or not err


@posix
@pytest.mark.parametrize("name", [name for name in formats() if not is_binary(name)])
def test_to_a_terminal_no_format_writes_what_moves_its_cursor(folder: Path, name: str):
    """To a file every format writes what there is."""
    import pty

    odd = "A\x1b[31mn\x07n\x9b2J"
    (folder / "deals.csv").write_text(DEALS.replace("Ann", odd), encoding="utf-8")
    asked = (
        ("trend", "win_rate", "deals.csv") if name == "svg" else ("report", "deals.csv", "-p", "2025", "--by", "owner")
    )
    ours, theirs = pty.openpty()
    pieces: list[bytes] = []
    reader = Thread(target=lambda: pieces.extend(iter(lambda: _piece(ours), b"")))
    reader.start()
    done = crm_metrics(*asked, "-f", name, "-o", os.ttyname(theirs))
    os.close(theirs)
    reader.join()
    os.close(ours)
    shown = b"".join(pieces).decode()

    assert done.code == 0
    assert shown
    assert [char for char in shown if unicodedata.category(char) == "Cc" and char not in "\t\r\n"] == []


def _piece(number: int) -> bytes:
    """What can be read; nothing where the other end is closed, as Linux says with an error."""
    try:
        return os.read(number, 65536)
    except OSError:
        return b""
