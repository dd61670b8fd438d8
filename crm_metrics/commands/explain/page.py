"""An opened figure as a page for people."""

from __future__ import annotations

import re
from datetime import timedelta
from textwrap import wrap
from typing import TYPE_CHECKING

from crm_metrics import schema
from crm_metrics.book import cells
from crm_metrics.intervals.words import method
from crm_metrics.metrics.describe import when

if TYPE_CHECKING:
    from crm_metrics.analysis.explanation import Amount, Explanation, Part, Step
    from crm_metrics.analysis.opening import Opened
    from crm_metrics.book.screen import Screen
    from crm_metrics.metrics.metric import Metric

_WIDTH = 100
_SIGNS = {" * ": " × ", " - ": " − "}


def draw(figure: Opened, screen: Screen, verbose: bool) -> None:
    """Draws the page: the figure, how it is made, its parts, what was left out, its edges."""
    now = figure.now
    segment = "".join(f", {name} {cells.visible(value)}" for name, value in now.segment.items())
    label = f" ({now.label})" if now.label else ""
    lines = [f"{now.metric.title}{label}  {figure.period.label}{segment}", *_headline(figure), ""]
    if now.steps:
        lines += ["How it is made", *(line for step in now.steps for line in _step(step)), ""]
    lines += ["What is counted", *(line for part in now.parts for line in _part(part, now))]
    if figure.before is not None:
        lines += ["", *_set_against(figure)]
    lines += ["", *_reading(figure)]
    if how := method(now.metric):
        lines += ["", *_wrapped(f"Its limits: {how}.")]
    if now.metric.edges:
        lines += ["", *_wrapped(f"Where its edges are: {now.metric.edges}")]
    for words in figure.elsewhere.values():
        lines += ["", *_wrapped(f"On the vendor's own screen: {words}")]
    lines += [line for note in figure.notes for line in ["", *_wrapped(note)]]
    stock = " (those counted, and those not)" if any(part.out is not None for part in now.parts) else ""
    lines += ["", f"Every record with its file and row{stock}: the same command with --rows."]
    if screen.width is not None:
        lines = [part for line in lines for part in _fitted(line, screen.width)]
    for line in lines:
        screen.line((line, ""))


def _headline(figure: Opened) -> list[str]:
    first, last = figure.period.start, figure.period.end - timedelta(days=1)
    return [
        *(_amount(figure.now.metric, amount) for amount in figure.now.amounts),
        f"{first} to {last}, data up to {figure.as_of}",
    ]


def _amount(metric: Metric, amount: Amount) -> str:
    if amount.value is None:
        return f"not available: {amount.reason}"
    shown = cells.value(amount.value, metric.unit, amount.currency)
    if amount.low is not None and amount.high is not None:
        low, high = (cells.value(limit, metric.unit, amount.currency) for limit in (amount.low, amount.high))
        shown += f"   with 95 % confidence {low} to {high}"
    return f"{shown}   from {cells.count(amount.n)} {'record' if amount.n == 1 else 'records'}"


def _step(step: Step) -> list[str]:
    """A formula, and below it the same with figures."""
    metric = step.metric
    names = [name for name in step.names if re.search(rf"\b{name}\b", metric.formula_text)]
    figures = re.sub(
        r"\b(" + "|".join(names or ["(?!)"]) + r")\b", lambda found: _number(step.names[found[0]]), metric.formula_text
    )
    shown = [cells.value(amount.value, metric.unit, amount.currency) for amount in step.amounts]
    again = ", as the rate of one month" if metric.per_month else ""
    if metric.over_months:
        again = f", {'added up over' if metric.over_months == 'sum' else 'the mean of'} the months"
    lead = " " * (len(metric.name) + 2)
    lines = [f"  {metric.name} = {_signs(metric.formula_text)}{again}"]
    if names and all(step.names[name] is not None for name in names):
        lines.append(f"{lead} = {_signs(figures)}{again}")
    return [*lines, f"{lead} = {', '.join(shown)}"]


def _number(value: float | None) -> str:
    return "–" if value is None or value != value else f"{value:,.10g}"


def _signs(formula: str) -> str:
    for sign, shown in _SIGNS.items():
        formula = formula.replace(sign, shown)
    return formula


def _part(part: Part, whole: Explanation) -> list[str]:
    metric = part.metric
    shown = ", ".join(
        cells.value(amount.value, metric.unit, amount.currency) if amount.value is not None else str(amount.reason)
        for amount in part.amounts
    )
    what = {"count": "rows", "distinct": f"different {metric.column}s"}.get(
        metric.aggregate or "", f"{metric.aggregate} of {metric.column}"
    )
    where = f" where {metric.where_text}" if metric.where_text else ""
    lines = [f"  {metric.name} = {shown}"]
    lines += _wrapped(f"{what} of {schema.called(metric.table)}{where}, {when(metric)}", 4)
    lines += [line for path, columns in part.headers.items() for line in _wrapped(_headers(path, columns), 4)]
    counted = cells.count(len(part.rows))
    left = "; ".join(f"{cells.count(count)} {reason}" for reason, count in part.left_out.items())
    return [
        *lines,
        *_wrapped(f"{counted} of {cells.count(part.total)} rows{f'; not counted: {left}' if left else ''}", 4),
    ]


def _headers(path: str, columns: dict[str, str] | object) -> str:
    assert isinstance(columns, dict)
    named = ", ".join(f"{name}: {cells.visible(label)!r}" for name, label in columns.items() if name != label)
    return f"{cells.visible(path)}{f' ({named})' if named else ''}"


def _set_against(figure: Opened) -> list[str]:
    """What became of the records of the other period, part by part."""
    assert figure.before is not None
    assert figure.before_period is not None
    rows = figure.rows
    lines = [f"Against {figure.before_period.label}"]
    lines += [
        f"  {figure.before.metric.name} then: {_amount(figure.before.metric, amount)}"
        for amount in figure.before.amounts
    ]
    for part in figure.now.parts:
        found = rows.loc[rows["part"] == part.metric.name, "change"].value_counts()
        counts = ", ".join(
            f"{cells.count(int(found[name]))} {name}"
            for name in ("entered", "left", "changed", "stayed")
            if name in found
        )
        lines.append(f"  {part.metric.name}: {counts or 'no records in either'}")
    return lines


def _reading(figure: Opened) -> list[str]:
    """The files behind the parts, and what was left out when they were read."""
    used = {path for part in figure.now.parts for path in part.headers}
    lines = []
    for source in figure.sources:
        if source.path in used:
            left = "; ".join(
                f"{cells.count(count)} left out: {reason.replace('-', ' ')}"
                for reason, count in source.left_out.items()
            )
            read = (
                f"{cells.visible(source.path)}: {cells.count(source.rows)} rows read, {cells.count(source.used)} used"
            )
            lines += _wrapped(f"{read}{f'; {left}' if left else ''}", 2)
    return ["What was read", *lines]


def _wrapped(text: str, indent: int = 0, width: int = _WIDTH) -> list[str]:
    space = " " * indent
    return wrap(
        text, width, initial_indent=space, subsequent_indent=space, break_long_words=False, break_on_hyphens=False
    )


def _fitted(line: str, width: int) -> list[str]:
    """A line in a narrower terminal: what does not fit goes on below, indented as it was."""
    indent = len(line) - len(line.lstrip())
    return _wrapped(line.strip(), indent, width) if len(line) > width else [line]
