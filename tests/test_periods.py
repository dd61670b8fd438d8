"""Periods: what each written form means, and what comes before, a year ago and inside."""

from contextlib import suppress
from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, strategies as st

from crm_metrics.errors import NothingToReport, UsageError
from crm_metrics.periods import Period, comparison, last_complete, parse, trailing

AS_OF = date(2024, 5, 15)  # a Wednesday
FIRST = date(2022, 3, 9)
DAY = timedelta(days=1)


def period(text, *, as_of=AS_OF, **calendar):
    return parse(text, **calendar).resolve(as_of=as_of, first=FIRST)


def days(value):
    """First and last day, both inclusive, as one writes them."""
    return f"{value.start}..{value.end - DAY}"


@pytest.mark.parametrize(
    ("text", "expected", "label", "unit"),
    [
        ("2025", "2025-01-01..2025-12-31", "2025", "year"),
        ("2025-H2", "2025-07-01..2025-12-31", "2025-H2", "half"),
        ("2025-h1", "2025-01-01..2025-06-30", "2025-H1", "half"),
        ("2025-Q1", "2025-01-01..2025-03-31", "2025-Q1", "quarter"),
        ("  2025-q4 ", "2025-10-01..2025-12-31", "2025-Q4", "quarter"),
        ("2024-02", "2024-02-01..2024-02-29", "2024-02", "month"),
        ("2025-W07", "2025-02-10..2025-02-16", "2025-W07", "week"),
        ("2025-w01", "2024-12-30..2025-01-05", "2025-W01", "week"),
        ("2020-W53", "2020-12-28..2021-01-03", "2020-W53", "week"),
        ("2025-03-04", "2025-03-04..2025-03-04", "2025-03-04", "day"),
        ("FY2026", "2026-01-01..2026-12-31", "FY2026", "fiscal-year"),
        ("fy2026-q1", "2026-01-01..2026-03-31", "FY2026-Q1", "fiscal-quarter"),
        ("2022-01..2024-11", "2022-01-01..2024-11-30", "2022-01-01..2024-11-30", "range"),
        ("2022-01 .. 2022-Q2", "2022-01-01..2022-06-30", "2022-H1", "half"),
        ("2024-01..2024-12", "2024-01-01..2024-12-31", "2024", "year"),
        ("2024-02-01..2024-02-29", "2024-02-01..2024-02-29", "2024-02", "month"),
        ("2024-02-05..2024-02-11", "2024-02-05..2024-02-11", "2024-W06", "week"),
        ("2024-02-05..2024-02-05", "2024-02-05..2024-02-05", "2024-02-05", "day"),
        ("2024-03..", "2024-03-01..2024-05-15", "2024-03-01..2024-05-15", "range"),
        ("..2023-12", "2022-03-09..2023-12-31", "2022-03-09..2023-12-31", "range"),
        ("ALL", "2022-03-09..2024-05-15", "all", "all"),
        ("today", "2024-05-15..2024-05-15", "2024-05-15", "day"),
        ("yesterday", "2024-05-14..2024-05-14", "2024-05-14", "day"),
        ("Last-Month", "2024-04-01..2024-04-30", "2024-04", "month"),
        ("last-week", "2024-05-06..2024-05-12", "2024-W19", "week"),
        ("last-quarter", "2024-01-01..2024-03-31", "2024-Q1", "quarter"),
        ("last-year", "2023-01-01..2023-12-31", "2023", "year"),
        ("last-1-month", "2024-04-01..2024-04-30", "2024-04", "month"),
        ("last-4-months", "2024-01-01..2024-04-30", "2024-01-01..2024-04-30", "range"),
        ("last-12-months", "2023-05-01..2024-04-30", "2023-05-01..2024-04-30", "range"),
        ("last-4-quarters", "2023-04-01..2024-03-31", "2023-04-01..2024-03-31", "range"),
        ("last-8-weeks", "2024-03-18..2024-05-12", "2024-03-18..2024-05-12", "range"),
        ("last-2-years", "2022-01-01..2023-12-31", "2022-01-01..2023-12-31", "range"),
        ("last-90-days", "2024-02-16..2024-05-15", "2024-02-16..2024-05-15", "range"),
        ("this-week", "2024-05-13..2024-05-19", "2024-W20", "week"),
        ("this-month", "2024-05-01..2024-05-31", "2024-05", "month"),
        ("this-quarter", "2024-04-01..2024-06-30", "2024-Q2", "quarter"),
        ("this-year", "2024-01-01..2024-12-31", "2024", "year"),
        ("wtd", "2024-05-13..2024-05-19", "2024-W20", "week"),
        ("mtd", "2024-05-01..2024-05-31", "2024-05", "month"),
        ("qtd", "2024-04-01..2024-06-30", "2024-Q2", "quarter"),
        ("YTD", "2024-01-01..2024-12-31", "2024", "year"),
        ("fytd", "2024-01-01..2024-12-31", "FY2024", "fiscal-year"),
    ],
)
def test_each_form_means_its_days_both_ends_included(text, expected, label, unit):
    value = period(text)
    assert (expected, label, unit) == (days(value), value.label, value.unit)


