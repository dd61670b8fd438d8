"""The forms of a report: tidy text, JSON, and the table for reading."""

import csv
import io
import json
import re
import subprocess
import sys
from collections import Counter
from datetime import date

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_metrics import renderers
from crm_metrics.errors import UsageError
from crm_metrics.issues import Issue
from crm_metrics.metrics.metric import Better, Metric, Unit
from crm_metrics.renderers import cells, table
from crm_metrics.report import Report
from crm_metrics.tables import Source

ANSI = re.compile(r"\x1b\[[0-9;]*m")
CASES = {
    "deals_won": (128.0, Unit.COUNT, Better.HIGHER, "sales"),
    "win_rate": (0.6315, Unit.PERCENT, Better.HIGHER, "sales"),
    "revenue_won": (1234567.89, Unit.MONEY, Better.HIGHER, "sales"),
    "average_deal_value": (312.5, Unit.MONEY, Better.HIGHER, "sales"),
    "pipeline_velocity": (-98765432.1, Unit.MONEY_PER_DAY, Better.HIGHER, "sales"),
    "sales_cycle_length": (51.8, Unit.DAYS, Better.LOWER, "sales"),
    "quick_ratio": (3.4, Unit.RATIO, Better.HIGHER, "revenue"),
    "cac_payback": (4.2, Unit.MONTHS, Better.LOWER, "acquisition"),
    "first_response_time": (88.0, Unit.MINUTES, Better.LOWER, "service"),
    "resolution_time": (35.9, Unit.HOURS, Better.LOWER, "service"),
    "nps": (51.6, Unit.POINTS, Better.HIGHER, "voice"),
    "csat_score": (4.12, Unit.SCORE, Better.HIGHER, "voice"),
}


def metric(name="deals_won", **given):
    _, unit, better, family = CASES.get(name, CASES["deals_won"])
    title = name.replace("_", " ").capitalize()
    return Metric(**{"name": name, "family": family, "title": title, "unit": unit, "better": better, **given})


def row(of, value, **given):
    """One tidy row of March 2025; what is not given is missing."""
    return {
        "metric": of.name,
        "title": of.title,
        "unit": of.unit.value,
        "period": "2025-03",
        "start": "2025-03-01",
        "end": "2025-03-31",
        "complete": True,
        "value": value,
        "n": 195.0,
        "status": "ok" if value is not None else "unavailable",
        "currency": "USD" if of.is_money else None,
        **given,
    }


def report(rows, metrics, **given):
    made = Report(
        rows=pd.DataFrame(),
        metrics=metrics,
        **{"period": "2025-03", "as_of": date(2025, 3, 31), "complete": True, **given},
    )
    made.rows = pd.DataFrame(rows, columns=made.columns)
    return made


def full_report(**given):
    metrics = [metric(name) for name in CASES]
    changes = {"compare_period": "2025-02", "compare_value": 1.0, "change": 1.5, "change_pct": 0.124}
    rows = [row(of, CASES[of.name][0], **changes) for of in metrics]
    histories = {(of.name,): [1.0, None, 3.0, *[2.0] * 9] for of in metrics}
    return report(rows, metrics, compare_period="2025-02", history=histories, **given)


def by_owner_report(owners=("Ann", "(none)"), months=("2025-01", "2025-02"), **given):
    metrics = [metric(name) for name in CASES]
    rows = [
        row(of, CASES[of.name][0] * (place + 1), owner=owner, period=month, start=f"{month}-01", end=f"{month}-28")
        for of in metrics
        for month in months
        for place, owner in enumerate(owners)
    ]
    return report(rows, metrics, by=("owner",), grain="month", **given)


def rendered(made, format="table", **options):  # noqa: A002
    out = io.StringIO()
    renderers.render(made, format, out, **options)
    return out.getvalue()


def read_back(made, format="csv"):  # noqa: A002
    return list(csv.DictReader(io.StringIO(rendered(made, format), newline=""), dialect=_dialect(format)))


