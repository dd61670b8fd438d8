"""A book of tables in every form: a page for people, tidy text and JSON for machines, Markdown to paste."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TextIO

from crm_metrics.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from crm_metrics.renderers.table.screen import Screen
    from crm_metrics.sheets import Book, Sheet

    Draw = Callable[[Screen, Book], None]

SHEET_FORMATS = ("csv", "json", "jsonl", "markdown", "table", "tsv")


def render(
    book: Book,
    format: str,  # noqa: A002
    out: TextIO,
    *,
    table: str | None = None,
    verbose: bool = False,
    color: bool | None = None,
    width: int | None = None,
    draw: Draw | None = None,
) -> None:
    """Writes the book; csv, tsv and jsonl hold one of its tables, the first unless `table` names another. `draw` draws the
    body of the page in place of the tables. Raises `UsageError` for a table that the book does not have."""
    chosen = _chosen(book, table)
    if format in ("csv", "tsv", "jsonl"):
        from crm_metrics.renderers.sheets import machine

        {"csv": machine.write_csv, "tsv": machine.write_tsv, "jsonl": machine.write_jsonl}[format](chosen, out)
    elif format == "json":
        from crm_metrics.renderers.sheets import machine

        machine.write_json(book, out)
    elif format == "markdown":
        from crm_metrics.renderers.sheets import markdown

        markdown.write(book, out, only=chosen if table else None, verbose=verbose)
    else:
        from crm_metrics.renderers.sheets import page

        page.write(book, out, only=chosen if table else None, verbose=verbose, color=color, width=width, draw=draw)


def _chosen(book: Book, name: str | None) -> Sheet:
    if name is None:
        return book.sheets[0]
    known = [sheet.name for sheet in book.sheets]
    if name.casefold() not in known:
        raise UsageError(
            f"there is no table {name!r} here. {did_you_mean(name, known)}", hint=f"Tables: {', '.join(known)}."
        )
    return book.sheets[known.index(name.casefold())]
