"""`[[files]]` of the settings: the sheet, the row of the header, and what values mean."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import openpyxl
import pytest

from tests.cli.running import crm_metrics

DEALS = [
    ["Deal ID", "Stage", "Amount", "Close Date"],
    ["D1", "Signed", "100", "2025-03-04"],
    ["D2", "Gone cold", "50", "2025-03-05"],
    ["D3", "Talking", "70", "2025-03-06"],
]
# What stands above has as many cells as the table, so that nothing but the user can tell where it begins.
ABOVE = [["Region", "Manager", "Unit", "Quarter"], ["North", "Ann", "EUR", "Q1"], []]
MEANT = '[files.values]\noutcome = { "Signed" = "won", "gone COLD" = "lost" }\n'
ASKED = ("report", ".", "-p", "2025-03", "-m", "deals_won,win_rate,revenue_won", "-f", "csv")
FIGURES = {"deals_won": "1", "win_rate": "0.5", "revenue_won": "100.0"}


@pytest.fixture
def exports(folder: Path) -> Path:
    """The working folder without files."""
    for name in ("deals.csv", "tickets.csv"):
        (folder / name).unlink()
    return folder


def csv_of(rows: list[list[str]], sign: str = ",") -> str:
    return "".join(sign.join(row) + "\n" for row in rows)


def workbook(path: Path, **sheets: list[list[str]]) -> None:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(path)


def ruled(folder: Path, text: str) -> None:
    (folder / "crm-metrics.toml").write_text(f"[[files]]\n{text}")


def scanned() -> Any:
    return crm_metrics("scan", ".", "-f", "json").json


@pytest.mark.parametrize("sign", [",", ";", "\t"])
def test_the_header_of_a_text_file_stands_where_the_settings_say(exports: Path, sign: str):
    (exports / "deals.csv").write_text(csv_of([*ABOVE, *DEALS], sign))
    assert crm_metrics(*ASKED).code != 0
    ruled(exports, f'path = "deals.csv"\nheader = 4\n{MEANT}')
    assert crm_metrics(*ASKED).values == FIGURES
    (file,) = scanned()["files"]
    assert (file["rows"], file["used"]) == (3, 3)
    assert file["settings"] == ["header = 4", "outcome: Signed = won", "outcome: gone COLD = lost"]


def test_rows_are_numbered_as_in_the_file_below_a_header_that_is_set(exports: Path):
    (exports / "deals.csv").write_text(csv_of([*ABOVE, *DEALS, ["D4", "Signed", "5", "no day"]]))
    ruled(exports, f'path = "deals.csv"\nheader = 4\n{MEANT}')
    issues = {issue["code"]: issue["rows"] for file in scanned()["files"] for issue in file["issues"]}
    assert (issues["unreadable-date"], issues["values-set"]) == ([8], [5, 6, 8])


def test_the_sheet_and_the_header_of_a_workbook_are_those_of_the_settings(exports: Path):
    workbook(exports / "book.xlsx", Old=DEALS, Deals=[*ABOVE, *DEALS], Notes=[["a", "b"], ["c", "d"]])
    ruled(exports, f'path = "book.xlsx"\nsheet = "deals"\nheader = 4\n{MEANT}')
    assert crm_metrics(*ASKED).values == FIGURES
    found = scanned()
    assert [file["path"] for file in found["files"]] == ["./book.xlsx#Deals"]
    assert found["ignored"] == [
        "./book.xlsx#Old (not the sheet that is set)",
        "./book.xlsx#Notes (not the sheet that is set)",
        "./crm-metrics.toml",
    ]
    assert found["files"][0]["settings"][:2] == ["sheet = deals", "header = 4"]


def test_two_blocks_are_about_two_sheets(exports: Path):
    tickets = [["x", "y", "z"], ["Ticket ID", "Created At", "Team"], ["1", "2025-03-01", "Blue"]]
    workbook(exports / "book.xlsx", Deals=DEALS, Help=tickets, Old=DEALS)
    two = '[[files]]\npath = "book.xlsx"\nsheet = "Help"\nheader = 2\ntable = "tickets"\n'
    ruled(exports, f'path = "book.xlsx"\nsheet = "Deals"\n{MEANT}{two}')
    assert {file["path"]: (file["table"], file["rows"]) for file in scanned()["files"]} == {
        "./book.xlsx#Deals": ("deals", 3),
        "./book.xlsx#Help": ("tickets", 1),
    }


def test_a_sheet_without_cells_leaves_its_rules_to_itself(exports: Path):
    workbook(exports / "book.xlsx", Help=[], Deals=DEALS)
    other = '[[files]]\npath = "book.xlsx"\nsheet = "Deals"\n'
    ruled(exports, f'path = "book.xlsx"\nsheet = "Help"\nheader = 2\ntable = "tickets"\n{other}{MEANT}')
    assert crm_metrics(*ASKED).values == FIGURES


def test_the_only_sheet_may_be_named(exports: Path):
    workbook(exports / "book.xlsx", Deals=DEALS)
    ruled(exports, f'path = "book.xlsx"\nsheet = "Deals"\n{MEANT}')
    assert crm_metrics(*ASKED).values == FIGURES


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ('path = "book.xlsx"\nsheet = "Dels"', "no such sheet\nDid you mean Deals?"),
        ('path = "book.xlsx"\nsheet = "Deals"\nheader = 9', "book.xlsx: header = 9, but nothing stands in row 9"),
        ('path = "deals.csv"\nheader = 3', "deals.csv: header = 3, but nothing stands in row 3"),
        ('path = "deals.csv"\nsheet = "Deals"', "deals.csv: sheet = 'Deals', but it is no workbook"),
        ('path = "deals.csv"\nheader = 90', "nothing stands in row 90"),
    ],
)
def test_a_sheet_or_header_that_is_not_there_is_said(exports: Path, rule: str, said: str):
    workbook(exports / "book.xlsx", Deals=DEALS)
    (exports / "deals.csv").write_text(csv_of([*ABOVE, *DEALS]))
    ruled(exports, rule + "\n")
    done = crm_metrics(*ASKED)
    assert (done.refusal, said in done.err) == ((2, "", False), True)


TICKETS = "Conversation Number,Mailbox,Created At,First Response Time\n1,Support,2025-03-01 10:00,30\n"


def test_a_vendor_that_is_set_decides_how_a_file_is_read(exports: Path):
    (exports / "tickets.csv").write_text(TICKETS)
    assert [file["vendor"] for file in scanned()["files"]] == ["helpscout"]
    ruled(exports, 'path = "tickets.csv"\nvendor = "generic"\n')
    assert "seconds, minutes or hours" in scanned()["not_read"][0]["what"]


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ('vendor = "helpscot"', "there is no such vendor. Did you mean helpscout?"),
        ('vendor = "zendesk"', "tickets.csv: is no export as zendesk makes them"),
        ('vendor = "helpscout"\ntable = "deals"', "tickets.csv: is no export of deals as helpscout makes them"),
    ],
)
def test_a_vendor_that_does_not_fit_is_said(exports: Path, rule: str, said: str):
    (exports / "tickets.csv").write_text(TICKETS)
    ruled(exports, f'path = "tickets.csv"\n{rule}\n')
    done = crm_metrics("report", ".", "-p", "2025-03")
    assert (done.refusal, said in done.err) == ((2, "", False), True)


def test_values_of_a_column_of_outcomes_mean_what_the_settings_say(exports: Path):
    rows = [["Deal ID", "Result", "Amount", "Close Date"], *DEALS[1:]]
    (exports / "deals.csv").write_text(csv_of(rows))
    ruled(exports, f'path = "deals.csv"\ncolumns = {{ outcome = "Result" }}\n{MEANT}')
    assert crm_metrics(*ASKED).values == FIGURES


def test_words_for_the_outcome_decide_before_the_stage_and_leave_the_others_to_it(exports: Path):
    rows = [DEALS[0], ["D8", "Closed Won", "1", "2025-03-04"], ["D9", "Closed Lost", "2", "2025-03-04"], DEALS[1]]
    (exports / "deals.csv").write_text(csv_of(rows))
    ruled(exports, 'path = "deals.csv"\n[files.values]\noutcome = { "Closed Won" = "lost", "Signed" = "won" }\n')
    (file,) = scanned()["files"]
    assert {value["value"]: value["read_as"] for value in file["values"]} == {
        "Closed Won": "lost",
        "Closed Lost": "lost",
        "Signed": "won",
    }


def test_values_of_words_and_flags_are_replaced_and_counted(exports: Path):
    rows = ["L1,2025-03-01,g-ads,N/A", "L2,2025-03-02,Google Ads,done", "L3,2025-03-03,,"]
    (exports / "leads.csv").write_text("\n".join(["Lead ID,Created At,Source,Is Converted", *rows]))
    values = 'source = { "G-Ads" = "Google Ads", "fb" = "Facebook" }\nis_converted = { "N/A" = false, "Done" = "true" }'
    ruled(exports, f'path = "leads.csv"\n[files.values]\n{values}\n')
    done = crm_metrics("report", ".", "-p", "2025-03", "-m", "leads_created", "--by", "source", "-f", "csv")
    assert {row["source"]: row["value"] for row in done.rows} == {"Google Ads": "2", "(none)": "1"}
    (file,) = scanned()["files"]
    said = [(issue["code"], issue["count"], issue["rows"]) for issue in file["issues"] if "values" in issue["code"]]
    assert sorted(said) == [("values-set", 1, [2]), ("values-set", 2, [2, 3]), ("values-unused", 0, [])]
    filled = {column["column"]: column["filled"] for column in file["columns"]}
    assert filled["is_converted"] == pytest.approx(2 / 3)


def test_the_page_says_which_rules_were_used(exports: Path):
    (exports / "deals.csv").write_text(csv_of(DEALS))
    ruled(exports, f'path = "deals.csv"\nheader = 1\n{MEANT}')
    line = "  by the settings: header = 1; outcome: Signed = won; outcome: gone COLD = lost"
    assert line in crm_metrics("scan", "deals.csv").out.splitlines()


def test_init_offers_a_block_for_a_file_that_is_not_recognised(exports: Path):
    (exports / "deals.csv").write_text(csv_of(DEALS).replace("Signed", "Won").replace("Gone cold", "Lost"))
    (exports / "odd-2025-03-01.csv").write_text("Owner,Stge,Amount\nAnn,Won,3\n")
    assert crm_metrics("init", "deals.csv", "odd-2025-03-01.csv").code == 0
    text = (exports / "crm-metrics.toml").read_text()
    block = '#   [[files]]\n#   path = "odd-*.csv"\n#   table = "deals"\n#   header = 1\n'
    assert "# To be settled: odd-2025-03-01.csv is not recognised." in text
    assert block in text
    assert crm_metrics("scan", "deals.csv").code == 0
