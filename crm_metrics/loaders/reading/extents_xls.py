"""How far the sheets of an .xls reach: its stream of records, out of Microsoft's older container."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from crm_metrics.errors import DataError
from crm_metrics.loaders.reading import limits
from crm_metrics.loaders.reading.extents import Extent, too_far

_FREE = 0xFFFFFFFA  # numbers of sectors from here on are none
_SMALL = 4096  # streams below this lie in a stream of their own, in small sectors
_END, _SHEET, _DIMENSIONS = 0x0A, 0x85, 0x200
_CELLS = {0x06, 0x201, 0x203, 0x204, 0x205, 0x206, 0x27E, 0xBD, 0xBE, 0xD6, 0xFD}
_SEVERAL = {0xBD: 6, 0xBE: 2}  # bytes for each of several cells in one record


def check_old_workbook(path: str, data: bytes) -> Extent:
    """How far the sheets of an .xls reach. Raises DataError for one with a sheet too large to be held in memory, and for a
    file that is none."""
    try:
        book = _stream(data)
        starts = [struct.unpack_from("<I", book, at)[0] for kind, at, _ in _records(book, 0) if kind == _SHEET]
        reached = [_cells(book, start) for start in starts]
    except (struct.error, IndexError, KeyError) as error:
        hint = "Open it in a spreadsheet program and save it as .xlsx, or export it as CSV."
        raise DataError("is not a workbook that can be read", where=path, hint=hint) from error
    if (most := max(reached, default=0)) > limits.MOST_CELLS:
        raise too_far(path, most)
    return Extent((sum(reached),))  # the reader takes all of them at once


def _stream(data: bytes) -> bytes:
    """The stream of a workbook in the container."""
    size, small_size = (1 << power for power in struct.unpack_from("<HH", data, 30))
    directory, small_table, table_goes_on = (struct.unpack_from("<I", data, at)[0] for at in (48, 60, 68))

    def sector(number: int) -> bytes:
        return data[(number + 1) * size : (number + 2) * size]

    places = list(struct.unpack_from("<109I", data, 76))
    seen = set[int]()
    while table_goes_on < _FREE and table_goes_on not in seen:
        seen.add(table_goes_on)
        *more, table_goes_on = struct.unpack(f"<{size // 4}I", sector(table_goes_on))
        places += more
    table = b"".join(sector(place) for place in places if place < _FREE)
    nexts = struct.unpack(f"<{len(table) // 4}I", table[: len(table) // 4 * 4])
    whole = b"".join(map(sector, _chain(directory, nexts)))
    entries = [whole[at : at + 128] for at in range(0, len(whole) - 127, 128)]
    named = {
        entry[: int.from_bytes(entry[64:66], "little")].decode("utf-16-le", "replace").rstrip("\0"): entry
        for entry in entries
    }
    entry = named.get("Workbook") or named["Book"]
    start, length = struct.unpack_from("<II", entry, 116)
    if length >= _SMALL:
        return b"".join(map(sector, _chain(start, nexts)))[:length]
    root = b"".join(map(sector, _chain(struct.unpack_from("<I", entries[0], 116)[0], nexts)))
    table = b"".join(map(sector, _chain(small_table, nexts)))
    pieces = _chain(start, struct.unpack(f"<{len(table) // 4}I", table))
    return b"".join(root[place * small_size : (place + 1) * small_size] for place in pieces)[:length]


def _chain(start: int, nexts: tuple[int, ...]) -> Iterator[int]:
    seen = 0
    while start < _FREE and seen <= len(nexts):
        yield start
        start, seen = nexts[start], seen + 1


def _records(book: bytes, at: int) -> Iterator[tuple[int, int, int]]:
    """The records from a place on to the end of their part: the type of each, where it begins, and its length."""
    head = struct.Struct("<HH").unpack_from
    while at + 4 <= len(book):
        kind, length = head(book, at)
        if kind == _END:
            return
        yield kind, at + 4, length
        at += 4 + length


def _cells(book: bytes, start: int) -> int:
    """How many cells lie between the first one and the farthest, or are announced."""
    rows = columns = announced = 0
    place = struct.Struct("<HH").unpack_from
    for kind, at, length in _records(book, start):
        if kind in _CELLS:
            row, column = place(book, at)
            if kind in _SEVERAL:
                column += length // _SEVERAL[kind]
            rows = row if row > rows else rows
            columns = column if column > columns else columns
        elif kind == _DIMENSIONS:
            top, below, left, right = struct.unpack_from("<IIHH" if length >= 12 else "<4H", book, at)
            announced = max(announced, max(below - top, 0) * max(right - left, 0))
    return max((rows + 1) * (columns + 1), announced)
