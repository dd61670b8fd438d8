"""Ways in which exports get broken: cells and rows, then bytes, then what the file is packed in.

Each takes a random generator and returns the broken thing; a mutant is made by a few of them in a row.
"""

from __future__ import annotations

import codecs
import csv
import gzip
import html
import io
import random
import zipfile
from collections.abc import Callable
from datetime import datetime, timedelta

import openpyxl
from openpyxl.utils.exceptions import IllegalCharacterError

from tests.fuzz.corpus import bases, pick

Grid = list[list[str]]
CELLS = (
    *("", " ", "-", "--", "N/A", "nan", "inf", "-inf", "1e400", "1e-400", "0", "-1", "-0", "9" * 40, "0x1F", "1_000"),
    *(
        "1.234",
        "1,234",
        "1.234,56",
        "1 234,56",
        "1'234.50",
        "(12)",
        "12-",
        "45 %",
        "0.5",
        "$5",
        "5 €",
        "USD 5",
        "½",
        "١٢",
    ),
    *("2025-02-30", "0000-00-00", "1900-01-01", "9999-12-31", "10000-01-01", "0001-01-01", "03/04/2025", "13/13/2025"),
    *(
        "2025-03-01T10:00:00Z",
        "2025-03-01 25:61",
        "2025-03-30 02:30+14:00",
        "45000",
        "45000.75",
        "-45000",
        "1740000000",
    ),
    *("5.3.25", "Mar 5, 2025", "5. März 2025", "2025-W07", "12:30:45", "-00:05:00", "999:59:59", "1e5", "P3D"),
    *("TRUE", "yes", "Ja", "x", "Won", "Closed Won", "closedlost", "Offered", "Select", "000000000000000AAA", "Total:"),
    *(
        "#N/A",
        "#REF!",
        "=1+1",
        "=cmd|' /C calc'!A0",
        "@SUM(1)",
        '"',
        '""',
        "'",
        '",',
        "\n",
        "\r\n",
        "a\nb",
        "\t",
        ";",
        "|",
    ),
    *("\0", "\x1b[31m", "\ufeff", "\u202e", "\u2028", "\ud7ff", "é", "e\u0301", "ß", "😀", "\x85", "\xa0", "x" * 5000),
    *("Deal ID", "Amount", "Grand Totals (4 records)", "NPS", "10 - Extremely likely", "EUR", "usd", "month", "year"),
)
LABELS = (
    *(
        "",
        " ",
        "id",
        "Id",
        "Amount",
        "Amount (EUR)",
        "Amount (USD)",
        "Created",
        "Close Date",
        "Date",
        "Status",
        "Stage",
    ),
    *(
        "Customer",
        "Owner",
        "Score",
        "NPS",
        "Total",
        "Unnamed: 3",
        "Record ID",
        "Email",
        "Currency",
        "Cost",
        "Day",
        "1",
        "x" * 300,
    ),
)


def cells(rng: random.Random, grid: Grid) -> Grid:
    """Some cells replaced."""
    for _ in range(rng.choice((1, 3, 30))):
        row = rng.choice(grid)
        if row:
            row[rng.randrange(len(row))] = rng.choice(CELLS)
    return grid


def column(rng: random.Random, grid: Grid) -> Grid:
    """A whole column of odd cells of one or a few kinds, below the header."""
    at, some = rng.randrange(max(map(len, grid))), rng.sample(CELLS, rng.choice((1, 2, 5)))
    for row in grid[1:]:
        if at < len(row) and rng.random() < 0.9:
            row[at] = rng.choice(some)
    return grid


def labels(rng: random.Random, grid: Grid) -> Grid:
    """A label changed, or two of them exchanged."""
    row = grid[rng.choice((0, 0, min(2, len(grid) - 1)))]
    if row:
        at, other = rng.randrange(len(row)), rng.randrange(len(row))
        if rng.random() < 0.5:
            row[at] = rng.choice(
                (rng.choice(LABELS), row[at].upper(), row[at] + " ", row[at] + " (UTC)", f'"{row[at]}"')
            )
        else:
            row[at], row[other] = row[other], row[at]
    return grid


