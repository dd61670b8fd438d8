"""Cells of a workbook: texts that are never formulas, numbers in the format of their unit, columns of their width."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from textwrap import wrap
from typing import TYPE_CHECKING

from openpyxl.formatting.rule import CellIsRule, DataBarRule
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter

from crm_metrics.book import Cell, Column, Sheet, cells
from crm_metrics.metrics.metric import Unit
from crm_metrics.writers.drawing.tidy import RUNS_AS_FORMULA, texts

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.cell import Cell as Field
    from openpyxl.worksheet.worksheet import Worksheet


ROWS = 1_048_575  # of a sheet, below a heading
LETTERS = 32_767  # of a cell
_FIRST_DAY = date(1900, 3, 1)  # the day from which on spreadsheets agree on numbers of days
_EXACT = 2**53
DAYS = "yyyy-mm-dd"  # the format of days
_WIDEST, _HEAD = 60, 12  # letters of a column, and up to which a heading is on one line
COLORS = {"green": "1B6E33", "red": "A61B1B", "yellow": "8A5A00", "dim": "6B6B6B"}
_NAME = 31  # letters of the name of a sheet
_FORBIDDEN = str.maketrans(dict.fromkeys("[]:*?/\\", " "))


def new_sheet(workbook: Workbook, title: str) -> Worksheet:
    """A new sheet whose name is one that spreadsheets take."""
    plain = cells.visible(title).translate(_FORBIDDEN).strip(" '")
    words = plain if len(plain) <= _NAME else plain[: _NAME + 1].rpartition("," if "," in plain[:_NAME] else " ")[0]
    plain = (words or plain)[:_NAME].strip(" ',") or "Table"
    taken = {name.casefold() for name in workbook.sheetnames} | {"history"}
    name, number = plain, 2
    while name.casefold() in taken:
        name, number = f"{plain[:27]} {number}", number + 1
    return workbook.create_sheet(name)


def put_cell(
    worksheet: Worksheet,
    row: int,
    column: int,
    content: Cell,
    *,
    format: str = "",  # noqa: A002
    bold: bool = False,
) -> None:
    """Sets a cell: text is never a formula, numbers and days are such, what is missing stays empty."""
    if (held := content_of(content)) is None:
        return
    field: Field = worksheet.cell(row, column)
    field.value = held
    if isinstance(held, str):
        field.data_type = "s"
        if held.startswith(RUNS_AS_FORMULA):
            field.quotePrefix = True
    elif isinstance(held, date):
        format = DAYS  # noqa: A001
    if format:
        field.number_format = format
    if bold:
        field.font = Font(bold=True)


def content_of(content: Cell) -> Cell:
    """What a cell of a workbook holds: text that can be seen, cut where it is too long, numbers and days as far as all
    spreadsheets agree on them, else as text; None for what is missing or no finite number."""
    content = getattr(content, "item", lambda: content)()  # a NumPy number is one of Python
    if isinstance(content, float) and content - content != 0:
        return None
    if isinstance(content, date) and content < _FIRST_DAY:
        content = content.isoformat()
    if isinstance(content, (int, float)) and abs(content) > _EXACT and float(content).is_integer():
        content = str(int(content))
    if isinstance(content, str):
        shown = cells.visible(content)
        return shown if len(shown) <= LETTERS else f"{shown[: LETTERS - 1]}…"
    return content


def number_format(number: float, unit: str, currency: str | None, signed: str) -> str:
    """The format of a number in a unit: as many decimals as on a page, and the unit behind it; shares are fractions."""
    places = cells.decimals(number * 100 if unit == Unit.PERCENT else number, unit)
    digits = "#,##0" + (f".{'0' * places}" if places else "")
    if unit == Unit.PERCENT and signed != "difference":
        plain = f"{digits}%"
    elif unit == Unit.PERCENT:
        plain = f'{digits}" pp"'
    elif behind := cells.suffix(unit, currency):
        is_code = currency is not None and currency.isalpha() and behind == f" {currency}"
        plain = f"{digits} [${currency}]" if is_code else digits + '"' + behind.replace('"', "") + '"'
    else:
        plain = digits
    return f"+{plain}_);-{plain}_);{plain}_)" if signed else f"{plain}_)"


def set_rules(worksheet: Worksheet, top: int, rows: int, columns: Sequence[Column]) -> None:
    """Colours words as they are on a page, and draws bars from nothing to all of it."""
    if not rows:
        return
    for number, column in enumerate(columns, 1):
        letter = get_column_letter(number)
        span = f"{letter}{top}:{letter}{top + rows - 1}"
        for word, style in column.styles.items():
            quoted = '"' + word.replace('"', '""') + '"'
            rule = CellIsRule(operator="equal", formula=[quoted], font=Font(color=COLORS[style]))
            worksheet.conditional_formatting.add(span, rule)
        if column.bar:
            bar = DataBarRule(start_type="num", start_value=0, end_type="num", end_value=1, color="9DC3E6")
            worksheet.conditional_formatting.add(span, bar)


def set_widths(worksheet: Worksheet, sheet: Sheet, columns: Sequence[Column], heads: Sequence[str]) -> None:
    few = Sheet(sheet.name, sheet.title, sheet.columns, sheet.rows[:200], currency=sheet.currency)
    for number, (column, head) in enumerate(zip(columns, heads, strict=True), 1):
        longest = max(map(len, texts(few, column)), default=0)
        longest = max(longest, *map(len, _folded(head, longest)), 0)
        letter = get_column_letter(number)
        before = worksheet.column_dimensions[letter].width if letter in worksheet.column_dimensions else 0
        worksheet.column_dimensions[letter].width = max(before, min(max(longest + 3, 9), _WIDEST))


def put_heads(worksheet: Worksheet, row: int, columns: Sequence[Column], heads: Sequence[str]) -> None:
    """The headings, each on as many lines as the width of its column asks for."""
    lines = 1
    for number, (column, head) in enumerate(zip(columns, heads, strict=True), 1):
        put_cell(worksheet, row, number, head or " ", format="@", bold=True)
        field = worksheet.cell(row, number)
        field.fill = PatternFill("solid", fgColor="E8EEF4")
        field.border = Border(bottom=Side("thin", color="7F7F7F"))
        # Numbers stand away from a text that begins where they end.
        side = {"horizontal": "left"} if column.unit is None else {"horizontal": "right", "indent": 1}
        field.alignment = Alignment(**side, vertical="bottom", wrap_text=True)
        lines = max(lines, len(_folded(head, int(worksheet.column_dimensions[field.column_letter].width) - 3)))
    worksheet.row_dimensions[row].height = 15.0 * lines


def _folded(head: str, letters: int) -> list[str]:
    return wrap(head, max(letters, _HEAD), break_long_words=False)


def put_paragraphs(worksheet: Worksheet, row: int, says: Iterable[str], columns: int) -> int:
    """Sentences, each over the width of the table; the row below them and an empty one."""
    wide = max(columns, 6)
    letters = sum(worksheet.column_dimensions[get_column_letter(number + 1)].width for number in range(wide))
    for sentence in says:
        put_cell(worksheet, row, 1, sentence)
        worksheet.merge_cells(start_row=row, start_column=1, end_row=row, end_column=wide)
        worksheet.cell(row, 1).alignment = Alignment(wrap_text=True, vertical="top")
        worksheet.row_dimensions[row].height = 15.0 * -(-len(sentence) // max(int(letters * 0.95), 1))
        row += 1
    return row + 1


def set_for_print(worksheet: Worksheet) -> None:
    """A4 across, one page wide, the heading on every page and the page's number."""
    worksheet.page_setup.orientation = "landscape"
    worksheet.page_setup.paperSize = 9
    worksheet.page_setup.fitToWidth, worksheet.page_setup.fitToHeight = 1, 0
    worksheet.sheet_properties.pageSetUpPr.fitToPage = True
    worksheet.oddFooter.center.text = "&P/&N"
    if worksheet.title != "Summary":
        worksheet.print_title_rows = "1:1"
