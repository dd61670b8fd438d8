"""What is wrong with the data: silent and exit code 0 when nothing is, else the findings and exit code 1."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, Unpack

from crm_metrics import errors
from crm_metrics.commands import Call, option
from crm_metrics.errors import AmbiguousError, NothingToReport, together
from crm_metrics.session import Files, Session

if TYPE_CHECKING:
    from crm_metrics.analysis.quality import Finding

ABOUT, PLACE = "what is wrong with the data; silent and exit code 0 when nothing is", 150


def _names(texts: Sequence[str]) -> list[str]:
    return [name.strip() for text in texts for name in text.split(",") if name.strip()]


def _listed() -> str:
    from crm_metrics.analysis import quality

    checks = quality.all_checks().values()
    wide = max(len(check.name) for check in checks)
    blocks = {
        dimension: [f"  {check.name:<{wide}}  {check.sentence}" for check in checks if check.dimension is dimension]
        for dimension in dict.fromkeys(check.dimension for check in checks)
    }
    return "\n\n".join("\n".join([str(name).capitalize(), *lines]) for name, lines in blocks.items())


def check(
    paths: Sequence[str] | Session,
    *,
    only: Annotated[
        Sequence[str], option("--only NAME", "Only these checks or dimensions, separated by commas.", parse=_names)
    ] = (),
    ignore: Annotated[Sequence[str], option("--ignore NAME", "Not these checks or dimensions.", parse=_names)] = (),
    **files: Unpack[Files],
) -> list[Finding]:
    """What is wrong with the given files, beyond what `[check.NAME]` of the settings lets pass: warnings before notes.
    `only` and `ignore` name checks or dimensions. A file that cannot be read is a finding. Raises `AmbiguousError` for files
    that can be read in two ways, `DataError` when none can be read, `NothingToReport` when none is recognised."""
    from crm_metrics.analysis import quality

    session = Session.of(paths, **files)
    quality.refuse_unknown(only, ignore, session.settings.check)
    inventory = session.inventory()
    asked = [error for error in inventory.refused.values() if isinstance(error, AmbiguousError)]
    if asked or (inventory.refused and inventory.dataset is None):
        raise together(asked or list(inventory.refused.values()))
    if inventory.dataset is None:
        paths_read = ", ".join(raw.path for raw in inventory.unrecognised) or ", ".join(session.paths)
        raise NothingToReport(f"no file is recognised: {paths_read}", hint="'crm-metrics scan' says what each lacks.")
    return quality.run(inventory, session.catalog, only=only, ignore=ignore)


def run(
    call: Call,
    *,
    rows: Annotated[
        bool, option("--rows", "Every affected row as CSV: check, file, row, what was seen.", format="csv")
    ] = False,
    list_: Annotated[bool, option("--list", "The checks there are.", says=_listed)] = False,
    **asked: Any,
) -> int:
    """Writes what was found; nothing at all to a page where there is nothing."""
    findings = check(call.session, **asked)
    if findings or call.output is not None or call.format != "text":
        call.answer(findings, rows=rows)
    return errors.EXIT_FINDINGS if findings else 0