def columns(rng: random.Random, grid: Grid) -> Grid:
    """Columns dropped, doubled, or in another order."""
    width = max(map(len, grid))
    order = list(range(width))
    how = rng.randrange(3)
    if how == 0:
        order.remove(rng.randrange(width)) if width > 1 else None
    elif how == 1:
        order.insert(rng.randrange(width + 1), rng.randrange(width))
    else:
        rng.shuffle(order)
    return [[row[at] for at in order if at < len(row)] for row in grid]


def rows(rng: random.Random, grid: Grid) -> Grid:
    """Rows dropped, doubled, shuffled, or in blocks."""
    how = rng.randrange(4)
    if how == 0:
        return rng.sample(grid, rng.randint(1, len(grid)))
    if how == 1:
        return [row for row in grid for _ in range(rng.choice((1, 1, 1, 2)))]
    head, body = grid[:1], grid[1:]
    if how == 2:
        rng.shuffle(body)
        return head + body
    return grid[: rng.randint(1, len(grid))]


def headers(rng: random.Random, grid: Grid) -> Grid:
    """The header once or more again, at once or among the records."""
    for _ in range(rng.choice((1, 1, 3))):
        grid.insert(rng.choice((1, rng.randint(1, len(grid)))), list(grid[0]))
    return grid


def around(rng: random.Random, grid: Grid) -> Grid:
    """Title lines above, totals and notes below, blank lines anywhere."""
    width, rest = len(grid[0]), rng.choice((0, 1))
    above = [["Report"], ["All time"], [], ["Created by", "Ann"], ["x"] + [""] * (width - 1), ["sep=,"]]
    below = [
        ["Total"],
        ["Grand Totals (3 records)"],
        [],
        ["Total", *["9"] * (width - 1)],
        ["Confidential, do not share"],
    ]
    padded = lambda line: line + [""] * (width - len(line)) * rest  # noqa: E731
    grid[:0] = [padded(line) for line in rng.sample(above, rng.randint(0, 4))]
    grid += [padded(line) for line in rng.sample(below, rng.randint(0, 4))]
    for _ in range(rng.choice((0, 0, 5))):
        grid.insert(rng.randint(0, len(grid)), [""] * rng.choice((0, 1, width)))
    return grid


def ragged(rng: random.Random, grid: Grid) -> Grid:
    """Rows with cells too many or too few."""
    share = rng.choice((0.02, 0.3, 1.0))
    for at, row in enumerate(grid):
        if at >= rng.choice((0, 1)) and rng.random() < share:
            more = rng.choice((["x"], [""], ["", ""]))
            grid[at] = row + more if rng.random() < 0.5 else row[: rng.randint(0, len(row))]
    return grid


def spliced(rng: random.Random, grid: Grid) -> Grid:
    """Rows of another export below or above."""
    other = pick(rng).grid()
    return grid + other if rng.random() < 0.7 else other + grid


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


GRID: tuple[Callable[[random.Random, Grid], Grid], ...] = (
    *(cells, cells, column, column, labels, columns, rows, headers, around, ragged, spliced),
)


def mutant(seed: int) -> dict[str, bytes]:
    """The files of a mutant by name, one or two of them."""
    rng = random.Random(seed)
    files: dict[str, bytes] = {}
    for number in range(rng.choice((1, 1, 1, 1, 2, 3))):
        name, data = _file(rng)
        files[f"{number}-{name}"] = data
    if rng.random() < 0.02:
        files["again-" + next(iter(files))] = next(iter(files.values()))
    return files


def _file(rng: random.Random) -> tuple[str, bytes]:
    base = pick(rng)
    grid = base.grid()
    for mutate in rng.choices(GRID, k=rng.choice((0, 1, 1, 2, 3))):
        grid = mutate(rng, grid) or [[""]]
    name, kind = base.name, rng.random()
    if kind < 0.12:
        name, data = name.rsplit(".", 1)[0] + ".xlsx", workbook(rng, grid)
    elif kind < 0.17:
        name, data = name.rsplit(".", 1)[0] + rng.choice((".xls", ".html", ".csv")), web_page(rng, grid)
    else:
        data = encoded(rng, text(rng, grid))
    if rng.random() < 0.2:
        data = damaged(rng, data)
    if rng.random() < 0.07:
        name, data = packed(rng, name, data)
        data = damaged(rng, data) if rng.random() < 0.3 else data
    if rng.random() < 0.03:
        name = name.rsplit(".", 1)[0] + rng.choice((".xlsx", ".xls", ".ods", ".zip", ".gz", ".txt", ""))
    return name, data
