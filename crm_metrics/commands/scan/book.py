"""What was recognised as tables: files, columns, values with a meaning, and joins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crm_metrics.book import Book, Cell, Column, Origin, Sheet
from crm_metrics.book.rows import ISSUE, by_name, row_of, unseen
from crm_metrics.commands.scan import words
from crm_metrics.errors import AmbiguousError
from crm_metrics.metrics.metric import Unit

if TYPE_CHECKING:
    from crm_metrics.analysis.scan import Column as FileColumn, File, Scan
    from crm_metrics.errors import DataError
    from crm_metrics.loaders.advising import Nearest

_FILES = (
    Column("path", "file"),
    Column("table"),
    *unseen("vendor"),
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
_JOIN = [column.name for column in _JOINS]
_NOT_READ = (Column("path", "file"), Column("what"), Column("hint"))


def book(scan: Scan, *, verbose: bool = True) -> Book:
    """A row for each table of a file first; all of it in words, with `verbose` also notes, and what is ignored."""
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
            columns.append([source.path, column.header, column.name, column.filled, *map(_text, span)])
        values += [[source.path, value.column, value.value, value.meaning, value.rows] for value in file.values]
    joins = [row_of(_JOINS, join) for join in scan.joins]
    refused: list[list[Cell]] = [[path, error.what, error.hint] for path, error in scan.refused.items()]
    sources = [file.source for file in scan.files]
    return Book(
        "What was recognised",
        Origin(scan.as_of, sources, scan.settings_file, scan.issues, (), scan.coverage),
        [
            Sheet("rows", "Tables", _FILES, files, empty="no file is recognised", charted=True),
            Sheet("columns", "Columns", _COLUMNS, columns, charted=True),
            Sheet("values", "Values with a meaning", _VALUES, values, charted=True),
            Sheet("joins", "Joins", _JOINS, joins, for_people=True, charted=True),
            Sheet("refused", "Not read", _NOT_READ, refused, for_people=True, charted=True),
        ],
        about=words.facts(scan),
        extra=_as_json(scan),
        passages=words.passages(scan, verbose=verbose),
        covered_codes=words.TOLD,
    )


def _as_json(scan: Scan) -> dict[str, Any]:
    """The scan as plain values."""
    return {
        "first_date": _text(scan.first),
        "last_date": _text(scan.last),
        "files": [_json_file(file) for file in scan.files],
        "not_read": [_refused(path, error) for path, error in scan.refused.items()],
        "unrecognised": [_unrecognised(scan, path, nearest) for path, nearest in scan.unrecognised.items()],
        "ignored": list(scan.ignored),
        "joins": [{**by_name(join, *_JOIN), "examples": list(join.examples)} for join in scan.joins],
        "customers": [
            {"path": part.path, "customers": part.customers, "in_other_files": part.elsewhere, "share": part.share}
            for part in scan.shared
        ],
        "currencies": [{"currency": name, "rows": rows} for name, rows in scan.currencies.items()],
        "unusable": [
            {"column": column, **by_name(why, "reason", "seen", "hint")} for column, why in scan.unusable.items()
        ],
    }


def _json_file(file: File) -> dict[str, Any]:
    source = file.source
    return {
        **by_name(source, "path", "table", "vendor"),
        "tool": file.title,
        **by_name(source, "rows", "used"),
        "left_out": dict(source.left_out),
        "date_order": file.date_order or None,
        "date_order_proof": file.date_proof or None,
        "decimal": source.decimal or None,
        "settings": list(file.settings),
        "columns": [_column(column) for column in file.columns],
        "values": [
            {"column": value.column, "value": value.value, "read_as": value.meaning, "rows": value.rows}
            for value in file.values
        ],
        "issues": [by_name(issue, *ISSUE) | {"path": issue.path or None} for issue in file.issues],
    }


def _column(column: FileColumn) -> dict[str, Any]:
    result: dict[str, Any] = {"header": column.header, "column": column.name, "filled": column.filled}
    if column.span is not None:
        result |= {"first": _text(column.span.first), "last": _text(column.span.last)}
        result["calendar_dates"] = column.span.by_day
    return result


def _refused(path: str, error: DataError) -> dict[str, Any]:
    readings = error.readings if isinstance(error, AmbiguousError) else ()
    return {
        "path": path,
        **by_name(error, "where", "what", "hint"),
        "setting": error.setting if isinstance(error, AmbiguousError) else None,
        "readings": [by_name(reading, "title", "effect", "option", "setting") for reading in readings],
    }


def _unrecognised(scan: Scan, path: str, nearest: Nearest) -> dict[str, Any]:
    return {
        "path": path,
        "columns": list(scan.headers[path]),
        "nearest_table": nearest.table,
        "fitting": list(nearest.fitting),
        "lacking": [
            {
                "one_of": list(part.columns),
                "headers": list(part.headers),
                "similar": next(iter(part.like), None),
                "candidates": list(part.like),
            }
            for part in nearest.lacking
        ],
        "ways": [
            {"table": way.table, "columns": dict(way.columns), **by_name(way, "option", "setting")}
            for way in nearest.ways
        ],
    }


def _text(day: object) -> str | None:
    return str(day) if day is not None else None
