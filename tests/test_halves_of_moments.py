"""A date and a time of day in two columns are one moment; a time alone is no date."""

from __future__ import annotations

import pytest

from crm_metrics import api
from crm_metrics.settings import Settings
from tests.conftest import TODAY, figures


def written(tmp_path, name, *lines):
    path = tmp_path / f"{name}.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return str(path)


def minutes(path, **settings):
    return figures(path, period="2025-03", settings=Settings(**settings))[("first_response_time",)]


@pytest.mark.parametrize(
    ("header", "first", "second"),
    [
        ("Ticket ID,Created date,Created time,First response date,First response time", "09:00", "10:30"),
        ("Ticket ID,Created date,Created time,First response date,First response time", "9:00 AM", "10:30 AM"),
        ("Ticket ID,Created date,Time,First response date,Time", "09.00.00", "10.30.00"),
    ],
)
def test_tickets_are_timed_by_both_halves(tmp_path, header, first, second):
    path = written(tmp_path, "tickets", header, f"1,2025-03-03,{first},2025-03-03,{second}")

    assert minutes(path) == 90


def test_a_time_at_the_end_of_a_day_is_the_midnight_of_the_next(tmp_path):
    header = "Ticket ID,Created date,Created time,First response date,First response time"
    path = written(
        tmp_path, "tickets", header, "1,2025-03-03,22:30,2025-03-03,24:00", "2,2025-03-04,10:00,2025-03-04,11:30"
    )

    assert minutes(path) == 90


def test_names_of_a_tool_are_not_its_moments_where_they_hold_times_of_day(tmp_path):
    """Freshdesk's `Created time` and `Resolved time` are moments, but not beside dates of their own."""
    header = (
        "Ticket ID,Status,Created date,Created time,Resolved date,Resolved time,First response date,First response time"
    )
    row = "Closed,2025-03-0{0},09:00,2025-03-0{0},12:00,2025-03-0{0},10:{1}"
    path = written(tmp_path, "tickets", header, f"1,{row.format(3, 30)}", f"2,{row.format(4, 20)}")

    assert minutes(path) == 85


ORDERS = {
    "paypal": "Date,Time,TimeZone,Transaction ID,Name,Amount",
    "german": "Datum,Uhrzeit,Zeitzone,Bestellnummer,Kunde,Betrag",
    "french": "Date,Heure,Fuseau horaire,Numéro de commande,Client,Montant",
    "square": "Order date,Order time,Time Zone,Order ID,Customer,Amount",
}


@pytest.mark.parametrize("zone", ["PST", "GMT-08:00", "America/Los_Angeles", "Pacific Time (US & Canada)"])
@pytest.mark.parametrize("header", ORDERS.values(), ids=ORDERS)
def test_an_order_is_of_the_day_of_the_zone_that_is_set(tmp_path, header, zone):
    """22:30 on the last of February in Los Angeles is the first of March in Berlin."""
    rows = (f"2025-02-28,22:30:00,{zone},a1,Ada,30", f"2025-03-05,08:00:00,{zone},a2,Bo,5")
    path = written(tmp_path, "orders", header, *rows)

    assert figures(path, period="2025-03", settings=Settings(timezone="Europe/Berlin"))[("revenue",)] == 35
    assert figures(path, period="2025-03")[("revenue",)] == 5


def test_a_time_alone_is_no_date(tmp_path):
    rows = ("1,A,2025-03-03,09:15,10", "2,B,,10:20,5")
    path = written(tmp_path, "orders", "Order ID,Customer,Order date,Time,Amount", *rows)

    assert figures(path, period="2025-03")[("revenue",)] == 10


def test_a_duration_beside_a_date_is_no_time_of_day(tmp_path):
    """The header of the second says no time, or its cells are none."""
    path = written(
        tmp_path,
        "tickets",
        "Ticket ID,Created at,First response time",
        "1,2025-03-03,48:30:00",
        "2,2025-03-04,01:30:00",
    )

    assert "unreadable-date" not in {issue.code for issue in api.report([path], period="2025-03", today=TODAY).issues}
    assert minutes(path) == pytest.approx((48.5 * 60 + 90) / 2)


def test_a_time_that_is_none_is_said(tmp_path):
    lines = [f"{n},A,2025-03-{1 + n % 28:02},09:15,10" for n in range(600)]
    path = written(
        tmp_path, "orders", "Order ID,Customer,Order date,Order time,Amount", *lines, "x,B,2025-03-03,late,5"
    )
    issues = api.report([path], period="2025-03", today=TODAY).issues

    assert [(issue.detail["column"], issue.rows) for issue in issues if issue.code == "unreadable-date"] == [
        ("Order time", (602,))
    ]
