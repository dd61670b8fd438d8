"""The language of filters and formulas: what it says of rows with missing cells, and what it does not allow."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from crm_metrics.engine.cells import CODE, REASONS, Cells
from crm_metrics.engine.formulas import evaluate
from crm_metrics.errors import SettingsError
from crm_metrics.expressions import (
    Among,
    Both,
    Compare,
    Either,
    Flag,
    Missing,
    Name,
    Not,
    Number,
    Operation,
    columns,
    names,
    parse_filter,
    parse_formula,
)
from crm_metrics.tables.filters import matches

ROWS = pd.DataFrame(
    {
        "amount": [10.0, 0.0, np.nan, -5.0],
        "owner": pd.Categorical(["Ann", "Bob", None, "Ann"]),
        "name": pd.Series(["x", None, "y", "x"], dtype="str"),
        "is_won": pd.array([True, False, None, True], dtype="boolean"),
        "is_open": [False, True, True, False],
    }
)


def chosen(text: str, rows: pd.DataFrame = ROWS) -> list[int]:
    return np.flatnonzero(matches(rows, parse_filter(text, "test"))).tolist()


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("amount > 0", [0]),
        ("amount >= 0", [0, 1]),
        ("amount < 10", [1, 3]),
        ("amount <= -5", [3]),
        ("amount == 0", [1]),
        ("amount != 0", [0, 3]),  # a missing amount is not known to differ
        ("not amount == 0", [0, 3]),
        ("not amount > 0", [1, 3]),
        ("amount is None", [2]),
        ("amount is not None", [0, 1, 3]),
        ("not amount is None", [0, 1, 3]),
        ("owner == 'Ann'", [0, 3]),
        ("owner != 'Ann'", [1]),
        ("not owner == 'Ann'", [1]),
        ("owner in ('Ann', 'Bob')", [0, 1, 3]),
        ("owner in ['Bob']", [1]),
        ("owner not in ('Ann',)", [1]),
        ("not owner in ('Ann',)", [1]),
        ("not owner not in ('Ann',)", [0, 3]),
        ("owner in ()", []),
        ("owner not in ()", [0, 1, 3]),
        ("owner is None", [2]),
        ("name == 'x'", [0, 3]),
        ("name != 'x'", [2]),
        ("name in ('x',)", [0, 3]),
        ("amount in (0, 10)", [0, 1]),
        ("is_won", [0, 3]),
        ("not is_won", [1]),
        ("not not is_won", [0, 3]),
        ("is_won is None", [2]),
        ("is_won is not None", [0, 1, 3]),
        ("is_won == True", [0, 3]),
        ("is_won == False", [1]),
        ("is_open", [1, 2]),
        ("not is_open", [0, 3]),
    ],
)
def test_a_missing_cell_satisfies_no_comparison_and_no_negation_of_one(text: str, rows: list[int]) -> None:
    assert rows == chosen(text)


TRUTHS = {"yes": True, "no": False, "unknown": None}


def three_valued(left: bool | None, right: bool | None, way: str) -> bool | None:
    """Kleene's tables: unknown where the known side does not decide."""
    decides = way == "or"
    if decides in (left, right):
        return decides
    return None if None in (left, right) else not decides


@pytest.mark.parametrize("way", ["and", "or"])
@pytest.mark.parametrize("left", TRUTHS)
@pytest.mark.parametrize("right", TRUTHS)
def test_and_and_or_are_three_valued_under_not(left: str, right: str, way: str) -> None:
    rows = pd.DataFrame(
        {name: pd.array([TRUTHS[value]], dtype="boolean") for name, value in (("a", left), ("b", right))}
    )
    expected = three_valued(TRUTHS[left], TRUTHS[right], way)

    assert (expected is True) == bool(chosen(f"a {way} b", rows))
    assert (expected is False) == bool(chosen(f"not (a {way} b)", rows))


@pytest.mark.parametrize(
    "text",
    ["amount > 0", "owner == 'Ann'", "is_won", "owner in ('Bob',)", "amount > 0 and is_won", "amount < 1 or is_won"],
)
def test_a_row_satisfies_a_filter_or_its_negation_or_cannot_tell(text: str) -> None:
    yes, no = set(chosen(text)), set(chosen(f"not ({text})"))
    known = ROWS.dropna(subset=list(columns(parse_filter(text, "test")))).index

    assert set() == yes & no
    assert set(known) <= yes | no


def test_a_filter_of_no_rows_chooses_none() -> None:
    for text in ("amount > 0", "owner == 'Ann'", "name != 'x'", "not is_won", "owner in ('Ann',) or amount is None"):
        assert [] == chosen(text, ROWS.head(0))


