"""Charts of a workbook, which the spreadsheet draws itself; and its last sheets: what the figures mean, and what they were
made from."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from openpyxl.chart import LineChart, Reference
from openpyxl.formatting.rule import ColorScaleRule
from openpyxl.styles import Alignment
from openpyxl.utils import get_column_letter

from crm_metrics.book import Book, Cell, Column, Curve, HeatMap, Origin, Said, Sheet
from crm_metrics.book.provenance import covered, problems
from crm_metrics.metrics.metric import Unit
from crm_metrics.writers.drawing.svg import heading
from crm_metrics.writers.workbook.cells import new_sheet, number_format, put_cell, put_heads, put_paragraphs, set_widths
from crm_metrics.writers.workbook.rows import put_body

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

    from crm_metrics.writers import How

_OPEN = "to date, or not final"


def draw_heat_map(workbook: Workbook, chart: HeatMap) -> None:
    worksheet = new_sheet(workbook, chart.title.partition(":")[0])
    steps = [Column(str(step), unit=Unit.PERCENT) for step in range(len(chart.average))]
    columns = [Column("row", " "), Column("size", chart.of, Unit.COUNT), *steps]
    rows: list[list[Cell]] = [
        [row, size, *shares] for row, size, shares in zip(chart.rows, chart.sizes, chart.shares, strict=True)
    ]
    rows.append(["average", None, *chart.average])
    sheet = Sheet("map", chart.title, columns, rows)
    heads = [column.heading for column in columns]
    set_widths(worksheet, sheet, columns, heads)
    put_heads(worksheet, 1, columns, heads)
    put_body(worksheet, 2, sheet, columns, most=len(rows), exact=True)
    if len(chart.rows) and len(steps) > 1:
        last = worksheet.cell(len(chart.rows) + 1, len(columns)).coordinate
        scale = ColorScaleRule(
            start_type="num", start_value=0, start_color="FFFFFF", end_type="max", end_color="6FA8DC"
        )
        worksheet.conditional_formatting.add(f"D2:{last}", scale)
    worksheet.freeze_panes = "C2"
    put_paragraphs(worksheet, len(rows) + 3, [chart.says], len(columns))


def draw_curves(workbook: Workbook, curves: Sequence[Curve], main: Sheet) -> None:
    """Charts at the right of the summary, over figures on a sheet of their own."""
    summary, worksheet = workbook.worksheets[0], new_sheet(workbook, "Chart data")
    beside = get_column_letter(max(summary.max_column, 6) + 2)
    left = 1
    for number, curve in enumerate(curves):
        lines = _final_and_not(curve) | {"at least": curve.low, "at most": curve.high}
        lines |= {"trend": curve.trend, "target": curve.target}
        filled = {name: values for name, values in lines.items() if any(value is not None for value in values)}
        put_cell(worksheet, 1, left, heading(curve), bold=True)
        for offset, (name, values) in enumerate(filled.items(), 1):
            put_cell(worksheet, 2, left + offset, name, bold=True)
            for at, value in enumerate(values):
                if value is not None:
                    code = number_format(value, curve.unit, curve.currency, "")
                    put_cell(worksheet, at + 3, left + offset, value, format=code)
        for at, period in enumerate(curve.periods):
            put_cell(worksheet, at + 3, left, period, format="@")
        chart = _line_chart(worksheet, curve, left, list(filled))
        summary.add_chart(chart, f"{beside}{2 + 17 * number}")
        left += len(filled) + 2


def _final_and_not(curve: Curve) -> dict[str, Sequence[float | None]]:
    """The values that are final, and as a line of its own those that are not, which goes on from the last final one."""
    is_open = [not over for over in curve.complete]
    joins = [now or after for now, after in zip(is_open, [*is_open[1:], False], strict=True)]
    return {
        "value": [None if now else value for value, now in zip(curve.values, is_open, strict=True)],
        _OPEN: [value if join else None for value, join in zip(curve.values, joins, strict=True)],
    }


def _line_chart(worksheet: Worksheet, curve: Curve, left: int, names: Sequence[str]) -> Any:
    chart, last = LineChart(), len(curve.periods) + 2
    chart.title, chart.height, chart.width = heading(curve), 8, 16
    looks = {
        "value": ("0B62A4", 22000, None),
        _OPEN: ("0B62A4", 22000, "sysDash"),
        "trend": ("2E7D32", 15000, "sysDot"),
        "target": ("A3195B", 15000, "dash"),
    }
    for offset, name in enumerate(names, 1):
        chart.add_data(Reference(worksheet, min_col=left + offset, min_row=2, max_row=last), titles_from_data=True)
        color, width, dash = looks.get(name, ("9DC3E6", 9000, None))
        line = chart.series[-1]
        line.smooth = False
        line.marker.symbol = "none"
        line.graphicalProperties.line.solidFill = color
        line.graphicalProperties.line.width = width
        if dash:
            line.graphicalProperties.line.dashStyle = dash
    chart.set_categories(Reference(worksheet, min_col=left, min_row=3, max_row=last))
    chart.x_axis.delete = chart.y_axis.delete = False
    chart.y_axis.number_format = "0%" if curve.unit is Unit.PERCENT else "#,##0.##"
    if len(names) > 1:
        chart.legend.position = "b"
    else:
        chart.legend = None
    return chart


def put_notes(workbook: Workbook, book: Book, how: How) -> None:
    """All that is said beside the figures."""
    origin = book.origin
    says = [*book.says, *(chart.says for chart in book.charts if chart.says)]
    below = [note for sheet in book.sheets for note in sheet.notes]
    rows = [("result", sentence) for sentence in says]
    for passage in book.passages:
        pairs_of = [((part.text, ""),) if isinstance(part, Said) else part.pairs for part in passage.parts]
        rows += [(passage.title, f"{label} {text}".strip()) for pairs in pairs_of for label, text in pairs]
    rows += [("note", note) for note in (*book.notes, *origin.notes, *below)]
    rows += [("data problem", line) for line in problems(book.problems, verbose=True)]
    _listed(workbook, "Notes", ("kind", "text"), rows, wide=(14, 110))


def put_definitions(workbook: Workbook, book: Book, names: Sequence[str]) -> None:
    """What each figure means."""
    defined = {name: book.define(name) for name in names}
    heads = list(dict.fromkeys(head for definition in defined.values() for head in definition))
    if heads:
        rows = [(name, *(definition.get(head) for head in heads)) for name, definition in defined.items() if definition]
        _listed(workbook, "Definitions", ["figure", *heads], rows, wide=(28, *[50] * len(heads)))


def put_origins(workbook: Workbook, origin: Origin) -> None:
    """The files, what of them was left out, what each table covers, and the settings."""
    heads = ["file", "table", "vendor", "rows", "used", "left out", "sha256"]
    rows = []
    for file in origin.sources:
        became = (file.used, file.rows - file.used) if file.asked else (None, None)
        rows.append((file.path, file.table, file.vendor, file.rows, *became, origin.digests.get(file.path)))
    _listed(workbook, "Inputs", heads, rows, wide=(40, 16, 20, 10, 10, 10, 68))
    left = [(source.path, reason, count) for source in origin.sources for reason, count in source.left_out.items()]
    _listed(workbook, "Left out", ("file", "reason", "rows"), left, wide=(40, 40, 10))
    cover = [(name, *days.values()) for name, days in covered(origin.coverage).items()]
    heads = ["table", "from", "newest", "known until", "complete until"]
    _listed(workbook, "Coverage", heads, [(name, *map(date.fromisoformat, days)) for name, *days in cover], wide=(20,))
    settings = [("as of", str(origin.as_of) if origin.as_of else None), ("settings file", origin.settings_file)]
    settings += [(name, _spelled(value)) for name, value in origin.settings.items() if name != "as_of"]
    _listed(workbook, "Settings", ("setting", "value"), settings, wide=(30, 80))


def _spelled(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, (list, tuple, set, frozenset)) else str(value)


def _listed(
    workbook: Workbook, title: str, heads: Sequence[str], rows: Sequence[Sequence[Cell]], *, wide: Sequence[int]
) -> None:
    worksheet = new_sheet(workbook, title)
    for number in range(1, len(heads) + 1):
        width = wide[number - 1] if number <= len(wide) else 14
        worksheet.column_dimensions[get_column_letter(number)].width = width
    put_heads(worksheet, 1, [Column(head) for head in heads], heads)
    for at, row in enumerate(rows or [("nothing",)], 2):
        for number, content in enumerate(row, 1):
            put_cell(worksheet, at, number, content, format="@" if isinstance(content, str) else "")
            worksheet.cell(at, number).alignment = Alignment(wrap_text=True, vertical="top")
    worksheet.freeze_panes = "A2"
