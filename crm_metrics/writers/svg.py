"""The charts of a book as one SVG file. The same figures give the same file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_metrics.writers.drawing import svg

if TYPE_CHECKING:
    from crm_metrics.book import Book
    from crm_metrics.writers import How

FOR_PEOPLE = True


def write(book: Book, how: How) -> str:
    """The charts one below the other under the book's title. Raises `UsageError` where there is none."""
    return svg.picture(book)
