"""Exports of advertising tools: totals, ranges of days, and results that count different things."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from crm_metrics import api
from crm_metrics.reporting.report import Report
from crm_metrics.settings import Settings
from crm_metrics.settings.files import load

from .conftest import TODAY, figures, load_tables

META = "Reporting starts,Reporting ends,Campaign name,Results,Result indicator,Amount spent (EUR),Link clicks"
SALE, LEAD, CLICK = "actions:offsite_conversion.fb_pixel_purchase", "actions:lead", "actions:link_click"


def export(folder: Path, name: str, *lines: str) -> str:
    path = folder / name
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return str(path)


def report(*paths: str, period: str = "all") -> Report:
    return api.report(list(paths), period=period, settings=Settings(), today=TODAY)


def test_results_that_are_all_sales_are_conversions(tmp_path: Path):
    path = export(tmp_path, "meta.csv", META, f"2026-07-01,2026-07-04,Summer,12,{SALE},100.00,400", ",,,,,,")

    assert figures(path, period="all")[("conversions",)] == pytest.approx(12)
    assert figures(path, period="2026-07-01..2026-07-02")[("campaign_conversion_rate",)] == pytest.approx(0.03)


def test_results_that_are_all_leads_are_leads(tmp_path: Path):
    path = export(tmp_path, "meta.csv", META, f"2026-07-01,2026-07-01,Summer,8,{LEAD},100.00,400")
    found = figures(path, period="all")

    assert found[("cost_per_lead",)] == 12.5
    assert ("conversions",) not in found


@pytest.mark.parametrize("second", [CLICK, LEAD])
def test_results_of_several_kinds_are_never_added_together(tmp_path: Path, second: str):
    path = export(
        tmp_path,
        "meta.csv",
        META,
        f"2026-07-01,2026-07-01,Summer,12,{SALE},100.00,400",
        f"2026-07-01,2026-07-01,Traffic,300,{second},30.00,300",
    )
    found = report(path)

    assert found.rows.set_index("metric").loc["conversions", "reason"] == "missing-column"
    assert [issue.rows for issue in found.issues if issue.code == "mixed-results"] == [(2, 3)]


def test_a_column_for_purchases_counts_whatever_the_results_are(tmp_path: Path):
    path = export(
        tmp_path,
        "meta.csv",
        META + ",Purchases",
        f"2026-07-01,2026-07-01,Summer,12,{SALE},100.00,400,11",
        f"2026-07-01,2026-07-01,Traffic,300,{CLICK},30.00,300,2",
    )

    assert figures(path, period="all")[("conversions",)] == 13
    assert not [issue for issue in report(path).issues if issue.code == "mixed-results"]


def test_the_row_without_a_name_is_the_total(tmp_path: Path):
    path = export(
        tmp_path,
        "meta.csv",
        META,
        "2026-07-01,2026-07-01,,,,130.00,700",
        f"2026-07-01,2026-07-01,Summer,12,{SALE},100.00,400",
        f"2026-07-01,2026-07-01,Autumn,3,{SALE},30.00,300",
    )
    found = report(path)

    assert figures(path, period="all")[("acquisition_spend",)] == 130
    assert dict(found.sources[0].left_out) == {"total-row": 1}


def test_a_cost_for_a_range_reaches_to_its_last_day(tmp_path: Path):
    path = export(tmp_path, "meta.csv", META, f"2026-07-01,2026-07-10,Summer,12,{SALE},100.00,400")

    assert report(path).as_of == date(2026, 7, 10)
    assert figures(path, period="2026-07-04..2026-07-06")[("acquisition_spend",)] == pytest.approx(30)


def test_a_campaign_named_total_is_no_total(tmp_path: Path):
    path = export(
        tmp_path,
        "google.csv",
        "Campaign report",
        '"September 1, 2026 - September 2, 2026"',
        "Campaign,Day,Currency code,Impr.,Clicks,Cost",
        "Total Wine: Summer,2026-09-01,EUR,100,10,5.00",
        "Total Wine,2026-09-02,EUR,200,20,7.00",
        "Total: Campaigns, --,EUR,300,30,12.00",
    )

    assert figures(path, period="all")[("acquisition_spend",)] == 12
    assert dict(report(path).sources[0].left_out) == {"total-row": 1}


def test_only_the_cost_is_the_cost(tmp_path: Path):
    path = export(
        tmp_path,
        "google.csv",
        "Campaign,Day,Currency code,Avg. cost,Cost / conv.,Clicks,Impr.,Conversions,Cost",
        "Brand,2026-09-01,EUR,9.00,8.00,10,100,2,20.00",
    )
    found = figures(path, period="all")

    assert (found[("acquisition_spend",)], found[("cost_per_conversion",)]) == (20, 10)


@pytest.mark.parametrize(
    "line",
    [
        '"September 1, 2026 - September 4, 2026"',
        "September 1, 2026 - September 4, 2026",
        "1. September 2026 – 4. September 2026",
        "2026-09-01 - 2026-09-04",
    ],
)
def test_costs_without_days_are_of_the_days_above_the_header(tmp_path: Path, line: str):
    path = export(
        tmp_path,
        "google.csv",
        "Campaign report",
        line,
        "Campaign,Currency code,Impr.,Clicks,Cost",
        "Brand,EUR,100,10,5.00",
        "Summer,EUR,200,20,7.00",
    )

    assert report(path).as_of == date(2026, 9, 4)
    assert figures(path, period="2026-09-02")[("acquisition_spend",)] == pytest.approx(3)
    assert figures(path, period="2026-09-02..2026-09-03")[("clicks",)] == pytest.approx(15)


def test_days_above_the_header_that_leave_their_month_open_are_not_read(tmp_path: Path):
    path = export(
        tmp_path,
        "google.csv",
        "Campaign report",
        "01/09/2026 - 04/09/2026",
        "Campaign,Currency code,Impr.,Clicks,Cost",
        "Brand,EUR,100,10,5.00",
    )

    assert figures(path)[("acquisition_spend",)] == 5
    assert "days-above" not in {issue.code for issue in report(path).issues}


def test_costs_without_days_are_counted_only_in_all(tmp_path: Path):
    path = export(
        tmp_path,
        "google.csv",
        "Campaign report",
        "All time",
        "Campaign,Currency code,Impr.,Clicks,Cost",
        "Brand,EUR,100,10,5.00",
        "Summer,EUR,200,20,7.00",
    )

    assert figures(path)[("acquisition_spend",)] == 12


def test_leads_without_days_count_when_everything_is_asked_for(tmp_path: Path) -> None:
    asked = api.query(period="all", metrics=["cost_per_lead"])
    dataset = load_tables(tmp_path, {"spend": "campaign,cost,leads\nA,100,5"}, asked)

    assert [20.0] == api.compute(dataset, asked).rows["value"].tolist()


RANGES = "Start date,End date,Campaign,Cost,Clicks,Impressions,Leads"


def test_counts_of_a_range_come_out_whole_however_it_is_cut(tmp_path: Path):
    lines = ["2025-03-01,2025-03-31,Spring,310.10,137,10001,7", "2025-02-10,2025-04-03,Brand,95.35,64,5003,3"]
    path = export(tmp_path, "ads.csv", RANGES, *lines)
    whole = figures(path, period="all")
    weeks = api.report([path], period="2025-02-10..2025-04-06", by=["week"], settings=Settings(), today=TODAY).rows

    assert (whole[("clicks",)], whole[("impressions",)], whole[("acquisition_spend",)]) == (201, 15004, 405.45)
    for name in ("clicks", "impressions", "acquisition_spend"):
        parts = weeks.loc[(weeks["metric"] == name) & (weeks["status"] != "unavailable"), "value"]
        assert parts.sum() == pytest.approx(whole[(name,)], abs=1e-9)


def test_a_cost_of_several_days_is_one_record(tmp_path: Path):
    path = export(
        tmp_path, "ads.csv", RANGES, "2025-03-01,2025-03-31,Spring,310,137,100,7", "2025-03-05,,Brand,5,1,9,1"
    )
    found = report(path, period="2025-03").rows.set_index("metric")["n"]

    assert (found["acquisition_spend"], found["clicks"], found["cost_per_lead"]) == (2, 2, 2)
    opened = api.explain([path], "acquisition_spend", period="2025-03", settings=Settings(), today=TODAY)
    assert opened.rows["counts_as"].tolist() == [310, 5]


def test_costs_of_single_days_stay_one_record_each(tmp_path: Path):
    path = export(tmp_path, "ads.csv", "Date,Campaign,Cost", *(f"2025-03-0{day},Brand,10" for day in range(1, 6)))

    assert report(path, period="2025-03").rows.set_index("metric")["n"]["acquisition_spend"] == 5


def stretches(folder: Path, header: str, *lines: str) -> str:
    """A file of spend whose date column has this header."""
    path = export(folder, "spend.csv", f"{header},Campaign,Cost,Clicks", *lines)
    (folder / "settings.toml").write_text(
        f"[[files]]\npath = 'spend.csv'\ntable = 'spend'\ncolumns = {{ spent_at = '{header}' }}\n", encoding="utf-8"
    )
    return path


@pytest.mark.parametrize(
    ("header", "day"),
    [
        ("Week", "2025-03-31"),
        ("week_start", "2025-03-31"),
        ("Woche", "2025-03-31"),
        ("Semaine", "2025-03-31"),
        ("週", "2025-03-31"),
        ("Week ending", "2025-04-06"),
        ("Tydzień do (koniec)", "2025-04-06"),
    ],
)
def test_a_cost_of_a_week_covers_the_week(tmp_path: Path, header: str, day: str):
    path = stretches(tmp_path, header, f"{day},Brand,70,14")
    settings = load(tmp_path / "settings.toml")
    of_march = api.report([path], period="2025-03", settings=settings, today=TODAY).rows.set_index("metric")["value"]

    assert (of_march["acquisition_spend"], of_march["clicks"]) == (10, 2)


@pytest.mark.parametrize(
    ("header", "days"), [("Month", 31), ("Monat", 31), ("Mês", 31), ("Quarter", 90), ("Quartal", 90), ("Jahr", 365)]
)
def test_a_cost_of_a_month_covers_the_month(tmp_path: Path, header: str, days: int):
    path = stretches(tmp_path, header, f"2025-01-01,Brand,{days},{2 * days}")
    settings = load(tmp_path / "settings.toml")
    found = api.report([path], period="2025-01-10..2025-01-19", settings=settings, today=TODAY).rows

    assert found.set_index("metric")["value"][["acquisition_spend", "clicks"]].tolist() == [10, 20]


def test_a_cost_of_a_day_covers_the_day_even_on_the_first_of_a_month(tmp_path: Path):
    path = stretches(tmp_path, "Day", "2025-01-01,Brand,31,31", "2025-02-01,Brand,28,28")
    settings = load(tmp_path / "settings.toml")
    found = api.report([path], period="2025-01-02..2025-01-31", settings=settings, today=TODAY).rows

    assert found.set_index("metric")["value"]["acquisition_spend"] == 0


def test_the_month_that_has_not_ended_has_cost_what_it_says(tmp_path: Path):
    path = stretches(tmp_path, "Month", "2026-09-01,Brand,300,3", f"{TODAY:%Y-%m}-01,Brand,50,5")
    settings = load(tmp_path / "settings.toml")
    found = api.report([path], period="all", settings=settings, today=TODAY)

    assert found.rows.set_index("metric")["value"]["acquisition_spend"] == 350
    assert found.as_of == TODAY


def test_the_month_in_which_a_file_was_made_has_cost_what_it_says_until_then(tmp_path: Path):
    lines = ("Month,Campaign,Cost", "2025-03,A,310", "2025-04,A,100")
    dated, plain = (export(tmp_path, name, *lines) for name in ("ads-2025-04-10.csv", "ads.csv"))
    asked = [(path, period) for path in (dated, plain) for period in ("2025-04-01..2025-04-10", "2025-03")]
    values = [
        report(path, period=period).rows.set_index("metric")["value"]["acquisition_spend"] for path, period in asked
    ]

    assert values == pytest.approx([100, 310, 100 / 3, 310])


@pytest.mark.parametrize("header", ["Date,Campaign,Cost,Clicks", "Datum,Kampagne,Kosten,Klicks"])
def test_rows_without_a_cost_are_said(tmp_path: Path, header: str):
    path = export(tmp_path, "spend.csv", header, "2025-03-01,Brand,10,5", "2025-03-02,Brand,,7", "2025-03-03,Brand,0,5")
    found = report(path, period="2025-03")

    assert [(issue.count, issue.rows) for issue in found.issues if issue.code == "no-cost"] == [(1, (3,))]
    assert found.rows.set_index("metric")["value"][["acquisition_spend", "clicks"]].tolist() == [10, 17]


def test_a_cost_of_0_is_a_cost(tmp_path: Path):
    path = export(tmp_path, "spend.csv", "Date,Campaign,Cost", "2025-03-01,Brand,10", "2025-03-02,Mail,0")

    assert "no-cost" not in {issue.code for issue in report(path, period="2025-03").issues}


DOUBTS = {"no-count", "perhaps-no-campaign", "perhaps-micros"}


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (("Month,Department,Cost", "2025-03,Sales,10", "2025-03,HR,20"), {"perhaps-no-campaign"}),
        (("Date,Project,Cost", "2025-03-01,Move,10", "2025-03-02,Office,20"), {"perhaps-no-campaign"}),
        (("Date,Campaign,Cost,Clicks", "2025-03-01,A,12500000,10", "2025-03-02,A,27500000,10"), {"perhaps-micros"}),
        (("Date,Campaign,Cost,Clicks", "2025-03-01,A,10,5", "2025-03-02,A,10,"), {"no-count"}),
        (("Date,Campaign,cost_micros,Clicks", "2025-03-01,A,12500000,10", "2025-03-02,A,27500000,10"), set()),
        (("Date,Channel,Cost", "2025-03-01,Search,10", "2025-03-02,Social,0"), set()),
        (("Date,Campaign,Cost,Clicks", "2025-03-01,A,10,5", "2025-03-02,A,0,"), set()),
        (("Date,Region,Cost,Clicks", "2025-03-01,North,10,5", "2025-03-02,South,9000,0"), set()),
    ],
)
def test_what_may_be_otherwise_is_said(tmp_path: Path, lines: tuple[str, ...], expected: set[str]):
    path = export(tmp_path, "costs.csv", *lines)

    assert {issue.code for issue in report(path).issues} & DOUBTS == expected
