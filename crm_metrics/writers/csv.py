"""Comma-separated values: the main table of a book with every column, under their names for machines."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from crm_metrics.writers.drawing.tidy import delimited

if TYPE_CHECKING:
    from crm_metrics.book import Book
    from crm_metrics.writers import How


HAS_DIALECTS = True


def write(book: Book, how: How) -> Iterator[str]:
    """A heading line and the rows; missing is empty, dates are ISO text, shares fractions."""
    return delimited(book.sheets[0], ",", how)
