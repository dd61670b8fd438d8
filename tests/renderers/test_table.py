"""The table for reading: its rows, columns and widths."""

import re
from collections import Counter
from dataclasses import replace

import pytest

from crm_metrics.book import cells
from crm_metrics.metrics.metric import Unit
from crm_metrics.tables import Source
from tests.renderers.reports import by_owner_report, full_report, metric, rendered, report, row

ANSI = re.compile(r"\x1b\[[0-9;]*m")


def changed(made, place, **given):
    """A report with other cells in one row."""
    rows = made.rows.astype(object).to_dict("records")
    rows[place] |= given
    return replace(made, rows=report(rows, made.metrics, by=made.by, per=made.per).rows)


@pytest.mark.parametrize("width", [40, 60, 80, 110, 200, None])
@pytest.mark.parametrize("color", [False, True])
def test_every_value_is_on_the_page_whole_at_every_width(color, width):
    made = full_report()
    shown = ANSI.sub("", rendered(made, width=width, color=color))
    for value, unit, currency in zip(made.rows["value"], made.rows["unit"], made.rows["currency"], strict=True):
        text = cells.value(value, unit, currency if unit.startswith("money") else None)

        assert re.search(rf"(?<!\S){re.escape(text)}(?!\S)", shown)


@pytest.mark.parametrize("width", [60, 80, 110, 160])
@pytest.mark.parametrize("make", [full_report, by_owner_report])
def test_no_line_is_wider_than_the_terminal(make, width):
    assert max(map(len, rendered(make(), width=width).splitlines())) <= width


def test_columns_go_by_their_rank():
    shown = {width: rendered(full_report(), width=width) for width in range(40, 200)}
    names = ("Mar", "change", "Feb", "12 months", "between", "records")
    found = {
        width: [name in text.split("Deals won")[0].splitlines()[-2] for name in names] for width, text in shown.items()
    }

    assert found[40] == [True, False, False, False, False, False]
    assert found[199] == [True, True, True, True, False, True]  # nothing here has limits
    ranked = [[here for name, here in zip(names, seen, strict=True) if name != "between"] for seen in found.values()]
    assert all(seen == sorted(seen, reverse=True) for seen in ranked)


def test_the_page_reads_like_this():
    made = full_report(
        sources=[
            Source(0, "deals.csv", "deals", "x", 1200, Counter(deleted=12)),
            Source(1, "t.csv", "tickets", "x", 38),
        ]
    )
    made = replace(made, metrics=made.metrics[:4])
    made = changed(made, 1, signal="better", compare_value=0.4812)
    made = changed(made, 2, currency=None, low=987654.0, high=1543210.0)
    expected = """\
March 2025 against February · 2 files, all up to 31 Mar 2025

Beyond chance  ▲ better ▼ worse: chance brings it 3 times in 1,000
  ▲ Win rate  63.2 %  from 48.1 %

Sales                          Mar   Feb     change      between (95 %)  records  12 months
  Deals won                  128       1     +12 %                           195  ▃ █▆▆▆▆▆▆▆▆▆
▲ Win rate                    63.2 %  48.1  +150.0 pp                        195  ▁ █▅▅▅▅▅▅▅▅▅
  Revenue won          1,234,568 ¹    1.00     +12 %   988k – 1,543k         195  ▃ █▆▆▆▆▆▆▆▆▆
  Average deal value     312.50 USD   1.00     +12 %                         195  ▃ █▆▆▆▆▆▆▆▆▆
  ¹ no currency is known: --set currency=USD
12 of 1,238 rows left out
"""

    assert "\n".join(" ".join(line.split()) for line in expected.splitlines()) == "\n".join(
        " ".join(line.split()) for line in rendered(made, width=120).splitlines()
    )


def test_periods_run_across_as_many_as_fit_and_the_whole_is_a_column_of_its_own():
    months = [f"2025-{month:02}" for month in range(1, 13)]
    won, rate = metric("revenue_won"), metric("win_rate")
    rows = [row(won, 1000.0 * place, period=month, start=f"{month}-01") for place, month in enumerate(months)]
    rows += [row(rate, 0.05 * place, period=month, start=f"{month}-01") for place, month in enumerate(months)]
    made = report(rows, [won, rate], grain="month", period="2025")
    made = replace(
        made, together=report([row(won, 66000.0, period="2025"), row(rate, 0.3, period="2025")], [won, rate]).rows
    )
    expected = """\
Sales               Sep     Oct     Nov     Dec    2025
  Revenue won, USD  8,000  9,000  10,000  11,000  66,000
  Win rate, %       40.0   45.0    50.0    55.0    30.0
Jan 2025 to Aug 2025 do not fit: a wider window, or -f
csv
"""
    shown = rendered(made, width=60).partition("\n\n")[2]

    assert [line.split() for line in shown.splitlines()] == [line.split() for line in expected.splitlines()]
    assert "Jan" in rendered(made)
    assert "do not fit" not in rendered(made)


def test_a_series_of_segments_is_a_block_for_each_figure():
    made = by_owner_report()
    made = replace(made, metrics=made.metrics[1:3])
    expected = """\

Win rate, %
  owner         Jan        Feb
  Ann          63.2       63.2
  (none)      126.3      126.3

Revenue won, USD
  owner         Jan        Feb
  Ann     1,234,568  1,234,568
  (none)  2,469,136  2,469,136
"""

    assert rendered(made).endswith(expected)


