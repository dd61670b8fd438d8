"""One pass of Arrow's reader over a text table, with what earlier passes have taught; and what a pass leaves behind besides
its columns: malformed records, and the last bytes."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.csv as arrow_csv

from crm_metrics.errors import DataError
from crm_metrics.loaders.reading.columns import TEXTS, TYPES, empty, is_finite, nulled
from crm_metrics.loaders.reading.content import Content, readable
from crm_metrics.loaders.reading.decoding import GUESSED, Encoding, as_utf8
from crm_metrics.loaders.reading.layout import Layout
from crm_metrics.loaders.reading.limits import BLOCK
from crm_metrics.loaders.reading.raw import SHOWN_TEXT, As

LARGE_BLOCK = 1 << 27


@dataclass
class Parser:
    """Reads columns of the records below the header. Begins with what is quickest and learns from what fails: the encoding
    may turn out to be another one, cells may hold more spellings of missing than the first records do."""

    content: Content
    layout: Layout
    encoding: Encoding
    _block: int = field(default=BLOCK, repr=False)
    _all_missing: bool = field(default=False, repr=False)

    def __post_init__(self) -> None:
        self._seen = {cell for cells in self.layout.head for cell in cells}

    @property
    def _is_plain(self) -> bool:
        """A file that Arrow reads as it lies there: without waiting for the interpreter, which imports pandas meanwhile.
        Arrow takes only names that are UTF-8."""
        file = self.content.file
        return file is not None and _is_utf8(str(file)) and self.encoding.is_utf8 and self.layout.rewrite is None

    @property
    def _begin(self) -> int:
        return self.encoding.mark + self.layout.body

    def table(
        self, kinds: dict[int, As], missing: Collection[str], *, threads: bool = True
    ) -> tuple[pa.Table, int, bytes]:
        """The columns with blank lines as rows of nulls, the number of malformed records, and the file's last bytes.

        Arrow fails at the first cell that does not fit; what failed is read as text in the next pass. Raises DataError.
        """
        while True:
            malformed = Malformed()
            with readable(self.content.path), self._source() as (source, tail):
                try:
                    with without_noise():
                        options = self.options(kinds, malformed, missing=missing, use_threads=threads)
                        # Memory from the system's allocator is used again by numpy once a column is coerced.
                        table = arrow_csv.read_csv(source, **options, memory_pool=pa.system_memory_pool())
                except pa.ArrowInvalid as error:
                    if "Empty CSV file" in str(error):
                        return pa.table({str(at): empty(kind) for at, kind in kinds.items()}), 0, b""
                    if malformed.too_many:
                        raise DataError(
                            f"more than {MOST_MALFORMED:,} rows have another number of cells than the header",
                            where=self.content.path,
                            hint="The header may not be the first row, or the cells may be separated in another way; "
                            "export it again.",
                        ) from error
                    self._adapt(error, kinds)
                    continue
            misread = [at for at, kind in kinds.items() if kind not in TEXTS and not is_finite(table.column(str(at)))]
            if not misread:
                break
            self._refit(misread, kinds)
        table = table.unify_dictionaries()
        columns = {str(at): table.column(str(at)) for at in kinds}
        columns |= {str(at): nulled(columns[str(at)]) for at, kind in kinds.items() if kind in TEXTS}
        return pa.table(columns), len(malformed.records), tail()

    @contextmanager
    def _source(self) -> Iterator[tuple[pa.NativeFile, Callable[[], bytes]]]:
        """What Arrow reads the records from, and the last bytes of it once it has."""
        if self._is_plain:
            assert self.content.file is not None
            with pa.OSFile(str(self.content.file)) as file, self.content.file.open("rb") as ending:
                ending.seek(max(self._begin, file.size() - TAIL))
                last = ending.read()
                file.seek(self._begin)
                yield file, lambda: last
        else:
            with self.stream() as stream:
                tailed = Tailed(stream)
                yield pa.PythonFile(tailed, mode="r"), lambda: tailed.tail

    def stream(self) -> BinaryIO:
        """The bytes below the header as UTF-8."""
        raw = self.content.open()
        stream = as_utf8(raw, self.encoding, self.layout.rewrite)
        stream.read(self.layout.body)
        return stream

    def options(
        self,
        kinds: Mapping[int, As],
        malformed: Malformed,
        *,
        missing: Collection[str] = (),
        use_threads: bool = True,
    ) -> dict[str, Any]:
        """How Arrow is to read columns: for its `read_csv` and `open_csv`."""
        names = [str(at) for at in range(len(self.layout.header))]
        return {
            "read_options": arrow_csv.ReadOptions(column_names=names, block_size=self._block, use_threads=use_threads),
            "parse_options": arrow_csv.ParseOptions(
                delimiter=self.layout.delimiter,
                # Without it Arrow passes over the end of a block within quotes without a word, and a record is lost.
                newlines_in_values=True,
                ignore_empty_lines=False,
                invalid_row_handler=malformed,
            ),
            "convert_options": arrow_csv.ConvertOptions(
                column_types={str(at): TYPES[kind] for at, kind in kinds.items()},
                include_columns=[str(at) for at in kinds],
                null_values=["", *(text for text in missing if self._all_missing or text in self._seen)],
                strings_can_be_null=False,
            ),
        }

    def _refit(self, places: list[int], kinds: dict[int, As]) -> None:
        """Has columns that do not fit read with every spelling of missing, and then as text."""
        if self._all_missing:
            kinds.update(dict.fromkeys(places, As.TEXT))
        self._all_missing = True

    def _adapt(self, error: pa.ArrowInvalid, kinds: dict[int, As]) -> None:
        """Changes what the error asks for, or raises DataError when nothing is left to change."""
        message = str(error)
        column = re.match(r"In CSV column #(\d+): ", message)
        # Arrow cannot hand over the text of a malformed record that is not UTF-8 either.
        if ("invalid UTF8" in message or "CSV parse error" in message) and self.encoding.is_utf8:
            self.encoding = Encoding(GUESSED.name, self.encoding.mark, guessed=True)
        elif column and kinds.get(int(column[1]), As.TEXT) not in TEXTS:
            self._refit([int(column[1])], kinds)
        elif "straddl" in message and self._block < LARGE_BLOCK:
            self._block = LARGE_BLOCK
        elif "straddl" in message:
            raise DataError(
                f"has a row longer than {LARGE_BLOCK >> 20} MB",
                where=self.content.path,
                hint="A quotation mark that is never closed may have swallowed the lines below it.",
            ) from error
        else:
            hint = "A quotation mark that is never closed may have swallowed the lines below it."
            raise DataError(f"cannot be read: {message}", where=self.content.path, hint=hint) from error


def _is_utf8(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


TAIL = 1 << 16
MOST_MALFORMED = 1_000_000  # each is kept; so many come of a wrong delimiter or of a quotation mark


def blank_lines(tail: bytes) -> int:
    """How many blank lines a file ends with."""
    line_ends = re.findall(rb"\r\n|\r|\n", tail[len(tail.rstrip(b"\r\n")) :])
    return max(len(line_ends) - 1, 0)


class Malformed:
    """Collects the records whose number of cells differs from the header's: number, cells, text.

    The text is cut, unless `full_text` asks for all of it where the record may be mended: it lacks cells, or ends in a blank
    one. Reading ends with the record after `most` of them.
    """

    def __init__(self, *, full_text: bool = False, most: int = MOST_MALFORMED) -> None:
        self.records: list[tuple[int, int, str]] = []
        self.too_many = False
        self._whole, self._most = full_text, most

    def __call__(self, row: Any) -> str:
        if len(self.records) >= self._most:
            self.too_many = True
            return "error"
        is_whole = self._whole and (row.actual_columns < row.expected_columns or not row.text[-1:].isalnum())
        text = row.text if is_whole else row.text[:SHOWN_TEXT]
        self.records.append((row.number or 0, row.actual_columns, text))
        return "skip"


@contextmanager
def without_noise() -> Iterator[None]:
    """Keeps Python from printing that a malformed record is not UTF-8: Arrow raises it as well."""
    shown = sys.unraisablehook
    sys.unraisablehook = lambda met: None if isinstance(met.object, Malformed) else shown(met)
    try:
        yield
    finally:
        sys.unraisablehook = shown


class Tailed:
    """A stream that remembers its last bytes."""

    closed = False

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.tail = b""

    def read(self, count: int) -> bytes:
        block = self._stream.read(count)
        if block:
            self.tail = (self.tail + block[-TAIL:])[-TAIL:]
        return block

    def close(self) -> None:
        self.closed = True
