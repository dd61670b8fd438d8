"""What stands around figures wherever they are shown: the files they come from, the problems with the data, and periods and
days as people say them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from crm_metrics import schema
from crm_metrics.book import cells
from crm_metrics.issues import Issue, Severity
from crm_metrics.metrics.metric import Metric
from crm_metrics.tables import Coverage, Source

if TYPE_CHECKING:
    from crm_metrics.book.screen import Screen


def inputs(sources: Sequence[Source]) -> str:
    """How many files and rows what is asked is made of, and how many of these are used."""
    asked = [source for source in sources if source.asked]
    files, made_of = (len({source.path.partition("#")[0] for source in of}) for of in (sources, asked))
    read, used = sum(source.rows for source in asked), sum(source.used for source in asked)
    few = f"{cells.count(made_of)} of " if made_of < files else ""
    parts = [f"{few}{cells.several(files, 'file')}", f"{cells.count(read)} rows read"]
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
    (newest, *earlier), later = _ends(as_of, coverage, day)
    count = len({source.path.partition("#")[0] for source in sources})
    files = [cells.several(count, "file")] if count else []
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


_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_MONTH = re.compile(r"(\d{4})-(\d{2})")
_LONGEST_HEADING = 10


def day(of: date) -> str:
    """A day: "5 Jan 2026"."""
    return f"{of.day} {_MONTHS[of.month - 1][:3]} {of.year}"


def spoken(label: str, *, beside: str = "") -> str:
    """A period by its label: "December 2025", "5 Jan to 20 Feb 2025" by days, anything else as it is; a month of the
    same year as the one `beside` without it."""
    if month := _MONTH.fullmatch(label):
        name = _MONTHS[int(month[2]) - 1]
        return name if beside[:4] == month[1] and _MONTH.fullmatch(beside) else f"{name} {month[1]}"
    days = [_day(text) for text in label.split("..")]
    if None in days:
        return label
    return " to ".join(dict.fromkeys(day(text) for text in days if text))


def is_plain(label: str) -> bool:
    """Whether a period's label tells its days."""
    return bool(_MONTH.fullmatch(label) or re.fullmatch(r"\d{4}", label)) or None not in map(_day, label.split(".."))


def headings(now: str, before: str) -> tuple[str, str]:
    """Two periods above their columns: "Dec" and "Nov", with their years where these differ."""
    above = column(now), column(before)
    if _MONTH.fullmatch(now) and _MONTH.fullmatch(before) and now[:4] == before[:4]:
        return above[0][:3], above[1][:3]
    return above if max(len(now), len(before)) <= _LONGEST_HEADING else ("now", "before")


def column(label: str) -> str:
    """A period above its column: "Dec 2025", anything else as it is."""
    month = _MONTH.fullmatch(label)
    return f"{_MONTHS[int(month[2]) - 1][:3]} {month[1]}" if month else label


def unit_of(label: str) -> str:
    """What periods of this kind are called together: "months", "quarters", else "periods"."""
    kinds = {r"\d{4}-\d{2}": "months", r"(FY)?\d{4}-Q\d": "quarters", r"(FY)?\d{4}": "years", r"\d{4}-W\d\d": "weeks"}
    units = (name for form, name in kinds.items() if re.fullmatch(form, label))
    return next(units, "days" if _day(label) else "periods")


def unripe(metrics: Iterable[Metric], ripe: Mapping[str, tuple[str, float]]) -> list[str]:
    """The line that says which figures are of too young a period to tell, each with the newest period that is old enough and
    its value; none where there is no such figure."""
    of = {metric.name: metric for metric in metrics}
    figures = [
        f"{of[name].title} ({column(label)}: {cells.value(value, of[name].unit)})"
        for name, (label, value) in ripe.items()
    ]
    return [cells.visible(f"Not yet to be told: {' · '.join(figures)}")] if figures else []


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if re.fullmatch(r"\d{4}-\d\d-\d\d", text) else None
    except ValueError:
        return None
