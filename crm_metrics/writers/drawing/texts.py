"""The cells of a table as people read them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import cast

from crm_metrics.book import AS_TEXT, OF_ROW, Book, Cell, Column, Passage, Sheet, cells
from crm_metrics.book.provenance import inputs, reach
from crm_metrics.metrics.metric import Unit


def texts(sheet: Sheet, column: Column) -> list[str]:
    """The cells of a column, missing as "–" among numbers and empty among texts."""
    place = sheet.columns.index(column)
    own, currency = sheet.column(OF_ROW), sheet.column("currency")
    money = Unit.MONEY, Unit.MONEY_PER_DAY

    def spelled(row: Sequence[Cell]) -> str:
        unit = row[own] if column.unit == OF_ROW and own is not None else column.unit
        if unit is None or unit == AS_TEXT:
            return text(row[place])
        paid_in = sheet.currency if currency is None or row[currency] is None else str(row[currency])
        number = cast("float | None", row[place])
        if column.signed and number is not None and number == number:
            difference, relative = (None, number) if column.signed == "relative" else (number, None)
            return cells.change(difference, relative, str(unit), paid_in if unit in money else None)
        return cells.value(number, str(unit), paid_in if unit in money else None)

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
