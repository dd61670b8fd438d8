"""A report as a book: every figure as a row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from crm_metrics.metrics.metric import Unit
from crm_metrics.renderers import table, waiting
from crm_metrics.renderers.table import Options
from crm_metrics.report import AFTER_DIMENSIONS, BEFORE_DIMENSIONS
from crm_metrics.sheets import OF_ROW, Book, Column, Frame, Origin, Sheet

if TYPE_CHECKING:
    from crm_metrics.report import Report

_STYLES = {"better": "green", "maybe better": "green", "worse": "red", "maybe worse": "red"}
_COLUMNS = {
    column.name: column
    for column in (
        Column("metric", shown=False),
        Column("title", "Figure"),
        Column(OF_ROW, shown=False),
        Column("period", "Period"),
        Column("start", shown=False),
        Column("end", shown=False),
        Column("complete", shown=False),
        Column("value", "Value", OF_ROW),
        Column("low", "at least", OF_ROW, spare=4),
        Column("high", "at most", OF_ROW, spare=4),
        Column("n", "records", Unit.COUNT, spare=6),
        Column("status", shown=False),
        Column("reason", "not available", spare=3),
        Column("currency", shown=False),
        Column("compare_period", shown=False),
        Column("compare_value", "before", OF_ROW, spare=1),
        Column("change", "change", OF_ROW, spare=2, signed="difference"),
        Column("change_pct", "in percent", Unit.PERCENT, spare=5, signed="relative"),
        Column("signal", "beyond chance", spare=1, styles=_STYLES),
        Column("target", "target", OF_ROW, spare=7),
        Column("attainment", "reached", Unit.PERCENT, spare=7),
        Column("standing", "against all", spare=8),
        Column("rank_low", "rank from", Unit.COUNT, spare=9),
        Column("rank_high", "to", Unit.COUNT, spare=9),
    )
}


def book(report: Report, *, everything: str = "", paths: Sequence[str] = ()) -> Book:
    """The tidy rows as the only table; a terminal has a page of its own: of the headline figures, with `everything` of "all"
    figures or of those that are "named" and in the report; `paths` are those of the commands that it names."""
    from dataclasses import asdict

    names = [*BEFORE_DIMENSIONS, *report.by, *report.per, *AFTER_DIMENSIONS]
    columns = [_COLUMNS.get(name) or Column(name, spare=1) for name in names]
    rows = Frame(report.rows, columns, dates=("start", "end"))
    known: dict[str, Any] = {"period": report.period}
    if report.restated is not None:
        known["restated"] = list(map(asdict, report.restated))
    days = str(report.start) if report.start == report.end else f"{report.start} to {report.end}"
    compared = [f"compared with {report.compare_period}"] if report.compare_period else []
    return Book(
        f"Key figures  {report.period}",
        origin(report),
        [Sheet("rows", "", columns, rows)],
        [days if report.complete else f"{days}, to date", *compared],
        notes=[*report.uncovered, *report.notes, *waiting.resting(report), *waiting.sentences(report)],
        known=known,
        page=lambda screen, verbose: table.draw(report, screen, Options(verbose, everything, paths)),
    )


def origin(report: Report) -> Origin:
    """What a report was made from."""
    return Origin(
        report.as_of,
        report.sources,
        report.settings_file,
        report.issues,
        (),
        report.coverage,
        report.digests,
        report.settings,
    )
