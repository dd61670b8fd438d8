"""Leads that become MQLs, SQLs and opportunities: what is read, what is judged, and what skipped a stage."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from crm_metrics import api
from crm_metrics.reporting.report import Report
from crm_metrics.settings import Settings

from .conftest import TODAY

RATES = ["mql_rate", "mql_to_sql_rate", "sql_to_opportunity_rate", "lead_to_opportunity_rate"]
HUBSPOT = (
    "Record ID,First Name,Last Name,Contact owner,Create Date,Became a Marketing Qualified Lead Date,"
    "Became a Sales Qualified Lead Date,Became an Opportunity Date,Became a Customer Date\n"
    "1,A,B,Ann,2024-01-02 10:00,2024-01-03 10:00,2024-01-20 10:00,2024-02-01 10:00,2024-03-01 10:00\n"
    "2,C,D,Ann,2024-01-05 10:00,2024-01-05 10:00,2024-01-25 10:00,,\n"
    "3,E,F,Ben,2024-01-07 10:00,2024-01-09 10:00,,,\n"
    "4,G,H,Ben,2024-01-09 10:00,,,2024-02-09 10:00,\n"
    "5,I,J,Ben,2024-06-20 10:00,,,,\n"
)
PLAIN = "Lead ID,Created,MQL Date,SQL Date,Opportunity Date\n"


def of(folder: Path, *texts: str, metrics: list[str] = RATES, period: str = "2024-01") -> Report:
    for number, text in enumerate(texts):
        (folder / f"leads-{number}.csv").write_text(text, encoding="utf-8")
    settings = Settings(as_of=date(2024, 6, 30))
    return api.report([str(folder)], period=period, metrics=metrics, settings=settings, today=TODAY)


def values(report: Report) -> dict[str, float | str]:
    rows = report.rows
    return {
        row.metric: row.reason if pd.isna(row.value) else round(float(row.value), 4)
        for row in rows.itertuples(index=False)
    }


def test_stages_of_hubspot_contacts(tmp_path: Path) -> None:
    report = of(tmp_path, HUBSPOT)

    assert values(report) == {
        "mql_rate": 0.75,
        "mql_to_sql_rate": 0.6667,
        "sql_to_opportunity_rate": 0.5,
        "lead_to_opportunity_rate": 0.5,
    }


@pytest.mark.parametrize(
    "header",
    [
        "Lead ID,Created,MQL Date,SQL Date,Opportunity Date",
        "lead_id,created_at,became_mql_at,became_sql_at,became_opportunity_at",
        "Lead ID,Created,Became MQL,Became SQL,Became an opportunity",
        "Lead ID,Created,Marketing Qualified Lead Date,Sales Qualified Lead Date,Opp Date",
        "Lead-ID,Erstellt am,MQL-Datum,SQL-Datum,Opportunity Date",
        "Lead ID,Fecha de creación,Fecha MQL,Fecha SQL,Opportunity Date",
    ],
)
def test_headers_of_stages(tmp_path: Path, header: str) -> None:
    rows = "\n1,2024-01-02,2024-01-03,2024-01-20,2024-02-01\n2,2024-01-03,2024-01-13,,\n3,2024-06-20,,,\n"

    assert values(of(tmp_path, header + rows)) == dict(zip(RATES, [1, 0.5, 1, 0.5], strict=True))


def test_a_stage_that_was_skipped_is_said_and_in_no_share(tmp_path: Path) -> None:
    rows = "1,2024-01-02,2024-01-03,2024-01-20,\n2,2024-01-03,,2024-01-13,2024-01-20\n3,2024-06-20,,,\n"
    report = of(tmp_path, PLAIN + rows)

    assert values(report) == dict(zip(RATES, [0.5, 1, 0.5, 0.5], strict=True))
    said = "Without a date as MQLs, so in no share of these: 1 of 2 SQLs."
    assert [note for note in report.notes if "Without a date" in note] == [said]


def test_without_skipped_stages_nothing_is_said_of_them(tmp_path: Path) -> None:
    report = of(tmp_path, PLAIN + "1,2024-01-02,2024-01-03,2024-01-20,\n3,2024-06-20,,,\n")

    assert [note for note in report.notes if "Without a date" in note] == []


def test_leads_of_a_file_without_the_dates_are_in_no_share(tmp_path: Path) -> None:
    """Two files, of which one has no date of a stage: it cannot say that its leads did not come to it."""
    other = "Lead ID,Created,Source\n11,2024-01-02,web\n12,2024-01-02,web\n13,2024-06-20,web\n"
    report = of(tmp_path, PLAIN + "1,2024-01-02,2024-01-03,,\n2,2024-01-02,,,\n3,2024-06-20,,,\n", other)

    assert values(report)["mql_rate"] == 0.5


def test_a_stage_before_the_one_before_it_is_reported_and_left_out(tmp_path: Path) -> None:
    rows = "1,2024-01-02,2024-01-13,2024-01-05,\n2,2024-01-03,2024-01-03,2024-01-20,\n3,2024-06-20,,,\n"
    report = of(tmp_path, PLAIN + rows)

    assert values(report)["mql_to_sql_rate"] == 1
    assert [issue.code for issue in report.issues if issue.code == "negative-duration"] == ["negative-duration"]


def test_what_comes_after_as_of_has_not_happened(tmp_path: Path) -> None:
    rows = "1,2024-01-02,2024-01-03,2024-01-20,\n2,2024-01-03,2024-01-03,2024-07-20,\n3,2024-06-20,,,\n"

    assert values(of(tmp_path, PLAIN + rows))["mql_to_sql_rate"] == 0.5
    counted = of(tmp_path, PLAIN + rows, metrics=["sales_qualified_leads"], period="2024")
    assert values(counted) == {"sales_qualified_leads": 1}


def test_a_lead_that_comes_in_after_as_of_has_become_nothing_before(tmp_path: Path) -> None:
    text = PLAIN + "1,2024-06-01,2024-06-02,2024-06-20,\n2,2024-07-03,2024-06-28,2024-06-29,2024-06-30\n"
    asked = ["marketing_qualified_leads", "sales_qualified_leads", "leads_to_opportunities"]

    assert values(of(tmp_path, text, metrics=asked, period="2024-06")) == dict(zip(asked, (1, 1, 0), strict=True))


def test_leads_too_young_to_tell_are_no_failures(tmp_path: Path) -> None:
    rows = "1,2024-01-02,2024-01-03,,\n2,2024-06-03,,,\n3,2024-06-20,,,\n"

    young = of(tmp_path, PLAIN + rows, period="2024-06", metrics=["mql_rate", "leads_created"])
    assert values(young) == {"mql_rate": "immature-cohort", "leads_created": 2}
    assert values(of(tmp_path, PLAIN + rows, period="2024"))["mql_rate"] == 1


def test_without_dates_of_stages_no_share_is_given(tmp_path: Path) -> None:
    text = "Lead ID,Created,Status\n1,2024-01-02,Marketing Qualified Lead\n2,2024-06-20,New\n"
    report = of(tmp_path, text, metrics=[*RATES, "leads_created"])

    assert values(report) == {**dict.fromkeys(RATES, "missing-column"), "leads_created": 1}


def test_a_list_of_mqls_by_its_own_date_counts_them(tmp_path: Path) -> None:
    report = of(tmp_path, "MQL ID,MQL Date\n1,2024-01-02\n2,2024-06-20\n", metrics=["marketing_qualified_leads"])

    assert values(report) == {"marketing_qualified_leads": 1}


@pytest.mark.parametrize("header", ["Lead ID", "MQL ID", "mql_id"])
def test_deals_lead_back_to_a_list_of_mqls(tmp_path: Path, header: str) -> None:
    leads = f"{header},First contact date,Origin\n1,2024-01-02,Ads\n2,2024-01-03,Ads\n"
    (tmp_path / "deals.csv").write_text(f"{header},Deal ID,Deal owner,Won date\n1,7,Ann,2024-01-20\n", encoding="utf-8")
    report = of(tmp_path, leads, metrics=["leads_converted", "lead_conversion_to_date"])

    assert values(report) == {"leads_converted": 1, "lead_conversion_to_date": 0.5}
