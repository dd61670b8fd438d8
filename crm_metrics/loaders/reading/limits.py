"""What a file may ask for: bytes when unpacked, cells of a sheet. Small files that claim to be huge are refused early."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from typing import IO, BinaryIO, cast

from crm_metrics.errors import DataError

LARGEST_MEMBER = 2 << 30  # a file in an archive, when unpacked
LARGEST_WHOLE = 512 << 20  # what has to be held in memory as it is: standard input, archives in archives, workbooks
LARGEST_LINE = 64 << 20
MOST_MEMBERS = 10_000
# Exports shrink to a tenth, wide and empty ones to a fiftieth; deflate can do a thousandth.
LARGEST_RATIO, RATIO_FROM = 200, 64 << 20
# Cells of a sheet, blank ones included; the reader takes some 70 bytes for each, however few are wanted.
MOST_CELLS = 30_000_000
MOST_REPEATED = 2_000_000  # cells of an .ods that stand in it only as a number of times
LARGEST_NUMBER = 1e60  # products, squares and sums of larger ones leave what a computer can hold
BLOCK = 1 << 20
LONGEST_ELEMENT = 300  # of a sheet: it may lie across two blocks

_UNPACK = "If you trust it, unpack it and give the unpacked file."


def too_large(path: str, limit: int) -> DataError:
    """The error for a file that is too large to be held in memory."""
    hint = "Give it unpacked and as CSV, which may be of any size, or export it in parts."
    return DataError(f"is larger than {_size(limit)}", where=path, hint=hint)


def _size(count: int) -> str:
    return f"{count >> 30} GB" if count >= 1 << 30 else f"{count >> 20} MB"


def bomb(path: str) -> DataError:
    """The error for a file that unpacks to many times its size."""
    problem = f"unpacks to more than {LARGEST_RATIO} times its size, which no export does"
    return DataError(problem, where=path, hint=_UNPACK)


def check_members(path: str, members: Sequence[zipfile.ZipInfo]) -> None:
    """Raises DataError for an archive with members that no export has: a path that leaves the archive, sizes that are out
    of all proportion, or too many of them."""
    if len(members) > MOST_MEMBERS:
        raise DataError(f"holds {len(members):,} files", where=path, hint="Unpack it and give the files that matter.")
    for member in members:
        name = member.orig_filename.replace("\\", "/")
        if name.startswith("/") or re.match(r"[A-Za-z]:", name) or ".." in name.split("/"):
            hint = "No export does that. Unpack it with care and give the files that matter."
            raise DataError(f"holds a file whose path leaves the archive: {name[:80]}", where=path, hint=hint)
        if member.file_size > LARGEST_MEMBER:
            raise too_large(f"{path}/{member.filename}", LARGEST_MEMBER)
        if member.file_size > max(RATIO_FROM, LARGEST_RATIO * member.compress_size):
            raise bomb(f"{path}/{member.filename}")


class _Blocks(io.RawIOBase):
    """Blocks of bytes as a stream; the streams that they are made from are closed with it."""

    def __init__(self, blocks: Iterator[bytes], opened: Sequence[BinaryIO]) -> None:
        super().__init__()
        self._blocks, self._opened, self._ready = blocks, opened, memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, into: memoryview) -> int:  # type: ignore[override]
        while not self._ready and (block := next(self._blocks, None)) is not None:
            self._ready = memoryview(block)
        count = min(len(into), len(self._ready))
        into[:count] = self._ready[:count]
        self._ready = self._ready[count:]
        return count

    def close(self) -> None:
        for stream in self._opened:
            stream.close()
        super().close()


def found_in(stream: IO[bytes], pattern: re.Pattern[bytes]) -> Iterator[re.Match[bytes]]:
    """What a pattern of one element matches in a stream, block by block."""
    rest = b""
    while block := stream.read(BLOCK):
        text, end = rest + block, 0
        for match in pattern.finditer(text):
            end = match.end()
            yield match
        rest = text[max(end, len(text) - LONGEST_ELEMENT) :]


def as_stream(blocks: Iterator[bytes], *opened: BinaryIO) -> BinaryIO:
    """A stream of these blocks, made from others that are closed with it."""
    return cast(BinaryIO, io.BufferedReader(_Blocks(blocks, opened), BLOCK))


def watched(stream: BinaryIO, packed: BinaryIO, path: str) -> Iterator[bytes]:
    """The blocks of a stream. Raises DataError as soon as they are out of proportion to the packed bytes read so far."""
    count = 0
    while block := stream.read(BLOCK):
        count += len(block)
        if count > max(RATIO_FROM, LARGEST_RATIO * packed.tell()):
            raise bomb(path)
        yield block
