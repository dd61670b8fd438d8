"""The quick look at how far a sheet reaches: never less far than where its cells lie, and as far where all are placed."""

from __future__ import annotations

import io
import re
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st

from crm_metrics.errors import DataError
from crm_metrics.loaders.reading import extents, limits, open_inputs
from crm_metrics.loaders.reading.extents import column_letters
from crm_metrics.loaders.reading.extents_xls import check_old_workbook

LARGEST = 1 << 40
Place = tuple[int, int]


def written(places: list[list[Place]], how: Callable[[str, str], str]) -> zipfile.ZipFile:
    """A sheet of these rows of cells; `how` makes the start of a tag of its name and its reference."""
    rows = "".join(
        f"{how('row', str(cells[0][0]))}>"
        + "".join(f"{how('c', column_letters(column) + str(row))}><v>1</v></c>" for row, column in cells)
        + "</row>"
        for cells in places
    )
    book = zipfile.ZipFile(io.BytesIO(), "w")
    book.writestr("sheet.xml", f"<worksheet><dimension ref='A1'/><sheetData>{rows}</sheetData></worksheet>")
    return book


PLACED = (
    lambda tag, reference: f'<{tag} r="{reference}"',
    lambda tag, reference: f"<{tag}\n r = '{reference.lower()}' s='1'",
)
UNPLACED = (
    lambda tag, reference: f'<{tag} r="{re.sub("(?<![0-9])(?=[0-9])", "000", reference)}" t="n"',
    lambda tag, _: f"<{tag}",
    lambda tag, reference: f'<{tag} s="1" r="{reference}"',
    lambda tag, reference: f'<{tag} r="{reference}"' if tag == "row" else f"<{tag}   ",
)
rows = st.lists(
    st.tuples(st.integers(1, 2_000_000), st.lists(st.integers(1, 20_000), min_size=1, max_size=5)).map(
        lambda row: [(row[0], column) for column in row[1]]
    ),
    min_size=1,
    max_size=30,
)


def seen(book: zipfile.ZipFile) -> tuple[int, int]:
    """What the quick look says of a sheet, in blocks of a few cells, and how far its cells lie."""
    (member,) = book.infolist()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(extents, "BLOCK", 100)
        patch.setattr(extents, "_LONGEST_TAG", 80)
        patch.setattr(limits, "MOST_CELLS", LARGEST)
        return extents._reach(book, member)[0], extents._extent(book, member, LARGEST)


@settings(deadline=None)
@given(rows, st.sampled_from(PLACED), st.booleans())
def test_the_quick_look_sees_as_far_as_cells_are_placed(
    places: list[list[Place]], how: Callable[[str, str], str], rise: bool
) -> None:
    quick, exact = seen(written(sorted(places) if rise else places, how))
    assert exact == quick


@settings(deadline=None)
@given(rows, st.sampled_from(UNPLACED))
def test_cells_placed_in_another_way_are_left_to_the_long_look(
    places: list[list[Place]], how: Callable[[str, str], str]
) -> None:
    quick, exact = seen(written(places, how))
    assert exact < LARGEST < quick


@pytest.mark.parametrize(
    "start",
    [
        f'<c{" " * 5000}r="XFD1048576"',
        f'<c r{" " * 5000}="XFD1048576"',
        f'<c r={" " * 5000}"XFD1048576"',
        f'<c a="{"x" * 5000}" r="XFD1048576"',
        f'<c r="{"A" * 5000}1"',
        f'<c r="A{"9" * 5000}"',
        f'<c r="A{"0" * 5000}{"9" * 20}"',
    ],
)
def test_a_reference_is_seen_across_blocks(start: str) -> None:
    """A tag may be longer than what two blocks share."""
    quick, _ = seen(written([[(1, 1)]], lambda tag, _: start if tag == "c" else '<row r="1"'))
    assert quick > limits.MOST_CELLS


def old(change: Callable[[bytearray, int, int], None]) -> bytes:
    """An .xls whose first sheet has been changed: by what becomes of the place and type of each of its records."""
    data = bytearray((Path(__file__).parents[1] / "workbooks" / "deals.xls").read_bytes())
    at = data.find(b"\x09\x08\x10\x00\x00\x06\x10\x00")  # where the first sheet begins
    while (kind := int.from_bytes(data[at : at + 2], "little")) != 0x0A:
        length = int.from_bytes(data[at + 2 : at + 4], "little")
        change(data, at + 4, kind)
        at += 4 + length
    return bytes(data)


def far_cell(data: bytearray, at: int, kind: int) -> None:
    if kind == 0x06:
        data[at : at + 4] = b"\xff\xff\xff\xff"


def far_announced(data: bytearray, at: int, kind: int) -> None:
    if kind == 0x200:
        data[at : at + 12] = struct.pack("<IIHH", 0, 1 << 31, 0, 256)


@pytest.mark.parametrize(
    ("change", "cells"), [(far_cell, "4,294,967,296"), (far_announced, "549,755,813,888")], ids=["cell", "announced"]
)
def test_a_far_cell_of_an_old_workbook_is_refused(
    tmp_path: Path, change: Callable[[bytearray, int, int], None], cells: str
) -> None:
    """The reader would ask for more memory than there is, which ends the process without a word."""
    (tmp_path / "deals.xls").write_bytes(old(change))
    with pytest.raises(DataError, match=f"has a sheet of {cells} cells"):
        open_inputs([str(tmp_path / "deals.xls")])


def test_an_old_workbook_reaches_as_far_as_its_cells() -> None:
    data = old(lambda data, at, kind: None)
    assert (42 + 4,) == check_old_workbook("deals.xls", data).cells
