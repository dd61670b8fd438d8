"""Write the cleaned tables: every record that was read, in columns of the same names for all tools, with its file and row.

Dates, numbers and currencies are in one form, totals and repeated headers left out. A table is written for each file, as
CSV or Parquet in a folder, or as a sheet of a workbook; `report` reads them like the files they were made of, with the
same figures.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Unpack

from crm_metrics.book.cells import several
from crm_metrics.commands import READING, SETTING, Call, option
from crm_metrics.errors import UsageError, not_among
from crm_metrics.session import Files, Session

if TYPE_CHECKING:
    from crm_metrics.analysis.cleaned import Cleaned

ABOUT, PLACE = "the cleaned tables with file and row, as CSV, xlsx or Parquet", 155
SHARED = (*READING, *SETTING)
FORMATS = ("csv", "parquet", "xlsx")


def tables(paths: Sequence[str] | Session, **files: Unpack[Files]) -> list[Cleaned]:
    """The cleaned tables of the given files, each with its rows as an Arrow table."""
    session = Session.of(paths, **files)
    opened = session.files
    from crm_metrics.analysis.cleaned import cleaned  # imports pandas, which a wrong path does not need

    return cleaned(opened, session.settings, today=session.today)


def run(
    call: Call,
    *,
    format: Annotated[  # noqa: A002
        str | None, option("-f, --format FORMAT", "csv (default) or parquet in a folder, or xlsx.")
    ] = None,
    output: Annotated[
        Path | None, option("-o, --output PATH", "The folder, or the workbook: tables, tables.xlsx.")
    ] = None,
) -> None:
    """Writes the tables, and says how many."""
    chosen = format.casefold() if format else "xlsx" if output and output.suffix.casefold() == ".xlsx" else "csv"
    if chosen not in FORMATS:
        raise not_among("--format", chosen, FORMATS)
    target = output or Path("tables.xlsx" if chosen == "xlsx" else "tables")
    _refuse_taken(target, is_folder=chosen != "xlsx")
    written = tables(call.session)
    from crm_metrics.writers.tables import write

    write({table.name: table.rows for table in written}, chosen, target)
    rows = sum(table.rows.num_rows for table in written)
    call.wrote(target, f"{target} is written: {several(len(written), 'table')}, {rows:,} records.")


def _refuse_taken(target: Path, *, is_folder: bool) -> None:
    """Raises `UsageError` where something is there that is not to be written over: tables of before among those of now would
    be read as theirs."""
    hint = "Give another name with -o."
    if not is_folder and target.is_dir():
        raise UsageError("is a folder, and a workbook a file", where=str(target), hint=hint)
    if is_folder and target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise UsageError("is there already and not empty; nothing is written", where=str(target), hint=hint)
    if not target.parent.is_dir():
        raise UsageError("cannot be written: there is no such folder", where=str(target.parent), hint=hint)
