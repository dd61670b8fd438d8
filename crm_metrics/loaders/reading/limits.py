"""What a file may ask for: bytes when unpacked, cells of a sheet. Small files that claim to be huge are refused early."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Sequence
from typing import BinaryIO, cast

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


class Watched(io.RawIOBase):
    """A stream of unpacked bytes that stops when they are out of proportion to the packed ones read so far."""

    def __init__(self, stream: BinaryIO, packed: BinaryIO, path: str) -> None:
        super().__init__()
        self._stream, self._packed, self._path, self._count = stream, packed, path, 0

    def readable(self) -> bool:
        return True

    def readinto(self, into: memoryview) -> int:  # type: ignore[override]
        block = self._stream.read(len(into))
        into[: len(block)] = block
        self._count += len(block)
        if self._count > max(RATIO_FROM, LARGEST_RATIO * self._packed.tell()):
            raise bomb(self._path)
        return len(block)

    def close(self) -> None:
        self._stream.close()
        self._packed.close()
        super().close()


def watched(stream: BinaryIO, packed: BinaryIO, path: str) -> BinaryIO:
    """The stream, which raises DataError as soon as it unpacks to far more than it is packed in."""
    return cast(BinaryIO, io.BufferedReader(Watched(stream, packed, path), BLOCK))
