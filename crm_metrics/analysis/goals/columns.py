"""The targets of a report's rows: those of goals for just the period and the segment of a row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from crm_metrics.analysis.goals.targets import Target, attainment, not_compared, reached, several, unlike
from crm_metrics.engine.currencies import Money
from crm_metrics.intervals.engine import Engine
from crm_metrics.metrics.metric import Metric
from crm_metrics.periods import Period


@dataclass
class Filled:
    """A sentence for every target whose currency is not that of the amounts, and the goals that are missed."""

    notes: list[str] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)


def fill(
    engine: Engine,
    metric: Metric,
    parts: Sequence[Money],
    windows: Sequence[int],
    periods: Sequence[Period],
    rows: Sequence[dict[str, Any]],
    wanted: Sequence[Target],
) -> Filled:
    """Writes `target` and `attainment` into the rows of each part, which are its shown cells by period and segment."""
    filled = Filled()
    for target in wanted:
        dims, filtered = parts[0].cells.dims, {name for name, _ in engine.dataset.settings.part}
        if target.goal.metric != metric.name or {*target.dims} != {*dims} | filtered:
            continue
        labels, label = engine.segments(dims).labels, tuple(target.goal.scope[dim] for dim in dims)
        if label not in labels:
            continue
        segment = labels.index(label)
        for place in [place for place, period in enumerate(periods) if target.is_for(period)]:
            window = windows[place]
            cells = [(part, row) for part, row in zip(parts, rows, strict=True) if part.shown[window, segment]]
            problem = _problem(engine, metric, target, [part for part, _ in cells], window, segment)
            if problem:
                filled.notes.append(not_compared(target, problem))
                continue
            for part, row in cells:
                here = _row(part, windows, place, segment)
                if not _write(metric, target, row, here):
                    filled.missed.append(" ".join([metric.name, *label, f"in {target.period.label}"]))
    return filled


def _problem(engine: Engine, metric: Metric, target: Target, parts: Sequence[Money], window: int, segment: int) -> str:
    currencies = [part.currency[window, segment] for part in parts]
    if len(currencies) > 1:
        return several(sorted(map(str, currencies)))
    if not metric.is_money or not currencies or not parts[0].cells.n[window, segment]:
        return ""  # nothing is in no currency
    return unlike(target.currency(engine.dataset.settings), currencies[0])


def _row(part: Money, windows: Sequence[int], place: int, segment: int) -> int:
    """The row of a period and a segment among a part's shown cells."""
    at, columns = np.nonzero(part.shown[np.array(windows)])
    return int(np.flatnonzero((at == place) & (columns == segment))[0])


def _write(metric: Metric, target: Target, row: dict[str, Any], here: int) -> bool:
    """False when the target is missed for good."""
    value, upward = float(row["value"][here]), target.is_upward(metric)
    share = attainment(value, target.target, target.goal.baseline, upward=upward)
    for name, written in (("target", target.target), ("attainment", np.nan if share is None else share)):
        row[name] = np.array(row[name])  # which may be of one value for all
        row[name][here] = written
    return row["status"][here] != "ok" or reached(value, target.target, upward=upward)
