"""A workbook: a summary, a sheet for each table, charts that a spreadsheet draws itself, the data to pivot, and the notes.

The same book gives the same bytes: neither a clock nor the order of a set goes into the file.
"""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

from openpyxl import Workbook
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.table import Table, TableStyleInfo

from crm_metrics.book import Book, Curve, HeatMap, Sheet, cells
from crm_metrics.errors import UsageError
from crm_metrics.writers.drawing.tidy import about, filled, in_order
from crm_metrics.writers.workbook.cells import (
    COLORS,
    ROWS,
    new_sheet,
    put_cell,
    put_heads,
    put_paragraphs,
    set_for_print,
    set_widths,
)
from crm_metrics.writers.workbook.charts import draw_curves, draw_heat_map, put_definitions, put_notes, put_origins
from crm_metrics.writers.workbook.rows import put_body, save

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

    from crm_metrics.writers import How

BINARY = True
FOR_PEOPLE = True
_ON_SUMMARY = 60  # rows of a table
_CHARTS = 24
_FROZEN = 14  # the last row that a heading may be in to stay on screen


def write(book: Book, how: How) -> bytes:
    """The workbook. Raises `UsageError` for a table longer than a sheet."""
    workbook = Workbook()
    workbook.properties.creator = "crm-metrics"
    workbook.properties.title = cells.visible(book.title)
    main, *others = book.sheets
    names = {str(name) for sheet in book.sheets for name in sheet.distinct("metric")}
    summed = _summary(workbook.active, book)
    for sheet in others:
        if sheet is not summed or len(sheet.rows) > _ON_SUMMARY or not sheet.for_people:
            _table_sheet(workbook, sheet)
    for chart in book.charts:
        if isinstance(chart, HeatMap):
            draw_heat_map(workbook, chart)
    curves = [chart for chart in book.charts if isinstance(chart, Curve)][:_CHARTS]
    if curves:
        draw_curves(workbook, curves, main)
    _data(workbook, main)
    put_notes(workbook, book, how)
    put_definitions(workbook, book, sorted(names))
    put_origins(workbook, book.origin)
    for worksheet in workbook.worksheets:
        set_for_print(worksheet)
    out = BytesIO()
    save(workbook, out, dated=book.origin.as_of)
    return out.getvalue()


def _summary(worksheet: Worksheet, book: Book) -> Sheet:
    """The title, what it is about, the sentences, and the first short table, which is returned."""
    worksheet.title = "Summary"
    put_cell(worksheet, 1, 1, book.title)
    worksheet.cell(1, 1).font = Font(bold=True, size=14)
    row = 2
    for line in about(book):
        put_cell(worksheet, row, 1, line)
        worksheet.cell(row, 1).font = Font(color=COLORS["dim"])
        row += 1
    says = [*book.says, *(chart.says for chart in book.charts if chart.says)]
    sheets = (part for part in in_order(book) if isinstance(part, Sheet))
    shown = next((sheet for sheet in sheets if sheet.rows and len(sheet.rows) <= _ON_SUMMARY), book.sheets[0])
    columns = [column for column in shown.columns if column.shown and filled(shown, column)]
    heads = [column.heading for column in columns]
    set_widths(worksheet, shown, columns, heads)
    row = put_paragraphs(worksheet, row + 1, says, len(columns))
    if shown.title and shown.rows:
        put_cell(worksheet, row, 1, shown.title, bold=True)
        row += 1
    if not shown.rows:
        put_cell(worksheet, row, 1, shown.empty or "nothing")
        return shown
    put_heads(worksheet, row, columns, heads)
    put_body(worksheet, row + 1, shown, columns, most=_ON_SUMMARY, exact=False)
    worksheet.freeze_panes = f"A{row + 1 if row <= _FROZEN else 2}"
    worksheet.print_title_rows = f"{row}:{row}"
    row += 1 + min(len(shown.rows), _ON_SUMMARY)
    more = [f"{len(shown.rows) - _ON_SUMMARY:,} more rows: sheet Data"] if len(shown.rows) > _ON_SUMMARY else []
    put_paragraphs(worksheet, row, [*more, *shown.notes], len(columns))
    return shown


def _table_sheet(workbook: Workbook, sheet: Sheet) -> None:
    """A table with all of its columns under their headings, those for machines behind the others; without these where the
    data has them."""
    worksheet = new_sheet(workbook, sheet.title or sheet.name)
    columns = sorted(sheet.columns, key=lambda column: not column.shown)
    if sheet.for_people:
        columns = [column for column in columns if column.shown and filled(sheet, column)]
    heads = [column.heading if column.shown else column.name for column in columns]
    set_widths(worksheet, sheet, columns, heads)
    put_heads(worksheet, 1, columns, heads)
    put_body(worksheet, 2, sheet, columns, most=_fitting(sheet), exact=True)
    if not len(sheet.rows):
        put_cell(worksheet, 2, 1, sheet.empty or "nothing")
    worksheet.freeze_panes = "A2"
    if len(sheet.rows):
        worksheet.auto_filter.ref = f"A1:{get_column_letter(len(columns))}{len(sheet.rows) + 1}"
    put_paragraphs(worksheet, len(sheet.rows) + 3, sheet.notes, len(columns))


def _data(workbook: Workbook, sheet: Sheet) -> None:
    """The main table as one to filter and to pivot: every column under its name for machines."""
    worksheet = new_sheet(workbook, "Data")
    columns, heads = sheet.columns, [column.name for column in sheet.columns]
    for number, head in enumerate(heads, 1):
        put_cell(worksheet, 1, number, head, bold=True)
    put_body(worksheet, 2, sheet, columns, most=_fitting(sheet), exact=True)
    set_widths(worksheet, sheet, columns, heads)
    worksheet.freeze_panes = "A2"
    if len(sheet.rows):
        table = Table(displayName="Data", ref=f"A1:{get_column_letter(len(columns))}{len(sheet.rows) + 1}")
        table.tableStyleInfo = TableStyleInfo(name="TableStyleLight1", showRowStripes=True)
        table._initialise_columns()  # else it would make a cell of every place to look for its heads
        for column, head in zip(table.tableColumns, heads, strict=True):
            column.name = head
        worksheet.add_table(table)


def _fitting(sheet: Sheet) -> int:
    if len(sheet.rows) > ROWS:
        raise UsageError(
            f"a sheet of a workbook holds {ROWS:,} rows, and this table has {len(sheet.rows):,}",
            hint="Write it with -f csv, or choose fewer rows.",
        )
    return len(sheet.rows)