@pytest.mark.parametrize(
    ("text", "start", "expected", "label"),
    [
        ("FY2026", 4, "2025-04-01..2026-03-31", "FY2026"),
        ("FY2026-Q1", 4, "2025-04-01..2025-06-30", "FY2026-Q1"),
        ("FY2026-Q4", 4, "2026-01-01..2026-03-31", "FY2026-Q4"),
        ("FY2026", 2, "2025-02-01..2026-01-31", "FY2026"),
        ("FY2026", 12, "2025-12-01..2026-11-30", "FY2026"),
        ("FY2026-Q1", 12, "2025-12-01..2026-02-28", "FY2026-Q1"),
        ("fytd", 4, "2024-04-01..2025-03-31", "FY2025"),
        ("fytd", 7, "2023-07-01..2024-06-30", "FY2024"),
        ("ytd", 7, "2024-01-01..2024-12-31", "2024"),
        ("FY2023..FY2024", 7, "2022-07-01..2024-06-30", "2022-07-01..2024-06-30"),
    ],
)
def test_a_fiscal_year_is_named_by_the_year_it_ends_in(text, start, expected, label):
    value = period(text, fiscal_year_start=start)
    assert (expected, label) == (days(value), value.label)


@pytest.mark.parametrize(
    ("text", "expected", "label"),
    [
        ("2024-W20", "2024-05-12..2024-05-18", "2024-W20"),
        ("2025-W01", "2024-12-29..2025-01-04", "2025-W01"),
        ("this-week", "2024-05-12..2024-05-18", "2024-W20"),
        ("last-week", "2024-05-05..2024-05-11", "2024-W19"),
    ],
)
def test_a_week_from_sunday_begins_the_day_before_the_iso_week(text, expected, label):
    value = period(text, week_start="sunday")
    assert (expected, label) == (days(value), value.label)


