"""How a text file is laid out: its delimiter, where its header is, and its first records."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from crm_metrics.loaders.reading.decoding import Rewrite
from crm_metrics.loaders.reading.headers import HEADER_WITHIN, filled, header_among, header_at, ragged_header

DELIMITERS = (",", ";", "\t", "|")
SAMPLED, HEAD = 60, 500
LARGEST_CELL = 1 << 28  # the csv module refuses cells above 128 KB otherwise


@dataclass(frozen=True)
class Layout:
    """`body` is how many bytes (UTF-8, rewritten, no byte order mark) come before the first record after the header;
    `header_row` is the last row of the header, `header_rows` are the cells of all its rows; `head` are the first records;
    `share` is how many of the lines looked at have the header's width, 0 for a single column; `above` are the lines that
    stand above the header."""

    delimiter: str
    header: list[str]
    header_row: int
    body: int
    header_rows: tuple[tuple[str, ...], ...] = ()
    head: list[list[str]] = field(default_factory=list)
    rewrite: Rewrite | None = None
    share: float = 0.0
    above: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Guess:
    delimiter: str
    rewrite: Rewrite | None
    share: float
    header: int
    width: int

    @property
    def rank(self) -> tuple[float, int, int]:
        """`1;2,5` under the header `id;amount` splits evenly at the comma too, but only below the header."""
        return round(self.share, 1), -self.header, self.width


def find(start: bytes, *, is_whole: bool, delimiter: str | None = None, header: int | None = None) -> Layout | None:
    """The layout of a file that starts with these bytes (UTF-8), where they are known with this delimiter and the header in
    this row (from 1); None when there is no record in them, or none in that row."""
    if not start.strip():
        return None
    if not is_whole:
        start = start[: max(start.rfind(b"\n"), start.rfind(b"\r")) + 1]
    signs = DELIMITERS if delimiter is None else (delimiter,)
    if header is not None:
        guess = _below(start, header - 1, signs)
    elif delimiter is not None:
        guess = _best(start, None, signs)
    else:
        guess = _forced(start) or _best(start, None, DELIMITERS) or _best(start, _unwrapped, DELIMITERS)
        guess = guess or _aligned(start)
    delimiter, rewrite = (guess.delimiter, guess.rewrite) if guess else (",", None)
    lines = _lines(start, rewrite)
    records, ends = [], []
    for cells, end in islice(_records(lines, delimiter), HEADER_WITHIN + SAMPLED + HEAD):
        records.append(cells)
        ends.append(end)
    if not is_whole and ends and ends[-1] == len(lines):
        records.pop()  # may be cut within quotes
        ends.pop()
    at = guess.header if guess else next((row for row, cells in enumerate(records) if filled(cells)), None)
    at = header - 1 if header is not None else at
    if at is None or at >= len(records) or not filled(records[at]):
        return None
    if guess and len(records[at]) < guess.width:
        records[at] += [""] * (guess.width - len(records[at]))
    found_header = header_at(records, at)
    width, last = len(found_header.labels), found_header.last
    head = [
        [*cells, *[""] * (width - len(cells))]
        for cells in records[last + 1 :]
        if filled(cells) and (len(cells) == width or (len(cells) < width and filled(cells) > 1))
    ]
    body = sum(len(line) for line in lines[: ends[last]])
    share = guess.share if guess else 0.0
    above = tuple(delimiter.join(cells).strip() for cells in records[: found_header.first] if filled(cells))
    return Layout(delimiter, found_header.labels, last + 1, body, found_header.rows, head[:HEAD], rewrite, share, above)


def _lines(start: bytes, rewrite: Rewrite | None) -> list[bytes]:
    # bytes.splitlines knows \n, \r and \r\n only; str.splitlines would cut at U+2028 and form feeds too.
    return (rewrite(start) if rewrite else start).splitlines(keepends=True)


def _records(lines: list[bytes], delimiter: str) -> Iterator[tuple[list[str], int]]:
    """Each record's cells and the number of lines up to its end; a blank line is a record without cells."""
    limit = csv.field_size_limit(LARGEST_CELL)
    try:
        reader = csv.reader((line.decode("utf-8", "replace") for line in lines), delimiter=delimiter)
        for cells in reader:
            yield cells, reader.line_num
    finally:
        csv.field_size_limit(limit)


