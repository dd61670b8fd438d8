"""A web page in one file without network, script or clock: light and dark, for phone, laptop, paper and screen reader."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from crm_metrics import __version__
from crm_metrics.book import Book, Column, Curve, HeatMap, Origin, Pairs, Passage, Said, Sheet, cells
from crm_metrics.book.cells import visible
from crm_metrics.book.provenance import problems
from crm_metrics.book.rows import row_of
from crm_metrics.metrics.metric import Unit
from crm_metrics.writers.drawing import svg
from crm_metrics.writers.drawing.tidy import about, filled, in_order, texts

if TYPE_CHECKING:
    from crm_metrics.writers import How

FOR_PEOPLE = True
_CHARTS = 24
_OPENED = 300  # rows of a table that open to more
_ROWS = 2000  # of a table; a browser takes long with more
_SHORT = 26  # letters of a text that is never broken
_FOLDED = 40  # a table of more rows is folded, unless it is the only one
_PHONE = 50  # letters side by side on a phone
_FOLDS = 16  # letters of a text that is folded there
_TOLD = ("metric", "title", "unit", "currency", "status")  # what a row says of itself already


def write(book: Book, how: How) -> str:
    from jinja2 import Environment

    origin = book.origin
    charts = book.charts[:_CHARTS]
    notes = [*book.notes, *origin.notes]
    if (more := len(book.charts) - _CHARTS) > 0:
        notes.append(f"{more} more charts are not drawn")
    template = files(__package__).joinpath("drawing", "page.jinja").read_text(encoding="utf-8")
    page = Environment(autoescape=True).from_string(template)
    parts = [*in_order(book), *_origins(origin)]
    tables = [
        _passage(part) if isinstance(part, Passage) else _table(part, book, alone=len(parts) == 1) for part in parts
    ]
    return (
        page.render(
            title=visible(book.title),
            about=about(book),
            says=list(map(visible, book.says)),
            charts=[_chart(chart, number) for number, chart in enumerate(charts)],
            chart_style=Markup(svg.STYLE),
            tables=tables,
            lists=[
                ("Notes", list(map(visible, notes))),
                ("Data problems", problems(book.problems, verbose=how.verbose)),
            ],
            version=__version__,
            as_of=origin.as_of,
        )
        + "\n"
    )


def _chart(chart: Curve | HeatMap, number: int) -> dict[str, Any]:
    drawn = svg.chart(chart, f"c{number}")
    if isinstance(chart, HeatMap):
        wide, tall = svg.size(chart)
        drawn = drawn.replace('class="chart"', f'class="chart heat-map" width="{wide}" height="{tall}"', 1)
    return {"title": visible(svg.title(chart)), "svg": Markup(drawn), "says": visible(chart.says)}


def _table(sheet: Sheet, book: Book, *, alone: bool) -> dict[str, Any]:
    columns = [column for column in sheet.columns if column.shown and filled(sheet, column)]
    count = cells.several(len(sheet.rows), "row")
    folded = not alone and (book.is_told(sheet) or len(sheet.rows) > _FOLDED or sheet.for_people is False)
    head = next((place for place, column in enumerate(columns) if column.unit is None), 0)
    if (more := len(sheet.rows) - _ROWS) > 0:
        note = f"{cells.count(more)} more rows are not shown: -f xlsx and -f csv have all."
        sheet = replace(sheet, rows=sheet.rows[:_ROWS], notes=[*sheet.notes, note])
    listed = [texts(sheet, column) for column in columns]
    opened = list(_more(sheet, book)) if len(sheet.rows) <= _OPENED else [[]] * len(sheet.rows)
    rows = [
        {
            "cells": [
                _cell(column, text, row[sheet.columns.index(column)])
                for column, text in zip(columns, line, strict=True)
            ],
            "more": more,
        }
        for row, line, more in zip(sheet.rows, zip(*listed, strict=True), opened, strict=True)
    ]
    title = sheet.title or ("All figures" if folded else "")
    spared = _spared(columns, listed)
    return {
        "title": visible(title),
        "caption": ", ".join(filter(None, [visible(title or book.title), count])),
        "count": count,
        "folded": folded and bool(rows),
        "columns": [
            {"heading": visible(column.heading), "shape": _shape(column, words) + " spared" * (column in spared)}
            for column, words in zip(columns, listed, strict=True)
        ],
        "spared": ", ".join(visible(column.heading) for column in spared),
        "head": head,
        "rows": rows,
        "empty": visible(sheet.empty or "nothing"),
        "notes": list(map(visible, sheet.notes)),
    }


def _passage(passage: Passage) -> dict[str, Any]:
    """A passage as the page has it; texts alone are pairs without a label."""
    parts = [
        {
            "deep": part.deep,
            "style": part.style if isinstance(part, Said) else "",
            "pairs": [
                (visible(label), visible(text))
                for label, text in (part.pairs if isinstance(part, Pairs) else [("", part.text)])
            ],
            "listed": isinstance(part, Pairs),
        }
        for part in passage.parts
    ]
    title, aside = visible(passage.title), visible(passage.aside)
    return {"title": title, "aside": aside, "style": passage.style, "parts": parts, "folded": False}


def _spared(columns: Sequence[Column], listed: Sequence[Sequence[str]]) -> list[Column]:
    """The columns that go on a phone, those that can be spared first."""
    taken = {
        column.name: 2 + min(max(map(len, words), default=0), 99 if column.unit is not None else _FOLDS)
        for column, words in zip(columns, listed, strict=True)
    }
    spared: list[Column] = []
    for column in sorted(columns, key=lambda column: column.spare, reverse=True):
        if not column.spare or sum(taken.values()) <= _PHONE:
            break
        spared.append(column)
        del taken[column.name]
    return [column for column in columns if column in spared]


def _shape(column: Column, words: Sequence[str]) -> str:
    if column.unit is not None:
        return "number"
    return "short" if max(map(len, words), default=0) <= _SHORT else "words"


def _cell(column: Column, text: str, value: object) -> dict[str, Any]:
    """A cell as the page has it, with the part of a bar that is full, in percent."""
    part = None
    if column.bar and isinstance(value, (int, float)) and value == value:
        part = round(min(max(float(value), 0.0), 1.0) * 100)
    return {"text": text, "style": column.styles.get(text, ""), "part": part}


def _more(sheet: Sheet, book: Book) -> Iterator[list[tuple[str, str]]]:
    """What each row opens to: the columns that the table does not show, and the definition of its figure."""
    hidden = [column for column in sheet.columns if not column.shown and column.name not in _TOLD]
    listed = [texts(sheet, column) for column in hidden]
    metric = sheet.column("metric")
    for at, row in enumerate(sheet.rows):
        pairs = [(column.heading, text[at]) for column, text in zip(hidden, listed, strict=True)]
        more = [(visible(name), text) for name, text in pairs if text not in ("", cells.MISSING)]
        name = row[metric] if metric is not None else None
        defined = book.define(str(name)) if name is not None else {}
        yield [*more, *((visible(key), visible(text)) for key, text in defined.items())]


def _origins(origin: Origin) -> Sequence[Sheet]:
    """The files with what became of their rows, and the settings."""
    columns = [
        *(Column("file"), Column("table"), Column("vendor", spare=2)),
        *(Column(name, unit=Unit.COUNT) for name in ("rows", "used", "left_out")),
        *(Column("reasons", spare=1), Column("sha256", "SHA-256", shown=False)),
    ]
    rows = []
    for source in origin.sources:
        left = {"left_out": source.rows - source.used} if source.asked else {"used": None, "left_out": None}
        reasons = ", ".join(f"{reason} {count}" for reason, count in source.left_out.items()) or None
        sha256 = origin.digests.get(source.path)
        rows.append(row_of(columns, source, file=source.path, **left, reasons=reasons, sha256=sha256))
    return [Sheet("inputs", "Files", columns, rows)] if rows else []
