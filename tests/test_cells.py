"""A value as people read it."""

import pytest
from hypothesis import given, strategies as st

from crm_metrics.book import cells
from crm_metrics.metrics.metric import Unit


@pytest.mark.parametrize(
    ("expected", "number", "unit", "currency"),
    [
        ("63.2 %", 0.6315, "percent", None),
        ("63.1 %", 0.63149, "percent", None),
        ("0.0 %", 0.0, "percent", None),
        ("100.0 %", 1.0, "percent", None),
        ("1,234.5 %", 12.345, "percent", None),
        ("0.040 %", 0.0004, "percent", None),
        ("12,345 USD", 12345.0, "money", "USD"),
        ("312.50 USD", 312.5, "money", "USD"),
        ("1,000 USD", 999.996, "money", "USD"),
        ("999.99 USD", 999.99, "money", "USD"),
        ("−12,345 EUR", -12345.4, "money", "EUR"),
        ("0.00 USD", 0.0, "money", "USD"),
        ("12,345", 12345.0, "money", None),
        ("12,345 (none)", 12345.0, "money", "(none)"),
        ("1,234 USD/day", 1234.0, "money per day", "USD"),
        ("1,234 a day", 1234.0, "money per day", None),
        ("35.9 h", 35.94, "hours", None),
        ("88 min", 88.2, "minutes", None),
        ("4.5 min", 4.5, "minutes", None),
        ("10 min", 9.96, "minutes", None),
        ("51.8 days", 51.8, "days", None),
        ("1,235 days", 1234.6, "days", None),
        ("4.2 months", 4.2, "months", None),
        ("4,238", 4238.0, "count", None),
        ("12.5", 12.5, "count", None),
        ("3.4×", 3.4, "ratio", None),
        ("51.6", 51.6129, "points", None),
        ("−12.0", -12.0, "points", None),
        ("4.12", 4.117, "score", None),
    ],
)
def test_a_value_is_shown_with_its_unit(expected, number, unit, currency):
    assert expected == cells.value(number, unit, currency)


@pytest.mark.parametrize("number", [None, float("nan"), float("inf"), float("-inf")])
@pytest.mark.parametrize("unit", list(Unit))
def test_what_is_missing_is_a_dash_in_every_unit(number, unit):
    assert cells.value(number, unit, "USD") == "–"


@given(st.floats(min_value=1e-6, max_value=1e15), st.sampled_from(list(Unit)))
def test_what_is_not_zero_is_never_shown_as_zero(number, unit):
    shown = cells.value(number, unit, "USD")

    assert set(shown) & set("123456789")


@given(st.floats(allow_nan=False, allow_infinity=False), st.sampled_from(list(Unit)))
def test_a_negative_number_has_a_real_minus_sign(number, unit):
    shown = cells.value(number, unit, "USD")

    assert "-" not in shown
    assert shown.startswith("−") == (number < 0 and bool(set(shown) & set("123456789")))


@pytest.mark.parametrize(
    ("expected", "change", "change_pct", "unit"),
    [
        ("+1.3 pp", 0.013, 0.1, "percent"),
        ("−12.4 pp", -0.124, -0.2, "percent"),
        ("0.0 pp", 0.0, 0.0, "percent"),
        ("0.0 pp", 1e-17, 0.0, "percent"),
        ("+0.040 pp", 0.0004, 0.0, "percent"),
        ("+3.2 pts", 3.2, None, "points"),
        ("−0.11", -0.11, -0.02, "score"),
        ("+12 %", 14.0, 0.124, "count"),
        ("−56 %", -14.0, -0.564, "money"),
        ("−9.4 %", -14.0, -0.094, "money"),
        ("+1,240 %", 14.0, 12.4, "hours"),
        ("+1,200 USD", 1200.0, None, "money"),
        ("+3", 3.0, None, "count"),
        ("", None, None, "money"),
    ],
)
def test_a_change_is_in_points_for_shares_and_in_percent_for_amounts(expected, change, change_pct, unit):
    assert expected == cells.change(change, change_pct, unit, "USD")


@pytest.mark.parametrize(
    ("expected", "number", "unit"),
    [
        ("17.6 h", 1053.0, "minutes"),
        ("69 min", 69.0, "minutes"),
        ("2.0 h", 120.0, "minutes"),
        ("30 min", 0.5, "hours"),
        ("0.0 h", 0.0, "hours"),
        ("95.8 h", 95.8, "hours"),
        ("33.1 days", 33.1, "days"),
    ],
)
def test_a_duration_is_in_the_unit_people_say(expected, number, unit):
    assert expected == cells.value(number, unit)


def test_numbers_side_by_side_are_in_one_unit():
    assert cells.value(90.0, "minutes", like=378.0) == "1.5 h"


@pytest.mark.parametrize(
    ("expected", "low", "high", "unit"),
    [
        ("25 – 55 %", 0.2512, 0.5534, "percent"),
        ("93.0 – 96.7 %", 0.93, 0.967, "percent"),
        ("66k – 153k", 66123.0, 153000.0, "money"),
        ("9M – 277M", 9.2e6, 2.77e8, "money"),
        ("2,200 – 3,300", 2200.0, 3300.0, "money"),
        ("4.8 – 7.8 h", 288.0, 470.0, "minutes"),
        ("from 97 %", 0.971, None, "percent"),
        ("up to 97 %", None, 0.971, "percent"),
        ("", None, None, "percent"),
    ],
)
def test_limits_have_as_few_digits_as_tell_them_apart(expected, low, high, unit):
    assert expected == cells.limits(low, high, unit)


def test_control_characters_are_spelled_out():
    assert cells.visible("\x1b[31mEvil\x07\ta\nb\x9b\u202e") == r"\x1b[31mEvil\x07 a b\x9b\u202e"
    assert cells.visible("Çelik 👩‍💻 [red]") == "Çelik 👩‍💻 [red]"
