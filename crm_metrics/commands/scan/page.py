"""The scan as a page for people: a block per file, then what could not be read, then how the files fit together."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from rich.cells import cell_len

from crm_metrics.book.cells import count, visible
from crm_metrics.book.provenance import reach
from crm_metrics.book.screen import GAP, Screen, padded_to
from crm_metrics.errors import AmbiguousError, DataError
from crm_metrics.issues import Issue, Severity
from crm_metrics.schema import called

if TYPE_CHECKING:
    from crm_metrics.analysis.scan import Column, File, Scan
    from crm_metrics.loaders.advising import Nearest
    from crm_metrics.tables import Coverage

# What is said elsewhere on the page.
_SAID = {"unrecognised-file", "date-order", "stage-open"}
# Readings that are rare enough to be looked at.
_ALWAYS = {"unix-time", "values-unused"}
_BETWEEN = 4
_REASONS = {
    "malformed-row": "with more or fewer cells than the header",
    "total-row": "as totals",
    "deleted-row": "as marked deleted",
    "repeated-id": "as older versions of a record",
    "older-version": "as older versions of a record in another file",
    "same-spend": "as the same spend as another file's",
    "cancelled-order": "as cancelled",
    "other-state": "as deleted, merged or spam",
    "closed-in-future": "as closed in the future",
    "repeated-header": "as a repeated header",
    "partial-response": "as unfinished",
}


def draw(scan: Scan, screen: Screen, verbose: bool) -> None:
    """Draws the page."""
    _heading(screen, scan)
    for file in scan.files:
        _file(screen, file, scan.coverage.get(file.source.table), verbose=verbose)
    for path, error in scan.refused.items():
        _refused(screen, path, error)
    for path, nearest in scan.unrecognised.items():
        _unrecognised(screen, path, nearest)
    _together(screen, scan)
    _rest(screen, scan, verbose=verbose)


def _heading(screen: Screen, scan: Scan) -> None:
    facts = [_number(len(scan.files), "table") + " recognised"]
    open_ = sum(isinstance(error, AmbiguousError) for error in scan.refused.values())
    if open_:
        facts.append(_number(open_, "file") + " to be settled")
    if len(scan.refused) > open_:
        facts.append(_number(len(scan.refused) - open_, "file") + " not read")
    if scan.unrecognised:
        facts.append(f"{_number(len(scan.unrecognised), 'file')} not recognised")
    if scan.ignored:
        facts.append(f"{_number(len(scan.ignored), 'file')} ignored")
    screen.line(("Scan  ", "bold"), (" · ".join(facts), "bold"))
    about = []
    if scan.as_of is not None:
        about = [
            f"dates from {scan.first} to {scan.last}" if scan.first else "no dates",
            reach(scan.as_of, scan.coverage),
        ]
    if scan.settings_file is not None:
        about.append(f"settings {visible(scan.settings_file)}")
    if about:
        screen.paragraph(" · ".join(about), "dim", hang=0)


def _file(screen: Screen, file: File, covered: Coverage | None, *, verbose: bool) -> None:
    source = file.source
    screen.blank()
    screen.paragraph(visible(source.path), "bold", hang=2)
    kind = source.table.replace("_", " ") + (f" from {file.title}" if source.vendor != "generic" else "")
    screen.paragraph(f"{kind} · {_rows(file)}", indent=2)
    if covered is not None:
        known = f", what became of them is known up to {covered.known}" if covered.known > covered.complete else ""
        screen.paragraph(f"the {called(source.table)} are of {covered.first} to {covered.complete}{known}", indent=2)
    if file.settings:
        screen.paragraph("by the settings: " + visible("; ".join(file.settings)), "dim", indent=2)
    _columns(screen, file)
    _dates(screen, file)
    _values(screen, file)
    _problems(screen, file.issues, verbose=verbose)


def _rows(file: File) -> str:
    source = file.source
    text = f"{_number(source.rows, 'row')}, {count(source.used)} used"
    if not source.left_out:
        return text
    reasons = ", ".join(
        f"{count(number)} {_REASONS.get(reason, reason.replace('-', ' '))}"
        for reason, number in sorted(source.left_out.items())
        if number
    )
    return f"{text}, {count(source.rows - source.used)} left out: {reasons}"


def _columns(screen: Screen, file: File) -> None:
    mapped = [(visible(column.header), column) for column in file.columns if column.name is not None]
    left = [visible(column.header) or "(no header)" for column in file.columns if column.name is None]
    _title(screen, "Columns")
    header = max((cell_len(label) for label, _ in mapped), default=0)
    name = max((len(column.name or "") for _, column in mapped), default=0)
    wide = header + name + len(" →  100 %")
    room = wide if screen.width is None else screen.width - 4
    across = max(1, min(3, (room + _BETWEEN) // (wide + _BETWEEN)))
    if across > 1:
        cells = [f"{padded_to(label, header)} {_taken(column, name)}" for label, column in mapped]
        down = -(-len(cells) // across)
        for at in range(down):
            screen.line(("    ", ""), ((" " * _BETWEEN).join(cells[at::down]), ""))
    else:
        if screen.width is not None:
            header = min(header, max(room - (wide - header) - 1, 10))
        for label, column in mapped:
            screen.row([((label, ""), header)], [(_taken(column, name), "")], indent=4)
    if left:
        screen.paragraph("left alone: " + ", ".join(left), "dim", indent=4)
    if file.offer:
        screen.paragraph(visible(file.offer), indent=4)


def _taken(column: Column, wide: int) -> str:
    """What a column was taken for, and the share of its cells that is filled; a gap is never rounded away."""
    filled = "" if column.filled is None else f"{column.filled if column.filled == 1 else min(column.filled, 0.99):.0%}"
    return f"→ {column.name:<{wide}} {filled.replace('%', ' %'):>5}"


def _dates(screen: Screen, file: File) -> None:
    spans = [(column.header, column.span) for column in file.columns if column.span is not None]
    if not spans:
        return
    proof = f"  read {file.date_order}: {visible(file.date_proof)}" if file.date_order else ""
    _title(screen, "Dates", proof)
    wide = max(cell_len(visible(header)) for header, _ in spans)
    for header, span in spans:
        if span.first is None:
            days = "no date"
        else:
            days = f"{span.first} to {span.last}{', days without a time' if span.by_day else ''}"
        _entry(screen, visible(header), wide, days)


def _values(screen: Screen, file: File) -> None:
    for column in dict.fromkeys(value.column for value in file.values):
        values = [value for value in file.values if value.column == column]
        _title(screen, f"What each {column} means")
        wide = max(cell_len(visible(value.value)) for value in values)
        means = max(len(value.meaning) for value in values)
        rows = max(len(count(value.rows)) for value in values)
        for value in values:
            _entry(screen, visible(value.value), wide, f"{value.meaning:<{means}}  {count(value.rows):>{rows}}")


def _entry(screen: Screen, label: str, wide: int, text: str) -> None:
    """A label and what belongs to it; below each other where both do not fit beside each other."""
    if screen.width is None or 4 + wide + len(GAP) + cell_len(text) <= screen.width:
        screen.line(("    ", ""), (padded_to(label, wide), ""), (GAP, ""), (text, ""))
    else:
        screen.paragraph(label, indent=4)
        screen.paragraph(text, indent=6)


def _problems(screen: Screen, issues: Iterable[Issue], *, verbose: bool) -> None:
    shown = [
        issue
        for issue in issues
        if issue.code not in _SAID and (verbose or issue.severity is Severity.WARNING or issue.code in _ALWAYS)
    ]
    if not shown:
        return
    _title(screen, "Problems" if any(issue.severity is Severity.WARNING for issue in shown) else "Notes")
    for issue in shown:
        style = "yellow" if issue.severity is Severity.WARNING else "dim"
        screen.paragraph(visible(issue.sentence), style, indent=4)


def _refused(screen: Screen, path: str, error: DataError) -> None:
    screen.blank()
    is_open = isinstance(error, AmbiguousError)
    screen.line((visible(path), "bold"), ("  to be settled" if is_open else "  not read", "red"))
    screen.paragraph(visible(error.within(path)), indent=2)
    if isinstance(error, AmbiguousError):
        for reading in error.readings:
            screen.paragraph(visible(f"{reading.title}: {reading.effect}"), indent=4)
            ways = [way for way in (reading.option, f"{reading.setting} in crm-metrics.toml") if way]
            screen.paragraph(visible("choose it with " + " or ".join(ways)), "dim", indent=6)
    if error.hint:
        screen.paragraph(visible(error.hint), indent=2)


def _unrecognised(screen: Screen, path: str, nearest: Nearest) -> None:
    screen.blank()
    screen.line((visible(path), "bold"), ("  not recognised, not used", "yellow"))
    if nearest.table is None:
        screen.paragraph("No column has a name that is known for any table.", indent=2)
        return
    fitting = f": {', '.join(map(visible, nearest.fitting))} would fit" if nearest.fitting else ""
    screen.paragraph(f"Nearest to {nearest.table.replace('_', ' ')}{fitting}.", indent=2)
    for part in nearest.lacking:
        like = f"; {' or '.join(map(visible, part.like[:3]))} may be that" if part.like and nearest.ways else ""
        screen.paragraph(f"It lacks a column such as {', '.join(part.headers)}{like}.", indent=2)
    for way in nearest.ways:
        said = ", ".join(f"{name} is {visible(header)}" for name, header in way.columns.items())
        screen.paragraph(f"To read it so{f' ({said})' if said else ''}, add", indent=2)
        screen.paragraph(visible(way.option), "dim", indent=6)
    if nearest.ways:
        screen.paragraph("or let 'crm-metrics init' write it into a settings file.", "dim", indent=2)


def _together(screen: Screen, scan: Scan) -> None:
    found = [join for join in scan.joins if join.rows]
    if found:
        screen.blank()
        screen.line(("How the files fit together", "bold"))
    for path in dict.fromkeys(join.path for join in found):
        screen.paragraph(visible(path), indent=2)
        for join in found:
            if join.path == path:
                text = f"{join.column} in {join.other.replace('_', ' ')}: {_share(join.matched, join.rows)} found"
                strange = f", not {', '.join(map(visible, join.examples))}, …" if join.examples else ""
                screen.paragraph(text + strange, "yellow" if strange else "dim", indent=4)
    if scan.shared:
        screen.blank()
        screen.line(("The same customers in several files", "bold"))
    for part in scan.shared:
        text = f"{_number(part.customers, 'customer')}, {_share(part.elsewhere, part.customers)} also in another file"
        screen.paragraph(visible(part.path), indent=2)
        screen.paragraph(text, "dim", indent=4)


def _rest(screen: Screen, scan: Scan, *, verbose: bool) -> None:
    unclear = {column: why for column, why in scan.unusable.items() if why.reason == "scale-ambiguous"}
    lines = [f"{column} is not used: {visible(why.seen)}; {visible(why.hint)}" for column, why in unclear.items()]
    shown = [issue for issue in scan.issues if issue.code not in _SAID]
    shown = [issue for issue in shown if verbose or issue.severity is Severity.WARNING]
    lines += [visible(f"{issue.path}: {issue.sentence}" if issue.path else issue.sentence) for issue in shown]
    if lines:
        screen.blank()
        screen.line(("Problems of no single file", "bold"))
    for line in lines:
        screen.paragraph(line, "yellow", indent=2)
    if verbose and scan.ignored:
        screen.blank()
        screen.line(("Ignored", "bold"))
        for path in scan.ignored:
            screen.paragraph(visible(path), "dim", indent=2)


def _title(screen: Screen, text: str, rest: str = "") -> None:
    if screen.width is not None and 2 + cell_len(text + rest) > screen.width:
        screen.line(("  ", ""), (text, "cyan"))
        screen.paragraph(rest.strip(), "dim", indent=4)
        return
    screen.line(("  ", ""), (text, "cyan"), (rest, "dim"))


def _share(part: int, whole: int) -> str:
    """A share in words that never rounds a gap away: of 100,000 rows 99,999 are not all."""
    if part == whole:
        return f"all {count(whole)}"
    if not part:
        return f"none of {count(whole)}"
    return f"{count(part)} of {count(whole)} ({min(max(part / whole * 100, 0.1), 99.9):.1f} %)"


def _number(number: int, noun: str) -> str:
    return f"{count(number)} {noun}{'' if number == 1 else 's'}"
