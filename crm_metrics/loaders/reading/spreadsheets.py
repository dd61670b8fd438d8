"""The library that reads workbooks: opened, and what it has against a file turned into an error that helps."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from crm_metrics.errors import DataError
from crm_metrics.loaders.reading.content import Content


def reader_of(content: Content) -> Any:
    """fastexcel's reader. Raises DataError."""
    import fastexcel

    source = content.file if content.file is not None else content.all()
    with _understood(content):
        return fastexcel.read_excel(source)


def load(reader: Any, name: str, content: Content, **options: Any) -> Any:
    """A sheet from its very first row, so that row numbers are those of the spreadsheet. Raises DataError."""
    with _understood(content):
        return reader.load_sheet(name, header_row=None, skip_rows=0, schema_sample_rows=None, **options)


class _Complaints(logging.Handler):
    """Keeps what the library warns of, such as rows that it cuts off, instead of printing it."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(record.getMessage())


@contextmanager
def _silent() -> Iterator[None]:
    """Without what the library prints past Python when it meets a bug of its own."""
    try:
        kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    except OSError:  # no standard error, as in some services
        yield
        return
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


@contextmanager
def _understood(content: Content) -> Iterator[None]:
    """Turns whatever the library has against a workbook into a DataError."""
    complaints, logger = _Complaints(), logging.getLogger("calamine")
    logger.addHandler(complaints)
    was, logger.propagate = logger.propagate, False
    try:
        with _silent():
            yield
    except Exception as error:
        raise _unreadable(content, error) from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # what a bug in the library looks like
            raise
        raise _unreadable(content, error) from error
    finally:
        logger.removeHandler(complaints)
        logger.propagate = was
    if any("max" in said and "row" in said for said in complaints.said):
        raise DataError(
            f"claims more rows than a spreadsheet has ({'; '.join(complaints.said)[:200]})",
            where=content.path,
            hint="Delete what lies below the table, or export it as CSV.",
        )


def _unreadable(content: Content, error: BaseException) -> DataError:
    said = str(error).partition("\n")[0]
    if "Cell limit" in said:
        said = "it claims more cells than fit into memory"
    if "assword" in said or "ncrypt" in said:
        return protected(content)
    hint = "Open it in a spreadsheet program and save it as .xlsx, or export it as CSV."
    return DataError(f"is not a workbook that can be read ({said})", where=content.path, hint=hint)


def protected(content: Content) -> DataError:
    """The error for a workbook that asks for a password."""
    hint = "Save a copy without a password (in Excel: File, Info, Protect Workbook)."
    return DataError("is protected by a password", where=content.path, hint=hint)
