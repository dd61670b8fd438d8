"""The bytes of a file, of an archive's member or of standard input: opened as often as they are needed."""

from __future__ import annotations

import gzip
import hashlib
import stat
import weakref
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from io import BufferedReader, BytesIO
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, cast

from crm_metrics.errors import DataError
from crm_metrics.loaders.reading import limits


@dataclass(frozen=True)
class State:
    """What tells that a file has changed since it was first looked at."""

    file: Path
    size: int
    changed: int

    def is_same(self) -> bool:
        try:
            now = self.file.stat()
        except OSError:
            return False
        return (now.st_size, now.st_mtime_ns) == (self.size, self.changed)


@dataclass(frozen=True)
class Content:
    """A name to show and a way to open the bytes; `file` is where they lie when that is a plain file, `packed` the file
    they were unpacked from or made of; `size` is how many there are, where that is known."""

    path: str
    open: Callable[[], BinaryIO]
    file: Path | None = None
    packed: Content | None = None
    size: int | None = None
    state: State | None = None

    @property
    def ending(self) -> str:
        """`.csv` of `Deals.CSV` and of `deals.csv.gz`; `.gz` when there is no other."""
        suffixes = PurePosixPath(self.path.lower()).suffixes
        return next((suffix for suffix in reversed(suffixes) if suffix != ".gz"), "".join(suffixes[-1:]))

    def start(self, count: int) -> bytes:
        """The first `count` bytes, or all when there are fewer. Raises DataError."""
        with readable(self.path), self.open() as stream:
            return stream.read(count)

    def all(self) -> bytes:
        """Every byte. Raises DataError, also above 512 MB: only archives and workbooks are read as a whole."""
        data = self.start(limits.LARGEST_WHOLE + 1)
        if len(data) > limits.LARGEST_WHOLE:
            raise limits.too_large(self.path, limits.LARGEST_WHOLE)
        return data

    def digest(self) -> str:
        """SHA-256 of the file as it lies there, in hex. Raises DataError."""
        return self.packed.digest() if self.packed is not None else self.fingerprint()

    def fingerprint(self) -> str:
        """SHA-256 of the bytes, unpacked, in hex. Raises DataError."""
        with steady(self), readable(self.path), self.open() as stream:
            return hashlib.file_digest(cast(BufferedReader, stream), "sha256").hexdigest()

    def seekable(self) -> Callable[[], Path | BytesIO]:
        """What zipfile and gzip read from; a new one each time, so that two threads never share a position."""
        file = self.file
        if file is not None:
            return lambda: file
        data = self.all()
        return lambda: BytesIO(data)


def of_file(path: str, file: Path) -> Content:
    """The bytes of a plain file, unbuffered: they are read in large blocks. A pipe, which can be read only once, is read
    now. Raises DataError."""
    with readable(path):
        status = file.stat()
        if not stat.S_ISREG(status.st_mode):
            with file.open("rb") as stream:
                return of_stream(path, stream)
    state = State(file, status.st_size, status.st_mtime_ns)
    return Content(path, lambda: cast(BinaryIO, file.open("rb", buffering=0)), file, size=status.st_size, state=state)


def of_stream(path: str, stream: BinaryIO) -> Content:
    """All that comes through a pipe. Raises DataError when that is more than fits into memory."""
    data = stream.read(limits.LARGEST_WHOLE + 1)
    if len(data) > limits.LARGEST_WHOLE:
        raise DataError(
            f"more than {limits.LARGEST_WHOLE >> 20} MB come through a pipe",
            where=path,
            hint="Write it to a file and give the name of the file.",
        )
    return of_bytes(path, data)


def of_bytes(path: str, data: bytes) -> Content:
    """Bytes in memory."""
    return Content(path, lambda: BytesIO(data), size=len(data))


def of_gzip(packed: Content) -> Content:
    """What a .gz file holds; its name stays."""

    def opened() -> BinaryIO:
        raw = packed.open()
        unpacked = cast(BinaryIO, gzip.GzipFile(fileobj=raw))
        return limits.as_stream(limits.watched(unpacked, raw, packed.path), unpacked, raw)

    with readable(packed.path), packed.open() as ending:
        ending.seek(max((packed.size or 4) - 4, 0))
        size = int.from_bytes(ending.read(4), "little")
    return Content(packed.path, opened, packed=packed, size=size, state=packed.state)


def of_members(archive: Content) -> list[Content]:
    """The files in a zip archive, sorted by name, hidden ones skipped. Raises DataError, also for an archive that is a
    danger."""
    source = archive.seekable()
    with readable(archive.path):
        # Opened once for all members: its list is as long as they are many. Readers of it do not share a position.
        opened = zipfile.ZipFile(source())
    assert opened.fp is not None
    weakref.finalize(opened, opened.fp.close)  # when nobody reads a member any more
    members = sorted(opened.infolist(), key=lambda member: member.filename)
    limits.check_members(archive.path, members)
    contents, met = [], Counter[str]()
    for member in members:
        parts = PurePosixPath(member.filename).parts
        if member.is_dir() or any(is_hidden(part) for part in parts):
            continue
        path = f"{archive.path}/{member.filename}"
        if member.flag_bits & 1:
            raise DataError("is protected by a password", where=path, hint="Unpack the archive and give the folder.")
        met[path] += 1
        if met[path] > 1:  # an archive may hold two files of one name
            path = str(PurePosixPath(path).with_stem(f"{PurePosixPath(path).stem} ({met[path]})"))
        unpacked = partial(opened.open, member)
        contents.append(Content(path, cast(Any, unpacked), size=member.file_size, state=archive.state))
    return contents


def is_hidden(name: str) -> bool:
    """True of names that nobody exported: `.x`, macOS resource forks, and the lock file of a workbook open in Excel."""
    return name.startswith((".", "~$")) or name == "__MACOSX"


@contextmanager
def readable(path: str) -> Iterator[None]:
    """Turns what the operating system or a broken archive says while reading into a DataError about this path."""
    try:
        yield
    except (zipfile.BadZipFile, gzip.BadGzipFile, EOFError, zlib.error, UnicodeDecodeError) as error:  # or a name in it
        hint = "The file may be cut short; export or download it again."
        raise DataError(f"cannot be unpacked: {error}", where=path, hint=hint) from error
    except NotImplementedError as error:  # what zipfile raises for a compression or a version that it does not know
        raise DataError(f"cannot be unpacked: {error}", where=path, hint="Unpack it and give the folder.") from error
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror or error}", where=path) from error


@contextmanager
def steady(content: Content) -> Iterator[None]:
    """Raises DataError when the file is another one after the block than it was at first, whatever else came of it: what
    was read of it may be half of the one and half of the other."""
    try:
        yield
    finally:
        if content.state is not None and not content.state.is_same():
            hint = "Wait until the export is complete, then run the command again."
            raise DataError("changed while it was being read", where=content.path, hint=hint)