def test_a_filter_is_read_as_it_is_written() -> None:
    tree = parse_filter("a == 'x' and (b in (1, -2) or not c is None) and d not in ('y',) and not e", "test")

    assert (
        Both(
            (
                Compare("a", "==", "x"),
                Either((Among("b", (1, -2)), Not(Missing("c")))),
                Among("d", ("y",), negated=True),
                Not(Flag("e")),
            )
        )
        == tree
    )
    assert set("abcde") == columns(tree)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a ==",
        "a = 1",
        "0 < a < 10",
        "a == b",
        "1 == a",
        "'x' in a",
        "a in b",
        "a in 'xyz'",
        "a in (b,)",
        "a is True",
        "a is not b",
        "a + 1 > 2",
        "a > 1 + 1",
        "f(a)",
        "a.b == 1",
        "a['b'] == 1",
        "a == None",
        "a == -'x'",
        "a == f'{b}'",
        "a == b''",
        "a == 1j",
        "a == ...",
        "a if b else c",
        "lambda: a",
        "[a for a in b]",
        "(a := 1)",
        "a & b",
        "~a",
        "-a",
        "1",
        "True",
        "'a'",
        "(a, b)",
        "a; b",
        "import os",
        "a\nb",
        "(" * 500 + "a" + ")" * 500,
    ],
)
def test_everything_else_is_refused_as_a_filter(text: str) -> None:
    with pytest.raises(SettingsError, match="the place") as caught:
        parse_filter(text, "the place")

    assert 2 == caught.value.exit_code


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a **  2",
        "a // 2",
        "a % 2",
        "a @ b",
        "a | b",
        "+a",
        "not a",
        "a and b",
        "a > b",
        "f(a)",
        "a.b",
        "a[0]",
        "'x'",
        "a + 'x'",
        "True",
        "None",
        "1j",
        "(a, b)",
        "a if b else c",
        "a\nb",
        "a; b",
        "nan = 1",
        "__import__('os')",
    ],
)
def test_everything_else_is_refused_as_a_formula(text: str) -> None:
    with pytest.raises(SettingsError, match="the place"):
        parse_formula(text, "the place")


def test_a_formula_is_read_as_it_is_written() -> None:
    tree = parse_formula("100 * (a - b) / c", "test")
    difference = Operation("-", Name("a"), Name("b"))

    assert Operation("/", Operation("*", Number(100.0), difference), Name("c")) == tree
    assert ["a", "b", "c"] == names(tree)
    assert ["a"] == names(parse_formula("a / (a + a)", "test"))


def cells(value: float, n: int = 1, reason: str = "") -> Cells:
    shape = (1, 1)
    return Cells(
        (),
        np.full(shape, value if not reason else np.nan),
        np.full(shape, n),
        np.full(shape, CODE[reason]),
        np.zeros(shape, dtype=bool),
        np.ones(1, dtype=bool),
        np.full(shape, np.nan),
        np.full(shape, np.nan),
        np.full(shape, float(n)),
    )


def computed(text: str, **parts: Cells | float) -> tuple[float | None, int, str]:
    """Value, n and reason of a formula; plain numbers are named values."""
    metrics = {name: part for name, part in parts.items() if isinstance(part, Cells)}
    named = {name: np.array([part]) for name, part in parts.items() if not isinstance(part, Cells)}
    value, n, reason = evaluate(parse_formula(text, "test"), metrics.get, named.__getitem__, (1, 1))
    return (None if np.isnan(value[0, 0]) else float(value[0, 0])), int(n[0, 0]), REASONS[int(reason[0, 0])]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a + b * 2", 14.0),
        ("(a + b) * 2", 20.0),
        ("a - b - 1", 1.0),
        ("a / b / 2", 0.75),
        ("-a + 1", -5.0),
        ("- (a - b)", -2.0),
        ("3", 3.0),
        ("1.5e1 * a", 90.0),
        ("a * margin", 3.0),
    ],
)
def test_a_formula_is_computed_as_arithmetic_is(text: str, value: float) -> None:
    assert value == computed(text, a=cells(6.0), b=cells(4.0), margin=0.5)[0]


def test_a_zero_denominator_is_a_reason_and_never_infinite() -> None:
    assert (None, 0, "zero-denominator") == computed("a / b", a=cells(1.0, 1), b=cells(0.0, 0))
    assert (None, 0, "zero-denominator") == computed("a / b", a=cells(0.0, 0), b=cells(0.0, 0))
    assert (None, 3, "zero-denominator") == computed("a / (b - b)", a=cells(1.0, 1), b=cells(2.0, 3))
    assert None is computed("1 + 2 * (a / b)", a=cells(1.0), b=cells(0.0))[0]


def test_n_is_that_of_the_denominator_of_a_ratio_else_the_smallest() -> None:
    assert 7 == computed("a / b", a=cells(1.0, 3), b=cells(2.0, 7))[1]
    assert 3 == computed("a + b", a=cells(1.0, 3), b=cells(2.0, 7))[1]
    assert 7 == computed("100 * (a - b) / c", a=cells(1.0, 3), b=cells(2.0, 2), c=cells(4.0, 7))[1]
    assert 3 == computed("a * margin", a=cells(1.0, 3), margin=0.5)[1]
    assert 3 == computed("a / margin", a=cells(1.0, 3), margin=0.5)[1]
    assert 0 == computed("2 * margin", margin=0.5)[1]


REASONED = [(i, j) for i in range(1, len(REASONS)) for j in range(len(REASONS))]


@pytest.mark.parametrize(("left", "right"), REASONED[:: len(REASONED) // 40])
def test_the_reason_that_wins_is_the_first_in_the_order_of_reasons(left: int, right: int) -> None:
    expected = REASONS[min(code for code in (left, right) if code)]

    for text in ("a + b", "b + a", "a / b", "b / a", "1 - a * b"):
        assert (None, expected) == computed(text, a=cells(1.0, 1, REASONS[left]), b=cells(2.0, 1, REASONS[right]))[::2]


def test_a_named_value_that_is_not_set_leaves_no_base_to_compare_with() -> None:
    assert (None, "no-baseline") == computed("a / goal", a=cells(1.0), goal=float("nan"))[::2]
