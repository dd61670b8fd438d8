"""`report`: --by, --top, --compare, --as-of."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.running import crm_metrics


def cells(*options: str) -> list[tuple[str, ...]]:
    """Metric, period, owner and value of each row of a report on the deals of the first quarter."""
    done = crm_metrics("report", "deals.csv", "-p", "2025-Q1", "-f", "csv", *options)
    assert done.code == 0, done.err
    names = ("metric", "period", "owner", "value")
    return [tuple(row[name] for name in names if name in row) for row in done.rows]


def test_by_a_column_gives_a_row_for_each_value(folder: Path):
    assert cells("-m", "deals_won", "--by", "owner") == [
        ("deals_won", "2025-Q1", "Ann", "1"),
        ("deals_won", "2025-Q1", "Ben", "2"),
        ("deals_won", "2025-Q1", "Cleo", "0"),
    ]


def test_by_month_gives_a_row_for_each_month(folder: Path):
    assert cells("-m", "deals_won", "--by", "month") == [
        ("deals_won", "2025-01", "0"),
        ("deals_won", "2025-02", "2"),
        ("deals_won", "2025-03", "1"),
    ]


def test_by_month_and_column_combine(folder: Path):
    together = cells("-m", "deals_won", "--by", "month,owner")
    assert together == cells("-m", "deals_won", "--by", "month", "--by", "owner")
    assert [row for row in together if row[3] != "0"] == [
        ("deals_won", "2025-02", "Ann", "1"),
        ("deals_won", "2025-02", "Ben", "1"),
        ("deals_won", "2025-03", "Ben", "1"),
    ]


def test_top_keeps_the_largest_and_one_row_for_the_rest(folder: Path):
    rows = cells("-m", "revenue_won,deals_won", "--by", "owner", "--top", "1")
    assert rows == [
        ("revenue_won", "2025-Q1", "Ben", "3000.0"),
        ("revenue_won", "2025-Q1", "(rest: 2)", "1000.0"),
        ("deals_won", "2025-Q1", "Ben", "2"),
        ("deals_won", "2025-Q1", "(rest: 2)", "1"),
    ]


def test_the_rest_of_a_rate_is_made_of_its_records(folder: Path):
    rows = cells("-m", "win_rate", "--by", "owner", "--top", "1")
    assert rows == [("win_rate", "2025-Q1", "Ben", "1.0"), ("win_rate", "2025-Q1", "(rest: 2)", "0.3333333333333333")]


def test_segments_stand_in_the_order_of_the_figure_that_sorts_them(folder: Path):
    rows = cells("-m", "deals_won", "--by", "owner", "--sort", "revenue_won")
    assert [row[2] for row in rows] == ["Ben", "Ann", "Cleo"]


def test_over_a_series_the_whole_of_it_sorts(folder: Path):
    rows = cells("-m", "revenue_won", "--by", "month,owner", "--sort", "revenue_won")
    assert [row[2] for row in rows] == ["Ben", "Ann", "Cleo"] * 3
    assert [row[1] for row in rows] == [month for month in ("2025-01", "2025-02", "2025-03") for _ in range(3)]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--sort", "revenue_won"), "--sort needs a segment"),
        (("--by", "owner", "--sort", "sales"), "one figure"),
        (("--by", "owner", "--sort", "revenue_wonn"), "Did you mean revenue_won?"),
        (("--by", "owner", "--sort", "tickets_created"), "there is no such figure by owner"),
    ],
)
def test_what_cannot_sort_is_refused(folder: Path, options: tuple[str, ...], said: str):
    done = crm_metrics("report", "deals.csv", "-p", "2025-Q1", "-m", "deals_won", *options)
    assert (done.code, said in done.err) == (2, True), done.err


def test_the_name_of_a_column_may_be_written_as_in_the_file(folder: Path):
    assert cells("-m", "deals_won", "--by", "Owner") == cells("-m", "deals_won", "--by", "owner")


def test_a_metric_without_the_column_has_one_row_without_a_segment(folder: Path):
    done = crm_metrics("report", ".", "-p", "2025-03", "-m", "tickets_created,deals_won", "--by", "team", "-f", "csv")
    (row,) = [row for row in done.rows if row["metric"] == "deals_won"]
    assert (row["team"], row["value"], row["status"], row["reason"]) == ("", "", "unavailable", "missing-column")


@pytest.mark.parametrize(
    ("options", "compared"),
    [
        ((), ("2025-02", "2")),
        (("--compare", "previous"), ("2025-02", "2")),
        (("--compare", "2025-02"), ("2025-02", "2")),
        (("--compare", "2025-01..2025-02"), ("2025-01-01..2025-02-28", "2")),
        (("--compare", "none"), ("", "")),
    ],
)
def test_compare_chooses_the_other_period(folder: Path, options: tuple[str, ...], compared: tuple[str, str]):
    asked = ("report", "deals.csv", "-p", "2025-03", "--as-of", "2025-03-31", "-m", "deals_won", "-f", "csv")
    (row,) = crm_metrics(*asked, *options).rows
    assert (row["compare_period"], row["compare_value"]) == compared


def test_a_period_after_as_of_is_to_date_and_compared_with_the_same_days(folder: Path):
    asked = ("report", "deals.csv", "-p", "2025-03", "-m", "deals_won,open_deals", "--as-of", "2025-03-10", "-f", "csv")
    rows = {row["metric"]: row for row in crm_metrics(*asked).rows}
    won = rows["deals_won"]
    assert (won["value"], won["status"], won["complete"]) == ("1", "partial", "false")
    assert (won["compare_period"], won["compare_value"]) == ("2025-02-01..2025-02-10", "1")


def test_without_a_period_the_last_complete_month_is_reported(folder: Path):
    out = crm_metrics("report", "deals.csv", "-m", "deals_won", "-f", "json").json
    assert (out["as_of"], out["period"]) == ("2025-03-20", "2025-02")


def test_as_of_may_complete_a_month(folder: Path):
    out = crm_metrics("report", "deals.csv", "-m", "deals_won", "-f", "json", "--as-of", "2025-03-31").json
    assert (out["as_of"], out["period"]) == ("2025-03-31", "2025-03")


@pytest.mark.parametrize("word", ["last-month", "ytd", "this-quarter"])
def test_a_word_that_counts_from_today_counts_from_as_of_when_it_is_set(folder: Path, word: str):
    done = crm_metrics("report", "deals.csv", "-p", word, "--as-of", "2025-03-31", "-m", "deals_won", "-f", "csv")
    assert done.values == {"deals_won": {"last-month": "2", "ytd": "3", "this-quarter": "3"}[word]}


def test_a_share_above_100_percent_says_what_it_means(folder: Path):
    rows = [
        "1,Closed Won,2025-01-05,2025-03-03",
        "2,Closed Won,2025-01-06,2025-03-04",
        "3,Closed Won,2025-03-06,2025-03-31",
    ]
    (folder / "above.csv").write_text("\n".join(["deal id,stage,created,closed", *rows]), encoding="utf-8")
    note = "Close rate above 100 %: there are more deals won than deals created in the same time; they are not the same"
    for by in ((), ("--by", "month")):
        assert note in crm_metrics("report", "above.csv", "-p", "2025-03", "-m", "close_rate", *by).out
    assert "above 100 %" not in crm_metrics("report", "above.csv", "-p", "2025", "-m", "close_rate,win_rate").out
    assert note in " ".join(
        crm_metrics("report", "above.csv", "-p", "2025-03", "-m", "close_rate", "-f", "json").json["notes"]
    )
