"""CSV and its kin as raw tables, through Arrow's reader."""

from __future__ import annotations

import csv
from collections.abc import Collection, Mapping
from functools import cached_property, partial

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as arrow_csv

from crm_metrics.errors import DataError
from crm_metrics.issues import Issue
from crm_metrics.loaders.reading.columns import TYPES, converted, interleaved, is_text, typed
from crm_metrics.loaders.reading.content import Content, readable, steady
from crm_metrics.loaders.reading.decoding import decoder, detect, named
from crm_metrics.loaders.reading.headers import header_rows, no_header
from crm_metrics.loaders.reading.layout import find
from crm_metrics.loaders.reading.limits import BLOCK, LARGEST_LINE
from crm_metrics.loaders.reading.parsing import Malformed, Parser, blank_lines
from crm_metrics.loaders.reading.ragged import Ragged, records_of as ragged_records
from crm_metrics.loaders.reading.raw import As, Cells, Raw, widths
from crm_metrics.loaders.reading.repeats import without_repeats
from crm_metrics.settings import Stated

START = 1 << 18
_NOTHING = Stated()


class Delimited(Raw):
    """A text table."""

    def __init__(self, parser: Parser) -> None:
        self.parser, self.layout = parser, parser.layout
        layout, content = parser.layout, parser.content
        size = content.size or 0 if content.file is not None else 0
        super().__init__(
            content, content.path, layout.header, layout.header_row, layout.header_rows, layout.above, size
        )

    @cached_property
    def head(self) -> list[list[str | None]]:
        return [[cell or None for cell in column] for column in zip(*self.layout.head, strict=True)] or [
            [] for _ in self.header
        ]

    def read(self, wanted: Mapping[int, As], missing: Collection[str] = (), *, threads: bool = True) -> Cells:
        # Rows cannot be counted without a column.
        kinds = {at: As.TEXT if self._is_hexadecimal(at, kind) else kind for at, kind in wanted.items()} or {
            0: As.PLAIN
        }
        others = {at: As.TEXT for at in range(len(self.header)) if at not in kinds}
        rest = partial(self._records, others, threads=threads)
        with steady(self.content):
            cells = self._records(kinds, missing, threads=threads)
            cells = without_repeats(cells, self.layout.header_rows, self.path, lambda: rest().columns if others else {})
        cells.columns = {at: cells.columns[at] for at in wanted}
        return cells

    def _records(self, kinds: dict[int, As], missing: Collection[str] = (), *, threads: bool) -> Cells:
        """These columns of every record that is not blank."""
        table, malformed, tail = self.parser.table(kinds, missing, threads=threads)
        ragged = ragged_records(self.parser) if malformed else None
        misfits = [at for at, kind in kinds.items() if ragged and self._short(ragged, at, kind, missing) is None]
        if misfits:
            kinds.update(dict.fromkeys(misfits, As.TEXT))
            table, _, tail = self.parser.table(kinds, missing, threads=threads)
        rows = np.arange(self.header_row + 1, self.header_row + 1 + table.num_rows + malformed, dtype=np.int32)
        if ragged:
            rows = np.delete(rows, ragged.rows - self.header_row - 1)
        end = table.num_rows - min(blank_lines(tail), table.num_rows)
        self._refuse_open_quote(table.slice(0, end), rows, tail)
        kept = self._filled(table, end)
        if kept is not None:
            table, rows = table.filter(pa.array(kept)), rows[kept]
        if ragged and len(ragged.kept_rows):
            short = pa.table({str(at): self._short(ragged, at, kind, missing) for at, kind in kinds.items()})
            table = interleaved(table, rows, short, ragged.kept_rows)
            rows = np.sort(np.concatenate([rows, ragged.kept_rows]))
        left_out = ragged.left_out if ragged else []
        return Cells({at: table.column(str(at)) for at in kinds}, rows, left_out, self._issues(ragged))

    def _is_hexadecimal(self, at: int, kind: As) -> bool:
        """Whether one of the first records has a number such as 0x10, which Arrow would read as the integer 16."""
        return kind is As.INTEGER and any(cells[at].strip()[:2] in ("0x", "0X") for cells in self.layout.head)

    def _short(self, ragged: Ragged, at: int, kind: As, missing: Collection[str]) -> pa.Array | None:
        """A column of the short records; None when a cell is not what was asked for."""
        return typed(ragged.kept.column(str(at)).combine_chunks(), kind, missing)

    def _filled(self, table: pa.Table, end: int) -> np.ndarray | None:
        """A mask of the records that are not blank; None when all are filled. From `end` on all are known to be blank.

        Only rows without any value in the columns read are suspects; their other cells decide.
        """
        if end == table.num_rows and any(column.null_count == 0 for column in table.columns):
            return None
        blank = np.ones(table.num_rows, bool)
        for column in table.columns:
            blank &= column.is_null().to_numpy()
        if blank[:end].any():
            self._acquit(blank[:end])
        return ~blank if blank.any() else None

    def _acquit(self, suspects: np.ndarray) -> None:
        """Clears the suspects that have text in any cell, batch by batch through all columns."""
        options = self.parser.options(dict.fromkeys(range(len(self.header)), As.PLAIN), Malformed())
        options["convert_options"].column_types = {str(at): pa.binary() for at in range(len(self.header))}
        start = 0
        with readable(self.content.path), self.parser.stream() as stream:
            for batch in arrow_csv.open_csv(pa.PythonFile(stream, mode="r"), **options):
                part = suspects[start : start + batch.num_rows]
                for column in batch.columns:
                    filled = pc.greater(pc.binary_length(column), 0).to_numpy(zero_copy_only=False)
                    part &= ~filled[: len(part)]
                start += batch.num_rows

    def _refuse_open_quote(self, table: pa.Table, rows: np.ndarray, tail: bytes) -> None:
        """Raises DataError when a quotation mark that is never closed swallows the end of the file.

        Arrow takes the rest as one cell and says nothing. The sign: the last line has the width of a record, but is not
        the record that was read last. Only then the quotation marks are counted.
        """
        lines = tail.rstrip(b"\r\n").splitlines()[-1:]
        last = next(
            csv.reader([line.decode("utf-8", "replace") for line in lines], delimiter=self.layout.delimiter), []
        )
        if len(last) != len(self.header) or (table.num_rows and self._is_last(table, last)):
            return
        with readable(self.content.path), self.parser.stream() as stream:
            marks = 0
            while block := stream.read(BLOCK):
                marks += block.count(b'"')
        if marks % 2:
            row = int(rows[-1]) if len(rows) else self.header_row + 1
            raise DataError(
                "a quotation mark that is never closed swallows the lines below it",
                where=f"{self.path}, row {row} or a row left out below it",
                hint="Close or remove the quotation mark, or export the file again.",
            )

    def _is_last(self, table: pa.Table, cells: list[str]) -> bool:
        """True when these cells of the last line are what the last row of the table holds."""
        for name in table.column_names:
            parsed, cell = table.column(name)[-1], cells[int(name)]
            if is_text(parsed):
                same = (parsed.as_py() or "") == cell
            else:
                kind = next(kind for kind, type_ in TYPES.items() if type_ == parsed.type)
                value = converted(pa.array([cell], pa.string()), kind)
                same = value is None or value[0].as_py() == parsed.as_py()
            if not same:
                return False
        return True

    def _issues(self, ragged: Ragged | None) -> list[Issue]:
        issues = []
        if len(self.layout.header_rows) > 1:
            issues.append(header_rows(self.path, len(self.layout.header_rows)))
        if self.parser.encoding.guessed:
            issues.append(Issue("encoding-guessed", self.path, detail={"encoding": self.parser.encoding.name}))
        if ragged and ragged.left_out:
            every = [record.row for record in ragged.left_out]
            seen, width = widths(ragged.left_out), str(len(self.header))
            issues.append(Issue.of_rows("malformed-row", self.path, every, seen=seen, expected=width))
        if ragged and len(ragged.lacking):
            seen, width = str(ragged.seen), str(len(self.header))
            issues.append(Issue.of_rows("short-row", self.path, ragged.lacking, seen=seen, expected=width))
        return issues


def open_delimited(content: Content, stated: Stated = _NOTHING, delimiter: str | None = None) -> Delimited | None:
    """The table in a text file, in the stated encoding, with the stated header and delimiter, else with those that the file
    shows; None when the file holds no text. Raises DataError, and SettingsError for a header that is not there."""
    count = START
    while True:
        start = content.start(count)
        encoding = named(stated.encoding, start) if stated.encoding else detect(start)
        text = decoder(encoding).decode(start[encoding.mark :], final=False).encode() if start else b""
        is_whole = len(start) < count
        layout = find(text, is_whole=is_whole, delimiter=delimiter, header=stated.header)
        if not layout and not is_whole and count >= LARGEST_LINE:
            lacks = "line end" if text.strip(b"\0 \t\r\n") else "text"
            raise DataError(
                f"has no {lacks} in its first {LARGEST_LINE >> 20} MB, so it is no table",
                where=content.path,
                hint="Export it again as CSV or Excel.",
            )
        if is_whole or count >= LARGEST_LINE or (layout and layout.head):
            if layout is None and stated.header is not None and text.strip():
                raise no_header(content.path, stated.header)
            return Delimited(Parser(content, layout, encoding)) if layout else None
        count *= 16