@pytest.mark.parametrize("as_of", [date(2024, 1, 31), date(2024, 12, 31), date(2024, 2, 1)])
def test_last_month_is_the_month_before_the_one_that_as_of_is_in(as_of):
    expected = period(f"{as_of:%Y-%m}").previous()
    assert expected == period("last-month", as_of=as_of) == period("last-1-months", as_of=as_of)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("last-month", True),
        ("ytd", True),
        ("fytd", True),
        ("Today", True),
        ("this-quarter", True),
        ("last-90-days", True),
        ("2024", False),
        ("2024-01..", False),
        ("..2024", False),
        ("all", False),
        ("FY2024", False),
    ],
)
def test_only_words_counted_from_today_need_a_clock(text, expected):
    assert expected == parse(text).needs_clock


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("2025-13", "months run from 01 to 12"),
        ("2025-00", "months run from 01 to 12"),
        ("2025-02-29", "2025-02 has 28 days"),
        ("2025-03-00", "2025-03 has 31 days"),
        ("2025-H3", "halves are H1 and H2"),
        ("2025-Q0", "quarters run from Q1 to Q4"),
        ("FY2025-Q5", "quarters run from Q1 to Q4"),
        ("2025-W60", "the weeks of 2025 run from W01 to W52"),
        ("2025-W53", "the weeks of 2025 run from W01 to W52"),
        ("2020-W54", "the weeks of 2020 run from W01 to W53"),
        ("1899", "years run from 1900 to 2199"),
        ("2200-01", "years run from 1900 to 2199"),
        ("2024-13..2025", "months run from 01 to 12"),
        ("2024-12..2024-01", "it ends before it starts"),
        ("last-101-years", "it reaches back more than 100 years"),
        ("Q1", "name its year as well"),
        ("march", "name its year as well"),
    ],
)
def test_a_form_that_holds_no_day_is_refused_with_the_reason(text, reason):
    with pytest.raises(UsageError) as refused:
        parse(text)
    assert f"'{text}' is not a period: {reason}" == refused.value.what


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("2025/03", "2025-03"),
        ("2025-3", "2025-03"),
        ("202503", "2025-03"),
        ("03.2025", "2025-03"),
        ("20250304", "2025-03-04"),
        ("2025-03-04T10:15", "2025-03-04"),
        ("31.12.2024", "2024-12-31"),
        ("12/31/2024", "2024-12-31"),
        ("3/4/2025", "2025-04-03 or 2025-03-04"),
        ("Q1 2025", "2025-Q1"),
        ("2025Q1", "2025-Q1"),
        ("H2/2025", "2025-H2"),
        ("2025-W7", "2025-W07"),
        ("week 7 2025", "2025-W07"),
        ("FY26", "FY2026"),
        ("Q1 FY2026", "FY2026-Q1"),
        ("March 2025", "2025-03"),
        ("4 Mar 2025", "2025-03-04"),
        ("2024-12..2024-01", "2024-01..2024-12"),
        ("2024-01 to 2024-03", "2024-01..2024-03"),
        ("2024-01...2024-03", "2024-01..2024-03"),
        ("2024-01-01/2024-01-31", "2024-01-01..2024-01-31"),
        ("2024/01..2024/03", "2024-01..2024-03"),
        ("last month", "last-month"),
        ("lastmonth", "last-month"),
        ("previous month", "last-month"),
        ("past 30 days", "last-30-days"),
        ("current quarter", "this-quarter"),
        ("year to date", "ytd"),
        ("yesterdy", "yesterday"),
    ],
)
def test_what_is_nearly_a_period_is_refused_and_the_valid_form_named(text, meant):
    with pytest.raises(UsageError) as refused:
        parse(text)
    assert refused.value.hint.startswith(f"Did you mean {meant}? Periods: 2025, ")


@pytest.mark.parametrize(
    "text", ["", "..", "...", "tomato", "12345", "٢٠٢٥", "2025-01..tomato", "2025-01..2025-02..2025-03"]
)
def test_anything_else_is_refused_with_all_forms_in_one_line(text):
    with pytest.raises(UsageError) as refused:
        parse(text)
    assert refused.value.hint.startswith("Periods: 2025, ")
    assert "\n" not in refused.value.hint


@given(text=st.text() | st.from_regex(r"[0-9a-zA-Z./ :-]{1,14}", fullmatch=True))
def test_any_text_is_a_period_or_a_usage_error(text):
    with suppress(UsageError):
        assert parse(text).text == text.strip()


@given(text=st.from_regex(r"[0-9qhwfy./ -]{4,12}", fullmatch=True))
def test_what_an_error_advises_is_a_period(text):
    try:
        parse(text)
    except UsageError as refused:
        advice = (
            refused.hint.split("? Periods")[0].removeprefix("Did you mean ") if "Did you" in refused.hint else "all"
        )
        assert all(parse(form) for form in advice.split(" or "))


@pytest.mark.parametrize(("text", "as_of"), [("2024-06..", AS_OF), ("..2021", AS_OF), ("all", date(2021, 1, 1))])
def test_an_open_range_without_a_day_of_the_data_has_nothing_to_report(text, as_of):
    with pytest.raises(NothingToReport):
        period(text, as_of=as_of)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024", 12),
        ("2024-H1", 6),
        ("2024-Q1", 3),
        ("2024-02", 1),
        ("2022-01..2024-12", 36),
        ("2024-W07", 7 / 30.4375),
        ("2024-01-01..2024-03-30", 90 / 30.4375),
        ("2024-01-15..2024-02-14", 31 / 30.4375),
    ],
)
def test_months_are_counted_where_whole_and_otherwise_measured_in_days(text, expected):
    assert expected == period(text).months


@pytest.mark.parametrize(("as_of", "expected"), [(date(2024, 5, 30), False), (date(2024, 5, 31), True)])
def test_a_period_is_complete_on_its_last_day(as_of, expected):
    assert expected == period("2024-05").is_complete(as_of)


