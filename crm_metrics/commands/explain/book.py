"""A figure opened, as tables: the records behind it, the formulas with their figures, and what is counted."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pandas as pd

from crm_metrics.book import OF_ROW, Book, Cell, Column, Origin, Sheet
from crm_metrics.book.rows import naming, row_of, unseen
from crm_metrics.commands.explain import words
from crm_metrics.intervals.words import method
from crm_metrics.metrics.describe import rule
from crm_metrics.metrics.metric import Unit

if TYPE_CHECKING:
    from crm_metrics.analysis.explanation import Explanation
    from crm_metrics.analysis.opening import Opened
    from crm_metrics.periods import Period

_FIGURES = (
    Column("metric", shown=False),
    Column("title", "Figure"),
    Column("formula", "how it is made"),
    Column("value", unit=OF_ROW),
    Column("low", "at least", OF_ROW),
    Column("high", "at most", OF_ROW),
    Column("n", "records", Unit.COUNT),
    Column("reason", "not available", spare=1),
    *unseen(OF_ROW, "currency"),
)
_PARTS = (
    Column("metric", shown=False),
    Column("title", "Part"),
    Column("table"),
    Column("counted", unit=Unit.COUNT),
    Column("total", "of", Unit.COUNT),
)
_LEFT_OUT = (Column("title", "Part"), Column("reason"), Column("rows", unit=Unit.COUNT))


def book(figure: Opened) -> Book:
    """The records first, of a stock also those that are not counted, last; in words what they are, and how the figure is
    made of them."""
    now = figure.now
    listed = [
        (now.metric, now.amounts),
        *((step.metric, step.amounts) for step in now.steps if step.metric != now.metric),
    ]
    listed += [(part.metric, part.amounts) for part in now.parts if part.metric != now.metric]
    figures = [
        row_of(_FIGURES, amount, **naming(metric), formula=rule(metric))
        for metric, amounts in listed
        for amount in amounts
    ]
    parts: list[list[Cell]] = [
        [part.metric.name, part.metric.title, part.metric.table, len(part.rows), part.total] for part in now.parts
    ]
    left: list[list[Cell]] = [
        [part.metric.title, reason, count] for part in now.parts for reason, count in part.left_out.items()
    ]
    segment = "".join(f", {name} {value}" for name, value in now.segment.items())
    label = f" ({now.label})" if now.label else ""
    return Book(
        f"{now.metric.title}{label}  {figure.period.label}{segment}",
        Origin(figure.as_of, figure.sources, notes=figure.notes, where=figure.where),
        [
            _records(figure),
            Sheet("figures", "Figures", _FIGURES, figures, for_people=True, charted=True),
            Sheet("counted", "What is counted", _PARTS, parts, for_people=True, charted=True),
            Sheet(
                "not_counted", "What is not counted", _LEFT_OUT, left, empty="nothing", for_people=True, charted=True
            ),
        ],
        about=[f"{figure.period.start} to {figure.period.end - timedelta(days=1)}"],
        says=[words.amount(now.metric, amount) for amount in now.amounts],
        notes=words.notes(figure),
        extra=_as_json(figure),
        passages=words.passages(figure),
    )


def _records(figure: Opened) -> Sheet:
    """All records, dates without a time where the column has none."""
    rows = figure.rows
    if figure.before is None and len(figure.left_out):
        rows = pd.concat([rows.astype(object), figure.left_out.astype(object)], ignore_index=True)
    columns = [Column(str(name), spare=1) for name in rows]
    listed = list(zip(*(_cells(rows[name]) for name in rows), strict=True))
    return Sheet("rows", "Records", columns, listed, empty="no records", for_people=False)


def _cells(column: pd.Series) -> list[Cell]:
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        by_day = bool((column.dropna() == column.dropna().dt.normalize()).all())
        spelled = column.dt.strftime("%Y-%m-%d" if by_day else "%Y-%m-%dT%H:%M:%S")
        return spelled.astype(object).where(column.notna(), None).tolist()
    return [_cell(value) for value in column.tolist()]


def _cell(value: object) -> Cell:
    if value is None or value is pd.NA or value is pd.NaT or value != value:
        return None
    if isinstance(value, pd.Timestamp):
        return value.isoformat()
    return value if isinstance(value, (bool, int, float, str)) else str(value)


def _as_json(figure: Opened) -> dict[str, Any]:
    """The value, the formulas with their figures, and each part with what was left out; dates are ISO text, both ends of a
    period inclusive."""
    result = _explanation(figure.now, figure.period)
    if figure.before is not None and figure.before_period is not None:
        result["before"] = _explanation(figure.before, figure.before_period)
    return {**result, "differs": figure.elsewhere}


def _explanation(opened: Explanation, period: Period) -> dict[str, Any]:
    return {
        **naming(opened.metric),
        "period": period.label,
        "segment": dict(opened.segment),
        "amounts": [asdict(amount) for amount in opened.amounts],
        "interval": method(opened.metric) or None,
        "edges": opened.metric.edges or None,
        "formulas": [
            {
                "metric": step.metric.name,
                "formula": step.metric.formula_text,
                "figures": {name: None if value != value else value for name, value in step.names.items()},
                "amounts": [asdict(amount) for amount in step.amounts],
            }
            for step in opened.steps
        ],
        "parts": [
            {
                "metric": part.metric.name,
                "table": part.metric.table,
                "aggregate": part.metric.aggregate,
                "column": part.metric.column or None,
                "where": part.metric.where_text or None,
                "at": part.metric.at,
                "open": list(part.metric.open) if part.metric.open else None,
                "amounts": [asdict(amount) for amount in part.amounts],
                "rows": part.total,
                "counted": len(part.rows),
                "left_out": dict(part.left_out),
                "headers": {path: dict(columns) for path, columns in part.headers.items()},
            }
            for part in opened.parts
        ],
    }
