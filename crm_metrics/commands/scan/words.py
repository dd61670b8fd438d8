"""The scan in words: a passage for each file, then what could not be read, then how the files fit together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from crm_metrics.book import Pairs, Passage, Said
from crm_metrics.book.cells import count, several
from crm_metrics.errors import AmbiguousError, DataError
from crm_metrics.issues import Issue, Severity
from crm_metrics.schema import called

if TYPE_CHECKING:
    from crm_metrics.analysis.scan import Column, File, Scan
    from crm_metrics.loaders.advising import Nearest
    from crm_metrics.tables import Coverage

# What passages tell of by themselves.
TOLD = {"unrecognised-file", "date-order", "stage-open"}
# Readings that are rare enough to be looked at.
_ALWAYS = {"unix-time", "values-unused"}
_REASONS = {
    "malformed-row": "with more or fewer cells than the header",
    "total-row": "as totals",
    "bare-row": "without a record",
    "planned-row": "as planned",
    "deleted-row": "as marked deleted",
    "repeated-id": "as older versions of a record",
    "part-of-deal": "as further parts of a deal",
    "older-version": "as older versions of a record in another file",
    "same-spend": "as the same spend as another file's",
    "cancelled-order": "as cancelled",
    "no-revenue": "as months without revenue",
    "other-state": "as deleted, merged or spam",
    "closed-in-future": "as closed in the future",
    "repeated-header": "as a repeated header",
    "partial-response": "as unfinished",
}


def facts(scan: Scan) -> list[str]:
    """How many files there are of each kind, and from when to when their dates are."""
    unsettled = sum(isinstance(error, AmbiguousError) for error in scan.refused.values())
    counts = [
        (unsettled, "file", "to be settled"),
        (len(scan.refused) - unsettled, "file", "not read"),
        (len(scan.unrecognised), "file", "not recognised"),
        (len(scan.ignored), "file", "ignored"),
    ]
    counted = [f"{several(count, noun)} {what}" for count, noun, what in counts if count]
    dates = [f"dates from {scan.first} to {scan.last}" if scan.first else "no dates"] if scan.as_of is not None else []
    return [f"{several(len(scan.files), 'table')} recognised", *counted, *dates]


def passages(scan: Scan, *, verbose: bool) -> list[Passage]:
    """All that is said of the files; with `verbose` also notes, and what is ignored."""
    return [
        *(_file(file, scan.coverage.get(file.source.table), verbose=verbose) for file in scan.files),
        *(_refused(path, error) for path, error in scan.refused.items()),
        *(_unrecognised(path, nearest) for path, nearest in scan.unrecognised.items()),
        *(passage for passage in (*_together(scan), *_rest(scan, verbose=verbose)) if passage.parts),
    ]


def _file(file: File, covered: Coverage | None, *, verbose: bool) -> Passage:
    source = file.source
    kind = source.table.replace("_", " ") + (f" from {file.title}" if source.vendor != "generic" else "")
    parts: list[Said | Pairs] = [Said(f"{kind} · {_rows(file)}")]
    if covered is not None:
        late = covered.known_until > covered.complete
        outcome = f", what became of them is known up to {covered.known_until}" if late else ""
        parts.append(Said(f"the {called(source.table)} are of {covered.first} to {covered.complete}{outcome}"))
    if file.settings:
        parts.append(Said("by the settings: " + "; ".join(file.settings), style="dim"))
    return Passage(
        source.path,
        [*parts, *_columns(file), *_dates(file), *_values(file), *_problems(file.issues, verbose=verbose)],
    )


def _rows(file: File) -> str:
    source = file.source
    text = f"{several(source.rows, 'row')}, {count(source.used)} used"
    if not source.left_out:
        return text
    reasons = ", ".join(
        f"{count(number)} {_REASONS.get(reason, reason.replace('-', ' '))}"
        for reason, number in sorted(source.left_out.items())
        if number
    )
    return f"{text}, {count(source.rows - source.used)} left out: {reasons}"


def _columns(file: File) -> Iterator[Said | Pairs]:
    mapped = [column for column in file.columns if column.name is not None]
    left = [column.header or "(no header)" for column in file.columns if column.name is None]
    yield Said("Columns", style="cyan")
    name = max((len(column.name or "") for column in mapped), default=0)
    yield Pairs([(column.header, _taken(column, name)) for column in mapped], 2, across=3)
    if left:
        yield Said("left alone: " + ", ".join(left), 2, "dim")
    if file.offer:
        yield Said(file.offer, 2)


def _taken(column: Column, wide: int) -> str:
    """What a column was taken for, and the share of its cells that is filled; a gap is never rounded away."""
    filled = "" if column.filled is None else f"{column.filled if column.filled == 1 else min(column.filled, 0.99):.0%}"
    return f"→ {column.name:<{wide}} {filled.replace('%', ' %'):>5}"


def _dates(file: File) -> Iterator[Said | Pairs]:
    spans = [(column.header, column.span) for column in file.columns if column.span is not None]
    if not spans:
        return
    yield Said(f"Dates  read {file.date_order}: {file.date_proof}" if file.date_order else "Dates", style="cyan")
    days = [
        f"{span.first} to {span.last}{', days without a time' if span.by_day else ''}" if span.first else "no date"
        for _, span in spans
    ]
    yield Pairs([(header, text) for (header, _), text in zip(spans, days, strict=True)], 2)


def _values(file: File) -> Iterator[Said | Pairs]:
    for column in dict.fromkeys(value.column for value in file.values):
        values = [value for value in file.values if value.column == column]
        yield Said(f"What each {column} means", style="cyan")
        means = max(len(value.meaning) for value in values)
        rows = max(len(count(value.rows)) for value in values)
        yield Pairs([(value.value, f"{value.meaning:<{means}}  {count(value.rows):>{rows}}") for value in values], 2)


def _problems(issues: Iterable[Issue], *, verbose: bool) -> Iterator[Said]:
    shown = [issue for issue in issues if verbose or _is_warning(issue) or issue.code in _ALWAYS]
    shown = [issue for issue in shown if issue.code not in TOLD]
    if shown:
        yield Said("Problems" if any(map(_is_warning, shown)) else "Notes", style="cyan")
    for issue in shown:
        yield Said(issue.sentence, 2, "yellow" if _is_warning(issue) else "dim")


def _is_warning(issue: Issue) -> bool:
    return issue.severity is Severity.WARNING


def _refused(path: str, error: DataError) -> Passage:
    parts = [Said(error.within(path))]
    for reading in error.readings if isinstance(error, AmbiguousError) else ():
        parts.append(Said(f"{reading.title}: {reading.effect}", 2))
        ways = [way for way in (reading.option, f"{reading.setting} in crm-metrics.toml") if way]
        parts.append(Said("choose it with " + " or ".join(ways), 3, "dim"))
    if error.hint:
        parts.append(Said(error.hint))
    return Passage(path, parts, "to be settled" if isinstance(error, AmbiguousError) else "not read", "red")


def _unrecognised(path: str, nearest: Nearest) -> Passage:
    if nearest.table is None:
        parts = [Said("No column has a name that is known for any table.")]
    else:
        fitting = f": {', '.join(nearest.fitting)} would fit" if nearest.fitting else ""
        parts = [Said(f"Nearest to {nearest.table.replace('_', ' ')}{fitting}.")]
        for part in nearest.lacking:
            like = f"; {' or '.join(part.like[:3])} may be that" if part.like and nearest.ways else ""
            parts.append(Said(f"It lacks a column such as {', '.join(part.headers)}{like}."))
        for way in nearest.ways:
            columns = ", ".join(f"{name} is {header}" for name, header in way.columns.items())
            parts.append(Said(f"To read it so{f' ({columns})' if columns else ''}, add"))
            parts.append(Said(way.option, 3, "dim"))
        if nearest.ways:
            parts.append(Said("or let 'crm-metrics init' write it into a settings file.", style="dim"))
    return Passage(path, parts, "not recognised, not used", "yellow")


def _together(scan: Scan) -> Iterator[Passage]:
    """How the files fit together, and which customers are in several."""
    joins = [join for join in scan.joins if join.rows]
    parts = []
    for path in dict.fromkeys(join.path for join in joins):
        parts.append(Said(path))
        for join in (join for join in joins if join.path == path):
            text = f"{join.column} in {join.other.replace('_', ' ')}: {_share(join.matched, join.rows)} found"
            strange = f", not {', '.join(join.examples)}, …" if join.examples else ""
            parts.append(Said(text + strange, 2, "yellow" if strange else "dim"))
    yield Passage("How the files fit together", parts)
    parts = []
    for part in scan.shared:
        text = f"{several(part.customers, 'customer')}, {_share(part.elsewhere, part.customers)} also in another file"
        parts += [Said(part.path), Said(text, 2, "dim")]
    yield Passage("The same customers in several files", parts)


def _rest(scan: Scan, *, verbose: bool) -> Iterator[Passage]:
    """The columns that nothing tells how to read, and what is ignored."""
    unclear = {column: why for column, why in scan.unusable.items() if why.reason == "scale-ambiguous"}
    lines = [f"{column} is not used: {why.seen}; {why.hint}" for column, why in unclear.items()]
    yield Passage("Not used", [Said(line, style="yellow") for line in lines])
    yield Passage("Ignored", [Said(path, style="dim") for path in scan.ignored if verbose])


def _share(part: int, total: int) -> str:
    """A share in words that never rounds a gap away: of 100,000 rows 99,999 are not all."""
    if part == total:
        return f"all {count(total)}"
    if not part:
        return f"none of {count(total)}"
    return f"{count(part)} of {count(total)} ({min(max(part / total * 100, 0.1), 99.9):.1f} %)"
