"""Plain files are first read as if no cell held a line break; whatever Arrow makes of blocks that end within quotes, the
outcome is that of a pass that allows line breaks from the start."""

from __future__ import annotations

import csv
import random
import re
from io import StringIO
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from crm_metrics.errors import DataError
from crm_metrics.loaders.reading import As
from crm_metrics.loaders.reading.content import of_file
from crm_metrics.loaders.reading.decoding import detect
from crm_metrics.loaders.reading.delimited import Delimited
from crm_metrics.loaders.reading.layout import find
from crm_metrics.loaders.reading.parsing import Parser

HEADER = "id,note,n\n"


def outcome(path: Path, *, block: int, line_breaks: bool, kinds: dict[int, As]) -> object:
    """What is read with blocks of this size: cells, rows and what is left out, or that it is refused."""
    start = path.read_bytes()
    layout = find(start[: len(HEADER)], is_whole=True)
    assert layout is not None
    parser = Parser(of_file(str(path), path), layout, detect(start))
    parser._block, parser._line_breaks = block, line_breaks
    try:
        cells = Delimited(parser).read(kinds)
    except DataError:
        return "refused"
    texts = [
        [None if cell is None else shown(str(cell)) for cell in column.to_pylist()] for column in cells.columns.values()
    ]
    return cells.rows.tolist(), texts, [(record.row, record.seen, shown(record.text)) for record in cells.left_out]


def shown(text: str) -> str:
    """The text with one kind of line break: Arrow drops the second byte of one that lies across two blocks, in a cell as
    between records. Texts are compared with blanks collapsed, so no figure can tell."""
    return re.sub(r"\r\n+", "\r", text)


def assert_same(path: Path, data: str, block: int, kinds: dict[int, As]) -> None:
    path.write_bytes((HEADER + data).encode())
    # Blocks that end at random are compared with one that holds the whole file.
    expected = outcome(path, block=1 << 20, line_breaks=True, kinds=kinds)
    for line_breaks in (False, True):
        assert expected == outcome(path, block=block, line_breaks=line_breaks, kinds=kinds), (block, line_breaks, data)


PART = st.sampled_from(
    ["1", "22", "x", "a b", "", ",", ",", "\n", "\n", "\r\n", '"', '""', '"x\ny"', '"\n"', '",\n"', "é"]
)
CELL = st.text(alphabet='a1,"\n\r é', max_size=30)
KINDS = st.sampled_from([{0: As.PLAIN}, {1: As.TEXT}, {0: As.PLAIN, 1: As.TEXT, 2: As.INTEGER}, {}])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(records=st.lists(st.tuples(CELL, CELL, CELL), max_size=30), block=st.integers(8, 200), kinds=KINDS)
def test_cells_of_several_lines_are_read_whatever_the_blocks_are(
    tmp_path: Path, records: list[tuple[str, str, str]], block: int, kinds: dict[int, As]
) -> None:
    written = StringIO()
    csv.writer(written, lineterminator="\n").writerows(records)
    assert_same(tmp_path / "x.csv", written.getvalue(), block, kinds)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(parts=st.lists(PART, max_size=60), block=st.integers(8, 200), kinds=KINDS)
def test_quotation_marks_in_odd_places_are_read_the_same_whatever_the_blocks_are(
    tmp_path: Path, parts: list[str], block: int, kinds: dict[int, As]
) -> None:
    assert_same(tmp_path / "x.csv", "".join(parts), block, kinds)


@pytest.mark.parametrize("seed", range(6))
def test_a_cell_of_several_lines_at_the_end_of_a_block_loses_no_record(tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    block = rng.randint(40, 400)
    data, number = "", 0
    while len(data) < 30 * block:
        number += 1
        line = f"{number},note,{number}\n"
        into_block = (len(data) + len(line)) % block
        if into_block > block - 12:  # the line break lies just before, at or behind the end of the block
            line = f'{number},"{"x" * rng.randint(0, 9)}\n{"y" * rng.randint(0, 9)}",{number}\n'
        data += line
    path = tmp_path / "x.csv"
    assert_same(path, data, block, {0: As.INTEGER, 1: As.TEXT})
    rows, _, left_out = outcome(path, block=block, line_breaks=False, kinds={0: As.INTEGER})  # type: ignore[misc]
    assert (list(range(2, number + 2)), []) == (rows, left_out)


@pytest.mark.parametrize("seed", range(6))
def test_an_open_quotation_mark_is_treated_the_same_whatever_the_blocks_are(tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    lines = [f"{number},note,{number}\n" for number in range(200)]
    lines[rng.randrange(200)] = '7,"open,8\n'
    if seed % 2:
        lines[rng.randrange(200)] = '9,close",10\n'
    assert_same(tmp_path / "x.csv", "".join(lines), rng.randint(40, 400), {0: As.PLAIN})


def test_a_carriage_return_in_a_cell_at_the_end_of_a_block_loses_no_record(tmp_path: Path) -> None:
    assert_same(tmp_path / "x.csv", '1,"\r,1",\n', 8, {0: As.PLAIN})
