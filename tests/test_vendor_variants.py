"""Headers as the tools write them in other versions, other time zones and with other columns chosen."""

from __future__ import annotations

from pathlib import Path

import pytest

from crm_metrics import api
from crm_metrics.loaders.recognising import recognise

VARIANTS = [
    (
        "zendesk",
        "tickets",
        "Id,Requester,Assignee,Status,Created at,Resolution time",
        {"resolution_minutes": "Resolution time"},
    ),
    (
        "zendesk",
        "tickets",
        "Ticket ID,Ticket created - Timestamp,First reply time (hrs),Full resolution time (hrs)",
        {"first_response_minutes": "First reply time (hrs)"},
    ),
    (
        "freshdesk",
        "tickets",
        "Ticket Id,Created Time,Resolved Time,Initial Response Time,First Response Time (in Hrs),Survey Result",
        {"first_response_at": "Initial Response Time", "satisfaction": "Survey Result"},
    ),
    (
        "intercom",
        "tickets",
        "Conversation ID,Conversation created at (Europe/Dublin),Current conversation state,Time to close (seconds)",
        {"created_at": "Conversation created at (Europe/Dublin)", "resolution_minutes": "Time to close (seconds)"},
    ),
    (
        "intercom",
        "responses",
        "Conversation ID,Updated at (UTC),Conversation rating,Agent rated type",
        {"csat_score": "Conversation rating"},
    ),
    (
        "surveymonkey",
        "responses",
        "Respondent ID,Collector ID,Date Created,Date Modified,How likely is it that you would recommend us?",
        {"responded_at": "Date Modified", "nps_score": "How likely is it that you would recommend us?"},
    ),
    (
        "typeform",
        "responses",
        "#,How likely are you to recommend us?,Start Date (UTC),Submit Date (UTC),Network ID",
        {"response_id": "#", "responded_at": "Submit Date (UTC)"},
    ),
    (
        "qualtrics",
        "responses",
        "StartDate,EndDate,Status,Finished,RecordedDate,ResponseId,Q7_NPS_GROUP,Q7,Q8",
        {"nps_score": "Q7", "completion": "Status"},
    ),
    ("delighted", "responses", "person_email,survey_response,comment,created_at", {"score": "survey_response"}),
    (
        "stripe",
        "customers",
        "id,Email,Name,Created (Europe/Berlin),Delinquent,Total Spend",
        {"started_at": "Created (Europe/Berlin)"},
    ),
    (
        "stripe",
        "subscriptions",
        "id,Customer ID,Status,Interval,Amount,Start (Europe/Berlin),Ended At (Europe/Berlin),Canceled At (Europe/Berlin)",
        {"started_at": "Start (Europe/Berlin)", "ended_at": "Ended At (Europe/Berlin)"},
    ),
    (
        "stripe",
        "orders",
        "id,Customer,Number,Status,Currency,Amount Due,Subtotal,Total,Date (Europe/Berlin)",
        {"amount": "Total", "ordered_at": "Date (Europe/Berlin)"},
    ),
    (
        "stripe",
        "orders",
        "id,Created date (UTC),Amount,Amount Refunded,Currency,Captured,Converted Amount,Status,Customer ID",
        {"amount": "Amount", "ordered_at": "Created date (UTC)", "refunded_amount": "Amount Refunded"},
    ),
    (
        "shopify",
        "customers",
        "First Name,Last Name,Email,Accepts Email Marketing,Total Spent,Total Orders",
        {"total_spend": "Total Spent"},
    ),
    (
        "google_ads",
        "spend",
        "Campagne,Jour,Code de devise,Type de campagne,Clics,Coût,Conversions",
        {"cost": "Coût", "spent_at": "Jour", "currency": "Code de devise"},
    ),
    (
        "meta_ads",
        "spend",
        "Reporting starts,Reporting ends,Campaign name,Amount spent,Currency,Impressions,Website purchases",
        {"cost": "Amount spent", "currency": "Currency", "spent_to_at": "Reporting ends"},
    ),
    (
        "linkedin_ads",
        "spend",
        "Start Date (in UTC),End Date (in UTC),Account Name,Campaign Name,Total Spent,Clicks",
        {"spent_at": "Start Date (in UTC)", "spent_to_at": "End Date (in UTC)"},
    ),
]


