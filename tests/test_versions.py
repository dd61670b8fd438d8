"""Records that several exports hold count once, as the newest knows them."""

from __future__ import annotations

import csv
from datetime import date
from itertools import permutations
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from crm_metrics import api
from crm_metrics.loaders.versions import day_in_name
from tests.conftest import TODAY
from tests.test_usual_headers import SOLVED, TABLES, WON

Rows = dict[str, str]  # files by name: their text

HUBSPOT = "Record ID,Deal Name,Deal Stage,Amount,Create Date,Close Date,Last Modified Date"
PIPEDRIVE = "Deal - ID,Deal - Title,Deal - Status,Deal - Value,Deal - Deal created,Deal - Won time"
TICKETS = "Ticket ID,Status,Created at,Solved at"
SUBSCRIPTIONS = "Subscription ID,Customer ID,Start date,End date,MRR"
SHOPIFY = "Name,Email,Financial Status,Paid at,Currency,Total,Created at,Lineitem name,Lineitem price"
HISTORY = "Deal ID,From Stage,To Stage,Entered at,Left at"
RESPONSES = "Response ID,Score,Responded at"
EXPECTED = "Deal ID,Stage,Amount,Close date"
DEALS = "Deal ID,Stage,Amount,Created,Close date"


def loaded(folder: Path, files: Rows, order: tuple[str, ...] | None = None) -> Any:
    for name, text in files.items():
        path = folder / name
        if path.suffix == ".xlsx":
            book = openpyxl.Workbook()
            for line in csv.reader(text.splitlines()):
                book.active.append([int(cell) if cell.isdigit() else cell or None for cell in line])
            book.save(path)
        else:
            path.write_text(text + "\n", encoding="utf-8")
    return api.load([str(folder / name) for name in order or files], api.query(), today=TODAY)


def left_out(dataset: Any) -> dict[str, dict[str, int]]:
    return {source.path.rpartition("/")[2]: dict(source.left_out) for source in dataset.sources if source.left_out}


def said(dataset: Any, code: str) -> list[str]:
    return [f"{issue.path.rpartition('/')[2]}: {issue.sentence}" for issue in dataset.issues if issue.code == code]


