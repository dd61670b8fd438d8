"""What a file may ask for: bytes when unpacked, cells of a sheet. Small files that claim to be huge are refused early."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import BinaryIO, cast

from crm_metrics.errors import DataError

LARGEST_MEMBER = 2 << 30  # a file in an archive, when unpacked
LARGEST_WHOLE = 512 << 20  # what has to be held in memory as it is: standard input, archives in archives, workbooks
LARGEST_LINE = 64 << 20
MOST_MEMBERS = 10_000
# Exports shrink to a tenth, wide and empty ones to a fiftieth; deflate can do a thousandth.
LARGEST_RATIO, RATIO_FROM = 200, 64 << 20
# Cells of a sheet, blank ones included; the reader takes some 70 bytes for each, however few are wanted.
MOST_CELLS = 30_000_000
MOST_REPEATED = 2_000_000  # cells of an .ods that stand in it only as a number of times
LARGEST_NUMBER = 1e60  # products, squares and sums of larger ones leave what a computer can hold
BLOCK = 1 << 20

_UNPACK = "If you trust it, unpack it and give the unpacked file."
# Columns and rows that can make a sheet large on their own; cells and rows that do not begin with a reference, as they may
# have none and count from the one before. Each begins with a letter, which is what is sought at the speed of memory.
_FAR_COLUMN = re.compile(rb"""r\s*=\s*["']([A-Za-z]{2,})\d""")
_FAR_ROW = re.compile(rb"""r\s*=\s*["'][A-Za-z]*(\d{6,})""")
_CELL_WITHOUT = re.compile(rb"c(?<=[<:]c)(?=[\s/>])(?!\s+r\s*=)")
_ROW_WITHOUT = re.compile(rb"w(?<=[<:]row)(?=[\s/>])(?!\s+r\s*=)")
_WORKSHEET = re.compile(rb"""<Relationship\b(?=[^>]*?/worksheet["'])[^>]*?\bTarget\s*=\s*["']([^"']+)""")
_LONGEST_TAG = 4096
_SMALL = 26, 99_999  # columns and rows that no reference of these goes beyond
_REPEATED = re.compile(rb"""<table:table-(row|cell)\b([^>]*-repeated\s*=\s*["'](\d{2,})["'][^>]*)>""")


def too_large(path: str, limit: int) -> DataError:
    """The error for a file that is too large to be held in memory."""
    hint = "Give it unpacked and as CSV, which may be of any size, or export it in parts."
    return DataError(f"is larger than {_size(limit)}", where=path, hint=hint)


def _size(count: int) -> str:
    return f"{count >> 30} GB" if count >= 1 << 30 else f"{count >> 20} MB"


def bomb(path: str) -> DataError:
    """The error for a file that unpacks to many times its size."""
    problem = f"unpacks to more than {LARGEST_RATIO} times its size, which no export does"
    return DataError(problem, where=path, hint=_UNPACK)


def check_members(path: str, members: Sequence[zipfile.ZipInfo]) -> None:
    """Raises DataError for an archive with members that no export has: a path that leaves the archive, sizes that are out
    of all proportion, or too many of them."""
    if len(members) > MOST_MEMBERS:
        raise DataError(f"holds {len(members):,} files", where=path, hint="Unpack it and give the files that matter.")
    for member in members:
        name = member.orig_filename.replace("\\", "/")
        if name.startswith("/") or re.match(r"[A-Za-z]:", name) or ".." in name.split("/"):
            hint = "No export does that. Unpack it with care and give the files that matter."
            raise DataError(f"holds a file whose path leaves the archive: {name[:80]}", where=path, hint=hint)
        if member.file_size > LARGEST_MEMBER:
            raise too_large(f"{path}/{member.filename}", LARGEST_MEMBER)
        if member.file_size > max(RATIO_FROM, LARGEST_RATIO * member.compress_size):
            raise bomb(f"{path}/{member.filename}")


