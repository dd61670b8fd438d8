"""The rows of a table as text for programs: cells with a separator between them, or an object for each row. Worked on whole
columns: a report of many months and owners has a million cells. And as texts for people."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, TypeVar, cast

from crm_metrics.book import AS_TEXT, OF_ROW, Book, Cell, Column, Frame, Passage, Sheet, cells
from crm_metrics.book.provenance import inputs, reach
from crm_metrics.metrics.metric import Unit

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    import pyarrow as pa

    from crm_metrics.writers import How

_EXACT = 2.0**53
_SPELLED = 4096  # so many texts are kept as they were spelled
_LONG = 1e10  # from here on Arrow writes an exponent
RUNS_AS_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
# Unseen signs that a terminal obeys or that turn the direction of writing; JSON spells them otherwise with the same meaning.
_UNSEEN = {code: f"\\u{code:04x}" for code in (*range(0x7F, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A))}

_Cell = TypeVar("_Cell")


def delimited(book: Book, how: How, *, separator: str) -> Iterator[str]:
    """A heading line and the rows of the main table, in pieces; lines end in a line feed, missing is empty, dates are ISO
    text, shares fractions. Cells are quoted as csv.QUOTE_MINIMAL does it, alike in all Python versions: before 3.13 a lone
    carriage return went unquoted.

    A dialect has a byte order mark, by which Excel knows the encoding, and lines of Windows; excel-eu semicolons for commas
    and commas for decimal points."""
    mark, end, point = ("\ufeff", "\r\n", ".") if how.dialect else ("", "\n", ".")
    if how.dialect == "excel-eu":
        separator, point = separator.replace(",", ";"), ","
    sheet, spell = book.sheets[0], partial(_quoted, separator=separator)
    head = separator.join(spell(column.name) for column in sheet.columns)
    yield f"{mark}{head}{end}"
    for piece in _pieces(sheet):
        yield from lines(columns(piece, spell, "", point), separator, end=end)


def objects(sheet: Sheet, *, between: str = "") -> Iterator[str]:
    """A line with a JSON object for each row, in pieces of many lines; `between` one and the next."""
    left = len(sheet.rows)
    for piece in _pieces(sheet):
        parts: list[Any] = []
        for column, spelled in zip(sheet.columns, columns(piece, json_text, "null"), strict=True):
            parts += [f"{', ' if parts else '{'}{json_text(column.name)}: ", spelled]
        left -= len(piece.rows)
        yield from lines([*parts, "}"], "", between=between, last="" if left == 0 else between)


def _pieces(sheet: Sheet) -> Iterator[Sheet]:
    """The table in pieces of many rows."""
    rows = sheet.rows
    yield from (replace(sheet, rows=piece) for piece in rows.pieces()) if isinstance(rows, Frame) else [sheet]


def neutralised(text: str) -> str:
    """The text with an apostrophe in front if a spreadsheet would run it as a formula; a number stays as it is."""
    if text.startswith(RUNS_AS_FORMULA) and not _NUMBER.fullmatch(text):
        return f"'{text}"
    return text


def json_text(value: Any) -> str:
    """A text or another value as JSON has it, with what no encoding can write or a terminal would obey as an escape."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    return text if text.isascii() else encodable(text.translate(_UNSEEN))


def encodable(text: str) -> str:
    """The text with lone surrogates spelled out: they stand for bytes in the name of a file that are no UTF-8."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def columns(sheet: Sheet, text: Callable[[str], str], missing: str, point: str = ".") -> list[pa.Array | str]:
    """The cells of each column as text: texts as `text` spells them, numbers as the shortest text that reads back as the
    same double, with `point` before decimals, true and false; `missing` for NaN, infinity and nothing. Where no row has a
    cell, `missing` stands for the whole column."""
    if isinstance(sheet.rows, Frame):
        return _of_frame(sheet, sheet.rows.frame, text, missing, point)
    import pyarrow as pa

    text = lru_cache(_SPELLED)(text)  # names stand in many rows
    cells = zip(*sheet.rows, strict=True) if sheet.rows else iter([()] * len(sheet.columns))
    return [pa.array([_spelled(cell, text, missing, point) for cell in column], pa.string()) for column in cells]


def _spelled(cell: Cell, text: Callable[[str], str], missing: str, point: str) -> str:
    if cell is None or isinstance(cell, bool):
        return missing if cell is None else str(cell).lower()
    if hasattr(cell, "item"):  # a NumPy number
        cell = cell.item()
    if isinstance(cell, float):
        if cell - cell != 0:
            return missing
        return str(int(cell)) if cell.is_integer() and abs(cell) < _EXACT else repr(cell).replace(".", point)
    if isinstance(cell, int):
        return str(cell)
    return text(cell.isoformat() if isinstance(cell, date) else str(cell))


def _of_frame(
    sheet: Sheet, rows: pd.DataFrame, text: Callable[[str], str], missing: str, point: str
) -> list[pa.Array | str]:
    """The cells of a frame: counts without a point, other numbers with one."""
    import pyarrow as pa
    import pyarrow.compute as pc

    in_counts = (rows[OF_ROW] == Unit.COUNT).to_numpy(dtype=bool)
    spelled: list[pa.Array | str] = []
    for column in sheet.columns:
        cells = rows[column.name]
        if len(rows) and cells.isna().all():
            spelled.append(missing)
        elif column.unit is not None:
            counts = in_counts if column.unit == OF_ROW else column.unit is Unit.COUNT
            shortest = _shortest(_doubles(cells), counts).fill_null(missing)
            spelled.append(shortest if point == "." else pc.replace_substring(shortest, ".", point))
        else:
            values, codes = _by_distinct(cells, partial(_word, text=text), missing)
            spelled.append(pa.array(values, pa.string()).take(pa.array(codes)))
    return spelled


def lines(
    parts: Sequence[pa.Array | str], separator: str, *, between: str = "", last: str = "", end: str = "\n"
) -> Iterator[str]:
    """One line per row, in a piece: the cells of the parts one after the other with the separator, a part that is text being
    the same in all rows; `between` one line and the next, and `last` behind the last one."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if any(len(part) for part in parts if not isinstance(part, str)):
        rows = pc.binary_join_element_wise(*parts, separator)
        text = pc.binary_join(pa.ListArray.from_arrays([0, len(rows)], rows), f"{between}{end}")[0].as_py()
        yield f"{text}{last}{end}"


