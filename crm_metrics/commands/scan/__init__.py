"""Looking at files without computing a figure: what is recognised, and what is wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, BinaryIO

from crm_metrics.errors import AmbiguousError, NothingToReport, together
from crm_metrics.metrics.own import catalog_of
from crm_metrics.session import opened
from crm_metrics.settings import Settings

if TYPE_CHECKING:
    from crm_metrics.analysis.everything import Everything
    from crm_metrics.analysis.quality import Finding
    from crm_metrics.analysis.scan import Scan


def everything(
    paths: Sequence[str],
    *,
    settings: Settings | None = None,
    today: date | None = None,
    stdin: BinaryIO | None = None,
    tables: Mapping[str, str] | None = None,
) -> Everything:
    """All tables and columns of the given files, for `scan` and `check`; a file that cannot be read, or in two ways, is put
    aside with its error. Raises `CrmMetricsError` for a path that does not exist."""
    settings = settings or Settings()
    files = opened(paths, settings, stdin, lenient=True)
    from crm_metrics.analysis.everything import load_everything  # imports pandas, which a wrong path does not need

    return load_everything(files, settings, today=today or date.today(), forced=tables or {})


def scan(
    paths: Sequence[str], *, settings: Settings | None = None, today: date | None = None, stdin: BinaryIO | None = None
) -> Scan:
    """What is recognised in the given files: tables, columns, dates, stages, joins, problems."""
    found = everything(paths, settings=settings, today=today, stdin=stdin)
    from crm_metrics.analysis.scan import scan as scanned

    return scanned(found)


def check(
    paths: Sequence[str],
    *,
    only: Sequence[str] = (),
    ignore: Sequence[str] = (),
    settings: Settings | None = None,
    today: date | None = None,
    stdin: BinaryIO | None = None,
) -> list[Finding]:
    """What is wrong with the given files, beyond what `[check.NAME]` of the settings lets pass: warnings before notes.
    `only` and `ignore` name checks or dimensions. A file that cannot be read is a finding. Raises `AmbiguousError` for files
    that can be read in two ways, `DataError` when none can be read, `NothingToReport` when none is recognised."""
    from crm_metrics.analysis import quality

    settings = settings or Settings()
    quality.refuse_unknown(only, ignore, settings.check)
    found = everything(paths, settings=settings, today=today, stdin=stdin)
    asked = [error for error in found.refused.values() if isinstance(error, AmbiguousError)]
    if asked or (found.refused and found.dataset is None):
        raise together(asked or list(found.refused.values()))
    if found.dataset is None:
        seen = ", ".join(raw.path for raw in found.unrecognised) or ", ".join(paths)
        raise NothingToReport(f"no file is recognised: {seen}", hint="'crm-metrics scan' says what each lacks.")
    return quality.run(found, catalog_of(settings), only=only, ignore=ignore)
