"""Lifetime value: one basis over the whole months that end with the period, its limits, and how little it may rest on."""

from __future__ import annotations

import math
from datetime import date, timedelta
from pathlib import Path
from random import Random

import pytest

from crm_metrics import api
from crm_metrics.reporting.report import Report
from crm_metrics.settings import validated

from .conftest import TODAY

Subscription = tuple[str, date, date | None, int]
AS_OF = date(2025, 6, 30)
ENDS = {3: "2025-05-20", 4: "2025-06-20"}


def report(
    folder: Path,
    files: dict[str, str],
    *metrics: str,
    period: str = "2025-05",
    by: tuple[str, ...] = (),
    **settings: object,
) -> Report:
    paths = []
    for name, text in files.items():
        path = folder / f"{name}.csv"
        path.write_text("\n".join(line.strip() for line in text.strip().splitlines()) + "\n", encoding="utf-8")
        paths.append(str(path))
    asked = api.query(period=period, metrics=metrics, by=by, settings=validated({"as_of": AS_OF} | settings, "test"))
    return api.compute(api.load(paths, asked, today=TODAY), asked, strict=False)


def values(made: Report) -> dict[str, object]:
    rows = made.rows.to_dict("records")
    return {row["metric"]: row["reason"] if row["status"] == "unavailable" else row["value"] for row in rows}


def subscribers(seed: int, many: int = 60) -> list[Subscription]:
    random, rows = Random(seed), []
    for number in range(many):
        begun = date(2024, 1, 1) + timedelta(days=random.randrange(500))
        ended = begun + timedelta(days=random.randrange(20, 400)) if random.random() < 0.5 else None
        rows.append((f"C{number}", begun, ended if ended and ended <= AS_OF else None, random.choice([10, 20, 50])))
    rows.append(("first", date(2024, 1, 1), None, 30))
    rows.append(("last", date(2025, 6, 28), None, 30))
    return rows


def as_file(rows: list[Subscription]) -> str:
    lines = [f"s{i},{who},{begun},{ended or ''},{mrr}" for i, (who, begun, ended, mrr) in enumerate(rows)]
    return "\n".join(["Subscription ID,Customer ID,Start Date,End Date,MRR", *lines])


def by_hand(rows: list[Subscription], last: date, many: int) -> tuple[float, float]:
    """Value and churn over so many months up to the one that ends before `last`: counted edge by edge."""

    def there(edge: date) -> dict[str, int]:
        return {who: mrr for who, begun, ended, mrr in rows if begun < edge and (ended is None or ended >= edge)}

    brought, lost, at_risk = [], 0, 0
    month = last
    for _ in range(many):
        end, month = month, (month - timedelta(days=1)).replace(day=1)
        before, after = there(month), there(end)
        if after:
            brought.append(sum(after.values()) / len(after))
        lost, at_risk = lost + len(before.keys() - after.keys()), at_risk + len(before)
    return sum(brought) / len(brought), lost / at_risk


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize(
    ("period", "last"),
    [
        ("2025-05", date(2025, 6, 1)),
        ("2025-Q1", date(2025, 4, 1)),
        ("2025-03-10..2025-04-20", date(2025, 4, 1)),
        ("2025-06-09..2025-06-15", date(2025, 6, 1)),
        ("2025-04-30", date(2025, 5, 1)),
    ],
)
def test_value_and_churn_are_those_of_the_twelve_whole_months_that_end_with_the_period(
    seed: int, period: str, last: date, tmp_path: Path
):
    rows = subscribers(seed)
    value, churn = by_hand(rows, last, 12)
    got = values(
        report(tmp_path, {"subs": as_file(rows)}, "clv", "clv_value", "clv_churn", period=period, gross_margin=0.8)
    )
    assert got["clv_value"] == pytest.approx(value)
    assert got["clv_churn"] == pytest.approx(churn)
    assert got["clv"] == pytest.approx(value * 0.8 / churn)


@pytest.mark.parametrize(("months", "used"), [(3, 3), (6, 6), (60, 17)])
def test_the_setting_says_how_many_months_and_the_file_how_many_there_are(months: int, used: int, tmp_path: Path):
    rows = subscribers(1)
    got = values(report(tmp_path, {"subs": as_file(rows)}, "clv_value", "clv_churn", clv_months=months))
    assert (got["clv_value"], got["clv_churn"]) == pytest.approx(by_hand(rows, date(2025, 6, 1), used))


def test_fewer_than_three_whole_months_are_not_covered(tmp_path: Path):
    rows = subscribers(1)
    file = {"subs": as_file(rows)}
    assert values(report(tmp_path, file, "clv", period="2024-02"))["clv"] == "not-covered"
    assert values(report(tmp_path, file, "clv", period="2024-03"))["clv"] != "not-covered"
    late = [row for row in rows if row[1] >= date(2025, 3, 2)]
    assert values(report(tmp_path, {"subs": as_file(late)}, "clv"))["clv"] == "not-covered"


