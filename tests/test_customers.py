"""One row per customer: what is in it, who is shown, who left."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from crm_metrics import api
from crm_metrics.analysis.customers import table
from crm_metrics.errors import NothingToReport, SettingsError, UsageError
from crm_metrics.settings import validated

from .cli.running import crm_metrics
from .conftest import TODAY

SAMPLE = str(Path(__file__).parents[1] / "sample_data")
ORDERS = """\
Order ID,Customer,Order Date,Total,Refunded Amount,Currency,Status
1,Alder Ltd,2024-01-05,100,,USD,paid
2,Alder Ltd,2024-02-05,200,50,USD,paid
3,Birch & Co,2024-02-10,40,,USD,paid
4,Cedar GmbH,2024-03-20,900,,USD,cancelled
5,Dahlia Inc,2024-04-02,500,,USD,paid
6,Birch & Co,2024-04-20,60,,USD,paid
"""
SUBSCRIPTIONS = """\
Subscription ID,Customer,Started At,Ended At,MRR
S1,Alder Ltd,2023-01-10,,80
S2,Alder Ltd,2023-06-01,2024-04-15,20
S3,Elm SA,2023-03-01,2024-04-10,70
S4,Fir & Sons,2024-01-01,2024-02-01,30
S5,Fir & Sons,2024-04-20,,35
"""
TICKETS = """\
Ticket ID,Customer,Created At,Solved At
1,Alder Ltd,2024-04-01 09:00,2024-04-30 09:00
2,Alder Ltd,2024-04-25 09:00,
3,Birch & Co,2024-04-03 09:00,2024-04-04 09:00
"""
NPS = """\
Response ID,Customer,Responded At,NPS Score
1,Alder Ltd,2024-02-01,9
2,Alder Ltd,2024-04-01,4
3,Birch & Co,2024-05-02,10
"""
FILES = {"orders": ORDERS, "subscriptions": SUBSCRIPTIONS, "tickets": TICKETS, "nps": NPS}


def listed(folder: Path, *names: str, **asked: Any) -> api.CustomerList:
    for name in names or FILES:
        (folder / f"{name}.csv").write_text(FILES[name], encoding="utf-8")
    settings = validated({"as_of": asked.pop("as_of", "2024-04-30"), **asked.pop("settings", {})}, "test")
    return api.customers([str(folder)], settings=settings, today=TODAY, **asked)


def rows(found: api.CustomerList) -> dict[str, dict[str, Any]]:
    return {
        row["customer"]: row for row in found.rows.astype(object).where(found.rows.notna(), None).to_dict("records")
    }


def test_a_row_has_what_the_files_know_of_the_customer(tmp_path: Path) -> None:
    made = rows(listed(tmp_path))
    alder = made["Alder Ltd"]

    assert ["Alder Ltd", "Birch & Co", "Dahlia Inc", "Elm SA", "Fir & Sons"] == sorted(made)
    assert ("2024-01-05", "2024-02-05", 2, 250) == tuple(
        alder[name] for name in ("first_purchase", "last_purchase", "orders", "revenue")
    )
    assert (1, 4, 80, "USD") == tuple(alder[name] for name in ("open_tickets", "last_nps", "mrr", "currency"))
    assert (0, None, 0) == tuple(made["Elm SA"][name] for name in ("orders", "revenue", "mrr"))
    assert (None, None, 35) == tuple(made["Fir & Sons"][name] for name in ("first_purchase", "rfm_segment", "mrr"))
    assert made["Birch & Co"]["last_nps"] is None  # answered after the day


def test_an_earlier_day_knows_nothing_of_what_came_after(tmp_path: Path) -> None:
    made = rows(listed(tmp_path, period="2024-03"))

    assert ["Alder Ltd", "Birch & Co", "Elm SA", "Fir & Sons"] == sorted(made)
    assert (100, 0, 9) == tuple(made["Alder Ltd"][name] for name in ("mrr", "open_tickets", "last_nps"))
    assert (1, 40, 70) == (made["Birch & Co"]["orders"], made["Birch & Co"]["revenue"], made["Elm SA"]["mrr"])


def test_what_no_file_says_is_missing_and_not_0(tmp_path: Path) -> None:
    made = rows(listed(tmp_path, "orders"))

    assert {None} == {row[name] for row in made.values() for name in ("open_tickets", "last_nps", "mrr", "alive")}
    assert ["Alder Ltd", "Birch & Co", "Dahlia Inc"] == sorted(made)


def test_without_purchases_nobody_has_bought_0_times(tmp_path: Path) -> None:
    found = listed(tmp_path, "subscriptions")

    assert {None} == {row["orders"] for row in rows(found).values()}
    assert "no purchase names a customer" in crm_metrics("customers", str(tmp_path)).out


def test_amounts_of_a_currency_that_no_file_names_add_up(tmp_path: Path) -> None:
    (tmp_path / "o.csv").write_text(ORDERS.replace(",USD", ","), encoding="utf-8")
    found = api.customers([str(tmp_path)], today=TODAY)
    segments = json.loads(crm_metrics("customers", str(tmp_path), "-f", "json").out)["segments"]

    assert found.rows["revenue"].sum() == sum(row["revenue"] or 0 for row in segments) > 0


def test_who_left_comes_with_what_they_were_worth(tmp_path: Path) -> None:
    """Elm left on the 10th; Alder gave up one of two; Fir had gone before, and has come back."""
    found = listed(tmp_path, period="2024-04", left=True)
    (elm,) = found.rows.to_dict("records")

    assert ("Elm SA", "2024-04-10", 70) == (elm["customer"], elm["left_at"], elm["mrr_lost"])
    assert elm["months_stayed"] == pytest.approx(
        (31 + 30 + 31 + 30 + 31 + 31 + 30 + 31 + 30 + 31 + 31 + 29 + 31 + 9) / 30.4375
    )
    assert found.period is not None
    assert "2024-04" == found.period.label


def test_without_an_end_nobody_can_be_said_to_have_left(tmp_path: Path) -> None:
    with pytest.raises(NothingToReport, match="never say when a customer left"):
        listed(tmp_path, "orders", period="2024-04", left=True)
    found = listed(tmp_path, "orders", period="2024-04", left=True, settings={"inactive_after_days": 60})

    assert {"Alder Ltd": "2024-04-05", "Birch & Co": "2024-04-10"}.items() >= dict(
        zip(found.rows["customer"], found.rows["left_at"], strict=True)
    ).items()


def test_a_customer_who_pays_in_two_currencies_has_no_sum(tmp_path: Path) -> None:
    text = ORDERS.replace("6,Birch & Co,2024-04-20,60,,USD", "6,Birch & Co,2024-04-20,60,,EUR")
    (tmp_path / "o.csv").write_text(text, encoding="utf-8")
    found = api.customers([str(tmp_path)], today=TODAY)
    made = rows(found)

    assert (None, None, 2) == tuple(made["Birch & Co"][name] for name in ("revenue", "currency", "orders"))
    assert (250, "USD") == (made["Alder Ltd"]["revenue"], made["Alder Ltd"]["currency"])
    assert {None} == {row["monetary_score"] for row in made.values()}
    assert 1 == found.customers.several.sum()


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("revenue > 100", ["Alder Ltd", "Dahlia Inc"]),
        ("open_tickets > 0 and last_nps < 7", ["Alder Ltd"]),
        ("last_purchase < '2024-03-01'", ["Alder Ltd"]),
        ("revenue is None", ["Elm SA", "Fir & Sons"]),
        ("not (revenue > 100)", ["Birch & Co"]),
        ("customer in ('Elm SA', 'Nobody')", ["Elm SA"]),
    ],
)
def test_a_filter_chooses(tmp_path: Path, where: str, expected: list[str]) -> None:
    assert expected == sorted(listed(tmp_path, where=where).rows["customer"])


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ("revenu > 3", "Did you mean revenue"),
        ("revenue > '3'", "give a number"),
        ("customer == 3", "give text"),
        ("customer in (3, 4)", "give text"),
        ("revenue", "alone is no condition"),
        ("revenue + 3 > 4", "is no filter"),
    ],
)
def test_a_filter_that_makes_no_sense_is_refused(tmp_path: Path, where: str, said: str) -> None:
    with pytest.raises((UsageError, SettingsError), match=said):
        listed(tmp_path, where=where)


def test_rows_are_in_the_order_asked_for_and_missing_ones_last(tmp_path: Path) -> None:
    by_money = listed(tmp_path, sort="revenue").rows["customer"].tolist()
    upwards = listed(tmp_path, sort="-revenue").rows["customer"].tolist()

    assert ["Dahlia Inc", "Alder Ltd", "Birch & Co", "Elm SA", "Fir & Sons"] == by_money
    assert ["Birch & Co", "Alder Ltd", "Dahlia Inc", "Elm SA", "Fir & Sons"] == upwards
    assert sorted(by_money) == listed(tmp_path, sort="customer").rows["customer"].tolist()


def test_scores_are_shares_of_all_who_are_below() -> None:
    values = np.array([1.0, 1, 1, 1, 1, 2, 2, 3, 4, 9, np.nan])

    assert [1, 1, 1, 1, 1, 3, 3, 4, 5, 5] == table.scores(values)[:-1].tolist()
    assert np.isnan(table.scores(values)[-1])


def test_every_pair_of_scores_has_exactly_one_segment() -> None:
    recency, frequency = (part.ravel().astype(float) for part in np.meshgrid(range(1, 6), range(1, 6)))
    inside = [
        [low <= r <= high and least <= f <= most for (low, high), (least, most), _ in table.SEGMENTS.values()]
        for r, f in zip(recency, frequency, strict=True)
    ]

    assert {1} == {sum(row) for row in inside}
    assert all(name is not None for name in table.segments(recency, frequency))
    assert [None] == table.segments(np.array([np.nan]), np.array([3.0])).tolist()


def test_the_sample_has_a_model_of_purchases_and_no_value_where_customers_do_not_differ() -> None:
    found = api.customers([SAMPLE], today=TODAY)
    buyers = found.rows[found.rows["orders"] > 0]

    assert ["spend"] == list(found.customers.model.refused)
    assert buyers["alive"].between(0, 1).all()
    assert buyers["expected_purchases"].notna().all()
    assert found.rows["predicted_value"].isna().all()
    assert found.customers.contracts.refused is not None
    assert found.customers.contracts.refused.seen.endswith("how customers differ in when they leave")
    assert found.rows["predicted_recurring"].isna().all()


def test_revenue_and_mrr_are_those_of_the_report() -> None:
    rows_ = api.customers([SAMPLE], today=TODAY).rows
    report = api.report([SAMPLE], period="all", metrics=["revenue", "mrr", "revenue_without_customer"], today=TODAY)
    values = dict(zip(report.rows["metric"], report.rows["value"], strict=True))

    assert rows_["revenue"].sum() == pytest.approx(values["revenue"] - values["revenue_without_customer"])
    assert rows_["mrr"].sum() == pytest.approx(values["mrr"])


def test_who_left_is_who_the_churn_rate_counts() -> None:
    found = api.customers([SAMPLE], period="2025-Q3", left=True, today=TODAY)
    report = api.report([SAMPLE], period="2025-Q3", metrics=["customers_lost"], today=TODAY)

    assert len(found.rows) == report.rows["value"].iloc[0]


def test_neither_the_order_of_rows_nor_of_files_changes_anything(tmp_path: Path) -> None:
    lines = (Path(SAMPLE) / "orders.csv").read_text(encoding="utf-8").splitlines()
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    whole.mkdir()
    parts.mkdir()
    (whole / "orders.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    body = lines[:0:-1]
    for number, some in enumerate((body[::2], body[1::2])):
        (parts / f"orders-{number}.csv").write_text("\n".join([lines[0], *some]) + "\n", encoding="utf-8")
    one, other = (api.customers([str(folder)], today=TODAY).rows for folder in (whole, parts))

    pd.testing.assert_frame_equal(one.reset_index(drop=True), other.reset_index(drop=True), rtol=1e-9)


@pytest.mark.parametrize(
    "asked",
    [{"unit": "years"}, {"horizon": 0}, {"sort": "size"}, {"period": "2025-13"}, {"period": "all", "left": True}],
)
def test_what_cannot_be_asked_is_refused(asked: dict[str, Any]) -> None:
    with pytest.raises((UsageError, NothingToReport)):
        api.customers([SAMPLE], today=TODAY, **asked)


def test_nobody_is_nothing_to_report(tmp_path: Path) -> None:
    with pytest.raises(NothingToReport, match="no customer yet"):
        listed(tmp_path, "orders", as_of="2023-01-01")
