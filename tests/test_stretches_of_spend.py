"""A column that places the rows of an advertising report in time: weeks, months, quarters, years, in nine languages."""

from __future__ import annotations

from itertools import pairwise

import pytest

from crm_metrics import api
from crm_metrics.errors import AmbiguousError
from crm_metrics.loaders.stretches import stretch_of
from crm_metrics.settings import Settings
from tests.conftest import TODAY, figures


def spend(tmp_path, header, *lines, above=()):
    path = tmp_path / "spend.csv"
    path.write_text("\n".join([*above, f"{header},Campaign,Cost", *lines]) + "\n", encoding="utf-8")
    return str(path)


def cost(path, period, **settings):
    asked = {"period": period, "metrics": ["acquisition_spend"]}
    return figures(path, settings=Settings(**settings), **asked)[("acquisition_spend",)]


@pytest.mark.parametrize(
    ("header", "january", "february"),
    [
        ("Month", "2025-01-01", "2025-02-01"),
        ("Month", "January 2025", "February 2025"),
        ("Month", "Jan-25", "Feb-25"),
        ("Month", "202501", "202502"),
        ("Month", "1/1/2025", "2/1/2025"),
        ("Month", "2025-01-01 - 2025-01-31", "2025-02-01 - 2025-02-28"),
        ("Monat", "Januar 2025", "Februar 2025"),
        ("Mois", "janvier 2025", "févr. 2025"),
        ("Mes", "enero de 2025", "febrero de 2025"),
        ("Mês", "jan. de 2025", "fev. de 2025"),
        ("Mese", "gen 2025", "feb 2025"),
        ("Maand", "01-2025", "02-2025"),
        ("Miesiąc", "styczeń 2025", "luty 2025"),
        ("月", "2025年1月", "2025年2月"),
    ],
)
def test_a_row_covers_its_month(tmp_path, header, january, february):
    path = spend(tmp_path, header, f"{january},A,310", f"{february},A,28")

    assert (cost(path, "2025-01"), cost(path, "2025-02")) == (310, 28)
    assert cost(path, "2025-01-05") == 10


@pytest.mark.parametrize(
    ("header", "cell", "days", "period"),
    [
        ("Week", "2025-02-10", 7, "2025-02-10..2025-02-16"),
        ("Week", "2025-W07", 7, "2025-02-10..2025-02-16"),
        ("Kalenderwoche", "KW 7 2025", 7, "2025-02-10..2025-02-16"),
        ("Week ending", "2025-02-16", 7, "2025-02-10..2025-02-16"),
        ("Quarter", "Q1 2025", 90, "2025-Q1"),
        ("Trimestre", "T2 2025", 91, "2025-Q2"),
        ("四半期", "2025年第3四半期", 92, "2025-Q3"),
        ("Jahr", "2025", 365, "2025"),
    ],
)
def test_a_row_covers_its_week_quarter_or_year(tmp_path, header, cell, days, period):
    path = spend(tmp_path, header, f"{cell},A,{days}")

    assert cost(path, period) == days
    assert cost(path, f"{period[:4]}") == days


def test_a_month_without_a_year_is_of_the_year_beside_it(tmp_path):
    path = spend(tmp_path, "Year,Month", "2024,March,A,31", "2025,March,A,62")

    assert (cost(path, "2024-03"), cost(path, "2025-03")) == (31, 62)


def test_a_month_without_a_year_is_of_the_year_of_the_report(tmp_path):
    lines = ["January,A,31", "Feb,A,56"]
    path = spend(tmp_path, "Month", *lines, above=["Report", '"January 1, 2025 - February 28, 2025"'])

    assert (cost(path, "2025-01"), cost(path, "2025-02")) == (31, 56)


def test_a_week_that_two_months_share_is_split_where_the_report_splits_it(tmp_path):
    path = spend(tmp_path, "Month,Week", "2025-03-01,2025-03-31,A,5", "2025-04-01,2025-03-31,A,600")

    assert (cost(path, "2025-03"), cost(path, "2025-04")) == (5, 600)