# (the table, files of which the first is the older, a column, what it holds in the newest versions)
VERSIONS: dict[str, tuple[str, Rows, str, list[Any]]] = {
    "the day in the name": (
        "deals",
        {
            "deals-2025-05-31.csv": f"{DEALS}\n1,Closed Won,5,2025-01-02,2025-02-01\n2,Open,7,2025-01-03,",
            "deals-2025-06-30.csv": f"{DEALS}\n1,Open,6,2025-01-02,\n2,Closed Won,8,2025-01-03,2025-06-02",
        },
        "amount",
        [6, 8],
    ),
    "the newest day in the file, in CSV and Excel": (
        "deals",
        {
            "b.csv": f"{PIPEDRIVE}\n1,A,Open,5,2025-01-02,\n2,B,Open,7,2025-01-03,",
            "a.xlsx": f"{PIPEDRIVE}\n1,A,Won,6,2025-01-02,2025-06-02\n2,B,Open,8,2025-01-03,\n3,C,Open,1,2025-06-03,",
        },
        "amount",
        [6, 8, 1],
    ),
    "what has ended, not when an open deal is expected to close": (
        "deals",
        {
            "b.csv": f"{EXPECTED}\n1,Negotiation,5,2025-03-20\n2,Closed Lost,7,2025-03-14",
            "a.csv": f"{EXPECTED}\n1,Closed Won,6,2025-03-13\n2,Closed Lost,8,2025-03-14",
        },
        "amount",
        [6, 8],
    ),
    "when each was updated, whatever the file": (
        "deals",
        {
            "x-2025-06-30.csv": f"{HUBSPOT}\n1,A,Closed Won,5,2025-01-02,2025-02-01,2025-02-01 10:00",
            "x-2025-05-31.csv": f"{HUBSPOT}\n1,A,Closed Won,6,2025-01-02,2025-02-01,2025-05-01 10:00",
        },
        "amount",
        [6],
    ),
    "tickets of which all have changed": (
        "tickets",
        {
            "t 2025.05.csv": TICKETS + "".join(f"\n{n},open,2025-01-{n:02}," for n in range(1, 9)),
            "t 2025.06.csv": TICKETS + "".join(f"\n{n},solved,2025-01-{n:02},2025-06-01" for n in range(1, 9)),
        },
        "status",
        ["solved"] * 8,
    ),
    "an order with its lines": (
        "orders",
        {
            "o-20250131.csv": f"{SHOPIFY}\n#1,a@x.com,paid,2025-01-02,USD,30,2025-01-02,Pen,10\n#1,,,,,,,Ink,20",
            "o-20250228.csv": f"{SHOPIFY}\n#1,a@x.com,refunded,2025-01-02,USD,30,2025-01-02,Pen,10\n#1,,,,,,,Ink,21",
        },
        "status",
        ["refunded", "refunded"],
    ),
    "subscriptions": (
        "subscriptions",
        {
            "s (2025-01-31).csv": f"{SUBSCRIPTIONS}\nS1,C1,2024-01-01,,10\nS2,C2,2024-02-01,,20",
            "s (2025-02-28).csv": f"{SUBSCRIPTIONS}\nS1,C1,2024-01-01,2025-02-01,10\nS2,C2,2024-02-01,,25",
        },
        "mrr",
        [10, 25],
    ),
    "visits of stages": (
        "deal_stages",
        {
            "h-2025-05.csv": f"{HISTORY}\n1,,Lead,2025-01-02,2025-02-01\n1,Lead,Offer,2025-02-01,",
            "h-2025-06.csv": f"{HISTORY}\n1,Lead,Offer,2025-02-01,2025-06-03\n1,Offer,Closed Won,2025-06-03,",
        },
        "stage",
        ["Closed Won", "Lead", "Offer"],
    ),
    "answers": (
        "responses",
        {"r-01.02.2025.csv": f"{RESPONSES}\n1,9,2025-01-02", "r-01.03.2025.csv": f"{RESPONSES}\n1,3,2025-01-02"},
        "score",
        [3],
    ),
    "an id under another header, in a workbook": (
        "orders",
        {
            "o-2025-01.xlsx": "Order No,Client,Date of order,Value\n1,A,2025-01-02,5\n2,B,2025-01-03,7",
            "o-2025-02.csv": "Order ID,Customer,Order date,Amount\n1,A,2025-01-02,5\n2,B,2025-01-03,7\n3,B,2025-02-03,9",
        },
        "amount",
        [5, 7, 9],
    ),
    "ids with a prefix": (
        "orders",
        {
            "o-2025-01.csv": "Order ID,Customer,Order date,Amount\n0101,A,2025-01-02,5\n0102,B,2025-01-03,7",
            "o-2025-02.csv": "Order ID,Customer,Order date,Amount\nSO-101,A,2025-01-02,5\nSO-102,B,2025-01-03,7",
        },
        "amount",
        [5, 7],
    ),
    "tickets of a tool that writes its own columns later": (
        "tickets",
        {
            "a.csv": "Ticket,Subject,Created at,Status\nT-1,Printer,2025-01-02,open\nT-2,Login,2025-01-03,open",
            "b.csv": "Ticket ID,Subject,Created,Status\n1,Printer,2025-01-02,solved\n2,Login,2025-01-03,solved\n"
            "3,Mail,2025-02-03,solved",
        },
        "status",
        ["solved"] * 3,
    ),
    "numbers of another tool, after a move": (
        "orders",
        {
            "old.csv": "Order ID,Customer,Order date,Amount\n1,A,2025-01-02,5\n2,B,2025-01-03,7\n3,B,2025-01-04,7",
            "new.csv": "Order ID,Customer,Order date,Amount\n9001,A,2025-01-02,5\n9002,B,2025-01-03,7\n9003,B,2025-01-04,7\n"
            "9004,B,2025-02-03,9",
        },
        "amount",
        [5, 7, 7, 9],
    ),
    "deals of another tool, which have been won since": (
        "deals",
        {
            "old.csv": "Deal ID,Deal name,Stage,Amount,Created,Close date\n1,Lamps,Open,5,2025-01-02,\n2,Tea,Open,7,"
            "2025-01-03,\n3,Cups,Open,7,2025-01-04,",
            "new.csv": "Deal ID,Deal name,Stage,Amount,Created,Close date\nX1,Lamps,Closed Won,6,2025-01-02,2025-02-01\n"
            "X2,Tea,Closed Won,7,2025-01-03,2025-02-01\nX3,Cups,Closed Won,7,2025-01-04,2025-02-01",
        },
        "amount",
        [6, 7, 7],
    ),
    "columns that only one export has": (
        "deals",
        {
            "d-2025-05.csv": f"{DEALS},Owner\n1,Open,5,2025-01-02,,Ann",
            "d-2025-06.csv": f"{DEALS},Source\n1,Open,6,2025-01-02,,Web",
        },
        "amount",
        [6],
    ),
}


