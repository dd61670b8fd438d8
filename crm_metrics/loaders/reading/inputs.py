"""From paths as the user gave them to raw tables: each file is opened by what it begins with."""

from __future__ import annotations

import os
import re
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, BinaryIO

from crm_metrics import progress
from crm_metrics.errors import DataError, SettingsError
from crm_metrics.issues import Issue
from crm_metrics.loaders.reading import content as contents
from crm_metrics.loaders.reading.content import Content
from crm_metrics.loaders.reading.decoding import detect
from crm_metrics.loaders.reading.paths import expanded, is_many, refuse_missing
from crm_metrics.loaders.reading.raw import Opened
from crm_metrics.settings import Stated
from crm_metrics.settings.files import DATABASE

if TYPE_CHECKING:
    from io import BytesIO
    from pathlib import Path

    import pandas as pd

    from crm_metrics.loaders.reading.extents import Extent

TEXT_ENDINGS = {".csv", ".tsv", ".tab", ".psv", ".txt"}
WORKBOOK_ENDINGS = {".xlsx", ".xlsm", ".xls", ".xlsb", ".ods"}
ENDINGS = TEXT_ENDINGS | WORKBOOK_ENDINGS | {".parquet", ".zip", ".gz"}
# Text, but no table; anything else that is given by name may be a CSV with an ending of its own.
OTHER_TEXT = (
    *(".py", ".md", ".rst", ".json", ".jsonl", ".xml", ".toml", ".yaml", ".yml", ".ini", ".cfg"),
    *(".log", ".js", ".css", ".sql", ".sh", ".ipynb", ".svg"),
)
# What shows a table and is none, or keeps it in a form of its own.
PRINTED = (".pdf", ".numbers", ".png", ".jpg", ".jpeg", ".gif", ".webp", ".heic", ".doc", ".docx", ".ppt", ".pptx")
# What a file starts with that is neither text nor a workbook.
_CONTROLS = frozenset({*range(32)} - {*b"\t\n\v\f\r\x1a\x1b"})
_MOST_CONTROLS = 8  # kinds of control characters at the beginning of a text
BINARY = (
    *(b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"\x7fELF", b"ARROW1"),
    *(b"BZh", b"\xfd7zXZ", b"7z\xbc\xaf", b"Rar!", b"\x28\xb5\x2f\xfd"),
)
ZIP, OLE, GZIP = (b"PK\x03\x04", b"PK\x05\x06"), b"\xd0\xcf\x11\xe0", b"\x1f\x8b"
PARQUET = b"PAR1"
DATABASES = re.compile(rb"SQLite format 3|.{8}DUCK", re.DOTALL)  # what the files of databases begin with
DEEPEST = 2  # archives in archives


def open_inputs(
    paths: Sequence[str],
    *,
    stdin: BinaryIO | None = None,
    frames: Mapping[str, pd.DataFrame] | None = None,
    stated: Callable[[str], Stated] = lambda path: Stated(),
    lenient: bool = False,
    meanwhile: Iterable[str] = ("pandas",),
) -> Opened:
    """The tables in these paths. A file that is met twice is opened once. `stated` gives what is known of a path, such as an
    encoding; the rest is told from the file; `frames` are the tables in memory by the path that stands for each. With
    `lenient` a file that cannot be read is put aside with its error. `meanwhile` are modules that will be needed, imported
    while workbooks are read.

    Raises UsageError for a path that does not exist, and DataError for a file that cannot be read and for a path
    without any table.
    """
    frames = frames or {}
    refuse_missing([path for path in paths if path not in frames])
    with Opened(stated, lenient) as opened:
        _add_all(paths, opened, stdin, frames)
        opened.finish(meanwhile)
    if paths and not opened.count:
        raise _no_table(", ".join(paths), opened.ignored)
    return opened