def _dialect(format):  # noqa: A002
    return {"csv": "excel", "tsv": "excel-tab"}[format]


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self):
        return True


# The registry


def test_formats_are_found_by_looking_into_the_folder():
    expected = {"csv", "tsv", "json", "jsonl", "table"}

    assert expected <= set(renderers.known())


def test_an_unknown_format_names_the_nearest_one():
    with pytest.raises(UsageError, match="Did you mean jsonl"):
        rendered(full_report(), "jsnl")


def test_looking_up_the_formats_imports_neither_pandas_nor_rich():
    code = (
        "import sys; from crm_metrics import renderers; renderers.known(); print({'pandas', 'rich'} & set(sys.modules))"
    )
    expected = "set()\n"

    assert expected == subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout


# Tidy text


def test_csv_is_one_line_for_each_row_under_the_columns_of_the_report():
    rate = metric("win_rate")
    made = report(
        [row(rate, 0.6315, low=0.5, high=2 / 3, owner="Ann, B.", n=195.0, complete=False, status="partial")],
        [rate],
        by=("owner",),
    )
    expected = (
        "metric,title,unit,period,start,end,complete,owner,value,low,high,n,status,reason,currency,"
        "compare_period,compare_value,change,change_pct,signal,target,attainment\n"
        'win_rate,Win rate,percent,2025-03,2025-03-01,2025-03-31,false,"Ann, B.",0.6315,0.5,0.6666666666666666,195,'
        "partial,,,,,,,,,\n"
    )

    assert expected == rendered(made, "csv")


def test_counts_have_no_point_and_other_numbers_are_left_as_they_are():
    count, money = metric("deals_won"), metric("revenue_won")
    rows = [
        row(count, 128.0, low=100.5, compare_value=-3.0, change=131.0, change_pct=2.0, target=200.0, attainment=1.0),
        row(money, -12345.0, compare_value=1e16, change=-0.0, n=3.0),
    ]
    shown = [list(line.values()) for line in read_back(report(rows, [count, money]))]

    assert shown[0][7:] == ["128", "100.5", "", "195", "ok", "", "", "", "-3", "131", "2.0", "", "200", "1.0"]
    assert shown[1][7:] == ["-12345.0", "", "", "3", "ok", "", "USD", "", "1e+16", "0.0", "", "", "", ""]


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
    made.rows = made.rows.astype({"owner": "category", "metric": "category", "n": "Int64", "value": "object"})

    assert expected == rendered(made, "csv")


# JSON


def test_json_says_where_the_figures_come_from():
    made = full_report(
        sources=[Source(0, "deals.csv", "deals", "hubspot", 12, Counter({"deleted-row": 2, "total-row": 1}))],
        digests={"deals.csv": "ab12"},
        settings={"gross_margin": 1.0, "as_of": date(2025, 3, 31), "won_stages": ("Won",), "rate": float("nan")},
        notes=["Customers are taken from deals."],
        issues=[Issue("empty-file", "x.csv"), Issue("total-row", "deals.csv", 1, (13,))],
    )
    shown = json.loads(rendered(made, "json"))
    rows = shown.pop("rows")
    expected = {
        "format": 1,
        "as_of": "2025-03-31",
        "period": "2025-03",
        "inputs": [
            {
                "path": "deals.csv",
                "table": "deals",
                "vendor": "hubspot",
                "rows": 12,
                "used": 9,
                "left_out": 3,
                "left_out_by_reason": {"deleted-row": 2, "total-row": 1},
                "sha256": "ab12",
            }
        ],
        "settings": {"gross_margin": 1.0, "as_of": "2025-03-31", "won_stages": ["Won"], "rate": None},
        "notes": ["Customers are taken from deals."],
        "issues": [
            {
                "code": "empty-file",
                "severity": "warning",
                "path": "x.csv",
                "count": 0,
                "rows": [],
                "sentence": "holds no rows",
            },
            {
                "code": "total-row",
                "severity": "note",
                "path": "deals.csv",
                "count": 1,
                "rows": [13],
                "sentence": made.issues[1].sentence,
            },
        ],
    }

    assert expected == shown
    assert made.columns == list(rows[0])
    assert len(CASES) == len(rows)


