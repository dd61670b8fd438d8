"""Where files come from: names, folders, archives, patterns, standard input."""

from __future__ import annotations

import gzip
import zipfile
from pathlib import Path

import pytest

from tests.cli.conftest import DEALS
from tests.cli.running import crm_metrics, process

ASKED = ("-p", "2025-03", "-m", "win_rate,tickets_created", "-f", "csv", "-q")
BOTH = {"win_rate": "0.5", "tickets_created": "4"}


def zipped(path: Path, *names: str) -> str:
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            archive.write(name)
    return path.name


def test_several_files_make_one_report(folder: Path):
    assert crm_metrics("report", "deals.csv", "tickets.csv", *ASKED).values == BOTH


def test_a_folder_is_read_with_the_folders_in_it(folder: Path):
    (folder / "exports" / "desk").mkdir(parents=True)
    (folder / "deals.csv").rename(folder / "exports" / "deals.csv")
    (folder / "tickets.csv").rename(folder / "exports" / "desk" / "tickets.csv")
    assert crm_metrics("report", "exports", *ASKED).values == BOTH


def test_a_zip_archive_is_read(folder: Path):
    name = zipped(folder / "exports.zip", "deals.csv", "tickets.csv")
    assert crm_metrics("report", name, *ASKED).values == BOTH


def test_a_pattern_is_expanded(folder: Path):
    assert crm_metrics("report", "*.csv", *ASKED).values == BOTH


def test_a_compressed_file_is_read(folder: Path):
    (folder / "deals.csv.gz").write_bytes(gzip.compress(DEALS.encode()))
    assert crm_metrics("report", "deals.csv.gz", "tickets.csv", *ASKED).values == BOTH


def test_standard_input_is_read(folder: Path):
    done = process("report", "-", "tickets.csv", *ASKED, stdin=DEALS.encode())
    assert (done.code, done.values) == (0, BOTH)


def test_a_file_that_is_named_twice_counts_once(folder: Path):
    done = crm_metrics("report", "deals.csv", "deals.csv", "./deals.csv", ".", *ASKED)
    assert done.values == BOTH


def test_a_folder_and_its_zip_give_the_same(sample: Path):
    names = [str(path.relative_to(sample)) for path in sorted((sample / "sample_data").iterdir())]
    zipped(sample / "exports.zip", *names)
    folder, archive = (crm_metrics("report", name, "-f", "csv", "-q") for name in ("sample_data", "exports.zip"))
    assert (archive.code, archive.out) == (folder.code, folder.out)
    assert archive.code == 0


def test_other_files_in_a_folder_are_ignored_and_named_with_verbose(folder: Path):
    (folder / "notes.md").write_text("# Notes\n")
    quietly, verbosely = (crm_metrics("report", ".", *ASKED[:-1], *more) for more in ((), ("-v",)))
    assert quietly.values == verbosely.values == BOTH
    assert ("notes.md" in quietly.err, "notes.md" in verbosely.err) == (False, True)


def test_an_unrecognised_table_is_a_warning_with_its_columns(folder: Path):
    (folder / "rooms.csv").write_text("room,floor\n1,2\n")
    done = crm_metrics("report", ".", *ASKED[:-1])
    assert done.values == BOTH
    assert [line for line in done.err.splitlines() if "rooms.csv" in line and "room, floor" in line]


@pytest.mark.parametrize("path", ["no-such-folder", "no-such.csv", "nothing-*.csv"])
def test_a_path_that_does_not_exist_is_a_usage_error(folder: Path, path: str):
    done = crm_metrics("report", path)
    assert done.refusal == (2, "", False)
    assert path in done.err


def test_a_misspelt_path_names_the_nearest(folder: Path):
    assert "deals.csv" in crm_metrics("report", "deal.csv").err.replace("deal.csv:", "")


def test_every_missing_path_is_named(folder: Path):
    done = crm_metrics("report", "deals.csv", "one.csv", "two.csv")
    assert ("one.csv" in done.err, "two.csv" in done.err, done.code) == (True, True, 2)


def test_no_path_is_a_usage_error_with_an_example(folder: Path):
    done = crm_metrics("report")
    assert done.refusal == (2, "", False)
    assert "crm-metrics report" in done.err


def test_a_file_that_may_not_be_read_is_refused(folder: Path):
    (folder / "deals.csv").chmod(0)
    try:
        (folder / "deals.csv").read_bytes()
    except PermissionError:
        done = crm_metrics("report", "deals.csv")
        assert done.refusal == (3, "", False)
        assert "deals.csv" in done.err
    else:
        pytest.skip("this user may read everything")
