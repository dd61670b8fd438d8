"""Periods that are too young to tell: the page also shows the newest one that is old enough."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from crm_metrics import api
from crm_metrics.commands.review.book import book
from crm_metrics.errors import NothingToReport
from crm_metrics.settings import Settings

from .conftest import TODAY
from .renderers.reports import rendered


def leads(folder: Path, *, converted: bool) -> str:
    """Twenty leads a month from December on, of whom half are converted after ten days, or nobody yet."""
    lines = ["Lead ID,Created,Converted at"]
    for month in range(12, 18):
        for number in range(20):
            created = date(2024 + (month - 1) // 12, (month - 1) % 12 + 1, 1 + number)
            lines.append(f"{month}-{number},{created},{created + timedelta(10) if converted and number % 2 else ''}")
    path = folder / "leads.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return str(path)


@pytest.mark.parametrize("converted", [True, False])
def test_young_leads_are_immature_whether_or_not_anybody_has_converted_yet(converted: bool, tmp_path: Path) -> None:
    asked = api.query(
        period="2025-05", metrics=["lead_conversion_rate", "leads_created"], settings=Settings(as_of=date(2025, 5, 31))
    )
    dataset = api.load([leads(tmp_path, converted=converted)], asked, today=TODAY)
    report = api.compute(dataset, asked, history=True)

    assert report.rows["reason"].tolist()[0] == "immature-cohort"
    assert report.ripe == {"lead_conversion_rate": ("2025-02", 0.5 if converted else 0.0)}
    assert f"Lead conversion rate (Feb 2025: {'50.0 %' if converted else '0.0 %'})" in rendered(report)


def test_a_period_that_is_old_enough_shows_no_other(tmp_path: Path) -> None:
    asked = api.query(period="2025-01", metrics=["lead_conversion_rate"], settings=Settings(as_of=date(2025, 5, 31)))
    report = api.compute(api.load([leads(tmp_path, converted=True)], asked, today=TODAY), asked, history=True)

    assert report.rows["value"].tolist() == [0.5]
    assert report.ripe == {}


def test_review_and_why_name_the_newest_period_that_is_old_enough_too(tmp_path: Path) -> None:
    files, settings = [leads(tmp_path, converted=True)], Settings(as_of=date(2025, 5, 31))
    young, old = (api.review(files, period=period, settings=settings, today=TODAY) for period in ("2025-05", "2025-02"))

    assert young.ripe == {"lead_conversion_rate": ("2025-02", 0.5)}
    assert "Not yet to be told: Lead conversion rate (Feb 2025: 50.0 %)" in book(young).says
    assert old.ripe == {}
    assert not [line for line in book(old).says if "Not yet" in line]
    with pytest.raises(NothingToReport) as refused:
        api.why(files, "lead_conversion_rate", period="2025-05", settings=settings, today=TODAY)
    assert "-p 2025-02" in str(refused.value.hint)
    assert api.why(files, "lead_conversion_rate", period="2025-02", settings=settings, today=TODAY).change.now == 0.5
