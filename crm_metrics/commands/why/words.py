"""What a change came of, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_metrics.book import cells
from crm_metrics.intervals.signals import BETTER, BEYOND_CHANCE, MAYBE_BETTER, MAYBE_WORSE, NONE, UNKNOWN, WORSE
from crm_metrics.metrics.metric import Unit

if TYPE_CHECKING:
    from crm_metrics.analysis.drivers import Change

_FEW = 0.2  # of the whole change: what came of a single segment explains little

_SAID = {
    BETTER: "better, by more than chance brings 3 times in 1,000",
    WORSE: "worse, by more than chance brings 3 times in 1,000",
    MAYBE_BETTER: "maybe better: chance brings as much less than 5 times in 100",
    MAYBE_WORSE: "maybe worse: chance brings as much less than 5 times in 100",
    NONE: "no more than chance may bring",
    UNKNOWN: "too few records to tell it from chance",
}


def headline(change: Change) -> str:
    """Both values, the change, and what chance says of it."""
    before, now = (cells.value(number, change.metric.unit, change.currency) for number in (change.before, change.now))
    verdict = _SAID.get(change.signal or "", "")
    return f"{before} → {now}   {difference(change, change.now - change.before)}{f'   {verdict}' if verdict else ''}"


def difference(change: Change, number: float) -> str:
    """A part of the change in the metric's own unit: points for shares, else the amount itself."""
    if not number:
        return "±0"
    if change.metric.unit in (Unit.PERCENT, Unit.POINTS, Unit.SCORE):
        points = number * 100 if change.metric.unit is Unit.PERCENT else number
        small = abs(points) < 0.05 if change.metric.unit is not Unit.SCORE else abs(points) < 0.005
        return cells.change(number, None, change.metric.unit) if not small else "±0"
    shown = cells.value(abs(number), change.metric.unit, change.currency)
    return f"{'+' if number > 0 else cells.MINUS}{shown}"


def sentence(change: Change) -> str:
    """What the parts say in plain words, and nothing that they do not carry."""
    if not change.dimensions:
        return "No column of the files splits it into parts that add up."
    first = change.dimensions[0]
    significant = [driver for driver in first.drivers if driver.signal in BEYOND_CHANCE]
    if not significant:
        start = "No segment changed by more than chance may bring. " if change.signal in BEYOND_CHANCE else ""
        return f"{start}The parts below add up to the change, but each of them may be chance."
    top = significant[0]
    own = ""
    if top.before is not None and top.now is not None:
        values = [cells.value(number, change.metric.unit, change.currency) for number in (top.before, top.now)]
        own = f", where it went from {values[0]} to {values[1]}"
    total = change.now - change.before
    wide = " and yet is spread wide" if abs(top.contribution) < _FEW * abs(total) else ""
    return (
        f"By {first.name} it differs most{wide}. Of {difference(change, total)} in all, "
        f"{difference(change, top.contribution)} "
        f"came of {cells.visible(top.segment)}{own}: more than chance brings."
    )
