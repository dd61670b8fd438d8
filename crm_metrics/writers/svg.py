"""The charts of a book as one SVG file. The same figures give the same file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_metrics.writers.drawing.svg import STYLE, chart, refuse_none, size, text, title

if TYPE_CHECKING:
    from crm_metrics.book import Book
    from crm_metrics.writers import How

FOR_PEOPLE = True


def write(book: Book, how: How) -> str:
    """The charts one below the other under the book's title. Raises `UsageError` where there is none."""
    refuse_none(book.charts, "svg")
    pieces, top = [], 34
    for number, figure in enumerate(book.charts):
        wide, tall = size(figure)
        pieces.append(f'<text class="title" x="8" y="{top}">{text(title(figure))}</text>')
        pieces.append(f'<svg y="{top + 6}" width="{wide}" height="{tall}">{chart(figure, f"c{number}")}</svg>')
        top += tall + 40
    widest = max(size(figure)[0] for figure in book.charts)
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<svg xmlns="http://www.w3.org/2000/svg" class="chart" '
        f'viewBox="0 0 {widest} {top}" width="{widest}" height="{top}"><title>{text(book.title)}</title>'
        f'<style>{STYLE}</style><rect width="100%" height="100%" style="fill:var(--ground)"/>{"".join(pieces)}</svg>\n'
    )
