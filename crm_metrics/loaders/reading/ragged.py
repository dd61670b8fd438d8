"""The records of a text table that are not as wide as its header."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO, StringIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as arrow_csv

from crm_metrics.loaders.reading.columns import empty
from crm_metrics.loaders.reading.content import readable
from crm_metrics.loaders.reading.parsing import LARGE_BLOCK, Malformed, Parser
from crm_metrics.loaders.reading.raw import SHOWN_TEXT, As, LeftOut


@dataclass
class Ragged:
    """The records whose number of cells differs from the header's: the rows of all, those left out, and those that are
    read nevertheless, as text. `lacking` are the rows among these that lack cells, `seen` the cells the first of them has.
    """

    rows: np.ndarray
    left_out: list[LeftOut]
    kept: pa.Table
    kept_rows: np.ndarray
    lacking: np.ndarray
    seen: int


def records_of(parser: Parser) -> Ragged:
    """The records that are not as wide as the header; those without any text are blank, neither read nor left out.

    Read are those that only lack cells at their end, that only have blank ones too many, and those wrapped whole in
    quotes. Arrow numbers records only when it reads with one thread, hence a second pass.
    """
    malformed = Malformed(full_text=True)
    options = parser.options({0: As.PLAIN}, malformed, use_threads=False)
    options["convert_options"].column_types = {"0": pa.binary()}
    with readable(parser.content.path), parser.stream() as stream:
        arrow_csv.read_csv(pa.PythonFile(stream, mode="r"), **options)
    records = malformed.records
    rows = np.array([number for number, _, _ in records], np.int32) + parser.layout.header_row
    mended = {at: line for at, record in enumerate(records) if (line := _mended(parser, *record[1:])) is not None}
    kept, cells = _parsed(parser, mended)
    marks = parser.layout.delimiter + '" \t\r\n'
    left_out = [
        LeftOut("malformed-row", int(rows[at]), records[at][1], records[at][2][:SHOWN_TEXT])
        for at in np.delete(np.arange(len(records)), kept).tolist()
        if records[at][2].strip(marks)
    ]
    width = len(parser.layout.header)
    short = [at for at in kept.tolist() if records[at][1] < width and mended[at].startswith(records[at][2])]
    return Ragged(rows, left_out, cells, rows[kept], rows[short], records[short[0]][1] if short else 0)


def _mended(parser: Parser, cells_found: int, text: str) -> str | None:
    """The record as a line of the header's width; None when it cannot be told which cell belongs where."""
    width, delimiter = len(parser.layout.header), parser.layout.delimiter
    if cells_found > width:
        cells = _cells(text, delimiter)
        return (
            _line(cells[:width], delimiter)
            if len(cells) == cells_found and not any(map(str.strip, cells[width:]))
            else None
        )
    if cells_found == 1 and text.startswith('"'):
        wrapped = _cells(text, delimiter)
        inner = _cells(wrapped[0], delimiter) if len(wrapped) == 1 else []
        if len(inner) == width:
            return _line(inner, delimiter)
    return text + delimiter * (width - cells_found)


def _cells(text: str, delimiter: str) -> list[str]:
    reader = csv.reader(text.splitlines(keepends=True), delimiter=delimiter)
    try:
        return next(reader, [])
    except csv.Error:  # a cell above 128 KB
        return []


def _line(cells: Sequence[str], delimiter: str) -> str:
    written = StringIO()
    csv.writer(written, delimiter=delimiter, quoting=csv.QUOTE_ALL, lineterminator="").writerow(cells)
    return written.getvalue()


def _parsed(parser: Parser, lines: dict[int, str]) -> tuple[np.ndarray, pa.Table]:
    """Which of the mended records are read, and their cells as text.

    At least two cells have to be filled, else it is a footer. A quotation mark that is never closed swallows the
    cells put at the end as well: such a record is not as wide as the header even then.
    """
    kinds = dict.fromkeys(range(len(parser.layout.header)), As.PLAIN)
    places = np.array(list(lines), np.int64)
    if not lines:
        return places, pa.table({str(at): empty(kind) for at, kind in kinds.items()})
    unclosed = Malformed()
    options = parser.options(kinds, unclosed, use_threads=False)
    options["read_options"].block_size = LARGE_BLOCK
    cells = arrow_csv.read_csv(BytesIO("\n".join(lines.values()).encode()), **options)
    places = np.delete(places, [number - 1 for number, _, _ in unclosed.records])
    filled = np.zeros(len(places), np.int64)
    for column in cells.columns:
        filled += pc.not_equal(pc.utf8_trim_whitespace(column), "").to_numpy()
    return places[filled > 1], cells.filter(pa.array(filled > 1))
