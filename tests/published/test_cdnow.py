"""CDNOW: the purchases of a cohort of 1997, all of them (aligned with spaces) and a tenth of the customers."""

from datetime import date

import pandas as pd
import pytest

from tests.conftest import shared
from tests.published import by_key, found, issues, report_of, rounded

MASTER, SAMPLE = "cdnow/CDNOW_master.txt", "cdnow/cdnow_sample.csv"


@pytest.mark.parametrize(
    ("name", "metric", "expected"),
    [
        (MASTER, "orders", 69_659),
        (MASTER, "active_customers", 23_570),
        (MASTER, "new_customers", 23_570),
        (MASTER, "revenue", rounded(2_500_315.63, 2)),
        (MASTER, "arpu", rounded(106.0804, 4)),
        (MASTER, "clv_historical", rounded(106.0804, 4)),
        (MASTER, "average_order_value", rounded(35.8936, 4)),
        (MASTER, "repeat_purchase_rate", pytest.approx(11_662 / 23_570, rel=1e-12)),
        (SAMPLE, "orders", 6919),
        (SAMPLE, "active_customers", 2357),
        (SAMPLE, "revenue", rounded(244_091.94, 2)),
    ],
)
def test_all_purchases_give(name, metric, expected):
    assert expected == found(name)[(metric,)]


@pytest.mark.parametrize(
    ("month", "expected"),
    [("1997-01", 299_060.17), ("1997-02", 379_590.03), ("1997-03", 393_155.27), ("1998-06", 76_109.30)],
)
def test_revenue_by_month_is(month, expected):
    assert pytest.approx(expected, rel=1e-12) == by_key(found(MASTER, by="month", metrics="revenue"))[month]


def test_revenue_of_the_months_adds_up_to_that_of_all():
    assert pytest.approx(2_500_315.63, rel=1e-12) == sum(found(MASTER, by="month", metrics="revenue").values())


def test_all_customers_start_in_the_first_three_months():
    first = {"1997-01": 7846, "1997-02": 8476, "1997-03": 7248}
    monthly = by_key(found(MASTER, by="month", metrics="new_customers"))

    assert first == {month: count for month, count in monthly.items() if count}


def test_customers_with_more_than_one_purchase_are_the_repeat_buyers():
    """Of the master 11,662, by rows. To the end of September the sample has 959 by rows; the 946 that models count
    bought on more than one day, and 13 bought more than once on one day only."""
    rows = pd.read_csv(shared(SAMPLE), dtype={"customer_id": str})
    until = rows[rows["order_date"] <= "1997-09-30"].groupby("customer_id")
    whole, part = found(MASTER), found(SAMPLE, period="1997-01..1997-09", metrics="retention,active_customers")

    assert whole[("repeat_purchase_rate",)] * whole[("active_customers",)] == pytest.approx(11_662)
    assert part[("repeat_purchase_rate",)] * part[("active_customers",)] == pytest.approx((until.size() > 1).sum())
    assert (until["order_date"].nunique() > 1).sum() == 946


def test_purchases_of_zero_are_purchases():
    report = report_of(MASTER)
    (value,) = report.rows.loc[report.rows["metric"] == "average_order_value", "n"]

    assert value == 69_659


@pytest.mark.parametrize(("name", "expected"), [(MASTER, 255), (SAMPLE, 21)])
def test_exact_duplicates_are_kept_and_reported(name, expected):
    """Without an order id two equal rows may be two purchases."""
    report = report_of(name)

    assert not any(source.left_out for source in report.sources)
    assert issues(report, "exact-duplicate") == {name.split("/")[1]: expected}


def test_dates_without_separators_reach_from_the_first_to_the_last_day():
    report = report_of(MASTER)

    assert (report.start, report.as_of) == (date(1997, 1, 1), date(1998, 6, 30))
