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
