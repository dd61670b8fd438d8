"""`crm-metrics funnel`: the stages and the bottleneck, for people and for machines."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.cli.running import crm_metrics

FUNNEL = ("funnel", "sample_data", "--as-of", "2025-12-31", "-p", "2025")
STAGES = [
    "Appointment Scheduled",
    "Qualified To Buy",
    "Presentation Scheduled",
    "Decision Maker Bought-In",
    "Contract Sent",
    "Closed Won",
    "Closed Lost",
]


def test_the_page_names_the_bottlenecks(sample: Path):
    done = crm_metrics(*FUNNEL)

    assert (done.code, done.err) == (0, "")
    assert "Most money is lost in Presentation Scheduled: 586,120" in done.out
    assert "Next is Qualified To Buy with 566,900: the data cannot tell which of the two is worse." in done.out
    assert "Deals stay longest in Appointment Scheduled: 9.2 days" in done.out
    places = [done.out.index(f"\n  {stage} ") for stage in STAGES]
    assert places == sorted(places)


def test_csv_has_a_row_per_stage_whose_parts_add_up(sample: Path):
    rows = crm_metrics(*FUNNEL, "-f", "csv").rows

    assert [row["stage"] for row in rows] == STAGES
    working = [row for row in rows if row["is_end"] == "false"]
    assert [int(row["entered"]) for row in working] == [
        sum(int(row[name]) for name in ("went_on", "lost", "waiting")) for row in working
    ]
    assert [float(row["rate"]) for row in working] == [int(row["went_on"]) / int(row["entered"]) for row in working]
    assert [row["rate"] for row in rows if row["is_end"] == "true"] == ["", ""]


def test_json_says_which_stage_is_worst_and_whether_that_is_sure(sample: Path):
    made = crm_metrics(*FUNNEL, "-f", "json").json

    assert (made["period"], len(made["rows"])) == ("2025", 7)
    assert (made["bottleneck"]["money"]["stage"], made["bottleneck"]["money"]["is_told"]) == (
        "Presentation Scheduled",
        False,
    )
    assert (made["bottleneck"]["delay"]["stage"], made["bottleneck"]["delay"]["is_told"]) == (
        "Appointment Scheduled",
        True,
    )
    assert made["bottleneck"]["delay"]["order"][0] == "Appointment Scheduled"


def test_the_figures_are_those_of_the_report(sample: Path):
    rows = {row["stage"]: row for row in crm_metrics(*FUNNEL, "-f", "csv").rows}
    names = {
        "stages_entered": "entered",
        "stage_conversion_rate": "rate",
        "time_in_stage": "days",
        "stage_lost": "lost",
    }
    names |= {"stage_amount_lost": "amount", "stage_went_on": "went_on", "stage_waiting": "waiting"}
    report = crm_metrics("report", *FUNNEL[1:], "-m", ",".join(names), "-f", "csv", "-q").rows

    assert len(report) == 7 + 6 * 5
    assert [row for row in report if float(row["value"]) != float(rows[row["stage"]][names[row["metric"]]])] == []


def test_one_segment(sample: Path):
    done = crm_metrics(*FUNNEL, "--segment", "owner=Claire Dubois")

    assert "owner Claire Dubois" in done.out
    assert re.search(r"Appointment Scheduled +49 ", done.out)


def test_without_a_history_the_page_says_that_it_is_a_snapshot(folder: Path):
    text = "Record ID,Deal Name,Deal Stage,Amount,Create Date,Close Date\n1,A,New,10,2024-01-01,\n2,B,Demo,20,2024-01-05,\n"
    (folder / "deals.csv").write_text(text, encoding="utf-8")
    done = crm_metrics("funnel", "deals.csv")

    assert done.code == 0
    assert done.out.startswith("Snapshot funnel\n")
    assert "The files hold no history of stages." in done.out
    assert "Open deals by stage now" in done.out


LEADS = (
    "Lead ID,Owner,Created,MQL Date,SQL Date,Opportunity Date,Converted Date\n"
    "1,Ann,2024-01-02,2024-01-03,2024-01-20,2024-02-01,2024-03-01\n"
    "2,Ann,2024-01-05,2024-01-05,2024-01-25,,\n"
    "3,Ben,2024-01-07,2024-01-09,,,\n"
    "4,Ben,2024-01-09,,,2024-02-09,\n"
    "5,Ben,2024-06-20,,,,\n"
)


def test_leads_have_a_funnel_of_their_own(folder: Path):
    (folder / "leads.csv").write_text(LEADS, encoding="utf-8")
    made = crm_metrics("funnel", "leads.csv", "--of", "leads", "-f", "csv").rows
    page = crm_metrics("funnel", "leads.csv", "--of", "leads")

    assert [(row["stage"], row["leads"], row["of_all"], row["rate"][:6], row["skipped"]) for row in made] == [
        ("Lead", "4", "", "", ""),
        ("MQL", "3", "0.75", "0.75", ""),
        ("SQL", "2", "0.5", "0.6666", "0"),
        ("Opportunity", "2", "0.5", "0.5", "1"),
        ("Converted", "1", "0.25", "", ""),
    ]
    assert page.code == 0
    assert "each judged 90 days later" in page.out
    assert "Younger than that, and not in it: 1." in page.out


def test_the_figures_of_leads_are_those_of_the_report(folder: Path):
    (folder / "leads.csv").write_text(LEADS, encoding="utf-8")
    rows = crm_metrics("funnel", "leads.csv", "--of", "leads", "--segment", "owner=Ben", "-f", "csv").rows
    names = "mql_rate,mql_to_sql_rate,lead_to_sql_rate,lead_to_opportunity_rate"
    report = crm_metrics("report", "leads.csv", "-p", "all", "-m", names, "--by", "owner", "-f", "csv", "-q").rows
    shown = {row["metric"]: float(row["value"]) for row in report if row["owner"] == "Ben"}

    by_stage = {row["stage"]: row for row in rows}
    assert shown == {
        "mql_rate": float(by_stage["MQL"]["rate"]),
        "mql_to_sql_rate": float(by_stage["SQL"]["rate"]),
        "lead_to_sql_rate": float(by_stage["SQL"]["of_all"]),
        "lead_to_opportunity_rate": float(by_stage["Opportunity"]["of_all"]),
    }


@pytest.mark.parametrize("of", ["leads", "deals"])
def test_of_values_that_no_record_has_together_is_said_that_there_is_none(folder: Path, of: str):
    lines = LEADS.splitlines()
    sources = ["Lead Source", "Web", "Mail", "Mail", "Web", "Web"]
    text = "\n".join(f"{line},{source}" for line, source in zip(lines, sources, strict=True))
    (folder / "leads.csv").write_text(text, encoding="utf-8")
    deals = (
        "Deal ID,Owner,Lead Source,Stage,Created,Close Date\n1,Ann,Web,Demo,2024-01-02,\n2,Cem,Mail,Demo,2024-01-02,\n"
    )
    (folder / "deals.csv").write_text(deals, encoding="utf-8")
    segment = ("--segment", "owner=Cem", "--segment", "source=Web")
    done = crm_metrics("funnel", "leads.csv", "deals.csv", "--of", of, *segment)
    there = crm_metrics(
        "funnel", "leads.csv", "deals.csv", "--of", of, "--segment", "owner=Ann", "--segment", "source=Web"
    )

    assert (done.code, done.out) == (4, "")
    assert "there is no record of owner Cem, source Web" in done.err
    assert there.code == 0


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ([*FUNNEL, "--of", "lead"], 2, "Did you mean leads?"),
        ([*FUNNEL, "--of", "leads"], 4, "nothing is known of the stages of leads"),
        ([*FUNNEL, "--segment", "owner=Nobody"], 2, "no owner is called 'Nobody'"),
        ([*FUNNEL, "--segment", "stage=Demo"], 2, "shows every stage"),
        ([*FUNNEL, "--segment", "owner"], 2, "NAME=VALUE"),
        (["funnel", "sample_data", "-p", "1999"], 4, "no deal entered a stage"),
        (["funnel", "sample_data/nps-survey.csv"], 4, "no deals were given"),
    ],
)
def test_what_cannot_be_shown_is_said(sample: Path, arguments: list[str], code: int, said: str):
    done = crm_metrics(*arguments)

    assert (done.code, done.out) == (code, "")
    assert said in done.err
