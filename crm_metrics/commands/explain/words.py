"""An opened figure in words: how it is made, what is counted, what was read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from crm_metrics import schema
from crm_metrics.book import Pairs, Passage, Said, cells
from crm_metrics.intervals.words import method
from crm_metrics.metrics.describe import when

if TYPE_CHECKING:
    from crm_metrics.analysis.explanation import Step
    from crm_metrics.analysis.opening import Opened
    from crm_metrics.analysis.parts import Amount, Part
    from crm_metrics.metrics.metric import Metric


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


def amount(metric: Metric, figure: Amount) -> str:
    """A value with its limits and the records it rests on, or why there is none."""
    if figure.value is None:
        return f"not available: {figure.reason}"
    shown = cells.value(figure.value, metric.unit, figure.currency)
    if figure.low is not None and figure.high is not None:
        low, high = (cells.value(limit, metric.unit, figure.currency) for limit in (figure.low, figure.high))
        shown += f"   with 95 % confidence {low} to {high}"
    return f"{shown}   from {cells.count(figure.n)} {'record' if figure.n == 1 else 'records'}"


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
    formulas = [f"{_signs(text)}{again}" for text in (metric.formula_text, *([figures] if has_values else []))]
    shown = ", ".join(cells.value(amount_.value, metric.unit, amount_.currency) for amount_ in step.amounts)
    labels = [metric.name, *[""] * len(formulas)]
    return Pairs([(label, f"= {text}") for label, text in zip(labels, [*formulas, shown], strict=True)])


def _number(value: float | None) -> str:
    return "–" if value is None or value != value else f"{value:,.10g}"


def _signs(formula: str) -> str:
    return formula.replace(" * ", " × ").replace(" - ", " − ")


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
    lines = [f"{before.metric.name} then: {amount(before.metric, counts_of)}" for counts_of in before.amounts]
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
    for source in (source for source in figure.sources if source.path in used):
        left = "".join(
            f"; {cells.count(count)} left out: {reason.replace('-', ' ')}" for reason, count in source.left_out.items()
        )
        lines.append(f"{source.path}: {cells.count(source.rows)} rows read, {cells.count(source.used)} used{left}")
    return lines
