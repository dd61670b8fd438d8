"""The bytes of a file, of an archive's member or of standard input: opened as often as they are needed."""

from __future__ import annotations

import gzip
import hashlib
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import BinaryIO, cast

from crm_metrics.errors import DataError

LARGEST_MEMBER = 2 << 30


@dataclass(frozen=True)
class Content:
    """A name to show and a way to open the bytes; `file` is where they lie when that is a plain file, `packed` the .gz
    they were unpacked from."""

    path: str
    open: Callable[[], BinaryIO]
    file: Path | None = None
    packed: Content | None = None

    @property
    def ending(self) -> str:
        """`.csv` of `Deals.CSV` and of `deals.csv.gz`; `.gz` when there is no other."""
        suffixes = PurePosixPath(self.path.lower()).suffixes
        return next((suffix for suffix in reversed(suffixes) if suffix != ".gz"), "".join(suffixes[-1:]))

    def start(self, count: int) -> bytes:
        """The first `count` bytes, or all when there are fewer. Raises DataError."""
        with readable(self), self.open() as stream:
            return stream.read(count)

    def all(self) -> bytes:
        """Every byte. Raises DataError, also above 2 GB: only archives and workbooks are read as a whole."""
        data = self.start(LARGEST_MEMBER + 1)
        if len(data) > LARGEST_MEMBER:
            raise too_large(self.path)
        return data

    def digest(self) -> str:
        """SHA-256 of the file as it lies there, in hex. Raises DataError."""
        if self.packed is not None:
            return self.packed.digest()
        with readable(self), self.open() as stream:
            found = hashlib.sha256()
            while block := stream.read(1 << 20):
                found.update(block)
        return found.hexdigest()

    def seekable(self) -> Callable[[], Path | BytesIO]:
        """What zipfile and gzip read from; a new one each time, so that two threads never share a position."""
        file = self.file
        if file is not None:
            return lambda: file
        data = self.all()
        return lambda: BytesIO(data)


def of_file(path: str, file: Path) -> Content:
    """The bytes of a plain file, unbuffered: they are read in large blocks."""
    return Content(path, lambda: cast(BinaryIO, file.open("rb", buffering=0)), file)


def of_bytes(path: str, data: bytes) -> Content:
    """Bytes in memory."""
    return Content(path, lambda: BytesIO(data))


def of_gzip(packed: Content) -> Content:
    """What a .gz file holds; its name stays."""

    source = packed.seekable()

    def opened() -> BinaryIO:
        return cast(BinaryIO, gzip.open(source()))

    return Content(packed.path, opened, packed=packed)


def of_members(archive: Content) -> list[Content]:
    """The files in a zip archive, sorted by name, hidden ones skipped. Raises DataError."""
    source = archive.seekable()
    with readable(archive), zipfile.ZipFile(source()) as opened:
        members = sorted(opened.infolist(), key=lambda member: member.filename)
    found = []
    for member in members:
        parts = PurePosixPath(member.filename).parts
        if member.is_dir() or any(is_hidden(part) for part in parts):
            continue
        path = f"{archive.path}/{member.filename}"
        if member.flag_bits & 1:
            raise DataError("is protected by a password", where=path, hint="Unpack the archive and give the folder.")
        if member.file_size > LARGEST_MEMBER:
            raise too_large(path)
        found.append(_of_member(path, source, member.filename))
    return found


def _of_member(path: str, source: Callable[[], Path | BytesIO], name: str) -> Content:
    def opened() -> BinaryIO:
        with zipfile.ZipFile(source()) as archive:
            return cast(BinaryIO, archive.open(name))

    return Content(path, opened)


def is_hidden(name: str) -> bool:
    """True of names that nobody exported: `.x`, macOS resource forks, and the lock file of a workbook open in Excel."""
    return name.startswith((".", "~$")) or name == "__MACOSX"


def too_large(path: str) -> DataError:
    return DataError("is larger than 2 GB when unpacked", where=path, hint="Unpack it and give the unpacked file.")


@contextmanager
def readable(content: Content) -> Iterator[None]:
    """Turns what the operating system or a broken archive says while reading into a DataError."""
    try:
        yield
    except (zipfile.BadZipFile, gzip.BadGzipFile, EOFError, zlib.error) as error:
        hint = "The file may be cut short; export or download it again."
        raise DataError(f"cannot be unpacked: {error}", where=content.path, hint=hint) from error
    except NotImplementedError as error:
        raise DataError(
            f"cannot be unpacked: {error}", where=content.path, hint="Unpack it and give the folder."
        ) from error
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror or error}", where=content.path) from error
