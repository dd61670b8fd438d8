"""Columns of dates that hold Unix time: read as moments in UTC, where the whole column is nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.cli.running import crm_metrics

# 2025-02-28 23:30:00 UTC is 1 March in Berlin; 2025-03-10 12:00:00 UTC.
SECONDS = ("1740785400", "1741608000")
ASKED = ("report", "deals.csv", "-p", "2025-03", "-m", "deals_won", "-f", "csv")


def deals(folder: Path, *moments: str) -> None:
    rows = "".join(f"D{at},Won,{moment}\n" for at, moment in enumerate(moments, 1))
    (folder / "deals.csv").write_text("Deal ID,Stage,Close Date\n" + rows)


def scanned(*arguments: str) -> Any:
    (file,) = crm_metrics("scan", "deals.csv", "-f", "json", *arguments).json["files"]
    return file


@pytest.mark.parametrize("thousand", ["", "000"])
def test_unix_time_is_utc_until_a_zone_is_set(folder: Path, thousand: str):
    deals(folder, *(second + thousand for second in SECONDS))
    assert crm_metrics(*ASKED).values == {"deals_won": "1"}
    assert crm_metrics(*ASKED, "--timezone", "Europe/Berlin").values == {"deals_won": "2"}
    file = scanned()
    column = next(column for column in file["columns"] if column["column"] == "closed_at")
    assert (column["first"], column["last"], column["calendar_dates"]) == ("2025-02-28", "2025-03-10", False)
    said = {issue["code"]: issue["sentence"] for issue in file["issues"]}
    assert SECONDS[0] + thousand in said["unix-time"]
    assert "+00:00" in said["zone-seen"]
    assert "Close Date holds Unix time" in crm_metrics("scan", "deals.csv").out


@pytest.mark.parametrize(
    "moments",
    [
        (SECONDS[0], "2025-03-10"),
        (SECONDS[0], "999999999"),
        (SECONDS[0], "2741608000"),  # 2056
        (SECONDS[0], "0"),
    ],
)
def test_a_column_that_is_not_unix_time_as_a_whole_is_not_read_as_such(folder: Path, moments: tuple[str, ...]):
    deals(folder, *moments)
    file = scanned()
    codes = {issue["code"] for issue in file["issues"]}
    # A column of which nothing is a date is no column of dates, whatever it is called.
    left_alone = [column["header"] for column in file["columns"] if column["column"] is None] == ["Close Date"]
    assert ("unix-time" in codes, "unreadable-date" in codes or left_alone) == (False, True)


def test_seconds_and_milliseconds_in_one_column_are_refused(folder: Path):
    deals(folder, SECONDS[0], SECONDS[1] + "000")
    done = crm_metrics(*ASKED)
    assert (done.code, f"no cell of Close Date is a date that can be read ({SECONDS[0]})" in done.err) == (3, True)


def test_numbers_in_other_columns_stay_what_they_are(folder: Path):
    (folder / "deals.csv").write_text(f"Deal ID,Stage,Amount,Close Date\n{SECONDS[0]},Won,{SECONDS[1]},2025-03-04\n")
    asked = ("report", "deals.csv", "-p", "2025-03", "-m", "revenue_won", "-f", "csv")
    assert float(crm_metrics(*asked).values["revenue_won"]) == 1741608000
