"""--layout wide: time across, in every format that holds tables."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.running import crm_metrics

QUARTER = ("report", "deals.csv", "-p", "2025-Q1", "-m", "revenue_won,win_rate", "-q")


@pytest.mark.parametrize("by", ["month", "month,owner"])
def test_each_value_stands_under_its_period_and_the_whole_is_worked_out_from_records(folder: Path, by: str):
    def told(*options: str) -> dict[tuple[str, str, str], str]:
        rows = crm_metrics(*QUARTER, *options, "-f", "csv").rows
        return {(row["metric"], row.get("owner", ""), row["period"]): row["value"] for row in rows}

    whole = told("--by", "owner") if "owner" in by else told()
    wide = crm_metrics(*QUARTER, "--by", by, "--layout", "wide", "-f", "csv").rows
    labels = ("metric", "title", "unit", "owner", "currency")
    found = {
        (row["metric"], row.get("owner", ""), period): float(value) if value else None
        for row in wide
        for period, value in row.items()
        if period not in labels
    }
    assert list(wide[0])[-4:] == ["2025-01", "2025-02", "2025-03", "2025-Q1"]
    assert found == {key: float(value) if value else None for key, value in (told("--by", by) | whole).items()}


def test_of_one_period_the_one_before_it_stands_beside(folder: Path):
    march = ("report", "deals.csv", "-p", "2025-03", "--as-of", "2025-03-31", "-m", "deals_won", "-q", "-f", "csv")
    (row,) = crm_metrics(*march, "--layout", "wide").rows
    assert list(row.items())[-2:] == [("2025-02", "2"), ("2025-03", "1")]


def test_another_layout_is_refused(folder: Path):
    assert (crm_metrics(*QUARTER, "--layout", "broad").code, crm_metrics(*QUARTER, "--layout", "tidy").code) == (2, 0)


@pytest.mark.parametrize("option", [("--layout", "wide"), ("--dialect", "excel-eu")])
def test_what_changes_nothing_on_the_page_is_refused_and_the_advice_works(folder: Path, option: tuple[str, str]):
    refused = crm_metrics(*QUARTER, *option)
    assert (refused.code, refused.out) == (2, "")
    assert f"{option[0]} " in refused.err
    assert "add -f csv" in refused.err
    assert crm_metrics(*QUARTER, *option, "-f", "csv").code == 0
    assert crm_metrics(*QUARTER, "--set", "dialect=excel-eu").code == 0
