"""A workbook: a summary, a sheet for each table, charts that a spreadsheet draws itself, the data to pivot, and the notes.

The same book gives the same bytes: neither a clock nor the order of a set goes into the file.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from io import BytesIO
from typing import TYPE_CHECKING, Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from crm_metrics.book import OF_ROW, Book, Cell, Column, Curve, HeatMap, Origin, Sheet, cells
from crm_metrics.book.provenance import covered, problems
from crm_metrics.errors import UsageError
from crm_metrics.metrics.metric import Unit
from crm_metrics.writers.drawing.scales import heading
from crm_metrics.writers.drawing.texts import about, filled, in_order, texts

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.cell import Cell as Field
    from openpyxl.worksheet.worksheet import Worksheet

    from crm_metrics.writers import How

BINARY = True
FOR_PEOPLE = True
_ROWS = 1_048_575  # of a sheet, below a heading
_LETTERS = 32_767  # of a cell
_FIRST_DAY = date(1900, 3, 1)  # the day from which on spreadsheets agree on numbers of days
_EXACT = 2**53
_ON_SUMMARY = 60  # rows of a table
_CHARTS = 24
_FROZEN = 14  # the last row that a heading may be in to stay on screen
_WIDEST = 60
_COLORS = {"green": "1B6E33", "red": "A61B1B", "yellow": "8A5A00", "dim": "6B6B6B"}
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_FORBIDDEN = str.maketrans(dict.fromkeys("[]:*?/\\", " "))


def write(book: Book, how: How) -> bytes:
    """The workbook. Raises `UsageError` for a table longer than a sheet."""
    from openpyxl import Workbook

    workbook = Workbook()
    workbook.properties.creator = "crm-metrics"
    workbook.properties.title = cells.visible(book.title)
    workbook.properties.created = workbook.properties.modified = datetime.combine(
        book.origin.as_of or date(1980, 1, 1), datetime.min.time()
    )
    main, *others = book.sheets
    names = {str(row[at]) for sheet in book.sheets if (at := sheet.column("metric")) is not None for row in sheet.rows}
    summed = _summary(workbook.active, book)
    for sheet in others:
        if sheet is not summed or len(sheet.rows) > _ON_SUMMARY or not sheet.for_people:
            _table_sheet(workbook, sheet)
    for chart in book.charts:
        if isinstance(chart, HeatMap):
            _heat_map(workbook, chart)
    curves = [chart for chart in book.charts if isinstance(chart, Curve)][:_CHARTS]
    if curves:
        _draw(workbook, curves, main)
    _data(workbook, main)
    _notes(workbook, book, how)
    _definitions(workbook, book, sorted(names))
    _origins(workbook, book.origin)
    for worksheet in workbook.worksheets:
        _for_print(worksheet)
    return _saved(workbook)


def _saved(workbook: Workbook) -> bytes:
    from openpyxl.writer.excel import ExcelWriter

    class Undated(ZipFile):
        """An archive whose entries are all of one day."""

        def writestr(self, zinfo_or_arcname: Any, data: Any, *_: Any, **__: Any) -> None:
            dated = ZipInfo(zinfo_or_arcname if isinstance(zinfo_or_arcname, str) else zinfo_or_arcname.filename)
            dated.compress_type = ZIP_DEFLATED
            super().writestr(dated, data)

        def write(self, filename: Any, arcname: Any = None, *_: Any, **__: Any) -> None:
            with open(filename, "rb") as stream:  # noqa: PTH123
                self.writestr(str(arcname), stream.read())

    out = BytesIO()
    with Undated(out, "w", ZIP_DEFLATED) as archive:
        ExcelWriter(workbook, archive).save()
    return out.getvalue()


def _sheet(workbook: Workbook, title: str) -> Worksheet:
    """A new sheet whose name is one that spreadsheets take."""
    plain = cells.visible(title).translate(_FORBIDDEN).strip(" '")[:31].strip(" '") or "Table"
    taken = {name.casefold() for name in workbook.sheetnames} | {"history"}
    name, number = plain, 2
    while name.casefold() in taken:
        name, number = f"{plain[:27]} {number}", number + 1
    return workbook.create_sheet(name)


def _put(worksheet: Worksheet, row: int, column: int, content: Cell, *, format: str = "", bold: bool = False) -> None:  # noqa: A002
    """Sets a cell: text is never a formula, numbers and days are such, what is missing stays empty."""
    if content is None:
        return
    if hasattr(content, "item"):  # a NumPy number
        content = content.item()
    if isinstance(content, float) and content - content != 0:
        return
    if isinstance(content, date) and content < _FIRST_DAY:
        content = content.isoformat()
    if isinstance(content, (int, float)) and abs(content) > _EXACT and float(content).is_integer():
        content = str(int(content))
    field: Field = worksheet.cell(row, column)
    if isinstance(content, str):
        shown = cells.visible(content)
        field.value = shown if len(shown) <= _LETTERS else f"{shown[: _LETTERS - 1]}…"
        field.data_type = "s"
        if shown.startswith(_FORMULA):
            field.quotePrefix = True
    else:
        field.value = content
        if isinstance(content, date):
            format = "yyyy-mm-dd"  # noqa: A001
    if format:
        field.number_format = format
    if bold:
        field.font = _font(bold=True)


def _font(**how: Any) -> Any:
    from openpyxl.styles import Font

    return Font(**how)


def _number_format(number: float, unit: str, currency: str | None, signed: str) -> str:
    """The format of a number in a unit: as many decimals as on a page, and the unit behind it; shares are fractions."""
    places = cells.decimals(number * 100 if unit == Unit.PERCENT else number, unit)
    digits = "#,##0" + (f".{'0' * places}" if places else "")
    if unit == Unit.PERCENT and signed != "difference":
        plain = f"{digits}%"
    elif unit == Unit.PERCENT:
        plain = f'{digits}" pp"'
    elif behind := cells.suffix(unit, currency):
        is_code = currency is not None and currency.isalpha() and behind == f" {currency}"
        plain = f"{digits} [${currency}]" if is_code else digits + _quoted(behind)
    else:
        plain = digits
    return f"+{plain}_);-{plain}_);{plain}_)" if signed else f"{plain}_)"


def _quoted(text: str) -> str:
    return '"' + text.replace('"', "") + '"'


def _body(worksheet: Worksheet, top: int, sheet: Sheet, columns: Sequence[Column], *, most: int, exact: bool) -> None:
    """The rows of a table from the row `top` on, `most` at most; unless `exact`, changes of shares are in points."""
    own, paid = sheet.column(OF_ROW), sheet.column("currency")
    places = [(column, sheet.columns.index(column)) for column in columns]
    formats: dict[tuple[Any, ...], str] = {}
    for at, row in enumerate(sheet.rows[:most]):
        currency = sheet.currency if paid is None or row[paid] is None else str(row[paid])
        for number, (column, place) in enumerate(places, 1):
            content = row[place]
            unit = row[own] if column.unit == OF_ROW and own is not None else column.unit
            if unit is None or content is None or isinstance(content, (str, bool, date)) or content - content != 0:
                text = isinstance(content, str)
                _put(worksheet, top + at, number, content, format="@" if text else "")
                continue
            money = currency if unit in (Unit.MONEY, Unit.MONEY_PER_DAY) else None
            signed = "relative" if exact and column.signed else column.signed
            key = (cells.decimals(content * 100 if unit == Unit.PERCENT else content, str(unit)), unit, money, signed)
            if key not in formats:
                formats[key] = _number_format(float(content), str(unit), money, signed)
            in_points = signed == "difference" and unit == Unit.PERCENT
            _put(worksheet, top + at, number, content * 100 if in_points else content, format=formats[key])
    _rules(worksheet, top, min(len(sheet.rows), most), columns)


def _rules(worksheet: Worksheet, top: int, rows: int, columns: Sequence[Column]) -> None:
    """Colours words as they are on a page, and draws bars from nothing to all of it."""
    from openpyxl.formatting.rule import CellIsRule, DataBarRule
    from openpyxl.utils import get_column_letter

    if not rows:
        return
    for number, column in enumerate(columns, 1):
        letter = get_column_letter(number)
        span = f"{letter}{top}:{letter}{top + rows - 1}"
        for word, style in column.styles.items():
            quoted = '"' + word.replace('"', '""') + '"'
            rule = CellIsRule(operator="equal", formula=[quoted], font=_font(color=_COLORS[style]))
            worksheet.conditional_formatting.add(span, rule)
        if column.bar:
            bar = DataBarRule(start_type="num", start_value=0, end_type="num", end_value=1, color="9DC3E6")
            worksheet.conditional_formatting.add(span, bar)


def _widths(worksheet: Worksheet, sheet: Sheet, columns: Sequence[Column], heads: Sequence[str]) -> None:
    from openpyxl.utils import get_column_letter

    few = Sheet(sheet.name, sheet.title, sheet.columns, sheet.rows[:200], currency=sheet.currency)
    for number, (column, head) in enumerate(zip(columns, heads, strict=True), 1):
        longest = max(map(len, [head, *texts(few, column)]))
        letter = get_column_letter(number)
        before = worksheet.column_dimensions[letter].width if letter in worksheet.column_dimensions else 0
        worksheet.column_dimensions[letter].width = max(before, min(max(longest + 3, 9), _WIDEST))


def _heads(worksheet: Worksheet, row: int, columns: Sequence[Column], heads: Sequence[str]) -> None:
    from openpyxl.styles import Alignment, Border, PatternFill, Side

    for number, (column, head) in enumerate(zip(columns, heads, strict=True), 1):
        _put(worksheet, row, number, head or " ", format="@", bold=True)
        field = worksheet.cell(row, number)
        field.fill = PatternFill("solid", fgColor="E8EEF4")
        field.border = Border(bottom=Side("thin", color="7F7F7F"))
        field.alignment = Alignment(horizontal="left" if column.unit is None else "right", vertical="bottom")


def _summary(worksheet: Worksheet, book: Book) -> Sheet:
    """The title, what it is about, the sentences, and the first short table, which is returned."""
    worksheet.title = "Summary"
    _put(worksheet, 1, 1, book.title)
    worksheet.cell(1, 1).font = _font(bold=True, size=14)
    row = 2
    for line in about(book):
        _put(worksheet, row, 1, line)
        worksheet.cell(row, 1).font = _font(color=_COLORS["dim"])
        row += 1
    says = [*book.says, *(chart.says for chart in book.charts if chart.says)]
    shown = next((sheet for sheet in in_order(book) if sheet.rows and len(sheet.rows) <= _ON_SUMMARY), book.sheets[0])
    columns = [column for column in shown.columns if column.shown and filled(shown, column)]
    heads = [column.heading for column in columns]
    _widths(worksheet, shown, columns, heads)
    row = _paragraphs(worksheet, row + 1, says, len(columns))
    if shown.title and shown.rows:
        _put(worksheet, row, 1, shown.title, bold=True)
        row += 1
    if not shown.rows:
        _put(worksheet, row, 1, shown.empty or "nothing")
        return shown
    _heads(worksheet, row, columns, heads)
    _body(worksheet, row + 1, shown, columns, most=_ON_SUMMARY, exact=False)
    worksheet.freeze_panes = worksheet.cell(row + 1 if row <= _FROZEN else 2, 1)
    worksheet.print_title_rows = f"{row}:{row}"
    row += 1 + min(len(shown.rows), _ON_SUMMARY)
    more = [f"{len(shown.rows) - _ON_SUMMARY:,} more rows: sheet Data"] if len(shown.rows) > _ON_SUMMARY else []
    _paragraphs(worksheet, row, [*more, *shown.notes], len(columns))
    return shown


def _paragraphs(worksheet: Worksheet, row: int, says: Iterable[str], columns: int) -> int:
    """Sentences, each over the width of the table; the row below them and an empty one."""
    from openpyxl.styles import Alignment
    from openpyxl.utils import get_column_letter

    wide = max(columns, 6)
    letters = sum(worksheet.column_dimensions[get_column_letter(number + 1)].width for number in range(wide))
    for said in says:
        _put(worksheet, row, 1, said)
        worksheet.merge_cells(start_row=row, start_column=1, end_row=row, end_column=wide)
        worksheet.cell(row, 1).alignment = Alignment(wrap_text=True, vertical="top")
        worksheet.row_dimensions[row].height = 15.0 * -(-len(said) // max(int(letters * 0.95), 1))
        row += 1
    return row + 1


def _table_sheet(workbook: Workbook, sheet: Sheet) -> None:
    """A table with all of its columns under their headings, those for machines behind the others; without these where the
    data has them."""
    worksheet = _sheet(workbook, sheet.title or sheet.name)
    columns = sorted(sheet.columns, key=lambda column: not column.shown)
    if sheet.for_people:
        columns = [column for column in columns if column.shown and filled(sheet, column)]
    heads = [column.heading if column.shown else column.name for column in columns]
    _heads(worksheet, 1, columns, heads)
    _body(worksheet, 2, sheet, columns, most=_fitting(sheet), exact=True)
    if not sheet.rows:
        _put(worksheet, 2, 1, sheet.empty or "nothing")
    _widths(worksheet, sheet, columns, heads)
    worksheet.freeze_panes = "A2"
    if sheet.rows:
        worksheet.auto_filter.ref = worksheet.dimensions
    _paragraphs(worksheet, len(sheet.rows) + 3, sheet.notes, len(columns))


def _data(workbook: Workbook, sheet: Sheet) -> None:
    """The main table as one to filter and to pivot: every column under its name for machines."""
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.table import Table, TableStyleInfo

    worksheet = _sheet(workbook, "Data")
    columns, heads = sheet.columns, [column.name for column in sheet.columns]
    for number, head in enumerate(heads, 1):
        _put(worksheet, 1, number, head, bold=True)
    _body(worksheet, 2, sheet, columns, most=_fitting(sheet), exact=True)
    _widths(worksheet, sheet, columns, heads)
    worksheet.freeze_panes = "A2"
    if sheet.rows:
        table = Table(displayName="Data", ref=f"A1:{get_column_letter(len(columns))}{len(sheet.rows) + 1}")
        table.tableStyleInfo = TableStyleInfo(name="TableStyleLight1", showRowStripes=True)
        worksheet.add_table(table)


def _fitting(sheet: Sheet) -> int:
    if len(sheet.rows) > _ROWS:
        raise UsageError(
            f"a sheet of a workbook holds {_ROWS:,} rows, and this table has {len(sheet.rows):,}",
            hint="Write it with -f csv, or choose fewer rows.",
        )
    return len(sheet.rows)


def _heat_map(workbook: Workbook, chart: HeatMap) -> None:
    from openpyxl.formatting.rule import ColorScaleRule

    worksheet = _sheet(workbook, chart.title.partition(":")[0])
    steps = [Column(str(step), unit=Unit.PERCENT) for step in range(len(chart.average))]
    columns = [Column("row", " "), Column("size", chart.of, Unit.COUNT), *steps]
    rows: list[list[Cell]] = [
        [row, size, *shares] for row, size, shares in zip(chart.rows, chart.sizes, chart.shares, strict=True)
    ]
    rows.append(["average", None, *chart.average])
    sheet = Sheet("map", chart.title, columns, rows)
    heads = [column.heading for column in columns]
    _heads(worksheet, 1, columns, heads)
    _body(worksheet, 2, sheet, columns, most=len(rows), exact=True)
    _widths(worksheet, sheet, columns, heads)
    if len(chart.rows) and len(steps) > 1:
        last = worksheet.cell(len(chart.rows) + 1, len(columns)).coordinate
        scale = ColorScaleRule(
            start_type="num", start_value=0, start_color="FFFFFF", end_type="max", end_color="6FA8DC"
        )
        worksheet.conditional_formatting.add(f"D2:{last}", scale)
    worksheet.freeze_panes = "C2"
    _paragraphs(worksheet, len(rows) + 3, [chart.says], len(columns))


def _draw(workbook: Workbook, curves: Sequence[Curve], main: Sheet) -> None:
    """Charts at the right of the summary, over figures on a sheet of their own."""
    from openpyxl.utils import get_column_letter

    summary, worksheet = workbook.worksheets[0], _sheet(workbook, "Chart data")
    beside = get_column_letter(max(summary.max_column, 6) + 2)
    left = 1
    for number, curve in enumerate(curves):
        lines = {"value": curve.values, "at least": curve.low, "at most": curve.high}
        lines |= {"trend": curve.trend, "target": curve.target}
        given = {name: values for name, values in lines.items() if any(value is not None for value in values)}
        _put(worksheet, 1, left, heading(curve), bold=True)
        for offset, (name, values) in enumerate(given.items(), 1):
            _put(worksheet, 2, left + offset, name, bold=True)
            for at, value in enumerate(values):
                if value is not None:
                    code = _number_format(value, curve.unit, curve.currency, "")
                    _put(worksheet, at + 3, left + offset, value, format=code)
        for at, period in enumerate(curve.periods):
            _put(worksheet, at + 3, left, period, format="@")
        chart = _line_chart(worksheet, curve, left, list(given))
        summary.add_chart(chart, f"{beside}{2 + 17 * number}")
        left += len(given) + 2


def _line_chart(worksheet: Worksheet, curve: Curve, left: int, names: Sequence[str]) -> Any:
    from openpyxl.chart import LineChart, Reference

    chart, last = LineChart(), len(curve.periods) + 2
    chart.title, chart.height, chart.width = heading(curve), 8, 16
    looks = {
        "value": ("0B62A4", 22000, None),
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
    chart.legend.position = "b"
    return chart


def _notes(workbook: Workbook, book: Book, how: How) -> None:
    """All that is said beside the figures."""
    origin = book.origin
    says = [*book.says, *(chart.says for chart in book.charts if chart.says)]
    below = [note for sheet in book.sheets for note in sheet.notes]
    rows = [("result", said) for said in says]
    rows += [("note", note) for note in (*book.notes, *origin.notes, *below)]
    rows += [("data problem", line) for line in problems(origin.issues, verbose=True)]
    _listed(workbook, "Notes", ("kind", "text"), rows, wide=(14, 110))


def _definitions(workbook: Workbook, book: Book, names: Sequence[str]) -> None:
    """What each figure means."""
    defined = {name: book.define(name) for name in names}
    heads = list(dict.fromkeys(head for said in defined.values() for head in said))
    if heads:
        rows = [(name, *(said.get(head) for head in heads)) for name, said in defined.items() if said]
        _listed(workbook, "Definitions", ["figure", *heads], rows, wide=(28, *[50] * len(heads)))


def _origins(workbook: Workbook, origin: Origin) -> None:
    """The files, what of them was left out, what each table covers, and the settings."""
    heads = ["file", "table", "vendor", "rows", "used", "left out", "sha256"]
    rows = [
        (one.path, one.table, one.vendor, one.rows, one.used, one.rows - one.used, origin.digests.get(one.path))
        for one in origin.sources
    ]
    _listed(workbook, "Inputs", heads, rows, wide=(40, 16, 20, 10, 10, 10, 68))
    left = [(one.path, reason, count) for one in origin.sources for reason, count in one.left_out.items()]
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
    from openpyxl.styles import Alignment
    from openpyxl.utils import get_column_letter

    worksheet = _sheet(workbook, title)
    _heads(worksheet, 1, [Column(head) for head in heads], heads)
    for at, row in enumerate(rows or [("nothing",)], 2):
        for number, content in enumerate(row, 1):
            _put(worksheet, at, number, content, format="@" if isinstance(content, str) else "")
            worksheet.cell(at, number).alignment = Alignment(wrap_text=True, vertical="top")
    for number in range(1, len(heads) + 1):
        width = wide[number - 1] if number <= len(wide) else 14
        worksheet.column_dimensions[get_column_letter(number)].width = width
    worksheet.freeze_panes = "A2"


def _for_print(worksheet: Worksheet) -> None:
    """A4 across, one page wide, the heading on every page and the page's number."""
    worksheet.page_setup.orientation = "landscape"
    worksheet.page_setup.paperSize = 9
    worksheet.page_setup.fitToWidth, worksheet.page_setup.fitToHeight = 1, 0
    worksheet.sheet_properties.pageSetUpPr.fitToPage = True
    worksheet.oddFooter.center.text = "&P/&N"
    if worksheet.title != "Summary":
        worksheet.print_title_rows = "1:1"
