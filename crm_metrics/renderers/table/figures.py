"""The rows of a report as values the table is laid out from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from crm_metrics.metrics.metric import Better, Metric, Unit
from crm_metrics.renderers import cells
from crm_metrics.writers.drawing import tidy

if TYPE_CHECKING:
    from crm_metrics.renderers.table.screen import Span
    from crm_metrics.report import Report

GOOD, BAD, QUIET = "green", "red", "dim"
_GOAL = ("target", "attainment")
# For what rose, and for what fell.
SIGNS = dict.fromkeys(("better", "worse"), ("▲", "▼")) | {f"maybe {name}": ("△", "▽") for name in ("better", "worse")}


@dataclass(frozen=True, slots=True)
class Figure:
    """One value of a metric. `segment` holds its value of each dimension of the run, `per` of each of its own."""

    metric: Metric
    period: str
    start: str
    segment: tuple[str, ...]
    per: tuple[str, ...]
    value: float | None
    n: float | None
    complete: bool
    partial: bool
    reason: str | None
    currency: str | None
    change: float | None
    change_pct: float | None
    signal: str | None
    standing: str | None = None
    places: tuple[int, int] | None = None
    target: float | None = None
    attainment: float | None = None

    @property
    def text(self) -> str:
        """The value as people read it, with a star when it is not final."""
        shown = cells.value(self.value, self.metric.unit, self.currency)
        return f"{shown}*" if self.partial and self.value is not None else shown

    @property
    def change_text(self) -> str:
        return cells.change(self.change, self.change_pct, self.metric.unit, self.currency)

    @property
    def is_beyond_chance(self) -> bool:
        return self.signal in SIGNS and bool(self.change_text)

    @property
    def direction(self) -> int:
        """1 when it rose, -1 when it fell, 0 when it did neither or nobody knows."""
        # As it is shown: what rounds to no change is none.
        return {"+": 1, cells.MINUS: -1}.get(self.change_text[:1], 0)

    @property
    def change_style(self) -> str:
        """Good or bad by the direction in which the metric is better; quiet for the rest."""
        if not self.is_beyond_chance:
            return QUIET
        return GOOD if self.signal in ("better", "maybe better") else BAD

    @property
    def place_text(self) -> str:
        """Whether it stands out from the other segments, and the places it may hold; empty where nothing tells."""
        sign = {"above": "▲", "below": "▼"}.get(self.standing or "", " ")
        best, worst = self.places or (0, 0)
        held = "" if self.places is None else f"{best}" if best == worst else f"{best}–{worst}"
        return f"{sign} {held}".rstrip()

    @property
    def goal_text(self) -> str:
        """How much of which target is reached; empty without a goal."""
        if self.target is None:
            return ""
        target = cells.value(self.target, self.metric.unit, self.currency)
        return target if self.attainment is None else f"{cells.value(self.attainment, Unit.PERCENT)} of {target}"

    def mark(self, *, color: bool) -> Span:
        """The sign behind the change, one character, where it is beyond chance: filled where it surely is."""
        if not self.is_beyond_chance or self.signal is None:
            return " ", QUIET
        risen, fallen = SIGNS[self.signal]
        rose = (self.signal in ("better", "maybe better")) == (self.metric.better is Better.HIGHER)
        return (risen if rose else fallen), self.change_style


def per_of(metric: Metric, report: Report) -> tuple[str, ...]:
    """The dimensions a metric brings along that are columns of the report and not already dimensions of the run."""
    return tuple(name for name in metric.per if name in report.per and name not in report.by)


def titled(report: Report) -> Report:
    """The report with its metrics named as its rows name them, safe to print: a title may say how it was read."""
    named = dict(zip(tidy.words(report.rows["metric"]), tidy.words(report.rows["title"]), strict=True))
    titles = {metric.name: named.get(metric.name) or metric.title for metric in report.metrics}
    metrics = [replace(metric, title=cells.visible(titles[metric.name])) for metric in report.metrics]
    return replace(report, metrics=metrics)


def figures(report: Report) -> list[Figure]:
    """The rows of the metrics shown, in the order of the report, their texts safe to print."""
    rows = report.rows
    names = ("metric", "period", "start", "status", "reason", "currency", "signal", "complete", "standing")
    text = {name: tidy.words(rows[name]) for name in names}
    number = {name: tidy.numbers(rows[name]) for name in ("value", "n", "change", "change_pct", *_GOAL)}
    places = _places(report)
    label = {name: _labels(tidy.words(rows[name])) for name in (*report.by, *report.per)}
    metrics = {metric.name: metric for metric in report.metrics}
    segments = _tuples([label[name] for name in report.by], len(rows))
    pers = {}
    for metric in report.metrics:
        dimensions = per_of(metric, report)
        if dimensions not in pers:
            pers[dimensions] = _tuples([label[name] for name in dimensions], len(rows))
    per_by_metric = {metric.name: pers[per_of(metric, report)] for metric in report.metrics}
    return [
        Figure(
            metric=metrics[name],
            period=text["period"][i] or "",
            start=text["start"][i] or "",
            segment=segments[i],
            per=per_by_metric[name][i],
            value=number["value"][i],
            n=number["n"][i],
            complete=text["complete"][i] != "false",
            partial=text["status"][i] == "partial",
            reason=text["reason"][i],
            currency=text["currency"][i],
            change=number["change"][i],
            change_pct=number["change_pct"][i],
            signal=text["signal"][i],
            standing=text["standing"][i],
            places=places[i],
            target=number["target"][i],
            attainment=number["attainment"][i],
        )
        for i, name in enumerate(text["metric"])
        if name is not None and name in metrics
    ]


def _places(report: Report) -> list[tuple[int, int] | None]:
    """The best and the worst place of each row, None where it has none."""
    both = zip(tidy.numbers(report.rows["rank_low"]), tidy.numbers(report.rows["rank_high"]), strict=True)
    return [None if low is None or high is None else (int(low), int(high)) for low, high in both]


def _labels(words: Sequence[str | None]) -> list[str]:
    return [cells.visible(word) if word else "" for word in words]


def _tuples(columns: Sequence[Sequence[str]], length: int) -> list[tuple[str, ...]]:
    return list(zip(*columns, strict=True)) if columns else [()] * length
