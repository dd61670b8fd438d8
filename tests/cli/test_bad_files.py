"""Files that are no table: a message that names the file, the right exit code, and never a traceback."""

from __future__ import annotations

import os
import random
import sys
from pathlib import Path

import pytest

from tests.cli.running import crm_metrics

HEADER = b"Deal ID,Stage,Amount,Close Date\n"
JUNK = random.Random(7).randbytes(3000)
LETTER = b"Dear all,\nplease find attached\nthe usual things, with commas.\nBye\n"
BAD = {
    "a header and no rows": ("deals.csv", HEADER, 4),
    "an empty file": ("empty.csv", b"", 4),
    "blank lines only": ("blank.csv", b"\n\n  \n", 4),
    "random bytes named csv": ("junk.csv", JUNK, 3),
    "random bytes named xlsx": ("junk.xlsx", JUNK, 3),
    "null bytes named csv": ("zeros.csv", bytes(2000), 3),
    "a text that is no table": ("letter.txt", LETTER, 4),
    "a text named csv": ("letter.csv", LETTER, 4),
    "a web page named csv": ("page.csv", b"<!DOCTYPE html><html><body>Log in</body></html>", 3),
    "a web page named xls": ("page.xls", b"<html><table><tr><td>1</td></tr></table></html>", 3),
    "a broken workbook": ("broken.xlsx", b"PK\x03\x04" + JUNK, 3),
    "a broken archive": ("broken.zip", b"PK\x03\x04" + JUNK, 3),
    "a broken compressed file": ("broken.csv.gz", b"\x1f\x8b\x08\x00" + JUNK, 3),
    "a picture named csv": ("picture.csv", b"\x89PNG\r\n\x1a\n" + JUNK, 3),
    "a document": ("offer.pdf", b"%PDF-1.7\n" + JUNK, 3),
}
# Bytes of no known kind may be taken for a file that cannot be read or for one without a table.
EITHER = {"null bytes named csv", "a picture named csv", "a document"}


@pytest.mark.parametrize("kind", BAD)
def test_it_is_refused_with_its_exit_code_and_without_a_traceback(folder: Path, kind: str):
    name, content, code = BAD[kind]
    (folder / name).write_bytes(content)
    done = crm_metrics("report", name)
    assert done.refusal == (done.code if kind in EITHER and done.code in (3, 4) else code, "", False)


@pytest.mark.parametrize("kind", BAD)
def test_the_message_names_the_file(folder: Path, kind: str):
    name, content, _ = BAD[kind]
    (folder / name).write_bytes(content)
    assert name in crm_metrics("report", name).err


@pytest.mark.parametrize("kind", BAD)
def test_the_message_is_short_and_harmless(folder: Path, kind: str):
    name, content, _ = BAD[kind]
    (folder / name).write_bytes(content)
    err = crm_metrics("report", name).err
    assert len(err) < 1000
    assert [char for char in err if char != "\n" and not char.isprintable()] == []


@pytest.mark.parametrize(
    "kind", ["an empty file", "blank lines only", "a header and no rows", "a text that is no table"]
)
def test_beside_good_files_it_changes_no_figure(folder: Path, kind: str):
    (folder / "exports").mkdir()
    (folder / "tickets.csv").rename(folder / "exports" / "tickets.csv")
    asked = ("report", "exports", "-p", "2025-03", "-m", "tickets_created", "-f", "csv")
    before = crm_metrics(*asked)
    name, content, _ = BAD[kind]
    (folder / "exports" / name).write_bytes(content)
    assert crm_metrics(*asked).values == before.values == {"tickets_created": "4"}


@pytest.mark.parametrize("inside", [None, "readme.md", "picture.png"])
def test_a_folder_without_tables_is_refused(folder: Path, inside: str | None):
    (folder / "nothing").mkdir()
    if inside:
        (folder / "nothing" / inside).write_bytes(b"# a note")
    done = crm_metrics("report", "nothing")
    assert done.code in (3, 4)
    assert done.refusal[1:] == ("", False)
    assert "nothing" in done.err


def test_a_broken_file_in_a_folder_is_named_by_its_place(folder: Path):
    (folder / "broken.xlsx").write_bytes(b"PK\x03\x04" + JUNK)
    done = crm_metrics("report", ".")
    assert done.refusal == (3, "", False)
    assert "broken.xlsx" in done.err


@pytest.mark.parametrize("name", ["Mär z €.csv", "tab\there.csv", "[brackets].csv", "[bold]x.csv", "a" * 200 + ".csv"])
def test_a_file_may_have_an_odd_name(folder: Path, name: str):
    (folder / "deals.csv").rename(folder / name)
    done = crm_metrics("report", name, "-p", "2025-03", "-m", "win_rate", "-f", "csv")
    assert (done.code, done.values) == (0, {"win_rate": "0.5"})


def test_the_content_of_a_file_cannot_move_the_cursor(folder: Path):
    (folder / "rooms.csv").write_bytes(b"room\x1b[2J,\x07floor\n1,2\n")
    done = crm_metrics("report", ".", "-p", "2025-03", "-m", "win_rate")
    assert done.code == 0
    assert [char for char in done.out + done.err if char in "\x1b\x07"] == []


def test_the_names_of_segments_cannot_move_the_cursor(folder: Path):
    (folder / "deals.csv").write_bytes(HEADER.replace(b"Amount", b"Owner") + b"D1,Closed Won,\x1b[31mAnn,2025-03-04\n")
    done = crm_metrics("report", "deals.csv", "-p", "2025-03", "-m", "deals_won", "--by", "owner")
    assert ("\x1b" in done.out, "Ann" in done.out) == (False, True)


@pytest.mark.skipif(sys.platform == "win32", reason="file names are Unicode there")
def test_a_file_whose_name_is_not_utf8_is_read(folder: Path):
    name = os.fsdecode(b"deals-\xe9.csv")
    (folder / "deals.csv").rename(folder / name)
    done = crm_metrics("report", ".", "-p", "2025-Q1", "-m", "win_rate", "-f", "csv", "-q")
    assert (done.code, done.rows[0]["value"]) == (0, "0.6")


def test_of_a_file_that_is_no_table_the_first_headers_are_named_and_the_rest_counted(folder: Path):
    (folder / "deals.csv").write_bytes(HEADER + b"1,Closed Won,5,2025-01-03\n")
    wide = [f"item {place}" for place in range(3000)]
    (folder / "wide.csv").write_text(",".join(wide) + "\n" + ",".join("1" for _ in wide) + "\n")
    said = crm_metrics("report", str(folder), "-p", "2025-01", "-f", "csv").err

    assert "its columns: item 0, item 1, item 2, item 3, item 4, item 5, item 6, item 7 and 2,992 more" in said
    (folder / "wide.csv").write_text("item 0,item 1\n1,2\n")
    few = crm_metrics("report", str(folder), "-p", "2025-01", "-f", "csv").err.partition("wide.csv: ")[2]
    assert "its columns: item 0, item 1" in few
    assert " more" not in few.partition("\n")[0]