@pytest.mark.parametrize("languages", list(permutations(WON, 2)), ids="-".join)
@pytest.mark.parametrize("table", ["orders", "deals", "leads", "tickets"])
def test_an_export_in_another_language_is_a_version_of_the_same_records(
    tmp_path: Path, table: str, languages: tuple[str, str]
) -> None:
    files = {}
    for name, language, count in zip(("a.csv", "b.csv"), languages, (3, 5), strict=True):
        words = {"won": WON[language][0], "solved": SOLVED[language][0]}
        rows = [TABLES[table]["cells"].format(i=10 + at, **words) for at in range(count)]
        files[name] = "\n".join([TABLES[table][language], *rows])
    found = loaded(tmp_path, files)

    assert len(found.tables[table].frame) == 5
    assert left_out(found) == {"a.csv": {"older-version": 3}}


@pytest.mark.parametrize("case", VERSIONS)
def test_of_a_record_in_two_exports_the_newest_version_counts(tmp_path: Path, case: str) -> None:
    table, files, column, expected = VERSIONS[case]
    for order in permutations(files):
        found = loaded(tmp_path, files, order)

        assert sorted(found.tables[table].frame[column].tolist(), key=str) == sorted(expected, key=str)
        assert {reason for counts in left_out(found).values() for reason in counts} == {"older-version"}


@pytest.mark.parametrize("names", list(permutations(("export_old.csv", "export_new.csv", "shop.csv"), 2)))
def test_the_newer_of_two_files_is_the_one_with_the_newest_record_whatever_their_names(
    tmp_path: Path, names: tuple[str, str]
) -> None:
    header = "Order ID,Customer ID,Order date,Amount,Status"
    common = "1,A,2025-04-02,10,{}\n2,B,2025-04-03,20,completed"
    older, newer = names
    files = {
        older: f"{header}\n{common.format('completed')}",
        newer: f"{header}\n{common.format('cancelled')}\n3,C,2025-05-02,30,completed",
    }

    dataset = loaded(tmp_path, files)

    assert left_out(dataset) == {older: {"older-version": 2}, newer: {"cancelled-order": 1}}


def test_what_is_older_and_where_the_newer_is_are_said(tmp_path: Path) -> None:
    files = {
        "deals-2025-05-31.csv": f"{DEALS}\n1,Open,5,2025-01-02,\n2,Open,7,2025-01-03,\n3,Open,9,2025-01-03,",
        "deals-2025-06-30.csv": f"{DEALS}\n1,Open,6,2025-01-02,\n2,Open,7,2025-01-03,",
    }
    found = loaded(tmp_path, files)
    newer = tmp_path / "deals-2025-06-30.csv"

    assert said(found, "older-version") == [
        f"deals-2025-05-31.csv: 2 rows are older versions of rows in {newer}; left out (row 2, 3)"
    ]
    assert said(found, "only-older") == [
        f"deals-2025-05-31.csv: 1 row is in no newer export, such as {newer}; they count (row 4)"
    ]
    assert sorted(found.tables["deals"].frame["amount"]) == [6, 7, 9]


