"""Records that still wait, and what figures rest on, in words: a short note beside a figure, sentences below all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from crm_metrics import schema
from crm_metrics.book import cells

if TYPE_CHECKING:
    from crm_metrics.analysis.grounds import Waiting
    from crm_metrics.reporting.report import Report

_NAMED = 3


def beside(wait: Waiting) -> str:
    """A note beside a figure: how many wait, and the figure with them."""
    value = "" if wait.value is None else f"; with them {cells.value(wait.value, wait.metric.unit)}"
    unknown = "; with them too few have ended to tell" if wait.many and not value else ""
    return f"{_share(wait)} {_wait(wait)}{value}{unknown}"


def sentences(report: Report) -> list[str]:
    """A sentence for each metric that has records waiting, in the order of the report."""
    by_metric: dict[str, list[Waiting]] = {}
    for wait in report.waiting:
        by_metric.setdefault(wait.metric.name, []).append(wait)
    titles = {metric.name: metric.title for metric in report.metrics}
    return [cells.visible(f"{titles[name]}: {_sentence(waits)}") for name, waits in by_metric.items()]


def resting(report: Report) -> list[str]:
    """A sentence for each thing that figures rest on, with the titles of these, in the order of the report."""
    titles: dict[str, list[str]] = {}
    for metric in report.metrics:
        for words in report.grounds.get(metric.name, ()):
            titles.setdefault(words, []).append(metric.title)
    return [cells.visible(f"{', '.join(names)}: {words}") for words, names in titles.items()]


def _sentence(waits: Sequence[Waiting]) -> str:
    first = waits[0]
    what = f"{schema.called(first.metric.table)} created in the period"
    if not any(first.segment):
        counts = f"{cells.count(first.count)} of the {cells.count(first.of)} {what} ({_share(first)})"
        return f"{counts} {_wait(first)} and are not in it{_with_them(first)}"
    most = sorted(waits, key=lambda segment: -segment.share)
    named = [f"{' '.join(segment.segment)} {_share(segment)}{_short(segment)}" for segment in most]
    return f"{what} that {_wait(first)} are not in it: {cells.listed(named, _NAMED)}"


def _short(wait: Waiting) -> str:
    return "" if wait.value is None else f" (with them {cells.value(wait.value, wait.metric.unit)})"


def _with_them(wait: Waiting) -> str:
    if not wait.many:
        return ""
    if wait.value is None:
        return "; with them it cannot be told yet: too few have ended"
    shown = cells.value(wait.value, wait.metric.unit)
    return f"; with them, each for as long as it has waited, it is {shown}"


def _share(wait: Waiting) -> str:
    return cells.value(wait.share, "percent")


def _wait(wait: Waiting) -> str:
    return "are still open" if wait.metric.table == "deals" else "still wait"
