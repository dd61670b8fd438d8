"""Any encoding as a stream of UTF-8 bytes, block by block, so that memory does not grow with the file."""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from crm_metrics.loaders.reading.limits import BLOCK, as_stream

UTF_8 = "utf-8"
WINDOWS = "Windows-1252"

Rewrite = Callable[[bytes], bytes]


@dataclass(frozen=True)
class Encoding:
    """A name, the length of the byte order mark, and whether it was guessed."""

    name: str
    mark: int = 0
    guessed: bool = False

    @property
    def is_utf8(self) -> bool:
        return self.name == UTF_8


GUESSED = Encoding(WINDOWS, guessed=True)


def detect(start: bytes) -> Encoding:
    """The encoding of a file that starts with these bytes. UTF-8 until a byte says otherwise."""
    for mark, name in (
        (codecs.BOM_UTF8, UTF_8),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
    ):
        if start.startswith(mark):
            return Encoding(name, len(mark)) if name != UTF_8 or _is_utf8(start) else Encoding(WINDOWS, 3, True)
    sample = start[:2000]
    half = max(len(sample) // 2, 1)
    odd, even = sample[1::2].count(0) / half, sample[0::2].count(0) / half
    if odd > 0.4 and even < 0.1:
        return Encoding("utf-16-le")
    if even > 0.4 and odd < 0.1:
        return Encoding("utf-16-be")
    return Encoding(UTF_8) if _is_utf8(start) else GUESSED


def named(name: str, start: bytes) -> Encoding:
    """The encoding that somebody says it is, by a name that Python knows; a byte order mark is no part of the text."""
    marks = {UTF_8: codecs.BOM_UTF8, "utf-16-le": codecs.BOM_UTF16_LE, "utf-16-be": codecs.BOM_UTF16_BE}
    mark = marks.get(name, b"")
    return Encoding(name, len(mark) if start.startswith(mark) else 0)


def _is_utf8(start: bytes) -> bool:
    try:
        codecs.getincrementaldecoder(UTF_8)().decode(start)
    except UnicodeDecodeError:
        return False
    return True


def _as_windows(error: UnicodeError) -> tuple[str, int]:
    """Only the bytes that are no UTF-8 are read as Windows-1252: files joined from both kinds exist."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("cp1252", "replace"), error.end


codecs.register_error("crm_metrics.windows-1252", _as_windows)


def decoder(encoding: Encoding) -> codecs.IncrementalDecoder:
    """A decoder that never fails: what cannot be decoded becomes U+FFFD."""
    if encoding.name == WINDOWS:
        return codecs.getincrementaldecoder(UTF_8)("crm_metrics.windows-1252")
    return codecs.getincrementaldecoder(encoding.name)("replace")


def as_utf8(stream: BinaryIO, encoding: Encoding, rewrite: Rewrite | None = None) -> BinaryIO:
    """The stream as UTF-8 bytes without a byte order mark; `rewrite` changes blocks of whole lines."""
    stream.read(encoding.mark)
    if encoding.is_utf8 and rewrite is None:
        return stream
    return as_stream(_rewritten(stream, encoding, rewrite), stream)


def _rewritten(stream: BinaryIO, encoding: Encoding, rewrite: Rewrite | None) -> Iterator[bytes]:
    """The blocks of a stream, decoded, encoded and rewritten."""
    decoding = None if encoding.is_utf8 else decoder(encoding)
    block, rest = b"\n", b""  # the rest is a line that is not complete yet
    while block:
        block = stream.read(BLOCK)
        text = block if decoding is None else decoding.decode(block, final=not block).encode()
        if rewrite is not None:
            text = rest + text
            cut = max(text.rfind(b"\n"), text.rfind(b"\r")) + 1 if block else len(text)
            rest, text = text[cut:], rewrite(text[:cut])
        yield text