# Files of which every row counts.
APART: dict[str, Rows] = {
    "two months": {
        "a.csv": f"{DEALS}\n1,Open,5,2025-01-02,\n2,Open,7,2025-01-03,",
        "b.csv": f"{DEALS}\n3,Open,5,2025-02-02,\n4,Open,7,2025-02-03,",
    },
    "two shops that both begin with order 1": {
        "berlin.csv": "Order ID,Customer,Order date,Amount\n1,Ann,2025-01-02,5\n2,Bob,2025-01-03,5",
        "vienna.csv": "Order ID,Customer,Order date,Amount\n1,Zoe,2025-01-09,7\n2,Yan,2025-01-19,7",
    },
    "two years, each numbered from 1, in two sheets' worth of files": {
        "2024.csv": f"{TICKETS}\n1,solved,2024-01-02,2024-01-03\n2,solved,2024-01-05,2024-01-06",
        "2025.xlsx": f"{TICKETS}\n1,solved,2025-01-02,2025-01-03\n2,solved,2025-01-05,2025-01-06",
    },
    "two lists whose deals have other names and no date of creation": {
        "north.csv": "Deal ID,Deal name,Stage,Amount\n1,Shelves,Open,5\n2,Lamps,Open,6",
        "south.csv": "Deal ID,Deal name,Stage,Amount\n1,Chairs,Open,7\n2,Tables,Open,8",
    },
    "orders of one number and day of two shops, one of which writes a prefix": {
        "berlin.csv": "Order ID,Customer,Order date,Amount\nB-1,Ann,2025-01-02,5\nB-2,Bob,2025-01-03,5",
        "vienna.csv": "Order ID,Customer,Order date,Amount\n1,Zoe,2025-01-02,7\n2,Yan,2025-01-03,5",
    },
    "orders of two prefixes": {
        "berlin.csv": "Order ID,Customer,Order date,Amount\nB-1,Ann,2025-01-02,5\nB-2,Bob,2025-01-03,5",
        "vienna.csv": "Order ID,Customer,Order date,Amount\nV-1,Ann,2025-01-02,5\nV-2,Bob,2025-01-03,5",
    },
    "orders of two shops on the same days": {
        "berlin.csv": "Order ID,Customer,Order date,Amount\n1,Ann,2025-01-02,5\n2,Bob,2025-01-03,5\n3,Cid,2025-01-04,5",
        "vienna.csv": "Order ID,Customer,Order date,Amount\n7,Ann,2025-01-02,5\n8,Bob,2025-01-03,6\n9,Eve,2025-01-04,5",
    },
    "purchases that are alike, of one price": {
        "a.csv": "Order ID,Customer,Order date,Amount\n1,Ann,2025-01-02,5\n2,Ann,2025-01-02,5\n3,Ann,2025-01-02,5",
        "b.csv": "Order ID,Customer,Order date,Amount\n7,Ann,2025-01-02,5\n8,Ann,2025-01-02,5\n9,Ann,2025-01-02,5",
    },
    "ids under two headers": {
        "a.csv": "Deal ID,Deal name,Stage,Amount\n1,Shelves,Open,5",
        "b.csv": "Opportunity ID,Deal name,Stage,Amount\n1,Shelves,Open,5",
    },
}


@pytest.mark.parametrize("case", APART)
def test_records_that_only_share_a_number_all_count(tmp_path: Path, case: str) -> None:
    found = loaded(tmp_path, APART[case])

    assert left_out(found) == {}
    assert bool(said(found, "two-numberings")) is ("begin" in case or "each" in case or "names" in case)


def test_orders_of_two_shops_with_one_number_are_two_orders(tmp_path: Path) -> None:
    found = loaded(tmp_path, APART["two shops that both begin with order 1"])

    assert sorted(found.tables["purchases"].frame["amount"]) == [5, 5, 7, 7]


def test_one_corrected_date_makes_no_second_numbering(tmp_path: Path) -> None:
    rows = [f"\n{n},Open,5,2025-01-{n:02}," for n in range(1, 20)]
    files = {
        "d-2025-05.csv": DEALS + "".join(rows),
        "d-2025-06.csv": DEALS + "".join([*rows[:-1], "\n19,Open,5,2025-02-28,"]),
    }
    found = loaded(tmp_path, files)

    assert left_out(found) == {"d-2025-05.csv": {"older-version": 19}}