def test_the_months_begin_with_the_table_that_begins_last(tmp_path: Path):
    customers = "Customer ID,Start Date,End Date\n" + "\n".join(
        f"C{n},2023-01-{n + 1:02},{ENDS.get(n, '')}" for n in range(20)
    )
    orders = "Order ID,Customer ID,Order Date,Amount\n" + "\n".join(
        f"o{month}{n},C{n},2025-{month:02}-{n + 2:02},{10 * month}" for month in range(2, 7) for n in range(20)
    )
    made = report(tmp_path, {"customers": customers, "orders": orders}, "clv_value", "clv_churn", "clv")
    got = values(made)
    # The orders begin on 2 February: March, April and May are whole.
    assert got["clv_value"] == pytest.approx((30 * 20 / 20 + 40 * 20 / 20 + 50 * 20 / 19) / 3)
    assert got["clv_churn"] == pytest.approx(1 / 60)
    assert any("3 months, 2025-03 to 2025-05" in words for said in made.grounds.values() for words in said)


def test_orders_without_a_customer_are_in_no_value_of_one(tmp_path: Path):
    customers = "Customer ID,Start Date,End Date\n" + "\n".join(
        f"C{n},2023-01-{n + 1:02},{ENDS.get(n, '')}" for n in range(9)
    )
    rows = [f"o{month}{n},{'' if n else 'C1'},2025-{month:02}-0{n + 1},90" for month in range(1, 7) for n in range(5)]
    orders = "\n".join(["Order ID,Customer ID,Order Date,Amount", *rows])
    got = values(report(tmp_path, {"customers": customers, "orders": orders}, "clv_value", clv_months=3))
    assert got["clv_value"] == pytest.approx((10 + 10 + 90 / 8) / 3)


def test_ratio_and_payback_stand_on_the_same_value(tmp_path: Path):
    spend = "Date,Campaign,Cost\n" + "\n".join(f"2025-05-{day:02},Brand,100" for day in range(1, 32))
    files = {"subs": as_file(subscribers(2)), "spend": spend + "\n2025-06-30,Brand,100\n2025-04-01,Brand,100"}
    got = values(report(tmp_path, files, "clv", "cac", "clv_cac_ratio", "cac_payback", "clv_value", gross_margin=0.5))
    assert got["clv_cac_ratio"] == pytest.approx(got["clv"] / got["cac"])
    assert got["cac_payback"] == pytest.approx(got["cac"] / (got["clv_value"] * 0.5))


ONE_LOST: list[Subscription] = [
    (f"C{n}", date(2025, 1, 1) + timedelta(days=4 * n), date(2025, 5, 12) if n == 7 else None, 50) for n in range(40)
]


def test_one_lost_customer_is_said_and_the_limits_are_as_wide_as_that(tmp_path: Path):
    made = report(tmp_path, {"subs": as_file(ONE_LOST)}, "clv", "churn_rate", "mrr")
    row = made.rows.set_index("metric").loc["clv"]
    assert row["high"] / row["low"] > 10
    assert row["low"] < row["value"] < row["high"]
    assert "rests on only 1 (customers lost in the months)" in made.grounds["clv"]
    assert "rests on only 1 (customers lost)" in made.grounds["churn_rate"]
    assert "5 months, 2025-01 to 2025-05" in made.grounds["clv"][0]


def test_what_rests_on_many_is_not_said_to_rest_on_few(tmp_path: Path):
    made = report(tmp_path, {"subs": as_file(subscribers(3, 300))}, "clv", "clv_churn", "mrr")
    assert not any("rests on only" in words for said in made.grounds.values() for words in said)


def test_a_mean_of_very_few_says_so_and_a_count_says_it_by_itself(tmp_path: Path):
    won = [f"{number},Closed Won,{10 * number},2025-05-01,2025-05-0{number}" for number in (2, 3)]
    deals = "\n".join(["Deal ID,Stage,Amount,Create Date,Close Date", *won])
    made = report(tmp_path, {"deals": deals}, "median_deal_value", "revenue_won", "deals_won")
    assert made.grounds == {name: ["rests on only 2 (deals)"] for name in ("median_deal_value", "revenue_won")}


def test_groups_have_values_of_their_own(tmp_path: Path):
    rows = subscribers(4)
    lines = as_file(rows).splitlines()
    text = "\n".join(
        [f"{lines[0]},Plan", *(f"{line},{'Pro' if line.endswith('50') else 'Basic'}" for line in lines[1:])]
    )
    made = report(tmp_path, {"subs": text}, "clv_value", "clv_churn", by=("plan",)).rows
    for plan in ("Basic", "Pro"):
        own = [row for row in rows if (row[3] == 50) == (plan == "Pro")]
        got = made[made["plan"] == plan].set_index("metric")["value"]
        assert (got["clv_value"], got["clv_churn"]) == pytest.approx(by_hand(own, date(2025, 6, 1), 12))


def test_recurring_revenue_alone_gives_lifetime_value_and_revenue_per_account(tmp_path: Path):
    rows = subscribers(5)
    got = values(report(tmp_path, {"subs": as_file(rows)}, "clv", "arpa", "mrr", "customers_at_end"))
    assert math.isclose(got["arpa"], got["mrr"] / got["customers_at_end"])
    assert got["clv"] > 0


def test_the_months_behind_it_can_be_opened(tmp_path: Path):
    path = tmp_path / "subs.csv"
    path.write_text(as_file(ONE_LOST), encoding="utf-8")
    opened = api.explain(
        [str(path)], "clv", period="2025-05", settings=validated({"as_of": AS_OF}, "test"), today=TODAY
    )
    lost = [part.metric.name for part in opened.now.parts if "lost" in part.metric.name and len(part.rows)]
    assert lost == ["customers_lost of 2025-05"]
