"""Tables for programs: tidy text, and JSON with where it all came from."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Iterable
from typing import Any, TextIO

from crm_metrics.renderers.delimited import neutralised
from crm_metrics.renderers.noticed import covered
from crm_metrics.renderers.tidy_json import FORMAT_VERSION, input_of, issue_of, plain
from crm_metrics.sheets import Book, Cell, Sheet


def write_csv(sheet: Sheet, out: TextIO) -> None:
    """Writes a heading line and the rows, comma-separated."""
    _delimited(sheet, out, ",")


def write_tsv(sheet: Sheet, out: TextIO) -> None:
    """Writes a heading line and the rows, tab-separated."""
    _delimited(sheet, out, "\t")


def write_jsonl(sheet: Sheet, out: TextIO) -> None:
    """Writes one object per row."""
    out.writelines(json.dumps(row, ensure_ascii=False, allow_nan=False) + "\n" for row in _objects(sheet))


def write_json(book: Book, out: TextIO) -> None:
    """Writes one object: `rows` of the main table, the other tables under their own names; missing is null."""
    origin, main = book.origin, book.sheets[0]
    made: dict[str, Any] = {
        "format": FORMAT_VERSION,
        "title": book.title,
        "as_of": origin.as_of,
        "coverage": covered(origin.coverage),
        "inputs": [input_of(source, None) for source in origin.sources],
        "settings_file": origin.settings_file,
        "says": list(book.says),
        **book.known,
        "rows": list(_objects(main)),
        **{sheet.name: list(_objects(sheet)) for sheet in book.sheets[1:]},
        "notes": [*book.notes, *origin.notes, *(note for sheet in book.sheets for note in sheet.notes)],
        "issues": [issue_of(issue) for issue in origin.issues],
    }
    json.dump(plain(made), out, indent=1, ensure_ascii=False, allow_nan=False)
    out.write("\n")


def _objects(sheet: Sheet) -> Iterable[dict[str, Any]]:
    names = [column.name for column in sheet.columns]
    return (dict(zip(names, map(_value, row), strict=True)) for row in sheet.rows)


def _value(cell: Cell) -> Any:
    if isinstance(cell, float) and not isinstance(cell, bool):
        if not math.isfinite(cell):
            return None
        return int(cell) if cell.is_integer() and abs(cell) < 2**53 else cell
    return plain(cell)


def _delimited(sheet: Sheet, out: TextIO, separator: str) -> None:
    writer = csv.writer(out, delimiter=separator, lineterminator="\n")
    writer.writerow([column.name for column in sheet.columns])
    writer.writerows([_text(_value(cell)) for cell in row] for row in sheet.rows)


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return neutralised(value) if isinstance(value, str) else repr(value)