def _add_all(paths: Sequence[str], opened: Opened, stdin: BinaryIO | None, frames: Mapping[str, pd.DataFrame]) -> None:
    met = set[str]()
    for path in dict.fromkeys(paths):
        if path.startswith(DATABASE):
            _add_database(path, opened)
            continue
        if path in frames:
            with opened.reading(path):
                _add_frame(path, frames[path], opened)
            continue
        before = opened.count
        is_met = False
        for content, is_named in expanded(path, stdin, opened):
            key = os.path.realpath(content.file) if content.file else content.path
            is_met = is_met or key in met
            if key not in met:
                met.add(key)
                _add(content, opened, is_named=is_named)
        if opened.count == before and not is_met and is_many(path):
            with opened.reading(path):
                raise _no_table(path, opened.ignored)


def _no_table(where: str, ignored: Sequence[str]) -> DataError:
    shown = ", ".join(ignored[:3]) + (", …" if len(ignored) > 3 else "")
    skipped = f" Skipped: {shown}." if ignored else ""
    way = "Give CSV or Excel files, or a folder or .zip of them."
    if where.lower().endswith(PRINTED):
        ending = where.rpartition(".")[2].lower()
        way = f"A .{ending} file is no table: export what it shows as CSV or Excel."
    return DataError("holds no table", where=where, hint=f"{way}{skipped}")


def _add(content: Content, opened: Opened, *, is_named: bool, depth: int = 0) -> None:
    """Adds the tables in a file, or its name to what is ignored. Content that was met under another name counts once."""
    progress.stage(f"opening {content.path}")
    with opened.reading(content.path):
        _add_kind(content, opened, is_named=is_named, depth=depth)


def _add_kind(content: Content, opened: Opened, *, is_named: bool, depth: int) -> None:
    is_table = content.ending not in OTHER_TEXT if is_named else content.ending in ENDINGS
    if not is_table:
        opened.ignored.append(content.path)
        return
    start = content.start(512)
    if start.startswith(GZIP) and depth < DEEPEST:
        _add(contents.of_gzip(content), opened, is_named=is_named, depth=depth + 1)
    elif start.startswith(ZIP):
        _add_zip(content, opened, depth)
    elif start.startswith(OLE):
        if not _is_known(content, opened):
            _add_ole(content, opened)
    elif start.startswith(PARQUET):
        if not _is_known(content, opened):
            _add_parquet(content, opened)
    elif DATABASES.match(start):
        if is_named:
            raise DataError("is a database", where=content.path, hint=f"Give it as {DATABASE}{content.path}")
        opened.ignored.append(f"{content.path} (a database: {DATABASE}{content.path})")
    elif start.startswith(BINARY):
        opened.ignored.append(content.path)
    elif len(_CONTROLS.intersection(start)) > _MOST_CONTROLS and not detect(start).name.startswith("utf-16"):
        hint = "The file may be damaged: export or download it again."
        raise DataError("is neither text nor a workbook", where=content.path, hint=hint)
    elif not _is_known(content, opened):
        _add_text(content, start, opened, is_named=is_named)


def _add_zip(content: Content, opened: Opened, depth: int) -> None:
    """A workbook is a zip archive too; what is in it tells."""
    if depth >= DEEPEST and content.ending not in WORKBOOK_ENDINGS:
        opened.ignored.append(f"{content.path} (an archive too deep in others)")
        return
    source = content.seekable()
    with contents.readable(content.path), zipfile.ZipFile(source()) as archive:
        names = set(archive.namelist())
    if names & {"xl/workbook.xml", "xl/workbook.bin"} or {"mimetype", "content.xml"} <= names:
        if not _is_known(content, opened):
            _add_workbook(content, opened, partial(_extent, content.path, source))
    elif content.ending in WORKBOOK_ENDINGS:
        raise DataError("is not a valid workbook", where=content.path, hint="Export or download it again.")
    elif "word/document.xml" in names or "ppt/presentation.xml" in names:
        opened.ignored.append(content.path)
    else:
        for member in contents.of_members(content):
            _add(member, opened, is_named=False, depth=depth + 1)