def test_json_rows_are_typed_and_missing_is_null():
    count = metric()
    [shown] = map(json.loads, rendered(report([row(count, 128.0, change_pct=0.5)], [count]), "jsonl").splitlines())

    assert isinstance(shown["value"], int)
    assert isinstance(shown["n"], int)
    assert shown["complete"] is True
    assert shown["change_pct"] == 0.5
    assert shown["target"] is None
    assert shown["currency"] is None


def test_an_input_without_a_digest_has_null():
    made = full_report(sources=[Source(0, "a.csv", "deals", "x", 1)], digests={"a.csv": ""})

    assert json.loads(rendered(made, "json"))["inputs"][0]["sha256"] is None


def test_json_is_valid_for_names_that_are_no_utf8_and_without_rows():
    made = report([], [], sources=[Source(0, "b\udce9.csv", "deals", "x", 1)])
    shown = rendered(made, "json")

    assert shown.encode("utf-8")
    assert json.loads(shown)["inputs"][0]["path"] == "b\udce9.csv"
    assert json.loads(shown)["rows"] == []
    assert rendered(made, "jsonl") == ""


# The table


@pytest.mark.parametrize("width", [40, 80, 110, 200, None])
@pytest.mark.parametrize("color", [False, True])
@pytest.mark.parametrize("make", [full_report, by_owner_report])
def test_every_value_is_in_the_table_whole_at_every_width(make, color, width):
    made = make()
    shown = ANSI.sub("", rendered(made, width=width, color=color))
    for value, unit, currency in zip(made.rows["value"], made.rows["unit"], made.rows["currency"], strict=True):
        text = cells.value(value, unit, currency if unit.startswith("money") else None)

        assert re.search(rf"(?<!\S){re.escape(text)}(?!\S)", shown)


@pytest.mark.parametrize("width", [80, 110, 160])
@pytest.mark.parametrize("make", [full_report, by_owner_report])
def test_no_line_is_wider_than_the_terminal(make, width):
    assert max(map(len, rendered(make(), width=width).splitlines())) <= width


def test_the_table_reads_like_this():
    made = full_report(
        sources=[
            Source(0, "deals.csv", "deals", "x", 1200, Counter(deleted=12)),
            Source(1, "t.csv", "tickets", "x", 38),
        ]
    )
    made.metrics = made.metrics[:4]
    expected = """\
Key figures  2025-03
2025-03-01 to 2025-03-31 · data up to 2025-03-31 · compared with 2025-02
2 files, 1,238 rows read, 1,226 used, 12 left out

Sales                                records     change  trend
  Deals won                 128          195   +12.4 %   ▁ █▅▅▅▅▅▅▅▅▅
  Win rate                 63.2 %        195  +150.0 pp  ▁ █▅▅▅▅▅▅▅▅▅
  Revenue won         1,234,568 USD      195   +12.4 %   ▁ █▅▅▅▅▅▅▅▅▅
  Average deal value     312.50 USD      195   +12.4 %   ▁ █▅▅▅▅▅▅▅▅▅
"""

    assert expected == rendered(made, width=80)


def test_segments_are_rows_and_metrics_are_columns():
    made = by_owner_report()
    made.metrics = made.metrics[:3]
    expected = """\

Sales
  period   owner   Deals won  Win rate    Revenue won
  2025-01  Ann           128    63.2 %  1,234,568 USD
  2025-01  (none)        256   126.3 %  2,469,136 USD
  2025-02  Ann           128    63.2 %  1,234,568 USD
  2025-02  (none)        256   126.3 %  2,469,136 USD
"""

    assert rendered(made).endswith(expected)


def test_metrics_that_do_not_fit_come_in_blocks_of_the_same_rows():
    shown = rendered(by_owner_report(), width=60)
    blocks = shown.partition("Sales\n")[2].partition("\nRevenue and value")[0].split("\n\n")

    assert len(blocks) == 2
    assert all(block.count("2025-01  Ann ") == 1 for block in blocks)