@pytest.mark.parametrize(
    ("text", "expected", "label", "unit"),
    [
        ("2024-04", "2024-04-01..2024-04-30", "2024-04", "month"),
        ("2024-05", "2024-05-01..2024-05-15", "2024-05-01..2024-05-15", "range"),
        ("2024", "2024-01-01..2024-05-15", "2024-01-01..2024-05-15", "range"),
        ("2024-06", "2024-06-01..2024-05-31", "2024-06", "month"),
    ],
)
def test_until_cuts_after_the_last_day_known(text, expected, label, unit):
    value = period(text).until(AS_OF)
    assert (expected, label, unit) == (days(value), value.label, value.unit)


@pytest.mark.parametrize(
    ("text", "count", "expected"),
    [
        ("2024", 1, "2023"),
        ("2024-H1", 1, "2023-H2"),
        ("2024-Q1", 5, "2022-Q4"),
        ("2024-03", 1, "2024-02"),
        ("2024-01", 1, "2023-12"),
        ("2025-W01", 1, "2024-W52"),
        ("2024-03-01", 1, "2024-02-29"),
        ("FY2024", 1, "FY2023"),
        ("FY2024-Q1", 1, "FY2023-Q4"),
        ("2024-03..2024-04", 1, "2024-01-01..2024-02-29"),
        ("2024-04..2024-09", 1, "2023-10-01..2024-03-31"),
        ("2024-01..2024-05", 2, "2023-03-01..2023-07-31"),
        ("2024-03-05..2024-04-07", 1, "2024-01-31..2024-03-04"),
    ],
)
def test_previous_is_as_many_calendar_units_right_before(text, count, expected):
    assert expected == period(text).previous(count).label


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024", "2023"),
        ("2024-H2", "2023-H2"),
        ("2024-Q1", "2023-Q1"),
        ("2024-02", "2023-02"),
        ("2025-02", "2024-02"),
        ("2024-W07", "2023-W07"),
        ("2020-W53", "2019-W52"),
        ("2024-02-29", "2023-02-28"),
        ("2025-02-28", "2024-02-28"),
        ("FY2024-Q3", "FY2023-Q3"),
        ("2024-01..2024-02", "2023-01-01..2023-02-28"),
        ("2025-01..2025-02", "2024-01-01..2024-02-29"),
        ("2024-02-10..2024-02-29", "2023-02-10..2023-02-28"),
        ("2025-02-10..2025-02-28", "2024-02-10..2024-02-29"),
        ("2024-02-29..2024-03-04", "2023-02-28..2023-03-04"),
        ("2024-02-10..2024-02-28", "2023-02-10..2023-02-28"),
        ("2024-01-10..2024-01-30", "2023-01-10..2023-01-30"),
    ],
)
def test_a_year_ago_is_the_same_calendar_unit_and_a_month_end_stays_one(text, expected):
    assert expected == period(text).year_ago().label


def test_a_sunday_week_a_year_ago_is_a_sunday_week():
    assert period("2023-W07", week_start="sunday") == period("2024-W07", week_start="sunday").year_ago()


def test_all_has_nothing_before_it():
    assert (period("all").previous(), period("all").year_ago(), trailing(period("all"), 3)) == (None, None, [])


@pytest.mark.parametrize(
    ("text", "grain", "expected"),
    [
        ("2024-W07", "day", [f"2024-02-{day}" for day in range(12, 19)]),
        ("2024-01", "week", ["2024-W01", "2024-W02", "2024-W03", "2024-W04", "2024-W05"]),
        ("2024-Q1", "month", ["2024-01", "2024-02", "2024-03"]),
        ("2024-01-20..2024-04-02", "month", ["2024-01", "2024-02", "2024-03", "2024-04"]),
        ("2024-01-20..2024-04-02", "quarter", ["2024-Q1", "2024-Q2"]),
        ("2023-06..2024-04-02", "year", ["2023", "2024"]),
        ("2024-03-04", "year", ["2024"]),
    ],
)
def test_a_period_splits_into_the_units_it_touches(text, grain, expected):
    assert expected == [part.label for part in period(text).split(grain)]


