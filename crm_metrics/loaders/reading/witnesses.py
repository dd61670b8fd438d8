"""What a pass through a file leaves behind besides its columns: malformed records, and the last bytes."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

import numpy as np

from crm_metrics.loaders.reading.raw import SHOWN_TEXT

TAIL = 1 << 16


def blank_lines(tail: bytes) -> int:
    """How many blank lines a file ends with."""
    line_ends = re.findall(rb"\r\n|\r|\n", tail[len(tail.rstrip(b"\r\n")) :])
    return max(len(line_ends) - 1, 0)


class Malformed:
    """Collects the records whose number of cells differs from the header's: number, cells, text.

    The text is cut, unless `whole` asks for all of it where cells are lacking.
    """

    def __init__(self, *, whole: bool = False) -> None:
        self.records: list[tuple[int, int, str]] = []
        self._whole = whole

    def __call__(self, row: Any) -> str:
        is_whole = self._whole and row.actual_columns < row.expected_columns
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


ALPHANUMERIC = np.array([chr(code).isalnum() and code < 128 for code in range(256)])


def _has_hexadecimal(data: bytes) -> bool:
    """True when a word after the first two bytes starts with `0x`. NumPy looks for both spellings in one go."""
    codes = np.frombuffer(data, np.uint8)
    at = np.flatnonzero((codes[1:-1] == ord("0")) & (codes[2:] | 0x20 == ord("x")))
    return not ALPHANUMERIC[codes[at]].all()


class Tailed:
    """A stream that remembers its last bytes and, when asked to look, whether a word in it started with `0x`."""

    closed = False

    def __init__(self, stream: BinaryIO, *, looks: bool = False) -> None:
        self._stream = stream
        self._looks = looks
        self.tail = b""
        self.saw_hexadecimal = False

    def read(self, count: int) -> bytes:
        block = self._stream.read(count)
        if self._looks and not self.saw_hexadecimal:
            self.saw_hexadecimal = _has_hexadecimal((b"\n\n\n" + self.tail[-3:])[-3:] + block)
        if block:
            self.tail = (self.tail + block[-TAIL:])[-TAIL:]
        return block

    def close(self) -> None:
        self.closed = True
