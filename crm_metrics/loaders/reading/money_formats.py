"""The currencies that only the number formats of a workbook's cells name: `€ 100` is shown where there is 100."""

from __future__ import annotations

import re
import zipfile
from collections import defaultdict
from collections.abc import Mapping, Sequence
from xml.etree import ElementTree

import numpy as np

from crm_metrics.loaders.currency_codes import CODES, of_sign
from crm_metrics.loaders.reading.content import Content, readable
from crm_metrics.loaders.reading.extents import column_number
from crm_metrics.loaders.reading.limits import found_in
from crm_metrics.loaders.reading.spreadsheets import part_of

_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_CELL = re.compile(rb"<(?:\w+:)?c\b(?=[^>]*?\bs=[\"'](\d+)[\"'])[^>]*?\br=[\"']([A-Z]+)(\d+)[\"']")

# The rows of a column by the sign that is shown in them, both from 0.
Signs = dict[int, dict[str, list[int]]]


def signs_of(content: Content, sheet: str) -> Signs:
    """The signs and codes of currencies that the cells of a sheet are shown with; nothing for other kinds of workbooks."""
    with readable(content.path), content.open() as stream:
        if not zipfile.is_zipfile(stream):
            return {}
        with zipfile.ZipFile(stream) as archive:
            names = set(archive.namelist())
            if not {"xl/workbook.xml", "xl/styles.xml"} <= names:
                return {}
            styles = _styles(archive.read("xl/styles.xml"))
            path = part_of(archive, sheet) if styles else ""
            return _cells(archive, path, styles) if path in names else {}


def _styles(part: bytes) -> dict[bytes, str]:
    """The sign of each style of cells that has one, by its number."""
    root = ElementTree.fromstring(part)
    codes = {each.get("numFmtId"): sign_in(each.get("formatCode", "")) for each in root.iter(_MAIN + "numFmt")}
    styles = enumerate(style.get("numFmtId") for style in root.iterfind(f"{_MAIN}cellXfs/{_MAIN}xf"))
    return {str(number).encode(): sign for number, code in styles if (sign := codes.get(code, ""))}


def sign_in(code: str) -> str:
    """The sign or code of a currency in a number format: `€` of `#,##0.00 [$€-407]`; empty where it has none."""
    first = re.sub(r"\[\$([^\]-]*)[^\]]*\]", r'"\1"', code.partition(";")[0])
    texts = [*re.findall(r'"([^"]*)"', first), *re.sub(r'"[^"]*"|\\', "", first)]
    return next((text.strip() for text in texts if of_sign(text) or text.strip() in CODES), "")


def _cells(archive: zipfile.ZipFile, path: str, styles: dict[bytes, str]) -> Signs:
    signs: Signs = defaultdict(lambda: defaultdict(list))
    with archive.open(path) as part:
        for match in found_in(part, _CELL):
            if match[1] in styles:
                signs[column_number(match[2]) - 1][styles[match[1]]].append(int(match[3]) - 1)
    return signs


def shown(rows: np.ndarray, signs: Mapping[str, Sequence[int]]) -> list[str | None]:
    """What each of some rows is shown with. One sign in a column is that of all its numbers: often the first of them alone
    is shown with it."""
    of_row = {row: sign for sign, at in signs.items() for row in at}
    mine = [of_row.get(int(row)) for row in rows]
    found = {sign for sign in mine if sign}
    return [*found] * len(rows) if len(found) == 1 else mine
