"""A page for a terminal: a title, charts, sentences, tables whose numbers are never cut, and what was noticed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from rich.cells import cell_len

from crm_metrics.book import Book, Column, Curve, HeatMap, Pairs, Passage, Sheet, cells
from crm_metrics.book.provenance import counted, section
from crm_metrics.book.screen import GAP, Screen, Span, aligned, longest_word, padded_to, wrapped
from crm_metrics.writers.drawing import heatmap, panel
from crm_metrics.writers.drawing.texts import about, filled, only, texts

if TYPE_CHECKING:
    from crm_metrics.writers import How

FOR_PEOPLE = True
_BAR = 10
_BETWEEN = 4  # columns of pairs that stand beside each other
_DRAWN = 12  # curves on a page; more are not looked at
_STEPS = (1, 2, 3, 6, 12, 24, 60, 600)  # at which rows of a long table are shown
_NARROWEST = 12  # texts are folded to so many characters before anything else is


def write(book: Book, how: How) -> str:
    """The page. Without a width nothing is wrapped or left away; characters that the encoding lacks are plain ones."""
    screen = Screen(how.width, how.color)
    if book.page is not None:
        for line in only(book):
            screen.paragraph(cells.visible(f"{line[0].upper()}{line[1:]}"), "bold", hang=0)
        book.page(screen, how.verbose)
        return screen.text(how.encoding)
    _head(screen, book)
    _charts(screen, book)
    for sheet in book.sheets:
        if not book.is_told(sheet) and (sheet.for_people is not False or len(book.sheets) == 1):
            table(screen, sheet)
    for part in book.passages:
        passage(screen, part)
    section(screen, "", [cells.visible(note) for note in (*book.notes, *book.origin.notes)])
    section(screen, "Data problems", counted(book.problems, verbose=how.verbose))
    return screen.text(how.encoding)


def _charts(screen: Screen, book: Book) -> None:
    """Draws the charts, and below the curves what they show; of those not drawn only what is told."""
    for chart in book.charts:
        if isinstance(chart, HeatMap):
            heatmap.draw(screen, chart)
    curves = [chart for chart in book.charts if isinstance(chart, Curve)]
    if curves:
        panel.draw(screen, curves[:_DRAWN])
    for curve in (*curves[:_DRAWN], *(curve for curve in curves[_DRAWN:] if curve.is_notable)):
        screen.blank()
        screen.paragraph(cells.visible(curve.says), hang=0)
    if (more := len(curves) - _DRAWN) > 0:
        screen.blank()
        said = f"{more} more series are not drawn; of those only what is detectable is said. "
        screen.paragraph(f"{said}Choose fewer with --top, or one metric; -f csv has them all.", "dim", hang=0)


def _head(screen: Screen, book: Book) -> None:
    screen.paragraph(cells.visible(book.title), "bold", hang=2)
    for line in about(book):
        screen.paragraph(line, "dim", hang=0)
    for sentence in book.says:
        screen.blank()
        screen.paragraph(cells.visible(sentence), hang=0)


def table(screen: Screen, sheet: Sheet) -> None:
    """Draws a table under its title. Where the terminal is narrow the columns that can be spared go, then headings and texts
    are folded between words, then the last columns go, which is said below."""
    sheet = sheet.shortened
    if sheet.most and (step := -(-len(sheet.rows) // sheet.most)) > 1:
        step = next((size for size in _STEPS if size >= step), step)
        note = f"every {step} rows; --table {sheet.name} has all"
        sheet = replace(sheet, rows=list(sheet.rows)[::step], notes=[*sheet.notes, note])
    screen.blank()
    if sheet.title:
        screen.line((cells.visible(sheet.title), "bold"))
    if not sheet.rows:
        screen.paragraph(cells.visible(sheet.empty or "nothing"), "dim", indent=len(GAP), hang=2)
        return
    columns = [column for column in sheet.columns if column.shown and filled(sheet, column)]
    made = {column.name: _drawn(sheet, column) for column in columns}
    heads = {column.name: cells.visible(column.heading) for column in columns}
    wide = {column.name: max(map(cell_len, [heads[column.name], *made[column.name]])) for column in columns}
    columns = _fitting(screen, columns, wide)
    folded = {column.name: longest_word([heads[column.name]]) for column in columns}
    for column in columns:
        shown = made[column.name]
        folded[column.name] = max([folded[column.name], longest_word(shown) if _is_text(column) else _widest(shown)])
    _folded(screen, columns, wide, folded)
    kept = _first(screen, columns, wide)
    left, columns = columns[len(kept) :], kept
    headings = [wrapped(heads[column.name], wide[column.name]) for column in columns]
    for number in range(-max(map(len, headings)), 0):
        lines = [lines[number] if len(lines) >= -number else "" for lines in headings]
        spans = [(_placed(column, line, wide), "dim") for column, line in zip(columns, lines, strict=True)]
        _row(screen, spans, columns, wide)
    for at in range(len(sheet.rows)):
        spans = [(made[column.name][at], column.styles.get(made[column.name][at].strip(), "")) for column in columns]
        _row(screen, spans, columns, wide)
    more = f"{len(left)} more columns: a wider window, or -f csv" if len(left) > 1 else ""
    more = f"1 more column, {heads[left[0].name]}: a wider window, or -f csv" if len(left) == 1 else more
    for note in [*sheet.notes, *([more] if more else [])]:
        screen.paragraph(cells.visible(note), "dim", indent=len(GAP), hang=2)


def passage(screen: Screen, part: Passage) -> None:
    """Draws a passage under its title."""
    screen.blank()
    title, aside = cells.visible(part.title), cells.visible(part.aside)
    if aside and screen.fits(title, GAP, aside):
        screen.line((title, "bold"), (GAP, ""), (aside, part.style))
    else:
        screen.paragraph(title, "bold", hang=2)
        if aside:
            screen.paragraph(aside, part.style, indent=len(GAP), hang=0)
    for said in part.parts:
        if isinstance(said, Pairs):
            _pairs(screen, said)
        else:
            screen.paragraph(cells.visible(said.text), said.style, indent=said.deep * len(GAP), hang=2)


def _pairs(screen: Screen, part: Pairs) -> None:
    """Labels and texts in columns; in a narrow terminal the labels are folded, and where that does not do the texts stand
    below them."""
    pairs = [(cells.visible(label), cells.visible(text)) for label, text in part.pairs]
    indent, wide, room = (
        part.deep * len(GAP),
        _widest([label for label, _ in pairs]),
        _widest([text for _, text in pairs]),
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


def _drawn(sheet: Sheet, column: Column) -> list[str]:
    found = texts(sheet, column)
    bars = [bar(row[sheet.columns.index(column)]) for row in sheet.rows] if column.bar else []
    if column.unit is None:
        return bars or found
    found = aligned(found)
    return [f"{text} {drawn}" for text, drawn in zip(found, bars, strict=True)] if bars else found


def bar(share: object, length: int = _BAR) -> str:
    """A fraction as a bar of `length` characters, cut at 0 and 1; blank when it is missing."""
    if not isinstance(share, (int, float)) or share != share:
        return " " * length
    full = round(min(max(float(share), 0.0), 1.0) * length)
    if share < 1:  # full only for all of it
        full = min(full, length - 1)
    return "█" * full + "▁" * (length - full)


def _fitting(screen: Screen, columns: list[Column], wide: dict[str, int]) -> list[Column]:
    kept = list(columns)
    while screen.width is not None and _width(kept, wide) > screen.width and any(column.spare for column in kept):
        kept.remove(max(reversed(kept), key=lambda column: column.spare))
    return kept


def _width(columns: Sequence[Column], wide: dict[str, int]) -> int:
    return sum(wide[column.name] + len(GAP) for column in columns)


def _is_text(column: Column) -> bool:
    return column.unit is None


def _widest(texts: Sequence[str]) -> int:
    return max(map(cell_len, texts), default=0)


def _folded(screen: Screen, columns: Sequence[Column], wide: dict[str, int], least: dict[str, int]) -> None:
    """Makes the columns narrower, the widest texts first, as far as words and numbers stay whole."""
    while screen.width is not None and _width(columns, wide) > screen.width:
        names = [column.name for column in columns if wide[column.name] > least[column.name]]
        if not names:
            break
        texts = [column.name for column in columns if _is_text(column) and column.name in names]
        wide[max((name for name in texts if wide[name] > _NARROWEST), key=wide.__getitem__, default=names[-1])] -= 1


def _first(screen: Screen, columns: Sequence[Column], wide: dict[str, int]) -> list[Column]:
    """As many of the first columns as fit, two at least."""
    kept = list(columns)
    while screen.width is not None and len(kept) > 2 and _width(kept, wide) > screen.width:
        kept.pop()
    return kept


def _placed(column: Column, text: str, wide: dict[str, int]) -> str:
    return text if column.unit is None else " " * (wide[column.name] - cell_len(text)) + text


def _row(screen: Screen, spans: Sequence[Span], columns: Sequence[Column], wide: dict[str, int]) -> None:
    """One row: texts to the left, folded where they are too wide, numbers to the right."""
    labels = [
        ((_placed(column, text, wide), style), wide[column.name])
        for (text, style), column in zip(spans, columns, strict=True)
    ]
    screen.row(labels, (), indent=len(GAP))
