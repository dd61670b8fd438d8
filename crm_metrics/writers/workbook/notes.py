"""The last sheets of a workbook: what the figures mean, and what they were made from."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

from openpyxl.styles import Alignment
from openpyxl.utils import get_column_letter

from crm_metrics.book import Book, Cell, Column, Origin, Said
from crm_metrics.book.provenance import covered, problems
from crm_metrics.writers.workbook.cells import new_sheet, put_cell, put_heads

if TYPE_CHECKING:
    from openpyxl import Workbook

    from crm_metrics.writers import How


def put_notes(workbook: Workbook, book: Book, how: How) -> None:
    """All that is said beside the figures."""
    origin = book.origin
    says = [*book.says, *(chart.says for chart in book.charts if chart.says)]
    below = [note for sheet in book.sheets for note in sheet.notes]
    rows = [("result", sentence) for sentence in says]
    for passage in book.passages:
        pairs_of = [((part.text, ""),) if isinstance(part, Said) else part.pairs for part in passage.parts]
        rows += [(passage.title, f"{label} {text}".strip()) for pairs in pairs_of for label, text in pairs]
    rows += [("note", note) for note in (*book.notes, *origin.notes, *below)]
    rows += [("data problem", line) for line in problems(book.problems, verbose=True)]
    _listed(workbook, "Notes", ("kind", "text"), rows, wide=(14, 110))


def put_definitions(workbook: Workbook, book: Book, names: Sequence[str]) -> None:
    """What each figure means."""
    defined = {name: book.define(name) for name in names}
    heads = list(dict.fromkeys(head for definition in defined.values() for head in definition))
    if heads:
        rows = [(name, *(definition.get(head) for head in heads)) for name, definition in defined.items() if definition]
        _listed(workbook, "Definitions", ["figure", *heads], rows, wide=(28, *[50] * len(heads)))


def put_origins(workbook: Workbook, origin: Origin) -> None:
    """The files, what of them was left out, what each table covers, and the settings."""
    heads = ["file", "table", "vendor", "rows", "used", "left out", "sha256"]
    rows = [
        (file.path, file.table, file.vendor, file.rows, file.used, file.rows - file.used, origin.digests.get(file.path))
        for file in origin.sources
    ]
    _listed(workbook, "Inputs", heads, rows, wide=(40, 16, 20, 10, 10, 10, 68))
    left = [(source.path, reason, count) for source in origin.sources for reason, count in source.left_out.items()]
    _listed(workbook, "Left out", ("file", "reason", "rows"), left, wide=(40, 40, 10))
    cover = [(name, *days.values()) for name, days in covered(origin.coverage).items()]
    heads = ["table", "from", "newest", "known until", "complete until"]
    _listed(workbook, "Coverage", heads, [(name, *map(date.fromisoformat, days)) for name, *days in cover], wide=(20,))
    settings = [("as of", str(origin.as_of) if origin.as_of else None), ("settings file", origin.settings_file)]
    settings += [(name, _spelled(value)) for name, value in origin.settings.items() if name != "as_of"]
    _listed(workbook, "Settings", ("setting", "value"), settings, wide=(30, 80))


def _spelled(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, (list, tuple, set, frozenset)) else str(value)


def _listed(
    workbook: Workbook, title: str, heads: Sequence[str], rows: Sequence[Sequence[Cell]], *, wide: Sequence[int]
) -> None:
    worksheet = new_sheet(workbook, title)
    for number in range(1, len(heads) + 1):
        width = wide[number - 1] if number <= len(wide) else 14
        worksheet.column_dimensions[get_column_letter(number)].width = width
    put_heads(worksheet, 1, [Column(head) for head in heads], heads)
    for at, row in enumerate(rows or [("nothing",)], 2):
        for number, content in enumerate(row, 1):
            put_cell(worksheet, at, number, content, format="@" if isinstance(content, str) else "")
            worksheet.cell(at, number).alignment = Alignment(wrap_text=True, vertical="top")
    worksheet.freeze_panes = "A2"
