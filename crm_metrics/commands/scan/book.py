"""What was recognised as tables: files, columns, values with a meaning, and joins."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from crm_metrics.book import Book, Cell, Column, Origin, Sheet
from crm_metrics.commands.scan import machine, page
from crm_metrics.metrics.metric import Unit

if TYPE_CHECKING:
    from crm_metrics.analysis.scan import Scan

_FILES = (
    Column("path", "file"),
    Column("table"),
    Column("vendor", shown=False),
    Column("tool"),
    Column("rows", unit=Unit.COUNT),
    Column("used", unit=Unit.COUNT),
    Column("left_out", unit=Unit.COUNT),
    Column("date_order", spare=1),
    Column("decimal", spare=1),
)
_COLUMNS = (
    Column("path", "file"),
    Column("header"),
    Column("column", "read as"),
    Column("filled", unit=Unit.PERCENT),
    Column("first"),
    Column("last"),
)
_VALUES = (
    Column("path", "file"),
    Column("column"),
    Column("value"),
    Column("read_as"),
    Column("rows", unit=Unit.COUNT),
)
_JOINS = (
    Column("path", "file"),
    Column("table"),
    Column("column"),
    Column("other", "found in"),
    Column("rows", unit=Unit.COUNT),
    Column("matched", unit=Unit.COUNT),
    Column("share", unit=Unit.PERCENT, bar=True),
)
_NOT_READ = (Column("path", "file"), Column("what"), Column("hint"))


def book(scan: Scan) -> Book:
    """A row for each table of a file first; a terminal has a page of its own."""
    files: list[list[Cell]] = []
    columns: list[list[Cell]] = []
    values: list[list[Cell]] = []
    for file in scan.files:
        source = file.source
        counts = [source.rows, source.used, source.rows - source.used]
        read = [file.date_order or None, source.decimal or None]
        files.append([source.path, source.table, source.vendor, file.title, *counts, *read])
        for column in file.columns:
            span = (column.span.first, column.span.last) if column.span else (None, None)
            columns.append([source.path, column.header, column.name, column.filled, *map(_day, span)])
        values += [[source.path, value.column, value.value, value.meaning, value.rows] for value in file.values]
    joins: list[list[Cell]] = [
        [join.path, join.table, join.column, join.other, join.rows, join.matched, join.share] for join in scan.joins
    ]
    refused: list[list[Cell]] = [[path, error.what, error.hint] for path, error in scan.refused.items()]
    sources = [file.source for file in scan.files]
    return Book(
        "What was recognised",
        Origin(scan.as_of, sources, scan.settings_file, scan.issues, (), scan.coverage),
        [
            Sheet("rows", "Tables", _FILES, files, empty="no file is recognised"),
            Sheet("columns", "Columns", _COLUMNS, columns),
            Sheet("values", "Values with a meaning", _VALUES, values),
            Sheet("joins", "Joins", _JOINS, joins, for_people=True),
            Sheet("refused", "Not read", _NOT_READ, refused, for_people=True),
        ],
        known=machine.as_json(scan),
        page=partial(page.draw, scan),
    )


def _day(moment: object) -> Cell:
    return None if moment is None else str(moment)
