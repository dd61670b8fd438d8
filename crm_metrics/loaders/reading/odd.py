"""The records of a text table that are not as wide as its header."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as arrow_csv

from crm_metrics.loaders.reading.columns import empty
from crm_metrics.loaders.reading.content import readable
from crm_metrics.loaders.reading.parsing import LARGE_BLOCK, Parser
from crm_metrics.loaders.reading.raw import SHOWN_TEXT, As, LeftOut
from crm_metrics.loaders.reading.witnesses import Malformed


@dataclass
class Odd:
    """The records whose number of cells differs from the header's: the rows of all, those left out, and those that only
    lack cells at their end, as text; `seen` is how many cells each of the latter has."""

    rows: np.ndarray
    left_out: list[LeftOut]
    short: pa.Table
    short_rows: np.ndarray
    seen: np.ndarray


def records_of(parser: Parser) -> Odd:
    """The records that are not as wide as the header; those without any text are blank, neither read nor left out.

    Arrow numbers them only when it reads with one thread, hence a second pass.
    """
    malformed = Malformed(whole=True)
    options = parser.options({0: As.PLAIN}, malformed, use_threads=False)
    options["convert_options"].column_types = {"0": pa.binary()}
    with readable(parser.content), parser.stream() as stream:
        arrow_csv.read_csv(pa.PythonFile(stream, mode="r"), **options)
    records = malformed.records
    rows = np.array([number for number, _, _ in records], np.int32) + parser.layout.header_row
    short, cells = _padded(parser, records)
    marks = parser.layout.delimiter + '" \t\r\n'
    out = np.delete(np.arange(len(records)), short)
    left_out = [
        LeftOut("malformed-row", int(rows[at]), records[at][1], records[at][2][:SHOWN_TEXT])
        for at in out.tolist()
        if records[at][2].strip(marks)
    ]
    seen = np.array([seen for _, seen, _ in records])
    return Odd(rows, left_out, cells, rows[short], seen[short])


def _padded(parser: Parser, records: list[tuple[int, int, str]]) -> tuple[np.ndarray, pa.Table]:
    """Which of the records only lack cells at their end, and their cells as text with empty ones for those.

    At least two cells have to be filled, else it is a footer. A quotation mark that is never closed swallows the
    cells put at the end as well: such a record is not as wide as the header even then.
    """
    width = len(parser.layout.header)
    short = np.array([at for at, (_, seen, _) in enumerate(records) if seen < width], np.int64)
    kinds = dict.fromkeys(range(width), As.PLAIN)
    if not len(short):
        return short, pa.table({str(at): empty(kind) for at, kind in kinds.items()})
    lines = [records[at][2] + parser.layout.delimiter * (width - records[at][1]) for at in short.tolist()]
    unclosed = Malformed()
    options = parser.options(kinds, unclosed, use_threads=False)
    options["read_options"].block_size = LARGE_BLOCK
    cells = arrow_csv.read_csv(BytesIO("\n".join(lines).encode()), **options)
    short = np.delete(short, [number - 1 for number, _, _ in unclosed.records])
    filled = np.zeros(len(short), np.int64)
    for column in cells.columns:
        filled += pc.not_equal(pc.utf8_trim_whitespace(column), "").to_numpy()
    return short[filled > 1], cells.filter(pa.array(filled > 1))
