"""Which cells of a workbook are merged into one: the library that reads the cells does not tell, the file itself does."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import IO
from xml.etree import ElementTree

from crm_metrics.loaders.reading.content import Content, readable

_BLOCK = 1 << 20
_MERGE = re.compile(rb"""<(?:\w+:)?mergeCell\b[^>]*?\bref=["']([A-Z]+)(\d+):([A-Z]+)(\d+)["']""")
_LONGEST = 300  # an element may lie across two blocks
_SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}sheet"
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"


@dataclass(frozen=True)
class Merged:
    """Cells that are merged into one over several rows: the column and the rows, from 0, both ends inclusive."""

    column: int
    first: int
    last: int


def merged_cells(content: Content, sheet: str) -> list[Merged]:
    """The merged cells of a sheet that cover more than one row; none for kinds of workbooks that hide them (.xls, .xlsb)."""
    with readable(content), content.open() as stream:
        if not zipfile.is_zipfile(stream):
            return []
        with zipfile.ZipFile(stream) as archive:
            names = set(archive.namelist())
            if "xl/workbook.xml" in names:
                path = _part(archive, sheet)
                return list(_of_excel(archive.open(path))) if path in names else []
            return list(_of_opendocument(archive.open("content.xml"), sheet)) if "content.xml" in names else []


def _part(archive: zipfile.ZipFile, name: str) -> str:
    """The path of the part that holds a sheet; empty when there is none."""
    book = ElementTree.fromstring(archive.read("xl/workbook.xml"))
    key = next((sheet.get(_RELATION) for sheet in book.iter(_SHEET) if sheet.get("name") == name), None)
    relations = ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))
    target = next((part.get("Target", "") for part in relations if key and part.get("Id") == key), "")
    return target.lstrip("/") if target.startswith("/") else str(PurePosixPath("xl") / target)


def _of_excel(part: IO[bytes]) -> Iterator[Merged]:
    rest = b""
    while block := part.read(_BLOCK):
        text = rest + block
        end = 0
        for found in _MERGE.finditer(text):
            end = found.end()
            first, last = int(found[2]) - 1, int(found[4]) - 1
            if last > first:
                yield Merged(_column(found[1]), first, last)
        rest = text[max(end, len(text) - _LONGEST) :]


def _column(letters: bytes) -> int:
    """0 of A, 26 of AA."""
    place = 0
    for letter in letters:
        place = place * 26 + letter - 64
    return place - 1


def _of_opendocument(part: IO[bytes], sheet: str) -> Iterator[Merged]:
    inside, row = False, 0
    for event, element in ElementTree.iterparse(part, ("start", "end")):
        if element.tag == _TABLE + "table" and event == "start":
            inside, row = element.get(_TABLE + "name") == sheet, 0
        elif element.tag == _TABLE + "table-row" and event == "end":
            column = 0
            for cell in element if inside else ():
                rows = int(cell.get(_TABLE + "number-rows-spanned", "1"))
                if rows > 1:
                    yield Merged(column, row, row + rows - 1)
                column += int(cell.get(_TABLE + "number-columns-repeated", "1"))
            row += int(element.get(_TABLE + "number-rows-repeated", "1"))
            element.clear()