def numbers(column: pd.Series) -> list[float | None]:
    """The numbers of a column; None for what is missing or not finite."""
    doubles = _doubles(column)
    return [number if number - number == 0 else None for number in doubles.tolist()]


def words(column: pd.Series) -> list[str | None]:
    """The texts of a column; None for what is missing."""
    import numpy as np

    values, codes = _by_distinct(column, partial(_word, text=str), None)
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
    is_integral = finite & (np.abs(doubles) < _EXACT) & (doubles == np.rint(doubles))
    pointed = is_integral & ~np.asarray(counts)
    long = finite & ~is_integral & (np.abs(doubles) >= _LONG)
    if is_integral.any():
        texts = pc.replace_with_mask(
            texts, pa.array(is_integral), pa.array(doubles[is_integral].astype(np.int64)).cast(pa.string())
        )
    if pointed.any():
        points = pc.binary_join_element_wise(texts.filter(pa.array(pointed)), ".0", "")
        texts = pc.replace_with_mask(texts, pa.array(pointed), points)
    if long.any():
        texts = pc.replace_with_mask(texts, pa.array(long), pa.array(list(map(repr, doubles[long].tolist()))))
    return texts


def _by_distinct(column: pd.Series, spell: Callable[[Any], _Cell], missing: _Cell) -> tuple[list[_Cell], np.ndarray]:
    """The different cells, spelled, with `missing` as the last, and which of them each row has."""
    import numpy as np
    import pandas as pd

    codes, uniques = pd.factorize(column)
    return [*map(spell, uniques), missing], np.where(codes < 0, len(uniques), codes)


def _word(cell: object, text: Callable[[str], str]) -> str:
    return str(cell).lower() if type(cell).__name__ in ("bool", "bool_") else text(str(cell))


def _quoted(text: str, *, separator: str) -> str:
    safe = encodable(neutralised(text))
    if any(character in safe for character in (separator, '"', "\n", "\r")):
        return '"' + safe.replace('"', '""') + '"'
    return safe


def texts(sheet: Sheet, column: Column) -> list[str]:
    """The cells of a column, missing as "–" among numbers and empty among texts."""
    place = sheet.columns.index(column)
    own, currency = sheet.column(OF_ROW), sheet.column("currency")
    money = Unit.MONEY, Unit.MONEY_PER_DAY
    # Durations of a row are in the unit that its first is said in.
    first = next((at for at, other in enumerate(sheet.columns) if other.unit == OF_ROW and not other.signed), place)

    def spelled(row: Sequence[Cell]) -> str:
        unit = row[own] if column.unit == OF_ROW and own is not None else column.unit
        if unit is None or unit == AS_TEXT:
            return text(row[place])
        paid_in = sheet.currency if currency is None or row[currency] is None else str(row[currency])
        number = cast("float | None", row[place])
        if column.signed and number is not None and number == number:
            difference, relative = (None, number) if column.signed == "relative" else (number, None)
            return cells.change(difference, relative, str(unit), paid_in if unit in money else None)
        like = cast("float | None", row[first]) if column.unit == OF_ROW else None
        return cells.value(number, str(unit), paid_in if unit in money else None, like=like or None)

    return [spelled(row) for row in sheet.rows]


def text(cell: Cell) -> str:
    """A cell that is in no unit: dates as ISO text, yes and no for truths."""
    if cell is None or (isinstance(cell, float) and math.isnan(cell)):
        return ""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    return cells.visible(f"{cell:,.10g}" if isinstance(cell, float) else str(cell))


def filled(sheet: Sheet, column: Column) -> bool:
    """Whether a column that can be spared says anything."""
    return not column.spare or sheet.says(column)


def in_order(book: Book) -> list[Sheet | Passage]:
    """The tables and passages as people read them: what they have in others comes last."""
    sheets = sorted(book.sheets, key=lambda sheet: sheet.for_people is False)
    shown_elsewhere = [sheet for sheet in sheets if book.passages and book.is_told(sheet)]
    return [*(sheet for sheet in sheets if sheet not in shown_elsewhere), *book.passages, *shown_elsewhere]


def only(book: Book) -> list[str]:
    """Which rows a result is made of, where it is not of all."""
    return [] if book.origin.where is None else [f"only rows where {book.origin.where}"]


def about(book: Book) -> list[str]:
    """What a result is about, up to when its data goes and what was read, in at most two lines."""
    origin = book.origin
    facts = [*only(book), *book.about, *([reach(origin.as_of, origin.coverage)] if origin.as_of else [])]
    settings = [f"settings {cells.visible(origin.settings_file)}"] if origin.settings_file else []
    read = [" · ".join([inputs(origin.sources), *settings])] if origin.sources else []
    return [cells.visible(line) for line in (" · ".join(facts), *read) if line]