def test_of_one_period_segments_are_rows_and_metrics_are_columns():
    made = by_owner_report(months=["2025-03"])
    made = replace(made, grain=None)
    made = replace(made, metrics=made.metrics[:3])
    expected = """\

Sales
  owner   Deals won  Win rate    Revenue won
  Ann           128    63.2 %  1,234,568 USD
  (none)        256   126.3 %  2,469,136 USD
"""

    assert rendered(made).endswith(expected)


def test_metrics_that_do_not_fit_come_in_blocks_of_the_same_rows():
    made = by_owner_report(months=["2025-03"])
    made = replace(made, grain=None)
    shown = rendered(made, width=60)
    blocks = shown.partition("Sales\n")[2].partition("\nRevenue and value")[0].split("\n\n")

    assert len(blocks) == 2
    assert all(block.count("  Ann ") == 1 for block in blocks)


def _many(headline, **given):
    """Thirty figures, of which some are headline figures."""
    metrics = [
        metric(f"figure_{number}", shown="headline" if number in headline else "all", unit=Unit.SCORE)
        for number in range(30)
    ]
    rows = [row(of, 1.0 + number, **given) for number, of in enumerate(metrics)]
    return report(rows, metrics)


def test_the_page_has_the_headline_figures_and_says_how_many_others_there_are():
    shown = rendered(_many({3, 7}))

    assert re.findall(r"^  (Figure \d+)", shown, re.MULTILINE) == ["Figure 3", "Figure 7"]
    assert shown.endswith("\n28 more: --all, or -m sales\n")


@pytest.mark.parametrize("everything", ["all", "named"])
def test_all_figures_are_shown_when_they_are_asked_for(everything):
    shown = rendered(_many({3, 7}), everything=everything)

    assert len(re.findall(r"^  Figure \d+", shown, re.MULTILINE)) == 30
    assert "more: --all" not in shown


def test_what_says_the_same_once_more_is_left_out_unless_it_is_named():
    metrics = [
        metric(name, shown="headline", unit=Unit.PERCENT) for name in ("retention_rate", "churn_rate", "left_rate")
    ]
    metrics += [metric(f"figure_{number}", unit=Unit.SCORE) for number in range(20)]
    rows = [row(of, value) for of, value in zip(metrics, (0.9, 0.1, 0.1), strict=False)]
    rows += [row(of, 2.0 + place) for place, of in enumerate(metrics[3:])]
    made = report(rows, metrics)

    assert re.findall(r"^  (\w+) rate +\d", rendered(made), re.MULTILINE) == ["Retention"]
    assert re.findall(r"^  (\w+) rate +\d", rendered(made, everything="all"), re.MULTILINE) == ["Retention", "Churn"]
    assert "Left rate is Churn rate once more" in rendered(made, everything="all")
    assert len(re.findall(r"^  (\w+) rate +\d", rendered(made, everything="named"), re.MULTILINE)) == 3


def test_counts_that_are_equal_are_different_things():
    metrics = [metric("deals_won", shown="headline"), metric("deals_lost", shown="headline")]
    shown = rendered(report([row(of, 5.0, n=5.0) for of in metrics], metrics), everything="all")

    assert "once more" not in shown
    assert "Deals lost" in shown


def test_what_surely_changed_is_told_first_though_it_is_no_headline_figure():
    made = _many({3, 7})
    made = replace(made, compare_period="2025-02")
    for place, signal in ((7, "maybe worse"), (20, "better"), (21, "maybe better")):
        made = changed(made, place, signal=signal, change=1.0, change_pct=0.5, compare_value=2.0)
    news = rendered(made).partition("Beyond chance")[2].partition("\n\n")[0]

    assert re.findall(r"^(. Figure \d+)", news, re.MULTILINE) == ["▲ Figure 20", "▽ Figure 7"]


def test_headings_have_at_most_three_lines():
    long = metric(title="First response time of tickets of all channels with those that are still waiting")
    shown = rendered(report([row(long, 1.0, owner="Ann")], [long], by=("owner",)), width=80)
    heading = shown.partition("Sales\n")[2].partition("\n  Ann")[0]

    assert heading.count("\n") <= 2


def test_a_metric_in_several_currencies_has_a_row_for_each():
    money = metric("revenue_won")
    rows = [row(money, 10000.0), row(money, 500.0, currency="EUR")]
    shown = rendered(report(rows, [money], history={"revenue_won": [1.0, 2.0]}))

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
    assert rendered(report([], [])) == "March 2025 · up to 31 Mar 2025\n"


@pytest.mark.parametrize("width", [40, 50, 60, 80])
def test_the_news_fits_too(width):
    of = metric("revenue_won", title="Revenue of customers who came back")
    given = {"signal": "better", "change": 1.0, "change_pct": 0.5, "compare_value": 1234567.0}
    shown = rendered(report([row(of, 2345678.0, **given)], [of], compare_period="2025-02"), width=width)

    assert max(map(len, shown.splitlines())) <= width
    assert "2,345,678 USD" in shown.partition("Sales")[0]
    assert ("from 1,234,567 USD" in shown) == (width > 40)
