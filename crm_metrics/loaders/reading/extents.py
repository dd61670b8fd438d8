"""How far the sheets of a workbook reach, before the reader sets aside room for every cell up to the farthest one: a single
cell in the last corner is enough to take more memory than there is."""

from __future__ import annotations

import re
import struct
import zipfile
from dataclasses import dataclass
from pathlib import PurePosixPath

import pyarrow as pa
import pyarrow.compute as pc

from crm_metrics.errors import DataError
from crm_metrics.loaders.reading import limits
from crm_metrics.loaders.reading.limits import BLOCK

# Patterns with a name for Arrow, which seeks them at the speed of memory and lets other threads work meanwhile.
_REFERENCE = re.compile(rb"""r\s*=\s*["']([A-Za-z]*)(\d+)""")
_BEYOND = r"""r\s*=\s*["'](?:(?i:{})[A-Za-z]*(?:\d|\z)|[A-Za-z]*(?:{}))"""
# Cells and rows that do not begin with a reference: they may have none and count from the one before.
_UNPLACED = r"[<:](?:c|row)(?:[/>]|\s+(?:[^r\s]|r\s*[^=\s]|r?\s*=?\s*\z))"
_WORKSHEET = re.compile(rb"""<Relationship\b(?=[^>]*?/worksheet["'])[^>]*?\bTarget\s*=\s*["']([^"']+)""")
_LONGEST_TAG, _START = 4096, 1 << 15
_REPEATED = re.compile(rb"""<table:table-(row|cell)\b([^>]*-repeated\s*=\s*["'](\d{2,})["'][^>]*)>""")


@dataclass(frozen=True)
class Extent:
    """How many cells each sheet of a workbook reaches over, blank ones included, where that is told; whether any may be
    merged."""

    cells: tuple[int, ...] = ()
    are_merged: bool = False


def check_workbook(path: str, archive: zipfile.ZipFile) -> Extent:
    """How far the sheets of a workbook (.xlsx, .xlsm, .xlsb, .ods) reach. Raises DataError for one with a sheet too large to
    be held in memory."""
    members = archive.infolist()
    limits.check_members(path, members)
    if sum(member.file_size for member in members) > limits.LARGEST_WHOLE * 2:
        raise limits.too_large(path, limits.LARGEST_WHOLE * 2)
    binary = _binary_sheets(archive)
    is_open = not any(member.filename.startswith("xl/workbook.") for member in members)  # an OpenDocument
    are_merged, reached = is_open, []
    for member in members:
        cells, most = 0, limits.MOST_CELLS
        if PurePosixPath(member.filename.lower()).name in binary:
            cells = _binary_extent(archive.read(member))
        elif is_open and member.filename == "content.xml":
            cells, most = _repeated(archive.read(member)), limits.MOST_REPEATED
        elif not is_open and not binary:
            cells, merged = _reach(archive, member)
            are_merged |= merged
            cells = _extent(archive, member, most) if cells > most else cells
        if cells > most:
            raise too_far(path, cells)
        reached.append(0 if is_open else cells)
    return Extent(tuple(filter(None, reached)), are_merged)


def too_far(path: str, cells: int) -> DataError:
    """The error for a sheet that reaches over more cells than can be held in memory."""
    hint = "Delete what lies far below or right of the table, or export it as CSV."
    return DataError(f"has a sheet of {cells:,} cells, blank and repeated ones included", where=path, hint=hint)


def _binary_sheets(archive: zipfile.ZipFile) -> set[str]:
    """The names, without folder, of what may be a sheet of an .xlsb, wherever it lies; none for other kinds of workbooks."""
    names = archive.namelist()
    if "xl/workbook.bin" not in names:
        return set()
    lists = [archive.read(name) for name in names if name.lower().endswith("workbook.bin.rels")]
    stated = [target.decode("utf-8", "replace") for text in lists for target in _WORKSHEET.findall(text)]
    folder = [name for name in names if name.lower().startswith("xl/worksheets/")]
    return {PurePosixPath(name.lower()).name for name in (*stated, *folder)}


