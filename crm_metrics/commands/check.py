"""What is wrong with the data: silent and exit code 0 when nothing is, else the findings and exit code 1."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Unpack

from crm_metrics import errors
from crm_metrics.book import Book, Cell, Column, Origin, Passage, Said, Sheet
from crm_metrics.book.cells import count, listed
from crm_metrics.book.rows import row_of, unseen
from crm_metrics.commands import Call, option
from crm_metrics.errors import AmbiguousError, NothingToReport, together
from crm_metrics.issues import Severity
from crm_metrics.metrics.metric import Unit
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


_FIRST = 10  # rows of a check in JSON
_SHOWN, _METRICS = 3, 4  # on a page
_AT_ONCE = 10_000
_FINDINGS = (
    Column("check"),
    Column("dimension"),
    Column("severity", styles={"error": "red", "warning": "yellow"}),
    Column("count", "rows", Unit.COUNT),
    Column("of", unit=Unit.COUNT),
    *unseen("share", unit=Unit.PERCENT),
    *unseen("sentence", "effect"),
    Column("metrics", "figures", shown=False),
)
_ROWS = (Column("check"), Column("file"), Column("row"), Column("seen"))


def book(findings: Sequence[Finding], *, rows: bool) -> Book:
    """The findings, each with its effect and its first rows; with `rows` every row that was found instead."""
    if rows:
        listed: list[list[Cell]] = [[finding.check.name, *row] for finding in findings for row in _rows(finding)]
        return Book("Rows with problems", Origin(), [Sheet("rows", "", _ROWS, listed, empty="nothing is wrong")])
    described = list(map(_as_json, findings))
    rows_of = [row_of(_FINDINGS, None, **cells | {"metrics": " ".join(cells["metrics"])}) for cells in described]
    sheet = Sheet("findings", "", _FINDINGS, rows_of, empty="nothing is wrong")
    passages = list(map(_passage, findings))
    return Book("Data problems", Origin(), [sheet], extra={"findings": described}, passages=passages)


def _passage(finding: Finding) -> Passage:
    check = finding.check
    parts_said = [Said(check.sentence)]
    if check.effect:
        parts_said.append(Said(f"Effect: {check.effect}."))
    if finding.metrics:
        parts_said.append(Said(f"Figures: {listed(finding.metrics, _METRICS)}"))
    shown = list(_rows(finding, _SHOWN))
    for path in dict.fromkeys(part.path for part in finding.parts):
        parts = [part for part in finding.parts if part.path == path]
        number = count(sum(part.count for part in parts))
        parts_said.append(Said(f"{path}: {number}" if any(len(part.rows) for part in parts) else path, 2, "dim"))
        alike: dict[str, list[str]] = {}
        for where, row, cell in shown:
            if where == path:
                alike.setdefault(cell, []).extend([] if row is None else [str(row)])
        parts_said += [Said(f"row {', '.join(rows)}  {cell}" if rows else cell, 3) for cell, rows in alike.items()]
    return Passage(check.name, parts_said, "a note" if check.severity is Severity.NOTE else "")


def _as_json(finding: Finding) -> dict[str, Any]:
    check = finding.check
    return {
        "check": check.name,
        "dimension": str(check.dimension),
        "severity": str(check.severity),
        "count": finding.count,
        "of": finding.of,
        "share": finding.count / finding.of if finding.of else None,
        "sentence": check.sentence,
        "effect": check.effect,
        "metrics": list(finding.metrics),
        "files": [{"path": part.path, "count": part.count} for part in finding.parts],
        "first": [{"path": path, "row": row, "seen": cell} for path, row, cell in _rows(finding, _FIRST)],
    }


Row = tuple[str, int | None, str]  # the file, the row as a spreadsheet shows it (None: all of it), what was seen


def _rows(finding: Finding, most: int | None = None) -> Iterator[Row]:
    """The rows of a finding, so many at most, from its files in turn, and what is said of whole files."""
    import numpy as np

    left = sum(len(part.rows) for part in finding.parts) if most is None else most
    for part in finding.parts:
        if not len(part.rows):
            yield part.path, None, next(iter(part.seen(np.zeros(1, dtype=np.int64))))
        end = min(left, len(part.rows))
        for start in range(0, end, _AT_ONCE):
            places = np.arange(start, min(start + _AT_ONCE, end))
            for row, text in zip(part.rows[places].tolist(), part.seen(places), strict=True):
                yield part.path, row, text
        left -= end
