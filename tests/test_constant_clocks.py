"""A date column in which every cell has the same time of day: calendar dates, unless the rest of the file says otherwise."""

from __future__ import annotations

import pytest

from crm_metrics import api
from crm_metrics.settings import Settings
from tests.conftest import TODAY, figures

DEALS = "Deal ID,Stage,Amount,Create Date,Close Date\n"
CREATED = ("2025-03-03 09:15", "2025-03-04 10:20", "2025-03-05 11:30", "2025-03-06 12:45")
DAYS = ("2025-03-03", "2025-03-04", "2025-03-05", "2025-03-16")


def deals(tmp_path, clock, offset=""):
    rows = (
        f"{n},Closed Won,100,{made.replace(' ', 'T')}:00{offset},{day}{clock}{offset}\n"
        for n, (made, day) in enumerate(zip(CREATED, DAYS, strict=True))
    )
    path = tmp_path / "deals.csv"
    path.write_text(DEALS + "".join(rows))
    return str(path)


def said(*paths, **asked):
    report = api.report(list(paths), today=TODAY, **asked)
    return [issue.detail["form"] for issue in report.issues if issue.code == "constant-clock"]


@pytest.mark.parametrize(
    ("clock", "offset"),
    [("T03:00:00", ""), ("T03:00:00", "+03:00"), ("T05:00:00.000", "Z"), ("T09:00:00", ""), ("T17:00:00", "")],
)
def test_a_constant_time_of_a_close_date_is_a_date(tmp_path, clock, offset):
    path = deals(tmp_path, clock, offset)

    assert figures(path, period="2025-03")[("sales_cycle_length_mean",)] == 2.5
    assert said(path, period="2025-03") == ["calendar dates"]


def test_midnight_in_utc_is_a_date_of_utc(tmp_path):
    """19:00 at -05:00 is midnight: the day is the next one, with and without a time zone."""
    path = deals(tmp_path, "T19:00:00", "-05:00")
    for zone in (None, "America/New_York"):
        assert figures(path, period="2025-03-17", settings=Settings(timezone=zone))[("deals_won",)] == 1


@pytest.mark.parametrize("zone", ["Europe/Berlin", "Asia/Tokyo"])
def test_a_date_is_never_shifted_by_its_constant_time(tmp_path, zone):
    path = deals(tmp_path, "T00:00:00", "Z")

    assert figures(path, period="2025-03-16", settings=Settings(timezone=zone))[("deals_won",)] == 1


@pytest.mark.parametrize(
    ("clock", "offset", "expected"),
    [
        ("T23:00:00", "Z", 1),
        ("T18:00:00", "-05:00", 1),
        ("T01:00:00", "+03:00", 0),
        ("T05:00:00", "Z", 0),
        ("T23:59:59", "Z", 0),
    ],
)
def test_a_midnight_farther_east_is_said_where_no_zone_is_set(tmp_path, clock, offset, expected):
    path = deals(tmp_path, clock, offset)
    for zone, count in ((None, expected), ("Europe/Berlin", 0)):
        issues = api.report([path], period="2025-03", settings=Settings(timezone=zone), today=TODAY).issues
        assert sum(issue.code == "evening-clock" for issue in issues) == count


def test_a_midnight_of_winter_and_summer_is_said_too(tmp_path):
    path = tmp_path / "deals.csv"
    days = ("2025-01-13T23:00:00Z", "2025-02-13T23:00:00Z", "2025-06-13T22:00:00Z")
    path.write_text(DEALS + "".join(f"{n},Closed Won,1,2024-01-0{n},{day}\n" for n, day in enumerate(days, 1)))
    issues = api.report([str(path)], period="2025", today=TODAY).issues

    assert [issue.detail["seen"] for issue in issues if issue.code == "evening-clock"] == ["22:00 or 23:00"]


def test_midnight_of_the_zone_that_is_set_is_a_date_of_it(tmp_path):
    path = deals(tmp_path, "T23:00:00", "Z")

    assert figures(path, period="2025-03-17", settings=Settings(timezone="Europe/Berlin"))[("deals_won",)] == 1


TICKETS = """Ticket ID,Created at,First response at,Status
1,2025-03-03 09:00,2025-03-03 09:30,Open
2,2025-03-04 09:00,2025-03-04 09:45,Open
3,2025-03-05 09:00,2025-03-05 10:00,Open
"""


@pytest.mark.parametrize("metric", ["first_response_time", "tickets_created"])
def test_what_really_comes_at_nine_stays_a_moment(tmp_path, metric):
    """The answers follow within the hour. What is asked for does not decide how a column is read."""
    path = tmp_path / "tickets.csv"
    path.write_text(TICKETS)

    assert said(str(path), period="2025-03", metrics=[metric]) == ["moments, as First response at agrees with it"]


def test_answers_to_what_comes_at_nine_are_timed(tmp_path):
    path = tmp_path / "tickets.csv"
    path.write_text(TICKETS)

    assert figures(str(path), period="2025-03")[("first_response_time",)] == pytest.approx(45)


@pytest.mark.parametrize("moments", [["2025-03-03 09:00", "2025-03-04 09:00"], ["2025-03-03 14:23:11"] * 5])
def test_two_days_or_one_moment_prove_nothing(tmp_path, moments):
    path = tmp_path / "orders.csv"
    rows = (f"{n},A,{moment},100\n" for n, moment in enumerate(moments))
    path.write_text("Order ID,Customer,Order date,Amount\n" + "".join(rows))

    assert not said(str(path), period="all")
