"""`crm-metrics scan`: what was recognised, as a page and as JSON."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import pytest

from tests.cli.running import crm_metrics
from tests.cli.test_streams import on_a_terminal, posix
from tests.writers.books import answered, text

AMBIGUOUS = "Deal ID,Stage,Amount,Close Date\nD1,Closed Won,100,03/04/2025\nD2,Closed Lost,50,05/04/2025\n"
TWO_AMOUNTS = "Deal ID,Stage,Deal value,Contract value,Close Date\nD1,Won,10,20,2025-03-04\nD2,Won,30,,2025-03-05\n"


def scanned(*arguments: str) -> Any:
    return crm_metrics("scan", *arguments, "-f", "json").json


def by_path(found: Any, name: str) -> Any:
    return next(file for file in found["files"] if file["path"].endswith(name))


def test_each_file_says_table_rows_and_every_column(folder: Path):
    found = by_path(scanned("deals.csv"), "deals.csv")
    assert (found["table"], found["rows"], found["used"], found["left_out"]) == ("deals", 6, 6, {})
    assert [(column["header"], column["column"]) for column in found["columns"]] == [
        ("Deal ID", "deal_id"),
        ("Owner", "owner"),
        ("Stage", "stage"),
        ("Amount", "amount"),
        ("Created At", "created_at"),
        ("Close Date", "closed_at"),
    ]


def test_a_column_left_alone_is_named(folder: Path):
    (folder / "deals.csv").write_text("Deal ID,Stage,Colour\nD1,Won,red\n")
    column = by_path(scanned("deals.csv"), "deals.csv")["columns"][2]
    assert column == {"header": "Colour", "column": None, "filled": None}
    assert "left alone: Colour" in crm_metrics("scan", "deals.csv").out


def test_dates_have_their_span_as_read_and_the_share_filled(folder: Path):
    column = by_path(scanned("deals.csv"), "deals.csv")["columns"][5]
    assert (column["first"], column["last"], column["calendar_dates"]) == ("2025-02-03", "2025-03-11", True)
    assert column["filled"] == pytest.approx(5 / 6)


def test_stages_have_their_outcome_and_count(folder: Path):
    values = by_path(scanned("deals.csv"), "deals.csv")["values"]
    assert [(value["value"], value["read_as"], value["rows"]) for value in values] == [
        ("Closed Won", "won", 3),
        ("Closed Lost", "lost", 2),
        ("Proposal", "open", 1),
    ]


def test_the_date_order_comes_with_its_proof(folder: Path):
    (folder / "deals.csv").write_text(AMBIGUOUS + "D3,Closed Won,1,25/04/2025\n")
    found = by_path(scanned("deals.csv"), "deals.csv")
    assert (found["date_order"], found["date_order_proof"]) == ("day first", "25/04/2025 in Close Date")


def test_an_order_that_was_set_says_so(folder: Path):
    (folder / "deals.csv").write_text(AMBIGUOUS)
    found = by_path(scanned("deals.csv", "--date-order", "mdy"), "deals.csv")
    assert (found["date_order"], found["date_order_proof"]) == ("month first", "date_order is set")


def test_the_settings_file_is_named(folder: Path):
    (folder / "crm-metrics.toml").write_text("gross_margin = 0.8\n")
    assert scanned("deals.csv")["settings_file"] == "crm-metrics.toml"
    assert "settings crm-metrics.toml" in crm_metrics("scan", "deals.csv").out
    assert scanned("deals.csv", "--no-config")["settings_file"] is None


def test_rows_left_out_have_their_reason(folder: Path):
    with (folder / "deals.csv").open("a") as file:
        file.write("D1,Ann,Closed Won,1000,2025-01-05,2025-02-03\nD9,too,many,cells,2025-01-01,2025-01-02,7,8\n")
    found = by_path(scanned("deals.csv"), "deals.csv")
    assert (found["rows"], found["used"]) == (8, 6)
    assert found["left_out"] == {"repeated-id": 1, "malformed-row": 1}


def test_what_can_be_read_in_two_ways_is_shown_with_both_and_the_rest_is_scanned(folder: Path):
    (folder / "more.csv").write_text(AMBIGUOUS)
    (folder / "two.csv").write_text(TWO_AMOUNTS)
    done = crm_metrics("scan", ".", "-f", "json")
    found = done.json
    assert done.code == 3
    assert sorted(Path(file["path"]).name for file in found["files"]) == ["deals.csv", "tickets.csv"]
    refused = {Path(file["path"]).name: file for file in found["not_read"]}
    effects = [reading["effect"] for reading in refused["more.csv"]["readings"]]
    assert [text for text in ("3 April 2025", "4 March 2025") if not any(text in effect for effect in effects)] == []
    options = [reading["option"] for reading in refused["more.csv"]["readings"]]
    assert options == ["--date-order dmy", "--date-order mdy"]
    assert [reading["setting"] for reading in refused["two.csv"]["readings"]] == [
        'columns."two.csv".amount = "Deal value"',
        'columns."two.csv".amount = "Contract value"',
    ]


def test_a_file_that_cannot_be_read_is_put_aside_and_the_rest_is_scanned(folder: Path):
    (folder / "more").mkdir()
    (folder / "more" / "broken.xlsx").write_bytes(b"PK\x03\x04 cut short")
    (folder / "open.csv").write_text('Deal ID,Stage,Name\nD1,Won,a\nD2,Won,"b\nD3,Won,c\n')
    with zipfile.ZipFile(folder / "both.zip", "w") as archive:
        archive.writestr("leads.csv", "Lead ID,Created At,Source\nL1,2025-01-01,Web\n")
        archive.writestr("page.csv", "<?xml version='1.0'?><rows/>")
    done = crm_metrics("scan", ".", "-f", "json")
    assert done.code == 3
    assert [file["path"] for file in done.json["files"]] == ["./both.zip/leads.csv", "./deals.csv", "./tickets.csv"]
    refused = {file["path"]: (file["what"], file["where"]) for file in done.json["not_read"]}
    assert refused.keys() == {"./more/broken.xlsx", "./both.zip/page.csv", "./open.csv"}
    assert "row 3" in refused["./open.csv"][1]
    assert "cannot be unpacked" in refused["./more/broken.xlsx"][0]
    page = crm_metrics("scan", ".").out
    assert ("3 files not read" in page, "./more/broken.xlsx  not read" in page) == (True, True)


def test_an_archive_without_a_table_does_not_stop_the_scan_of_other_files(folder: Path):
    with zipfile.ZipFile(folder / "notes.zip", "w") as archive:
        archive.writestr("notes.md", "# Notes")
    done = crm_metrics("scan", "notes.zip", "deals.csv", "-f", "json")
    assert (done.code, [file["path"] for file in done.json["files"]]) == (3, ["deals.csv"])
    assert [(file["path"], file["what"]) for file in done.json["not_read"]] == [("notes.zip", "holds no table")]


def test_a_file_that_cannot_be_read_stops_a_report(folder: Path):
    (folder / "broken.xlsx").write_bytes(b"PK\x03\x04 cut short")
    assert crm_metrics("report", ".").refusal == (3, "", False)


def test_a_file_that_is_not_recognised_says_what_it_lacks(folder: Path):
    (folder / "odd.csv").write_text("Owner,Stge,Amount\nAnn,Won,3\n")
    found = scanned(".")["unrecognised"]
    assert [(file["nearest_table"], file["fitting"]) for file in found] == [("deals", ["Owner", "Amount"])]
    assert found[0]["lacking"][0]["similar"] == "Stge"


def test_nothing_recognised_is_exit_code_4(folder: Path):
    (folder / "odd.csv").write_text("x,y\n1,2\n")
    done = crm_metrics("scan", "odd.csv")
    assert (done.code, "not recognised" in done.out) == (4, True)


def test_joins_say_how_many_were_found(folder: Path):
    (folder / "owners.csv").write_text("Owner,Team\nAnn,Blue\nben,Red\n")
    joins = [join for join in scanned("deals.csv", "owners.csv")["joins"] if join["other"] == "owners"]
    assert [(join["rows"], join["matched"], join["examples"]) for join in joins] == [(6, 4, ["Cleo"])]


def test_the_share_of_customers_met_in_several_files(folder: Path):
    (folder / "deals.csv").write_text("Deal ID,Company,Stage,Amount\nD1,Acme,Won,1\nD2,Birch,Won,2\n")
    (folder / "tickets.csv").write_text("Ticket ID,Company,Created At\n1,ACME ,2025-01-01\n2,Cedar,2025-01-02\n")
    shared = {Path(file["path"]).name: file["share"] for file in scanned(".")["customers"]}
    assert shared == {"deals.csv": 0.5, "tickets.csv": 0.5}


def test_every_file_of_the_sample_is_recognised(sample: Path):
    done = crm_metrics("scan", "sample_data", "-f", "json")
    found = done.json
    assert (done.code, found["unrecognised"], found["not_read"]) == (0, [], [])
    assert [
        file["path"] for file in found["files"] if file["rows"] != file["used"] + sum(file["left_out"].values())
    ] == []


def test_the_page_off_a_terminal_has_no_colour_and_no_wrapping(sample: Path):
    out = crm_metrics("scan", "sample_data").out
    (line,) = [line for line in out.splitlines() if "2,046 of 2,724 rows" in line]
    assert ("\x1b" in out, line.endswith("(row 4, 5, 6, …)")) == (False, True)


def test_the_page_never_says_all_of_a_column_with_a_gap(folder: Path):
    rows = "".join(f"D{k},Won,{k}\n" for k in range(1, 400))
    (folder / "deals.csv").write_text("Deal ID,Stage,Amount\n" + rows + "D400,Won,\n")
    line = next(line for line in crm_metrics("scan", "deals.csv").out.splitlines() if "amount" in line)
    assert "99 %" in line


@posix
def test_no_line_is_wider_than_the_terminal(sample: Path):
    page = answered("scan", "sample_data")
    shown = {width: text(page, "text", width=width) for width in (80, 120)}
    shown[60] = on_a_terminal("scan", "sample_data", "-q", "--color", "never", COLUMNS="60").replace("\r", "")
    wide = [line for width, lines in shown.items() for line in lines.splitlines() if len(line) > width]
    assert [line for line in wide if "Reading …" not in line] == []
    assert all(max(map(len, lines.splitlines())) > width - 20 for width, lines in shown.items())


def test_a_path_with_a_control_character_is_spelled_out(folder: Path):
    (folder / "deals.csv").write_text("Deal ID,Stage,A\x1b[31mB\nD1,Won,3\n")
    assert "\x1b" not in crm_metrics("scan", "deals.csv").out


@pytest.mark.parametrize(
    ("arguments", "word"),
    [(("nothere.csv",), "nothere.csv"), ((), "scan exports/"), (("deals.csv", "-f", "jsn"), "json")],
)
def test_mistakes_are_usage_errors(folder: Path, arguments: tuple[str, ...], word: str):
    done = crm_metrics("scan", *arguments)
    assert (done.code, word in done.err) == (2, True)