def _add_ole(content: Content, opened: Opened) -> None:
    """Microsoft's older container: a .xls, a workbook with a password, or a document of another program."""
    from crm_metrics.loaders.reading.extents_xls import check_old_workbook
    from crm_metrics.loaders.reading.spreadsheets import protected

    data = content.all()
    if "EncryptedPackage".encode("utf-16-le") in data:
        raise protected(content)
    if any(stream.encode("utf-16-le") in data for stream in ("Workbook", "Book")):
        _add_workbook(content, opened, partial(check_old_workbook, content.path, data))
    else:
        opened.ignored.append(content.path)


def _is_known(content: Content, opened: Opened) -> bool:
    """Whether another file has the same content, which is then said. Only files of one size are compared."""
    if not content.size:
        return False
    alike = opened.by_size.setdefault(content.size, {})
    if not alike:
        alike[""] = content
        return False
    if first := alike.pop("", None):
        alike[first.fingerprint()] = first
    first_met = alike.setdefault(content.fingerprint(), content)
    if first_met is not content:
        opened.issues.append(Issue("same-file", content.path, detail={"other": first_met.path}))
    return first_met is not content


def _extent(path: str, archive: Callable[[], Path | BytesIO]) -> Extent:
    from crm_metrics.loaders.reading.extents import check_workbook

    with zipfile.ZipFile(archive()) as parts:
        return check_workbook(path, parts)


def _add_workbook(content: Content, opened: Opened, extent: Callable[[], Extent]) -> None:
    """Has a workbook opened in the background, once its extent is known to be one that fits into memory; what this needs is
    imported at once, in one thread."""
    from crm_metrics.loaders.reading.workbook import open_workbook

    def add(to: Opened) -> None:
        progress.stage(f"opening {content.path}")
        with contents.steady(content):
            with contents.readable(content.path):
                reaches = extent()
            sheets, to.ignored = open_workbook(content, opened.stated, reaches)
        to.add(content.path, *sheets)

    opened.later(content.path, add)


def _add_parquet(content: Content, opened: Opened) -> None:
    from crm_metrics.loaders.reading.parquet import open_parquet

    opened.add(content.path, *open_parquet(content))


def _add_frame(path: str, frame: pd.DataFrame, opened: Opened) -> None:
    from crm_metrics.loaders.reading.parquet import of_frame

    _add_parquet(of_frame(path, frame), opened)


def _add_database(path: str, opened: Opened) -> None:
    """Adds the tables of a database: of all, or of the one that stands behind `#`."""
    from crm_metrics.loaders.reading.database import open_database

    called, _, only = path.partition("#")
    progress.stage(f"opening {called}")
    with opened.reading(path):
        tables, unreadable = open_database(called, called.removeprefix(DATABASE), only or None)
        opened.add(path, *tables)
        opened.ignored += unreadable


def _add_text(content: Content, start: bytes, opened: Opened, *, is_named: bool) -> None:
    """A text table, whatever its ending says: many tools call tab-separated text .xls."""
    from crm_metrics.loaders.reading import pages
    from crm_metrics.loaders.reading.delimited import open_delimited

    if sheets := opened.stated(content.path).sheets:
        what = f"sheet = {sheets[0]!r}, but it is no workbook and has no sheets"
        raise SettingsError(
            what, where=content.path, hint="Give path in its [[files]] block so that it names workbooks only."
        )
    page = pages.as_csv(content) if pages.is_page(start) else None
    if page is None and (pages.is_page(start) or start.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<?xml")):
        hint = "Open it in a spreadsheet program and save it as .xlsx, or export it as CSV."
        raise DataError("is a web page or XML without a table", where=content.path, hint=hint)
    if page is not None:
        opened.issues.append(Issue("web-page", content.path))
    with contents.steady(content):
        if page is not None:
            table = open_delimited(page, replace(opened.stated(content.path), encoding="utf-8"), ",")
        else:
            table = open_delimited(content, opened.stated(content.path))
    if table is None:
        opened.add(content.path)
    elif not is_named and content.ending == ".txt" and table.layout.share < 0.9:
        opened.ignored.append(content.path)  # a licence or a note, found beside tables
    elif len(table.header) == 1 and sum(byte < 9 or 13 < byte < 32 for byte in start) > 0.1 * len(start):
        opened.ignored.append(content.path)  # bytes of no known kind
    else:
        opened.add(content.path, table)
