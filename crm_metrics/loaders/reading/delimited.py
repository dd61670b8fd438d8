"""CSV and its kin as raw tables, through Arrow's reader."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as arrow_csv

from crm_metrics.errors import DataError
from crm_metrics.issues import Issue
from crm_metrics.loaders.reading.columns import (
    TEXTS,
    TYPES,
    converted,
    empty,
    interleaved,
    is_finite,
    nulled,
    typed,
)
from crm_metrics.loaders.reading.content import Content, readable
from crm_metrics.loaders.reading.decoding import GUESSED, Encoding, as_utf8, decoder, detect
from crm_metrics.loaders.reading.layout import Layout, find
from crm_metrics.loaders.reading.raw import SHOWN_ROWS, SHOWN_TEXT, As, Cells, LeftOut
from crm_metrics.loaders.reading.witnesses import TAIL, Malformed, Tailed, blank_lines, without_noise

START, LARGEST_START = 1 << 18, 1 << 26
BLOCK, LARGE_BLOCK = 1 << 20, 1 << 27


@dataclass
class _Odd:
    """The records whose number of cells differs from the header's: the rows of all, those left out, and those that only
    lack cells at their end, as text; `seen` is how many cells each of the latter has."""

    rows: np.ndarray
    left_out: list[LeftOut]
    short: pa.Table
    short_rows: np.ndarray
    seen: np.ndarray


@dataclass
class Delimited:
    """A text table. Its encoding may turn out to be another one when a column is read."""

    content: Content
    layout: Layout
    encoding: Encoding
    _block: int = field(default=BLOCK, repr=False)

    @property
    def path(self) -> str:
        return self.content.path

    @property
    def header(self) -> list[str]:
        return self.layout.header

    @property
    def header_row(self) -> int:
        return self.layout.header_row

    def head(self, count: int = 500) -> list[list[str | None]]:
        records = self.layout.head[:count]
        return [[cells[at] or None for cells in records] for at in range(len(self.header))]

    def digest(self) -> str:
        return self.content.digest()

    def read(self, wanted: Mapping[int, As], missing: Collection[str] = ()) -> Cells:
        kinds = {at: self._fitting(at, kind, missing) for at, kind in wanted.items()}
        # Rows cannot be counted without a column.
        kinds = kinds or {0: As.PLAIN}
        table, malformed, tail = self._table(kinds, missing)
        odd = self._malformed() if malformed else None
        misfits = [at for at, kind in kinds.items() if odd and self._short(odd, at, kind, missing) is None]
        if misfits:
            kinds.update(dict.fromkeys(misfits, As.TEXT))
            table, _, tail = self._table(kinds, missing)
        rows = np.arange(self.header_row + 1, self.header_row + 1 + table.num_rows + malformed, dtype=np.int32)
        if odd:
            rows = np.delete(rows, odd.rows - self.header_row - 1)
        end = table.num_rows - min(blank_lines(tail), table.num_rows)
        self._refuse_open_quote(table.slice(0, end), rows, tail)
        kept = self._filled(table, end)
        if kept is not None:
            table, rows = table.filter(pa.array(kept)), rows[kept]
        if odd and len(odd.short_rows):
            short = pa.table({str(at): self._short(odd, at, kind, missing) for at, kind in kinds.items()})
            table = interleaved(table, rows, short, odd.short_rows)
            rows = np.sort(np.concatenate([rows, odd.short_rows]))
        left_out = odd.left_out if odd else []
        return Cells({at: table.column(str(at)) for at in wanted}, rows, left_out, self._issues(odd))

    def _fitting(self, at: int, kind: As, missing: Collection[str]) -> As:
        """The kind asked for, unless the first records already speak against it: saves a pass that would fail."""
        if kind in TEXTS:
            return kind
        seen = pa.array([cells[at] for cells in self.layout.head], pa.string())
        return As.TEXT if converted(seen, kind, missing) is None else kind

    def _table(self, kinds: dict[int, As], missing: Collection[str]) -> tuple[pa.Table, int, bytes]:
        """The columns with blank lines as rows of nulls, the number of malformed records, and the file's last bytes.

        Arrow fails at the first cell that does not fit; what failed is read as text in the next pass.
        """
        while True:
            malformed = Malformed()
            with readable(self.content), self._source() as (source, tail):
                try:
                    with without_noise():
                        table = arrow_csv.read_csv(source, **self._options(kinds, malformed, missing=missing))
                except pa.ArrowInvalid as error:
                    if "Empty CSV file" in str(error):
                        return pa.table({str(at): empty(kind) for at, kind in kinds.items()}), 0, b""
                    self._adapt(error, kinds)
                    continue
            misread = [at for at, kind in kinds.items() if kind is As.FLOAT and not is_finite(table.column(str(at)))]
            if not misread:
                break
            kinds.update(dict.fromkeys(misread, As.TEXT))
        table = table.unify_dictionaries()
        columns = {str(at): table.column(str(at)) for at in kinds}
        columns |= {str(at): nulled(columns[str(at)]) for at, kind in kinds.items() if kind in TEXTS}
        return pa.table(columns), len(malformed.records), tail()

    @contextmanager
    def _source(self) -> Iterator[tuple[pa.NativeFile, Callable[[], bytes]]]:
        """What Arrow reads the records from, and the last bytes of it once it has. A plain UTF-8 file Arrow reads by itself:
        it does not have to wait for the interpreter, which is importing pandas meanwhile."""
        if self.content.file is not None and self.encoding.is_utf8 and self.layout.rewrite is None:
            with pa.OSFile(str(self.content.file)) as file, self.content.file.open("rb") as ending:
                begin = self.encoding.mark + self.layout.body
                ending.seek(max(begin, file.size() - TAIL))
                last = ending.read()
                file.seek(begin)
                yield file, lambda: last
        else:
            with self._stream() as stream:
                tailed = Tailed(stream)
                yield pa.PythonFile(tailed, mode="r"), lambda: tailed.tail

    def _stream(self) -> BinaryIO:
        """The bytes below the header."""
        raw = self.content.open()
        stream = as_utf8(raw, self.encoding, self.layout.rewrite)
        stream.read(self.layout.body)
        return stream

    def _options(
        self,
        kinds: Mapping[int, As],
        malformed: Malformed,
        *,
        missing: Collection[str] = (),
        use_threads: bool = True,
    ) -> dict[str, Any]:
        names = [str(at) for at in range(len(self.header))]
        return {
            "read_options": arrow_csv.ReadOptions(column_names=names, block_size=self._block, use_threads=use_threads),
            "parse_options": arrow_csv.ParseOptions(
                delimiter=self.layout.delimiter,
                newlines_in_values=True,
                ignore_empty_lines=False,
                invalid_row_handler=malformed,
            ),
            "convert_options": arrow_csv.ConvertOptions(
                column_types={str(at): TYPES[kind] for at, kind in kinds.items()},
                include_columns=[str(at) for at in kinds],
                null_values=["", *missing],
                strings_can_be_null=False,
            ),
        }

    def _adapt(self, error: pa.ArrowInvalid, kinds: dict[int, As]) -> None:
        """Changes what the error asks for, or raises DataError when nothing is left to change."""
        said = str(error)
        column = re.match(r"In CSV column #(\d+): ", said)
        # Arrow cannot hand over the text of a malformed record that is not UTF-8 either.
        if ("invalid UTF8" in said or "CSV parse error" in said) and self.encoding.is_utf8:
            self.encoding = Encoding(GUESSED.name, self.encoding.mark, guessed=True)
        elif column and kinds.get(int(column[1]), As.TEXT) not in TEXTS:
            kinds[int(column[1])] = As.TEXT
        elif "straddl" in said and self._block < LARGE_BLOCK:
            self._block = LARGE_BLOCK
        else:
            hint = "A quotation mark that is never closed may have swallowed the lines below it."
            raise DataError(f"cannot be read: {said}", where=self.path, hint=hint) from error

    def _malformed(self) -> _Odd:
        """The records that are not as wide as the header; those without any text are blank, neither read nor left out.

        Arrow numbers them only when it reads with one thread, hence a second pass.
        """
        malformed = Malformed(whole=True)
        options = self._options({0: As.PLAIN}, malformed, use_threads=False)
        options["convert_options"].column_types = {"0": pa.binary()}
        with readable(self.content), self._stream() as stream:
            arrow_csv.read_csv(pa.PythonFile(stream, mode="r"), **options)
        records = malformed.records
        rows = np.array([number for number, _, _ in records], np.int32) + self.header_row
        short, cells = self._padded(records)
        marks = self.layout.delimiter + '" \t\r\n'
        out = np.delete(np.arange(len(records)), short)
        left_out = [
            LeftOut("malformed-row", int(rows[at]), records[at][1], records[at][2][:SHOWN_TEXT])
            for at in out.tolist()
            if records[at][2].strip(marks)
        ]
        seen = np.array([seen for _, seen, _ in records])
        return _Odd(rows, left_out, cells, rows[short], seen[short])

    def _padded(self, records: list[tuple[int, int, str]]) -> tuple[np.ndarray, pa.Table]:
        """Which of the records only lack cells at their end, and their cells as text with empty ones for those.

        At least two cells have to be filled, else it is a footer. A quotation mark that is never closed swallows the
        cells put at the end as well: such a record is not as wide as the header even then.
        """
        width = len(self.header)
        short = np.array([at for at, (_, seen, _) in enumerate(records) if seen < width], np.int64)
        kinds = dict.fromkeys(range(width), As.PLAIN)
        if not len(short):
            return short, pa.table({str(at): empty(kind) for at, kind in kinds.items()})
        lines = [records[at][2] + self.layout.delimiter * (width - records[at][1]) for at in short.tolist()]
        unclosed = Malformed()
        options = self._options(kinds, unclosed, use_threads=False)
        options["read_options"].block_size = LARGE_BLOCK
        cells = arrow_csv.read_csv(BytesIO("\n".join(lines).encode()), **options)
        short = np.delete(short, [number - 1 for number, _, _ in unclosed.records])
        filled = np.zeros(len(short), np.int64)
        for column in cells.columns:
            filled += pc.not_equal(pc.utf8_trim_whitespace(column), "").to_numpy()
        return short[filled > 1], cells.filter(pa.array(filled > 1))

    def _short(self, odd: _Odd, at: int, kind: As, missing: Collection[str]) -> pa.Array | None:
        """A column of the short records; None when a cell is not what was asked for."""
        return typed(odd.short.column(str(at)).combine_chunks(), kind, missing)

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
        options = self._options(dict.fromkeys(range(len(self.header)), As.PLAIN), Malformed())
        options["convert_options"].column_types = {str(at): pa.binary() for at in range(len(self.header))}
        start = 0
        with readable(self.content), self._stream() as stream:
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
        lines = tail.rstrip(b"\r\n").splitlines()
        last = (
            next(csv.reader([lines[-1].decode("utf-8", "replace")], delimiter=self.layout.delimiter)) if lines else []
        )
        if len(last) != len(self.header) or (table.num_rows and self._is_last(table, last)):
            return
        with readable(self.content), self._stream() as stream:
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
            seen, cell = table.column(name)[-1], cells[int(name)]
            if pa.types.is_string(seen.type) or pa.types.is_dictionary(seen.type):
                same = (seen.as_py() or "") == cell
            else:
                kind = next(kind for kind, type_ in TYPES.items() if type_ == seen.type)
                value = converted(pa.array([cell], pa.string()), kind)
                same = value is None or value[0].as_py() == seen.as_py()
            if not same:
                return False
        return True

    def _issues(self, odd: _Odd | None) -> list[Issue]:
        issues = []
        if self.encoding.guessed:
            issues.append(Issue("encoding-guessed", self.path, detail={"encoding": self.encoding.name}))
        if odd and odd.left_out:
            widths = sorted({record.seen for record in odd.left_out})
            seen = " or ".join(str(width) for width in widths[:3]) + (" or more" if len(widths) > 3 else "")
            rows = tuple(record.row for record in odd.left_out[:SHOWN_ROWS])
            detail = {"seen": seen, "expected": str(len(self.header))}
            issues.append(Issue("malformed-row", self.path, len(odd.left_out), rows, detail))
        if odd and len(odd.short_rows):
            rows = tuple(odd.short_rows[:SHOWN_ROWS].tolist())
            detail = {"seen": str(odd.seen[0]), "expected": str(len(self.header))}
            issues.append(Issue("short-row", self.path, len(odd.short_rows), rows, detail))
        return issues


def open_delimited(content: Content) -> Delimited | None:
    """The table in a text file; None when the file holds no text. Raises DataError."""
    count = START
    while True:
        start = content.start(count)
        encoding = detect(start)
        text = decoder(encoding).decode(start[encoding.mark :], final=False).encode() if start else b""
        is_whole = len(start) < count
        layout = find(text, is_whole=is_whole)
        if is_whole or count >= LARGEST_START or (layout and layout.head):
            return Delimited(content, layout, encoding) if layout else None
        count *= 16
