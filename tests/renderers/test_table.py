"""The table for reading: its rows, columns and widths."""

import re
from collections import Counter

import pytest

from crm_metrics.renderers import cells
from crm_metrics.tables import Source
from tests.renderers.reports import by_owner_report, full_report, metric, rendered, report, row

ANSI = re.compile(r"\x1b\[[0-9;]*m")


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


def test_a_report_without_rows_is_still_a_report():
    assert rendered(report([], [])) == "Key figures  2025-03\ndata up to 2025-03-31\n"
