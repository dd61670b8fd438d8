"""A table on a page: its columns as far as the width goes, texts folded between words, numbers never cut."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby

from rich.cells import cell_len

from crm_metrics.book import Column, Sheet, cells
from crm_metrics.book.screen import GAP, Screen, Span, aligned, longest_word, wrapped
from crm_metrics.writers.drawing.tidy import filled, texts

_BAR = 10
_STEPS = (1, 2, 3, 6, 12, 24, 60, 600)  # at which rows of a long table are shown
_NARROWEST = 12  # texts are folded to so many characters before anything else is
_HEADING_LINES = 3  # at the most, of a table whose columns may come below each other


def draw(screen: Screen, sheet: Sheet) -> None:
    """Draws a table under its title. Where the terminal is narrow the columns that can be spared go, then headings and texts
    are folded between words, then the last columns go, which is said below, or come below."""
    sheet = sheet.shortened
    if sheet.most and (step := -(-len(sheet.rows) // sheet.most)) > 1:
        step = next((size for size in _STEPS if size >= step), step)
        note = f"every {step} rows; --table {sheet.name} has all"
        sheet = replace(sheet, rows=list(sheet.rows)[::step], notes=[*sheet.notes, note])
    screen.blank()
    if sheet.title:
        screen.paragraph(cells.visible(sheet.title), "bold", hang=2)
    if not sheet.rows:
        screen.paragraph(cells.visible(sheet.empty or "nothing"), "dim", indent=len(GAP), hang=2)
        return
    grid = _Grid(sheet, screen.width)
    for number, columns in enumerate(blocks := grid.blocks):
        if number:
            screen.blank()
        _block(screen, grid, columns)
    left = [column for column in grid.there if not any(column in columns for columns in blocks)]
    left = [column for column in left if column.missed or not column.spare]
    for note in [*sheet.notes, *_left(left)]:
        screen.paragraph(cells.visible(note), "dim", indent=len(GAP), hang=2)


class _Grid:
    """The cells of a table as texts, and how wide its columns are; `there` are those that say anything."""

    def __init__(self, sheet: Sheet, width: int | None) -> None:
        self.sheet, self.width = sheet, width
        self.there = [column for column in sheet.columns if column.shown and filled(sheet, column) and not column.leads]
        self.lead = next((column for column in sheet.columns if column.leads), None)
        self.places = {column.name: place for place, column in enumerate(sheet.columns)}
        self.labels = {column.name for column in self.there[: sheet.labels]}
        self.cells = {column.name: _drawn(sheet, column) for column in self.there}
        self.heads = {column.name: cells.visible(column.heading) for column in self.there}
        self.wide = {name: widest([self.heads[name], *shown]) for name, shown in self.cells.items()}
        if sheet.grouped and self.there[0].heading.isspace():
            titles = [f"{row[sheet.column(sheet.grouped) or 0]}" for row in sheet.rows]
            self.wide[self.there[0].name] = max(self.wide[self.there[0].name], widest(titles) - len(GAP))
        self.blocks = self._blocks()

    def _blocks(self) -> list[list[Column]]:
        """The columns as they stand below each other, all side by side but where a table has labels to repeat."""
        columns, least, labels = list(self.there), dict(self.wide), self.sheet.labels
        for column in self.there:
            shown, head = self.cells[column.name], longest_word([self.heads[column.name]])
            least[column.name] = max(head, longest_word(shown) if column.unit is None else widest(shown))
        if self.width is None:
            return [columns]
        kept = {column.name: max(least[column.name], column.fold) for column in columns if column.fold}
        wanted = self.wide | {name: min(self.wide[name], width) for name, width in kept.items()}
        if labels:
            for column in columns[labels:]:
                name = column.name
                wanted[name] = self.wide[name] = _narrow(self.heads[name], widest(self.cells[name]), self.wide[name])
        while self._taken(columns, wanted) > self.width and any(column.spare for column in columns):
            most = max(reversed(columns), key=lambda column: column.spare)
            columns = [
                column for column in columns if column is not most and (not labels or column.spare != most.spare)
            ]
        if not labels:
            self._fold(columns, least)
            while len(columns) > 2 and self._taken(columns, self.wide) > self.width:
                columns.pop()
            return [columns]
        first, rest = columns[:labels], columns[labels:]
        self._fold([*first, *sorted(rest, key=lambda column: self.wide[column.name])[-1:]], least)
        blocks = [[*first]]
        for column in rest:
            if len(blocks[-1]) > labels and self._taken([*blocks[-1], column], self.wide) > self.width:
                blocks.append([*first])
            blocks[-1].append(column)
        return blocks

    def _fold(self, columns: Sequence[Column], least: dict[str, int]) -> None:
        """Makes the columns narrower, the widest texts first, as far as words and numbers stay whole."""
        wide = self.wide
        while self.width is not None and self._taken(columns, wide) > self.width:
            names = [column.name for column in columns if wide[column.name] > least[column.name]]
            if not names:
                break
            words = [column.name for column in columns if column.unit is None and column.name in names]
            wide[max((name for name in words if wide[name] > _NARROWEST), key=wide.__getitem__, default=names[-1])] -= 1

    def _taken(self, columns: Sequence[Column], wide: dict[str, int]) -> int:
        return sum(wide[column.name] + len(GAP) for column in columns)

    def placed(self, column: Column, text: str) -> str:
        """A text in its column: numbers stand to the right."""
        return text if column.unit is None else " " * (self.wide[column.name] - cell_len(text)) + text

    def style(self, column: Column, at: int) -> str:
        """The style of a cell, by its own text or that of another column; labels that repeat those above step back."""
        if column.styles:
            own, by = self.cells[column.name][at].strip(), self.places.get(column.by)
            text = own if by is None else str(self.sheet.rows[at][by] or "")
            return column.styles.get(text) or column.styles.get(text[-1:]) or column.styles.get("", "")
        end = self.places[column.name] + 1
        if at and 1 < self.sheet.labels and column.name in self.labels:
            return "dim" if self.sheet.rows[at][:end] == self.sheet.rows[at - 1][:end] else ""
        return ""


def _narrow(heading: str, least: int, most: int) -> int:
    """How wide a column has to be for its cells and for its heading in a few lines."""
    start = max(least, longest_word([heading]))
    return next((room for room in range(start, most) if len(wrapped(heading, room)) <= _HEADING_LINES), most)


def _block(screen: Screen, grid: _Grid, columns: Sequence[Column]) -> None:
    """Headings and rows; where rows are grouped, the headings stand beside the first title, or each where they are apart."""
    sheet, group = grid.sheet, grid.sheet.column(grid.sheet.grouped) if grid.sheet.grouped else None
    headings = [wrapped(grid.heads[column.name], grid.wide[column.name]) for column in columns]
    lines = []
    for number in range(-max(map(len, headings)), 0):
        parts = [texts_of[number] if len(texts_of) >= -number else "" for texts_of in headings]
        lines.append([(grid.placed(column, part), "dim") for column, part in zip(columns, parts, strict=True)])
    lines = [line for line in lines if any(text.strip() for text, _ in line)]
    parted = groupby(range(len(sheet.rows)), lambda at: None if group is None else sheet.rows[at][group])
    for number, (title, places) in enumerate(parted):
        if number and sheet.spaced:
            screen.blank()
        shown = lines if not number or sheet.spaced else []
        if title is not None and shown and columns[0].heading.isspace():
            for line in shown[:-1]:
                _row(screen, grid, line, columns)
            _row(screen, grid, shown[-1], columns, title=cells.visible(str(title)))
        else:
            if title is not None:
                screen.paragraph(cells.visible(str(title)), "bold", hang=2)
            for line in shown:
                _row(screen, grid, line, columns)
        for at in places:
            spans = [(grid.placed(column, grid.cells[column.name][at]), grid.style(column, at)) for column in columns]
            sign = str(sheet.rows[at][grid.places[grid.lead.name]] or "") if grid.lead else ""
            _row(screen, grid, spans, columns, lead=(sign, grid.lead.styles.get(sign, "")) if grid.lead else None)


def _row(
    screen: Screen,
    grid: _Grid,
    spans: Sequence[Span],
    columns: Sequence[Column],
    *,
    title: str = "",
    lead: Span | None = None,
) -> None:
    """One row: texts to the left, folded where they are too wide, numbers to the right; a title begins in the margin."""
    widths = [grid.wide[column.name] for column in columns]
    if title:
        spans, widths = [(title, "bold"), *spans[1:]], [widths[0] + len(GAP), *widths[1:]]
    screen.row(list(zip(spans, widths, strict=True)), (), indent=0 if title else len(GAP), lead=lead)


def _left(columns: Sequence[Column]) -> list[str]:
    """What is said of columns that do not fit."""
    if not columns:
        return []
    if all(column.missed for column in columns):
        names = dict.fromkeys(column.name for column in (columns[0], columns[-1]))
        return [f"{' to '.join(names)} {'does' if len(columns) == 1 else 'do'} not fit: a wider window, or -f csv"]
    if len(columns) == 1:
        return [f"1 more column, {columns[0].heading}: a wider window, or -f csv"]
    return [f"{len(columns)} more columns: a wider window, or -f csv"]


def _drawn(sheet: Sheet, column: Column) -> list[str]:
    texts_ = texts(sheet, column)
    bars = [bar(row[sheet.columns.index(column)]) for row in sheet.rows] if column.bar else []
    if column.unit is None:
        return bars or texts_
    texts_ = aligned(texts_)
    return [f"{text} {drawn}" for text, drawn in zip(texts_, bars, strict=True)] if bars else texts_


def bar(share: object, length: int = _BAR) -> str:
    """A fraction as a bar of `length` characters, cut at 0 and 1; blank when it is missing."""
    if not isinstance(share, (int, float)) or share != share:
        return " " * length
    full = round(min(max(float(share), 0.0), 1.0) * length)
    if share < 1:  # full only for all of it
        full = min(full, length - 1)
    return "█" * full + "▁" * (length - full)


def widest(texts: Sequence[str]) -> int:
    """How wide the widest of some texts is."""
    return max(map(cell_len, texts), default=0)
