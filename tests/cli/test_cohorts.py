"""`crm-metrics cohorts`: the heat map, its tidy form, and how long customers stay."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.running import crm_metrics, process

COHORTS = ("cohorts", "sample_data", "--as-of", "2025-12-31")
ORDERS = """\
Customer,Order Date,Total
A,2024-01-05,10
B,2024-01-06,10
C,2024-01-09,20
D,2024-02-02,10
A,2024-03-07,30
D,2024-04-01,10
"""


@pytest.fixture
def orders(folder: Path) -> Path:
    (folder / "orders.csv").write_text(ORDERS, encoding="utf-8")
    return folder


def test_the_map_leaves_blank_what_is_not_over(orders: Path):
    done = crm_metrics("cohorts", "orders.csv")
    lines = [line.rstrip() for line in done.out.splitlines()]
    start = next(number for number, line in enumerate(lines) if "customers" in line and "0" in line and "1" in line)
    assert done.code == 0
    assert lines[start + 1 : start + 4] == [
        "  2024-01          3   100█   0▁  33█",
        "  2024-02          1   100█   0▁",
        "  average              100█   0▁  33█",
    ]
    assert "the share who bought k months later" in done.out


def test_csv_is_tidy_and_says_why_a_cell_is_empty(orders: Path):
    rows = crm_metrics("cohorts", "orders.csv", "-f", "csv").rows
    assert {row["metric"] for row in rows} == {"cohort_retention"}
    assert [
        (row["cohort"], row["k"], row["period"], row["value"], row["status"], row["reason"]) for row in rows[2:6]
    ] == [
        ("2024-01", "2", "2024-03", "0.3333333333333333", "ok", ""),
        ("2024-01", "3", "2024-04", "", "unavailable", "immature-cohort"),
        ("2024-02", "0", "2024-02", "1", "ok", ""),
        ("2024-02", "1", "2024-03", "0", "ok", ""),
    ]
    averages = crm_metrics("cohorts", "orders.csv", "-f", "csv", "--table", "averages").rows
    assert [row["cohorts"] for row in averages] == ["2", "2", "1"]


def test_revenue_has_its_own_name_and_no_limits(orders: Path):
    rows = crm_metrics("cohorts", "orders.csv", "--of", "revenue", "-f", "csv").rows
    assert {row["metric"] for row in rows} == {"cohort_revenue_retention"}
    assert [(row["part"], row["value"], row["low"]) for row in rows[:3]] == [
        ("40", "1", ""),
        ("0", "0", ""),
        ("30", "0.75", ""),
    ]


def test_by_start_the_median_lifetime_and_the_curve_come_with_it(sample: Path):
    done = crm_metrics(*COHORTS, "--of", "starts", "--by", "quarter")
    assert (done.code, done.err) == (0, "")
    assert (
        "Half of them leave within 27.0 months (between 24.0 and 31.1, 95 %); 407 of 897 customers have left."
        in done.out
    )
    assert "Still a customer" in done.out
    made = crm_metrics(*COHORTS, "--of", "mrr", "-f", "json").json
    assert made["median_lifetime_months"]["n"] == 897
    assert made["survival"][0] == {"months": 0, "value": 1, "low": 1, "high": 1, "n": 897}
    assert {"averages", "rows", "renewals"} <= made.keys()
    assert (made["renewals"]["alpha"], made["renewals"]["unavailable"]["reason"]) == (None, "not-identified")
    assert "No model of renewals: the records do not tell" in done.out


def test_a_narrow_terminal_loses_columns_and_says_so(sample: Path):
    from crm_metrics import api
    from crm_metrics.commands.cohorts import book
    from crm_metrics.writers import How, write

    page = write(book(api.cohorts(["sample_data"])), "text", How(width=60))
    assert max(map(len, page.splitlines())) <= 60
    assert "fit here: a wider terminal or -f csv has all" in " ".join(page.split())


def test_a_terminal_that_cannot_print_blocks_gets_plain_signs(orders: Path):
    done = process("cohorts", "orders.csv", PYTHONUTF8="0", PYTHONIOENCODING="ascii")
    assert (done.code, done.out.isascii()) == (0, True)
    assert "2024-01          3   100^   0_  33^" in done.out


def test_colour_only_when_asked_for(orders: Path):
    assert "\x1b[" not in crm_metrics("cohorts", "orders.csv").out
    assert "\x1b[" in crm_metrics("cohorts", "orders.csv", "--color", "always").out


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--by", "months"], 2, "month"),
        (["--of", "sales"], 2, "purchases, revenue, starts or mrr"),
        (["--of", "starts"], 4, "never say when a customer left"),
        (["--table", "averag"], 2, "averages"),
    ],
)
def test_a_mistake_is_named_with_what_would_be_right(orders: Path, arguments: list[str], code: int, said: str):
    done = crm_metrics("cohorts", "orders.csv", *arguments)
    assert done.refusal == (code, "", False)
    assert said in done.err
