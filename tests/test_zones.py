"""Moments that are written in zones: those of one place stay as they are written, those of several are put on one clock."""

from __future__ import annotations

import pytest

from crm_metrics import api
from crm_metrics.settings import Settings
from tests.conftest import TODAY, figures


def tickets(tmp_path, created, solved, header=("Created at", "Solved at")):
    rows = (f"{n},{made},{done},solved\n" for n, (made, done) in enumerate(zip(created, solved, strict=True), 1))
    path = tmp_path / "tickets.csv"
    path.write_text(f"Ticket ID,{header[0]},{header[1]},Status\n" + "".join(rows), encoding="utf-8")
    return str(path)


def said(path, **asked):
    return [
        issue.detail["seen"]
        for issue in api.report([path], today=TODAY, **asked).issues
        if issue.code == "several-zones"
    ]


@pytest.mark.parametrize(
    ("created", "solved"),
    [
        ("2025-03-13T10:05:00+02:00", "2025-03-13T09:05:00Z"),
        ("2025-03-13 10:05 CET", "2025-03-13 05:05 EST"),
        ("03/13/2025 10:05 PDT", "03/13/2025 18:05 UTC"),
        ("2025-03-13 10:05:00 GMT+2", "2025-03-13 09:05:00 GMT"),
        ("Thu, 13 Mar 2025 10:05:00 +0100", "Thu, 13 Mar 2025 10:05:00 GMT"),
        ("Thu Mar 13 2025 10:05:00 GMT+0100 (CET)", "Thu Mar 13 2025 10:05:00 GMT+0000 (UTC)"),
        ("2025年3月13日 午後7:05 JST", "2025年3月13日 午前11:05 UTC"),
    ],
)
@pytest.mark.parametrize("settings", [None, Settings(timezone="Asia/Tokyo")])
def test_an_hour_is_an_hour_in_whatever_zones_it_is_written(tmp_path, created, solved, settings):
    path = tickets(tmp_path, [f'"{created}"'], [f'"{solved}"'])

    assert figures(path, period="2025-03", settings=settings)[("resolution_time",)] == 1
    assert bool(said(path, period="2025-03", settings=settings)) == (settings is None)


@pytest.mark.parametrize("header", [("Created (PST)", "Solved (UTC)"), ("Created (UTC-8)", "Solved (Europe/London)")])
def test_the_zones_of_headers_are_those_of_their_cells(tmp_path, header):
    path = tickets(tmp_path, ["2025-03-13 10:05", "2025-03-14 10:20"], ["2025-03-13 19:05", "2025-03-14 19:20"], header)

    assert figures(path, period="2025-03")[("resolution_time",)] == 1


def test_what_is_asked_decides_no_clock(tmp_path):
    """The first ticket was made on the first of April in UTC, and the other column alone says that there are two zones."""
    path = tickets(tmp_path, ["2025-03-31T22:05:00-05:00", "2025-03-14T10:00:00-05:00"], ["2025-04-01T04:05:00Z", ""])

    for metrics in (["tickets_created"], ["tickets_created", "resolution_time"]):
        assert figures(path, period="2025-03", metrics=metrics)[("tickets_created",)] == 1


@pytest.mark.parametrize(
    "created",
    [
        ("2025-01-31T23:30:00+01:00", "2025-06-30T23:30:00+02:00"),  # Berlin in winter and in summer
        ("2025-01-31 23:30 EST", "2025-06-30 23:30 EDT"),
        ("2025-01-31T23:30:00-05:00", "2025-06-30T23:30:00-05:00"),
    ],
)
def test_the_clock_of_one_place_stays(tmp_path, created):
    path = tickets(tmp_path, created, ["", ""])

    assert figures(path, period="2025-01")[("tickets_created",)] == 1
    assert figures(path, period="2025-06")[("tickets_created",)] == 1
    assert said(path, period="2025-01") == []
