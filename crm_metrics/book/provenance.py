"""What stands around figures wherever they are shown: the files they come from, and the problems with the data."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from crm_metrics import schema
from crm_metrics.book import cells
from crm_metrics.issues import Issue, Severity
from crm_metrics.tables import Coverage, Source

if TYPE_CHECKING:
    from crm_metrics.book.screen import Screen


def inputs(sources: Sequence[Source]) -> str:
    """How many files and rows were read, and how many of these are used."""
    files = len({source.path.partition("#")[0] for source in sources})
    read, used = sum(source.rows for source in sources), sum(source.used for source in sources)
    parts = [f"{cells.count(files)} {'file' if files == 1 else 'files'}", f"{cells.count(read)} rows read"]
    if read != used:
        parts += [f"{cells.count(used)} used", f"{cells.count(read - used)} left out"]
    return ", ".join(parts)


def reach(as_of: date, coverage: Mapping[str, Coverage]) -> str:
    """Up to when the data goes, with the tables that end earlier than the others."""
    ends, later = _ends(as_of, coverage, str)
    return f"data {', '.join(ends)}{later}"


def covered_until(sources: Sequence[Source], as_of: date, coverage: Mapping[str, Coverage]) -> str:
    """How many files there are and up to when they go, with the tables that end earlier: "11 files, all up to 5 Jan
    2026"."""
    from crm_metrics.book.naming import day

    (newest, *earlier), later = _ends(as_of, coverage, day)
    count = len({source.path.partition("#")[0] for source in sources})
    files = [f"{cells.count(count)} {'file' if count == 1 else 'files'}"] if count else []
    quantifier = "all " if count > 1 and not earlier else ""
    return ", ".join([*files, f"{quantifier}{newest}", *earlier]) + later


def _ends(as_of: date, coverage: Mapping[str, Coverage], spoken: Callable[[date], str]) -> tuple[list[str], str]:
    """The newest day of all tables, then those that end earlier; and as-of where it is later."""
    ends = {name: min(span.complete, as_of) for name, span in coverage.items() if not schema.is_derived(name)}
    newest = max(ends.values(), default=as_of)
    tables: dict[date, list[str]] = {}
    for name, end in sorted(ends.items(), key=lambda pair: (-pair[1].toordinal(), pair[0])):
        if end < newest:
            tables.setdefault(end, []).append(schema.called(name))
    earlier = [f"{' and '.join(names)} up to {spoken(end)}" for end, names in tables.items()]
    return [f"up to {spoken(newest)}", *earlier], f", as of {spoken(as_of)}" if newest < as_of else ""


def covered(coverage: Mapping[str, Coverage]) -> dict[str, Any]:
    """What every given table covers, as plain values."""
    return {
        name: {
            "from": str(span.first),
            "newest": str(span.newest),
            "known_until": str(span.known_until),
            "complete_until": str(span.complete),
        }
        for name, span in sorted(coverage.items())
        if not schema.is_derived(name)
    }


def chosen(issues: Sequence[Issue], *, verbose: bool = False) -> list[Issue]:
    """The warnings about the data, with `verbose` the notes behind them."""
    return sorted(
        (issue for issue in issues if verbose or issue.severity is Severity.WARNING),
        key=lambda issue: issue.severity is Severity.NOTE,
    )


def problem(issue: Issue) -> str:
    """A problem in a line."""
    return cells.visible(f"{issue.path}: {issue.sentence}" if issue.path else issue.sentence)


def problems(issues: Sequence[Issue], *, verbose: bool = False) -> list[str]:
    """The problems with the data, a line each: the warnings, with `verbose` also the notes."""
    return [problem(issue) for issue in chosen(issues, verbose=verbose)]


def counted(issues: Sequence[Issue], *, verbose: bool) -> list[str]:
    """The problems, and without `verbose` how many notes there are besides."""
    lines = problems(issues, verbose=verbose)
    notes = sum(issue.severity is Severity.NOTE for issue in issues)
    if notes and not verbose:
        lines.append("1 note: -v shows it" if notes == 1 else f"{cells.count(notes)} notes: -v shows them")
    return lines


def section(screen: Screen, title: str, lines: Sequence[str]) -> None:
    """Draws lines under a title, nothing where there are none."""
    if not lines:
        return
    screen.blank()
    if title:
        screen.line((title, "bold"))
    for line in lines:
        screen.paragraph(line, "dim", indent=2 if title else 0, hang=4 if title else 2)
