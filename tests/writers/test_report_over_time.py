"""A report for people draws its headline figures over time: the last twelve periods, or those of a series."""

from __future__ import annotations

import re
from pathlib import Path

import openpyxl
import pytest

from tests.cli.running import crm_metrics

SAMPLE = str(Path(__file__).parents[2] / "sample_data")


@pytest.fixture(scope="module")
def page() -> str:
    return crm_metrics("report", SAMPLE, "-p", "2025-12", "-f", "html").out


def test_the_web_page_draws_each_headline_figure_over_twelve_periods(page: str) -> None:
    drawn = re.findall(r"<figure><h2>(.*?)</h2>.*?</figure>", page, re.DOTALL)
    assert {"Win rate (%)", "First response time (min)", "Revenue won"} <= {*drawn}
    assert f"Over time ({len(drawn)} charts)" in page
    assert page.index("Headline figures") < page.index("Over time") < page.index("<h2>Acquisition</h2>")
    figure = page[page.index("<h2>Win rate (%)</h2>") :].partition("</figure>")[0]
    assert "2025-01" in figure
    assert "2024-12" not in figure


def test_the_workbook_has_charts_that_a_spreadsheet_draws_itself(tmp_path: Path) -> None:
    asked = (
        "report",
        SAMPLE,
        "-p",
        "2025",
        "--by",
        "month",
        "-m",
        "win_rate,deals_won",
        "-o",
        str(tmp_path / "r.xlsx"),
    )
    assert crm_metrics(*asked).code == 0
    book = openpyxl.load_workbook(tmp_path / "r.xlsx")
    assert len(book.worksheets[0]._charts) == 1  # the number of deals is no headline figure
    rows = [row[:4] for row in book["Chart data"].iter_rows(values_only=True)]
    assert rows[0][0] == "Win rate (%)"
    assert rows[1] == (None, "value", "at least", "at most")
    assert [row[0] for row in rows[2:]] == [f"2025-{month:02}" for month in range(1, 13)]
    assert all(low < value < high for _, value, low, high in rows[2:])


def test_what_is_not_final_is_drawn_as_that(tmp_path: Path) -> None:
    """Deals of December are too young to tell how many of them are won; whether those closed in it were, is known."""
    asked = ("report", SAMPLE, "-p", "2025-07..2025-12", "--by", "month", "-m", "sales_conversion_rate,win_rate")
    drawn = dict(re.findall(r"<figure><h2>(.*?)</h2>(.*?)</figure>", crm_metrics(*asked, "-f", "html").out, re.DOTALL))
    assert [drawn[title].count("to date, or not final") for title in ("Sales conversion rate (%)", "Win rate (%)")] == [
        1,
        0,
    ]
    assert crm_metrics(*asked, "-o", str(tmp_path / "r.xlsx")).code == 0
    rows = list(openpyxl.load_workbook(tmp_path / "r.xlsx")["Chart data"].iter_rows(values_only=True))
    (at,) = (place for place, head in enumerate(rows[1]) if head == "to date, or not final")
    final, still_open = ([row[column] is not None for row in rows[2:]] for column in (at - 1, at))
    assert final == [True] * 5 + [False]
    assert still_open == [False] * 4 + [True, True]  # the line goes on from the last that is final


def test_a_series_opens_with_its_headline_figures_and_periods_across(tmp_path: Path) -> None:
    asked = ("report", SAMPLE, "-p", "2025-Q4", "--by", "month", "-m", "sales")
    assert crm_metrics(*asked, "-o", str(tmp_path / "r.xlsx")).code == 0
    summary = list(openpyxl.load_workbook(tmp_path / "r.xlsx")["Summary"].iter_rows(values_only=True))
    (top,) = (place for place, row in enumerate(summary) if row[0] == "Figure")
    assert summary[top - 1][0] == "Headline figures"
    assert summary[top][:5] == ("Figure", "2025-10", "2025-11", "2025-12", "2025-Q4")
    by_month = crm_metrics(*asked, "-f", "csv").rows
    values = {(row["title"], row["period"]): float(row["value"]) for row in by_month if row["value"]}
    for month, column in (("2025-11", 2), ("2025-12", 3)):
        shown = next(row for row in summary[top:] if row[0] == "Win rate")[column]
        assert shown == pytest.approx(values["Win rate", month])
    said = [row[0] for row in summary[top:] if row[0] and row[0].startswith("Not final")]
    assert [text for text in said if "Sales conversion rate" in text] == said[-1:]
    assert said[-1].startswith("Not final in 2025-12: ")
    page = crm_metrics(*asked, "-f", "html").out
    assert page.index("<h2>Headline figures</h2>") < page.index("<h2>Not available</h2>")


@pytest.mark.parametrize("by", ["owner", "owner,month"])
def test_a_report_by_segment_opens_with_its_headline_figures_across(tmp_path: Path, by: str) -> None:
    asked = ("report", SAMPLE, "-p", "2025-Q4", "-m", "win_rate,deals_won,revenue_won,revenue")
    assert crm_metrics(*asked, "--by", by, "-o", str(tmp_path / "r.xlsx")).code == 0
    summary = list(openpyxl.load_workbook(tmp_path / "r.xlsx")["Summary"].iter_rows(values_only=True))
    (top,) = (place for place, row in enumerate(summary) if row[0] == "owner")
    assert summary[top - 1][0] == "Headline figures"
    heads = ["owner", "Win rate", "Revenue won", "Revenue (orders) (USD)"]  # which deals are in no currency
    assert heads == [*summary[top][:4]]
    values = {
        (row["title"], row["owner"]): float(row["value"])
        for row in crm_metrics(*asked, "--by", "owner", "-f", "csv").rows
        if row["value"]
    }
    for title, at, digits in (("Win rate", 1, 1e-12), ("Revenue won", 2, 1e-9), ("Revenue (orders)", 3, 1e-9)):
        shown = {row[0]: row[at] for row in summary[top + 1 :] if row[at] is not None}
        assert shown == {
            owner: pytest.approx(value, digits) for (name, owner), value in values.items() if name == title
        }


def test_the_figures_of_segments_are_not_drawn(page: str) -> None:
    assert "<figure>" in page
    assert "<figure>" not in crm_metrics("report", SAMPLE, "-p", "2025-12", "--by", "owner", "-f", "html").out


def test_a_report_can_be_a_picture() -> None:
    drawn = crm_metrics("report", SAMPLE, "-p", "2025-12", "-m", "win_rate,nps", "-f", "svg").out
    assert drawn.startswith(("<svg", "<?xml"))
    assert "Win rate (%)" in drawn
    assert "Net promoter score" in drawn