def test_a_unit_that_crosses_an_edge_is_cut_and_keeps_its_label():
    first, *_, last = period("2024-01").split("week")
    assert (days(first), first.label) == ("2024-01-01..2024-01-07", "2024-W01")
    assert (days(last), last.label, last.unit) == ("2024-01-29..2024-01-31", "2024-W05", "week")


def test_a_cut_unit_compares_with_the_same_part_of_the_earlier_unit():
    first, second = period("2024-03-05..2024-04-07").split("month")
    assert (first.previous().label, days(first.previous())) == ("2024-02", "2024-02-05..2024-02-29")
    assert (first.year_ago().label, days(first.year_ago())) == ("2023-03", "2023-03-05..2023-03-31")
    assert (second.previous().label, days(second.previous())) == ("2024-03", "2024-03-01..2024-03-07")


def test_quarters_are_fiscal_in_a_fiscal_year_and_in_no_other_period():
    fiscal = ["FY2024-Q1", "FY2024-Q2", "FY2024-Q3", "FY2024-Q4"]
    year = period("FY2024", fiscal_year_start=2)
    assert fiscal == [part.label for part in year.split("quarter")]
    assert [part.label for part in year.split("year")] == ["FY2024"]
    assert len(year.split("month")) == 12
    assert [part.label for part in period("2023-02..2024-01", fiscal_year_start=2).split("year")] == ["2023", "2024"]


def test_weeks_in_a_split_start_where_the_calendar_says():
    month = period("2024-09", week_start="sunday")
    assert days(month.split("week")[0]) == "2024-09-01..2024-09-07"
    assert days(period("2024-09").split("week")[0]) == "2024-09-01..2024-09-01"


@pytest.mark.parametrize(
    ("unit", "as_of", "expected"),
    [
        ("month", date(2024, 5, 15), "2024-04"),
        ("month", date(2024, 5, 31), "2024-05"),
        ("month", date(2024, 1, 1), "2023-12"),
        ("week", date(2024, 5, 19), "2024-W20"),
        ("week", date(2024, 5, 18), "2024-W19"),
        ("quarter", date(2024, 3, 31), "2024-Q1"),
        ("year", date(2024, 12, 30), "2023"),
        ("fiscal-year", date(2024, 12, 30), "FY2023"),
    ],
)
def test_the_last_complete_unit_ends_by_as_of(unit, as_of, expected):
    assert expected == last_complete(unit, as_of).label


@pytest.mark.parametrize(
    ("text", "kind", "as_of", "expected"),
    [
        ("2024-04", "previous", AS_OF, "2024-03"),
        ("2024-04", "year-ago", AS_OF, "2023-04"),
        ("2024-05", "previous", AS_OF, "2024-04-01..2024-04-15"),
        ("2024-05", "year-ago", AS_OF, "2023-05-01..2023-05-15"),
        ("2024-03", "previous", date(2024, 3, 30), "2024-02"),
        ("2024-03", "previous", date(2024, 3, 29), "2024-02"),
        ("2024-03", "previous", date(2024, 3, 28), "2024-02-01..2024-02-28"),
        ("2024", "previous", date(2024, 1, 1), "2023-01-01..2023-01-01"),
        ("2024-04-10..2024-05-20", "previous", AS_OF, "2024-02-29..2024-04-04"),
        ("2024-03-10..2024-05-10", "previous", AS_OF, "2024-01-08..2024-03-09"),
    ],
)
def test_a_period_to_date_compares_with_the_same_elapsed_days(text, kind, as_of, expected):
    assert expected == comparison(period(text), kind, as_of=as_of).label


def test_a_period_of_choice_is_compared_whole_unless_to_date():
    assert comparison(period("2024-04"), period("2023"), as_of=AS_OF).label == "2023"
    assert comparison(period("2024-05"), period("2023"), as_of=AS_OF).label == "2023-01-01..2023-01-15"
    assert comparison(period("2024-04"), period("2024"), as_of=AS_OF).label == "2024-01-01..2024-05-15"


@pytest.mark.parametrize(
    ("text", "kind"), [("all", "previous"), ("all", "year-ago"), ("2024", "none"), ("2024-06", "previous")]
)
def test_some_periods_compare_with_nothing(text, kind):
    assert comparison(period(text), kind, as_of=AS_OF) is None


def test_a_comparison_that_begins_after_as_of_is_none():
    assert comparison(period("2024-04"), period("2025"), as_of=AS_OF) is None


