"""What a pass through a file leaves behind besides its columns: malformed records, and the last bytes."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

from crm_metrics.loaders.reading.raw import SHOWN_TEXT

TAIL = 1 << 16
MOST_MALFORMED = 1_000_000  # each is kept; so many come of a wrong delimiter or of a quotation mark


def blank_lines(tail: bytes) -> int:
    """How many blank lines a file ends with."""
    line_ends = re.findall(rb"\r\n|\r|\n", tail[len(tail.rstrip(b"\r\n")) :])
    return max(len(line_ends) - 1, 0)


class Malformed:
    """Collects the records whose number of cells differs from the header's: number, cells, text.

    The text is cut, unless `whole` asks for all of it where the record may be mended: it lacks cells, or ends in a blank
    one. Reading ends with the record after `most` of them.
    """

    def __init__(self, *, whole: bool = False, most: int = MOST_MALFORMED) -> None:
        self.records: list[tuple[int, int, str]] = []
        self.too_many = False
        self._whole, self._most = whole, most

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
