"""Tidy text: CSV and TSV, one line for each row of a report."""

import csv
import io
import json
import re
from dataclasses import replace

import pytest
from hypothesis import given, strategies as st

from tests.renderers.reports import by_owner_report, metric, read_back, rendered, report, row


def test_csv_is_one_line_for_each_row_under_the_columns_of_the_report():
    rate = metric("win_rate")
    made = report(
        [row(rate, 0.6315, low=0.5, high=2 / 3, owner="Ann, B.", n=195.0, complete=False, status="partial")],
        [rate],
        by=("owner",),
    )
    expected = (
        "metric,title,unit,period,start,end,complete,owner,value,low,high,n,status,reason,currency,"
        "compare_period,compare_value,change,change_pct,signal,target,attainment,standing,rank_low,rank_high\n"
        'win_rate,Win rate,percent,2025-03,2025-03-01,2025-03-31,false,"Ann, B.",0.6315,0.5,0.6666666666666666,195,'
        "partial,,,,,,,,,,,,\n"
    )

    assert expected == rendered(made, "csv")


def test_counts_have_no_point_and_other_numbers_are_left_as_they_are():
    count, money = metric("deals_won"), metric("revenue_won")
    rows = [
        row(count, 128.0, low=100.5, compare_value=-3.0, change=131.0, change_pct=2.0, target=200.0, attainment=1.0)
        | {"standing": "above", "rank_low": 1.0, "rank_high": 3.0},
        row(money, -12345.0, compare_value=1e16, change=-0.0, n=3.0),
    ]
    shown = [list(line.values()) for line in read_back(report(rows, [count, money]))]

    assert shown[0][7:] == [
        "128",
        "100.5",
        "",
        "195",
        "ok",
        "",
        "",
        "",
        "-3",
        "131",
        "2.0",
        "",
        "200",
        "1.0",
        "above",
        "1",
        "3",
    ]
    assert shown[1][7:] == ["-12345.0", "", "", "3", "ok", "", "USD", "", "1e+16", "0.0", "", "", "", "", "", "", ""]


@pytest.mark.parametrize("format", ["csv", "tsv", "json", "jsonl", "table"])
def test_nan_and_infinity_are_never_written(format):  # noqa: A002
    rate, count = metric("win_rate"), metric("deals_won")
    rows = [row(rate, float("nan"), low=float("inf"), n=None), row(count, float("-inf"), n=float("nan"))]
    shown = rendered(report(rows, [rate, count]), format)

    assert not re.search(r"\b(nan|inf|infinity|none)\b", shown, re.IGNORECASE)


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1))
def test_every_number_reads_back_as_the_same_double(numbers):
    money = metric("revenue_won")
    made = report([row(money, number) for number in numbers], [money])

    assert numbers == [float(line["value"]) for line in read_back(made)]
    assert numbers == [json.loads(line)["value"] for line in rendered(made, "jsonl").splitlines()]


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("'=1+1", "=1+1"),
        ("'+49 170 1234", "+49 170 1234"),
        ("'-cmd", "-cmd"),
        ("'@SUM(A1)", "@SUM(A1)"),
        ("'\t=1", "\t=1"),
        ("'\r=1", "\r=1"),
        ("'-", "-"),
        ("'-inf", "-inf"),
        ("-5", "-5"),
        ("+3.25", "+3.25"),
        ("-1e5", "-1e5"),
        ("-.5", "-.5"),
        ("a=1", "a=1"),
        ("007", "007"),
        ('\'="a",b', '="a",b'),
        ("two\nlines", "two\nlines"),
    ],
)
@pytest.mark.parametrize("format", ["csv", "tsv"])
def test_text_that_a_spreadsheet_would_run_gets_an_apostrophe(format, written, text):  # noqa: A002
    count = metric()
    made = report([row(count, -5.0, owner=text)], [count], by=("owner",))
    [line] = read_back(made, format)

    assert written == line["owner"]
    assert line["value"] == "-5"
    assert text == json.loads(rendered(made, "jsonl"))["owner"]


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0")), min_size=1))
def test_any_text_reads_back_and_is_never_run(texts):
    count = metric()
    made = report([row(count, 1.0, owner=text) for text in texts], [count], by=("owner",))
    for format in ("csv", "tsv"):  # noqa: A001
        read = [line["owner"] for line in read_back(made, format)]

        assert texts == [cell[1:] if cell != text else cell for cell, text in zip(read, texts, strict=True)]
        assert not any(cell.startswith(("=", "@", "\t", "\r")) for cell in read)


def test_quotes_are_set_as_the_csv_module_sets_them():
    names = ["plain", "a,b", 'say "hi"', "two\nlines", "tab\there", " space ", "semi;colon", ""]
    count = metric()
    made = report([row(count, 1.0, owner=name) for name in names], [count], by=("owner",))
    expected = io.StringIO()
    writer = csv.DictWriter(expected, made.columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(read_back(made))

    assert expected.getvalue() == rendered(made, "csv")


def test_columns_of_any_type_are_written_alike():
    made = by_owner_report()
    expected = rendered(made, "csv")
    made = replace(
        made, rows=made.rows.astype({"owner": "category", "metric": "category", "n": "Int64", "value": "object"})
    )

    assert expected == rendered(made, "csv")


@pytest.mark.parametrize(
    ("number", "text"), [(1e10, "10000000000.0"), (12345678901.5, "12345678901.5"), (2.0**60, "1.152921504606847e+18")]
)
def test_large_amounts_are_written_out_as_far_as_they_are_exact(number: float, text: str):
    money = metric("revenue_won")

    assert text == read_back(report([row(money, number)], [money]))[0]["value"]
