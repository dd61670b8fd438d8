"""A page for a terminal: a title, charts, sentences, tables whose numbers are never cut, and what was noticed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len

from crm_metrics.book import Book, Curve, HeatMap, Pairs, Passage, cells
from crm_metrics.book.provenance import counted, section
from crm_metrics.book.screen import GAP, Screen, longest_word, padded_to
from crm_metrics.writers.drawing import panel
from crm_metrics.writers.drawing.table import draw, widest
from crm_metrics.writers.drawing.tidy import about

if TYPE_CHECKING:
    from crm_metrics.writers import How

FOR_PEOPLE = True
_BETWEEN = 4  # columns of pairs that stand beside each other
_DRAWN = 12  # curves on a page; more are not looked at


def write(book: Book, how: How) -> str:
    """The page. Without a width nothing is wrapped or left away; characters that the encoding lacks are plain ones."""
    screen = Screen(how.width, how.color)
    if book.page is not None:
        page = book.page(how.width, how.verbose)
        if isinstance(page, str):
            screen.folded(page)
            return screen.text(how.encoding)
        book = page
    _head(screen, book)
    _charts(screen, book)
    for sheet in book.sheets:
        if not book.is_told(sheet) and (sheet.for_people is not False or len(book.sheets) == 1):
            draw(screen, sheet)
    for part in book.passages:
        passage(screen, part)
    section(screen, "", [cells.visible(note) for note in (*book.notes, *book.origin.notes)])
    section(screen, "Data problems", counted(book.problems, verbose=how.verbose))
    closing = " · ".join(book.closing)  # a command stays on one line, ready to be copied
    for line in [closing] if screen.fits(closing) else book.closing:
        screen.line((cells.visible(line), ""))
    return screen.text(how.encoding)


def _charts(screen: Screen, book: Book) -> None:
    """Draws the charts, and below the curves what they show; of those not drawn only what is told."""
    for chart in book.charts:
        if isinstance(chart, HeatMap):
            panel.draw_heat_map(screen, chart)
    curves = [chart for chart in book.charts if isinstance(chart, Curve)]
    if curves:
        panel.draw(screen, curves[:_DRAWN])
    for curve in (*curves[:_DRAWN], *(curve for curve in curves[_DRAWN:] if curve.is_notable)):
        screen.blank()
        screen.paragraph(cells.visible(curve.says), hang=0)
    if (more := len(curves) - _DRAWN) > 0:
        screen.blank()
        note = f"{more} more series are not drawn; of those only what is detectable is said. "
        screen.paragraph(f"{note}Choose fewer with --top, or one metric; -f csv has them all.", "dim", hang=0)


def _head(screen: Screen, book: Book) -> None:
    title, about_ = cells.visible(book.title), about(book)
    if len(about_) == 1 and screen.fits(title, " · ", about_[0]):
        screen.line((title, "bold"), (" · ", "dim"), (about_[0], "dim"))
    else:
        screen.paragraph(title, "bold", hang=2)
        for line in about_:
            screen.paragraph(line, "dim", hang=0)
    for sentence in book.says:
        screen.blank()
        screen.paragraph(cells.visible(sentence), hang=0)


def passage(screen: Screen, part: Passage) -> None:
    screen.blank()
    title, aside = cells.visible(part.title), cells.visible(part.aside)
    if aside and screen.fits(title, GAP, aside):
        screen.line((title, "bold"), (GAP, ""), (aside, part.style))
    else:
        screen.paragraph(title, "bold", hang=2)
        if aside:
            screen.paragraph(aside, part.style, indent=len(GAP), hang=0)
    for entry in part.parts:
        if isinstance(entry, Pairs):
            _pairs(screen, entry)
        else:
            screen.paragraph(cells.visible(entry.text), entry.style, indent=entry.deep * len(GAP), hang=2)


def _pairs(screen: Screen, part: Pairs) -> None:
    """Labels and texts in columns; in a narrow terminal the labels are folded, and where that does not do the texts stand
    below them."""
    pairs = [(cells.visible(label), cells.visible(text)) for label, text in part.pairs]
    indent, wide, room = (
        part.deep * len(GAP),
        widest([label for label, _ in pairs]),
        widest([text for _, text in pairs]),
    )
    free = None if screen.width is None else screen.width - indent
    across = 1 if free is None else min(part.across, (free + _BETWEEN) // (wide + len(GAP) + room + _BETWEEN))
    if across > 1:
        beside = [padded_to(f"{padded_to(label, wide)}{GAP}{text}", wide + len(GAP) + room) for label, text in pairs]
        down = -(-len(beside) // across)
        for at in range(down):
            screen.line((" " * indent, ""), ((" " * _BETWEEN).join(beside[at::down]), ""))
        return
    if free is not None:
        wide = max(min(wide, free - len(GAP) - room), longest_word([label for label, _ in pairs]))
    for label, text in pairs:
        if free is None or wide + len(GAP) + cell_len(text) <= free:
            screen.row([((label, ""), wide)], [(text, "")], indent=indent)
        else:
            screen.paragraph(label, indent=indent, hang=2)
            screen.paragraph(text, indent=indent + len(GAP), hang=2)
