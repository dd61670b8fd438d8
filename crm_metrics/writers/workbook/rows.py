"""The rows of a table as a sheet holds them, made while the workbook is written: as objects of its library a million cells
are gigabytes. The same workbook gives the same bytes, whenever it is written."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from itertools import repeat
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any
from xml.sax.saxutils import escape
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from openpyxl.cell import WriteOnlyCell
from openpyxl.utils import get_column_letter
from openpyxl.utils.datetime import to_excel
from openpyxl.writer.excel import ExcelWriter

from crm_metrics.book import OF_ROW, Cell, Column, Sheet, cells
from crm_metrics.metrics.metric import Unit
from crm_metrics.writers.drawing.tidy import RUNS_AS_FORMULA
from crm_metrics.writers.workbook.cells import DAYS, content_of, number_format, set_rules

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

_PIECE = 1 << 14  # rows that are worked on at a time


@dataclass(frozen=True)
class Body:
    """The rows of a table, `most` at most, from the row `top` of a sheet on; unless `exact`, changes of shares are in
    points."""

    worksheet: Worksheet
    sheet: Sheet
    columns: Sequence[Column]
    top: int
    most: int
    exact: bool
    _styles: dict[tuple[str, bool], str] = field(default_factory=dict)

    @property
    def last(self) -> int:
        """The number of the last row."""
        return self.top + min(len(self.sheet.rows), self.most) - 1

    def pieces(self) -> Iterator[str]:
        """The rows as the XML of a sheet, many at a time."""
        sheet = self.sheet
        own, paid = sheet.column(OF_ROW), sheet.column("currency")
        letters = [(get_column_letter(number), column) for number, column in enumerate(self.columns, 1)]

        @cache
        def spelled_once(kind: type, content: Cell) -> str:  # true is not 1, though they are equal
            return self.cell(content, "@" if isinstance(content, str) else "")

        for start in range(0, min(len(sheet.rows), self.most), _PIECE):
            across = list(zip(*sheet.rows[start : min(start + _PIECE, self.most)], strict=True))
            places = [f'{self.top + start + at}"' for at in range(len(across[0]))]
            currencies = [
                sheet.currency if code is None else str(code)
                for code in (across[paid] if paid is not None else [None] * len(places))
            ]
            parts: list[Iterable[str]] = [repeat('<row r="', len(places)), places, repeat(">", len(places))]
            for letter, column in letters:
                place = sheet.columns.index(column)
                if column.unit is None:
                    spelled = map(spelled_once, map(type, across[place]), across[place])
                else:
                    units = across[own] if column.unit == OF_ROW and own is not None else [column.unit] * len(places)
                    keys: Any = zip(across[place], units, currencies, strict=True)
                    spelled = map(_Numbers(self, column.signed).__getitem__, keys)
                parts += _placed(f'<c r="{letter}', places, list(spelled))
            yield "".join(map("".join, zip(*parts, repeat("</row>", len(places)), strict=True)))

    def cell(self, content: Cell, format: str = "") -> str:  # noqa: A002
        """A cell, behind its place; empty for what is missing."""
        held = content_of(content)
        if held is None or held == "":
            return ""
        if isinstance(held, str):
            space = "" if held == held.strip() else ' xml:space="preserve"'
            style = self._style(format, prefixed=held.startswith(RUNS_AS_FORMULA))
            return f'{style} t="inlineStr"><is><t{space}>{escape(held)}</t></is></c>'
        if isinstance(held, date):
            return f'{self._style(DAYS)} t="n"><v>{to_excel(held)}</v></c>'
        kind = "b" if isinstance(held, bool) else "n"
        return f'{self._style(format)} t="{kind}"><v>{held + 0:.16g}</v></c>'

    def _style(self, format: str, *, prefixed: bool = False) -> str:  # noqa: A002
        if (format, prefixed) not in self._styles:
            like = WriteOnlyCell(self.worksheet)
            if format:
                like.number_format = format
            if prefixed:
                like.quotePrefix = True
            self._styles[format, prefixed] = f' s="{like.style_id}"' if like.has_style else ""
        return self._styles[format, prefixed]


def _placed(start: str, places: Sequence[str], spelled: Sequence[str]) -> Sequence[Iterable[str]]:
    """The cells of a column with their places in front, in parts to be put together row by row."""
    if all(spelled):
        return repeat(start, len(places)), places, spelled
    if not any(spelled):
        return ()
    return ([f"{start}{place}{cell}" if cell else "" for place, cell in zip(places, spelled, strict=True)],)


class _Numbers(dict[tuple[Any, Any, str | None], str]):
    """The cells of a column by content, unit and currency."""

    def __init__(self, body: Body, signed: str) -> None:
        self._body = body
        self._signed = "relative" if body.exact and signed else signed
        self._formats: dict[tuple[Any, ...], str] = {}

    def __missing__(self, key: tuple[Any, Any, str | None]) -> str:
        content, unit, currency = key
        if unit is None or content is None or isinstance(content, (str, bool, date)) or content - content != 0:
            self[key] = spelled = self._body.cell(content, "@" if isinstance(content, str) else "")
            return spelled
        money = currency if unit in (Unit.MONEY, Unit.MONEY_PER_DAY) else None
        places = cells.decimals(content * 100 if unit == Unit.PERCENT else content, str(unit))
        if (kind := (places, unit, money)) not in self._formats:
            self._formats[kind] = number_format(float(content), str(unit), money, self._signed)
        in_points = self._signed == "difference" and unit == Unit.PERCENT
        self[key] = spelled = self._body.cell(content * 100 if in_points else content, self._formats[kind])
        return spelled


def put_body(
    worksheet: Worksheet, top: int, sheet: Sheet, columns: Sequence[Column], *, most: int, exact: bool
) -> None:
    """The rows of a table from the row `top` on, `most` at most, made when the workbook is written; unless `exact`, changes
    of shares are in points."""
    if len(sheet.rows):
        worksheet.body = Body(worksheet, sheet, columns, top, most, exact)
    set_rules(worksheet, top, min(len(sheet.rows), most), columns)


def save(workbook: Workbook, target: Path | IO[bytes], *, dated: date | None = None) -> None:
    """Writes a workbook, as of a day and without a clock, with the rows that are put into its sheets meanwhile."""
    day = datetime.combine(dated or date(1980, 1, 1), datetime.min.time())
    workbook.properties.created = workbook.properties.modified = day
    # The library numbers sheets in their order.
    bodies = {
        f"xl/worksheets/sheet{number}.xml": worksheet.body
        for number, worksheet in enumerate(workbook.worksheets, 1)
        if hasattr(worksheet, "body")
    }

    class Undated(ZipFile):
        """An archive whose entries are all of one day; rows are put into their sheets."""

        def writestr(self, zinfo_or_arcname: Any, data: Any, *_: Any, **__: Any) -> None:
            super().writestr(_undated(zinfo_or_arcname), data)

        def write(self, filename: Any, arcname: Any = None, *_: Any, **__: Any) -> None:
            undated = _undated(arcname)
            undated.file_size = Path(filename).stat().st_size  # which tells how large it may become
            with open(filename, "rb") as sheet, self.open(undated, "w") as entry:  # noqa: PTH123
                if (body := bodies.get(str(arcname))) is None:
                    shutil.copyfileobj(sheet, entry)
                    return
                before, after = _around(body, sheet.read())
                entry.write(before)
                for piece in body.pieces():
                    entry.write(piece.encode())
                entry.write(after)

    with Undated(target, "w", ZIP_DEFLATED) as archive:
        ExcelWriter(workbook, archive).save()


def _undated(entry: Any) -> ZipInfo:
    dated = ZipInfo(entry.filename if isinstance(entry, ZipInfo) else str(entry))
    dated.compress_type = ZIP_DEFLATED
    return dated


def _around(body: Body, sheet: bytes) -> tuple[bytes, bytes]:
    """The XML of a sheet before and after the rows of a table, with the extent that it has with them."""
    rows = re.finditer(rb'<row r="(\d+)"|</sheetData>', sheet)
    at = next(row.start() for row in rows if row[1] is None or int(row[1]) > body.top)
    extent = body.worksheet.calculate_dimension()
    wide, deep = max(body.worksheet.max_column, len(body.columns)), max(body.worksheet.max_row, body.last)
    all_of_it = f"A1:{get_column_letter(wide)}{deep}"
    return sheet[:at].replace(
        f'<dimension ref="{extent}"'.encode(), f'<dimension ref="{all_of_it}"'.encode(), 1
    ), sheet[at:]