def _reach(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> tuple[int, bool]:
    """No fewer cells than lie between the first one and the farthest, quickly, and whether any are merged; 0 of what is no
    sheet, wherever it lies. Rows mostly rise: that none is beyond the last of a block is asked of all of it at once."""
    columns = rows = 0
    is_sheet, are_merged, rest = False, False, b""
    with archive.open(member) as stream:
        while block := stream.read(BLOCK):
            block = rest + block
            tags = block.rfind(b">") + 1
            end = tags if tags > len(block) - _LONGEST_TAG else len(block)
            if not is_sheet and (is_sheet := b"sheetData" in block):  # the first rows mostly are as wide as any
                references = _REFERENCE.findall(block, 0, _START)
                columns = max((column_number(letters) for letters, _ in references), default=0)
            if is_sheet:
                if last := _REFERENCE.search(block, max(block.rfind(b"row r=", 0, end), 0), end):
                    rows = max(rows, _row_number(last[2]))
                if _holds(block, end, f"{_beyond(columns, rows)}|{_UNPLACED}|mergeCell"):
                    references = _REFERENCE.findall(block, 0, end)
                    columns = max([columns, *map(column_number, {letters for letters, _ in references})])
                    rows = max([rows, *map(_row_number, {digits for _, digits in references})])
                    are_merged = are_merged or b"mergeCell" in block
                    if _holds(block, end, f"{_beyond(columns, rows)}|{_UNPLACED}"):
                        return limits.MOST_CELLS + 1, True
            rest = block[max(tags, len(block) - _LONGEST_TAG) :]
    return columns * rows, are_merged


def _beyond(columns: int, rows: int) -> str:
    """The pattern of a reference to a later column or row."""
    return _BEYOND.format(_after(column_letters(columns), "A", "Z"), _after(str(rows), "0", "9"))


def _after(place: str, first: str, last: str) -> str:
    """The pattern of what comes after a column or a row: it is longer, or as long with a later sign after the same ones."""
    longer = f"[{first}-{last}]{{{len(place) + 1}}}"
    later = [
        f"{place[:at]}[{chr(ord(sign) + 1)}-{last}][{first}-{last}]{{{len(place) - at - 1}}}"
        for at, sign in enumerate(place)
        if sign < last
    ]
    return "|".join([longer, *later])


def _holds(block: bytes, end: int, pattern: str) -> bool:
    ends = pa.py_buffer(struct.pack("=2i", 0, end))
    text = pa.Array.from_buffers(pa.binary(), 1, [None, ends, pa.py_buffer(block)])
    return bool(pc.match_substring_regex(text, pattern)[0].as_py())


def _extent(archive: zipfile.ZipFile, member: zipfile.ZipInfo, most: int) -> int:
    """How many cells lie between the first one and the farthest, as the reader counts: a row or a cell without a reference
    is the next one. Stops above the most; what is no XML has one more than that."""
    from xml.parsers import expat

    row = column = rows = columns = 0

    def started(tag: str, attributes: dict[str, str]) -> None:
        nonlocal row, column, rows, columns
        tag, reference = tag.rpartition(":")[2], attributes.get("r", "").encode()
        letters = reference.rstrip(b"0123456789")
        digits = reference[len(letters) :]
        if tag == "row":
            row, column = _row_number(digits) if digits else row + 1, 0
        elif tag == "c":
            column = column_number(letters) if letters else column + 1
            rows, columns = max(rows, _row_number(digits) if digits else row), max(columns, column)

    parser = expat.ParserCreate()
    parser.StartElementHandler = started
    with archive.open(member) as stream:
        try:
            while rows * columns <= most and (block := stream.read(BLOCK)):
                parser.Parse(block)
        except expat.ExpatError:
            return max(rows * columns, most + 1)
    return rows * columns


def _row_number(digits: bytes) -> int:
    """The row of a reference; a number beyond all bounds of one that is longer than any."""
    return int(digits.lstrip(b"0")[:11] or 0)


def column_number(letters: bytes) -> int:
    """1 of A and a, 27 of AA."""
    number = 0
    for letter in letters[:8].upper():
        number = number * 26 + letter - 64
    return number


def column_letters(number: int) -> str:
    """A of 1, AA of 27; empty of 0."""
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def _binary_extent(sheet: bytes) -> int:
    """How many cells lie between the first one and the farthest in a sheet of an .xlsb: records of a type and a length,
    each in seven bits a byte. Type 0 begins a row, 1 to 11 are cells; both begin with their number."""
    at, rows, columns = 0, 1, 1
    while at < len(sheet):
        kind, at = _number(sheet, at)
        size, at = _number(sheet, at)
        if kind <= 11 and size >= 4:
            number = int.from_bytes(sheet[at : at + 4], "little") + 1
            if kind == 0:
                rows = max(rows, number)
            else:
                columns = max(columns, number)
        at += size
    return rows * columns


def _number(sheet: bytes, at: int) -> tuple[int, int]:
    number = 0
    for shift in range(0, 28, 7):
        byte = sheet[at] if at < len(sheet) else 0
        number, at = number | (byte & 127) << shift, at + 1
        if byte < 128:
            break
    return number, at


def _repeated(content: bytes) -> int:
    """How many cells with a value an .ods holds only by saying how often a cell or a whole row is repeated."""
    cells = 0
    for tag in _REPEATED.finditer(content):
        times = int(tag[3][:12])
        if tag[1] == b"cell":
            cells += times * (b"value-type" in tag[2])
        elif not tag[2].endswith(b"/"):
            row = content[tag.end() : content.find(b"</table:table-row>", tag.end())]
            inner = sum(int(cell[3][:12]) for cell in _REPEATED.finditer(row) if b"value-type" in cell[2])
            cells += times * (inner + row.count(b"value-type"))
    return cells