def test_a_month_ends_where_the_report_ends(tmp_path):
    """A report from 15 January on has half of January, and the range above the header is not what each row covers."""
    path = spend(tmp_path, "Month", "2025-01-01,A,17", "2025-02-01,A,28", above=["Report", "2025-01-15 - 2025-02-28"])

    assert cost(path, "2025-01-15..2025-01-16") == 2
    assert cost(path, "2025-02") == 28


@pytest.mark.parametrize(
    ("header", "rows", "costs"),
    [
        (
            "Reporting starts,Reporting ends,Month",
            ["2025-01-01,2025-02-28,2025-01-01,A,310", "2025-01-01,2025-02-28,2025-02-01,A,28"],
            {"2025-01": 310, "2025-02": 28},
        ),
        (
            "Month,Start date,End date",
            ["2025-01-01,2025-01-31,2025-02-01,A,2", "2025-02-01,2025-02-02,2025-02-03,A,4"],
            {"2025-02-01": 1},
        ),
    ],
    ids=["all-rows-name-one-range", "each-row-names-its-own"],
)
@pytest.mark.parametrize("timezone", [None, "Europe/Berlin"])
def test_months_split_the_range_that_all_rows_name_and_are_labels_beside_days_of_each_row(
    tmp_path, header, rows, costs, timezone
):
    path = spend(tmp_path, header, *rows)
    given = {} if timezone is None else {"timezone": timezone}

    assert {period: cost(path, period, **given) for period in costs} == costs


@pytest.mark.parametrize("month", ["March", "2024-12-01", "2025-03"])
def test_a_month_beside_a_full_date_is_a_label(tmp_path, month):
    path = spend(tmp_path, "Month,Date", f"{month},2025-03-05,A,31")

    assert cost(path, "2025-03-05") == 31


def test_days_in_an_open_order_are_asked_about(tmp_path):
    path = spend(tmp_path, "Week", "03/04/2025,A,5")
    with pytest.raises(AmbiguousError):
        api.report([path], period="all", metrics=["acquisition_spend"], today=TODAY)


def test_a_cell_that_names_no_month_is_said(tmp_path):
    path = spend(tmp_path, "Month", "2025-01-01,A,31", "later,A,5")
    issues = api.report([path], period="2025-01", today=TODAY).issues

    assert [(issue.count, issue.rows) for issue in issues if issue.code == "unreadable-date"] == [(1, (3,))]


@pytest.mark.parametrize(
    "header", ["Day of week", "Month of Year", "Monthly budget", "Day", "Start date", "Quarter target", "Week number"]
)
def test_other_headers_name_no_stretch(header):
    assert stretch_of(header) is None


@pytest.mark.parametrize("header", ["Week,Month", "Tydzień,Miesiąc", "週,月", "Semana,Mês"])
def test_an_unmapped_report_of_weeks_is_spend(tmp_path, header):
    path = spend(tmp_path, header, "2025-02-10,2025-02-01,A,70")

    assert cost(path, "2025-02-12") == 10


@pytest.mark.parametrize("clock", ["", " 00:00:00", "T07:00:00Z"])
def test_an_end_that_is_the_next_beginning_is_not_covered(tmp_path, clock):
    days = ("2025-03-01", "2025-03-02", "2025-03-03", "2025-03-04")
    lines = (f"{first}{clock},{last}{clock},A,10" for first, last in pairwise(days))
    path = spend(tmp_path, "Start date,End date", *lines)

    assert [cost(path, day) for day in days[:3]] == [10, 10, 10]
    if not clock.endswith("Z"):
        assert [cost(path, day, timezone="Asia/Tokyo") for day in days[:3]] == [10, 10, 10]


@pytest.mark.parametrize(
    "lines",
    [
        ("2025-03-01,2025-03-01,A,10", "2025-03-02,2025-03-02,A,10", "2025-03-01,2025-03-02,B,20"),
        ("2025-02-24,2025-03-02,A,70", "2025-03-03,2025-03-09,A,70"),
        ("2025-03-01,2025-03-02,A,20",),
    ],
)
def test_an_inclusive_end_is_covered(tmp_path, lines):
    path = spend(tmp_path, "Start date,End date", *lines)

    assert cost(path, "2025-03-02") == {3: 20, 2: 10, 1: 10}[len(lines)]
