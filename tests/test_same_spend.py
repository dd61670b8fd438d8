"""The same costs in several breakdowns count once; those of two accounts add up."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path

import openpyxl
import pytest

from crm_metrics import api
from crm_metrics.reporting.report import Report
from tests.conftest import TODAY

META = "Reporting starts,Reporting ends,{},Amount spent (USD),Impressions,Link clicks"
GOOGLE = "Campaign,Day,Currency code,Impr.,Clicks,Cost"


def days(label: str, costs: list[float], month: int = 3) -> str:
    return "".join(f"\n2025-{month:02}-{day:02},{label},{cost}" for day, cost in enumerate(costs, 1))


def ranges(kind: str, *rows: tuple[str, float, int]) -> str:
    body = "".join(f"\n2025-03-01,2025-03-31,{name},{cost},{shown},{shown // 50}" for name, cost, shown in rows)
    return META.format(kind) + body


COSTS = [10.0, 20.0, 80.5, 40.0, 12.0, 7.0, 9.0, 11.0, 5.0, 6.0]
HALF = [cost / 2 for cost in COSTS]
BY_CAMPAIGN = "Date,Campaign,Cost" + days("A", HALF) + days("B", HALF)
BY_REGION = (
    "Date,Region,Cost" + days("North", [cost / 4 for cost in COSTS]) + days("South", [cost * 0.75 for cost in COSTS])
)
OTHER = [3.0, 60.0, 1.0, 15.0, 70.0, 2.0, 8.0, 44.0, 9.0, 10.0]

# (files, what was spent in March 2025, the files that are left out)
SAME: dict[str, tuple[dict[str, str], float, set[str]]] = {
    "campaigns and regions by day": ({"c.csv": BY_CAMPAIGN, "r.csv": BY_REGION}, sum(COSTS), {"r.csv"}),
    "rounded costs, and one day of ten that differs": (
        {"c.csv": BY_CAMPAIGN, "r.csv": "Date,Region,Cost" + days("All", [*(round(cost) for cost in COSTS[:-1]), 9])},
        sum(COSTS),
        {"r.csv"},
    ),
    "a whole range beside days": (
        {"c.csv": BY_CAMPAIGN, "m.csv": f"Start date,End date,Region,Cost\n2025-03-01,2025-03-10,North,{sum(COSTS)}"},
        sum(COSTS),
        {"m.csv"},
    ),
    "months and their quarter, of which the months tell more": (
        {
            "a.csv": "Quarter,Channel,Cost\n2025-Q1,Search,60",
            "b.csv": "Month,Channel,Cost\n2025-01,Search,10\n2025-02,Search,20\n2025-03,Search,30",
        },
        30,
        {"a.csv"},
    ),
    "a file for each channel and one for all": (
        {
            "a.csv": "Date,Campaign,Cost" + days("A", COSTS),
            "b.csv": "Date,Campaign,Cost" + days("B", OTHER),
            "all.csv": "Date,Channel,Cost" + days("Search", COSTS) + days("Social", OTHER),
        },
        sum(COSTS) + sum(OTHER),
        {"all.csv"},
    ),
    "a month of each campaign and the months of both": (
        {
            "a.csv": "Month,Campaign,Cost\n2025-03,A,10.05",
            "b.csv": "Month,Campaign,Cost\n2025-03,B,20",
            "all.csv": "Month,What,Cost\n2025-02,Both,17\n2025-03,Both,30.05",
        },
        30.05,
        {"all.csv"},
    ),
    "three levels of one range": (
        {
            "c.csv": ranges("Campaign name", ("A", 300, 1000), ("B", 100, 500)),
            "a.csv": ranges("Ad set name", ("A1", 150, 600), ("A2", 150, 400), ("B1", 100, 500)),
            "r.csv": ranges("Region", ("North", 240, 800), ("South", 160, 700)),
        },
        400,
        {"a.csv", "r.csv"},
    ),
    "an export that goes on beside one that began before": (
        {
            "feb-mar.csv": "Date,Campaign,Cost" + days("A", OTHER, 2) + days("A", COSTS[:5]),
            "mar.csv": "Date,Campaign,Cost" + days("A", COSTS),
        },
        sum(COSTS),
        {"feb-mar.csv"},
    ),
}


LATER = [*COSTS[:4], *(cost * 1.2 for cost in COSTS[4:])]
SAME |= {
    "costs that agree to the cent on many days, with impressions that a tool counts otherwise by region": (
        {
            "c.csv": "Date,Impressions,Campaign,Cost" + days("900,A", COSTS),
            "r.csv": "Date,Impressions,Region,Cost" + days("500,North", COSTS),
        },
        sum(COSTS),
        {"r.csv"},
    ),
    "two exports of one account, of which the newer one has corrected costs": (
        {
            "ads-2025-03-11.csv": "Date,Campaign,Cost" + days("A", COSTS),
            "ads-2025-03-25.csv": "Date,Campaign,Cost" + days("A", LATER),
        },
        sum(LATER),
        {"ads-2025-03-11.csv"},
    ),
    "months of two exports, of which one was corrected": (
        {
            "a.csv": "Month,Campaign,Cost" + "".join(f"\n2025-0{n},A,{n * 10}" for n in range(1, 6)),
            "b.csv": "Month,Campaign,Cost" + "".join(f"\n2025-0{n},A,{n * 10 + (n == 3)}" for n in range(1, 8)),
        },
        31,
        {"a.csv"},
    ),
}


def report(folder: Path, files: dict[str, str], metrics: str, period: str = "2025-03") -> Report:
    for name, text in files.items():
        (folder / name).write_text(text + "\n", encoding="utf-8")
    return api.report([str(folder / name) for name in files], period=period, metrics=metrics.split(","), today=TODAY)


def value(found: Report, metric: str = "acquisition_spend") -> float:
    rows = found.rows[(found.rows["metric"] == metric) & found.rows["value"].notna()]
    return float(rows["value"].iloc[0])


def left_out(found: Report) -> set[str]:
    return {Path(source.path).name for source in found.sources if source.left_out["same-spend"]}


@pytest.mark.parametrize("case", SAME)
def test_the_same_spend_in_several_breakdowns_counts_once(tmp_path: Path, case: str) -> None:
    files, expected, gone = SAME[case]
    for order in permutations(files):
        found = report(tmp_path, {name: files[name] for name in order}, "acquisition_spend")

        assert value(found) == pytest.approx(expected)
        assert left_out(found) <= gone
        assert [issue.code for issue in found.issues].count("same-spend") == len(gone)
        assert all(source.rows == source.used + sum(source.left_out.values()) for source in found.sources)


def test_what_goes_beyond_the_days_of_the_other_file_stays(tmp_path: Path) -> None:
    files, _, _ = SAME["an export that goes on beside one that began before"]

    assert value(report(tmp_path, files, "acquisition_spend", "2025-02")) == pytest.approx(sum(OTHER))


def test_a_range_that_begins_before_the_other_file_keeps_its_part(tmp_path: Path) -> None:
    files = {
        "days.csv": "Date,Campaign,Cost" + days("A", [10.0] * 10),
        "range.csv": "Start date,End date,Region,Cost\n2025-02-19,2025-03-10,North,200",
    }
    found = report(tmp_path, files, "acquisition_spend", "2025-02..2025-03")

    assert float(found.rows["value"].sum()) == pytest.approx(200)


def test_the_file_with_the_columns_that_are_asked_for_counts(tmp_path: Path) -> None:
    files = {"c.csv": BY_CAMPAIGN, "r.csv": BY_REGION}
    by_region = (
        api.report(
            [str(tmp_path / name) for name in files],
            period="2025-03",
            metrics=["acquisition_spend"],
            by=["region"],
            today=TODAY,
        )
        if report(tmp_path, files, "acquisition_spend")
        else None
    )

    assert by_region is not None
    values = dict(zip(by_region.rows["region"], by_region.rows["value"], strict=True))
    assert values == {"North": pytest.approx(sum(COSTS) / 4), "South": pytest.approx(sum(COSTS) * 3 / 4)}


def test_sheets_of_a_workbook_are_levels_too(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for title, text in (("Campaigns", BY_CAMPAIGN), ("Regions", BY_REGION)):
        sheet = book.create_sheet(title)
        for number, line in enumerate(text.splitlines()):
            cells = line.split(",")
            sheet.append([*cells[:2], float(cells[2]) if number else cells[2]])
    book.remove(book.worksheets[0])
    book.save(tmp_path / "ads.xlsx")
    found = api.report([str(tmp_path / "ads.xlsx")], period="2025-03", metrics=["acquisition_spend"], today=TODAY)

    assert value(found) == pytest.approx(sum(COSTS))


def spans(first: str, last: str, *rows: tuple[str, float]) -> str:
    return META.format("Campaign name") + "".join(
        f"\n{first},{last},{name},{cost},{cost * 100:.0f},{cost:.0f}" for name, cost in rows
    )


QUARTER = spans("2025-01-01", "2025-03-31", ("A", 600), ("B", 60))
# (files, what was spent in each period): a report of one range, and others of days within it.
WITHIN: dict[str, tuple[dict[str, str], dict[str, float]]] = {
    "half a month and the month": (
        {
            "half.csv": spans("2025-03-01", "2025-03-15", ("A", 100), ("B", 50)),
            "month.csv": spans("2025-03-01", "2025-03-31", ("A", 250), ("B", 150)),
        },
        {"2025-03": 400, "2025-03-01..2025-03-15": 150, "2025-03-16..2025-03-31": 250},
    ),
    "two months and their quarter": (
        {
            "q1.csv": QUARTER,
            "jan.csv": spans("2025-01-01", "2025-01-31", ("A", 100), ("B", 20)),
            "feb.csv": spans("2025-02-01", "2025-02-28", ("A", 200), ("B", 20)),
        },
        {"2025-01": 120, "2025-02": 220, "2025-03": 320, "2025-Q1": 660},
    ),
    "a month in the midst of its quarter, of which one campaign did not run": (
        {"q1.csv": QUARTER, "feb.csv": spans("2025-02-01", "2025-02-28", ("A", 290))},
        {"2025-01": 370 / 2, "2025-02": 290, "2025-03": 370 / 2, "2025-Q1": 660},
    ),
    "all months of a quarter": (
        {
            "q1.csv": QUARTER,
            "jan.csv": spans("2025-01-01", "2025-01-31", ("A", 100), ("B", 20)),
            "feb.csv": spans("2025-02-01", "2025-02-28", ("A", 200), ("B", 20)),
            "mar.csv": spans("2025-03-01", "2025-03-31", ("A", 300), ("B", 20)),
        },
        {"2025-02": 220, "2025-Q1": 660},
    ),
    "the days of half a month and the month": (
        {
            "days.csv": "Date,Campaign,Cost" + days("A", COSTS),
            "month.csv": f"Start date,End date,Campaign,Cost\n2025-03-01,2025-03-31,A,{sum(COSTS) + 42}",
        },
        {"2025-03": sum(COSTS) + 42, "2025-03-01..2025-03-10": sum(COSTS)},
    ),
}


@pytest.mark.parametrize("case", WITHIN)
def test_a_range_holds_what_others_have_for_days_within_it(tmp_path: Path, case: str) -> None:
    files, expected = WITHIN[case]
    for order in (files, [*files][::-1]):
        for period, cost in expected.items():
            found = report(tmp_path, {name: files[name] for name in order}, "acquisition_spend,clicks", period)

            assert value(found) == pytest.approx(cost, rel=0.02 if "midst" in case and period != "2025-Q1" else 1e-9)
            assert [issue.code for issue in found.issues].count("spend-in-parts") == 1
            assert all(source.rows == source.used + sum(source.left_out.values()) for source in found.sources)


# Costs of which all count.
# One file; what was spent in the first and in the second half of March.
TO_DATE: dict[str, tuple[str, tuple[float, float]]] = {
    "to the middle of the month and to its end": (
        spans("2025-03-01", "2025-03-15", ("A", 150), ("B", 50))
        + "\n2025-03-01,2025-03-31,A,310,31000,310\n2025-03-01,2025-03-31,B,90,9000,90",
        (200, 200),
    ),
    "weeks to date": (
        "Campaign,Start date,End date,Cost\nA,01.03.2025,28.03.2025,40\nA,01.03.2025,07.03.2025,10\n"
        "A,01.03.2025,14.03.2025,20\nA,01.03.2025,21.03.2025,36\nB,01.03.2025,28.03.2025,28",
        (15 * 1.0 + 20 + 16 / 7, 13 * 1.0 + 20 - 16 / 7),
    ),
    "days and their month": (
        "Start date,End date,Campaign,Cost\n2025-03-01,2025-03-31,A,60"
        + "".join(f"\n2025-03-{day:02},2025-03-{day:02},A,{1 if day < 16 else 45 / 16}" for day in range(1, 32)),
        (15, 45),
    ),
}


@pytest.mark.parametrize("case", TO_DATE)
def test_a_range_of_a_file_counts_with_what_its_other_rows_do_not_hold(tmp_path: Path, case: str) -> None:
    text, halves = TO_DATE[case]
    for period, expected in zip(("2025-03-01..2025-03-15", "2025-03-16..2025-03-31"), halves, strict=True):
        found = report(tmp_path, {"a.csv": text}, "acquisition_spend", period)

        assert value(found) == pytest.approx(expected)
        assert "spend-in-parts" in {issue.code for issue in found.issues}
        assert all(source.rows == source.used + sum(source.left_out.values()) for source in found.sources)


def test_counts_of_figures_to_date_come_out_whole(tmp_path: Path) -> None:
    lines = [
        f"2025-03-01,2025-03-{7 * n:02},c{c},{7.13 * n + c:.2f},{5 * n + c}" for c in range(400) for n in (1, 2, 3, 4)
    ]
    text = "\n".join(["Start date,End date,Campaign,Cost,Clicks", *lines])
    found = report(tmp_path, {"a.csv": text}, "acquisition_spend,clicks")

    assert value(found, "clicks") == sum(20 + c for c in range(400))
    assert value(found) == pytest.approx(sum(round(28.52 + c, 2) for c in range(400)), abs=1e-9)


APART: dict[str, tuple[dict[str, str], float]] = {
    "two accounts": ({"c.csv": BY_CAMPAIGN, "o.csv": "Date,Region,Cost" + days("x", OTHER)}, sum(COSTS) + sum(OTHER)),
    "two accounts of one budget a day, with campaigns of their own": (
        {
            "de.csv": "Date,Campaign,Cost" + days("DE", [10.0] * 10),
            "at.csv": "Date,Campaign,Cost" + days("AT", [10.0] * 10),
        },
        200,
    ),
    "three accounts of which one costs nearly what the others do": (
        {
            "a.csv": "Month,Campaign,Cost\n2025-03,A,100",
            "b.csv": "Month,Region,Cost\n2025-03,North,201",
            "c.csv": "Month,Device,Cost\n2025-03,Phone,300",
        },
        601,
    ),
    "three accounts of which one costs what the others do, for campaigns of its own": (
        {
            "a.csv": "Month,Campaign,Cost\n2025-03,A,100",
            "b.csv": "Month,Campaign,Cost\n2025-03,B,200",
            "c.csv": "Month,Campaign,Cost\n2025-03,C,300",
        },
        600,
    ),
    "two accounts of one budget a month, with other impressions": (
        {
            "de.csv": ranges("Region", ("North", 500, 900)),
            "at.csv": ranges("Ad set name", ("X", 500, 90_000)),
        },
        1000,
    ),
    "two halves of a month": (
        {
            "a.csv": "Date,Campaign,Cost" + days("A", COSTS[:5]),
            "b.csv": "Date,Campaign,Cost"
            + "".join(f"\n2025-03-{day:02},A,{cost}" for day, cost in enumerate(COSTS[5:], 6)),
        },
        sum(COSTS),
    ),
    "a range within another, of another campaign": (
        {
            "a.csv": spans("2025-03-01", "2025-03-15", ("A", 100)),
            "b.csv": spans("2025-03-01", "2025-03-31", ("B", 150)),
        },
        250,
    ),
    "a range within another, with more of one campaign than that": (
        {
            "a.csv": spans("2025-03-01", "2025-03-15", ("A", 10), ("B", 200)),
            "b.csv": spans("2025-03-01", "2025-03-31", ("A", 90), ("B", 150)),
        },
        450,
    ),
    "a range that has, evenly spread, what another campaign costs on two of its days": (
        {
            "a.csv": "Start date,End date,Campagne,Cost\n2025-03-01,2025-03-10,A,100",
            "b.csv": "Date,Kampagne,Cost" + days("B", [12.5, 7.5]),
        },
        120,
    ),
    "two ranges that meet": (
        {
            "a.csv": spans("2025-03-01", "2025-03-15", ("A", 10)),
            "b.csv": spans("2025-03-16", "2025-03-31", ("A", 90)),
        },
        100,
    ),
    "bookings of one list, of which one runs within another": (
        {"a.csv": spans("2025-03-01", "2025-03-31", ("A", 250)) + "\n2025-03-05,2025-03-10,A,100,10,1"},
        350,
    ),
    "bookings of one list from one day on, of which the shorter costs more": (
        {"a.csv": spans("2025-03-01", "2025-03-31", ("A", 90)) + "\n2025-03-01,2025-03-15,A,100,10,1"},
        190,
    ),
    "a range within another, of the same campaign in another country": (
        {
            "a.csv": "Start date,End date,Campaign,Land,Cost\n2025-03-01,2025-03-15,A,DE,100\n"
            "2025-03-01,2025-03-31,A,FR,250"
        },
        350,
    ),
    "ranges of one campaign that overlap": (
        {"a.csv": spans("2025-03-01", "2025-03-20", ("A", 250)) + "\n2025-03-10,2025-03-31,A,100,10,1"},
        350,
    ),
    "bookings of one list of which two begin together and others overlap": (
        {
            "a.csv": spans("2025-03-01", "2025-03-31", ("A", 250))
            + "\n2025-03-01,2025-03-10,A,100,10,1\n2025-03-08,2025-03-20,B,50,10,1\n2025-03-15,2025-03-31,B,50,10,1"
        },
        450,
    ),
    "two accounts of budgets for weekdays and weekends, some of which are the same": (
        {
            "a.csv": "Date,Campaign,Cost" + days("A", [10.0, 10, 5, 5, 10]),
            "b.csv": "Date,Campaign,Cost" + days("A", [10.0, 10, 5, 5, 20]),
        },
        90,
    ),
    "two accounts that agree on half of their days": (
        {"c.csv": BY_CAMPAIGN, "r.csv": "Date,Region,Cost" + days("x", [*COSTS[:5], *OTHER[5:]])},
        sum(COSTS) + sum(COSTS[:5]) + sum(OTHER[5:]),
    ),
}


@pytest.mark.parametrize("case", APART)
def test_costs_that_do_not_agree_add_up(tmp_path: Path, case: str) -> None:
    files, expected = APART[case]
    found = report(tmp_path, files, "acquisition_spend")

    assert value(found) == pytest.approx(expected)
    assert left_out(found) == set()
