"""Ways in which rows become a file: text, workbook or web page, damaged and packed."""

from __future__ import annotations

import codecs
import csv
import gzip
import html
import io
import random
import zipfile
from datetime import datetime, timedelta

import openpyxl
from openpyxl.utils.exceptions import IllegalCharacterError

from tests.fuzz.corpus import Grid, bases, pick


def text(rng: random.Random, grid: Grid) -> str:
    """The grid as text: any delimiter, quoting and line end, a few of them mixed."""
    delimiter, end = rng.choice(",,,,,,;;;\t\t|: "), rng.choice(("\n", "\n", "\r\n", "\r", "\n\r"))
    quoting = rng.choice((csv.QUOTE_MINIMAL, csv.QUOTE_MINIMAL, csv.QUOTE_ALL))
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, quoting=quoting, lineterminator=end)
    for row in grid:
        writer.writerow([cell.replace("\0", "") if quoting == csv.QUOTE_NONE else cell for cell in row])
    written = out.getvalue()
    how = rng.randrange(12)
    if how == 0:
        lines = written.splitlines()
        written = "\n".join(
            '"' + line.replace('"', '""') + '"' if rng.random() < rng.choice((0.1, 1)) else line for line in lines
        )
    elif how == 1:
        written = written.replace(end, rng.choice(("\r\n", "\r", "\n\n")), rng.randint(1, 20))
    elif how == 2:
        written = written.replace('"', "")
    elif how == 3:
        written = written.replace(delimiter, rng.choice(",;\t"))
    return written


def encoded(rng: random.Random, written: str) -> bytes:
    """The text in some encoding, with or without its mark."""
    name = rng.choice(
        ("utf-8",) * 12 + ("utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "latin-1", "cp437", "utf-32")
    )
    data = written.encode(name, "replace")
    if rng.random() < 0.02:
        data = rng.choice((codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) + data
    return data


def damaged(rng: random.Random, data: bytes) -> bytes:
    """Bytes cut off, changed, put in or doubled."""
    raw = bytearray(data)
    how = rng.randrange(5)
    at = rng.randrange(len(raw) + 1)
    if how == 0:
        return bytes(raw[:at])
    if how == 1:
        for _ in range(rng.choice((1, 10, 100))):
            if raw:
                raw[rng.randrange(len(raw))] = rng.randrange(256)
    elif how == 2:
        raw[at:at] = rng.choice(
            (b'"', b"\0", b"\0" * 500, b"\n", b"\r", b"\x1a", b"\xff\xfe", b"\xc3", b'""', b'",\n"', b"<")
        )
    elif how == 3:
        end = min(len(raw), at + rng.choice((1, 40, 4000)))
        raw[at:at] = raw[at:end]
    else:
        raw[at : at + rng.choice((1, 5, 400))] = b""
    return bytes(raw)


def workbook(rng: random.Random, grid: Grid) -> bytes:
    """The grid as .xlsx with numbers and dates as such here and there, perhaps on several sheets, one hidden."""
    book = openpyxl.Workbook()
    sheets = [
        book.active,
        *(book.create_sheet(name) for name in rng.sample(("Deals", "Ämter", "3"), rng.choice((0, 0, 1, 2)))),
    ]
    for at, sheet in enumerate(sheets):
        for row in grid if at == 0 or rng.random() < 0.5 else pick(rng).grid():
            try:
                sheet.append([_typed(rng, cell) for cell in row])
            except IllegalCharacterError:
                sheet.append([])
    if len(sheets) > 1 and rng.random() < 0.5:
        sheets[-1].sheet_state = rng.choice(("hidden", "veryHidden"))
    if rng.random() < 0.2:
        sheets[0].merge_cells(start_row=1, end_row=2, start_column=1, end_column=2)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _typed(rng: random.Random, cell: str) -> object:
    how = rng.random()
    try:
        if how < 0.3:
            return float(cell) if abs(float(cell)) < 1e300 else cell
        if how < 0.6:
            return datetime.fromisoformat(cell).replace(tzinfo=None)
    except ValueError:
        pass
    odd = (None, True, timedelta(hours=30), "#N/A", "#DIV/0!", datetime(1900, 1, 1), 1e10, -5.5)
    return rng.choice(odd) if how > 0.99 else cell


def web_page(rng: random.Random, grid: Grid) -> bytes:
    """The grid as the HTML that some tools call .xls, its tags not always closed."""
    tag, close = rng.choice(("td", "th")), rng.random() < 0.8
    body = "".join(
        "<tr>" + "".join(f"<{tag}>{html.escape(cell)}" + f"</{tag}>" * close for cell in row) + "</tr>" * close
        for row in grid
    )
    start = rng.choice(
        ("<html><head><meta charset='utf-8'></head><body>", "<!DOCTYPE html><html>", "", "<meta content='x'>")
    )
    return f"{start}<table border=1>{body}</table>".encode("utf-8", "replace")


def packed(rng: random.Random, name: str, data: bytes) -> tuple[str, bytes]:
    """The file in an archive, once or twice, perhaps beside another."""
    for _ in range(rng.choice((1, 1, 2, 3))):
        if rng.random() < 0.5:
            name, data = f"{name}.gz", gzip.compress(data)
            continue
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", rng.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))) as archive:
            archive.writestr(rng.choice((name, f"a/{name}", f"../{name}")), data)
            if rng.random() < 0.2:
                archive.writestr("other.csv", rng.choice(bases()).data)
        name, data = f"{name}.zip", out.getvalue()
    return name, data
