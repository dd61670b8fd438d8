"""Markdown, to paste into a wiki, a ticket or a mail."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from crm_metrics.book import Book, Passage, Said, Sheet, cells
from crm_metrics.book.provenance import counted
from crm_metrics.writers.drawing.tidy import about, filled, in_order, texts

if TYPE_CHECKING:
    from crm_metrics.writers import How

FOR_PEOPLE = True
_SPECIAL = str.maketrans({sign: f"\\{sign}" for sign in "\\`*_[]<>|#"})


def write(book: Book, how: How) -> str:
    """The title, the sentences, the tables and the notes; nothing in it is read as markup. What people have in other tables
    stands there alone."""
    origin = book.origin
    if len(book.sheets) > 1:
        book = replace(book, sheets=[sheet for sheet in book.sheets if sheet.for_people is not False])
    lines = [f"# {escaped(book.title)}", ""]
    lines += [escaped(" · ".join(about(book))), ""]
    for sentence in (*book.says, *(chart.says for chart in book.charts if chart.says)):
        lines += [escaped(sentence), ""]
    for part in in_order(book):
        lines += _passage(part) if isinstance(part, Passage) else _table(part.shortened)
    notes = [*book.notes, *origin.notes]
    lines += [f"- {escaped(note)}" for note in notes] + ([""] if notes else [])
    if problems := counted(book.problems, verbose=how.verbose):
        lines += ["## Data problems", "", *(f"- {escaped(line)}" for line in problems), ""]
    return "\n".join(lines).rstrip() + "\n"


def _table(sheet: Sheet) -> list[str]:
    head = [f"## {escaped(sheet.title)}", ""] if sheet.title else []
    if not sheet.rows:
        return [*head, escaped(sheet.empty or "nothing"), ""]
    columns = [column for column in sheet.columns if column.shown and filled(sheet, column)]
    columns_of_text = [[escaped(text) for text in texts(sheet, column)] for column in columns]
    rule = ["---" if column.unit is None else "---:" for column in columns]
    rows = [[escaped(column.heading) for column in columns], rule, *map(list, zip(*columns_of_text, strict=True))]
    return [*head, *(f"| {' | '.join(row)} |" for row in rows), "", *(f"{escaped(note)}\n" for note in sheet.notes)]


def _passage(passage: Passage) -> list[str]:
    """Its parts as a list, what is deeper below what it belongs to."""
    lines = [f"## {escaped(' · '.join(filter(None, [passage.title, passage.aside])))}", ""]
    for part in passage.parts:
        pairs = [("", part.text)] if isinstance(part, Said) else part.pairs
        lines += [f"{'  ' * (part.deep - 1)}- {escaped(f'{label} {text}'.strip())}" for label, text in pairs]
    return [*lines, ""]


def escaped(text: str) -> str:
    """The text on one line, with every character that Markdown gives a meaning made plain."""
    return cells.visible(text).translate(_SPECIAL)