@pytest.mark.parametrize(("vendor", "table", "header", "columns"), VARIANTS)
def test_a_header_of_another_version_is_recognised(vendor: str, table: str, header: str, columns: dict[str, str]):
    labels = header.split(",")
    found = recognise(labels, "export.csv")

    assert found is not None
    assert (found.layout.vendor, found.layout.table) == (vendor, table)
    assert {name: labels[found.columns[name]] for name in columns} == columns
    assert not found.candidates


def test_what_stands_in_another_unit_is_not_the_dashboard_export():
    dashboard = recognise(
        ["id", "Created (UTC)", "Amount", "Amount Refunded", "Currency", "Status", "Customer ID"], "a.csv"
    )
    sigma = recognise(
        ["ID", "CREATED", "AMOUNT", "AMOUNT_REFUNDED", "CURRENCY", "BALANCE_TRANSACTION_ID", "CUSTOMER_ID"], "b.csv"
    )
    neither = recognise(["id", "created", "amount", "amount_refunded", "currency", "customer_id"], "c.csv")

    assert dashboard is not None
    assert dashboard.layout.money == ""
    assert sigma is not None
    assert sigma.layout.money == "minor"
    assert neither is None or neither.layout.vendor != "stripe"


def test_a_day_decides_over_the_range_of_the_report():
    found = recognise(["Reporting starts", "Reporting ends", "Campaign name", "Day", "Amount spent (EUR)"], "meta.csv")

    assert found is not None
    assert found.columns["spent_at"] == 3
    assert "spent_to_at" not in found.columns


def test_the_brackets_of_a_header_name_its_unit():
    business = "First response time, only within office hours (seconds)"
    found = recognise(["Conversation ID", "Conversation started at (UTC)", business], "intercom.csv")

    assert found is not None
    assert found.units["first_response_business_minutes"] == "seconds"


STAGES = [
    ["Demo", "Closed Won", "Demo"],
    ["2025-02-01", "2025-02-03", "2025-03-01"],
    ["2025-01-02", "2025-01-05", "2025-01-06"],
]


@pytest.mark.parametrize(
    ("ids", "keys", "table"),
    [
        (["006A1", "006A2", "006A3"], [], "deals"),
        (["006A1", "006A1", "006A2"], [], "deal_stages"),
        (
            ["006A1", "006A2", "006A3"],
            ["008A1", "008A2", "008A3"],
            "deal_stages",
        ),  # rows of one day have ids of their own
    ],
)
def test_an_opportunity_id_is_read_by_salesforce_s_own_layouts(ids: list[str], keys: list[str], table: str) -> None:
    header = [*(["Id"] if keys else []), "OpportunityId", "StageName", "CloseDate", "CreatedDate"]
    found = recognise(header, "export.csv", cells=[*([keys] if keys else []), ids, *STAGES])

    assert found is not None
    assert (found.layout.vendor, found.layout.table) == ("salesforce", table)
    assert header[found.columns["deal_id"]] == "OpportunityId"
    assert found.layout.long_ids
    assert found.layout.total_rows


CLOSE = "id,lead_id,status_type,status_label,value,value_period,value_currency,date_created,date_won,date_lost"


@pytest.mark.parametrize(("second", "expected"), [("one_time", 110), ("monthly", None), ("annual", None)])
def test_amounts_for_one_time_and_for_a_month_are_never_added(
    tmp_path: Path, second: str, expected: int | None
) -> None:
    rows = [
        "o1,l1,won,Won,100,one_time,USD,2025-01-05,2025-03-02,",
        f"o2,l2,won,Won,10,{second},USD,2025-01-06,2025-03-03,",
        "o3,l3,active,Open,,monthly,USD,2025-01-06,,",  # without an amount it says nothing
    ]
    (tmp_path / "opps.csv").write_text("\n".join([CLOSE, *rows]) + "\n", encoding="utf-8")

    report = api.report([str(tmp_path / "opps.csv")], metrics=["revenue_won", "deals_won"], period="2025-03")

    value = report.rows.set_index("metric")["value"]
    assert value["deals_won"] == 2
    assert (None if value.isna()["revenue_won"] else value["revenue_won"]) == expected
    assert ("value_period" in report.missing.get("revenue_won", "")) == (expected is None)