def _best(start: bytes, rewrite: Rewrite | None, delimiters: Sequence[str]) -> _Guess | None:
    """The delimiter that cuts the records most evenly; None when none makes two columns."""
    lines = _lines(start, rewrite)
    guesses = [_guess(lines, rewrite, delimiter) for delimiter in delimiters]
    return max((guess for guess in guesses if guess), key=lambda guess: guess.rank, default=None)


def _guess(lines: list[bytes], rewrite: Rewrite | None, delimiter: str) -> _Guess | None:
    records = [cells for cells, _ in islice(_records(lines, delimiter), SAMPLED)]
    widths = Counter(len(cells) for cells in records if len(cells) > 1)
    if not widths:
        return None
    width = max(widths, key=lambda candidate: (widths[candidate], candidate))
    header = header_among(records, width)
    if header is None:
        return None
    header = ragged_header(records, header)
    below = [cells for cells in records[header + 1 :] if filled(cells)]
    below.insert(0, records[header])
    if len(below) == 1 and header and (width < 3 or len(widths) > 1):
        return None  # the last of several lines: a comment with commas, not a header without rows
    # A header of another width is as good as its records.
    share = (sum(len(cells) == width for cells in below[1:]) + 1) / len(below)
    return _Guess(delimiter, rewrite, share, header, width) if share >= 0.5 else None


def _below(start: bytes, at: int, delimiters: Sequence[str]) -> _Guess | None:
    """The delimiter that cuts the records from the header at this place on most evenly; None when none makes two columns."""
    lines, guesses = _lines(start, None), []
    for delimiter in delimiters:
        records = [cells for cells, _ in islice(_records(lines, delimiter), at, at + SAMPLED) if filled(cells)]
        widths = Counter(map(len, records))
        width = max(widths, key=lambda candidate: (widths[candidate], candidate), default=0)
        if width > 1:
            guesses.append(_Guess(delimiter, None, widths[width] / len(records), at, max(width, len(records[0]))))
    return max(guesses, key=lambda guess: guess.rank, default=None)


def _forced(start: bytes) -> _Guess | None:
    """Excel's own first line, `sep=;`."""
    match = re.match(rb'"?sep=([,;|\t])"?\r?\n', start, re.IGNORECASE)
    if not match:
        return None
    delimiter = match[1].decode()
    records = [cells for cells, _ in islice(_records(_lines(start, None), delimiter), SAMPLED)]
    header = next((at for at, cells in enumerate(records) if at and filled(cells)), None)
    return None if header is None else _Guess(delimiter, None, 1.0, header, len(records[header]))


def _aligned(start: bytes) -> _Guess | None:
    """Columns aligned with blanks: every line has the same number of words, and most have a run of two blanks.

    One column of names ("Acme Corp") has no such runs.
    """
    lines = [line.strip() for line in _lines(start, None)[:SAMPLED] if line.strip()]
    runs = sum(b"  " in line for line in lines)
    widths = {len(line.split()) for line in lines}
    if len(lines) < 2 or len(widths) != 1 or widths == {1} or 2 * runs < len(lines):
        return None
    return _best(start, _squeezed, (" ",))


def _squeezed(block: bytes) -> bytes:
    """Whole lines with single blanks between words, none at the ends."""
    trimmed = re.sub(rb"\A[ \t]+|(?<=[\r\n])[ \t]+|[ \t]+(?=[\r\n]|\Z)", b"", block)
    return re.sub(rb"[ \t]+", b" ", trimmed)


_WRAPPED = re.compile(rb'(\A|(?<=[\r\n]))"((?:[^"\r\n]|"")*)"(?=[\r\n]|\Z)')


def _unwrapped(block: bytes) -> bytes:
    """Whole lines without the quotes around the entire line that some tools add when they save a CSV twice."""
    replace: Callable[[re.Match[bytes]], bytes] = lambda line: line[2].replace(b'""', b'"')  # noqa: E731
    return _WRAPPED.sub(replace, block)
