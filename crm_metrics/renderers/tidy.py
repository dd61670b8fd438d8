"""The tidy rows as columns of text, for the formats that programs read. Worked on whole columns: a report of many
months and owners has a million cells."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    import pyarrow as pa

    from crm_metrics.report import Report

# Numbers in the unit of their row, and those that are always a count or always a fraction.
_IN_UNIT = frozenset({"value", "low", "high", "compare_value", "change", "target"})
_COUNTS = frozenset({"n", "rank_low", "rank_high"})
_FRACTIONS = frozenset({"change_pct", "attainment"})
_PIECE = 1 << 18
_EXACT = 2.0**53
_LONG = 1e10  # from here on Arrow writes an exponent

_Cell = TypeVar("_Cell")


def columns(report: Report, text: Callable[[str], str], missing: str) -> list[pa.Array | str]:
    """The cells of each of `report.columns`, as text: texts as `text` spells them, numbers as the shortest text that reads
    back as the same double, counts without a point, true and false; `missing` for NaN, infinity and nothing. Where no row
    has a cell, `missing` stands for the whole column."""
    import pyarrow as pa

    rows = report.rows
    in_counts = (rows["unit"] == "count").to_numpy(dtype=bool)
    spelled: list[pa.Array | str] = []
    for name in report.columns:
        if len(rows) and rows[name].isna().all():
            spelled.append(missing)
        elif name in _IN_UNIT:
            spelled.append(_shortest(_doubles(rows[name]), in_counts).fill_null(missing))
        elif name in _COUNTS or name in _FRACTIONS:
            spelled.append(_shortest(_doubles(rows[name]), name in _COUNTS).fill_null(missing))
        else:
            spell = _plain if name == "complete" else lambda cell: text(_plain(cell))
            values, codes = _by_distinct(rows[name], spell, missing)
            spelled.append(pa.array(values, pa.string()).take(pa.array(codes)))
    return spelled


def lines(parts: Sequence[pa.Array | str], separator: str, *, between: str = "") -> Iterator[str]:
    """One line per row, in pieces of many lines: the cells of the parts one after the other with the separator, a part that
    is text being the same in all rows; and `between` one line and the next."""
    import pyarrow as pa
    import pyarrow.compute as pc

    size = max((len(part) for part in parts if not isinstance(part, str)), default=0)
    for start in range(0, size, _PIECE):
        piece = [part if isinstance(part, str) else part.slice(start, _PIECE) for part in parts]
        rows = pc.binary_join_element_wise(*piece, separator)
        text = pc.binary_join(pa.ListArray.from_arrays([0, len(rows)], rows), f"{between}\n")[0].as_py()
        yield f"{text}{between if start + _PIECE < size else ''}\n"


def numbers(column: pd.Series) -> list[float | None]:
    """The numbers of a column; None for what is missing or not finite."""
    doubles = _doubles(column)
    return [number if number - number == 0 else None for number in doubles.tolist()]


def words(column: pd.Series) -> list[str | None]:
    """The texts of a column; None for what is missing."""
    import numpy as np

    values, codes = _by_distinct(column, _plain, None)
    return list(np.array(values, dtype=object)[codes])


def _doubles(column: pd.Series) -> np.ndarray:
    # Adding 0 turns -0.0, which some arithmetic leaves behind, into 0.0.
    doubles: np.ndarray = column.to_numpy(dtype="float64", na_value=float("nan")) + 0.0
    return doubles


def _shortest(doubles: np.ndarray, counts: np.ndarray | bool) -> pa.Array:
    """The numbers as text, those that are no counts with a point; null for what is not finite."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    finite = np.isfinite(doubles)
    texts = pa.array(doubles, mask=~finite).cast(pa.string())
    whole = finite & (np.abs(doubles) < _EXACT) & (doubles == np.rint(doubles))
    pointed = whole & ~np.asarray(counts)
    long = finite & ~whole & (np.abs(doubles) >= _LONG)
    if whole.any():
        texts = pc.replace_with_mask(
            texts, pa.array(whole), pa.array(doubles[whole].astype(np.int64)).cast(pa.string())
        )
    if pointed.any():
        points = pc.binary_join_element_wise(texts.filter(pa.array(pointed)), ".0", "")
        texts = pc.replace_with_mask(texts, pa.array(pointed), points)
    if long.any():
        texts = pc.replace_with_mask(texts, pa.array(long), pa.array(list(map(repr, doubles[long].tolist()))))
    return texts


def _by_distinct(column: pd.Series, spell: Callable[[object], _Cell], missing: _Cell) -> tuple[list[_Cell], np.ndarray]:
    """The different cells, spelled, with `missing` as the last, and which of them each row has."""
    import numpy as np
    import pandas as pd

    codes, uniques = pd.factorize(column)
    return [*map(spell, uniques), missing], np.where(codes < 0, len(uniques), codes)


def _plain(cell: object) -> str:
    return str(cell).lower() if type(cell).__name__ in ("bool", "bool_") else str(cell)
