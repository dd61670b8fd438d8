"""JSON lines: an object for each row of the main table."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from crm_metrics.writers.drawing.tidy import objects

if TYPE_CHECKING:
    from crm_metrics.book import Book
    from crm_metrics.writers import How


def write(book: Book, how: How) -> Iterator[str]:
    """A line for each row, its columns by name; missing is null, shares are fractions, dates ISO text."""
    return objects(book.sheets[0])