def test_headings_have_at_most_three_lines():
    long = metric(title="First response time of tickets of all channels with those that are still waiting")
    shown = rendered(report([row(long, 1.0, owner="Ann")], [long], by=("owner",)), width=80)
    heading = shown.partition("Sales\n")[2].partition("\n  Ann")[0]

    assert heading.count("\n") <= 2


def test_off_a_terminal_nothing_is_coloured_wrapped_or_left_away():
    titles = "A title that is so long that no terminal shows it " * 5
    long = metric(title=titles.strip())
    made = report([row(long, 1.0)], [long], missing={}, notes=["A note. " * 60])
    shown = rendered(made)

    assert "\x1b" not in shown
    assert long.title in shown
    assert "A note. " * 59 in shown


def test_a_terminal_gets_colours_unless_no_color_is_set(monkeypatch):
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    colored, plain = Terminal(), Terminal()
    renderers.render(full_report(), "table", colored)
    monkeypatch.setenv("NO_COLOR", "1")
    renderers.render(full_report(), "table", plain)

    assert "\x1b[" in colored.getvalue()
    assert "\x1b" not in plain.getvalue()


def test_data_cannot_reach_the_terminal_as_markup_or_control():
    names = ["[red]x[/red]", "\x1b[31mEvil\x1b]0;owned\x07", ":smile:", "two\r\nlines", "\u202egnp"]
    made = by_owner_report(owners=names, notes=["\x1b[2J"], missing={})
    made.issues = [Issue("empty-file", "\x1b[1m.csv")]
    shown = rendered(made, width=200)

    assert "\x1b" not in shown
    assert "\x07" not in shown
    assert "\u202e" not in shown
    assert "\r" not in shown
    assert "[red]x[/red]" in shown
    assert r"\x1b[31mEvil" in shown
    assert ":smile:" in shown
    assert r"\x1b[1m.csv: holds no rows" in shown


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "utf-8"])
def test_an_output_that_cannot_print_a_character_gets_a_plain_one(encoding):
    raw = io.BytesIO()
    out = io.TextIOWrapper(raw, encoding=encoding, newline="")
    renderers.render(full_report(), "table", out)
    out.flush()
    shown = raw.getvalue().decode(encoding)

    assert "98,765,432 USD/day" in shown
    assert ("▁ █▅▅" in shown) == (encoding == "utf-8")
    assert ("_ ^--" in shown) == (encoding != "utf-8")


@pytest.mark.parametrize(
    ("code", "better", "change", "signal"),
    [
        ("32", Better.HIGHER, 1.0, None),
        ("31", Better.HIGHER, -1.0, "worse"),
        ("31", Better.LOWER, 1.0, None),
        ("32", Better.LOWER, -1.0, "better"),
        ("2", Better.NEITHER, 1.0, None),
        ("2", Better.HIGHER, 1.0, "no detectable change"),
        ("2", Better.HIGHER, 1.0, "cannot tell"),
    ],
)
def test_a_change_is_coloured_by_the_direction_in_which_the_metric_is_better(code, better, change, signal):
    of = metric(better=better)
    made = report([row(of, 5.0, change=change, change_pct=change / 4, signal=signal)], [of])
    mark = "~" if signal in ("no detectable change", "cannot tell") else "↑" if change > 0 else "↓"

    assert f"\x1b[{code}m{mark}\x1b[0m" in rendered(made, color=True)


def test_a_change_that_rounds_to_none_has_no_direction():
    of = metric("win_rate")

    assert "↑" not in rendered(report([row(of, 0.5, change=1e-17, change_pct=0.0)], [of]), color=True)


def test_a_change_within_noise_is_marked_and_explained_without_colour():
    of = metric()
    shown = rendered(report([row(of, 5.0, change=1.0, change_pct=0.25, signal="no detectable change")], [of]))

    assert "+25.0 % ~\n" in shown
    assert "~ no more than chance" in shown


