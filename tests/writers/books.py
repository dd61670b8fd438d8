"""The books that commands answer with, and what a format makes of them read back."""

from __future__ import annotations

import csv
import io
import json
import math
from datetime import date, datetime
from html.parser import HTMLParser
from typing import Any

import pytest
from openpyxl import load_workbook

from crm_metrics.book import Book
from crm_metrics.cli import output
from crm_metrics.writers import How, write
from tests.cli.running import crm_metrics


def answered(*arguments: str) -> Book:
    """The book that a command line answers with."""
    books: list[Book] = []
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(output, "written", lambda book, *_, **__: books.append(book))
        done = crm_metrics(*arguments)
    assert len(books) == 1, done.err
    return books[0]


def text(book: Book, format: str, **how: Any) -> str:  # noqa: A002
    made = write(book, format, How(**how))
    assert isinstance(made, str)
    return made


def workbook(book: Book) -> Any:
    made = write(book, "xlsx")
    assert isinstance(made, bytes)
    return load_workbook(io.BytesIO(made))


def rows(book: Book, format: str) -> list[dict[str, Any]]:  # noqa: A002
    """The rows of the main table as a format gives them, plain: numbers, truths and texts, missing is None."""
    if format == "xlsx":
        head, *lines = workbook(book)["Data"].iter_rows(values_only=True)
        return [dict(zip(head, map(plain, line), strict=True)) for line in lines]
    made = text(book, format)
    if format in ("csv", "tsv"):
        read = csv.DictReader(io.StringIO(made, newline=""), delimiter="\t" if format == "tsv" else ",")
        return [{name: typed(cell) for name, cell in row.items()} for row in read]
    objects = json.loads(made)["rows"] if format == "json" else [json.loads(line) for line in made.splitlines()]
    return [{name: plain(cell) for name, cell in row.items()} for row in objects]


def plain(cell: Any) -> Any:
    """A cell as all formats can give it: days as ISO text, numbers as doubles."""
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, bool) or cell is None:
        return cell
    if isinstance(cell, (int, float)):
        return float(cell)
    return typed(cell)


def typed(cell: str) -> Any:
    """A text that is a number, a truth or nothing as that."""
    if cell in ("", "true", "false"):
        return {"": None, "true": True, "false": False}[cell]
    try:
        number = float(cell)
    except ValueError:
        return " ".join(cell.lstrip("'").split())
    return number if math.isfinite(number) else cell


class Page(HTMLParser):
    """The tables of a page as rows of texts, its tags and their attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tables: list[list[list[str]]] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self._cell: list[str] | None = None
        self._quiet = 0
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in ("td", "th"):
            self._cell = []
        elif tag == "dl":
            self._quiet += 1

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th") and self._cell is not None:
            self.tables[-1][-1].append("".join(self._cell).strip())
            self._cell = None
        elif tag == "dl":
            self._quiet -= 1

    def handle_data(self, data: str) -> None:
        if self._cell is not None and not self._quiet:
            self._cell.append(data)