class Watched(io.RawIOBase):
    """A stream of unpacked bytes that stops when they are out of proportion to the packed ones read so far."""

    def __init__(self, stream: BinaryIO, packed: BinaryIO, path: str) -> None:
        super().__init__()
        self._stream, self._packed, self._path, self._count = stream, packed, path, 0

    def readable(self) -> bool:
        return True

    def readinto(self, into: memoryview) -> int:  # type: ignore[override]
        block = self._stream.read(len(into))
        into[: len(block)] = block
        self._count += len(block)
        if self._count > max(RATIO_FROM, LARGEST_RATIO * self._packed.tell()):
            raise bomb(self._path)
        return len(block)

    def close(self) -> None:
        self._stream.close()
        self._packed.close()
        super().close()


def watched(stream: BinaryIO, packed: BinaryIO, path: str) -> BinaryIO:
    """The stream, which raises DataError as soon as it unpacks to far more than it is packed in."""
    return cast(BinaryIO, io.BufferedReader(Watched(stream, packed, path), BLOCK))


def check_workbook(path: str, archive: zipfile.ZipFile) -> bool:
    """Whether cells of a workbook (.xlsx, .xlsm, .xlsb, .ods) may be merged, as is seen on the way. Raises DataError for one
    with a sheet too large to be held in memory.

    The reader sets aside room for every cell up to the farthest one, so a single cell in the last corner is enough.
    """
    members = archive.infolist()
    check_members(path, members)
    if sum(member.file_size for member in members) > LARGEST_WHOLE * 2:
        raise too_large(path, LARGEST_WHOLE * 2)
    binary = _binary_sheets(archive)
    is_open = not any(member.filename.startswith("xl/workbook.") for member in members)  # an OpenDocument
    are_merged = is_open
    for member in members:
        cells, most = 0, MOST_CELLS
        if PurePosixPath(member.filename.lower()).name in binary:
            cells = _binary_extent(archive.read(member))
        elif is_open and member.filename == "content.xml":
            cells, most = _repeated(archive.read(member)), MOST_REPEATED
        elif not is_open and not binary:
            cells, merged = _extent_within(archive, member)
            are_merged |= merged
            cells = _extent(archive, member, most) if cells > most else cells
        if cells > most:
            hint = "Delete what lies far below or right of the table, or export it as CSV."
            raise DataError(f"has a sheet of {cells:,} cells, blank and repeated ones included", where=path, hint=hint)
    return are_merged


def _binary_sheets(archive: zipfile.ZipFile) -> set[str]:
    """The names, without folder, of what may be a sheet of an .xlsb, wherever it lies; none for other kinds of workbooks."""
    names = archive.namelist()
    if "xl/workbook.bin" not in names:
        return set()
    lists = [archive.read(name) for name in names if name.lower().endswith("workbook.bin.rels")]
    stated = [target.decode("utf-8", "replace") for text in lists for target in _WORKSHEET.findall(text)]
    folder = [name for name in names if name.lower().startswith("xl/worksheets/")]
    return {PurePosixPath(name.lower()).name for name in (*stated, *folder)}


def _extent_within(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> tuple[int, bool]:
    """No fewer cells than lie between the first one and the farthest, quickly, and whether any are merged; 0 of what is no
    sheet, wherever it lies."""
    columns, rows = _SMALL
    is_sheet, are_merged, rest = False, False, b""
    with archive.open(member) as stream:
        while block := stream.read(BLOCK):
            block = rest + block
            tags = block.rfind(b">") + 1
            end = tags if tags > len(block) - _LONGEST_TAG else len(block)
            is_sheet = is_sheet or b"sheetData" in block
            if is_sheet:
                # Most are the same as one before.
                columns = max([columns, *map(column_number, {*_FAR_COLUMN.findall(block, 0, end)})])
                rows = max([rows, *map(_row_number, {*_FAR_ROW.findall(block, 0, end)})])
                columns += len(_CELL_WITHOUT.findall(block, 0, end))
                rows += len(_ROW_WITHOUT.findall(block, 0, end))
                are_merged = are_merged or b"mergeCell" in block
            rest = block[max(tags, len(block) - _LONGEST_TAG) :]
    return columns * rows if is_sheet else 0, are_merged


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
