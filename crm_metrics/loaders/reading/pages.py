"""Web pages that call themselves workbooks, as Salesforce's reports and many other tools export them: their tables as CSV.

The standard library's parser is enough: such pages are one flat table, and pandas' reader would bring lxml along, which
this package needs for nothing else.
"""

from __future__ import annotations

import codecs
import csv
import re
from dataclasses import replace
from html.parser import HTMLParser
from io import StringIO

from crm_metrics.errors import DataError
from crm_metrics.loaders.reading.content import Content, of_bytes
from crm_metrics.loaders.reading.decoding import Encoding, decoder, detect
from crm_metrics.loaders.reading.limits import BLOCK, too_large

STARTS = ("<!doctype html", "<html", "<table", "<meta", "<head", "<body", "<style")
LARGEST_PAGE, LARGEST_TAG = 64 << 20, 1 << 20
MOST_MERGED = 1000
_SILENT = ("script", "style", "head", "title")


def is_page(start: bytes) -> bool:
    """Whether a file that starts with these bytes is a web page, in any encoding and below a comment."""
    text = decoder(detect(start)).decode(start).lower().lstrip("\ufeff \t\r\n")
    text = re.sub(r"^(?:<\?xml[^>]*>\s*|<!--.*?-->\s*)+", "", text, flags=re.DOTALL)
    return text.startswith(STARTS) or (text.startswith("<") and "<table" in text)


def as_csv(page: Content) -> Content | None:
    """The rows of all tables on a page, as a spreadsheet program would show them; None when no row has two cells."""
    data = page.start(LARGEST_PAGE + 1)
    if len(data) > LARGEST_PAGE:
        raise too_large(page.path, LARGEST_PAGE)
    tables = _Tables()
    decoding = decoder(_encoding(data))
    for at in range(0, len(data), BLOCK):
        tables.feed(decoding.decode(data[at : at + BLOCK], final=at + BLOCK >= len(data)))
        if len(tables.rawdata) > LARGEST_TAG:  # would be looked through again with every block
            raise DataError("is a web page with a tag that never ends", where=page.path, hint="Export it as CSV.")
    tables.close()
    if tables.widest < 2:
        return None
    written = tables.written.getvalue().encode("utf-8", "replace")
    return replace(of_bytes(page.path, written), packed=page)


def _encoding(data: bytes) -> Encoding:
    """What the page says, unless its bytes say otherwise."""
    detected = detect(data[: 1 << 16])
    charset = re.search(rb"charset\s*=\s*[\"']?([\w-]+)", data[:4000], re.IGNORECASE)
    if charset and (detected.is_utf8 or detected.guessed):
        try:
            name = codecs.lookup(charset[1].decode()).name
        except LookupError:
            return detected
        return detected if name.startswith("utf-16") or name == "utf-8" else Encoding(name)
    return detected


class _Tables(HTMLParser):
    """Writes the rows of tables as CSV while they are parsed. A merged cell stands where it begins; a table within a cell
    continues below the row it stands in."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.written, self.widest = StringIO(), 0
        self._writer = csv.writer(self.written, lineterminator="\n")
        self._row: list[str] | None = None
        self._text: list[str] | None = None
        self._merged: dict[int, int] = {}  # column: rows still covered from above
        self._span, self._silent = (1, 1), ""

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if tag in _SILENT:
            self._silent = self._silent or tag
        elif tag == "table":
            self._end_row()
            self._merged.clear()
        elif tag == "tr":
            self._end_row()
            self._row = []
        elif tag in ("td", "th"):
            self._end_cell()
            self._row = self._row or []
            spans = dict(attributes)
            self._span = (_number(spans.get("colspan")), _number(spans.get("rowspan")))
            self._text, self._silent = [], ""
        elif tag in ("br", "p", "div") and self._text:
            self._text.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag == self._silent:
            self._silent = ""
        elif tag in ("td", "th"):
            self._end_cell()
        elif tag in ("tr", "table"):
            self._end_row()

    def handle_data(self, data: str) -> None:
        if self._text is not None and not self._silent:
            self._text.append(" ".join(re.split(r"[ \t\r\n]+", data)))

    def close(self) -> None:
        super().close()
        self._end_row()

    def _end_cell(self) -> None:
        if self._text is None or self._row is None:
            return
        columns, rows = self._span
        self._cover(self._row)
        lines = "".join(self._text).replace("\xa0", " ").split("\n")
        first = len(self._row)
        self._row += ["\n".join(filter(None, map(str.strip, lines))), *[""] * (columns - 1)]
        if rows > 1:
            self._merged |= dict.fromkeys(range(first, len(self._row)), rows - 1)
        self._text = None

    def _cover(self, row: list[str]) -> None:
        """Blank cells where a cell of a row above reaches down."""
        while self._merged.get(len(row), 0):
            self._merged[len(row)] -= 1
            row.append("")

    def _end_row(self) -> None:
        self._end_cell()
        if self._row is not None:
            self._cover(self._row)
            self._writer.writerow(self._row)
            self.widest = max(self.widest, sum(map(bool, self._row)))
        self._row = None


def _number(text: str | None) -> int:
    return min(int(text), MOST_MERGED) if text and text.isdecimal() and len(text) < 9 and int(text) else 1