def test_an_unknown_comparison_is_a_usage_error():
    with pytest.raises(UsageError, match="Cannot compare with 'before'"):
        comparison(period("2024"), "before", as_of=AS_OF)


def test_trailing_ends_with_the_period():
    assert [value.label for value in trailing(period("2024-01"), 3)] == ["2023-11", "2023-12", "2024-01"]
    assert [value.label for value in trailing(period("2024-W20"), 1)] == ["2024-W20"]
    assert trailing(period("2024-01"), 0) == []
    assert trailing(period("2024-01..2024-05"), 3) == []


dates = st.dates(date(1910, 1, 1), date(2190, 12, 31))
calendars = st.fixed_dictionaries(
    {"fiscal_year_start": st.integers(1, 12), "week_start": st.sampled_from(["monday", "sunday"])}
)
units = st.sampled_from(["day", "week", "month", "quarter", "half", "year", "fiscal-quarter", "fiscal-year"])


@st.composite
def whole_units(draw):
    return last_complete(draw(units), draw(dates), **draw(calendars))


@st.composite
def ranges(draw):
    start, length = draw(dates), draw(st.integers(0, 900))
    return parse(f"{start}..{start + length * DAY}", **draw(calendars)).resolve(as_of=AS_OF, first=FIRST)


periods = whole_units() | ranges()


@given(value=periods, grain=st.sampled_from(["day", "week", "month", "quarter", "year"]))
def test_the_parts_of_a_split_follow_each_other_and_add_up_to_the_period(value, grain):
    parts = value.split(grain)
    assert (value.start, value.end) == (parts[0].start, parts[-1].end)
    assert all(left.end == right.start for left, right in pairwise(parts))
    assert all(part.start < part.end for part in parts)
    assert len(parts) == len({part.label for part in parts})


@given(value=periods)
def test_the_previous_period_ends_where_the_period_starts(value):
    assert value.start == value.previous().end


@given(value=whole_units())
def test_two_back_is_the_previous_of_the_previous(value):
    assert value.previous(2) == value.previous().previous()


@given(value=whole_units())
def test_a_unit_has_a_whole_unit_of_its_kind_before_it_and_a_year_ago(value):
    for earlier in (value.previous(), value.year_ago()):
        assert earlier == earlier.calendar.unit(value.unit, earlier.start)


@given(value=periods)
def test_a_label_reads_back_as_the_period(value):
    calendar = {"fiscal_year_start": value.calendar.fiscal_year_start, "week_start": value.calendar.week_start}
    assert value == period(value.label, **calendar)


@given(value=periods)
def test_a_year_ago_of_whole_months_is_as_many_whole_months(value):
    if value.start.day == value.end.day == 1:
        assert value.months == value.year_ago().months


@given(value=periods, as_of=dates)
def test_until_keeps_exactly_the_days_known(value, as_of):
    cut = value.until(as_of)
    assert max(0, min((value.end - value.start).days, (as_of - value.start).days + 1)) == (cut.end - cut.start).days
    assert cut.is_complete(as_of) or cut.start == cut.end


@given(value=periods, elapsed=st.integers(0, 1200), kind=st.sampled_from(["previous", "year-ago"]))
def test_a_comparison_never_holds_more_days_than_have_passed(value, elapsed, kind):
    as_of = value.start + elapsed * DAY
    earlier = comparison(value, kind, as_of=as_of)
    whole = value.previous() if kind == "previous" else value.year_ago()
    assert earlier.start == whole.start
    assert earlier.end <= whole.end
    assert value.is_complete(as_of) or (earlier.end - earlier.start).days <= elapsed + 1


@given(value=periods, grain=st.sampled_from(["day", "week", "month", "quarter", "year"]))
def test_the_earlier_part_of_a_cut_unit_lies_inside_its_unit(value, grain):
    for part in value.split(grain):
        for earlier in (part.previous(), part.year_ago()):
            unit = earlier.calendar.unit(part.unit, earlier.start)
            assert unit.start <= earlier.start < earlier.end <= unit.end
            assert unit.label == earlier.label


def test_a_period_is_its_days_and_name_whatever_the_calendar():
    assert period("2024-03", fiscal_year_start=4) == period("2024-03")
    assert Period(date(2024, 3, 1), date(2024, 4, 1), "2024-03", "month") == period("2024-03")
