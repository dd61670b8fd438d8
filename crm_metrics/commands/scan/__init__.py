"""What was recognised in the files: tables, columns, dates, stages, joins, problems."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Unpack

from crm_metrics import errors
from crm_metrics.commands import Call
from crm_metrics.session import Files, Session

if TYPE_CHECKING:
    from crm_metrics.analysis.scan import Scan

ABOUT, PLACE = "what was recognised in the files: tables, columns, dates, stages, problems", 140


def scan(paths: Sequence[str] | Session, **files: Unpack[Files]) -> Scan:
    """What is recognised in the given files: tables, columns, dates, stages, joins, problems."""
    inventory = Session.of(paths, **files).inventory()
    from crm_metrics.analysis.scan import scan as scanned

    return scanned(inventory)


def run(call: Call) -> int:
    """Writes what is recognised; with an exit code of its own where a file is not read, or none recognised."""
    scanned = scan(call.session)
    call.answer(scanned, verbose=call.verbose)
    if scanned.refused:
        return errors.EXIT_DATA
    return 0 if scanned.files else errors.EXIT_NOTHING
