"""Mistakes found in well-known tools, each with the figure that is right."""

from __future__ import annotations

from pathlib import Path

import pytest

from crm_metrics import api
from crm_metrics.settings import validated

from .conftest import load_tables


def value(tmp_path: Path, metric: str, period: str = "2024-03", /, *, by: str = "", **tables: str) -> object:
    """The figure of the period, its reason where there is none; with `by` the figure of every segment."""
    settings = validated({"as_of": "2024-06-30"}, "test")
    asked = api.query(period=period, metrics=[metric], by=[by] if by else [], settings=settings)
    rows = api.compute(load_tables(tmp_path, tables, asked), asked, strict=False).rows
    found = [row.reason if row.status == "unavailable" else row.value for row in rows.itertuples()]
    return dict(zip(rows[by], found, strict=True)) if by else found[0]


DEALS = """
deal_id, owner, outcome, amount, created_at, closed_at
1, Ann, won,  100, 2024-01-10, 2024-03-05
2, Bob, won,   50, 2024-01-10, 2024-03-06
3, Bob, lost,  50, 2024-01-10, 2024-03-07
"""


def test_an_owner_without_losses_stays_in_the_denominator(tmp_path: Path) -> None:
    assert 0.75 == value(tmp_path, "win_rate_by_value", deals=DEALS)
    assert {"Ann": 1.0, "Bob": 0.5} == value(tmp_path, "win_rate", by="owner", deals=DEALS)


@pytest.mark.parametrize(
    "metric", ["win_rate", "average_deal_value", "sales_cycle_length", "sales_conversion_rate", "median_deal_value"]
)
def test_an_undefined_rate_is_never_shown_as_0(tmp_path: Path, metric: str) -> None:
    assert value(tmp_path, metric, "2024-05", deals=DEALS) in ("zero-denominator", "no-rows", "not-covered")


def test_a_percent_probability_is_divided_by_100(tmp_path: Path) -> None:
    deals = """
    deal_id, outcome, amount, probability, created_at, closed_at
    1, open, 1000, 50, 2024-01-10,
    2, open, 2000, 10, 2024-01-11,
    """
    assert 700.0 == value(tmp_path, "weighted_pipeline", "2024-01", deals=deals)


def test_days_to_close_are_counted_forwards(tmp_path: Path) -> None:
    assert 55.5 == value(tmp_path, "sales_cycle_length", deals=DEALS)


def test_unanswered_tickets_are_counted(tmp_path: Path) -> None:
    tickets = """
    ticket_id, created_at, first_response_at
    1, 2024-03-04 09:00, 2024-03-04 09:30
    2, 2024-03-05 09:00,
    """
    assert 0.5 == value(tmp_path, "unanswered_rate", tickets=tickets)


def test_june_has_30_days(tmp_path: Path) -> None:
    deals = "deal_id, outcome, closed_at\n1, won, 2024-06-30\n2, won, 2024-05-31\n3, won, 2024-07-01"
    assert 1.0 == value(tmp_path, "deals_won", "2024-06", deals=deals)


def test_the_31st_is_not_lost_by_a_month_offset(tmp_path: Path) -> None:
    deals = "deal_id, outcome, closed_at\n1, won, 2024-01-31\n2, won, 2024-03-31"
    assert 1.0 == value(tmp_path, "deals_won", "2024-03", deals=deals)
    assert 1.0 == value(tmp_path, "deals_won", "2024-01", deals=deals)


def test_currencies_are_not_added_and_a_missing_rate_is_not_1(tmp_path: Path) -> None:
    deals = """
    deal_id, outcome, amount, currency, closed_at
    1, won, 100, USD, 2024-03-05
    2, won, 100, JPY, 2024-03-06
    """
    asked = api.query(period="2024-03", metrics=["revenue_won"])
    rows = api.compute(load_tables(tmp_path, {"deals": deals}, asked), asked).rows

    assert {"JPY": 100.0, "USD": 100.0} == dict(zip(rows["currency"], rows["value"], strict=True))


def test_a_lost_deal_is_worth_nothing_in_the_pipeline(tmp_path: Path) -> None:
    assert 0.0 == value(tmp_path, "open_pipeline", deals=DEALS)


def test_lost_deals_stay_in_the_conversion_of_deals_created(tmp_path: Path) -> None:
    assert 2 / 3 == value(tmp_path, "sales_conversion_rate", "2024-01", deals=DEALS)


def test_lost_deals_stay_in_the_funnel(tmp_path: Path) -> None:
    """Without the one that was lost all would have gone on."""
    stages = "deal_id, stage, entered_at\n" + "".join(f"{deal}, Demo, 2024-03-01\n" for deal in (1, 2, 3))
    assert {"Demo": 2 / 3} == value(tmp_path, "stage_conversion_rate", by="stage", deals=DEALS, deal_stages=stages)


def test_every_score_is_in_a_group(tmp_path: Path) -> None:
    responses = "kind, scale, score, responded_at\n" + "\n".join(
        f"nps, 0-10, {score}, 2024-03-05" for score in (6.5, 8.5, 9, 10)
    )
    assert 25.0 == value(tmp_path, "nps", responses=responses)


def test_zendesks_resolution_time_is_in_hours(tmp_path: Path) -> None:
    path = tmp_path / "tickets.csv"
    path.write_text(
        "Id,Requester,Assignee,Status,Created at,Solved at,Resolution time\n"
        "1,Ann,Bob,Closed,2024-03-04 09:00:00,2024-03-05 12:00:00,27\n",
        encoding="utf-8",
    )
    report = api.report([str(path)], period="2024-03", metrics=["resolution_time"])

    assert [27.0] == report.rows["value"].tolist()


def test_a_total_of_shares_is_worked_out_again(tmp_path: Path) -> None:
    assert 2 / 3 == value(tmp_path, "win_rate", deals=DEALS)


def test_not_every_score_up_to_10_is_a_promoter_score(tmp_path: Path) -> None:
    scores = "\n".join(f"{number}, {number % 5 + 1}, 2024-03-05" for number in range(40))
    assert "scale-ambiguous" == value(tmp_path, "nps", responses=f"response_id, score, responded_at\n{scores}")
