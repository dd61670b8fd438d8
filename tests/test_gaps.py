"""Days on which nothing is dated, in the midst of others: said where they are out of the way, and of a quiet table not."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from crm_metrics import api
from tests.conftest import TODAY


def days(first: str, count: int) -> list[date]:
    return [date.fromisoformat(first) + timedelta(days=at) for at in range(count)]


def gaps(folder: Path, header: str, lines: list[str]) -> list[tuple[str, str]]:
    path = folder / "file.csv"
    path.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
    issues = api.report([str(path)], period="all", today=TODAY).issues
    return [(issue.detail["first"], issue.detail["last"]) for issue in issues if issue.code == "gap-in-days"]


DAILY = days("2025-05-01", 153)
ORDERS = "Order ID,Customer,Order Date,Amount"
JULY = [("2025-07-01", "2025-07-31")]
MONTHS = [month for month in range(1, 10) if month != 7]


@pytest.mark.parametrize(
    ("header", "lines", "expected"),
    [
        ("Day,Campaign,Cost", [f"{day},A,9" for day in DAILY if day.month != 7], JULY),
        ("Tag;Kampagne;Kosten", [f"{day};A;9" for day in DAILY if not 8 <= day.day <= 12], []),
        (
            "Tag;Kampagne;Kosten",
            [f"{day};A;9" for day in DAILY if day.month > 5 or not 8 <= day.day <= 12],
            [("2025-05-08", "2025-05-12")],
        ),
        ("Month,Campaign,Cost", [f"2025-{month:02},A,9" for month in MONTHS], JULY),
        (ORDERS, [f"{at},C,{day},9" for at, day in enumerate(DAILY) if day.month != 7], JULY),
    ],
)  # fmt: skip
def test_days_without_a_record_are_said(tmp_path, header, lines, expected):
    assert gaps(tmp_path, header, lines) == expected


@pytest.mark.parametrize(
    ("header", "lines"),
    [
        ("Day,Campaign,Cost", [f"{day},A,9" for day in DAILY if day.weekday() < 5]),
        ("Day,Campaign,Cost", [f"2025-{month:02}-{day},Mail,9" for month in range(1, 9) for day in (10, 24)]),
        ("Start date,End date,Campaign,Cost", ["2025-01-05,2025-02-20,A,9", "2025-05-01,2025-05-30,B,9"]),
        (
            ORDERS,
            [f"{at},C,{day},9" for at, day in enumerate(DAILY) if not 1 <= day.day <= 10],
        ),
        (ORDERS, [f"{at},C,{day},9" for at, day in enumerate(days("2024-01-01", 400)[::17])]),
    ],
)  # fmt: skip
def test_a_quiet_table_has_no_gap(tmp_path, header, lines):
    assert gaps(tmp_path, header, lines) == []


def ends(folder: Path, files: dict[str, list[str]]) -> set[str]:
    for name, lines in files.items():
        (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    issues = api.report([str(folder / name) for name in files], period="all", today=TODAY).issues
    return {Path(issue.path).name for issue in issues if issue.code == "file-ends-early"}


def google(first: str, count: int) -> list[str]:
    return [
        "Campaign,Day,Currency code,Cost,Impr.,Clicks",
        *(f"A,{day},EUR,{day.day},9,1" for day in days(first, count)),
    ]


def meta(first: str, count: int) -> list[str]:
    header = "Reporting starts,Reporting ends,Campaign name,Amount spent (EUR),Impressions,Link clicks"
    return [header, *(f"{day},{day},B,{day.day % 5},9,1" for day in days(first, count))]


def orders(prefix: str, dates: list[date], header: str = ORDERS) -> list[str]:
    return [header, *(f"{prefix}{at},{prefix}{at % 9},{day},9" for at, day in enumerate(dates))]


@pytest.mark.parametrize(
    ("files", "early"),
    [
        ({"google.csv": google("2025-04-01", 91), "meta.csv": meta("2025-04-01", 50)}, {"meta.csv"}),
        (
            {"g4.csv": google("2025-04-01", 30), "g5.csv": google("2025-05-01", 61), "m4.csv": meta("2025-04-01", 30)},
            {"m4.csv"},
        ),
        (
            {
                "a-1.csv": orders("A", days("2025-01-01", 31)),
                "b-1.csv": orders("B", days("2025-01-01", 31)),
                "a-2.csv": orders("A2", days("2025-02-01", 59)),
            },
            {"b-1.csv"},
        ),
        (
            {
                "m4.csv": meta("2025-04-01", 30),
                "m5.csv": meta("2025-05-01", 31),
                "g.csv": google("2025-04-01", 61),
            },
            set(),
        ),
        (
            {  # one tool after another
                "old.csv": orders("A", days("2025-01-01", 90)),
                "new.csv": orders("B", days("2025-04-01", 90), "Invoice Number,Customer Name,Invoice Date,Total"),
            },
            set(),
        ),
        (
            {  # seldom
                "shop.csv": orders("A", days("2025-01-01", 181)),
                "big.csv": orders(
                    "B", days("2025-01-20", 120)[::50], "Invoice Number,Customer Name,Invoice Date,Total"
                ),
            },
            set(),
        ),
        ({"older.csv": orders("A", days("2025-01-01", 60)), "newer.csv": orders("A", days("2025-01-01", 120))}, set()),
    ],
)
def test_a_file_that_ends_before_those_beside_it_is_said(tmp_path, files, early):
    assert ends(tmp_path, files) == early