def test_values_to_date_and_immature_ones_are_starred_and_explained():
    won, rate = metric("deals_won"), metric("win_rate")
    rows = [
        row(won, 5.0, status="partial", complete=False),
        row(rate, 0.5, status="partial", complete=False, reason="immature-cohort"),
    ]
    shown = rendered(report(rows, [won, rate], complete=False))

    assert "Key figures  2025-03  to date\n" in shown
    assert "5*" in shown
    assert "50.0 %*" in shown
    assert "* to date: the period has not ended, the data goes up to 2025-03-31\n" in shown
    assert "* not final (Win rate): " in shown


def test_what_is_not_available_is_listed_once_for_each_reason():
    names = ["deals_won", "win_rate", "revenue_won", "average_deal_value"]
    metrics = [metric(name) for name in names]
    rows = [row(of, None, reason="no-rows") for of in metrics]
    missing = dict.fromkeys(names[:2], "no deals were read") | {"revenue_won": "amounts are blank"}
    shown = rendered(report(rows, metrics, missing=missing))
    expected = """\
Not available
  Deals won; Win rate: no deals were read
  Revenue won: amounts are blank
  Average deal value: no records in the period
"""

    assert shown.endswith(expected)


def test_a_metric_in_several_currencies_has_a_row_for_each():
    money = metric("revenue_won")
    rows = [row(money, 10000.0), row(money, 500.0, currency="EUR")]
    shown = rendered(report(rows, [money], history={("revenue_won",): [1.0, 2.0]}))

    assert re.findall(r"Revenue won +(.+?)  ", shown) == ["10,000 USD", "500.00 EUR"]
    assert "▁" not in shown


def test_a_segment_in_several_currencies_has_a_row_for_each():
    money, count = metric("revenue_won"), metric("deals_won")
    rows = [
        row(money, 10000.0, owner="Ann"),
        row(money, 500.0, owner="Ann", currency="EUR"),
        row(money, 300.0, owner="Bo", currency="EUR"),
        *(row(count, 7.0, owner=owner) for owner in ("Ann", "Bo")),
    ]
    expected = """\
  owner  Revenue won  Deals won
  Ann     10,000 USD          7
  Ann     500.00 EUR
  Bo      300.00 EUR          7
"""

    assert rendered(report(rows, [money, count], by=("owner",))).endswith(expected)


def test_a_metric_with_its_own_dimension_shows_the_ten_largest():
    sales = metric("revenue_won", per=("product",))
    rows = [row(sales, float(1000 + place), product=f"P{place:02}") for place in range(13)]
    rows.append(row(sales, 99.0, product="(rest)"))
    shown = rendered(report(rows, [sales], per=("product",), rest="(rest)"))
    labels = re.findall(r"^  (P\d\d|… and .*|\(rest\))", shown, re.MULTILINE)

    assert labels == [*(f"P{place:02}" for place in range(12, 2, -1)), "… and 3 more", "(rest)"]


def test_a_title_of_the_rows_wins_over_that_of_the_catalogue():
    of = metric("csat_score")
    shown = rendered(report([row(of, 4.1, title="Mean score, 1 to 5")], [of]))

    assert "Mean score, 1 to 5" in shown
    assert of.title not in shown


def test_notes_are_counted_and_shown_when_asked_for():
    issues = [Issue("total-row", "a.csv", 1), Issue("empty-file", "b.csv"), Issue("total-row", "c.csv", 1)]
    made = full_report(issues=issues)

    assert table.problems(made) == ["b.csv: holds no rows"]
    assert rendered(made).endswith("Data problems\n  b.csv: holds no rows\n  2 notes: -v shows them\n")
    assert "a.csv: " in rendered(made, verbose=True)
    assert "-v shows" not in rendered(made, verbose=True)


def test_a_report_without_rows_is_still_a_report():
    assert rendered(report([], [])) == "Key figures  2025-03\ndata up to 2025-03-31\n"
