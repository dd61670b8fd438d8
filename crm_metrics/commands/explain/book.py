"""A figure opened, as tables and in words: the records behind it, the formulas with their figures, what is counted and what
was read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pandas as pd

from crm_metrics import schema
from crm_metrics.book import OF_ROW, Book, Cell, Column, Origin, Pairs, Passage, Said, Sheet, cells
from crm_metrics.book.rows import naming, row_of, unseen
from crm_metrics.intervals.words import method
from crm_metrics.metrics.describe import rule, when
from crm_metrics.metrics.metric import Unit

if TYPE_CHECKING:
    from crm_metrics.analysis.explanation import Explanation, Opened, Step
    from crm_metrics.analysis.parts import Amount, Part
    from crm_metrics.metrics.metric import Metric
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
        Origin.of(figure.dataset),
        [
            _records(figure),
            Sheet("figures", "Figures", _FIGURES, figures, for_people=True, charted=True),
            Sheet("counted", "What is counted", _PARTS, parts, for_people=True, charted=True),
            Sheet(
                "not_counted", "What is not counted", _LEFT_OUT, left, empty="nothing", for_people=True, charted=True
            ),
        ],
        about=[f"{figure.period.start} to {figure.period.end - timedelta(days=1)}"],
        says=[in_words(now.metric, amount) for amount in now.amounts],
        notes=notes(figure),
        extra=_as_json(figure),
        passages=passages(figure),
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
        spelled = column.dt.date if by_day else column.dt.strftime("%Y-%m-%dT%H:%M:%S")
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


def passages(figure: Opened) -> list[Passage]:
    """The formulas with their figures, each part with the rows that are counted and those that are not, what became of the
    records of the other period, and the files behind all of it."""
    formulas = Passage("How it is made", list(map(_step, figure.now.steps)))
    counted = Passage("What is counted", [line for part in figure.now.parts for line in _part(part)])
    parts = [formulas, counted, *_set_against(figure), Passage("What was read", list(map(Said, _read(figure))))]
    return [passage for passage in parts if passage.parts]


def notes(figure: Opened) -> list[str]:
    """Its limits and edges, how it is another on the vendor's own screen, and how to see the records."""
    now = figure.now
    stock = " (those counted, and those not)" if any(part.out is not None for part in now.parts) else ""
    return [
        *(f"Its limits: {how}." for how in [method(now.metric)] if how),
        *(f"Where its edges are: {edges}" for edges in [now.metric.edges] if edges),
        *(f"On the vendor's own screen: {words}" for words in figure.elsewhere.values()),
        f"Every record with its file and row{stock}: the same command with --rows.",
    ]


def in_words(metric: Metric, figure: Amount) -> str:
    """A value with its limits and the records it rests on, or why there is none."""
    if figure.value is None:
        return f"not available: {figure.reason}"
    shown = cells.value(figure.value, metric.unit, figure.currency)
    if figure.low is not None and figure.high is not None:
        low, high = (cells.value(limit, metric.unit, figure.currency) for limit in (figure.low, figure.high))
        shown += f"   with 95 % confidence {low} to {high}"
    return f"{shown}   from {cells.several(figure.n, 'record')}"


def _step(step: Step) -> Pairs:
    """A formula, and below it the same with figures."""
    metric = step.metric
    names = [name for name in step.names if re.search(rf"\b{name}\b", metric.formula_text)]
    figures = re.sub(
        r"\b(" + "|".join(names or ["(?!)"]) + r")\b", lambda match: _number(step.names[match[0]]), metric.formula_text
    )
    again = ", as the rate of one month" if metric.per_month else ""
    if metric.over_months:
        again = f", {'added up over' if metric.over_months == 'sum' else 'the mean of'} the months"
    has_values = bool(names) and all(step.names[name] is not None for name in names)
    formulas = [
        f"{text.replace(' * ', ' × ').replace(' - ', ' − ')}{again}"
        for text in (metric.formula_text, *([figures] if has_values else []))
    ]
    shown = ", ".join(cells.value(amount_.value, metric.unit, amount_.currency) for amount_ in step.amounts)
    labels = [metric.name, *[""] * len(formulas)]
    return Pairs([(label, f"= {text}") for label, text in zip(labels, [*formulas, shown], strict=True)])


def _number(value: float | None) -> str:
    return "–" if value is None or value != value else f"{value:,.10g}"


def _part(part: Part) -> list[Said]:
    metric = part.metric
    shown = ", ".join(
        cells.value(amount_.value, metric.unit, amount_.currency) if amount_.value is not None else str(amount_.reason)
        for amount_ in part.amounts
    )
    what = {"count": "rows", "distinct": f"different {metric.column}s"}.get(
        metric.aggregate or "", f"{metric.aggregate} of {metric.column}"
    )
    where = f" where {metric.where_text}" if metric.where_text else ""
    left = "; ".join(f"{cells.count(count)} {reason}" for reason, count in part.left_out.items())
    counted = f"{cells.count(len(part.rows))} of {cells.count(part.total)} rows"
    return [
        Said(f"{metric.name} = {shown}"),
        Said(f"{what} of {schema.called(metric.table)}{where}, {when(metric)}", 2),
        *(Said(_headers(path, columns), 2) for path, columns in part.headers.items()),
        Said(f"{counted}; not counted: {left}" if left else counted, 2),
    ]


def _headers(path: str, columns: Mapping[str, str]) -> str:
    named = ", ".join(f"{name}: {label!r}" for name, label in columns.items() if name != label)
    return f"{path} ({named})" if named else path


def _set_against(figure: Opened) -> list[Passage]:
    """What became of the records of the other period, part by part."""
    if figure.before is None or figure.before_period is None:
        return []
    rows, before = figure.rows, figure.before
    lines = [f"{before.metric.name} then: {in_words(before.metric, counts_of)}" for counts_of in before.amounts]
    for part in figure.now.parts:
        amount_ = rows.loc[rows["part"] == part.metric.name, "change"].value_counts()
        names = [name for name in ("entered", "left", "changed", "stayed") if name in amount_]
        counts = ", ".join(f"{cells.count(int(amount_[name]))} {name}" for name in names)
        lines.append(f"{part.metric.name}: {counts or 'no records in either'}")
    return [Passage(f"Against {figure.before_period.label}", list(map(Said, lines)))]


def _read(figure: Opened) -> list[str]:
    """The files behind the parts, and what was left out when they were read."""
    used = {path for part in figure.now.parts for path in part.headers}
    lines = []
    for source in (source for source in figure.dataset.sources if source.path in used):
        left = "".join(
            f"; {cells.count(count)} left out: {reason.replace('-', ' ')}" for reason, count in source.left_out.items()
        )
        lines.append(f"{source.path}: {cells.count(source.rows)} rows read, {cells.count(source.used)} used{left}")
    return lines
