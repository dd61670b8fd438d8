"""How strong a change is: beyond what chance brings 3 times in 1,000, or 5 times in 100; per day, and by what was before."""

from __future__ import annotations

import calendar
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from crm_metrics import api
from crm_metrics.intervals.shares import wilson
from crm_metrics.intervals.signals import Figures, Noise, signals
from crm_metrics.metrics import catalog
from crm_metrics.settings import Settings

from ..conftest import TODAY

CATALOG = catalog.built_in()


def share(won: int, of: int) -> Figures:
    value = np.array([won / of])
    return Figures(value, *wilson(value, np.array([float(of)])), np.array([float(of)]))


def count(number: float) -> Figures:
    unknown = np.full(1, np.nan)
    return Figures(np.array([float(number)]), unknown, unknown, np.array([float(number)]))


@pytest.mark.parametrize(
    ("metric", "now", "before", "said"),
    [
        ("win_rate", share(60, 100), share(30, 100), "better"),  # 4.2 standard deviations
        ("win_rate", share(45, 100), share(30, 100), "maybe better"),  # 2.2
        ("win_rate", share(35, 100), share(30, 100), "no detectable change"),  # 0.8
        ("churn_rate", share(60, 100), share(30, 100), "worse"),
        ("churn_rate", share(45, 100), share(30, 100), "maybe worse"),
        ("deals_won", count(160), count(100), "better"),  # 60 / √260 = 3.7
        ("deals_won", count(140), count(100), "maybe better"),  # 40 / √240 = 2.6
        ("deals_lost", count(140), count(100), "maybe worse"),
        ("closed_deals", count(300), count(100), None),
    ],
)
def test_there_are_two_strengths(metric: str, now: Figures, before: Figures, said: str | None) -> None:
    assert signals(CATALOG[metric], now, before)[0] == said


def test_a_figure_is_as_uncertain_as_the_periods_before_differ() -> None:
    wild, calm = (Noise(np.ones(1), np.array([spread]), np.zeros(1)) for spread in (40.0, 1.0))

    assert signals(CATALOG["deals_won"], count(160), count(100), wild)[0] == "no detectable change"
    assert signals(CATALOG["deals_won"], count(160), count(100), calm)[0] == "better"


def orders(folder: Path, daily: dict[str, int], start: str, end: str) -> str:
    """So many orders a day in each month; those not named have 20."""
    lines, day = ["order_id,customer,ordered_at,amount"], date.fromisoformat(start)
    while day <= date.fromisoformat(end):
        lines += [f"{day}-{n},C{day}-{n},{day},10" for n in range(daily.get(f"{day:%Y-%m}", 20))]
        day += timedelta(1)
    path = folder / "orders.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return str(path)


def said(path: str, period: str, metrics: list[str], **asked: object) -> dict[str, object]:
    found = api.report([path], period=period, metrics=metrics, today=TODAY, **asked).rows  # type: ignore[arg-type]
    return dict(zip(found["metric"], found["signal"], strict=True))


def test_months_of_unequal_length_are_judged_a_day(tmp_path: Path) -> None:
    """February has a tenth less of everything than January, and is no worse."""
    path = orders(tmp_path, {}, "2024-12-01", "2025-02-28")
    rows = api.report([path], period="2025-02", metrics=["revenue"], today=TODAY).rows

    assert calendar.monthrange(2025, 2)[1] == 28
    assert rows["value"].tolist() == [5600]
    assert rows["compare_value"].tolist() == [6200]
    assert rows["signal"].tolist() == ["no detectable change"]
    busy = orders(tmp_path, {"2025-02": 26}, "2024-12-01", "2025-02-28")
    assert said(busy, "2025-02", ["revenue"])["revenue"] == "better"


def test_what_varies_from_month_to_month_is_no_better_for_one_more(tmp_path: Path) -> None:
    months = {f"2024-{month:02}": (10, 30)[month % 2] for month in range(1, 13)}
    wild = orders(tmp_path, {**months, "2025-01": 30}, "2024-01-01", "2025-01-31")
    steady = {f"2024-{month:02}": 10 for month in range(1, 13)}

    assert said(wild, "2025-01", ["revenue"])["revenue"] == "no detectable change"
    calm = orders(tmp_path, {**steady, "2025-01": 30}, "2024-01-01", "2025-01-31")
    assert said(calm, "2025-01", ["revenue"])["revenue"] == "better"


def test_why_uses_the_same_comparison(tmp_path: Path) -> None:
    path = orders(tmp_path, {}, "2024-12-01", "2025-02-28")
    found = api.why([path], "revenue", period="2025-02", settings=Settings(), today=TODAY)

    assert found.change.signal == "no detectable change"
