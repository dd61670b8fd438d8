"""-o: a file appears whole or not at all, in the format of its ending."""

from __future__ import annotations

import os
import stat
import subprocess
from pathlib import Path

import pytest

from tests.cli.running import command, crm_metrics

posix = pytest.mark.skipif(os.name != "posix", reason="links, devices and pipes are those of POSIX")
MARCH = ("report", "deals.csv", "-p", "2025-03", "-m", "win_rate")
AMBIGUOUS = "Deal ID,Stage,Close Date\nD1,Closed Won,03/04/2025\nD2,Closed Lost,05/04/2025\n"


@pytest.mark.parametrize(
    ("ending", "name"),
    [("csv", "csv"), ("tsv", "tsv"), ("json", "json"), ("jsonl", "jsonl"), ("CSV", "csv"), ("txt", "text")],
)
def test_the_ending_picks_the_format(folder: Path, ending: str, name: str):
    done = crm_metrics(*MARCH, "-o", f"kpis.{ending}")
    assert (done.code, done.out) == (0, "")
    written = (folder / f"kpis.{ending}").read_bytes().decode()
    assert written == crm_metrics(*MARCH, "-f", name).out


def test_the_format_option_beats_the_ending(folder: Path):
    crm_metrics(*MARCH, "-f", "csv", "-o", "kpis.txt")
    assert (folder / "kpis.txt").read_text() == crm_metrics(*MARCH, "-f", "csv").out


def test_an_ending_that_says_no_format_is_a_usage_error(folder: Path):
    done = crm_metrics(*MARCH, "-o", "kpis.pdf")
    assert done.refusal == (2, "", False)
    assert "kpis.pdf" in done.err
    assert ".csv" in done.err
    assert not (folder / "kpis.pdf").exists()


def test_an_existing_file_is_replaced(folder: Path):
    (folder / "kpis.csv").write_text("old")
    assert crm_metrics(*MARCH, "-o", "kpis.csv").code == 0
    assert (folder / "kpis.csv").read_text() == crm_metrics(*MARCH, "-f", "csv").out


def test_an_existing_file_stays_when_the_report_fails(folder: Path):
    (folder / "deals.csv").write_text(AMBIGUOUS)
    (folder / "kpis.csv").write_text("old")
    assert crm_metrics(*MARCH, "-o", "kpis.csv").code == 3
    assert (folder / "kpis.csv").read_text() == "old"


def test_an_existing_file_stays_when_writing_fails(folder: Path, monkeypatch: pytest.MonkeyPatch):
    def broken(*_: object, **__: object) -> None:
        raise ValueError("half way")

    monkeypatch.setattr("crm_metrics.cli.output.pieces", broken)
    (folder / "kpis.csv").write_text("old")
    before = sorted(path.name for path in folder.iterdir())
    assert crm_metrics(*MARCH, "-o", "kpis.csv").code == 70
    assert (folder / "kpis.csv").read_text() == "old"
    assert sorted(path.name for path in folder.iterdir()) == before


def test_no_other_file_is_left_beside_it(folder: Path):
    before = {path.name for path in folder.iterdir()}
    crm_metrics(*MARCH, "-o", "kpis.csv")
    assert {path.name for path in folder.iterdir()} - before == {"kpis.csv"}


def test_a_replaced_file_keeps_its_permissions(folder: Path):
    (folder / "kpis.csv").write_text("old")
    (folder / "kpis.csv").chmod(0o640)
    crm_metrics(*MARCH, "-o", "kpis.csv")
    assert stat.S_IMODE((folder / "kpis.csv").stat().st_mode) == 0o640


def test_a_folder_that_does_not_exist_is_a_usage_error(folder: Path):
    done = crm_metrics(*MARCH, "-o", "nowhere/kpis.csv")
    assert done.refusal == (2, "", False)
    assert "nowhere" in done.err


def test_a_folder_in_place_of_a_file_is_a_usage_error(folder: Path):
    (folder / "kpis.csv").mkdir()
    before = sorted(path.name for path in folder.iterdir())
    assert crm_metrics(*MARCH, "-o", "kpis.csv").refusal == (2, "", False)
    assert sorted(path.name for path in folder.iterdir()) == before


def test_a_file_is_never_coloured(folder: Path):
    crm_metrics(*MARCH, "--color", "always", "-o", "kpis.txt")
    assert "\x1b" not in (folder / "kpis.txt").read_text()


def test_a_report_over_its_own_folder_does_not_read_what_it_writes(folder: Path):
    first = crm_metrics("report", ".", "-p", "2025-03", "-m", "win_rate", "-o", "kpis.json")
    again = crm_metrics("report", ".", "-p", "2025-03", "-m", "win_rate", "-f", "csv")
    assert (first.code, again.values) == (0, {"win_rate": "0.5"})


@posix
def test_a_link_stays_and_what_it_leads_to_is_replaced(folder: Path):
    (folder / "deep").mkdir()
    (folder / "deep" / "real.csv").write_text("old")
    (folder / "kpis.csv").symlink_to("deep/real.csv")
    crm_metrics(*MARCH, "-o", "kpis.csv")
    assert (folder / "kpis.csv").is_symlink()
    assert (folder / "deep" / "real.csv").read_text() == crm_metrics(*MARCH, "-f", "csv").out


@posix
def test_a_device_is_written_through_and_stays(folder: Path):
    (folder / "null.csv").symlink_to("/dev/null")
    assert crm_metrics(*MARCH, "-o", "null.csv").code == 0
    assert (folder / "null.csv").is_symlink()
    assert crm_metrics(*MARCH, "-f", "csv", "-o", "/dev/null").code == 0
    assert not Path("/dev/null").is_file()


@posix
def test_a_named_pipe_is_written_through(folder: Path):
    os.mkfifo(folder / "pipe")
    with subprocess.Popen(["cat", "pipe"], stdout=subprocess.PIPE) as reader:
        assert crm_metrics(*MARCH, "-f", "csv", "-o", "pipe").code == 0
        assert reader.stdout is not None
        assert reader.stdout.read().decode() == crm_metrics(*MARCH, "-f", "csv").out
    assert (folder / "pipe").is_fifo()


@posix
def test_a_file_that_is_open_already_is_added_to(folder: Path):
    (folder / "log.csv").write_text("before\n")
    with (folder / "log.csv").open("a") as log:
        done = subprocess.run(command(*MARCH, "-f", "csv", "-o", "/dev/stdout"), stdout=log, check=False)
    assert done.returncode == 0
    assert (folder / "log.csv").read_text() == "before\n" + crm_metrics(*MARCH, "-f", "csv").out


def test_a_name_is_filled_with_the_period_and_the_day(folder: Path):
    assert crm_metrics(*MARCH, "--as-of", "2025-03-31", "-o", "kpis-{period}-{as_of}.csv").code == 0
    written = (folder / "kpis-2025-03-2025-03-31.csv").read_text()
    assert written == crm_metrics(*MARCH, "--as-of", "2025-03-31", "-f", "csv").out


def test_what_a_name_cannot_be_filled_with_is_a_usage_error(folder: Path):
    done = crm_metrics(*MARCH, "-o", "kpis-{perid}.csv")
    assert done.refusal == (2, "", False)
    assert "Did you mean period" in done.err