def test_ids_that_repeat_in_one_file_are_no_ids_there_alone(tmp_path: Path) -> None:
    header = "Deal ID,Stage,Amount,Close date"
    odd = header + "".join(f"\n{n % 10},Closed Won,{n},2025-02-01" for n in range(30))
    found = loaded(tmp_path, {"odd.csv": odd, "even.csv": f"{header}\n1,Closed Won,500,2025-03-01"})

    assert left_out(found) == {}
    assert len(found.tables["deals"].frame) == 31


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("exports/deals-2025-05-31.csv", date(2025, 5, 31)),
        ("deals_20250531_1200.csv", date(2025, 5, 31)),
        ("Deals 31.05.2025.xlsx#Sheet1", date(2025, 5, 31)),
        ("book.xlsx#2025-06", date(2025, 6, 1)),
        ("2025-01-01 to 2025-03-31.csv", date(2025, 3, 31)),
        ("2025-05-31/deals.csv", None),
        ("deals-1234567890.csv", None),
        ("deals-2025-13-40.csv", None),
    ],
)
def test_the_day_in_a_name_is_read(path: str, expected: date | None) -> None:
    assert day_in_name(path, or_month=True) == expected
    assert day_in_name(path) == (None if path == "book.xlsx#2025-06" else expected)


# ---- without ids ----

UNNUMBERED: dict[str, tuple[str, str, list[str], list[str]]] = {
    "deals": (
        "Deal name,Stage,Amount,Create Date,Close Date",
        "outcome",
        ["a,Offer,1,2025-01-05,", "b,Closed Lost,2,2025-01-06,2025-01-25", "c,Offer,3,2025-01-07,"],
        ["a,Closed Won,1,2025-01-05,2025-02-01", "b,Closed Lost,2,2025-01-06,2025-01-25", "d,Offer,9,2025-02-07,"],
    ),
    "tickets": (
        "Subject,Requester,Created at,Solved at,Status",
        "status",
        ["a,A,2025-01-05 10:00,,Open", "b,B,2025-01-06 10:00,2025-01-07 10:00,Solved", "c,C,2025-01-08 10:00,,Open"],
        ["a,A,2025-01-05 10:00,2025-02-01,Solved", "b,B,2025-01-06 10:00,2025-01-07 10:00,Solved", "d,D,2025-02-08,,Open"],
    ),
    "subscriptions": (
        "Customer,Plan,MRR,Start date,End date",
        "ended_at",
        ["A,S,10,2025-01-05,", "B,S,20,2025-01-05,", "C,S,20,2025-01-05,"],
        ["A,S,10,2025-01-05,2025-02-15", "B,S,20,2025-01-05,", "D,S,40,2025-02-05,"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("table", UNNUMBERED)
def test_records_without_ids_of_one_list_count_once_as_the_newest_file_knows_them(table: str, tmp_path: Path) -> None:
    header, column, before, after = UNNUMBERED[table]
    files = {"t_2025-01-31.csv": "\n".join([header, *before]), "t_2025-02-28.csv": "\n".join([header, *after])}
    for order in permutations(files):
        dataset = loaded(tmp_path, files, order)
        assert len(dataset.tables[table].frame) == 4
        assert left_out(dataset) == {"t_2025-01-31.csv": {"older-version": 2}}
        assert len(said(dataset, "only-older")) == 1
        assert not said(dataset, "overlap")
        assert column in dataset.tables[table].frame


@pytest.mark.parametrize("table", UNNUMBERED)
def test_records_without_ids_of_two_lists_all_count_though_one_stands_in_both(table: str, tmp_path: Path) -> None:
    header, _, before, after = UNNUMBERED[table]
    others = [line.replace(line[0], line[0].upper() + "x", 1) for line in after[1:]]
    files = {"north.csv": "\n".join([header, *before]), "south.csv": "\n".join([header, after[0], *others])}
    dataset = loaded(tmp_path, files)

    assert len(dataset.tables[table].frame) == 6
    assert left_out(dataset) == {}


def test_equal_purchases_without_ids_are_no_versions(tmp_path: Path) -> None:
    text = "Customer,Order date,Amount\nA,2025-01-05,1\nB,2025-01-06,2\nC,2025-01-07,3"
    dataset = loaded(tmp_path, {"a.csv": text, "b.csv": text.replace(",3", ",4")})

    assert len(dataset.tables["orders"].frame) == 6
    assert len(said(dataset, "overlap")) == 1
