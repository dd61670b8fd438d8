"""CSV and its kin as raw tables, through Arrow's reader."""

from __future__ import annotations

import csv
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as arrow_csv

from crm_metrics.errors import DataError
from crm_metrics.issues import Issue
from crm_metrics.loaders.reading.columns import TEXTS, TYPES, converted, empty, is_finite, nulled
from crm_metrics.loaders.reading.content import Content, readable
from crm_metrics.loaders.reading.decoding import GUESSED, Encoding, as_utf8, decoder, detect
from crm_metrics.loaders.reading.layout import Layout, find
from crm_metrics.loaders.reading.raw import SHOWN_ROWS, As, Cells, LeftOut
from crm_metrics.loaders.reading.witnesses import Malformed, Tailed, blank_lines, without_noise

START, LARGEST_START = 1 << 18, 1 << 26
BLOCK, LARGE_BLOCK = 1 << 20, 1 << 27


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
        table, malformed, tail = self._table(kinds or {0: As.PLAIN}, missing)
        left_out, hidden = self._malformed(table, malformed)
        rows = np.arange(self.header_row + 1, self.header_row + 1 + table.num_rows + malformed, dtype=np.int32)
        if malformed:
            rows = np.delete(rows, hidden - self.header_row - 1)
        end = table.num_rows - min(blank_lines(tail), table.num_rows)
        self._refuse_open_quote(table.slice(0, end), rows, tail)
        kept = self._filled(table, end)
        if kept is not None:
            table, rows = table.filter(pa.array(kept)), rows[kept]
        issues = self._issues(left_out)
        return Cells({at: table.column(str(at)) for at in wanted}, rows, left_out, issues)

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
            with readable(self.content), self._stream() as stream:
                source = Tailed(stream)
                try:
                    with without_noise():
                        table = arrow_csv.read_csv(
                            pa.PythonFile(source, mode="r"), **self._options(kinds, malformed, missing=missing)
                        )
                except pa.ArrowInvalid as error:
                    if "Empty CSV file" in str(error):
                        return pa.table({str(at): empty(kind) for at, kind in kinds.items()}), 0, b""
                    self._adapt(error, kinds)
                    continue
            odd = [at for at, kind in kinds.items() if kind is As.FLOAT and not is_finite(table.column(str(at)))]
            if not odd:
                break
            kinds.update(dict.fromkeys(odd, As.TEXT))
        table = table.unify_dictionaries()
        columns = {str(at): table.column(str(at)) for at in kinds}
        columns |= {str(at): nulled(columns[str(at)]) for at, kind in kinds.items() if kind in TEXTS}
        return pa.table(columns), len(malformed.records), source.tail

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

    def _malformed(self, table: pa.Table, count: int) -> tuple[list[LeftOut], np.ndarray]:
        """The malformed records, and the rows they stand in; those without any text are blank, not left out.

        Arrow numbers them only when it reads with one thread, hence a second pass.
        """
        if not count:
            return [], np.empty(0, np.int32)
        malformed = Malformed()
        options = self._options({0: As.PLAIN}, malformed, use_threads=False)
        options["convert_options"].column_types = {"0": pa.binary()}
        with readable(self.content), self._stream() as stream:
            arrow_csv.read_csv(pa.PythonFile(stream, mode="r"), **options)
        rows = np.array([number for number, _, _ in malformed.records], np.int32) + self.header_row
        marks = self.layout.delimiter + '" \t\r\n'
        left_out = [
            LeftOut("malformed-row", int(row), seen, text)
            for row, (_, seen, text) in zip(rows, malformed.records, strict=True)
            if text.strip(marks)
        ]
        return left_out, rows

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

    def _issues(self, left_out: list[LeftOut]) -> list[Issue]:
        issues = []
        if self.encoding.guessed:
            issues.append(Issue("encoding-guessed", self.path, detail={"encoding": self.encoding.name}))
        if left_out:
            widths = sorted({record.seen for record in left_out})
            seen = " or ".join(str(width) for width in widths[:3]) + (" or more" if len(widths) > 3 else "")
            rows = tuple(record.row for record in left_out[:SHOWN_ROWS])
            detail = {"seen": seen, "expected": str(len(self.header))}
            issues.append(Issue("malformed-row", self.path, len(left_out), rows, detail))
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
