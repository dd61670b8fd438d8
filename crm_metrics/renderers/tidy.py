"""The tidy rows as columns of text, for the formats that programs read. Worked on whole columns: a report of many
months and owners has a million cells."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from crm_metrics.report import Report

# Numbers in the unit of their row, and those that are always a count or always a fraction.
IN_UNIT = frozenset({"value", "low", "high", "compare_value", "change", "target"})
COUNTS = frozenset({"n", "rank_low", "rank_high"})
FRACTIONS = frozenset({"change_pct", "attainment"})
_EXACT = 2.0**53

_Cell = TypeVar("_Cell")


def columns(report: Report, text: Callable[[str], str], missing: str) -> list[list[str]]:
    """The cells of each of `report.columns`: texts as `text` spells them, numbers as the shortest text that reads
    back as the same double, counts without a point, true and false; `missing` for NaN, infinity and nothing."""
    rows = report.rows
    in_counts = (rows["unit"] == "count").to_numpy(dtype=bool)
    spelled = []
    for name in report.columns:
        column = rows[name]
        if name in IN_UNIT:
            spelled.append(_numbers(column, in_counts, missing))
        elif name in COUNTS or name in FRACTIONS:
            spelled.append(_numbers(column, name in COUNTS, missing))
        else:
            spell = _plain if name == "complete" else lambda cell: text(_plain(cell))
            spelled.append(_by_distinct(column, spell, missing))
    return spelled


def numbers(column: pd.Series) -> list[float | None]:
    """The numbers of a column; None for what is missing or not finite."""
    doubles = _doubles(column)
    return [number if number - number == 0 else None for number in doubles.tolist()]


def words(column: pd.Series) -> list[str | None]:
    """The texts of a column; None for what is missing."""
    return _by_distinct(column, _plain, None)


def _doubles(column: pd.Series) -> np.ndarray:
    # Adding 0 turns -0.0, which some arithmetic leaves behind, into 0.0.
    doubles: np.ndarray = column.to_numpy(dtype="float64", na_value=float("nan")) + 0.0
    return doubles


def _numbers(column: pd.Series, counts: np.ndarray | bool, missing: str) -> list[str]:
    import numpy as np

    doubles = _doubles(column)
    cells = np.full(len(doubles), missing, dtype=object)
    finite = np.isfinite(doubles)
    whole = finite & counts
    whole[whole] = (doubles[whole] % 1 == 0) & (np.abs(doubles[whole]) < _EXACT)
    broken = finite & ~whole
    cells[whole] = np.array(list(map(str, doubles[whole].astype("int64").tolist())), dtype=object)
    cells[broken] = np.array(list(map(repr, doubles[broken].tolist())), dtype=object)
    return list(cells)


def _by_distinct(column: pd.Series, spell: Callable[[object], _Cell], missing: _Cell) -> list[_Cell]:
    import numpy as np
    import pandas as pd

    codes, uniques = pd.factorize(column)
    # The code of a missing cell is -1: the last one.
    spelled = np.array([*map(spell, uniques), missing], dtype=object)
    return list(spelled[codes])


def _plain(cell: object) -> str:
    return str(cell).lower() if type(cell).__name__ in ("bool", "bool_") else str(cell)
