"""Cohorts against a slow count, by hand, and what must hold for all of them."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from crm_metrics import api
from crm_metrics.errors import DataError, NothingToReport, UsageError
from crm_metrics.settings import validated

from .conftest import TODAY

SAMPLE = str(Path(__file__).parents[1] / "sample_data")
Row = tuple[str, date, float]


def made(folder: Path, text: str, **asked: Any) -> api.CohortTable:
    (folder / "file.csv").write_text(text, encoding="utf-8")
    settings = validated(asked.pop("settings", {}), "test")
    return api.cohorts([str(folder / "file.csv")], settings=settings, today=TODAY, **asked)


def orders(rows: list[Row]) -> str:
    return "Customer,Order Date,Total\n" + "".join(f"{who},{on.isoformat()},{amount}\n" for who, on, amount in rows)


def month(day: date, by: str) -> int:
    return (day.year * 12 + day.month - 1) // {"month": 1, "quarter": 3, "year": 12}[by]


def slowly(rows: list[Row], by: str) -> dict[tuple[int, int], tuple[int, float]]:
    """Customers and revenue by the period of the first purchase and k, one row at a time."""
    first: dict[str, date] = {}
    for who, on, amount in rows:
        if amount >= 0:
            first[who] = min(on, first.get(who, on))
    who_bought: dict[tuple[int, int], set[str]] = defaultdict(set)
    money: dict[tuple[int, int], float] = defaultdict(float)
    for who, on, amount in rows:
        if who in first:
            cohort = month(first[who], by)
            key = cohort, max(month(on, by) - cohort, 0)
            money[key] += amount
            if amount >= 0:
                who_bought[key].add(who)
    return {key: (len(who_bought[key]), money[key]) for key in money}


@pytest.mark.parametrize("by", ["month", "quarter", "year"])
@pytest.mark.parametrize("seed", range(8))
def test_cohorts_are_those_of_a_slow_count(seed: int, by: str, tmp_path: Path) -> None:
    draw = np.random.default_rng(seed)
    start = date(2022, 11, 1).toordinal()
    rows = [
        (
            f"C{draw.integers(0, 25)}",
            date.fromordinal(start + int(draw.integers(0, 700))),
            float(draw.integers(-20, 90)),
        )
        for _ in range(int(draw.integers(5, 250)))
    ]
    expected = slowly(rows, by)
    who, money = (made(tmp_path, orders(rows), by=by, of=of).cohorts for of in ("purchases", "revenue"))
    first = month(who.calendar[0].start, by)
    counted = {
        (first + row, k): (int(who.part[row, k]), float(money.part[row, k]))
        for row in range(len(who.size))
        for k in range(len(who.calendar))
        if who.part[row, k] or money.part[row, k]
    }

    assert {key: value for key, value in expected.items() if any(value)} == counted
    again = made(tmp_path, orders(rows[::-1]), by=by).cohorts
    assert (again.part == who.part).all()


def test_what_is_not_over_is_blank_and_a_real_0_counts(tmp_path: Path) -> None:
    """A, B, C begin in January; A comes back in March. D begins in February. March ends with the data, April does not."""
    rows = [
        ("A", date(2024, 1, 5), 10.0),
        ("B", date(2024, 1, 6), 10.0),
        ("C", date(2024, 1, 9), 10.0),
        ("D", date(2024, 2, 2), 10.0),
        ("A", date(2024, 3, 7), 30.0),
        ("D", date(2024, 4, 1), 10.0),
    ]
    found = made(tmp_path, orders(rows)).cohorts
    average, low, high, many = found.averages()

    assert [1, 0, pytest.approx(1 / 3)] == found.share[0, :3].tolist()
    assert [1.0, 0.0] == found.share[1, :2].tolist()
    assert np.isnan(found.share[0, 3])
    assert np.isnan(found.share[1, 2])
    assert [1, 0, pytest.approx(1 / 3)] == average[:3].tolist()
    assert ([2, 2, 1], True) == (many[:3].tolist(), bool(np.isnan(average[3])))
    assert (low[0], high[1]) == (pytest.approx(0.5101, abs=1e-4), pytest.approx(0.4899, abs=1e-4))


def test_the_weighted_average_is_not_the_mean_of_the_cohorts(tmp_path: Path) -> None:
    """One of nine comes back, and one of one: 2 of 10, not 56 %."""
    rows = [(f"A{i}", date(2024, 1, 5), 1.0) for i in range(9)] + [("B", date(2024, 2, 5), 1.0)]
    rows += [("A1", date(2024, 2, 7), 1.0), ("B", date(2024, 3, 31), 1.0)]
    found = made(tmp_path, orders(rows)).cohorts

    assert found.averages()[0][1] == pytest.approx(0.2)


def test_a_period_keeps_the_cohorts_that_began_in_it(tmp_path: Path) -> None:
    rows = [("A", date(2024, 1, 5), 1.0), ("B", date(2024, 2, 5), 1.0), ("A", date(2024, 3, 7), 1.0)]
    found = made(tmp_path, orders(rows), period="2024-02").cohorts

    assert (["2024-02"], [1], [1.0]) == (
        [part.label for part in found.periods],
        found.size.tolist(),
        found.share[0, :1].tolist(),
    )
    with pytest.raises(NothingToReport, match="no whole quarter lies within"):
        made(tmp_path, orders(rows), period="2024-02", by="quarter")


def test_quarters_are_those_of_the_fiscal_year(tmp_path: Path) -> None:
    rows = [("A", date(2024, 1, 31), 1.0), ("A", date(2024, 2, 1), 1.0)]
    found = made(tmp_path, orders(rows), by="quarter", settings={"fiscal_year_start": 2}).cohorts

    assert (2, [1.0, 1.0]) == (len(found.calendar), found.part[0].tolist())


SUBSCRIPTIONS = """\
Subscription ID,Customer,Started At,Ended At,MRR
S1,A,2024-01-10,,100
S2,A,2024-02-10,2024-03-05,50
S3,B,2024-01-15,2024-03-01,80
S4,C,2024-02-01,2024-02-20,30
S5,C,2024-04-02,,35
S6,D,2024-04-30,,10
"""


def test_by_start_who_is_there_at_the_end_of_each_period(tmp_path: Path) -> None:
    """B ends at the instant February does and was there; C starts at the instant January ends, leaves within February and
    comes back in April."""
    found = made(tmp_path, SUBSCRIPTIONS, of="starts", settings={"as_of": "2024-04-30"}).cohorts

    assert [2, 1, 0, 1] == found.size.tolist()
    assert [2, 2, 1, 1] == found.part[0].tolist()
    assert [0, 0, 1] == found.part[1, :3].tolist()
    assert [1.0] == found.share[3, :1].tolist()


def test_by_start_what_is_paid_at_the_end_of_each_period(tmp_path: Path) -> None:
    found = made(tmp_path, SUBSCRIPTIONS, of="mrr", settings={"as_of": "2024-04-30"}).cohorts

    assert [180, 230, 100, 100] == found.part[0].tolist()
    assert [1, pytest.approx(230 / 180), pytest.approx(100 / 180)] == found.share[0, :3].tolist()
    assert np.isnan(found.share[1]).all()  # nothing was left at the end of February to compare with


@pytest.mark.parametrize("by", ["month", "quarter"])
def test_all_cohorts_together_are_the_customers_and_the_revenue_of_the_report(by: str) -> None:
    settings = validated({"as_of": "2025-12-31"}, "test")
    counts = {
        of: api.cohorts([SAMPLE], by=by, of=of, settings=settings, today=TODAY).cohorts
        for of in ("starts", "mrr", "revenue", "purchases")
    }
    metrics = ["customers_at_end", "mrr", "active_customers"]
    report = api.report([SAMPLE], period="2025-12", metrics=metrics, settings=settings, today=TODAY)
    values = dict(zip(report.rows["metric"], report.rows["value"], strict=True))

    last = {of: sum(part[len(part) - 1 - row] for row, part in enumerate(found.part)) for of, found in counts.items()}
    assert last["starts"] == values["customers_at_end"]
    assert last["mrr"] == pytest.approx(values["mrr"])
    if by == "month":
        assert last["purchases"] == values["active_customers"]
    everything = api.report([SAMPLE], period="all", metrics=["revenue", "revenue_without_customer"], today=TODAY)
    total, nobody = everything.rows["value"]
    assert counts["revenue"].part.sum() == pytest.approx(total - nobody)


def test_the_median_lifetime_is_that_of_the_published_vector(tmp_path: Path) -> None:
    """10, 20, 30, 40, 50 (still there), 60, 120 (still there), 240 days: 40."""
    lines = []
    for number, (days, left) in enumerate([(10, 1), (20, 1), (30, 1), (40, 1), (50, 0), (60, 1), (120, 0), (240, 1)]):
        end = date(2024, 12, 31).toordinal() + 1
        start = end - days if not left else end - 300
        ended = "" if not left else date.fromordinal(start + days).isoformat()
        lines.append(f"S{number},C{number},{date.fromordinal(start)},{ended},10")
    text = "Subscription ID,Customer,Started At,Ended At,MRR\n" + "\n".join(lines) + "\n"
    found = made(tmp_path, text, of="starts", settings={"as_of": "2024-12-31"}).lifetime
    assert found is not None

    assert (8, 6) == (found.customers, found.left)
    assert found.median[0] == pytest.approx(40 / 30.4375)
    assert [1.0, 0.625, 0.3333] == [pytest.approx(share, abs=1e-4) for share in found.share[[0, 1, 2]]]
    assert [8, 5, 2] == found.watched[:3].tolist()


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        ({"by": "monthly"}, UsageError),
        ({"of": "start"}, UsageError),
        ({"of": "starts"}, NothingToReport),
        ({"of": "mrr"}, NothingToReport),
        ({"period": "2024-99"}, UsageError),
    ],
)
def test_what_cannot_be_made_is_refused(tmp_path: Path, asked: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        made(tmp_path, orders([("A", date(2024, 1, 5), 1.0)]), **asked)


def test_revenue_in_several_currencies_is_refused_and_purchases_are_not(tmp_path: Path) -> None:
    text = "Customer,Order Date,Total,Currency\nA,2024-01-05,10,USD\nB,2024-01-06,10,EUR\n"

    assert [2] == made(tmp_path, text).cohorts.size.tolist()
    with pytest.raises(DataError, match="EUR, USD"):
        made(tmp_path, text, of="revenue")
