"""One target: the metric, the part of the records and the days it is for, what a value is against it, and the rows of a
report that it is for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np

from crm_metrics.engine.currencies import Money
from crm_metrics.intervals.engine import Engine
from crm_metrics.metrics.metric import Metric
from crm_metrics.metrics.own import is_upward
from crm_metrics.periods import Calendar, Period
from crm_metrics.periods.calendar import DAY
from crm_metrics.settings import Settings
from crm_metrics.tables import NONE, Dataset

if TYPE_CHECKING:
    from crm_metrics.settings.goals import Goal


@dataclass(frozen=True, eq=False)
class Target:
    """A goal, or one month or quarter of a series of them. `scope` holds dimension and value, in order of dimension."""

    goal: Goal
    period: Period
    target: float

    @property
    def scope(self) -> tuple[tuple[str, str], ...]:
        return tuple(sorted(self.goal.scope.items()))

    @property
    def dims(self) -> tuple[str, ...]:
        return tuple(name for name, _ in self.scope)

    @property
    def due(self) -> date:
        return self.period.end - DAY

    def currency(self, settings: Settings) -> str | None:
        """The currency of the target: its own, else the one that all amounts are in that name none; None when not set."""
        return self.goal.currency or settings.currency

    def is_for(self, period: Period) -> bool:
        return period.unit != "all" and (period.start, period.end) == (self.period.start, self.period.end)

    def is_upward(self, metric: Metric) -> bool:
        return is_upward(metric, self.target, self.goal.baseline)


def targets(settings: Settings) -> list[Target]:
    """Every target of the settings, in their order; those of a series oldest first. Where figures are made of some rows, a
    target for more than these is none of theirs."""
    calendar = Calendar(settings.fiscal_year_start, settings.week_start)
    return [
        Target(goal, calendar.between(start, due + DAY), target)
        for goal in settings.goal
        if settings.part <= {*goal.scope.items()}
        for start, due, target in goal.steps
    ]


def reached(value: float, target: float, *, upward: bool) -> bool:
    """Whether a value meets a target; the target itself does."""
    return value >= target if upward else value <= target


def attainment(value: float, target: float, baseline: float | None, *, upward: bool) -> float | None:
    """How much of the target is reached, 1 for all of it: value / target where more is better; where less is, the part of
    the way from the baseline, without one target / value. None where that is no share: of a target of 0 or below, or
    from a baseline that is no worse than the target."""
    if value != value:
        return None
    if upward:
        return value / target if target > 0 else None
    if baseline is not None:
        return (baseline - value) / (baseline - target) if baseline > target else None
    return target / value if value > 0 and target >= 0 else None


def unlike(wanted: str | None, currency: str | None) -> str:
    """Why an amount in a currency (None: it names none) cannot be compared with a target in the currency `wanted` (None: in
    whatever the amounts are in); empty when it can."""
    if wanted is None or wanted == currency:
        return ""
    if currency is None:
        return f"the target is in {wanted}, the amounts name no currency: set currency to the one they are in"
    return f"the target is in {wanted}, the amounts are in {currency}: [rates] in the settings converts them"


def several(currencies: list[str]) -> str:
    """Why amounts in several currencies cannot be compared with a target."""
    return f"the amounts are in {' and '.join(currencies)}, which do not add up: [rates] in the settings converts them"


def unlike_deals(dataset: Dataset, target: Target) -> str:
    """Why a target for what deals bring cannot be compared with the amounts of all of them; empty when it can."""
    wanted, deals = target.currency(dataset.settings), dataset.tables.get("deals")
    if dataset.priced_in is not None or deals is None:
        return unlike(wanted, dataset.priced_in or wanted)
    named = deals.frame["currency"] if deals.has("currency") else None
    names: list[str | None] = []
    if named is not None:
        names += sorted(map(str, named.dropna().unique()))
    if named is None or (named.isna().any() and len(deals.frame)):
        names.append(dataset.settings.currency)
    currencies = list(dict.fromkeys(names))
    if len(currencies) > 1:
        return several([name or NONE for name in currencies])
    return unlike(wanted, currencies[0]) if currencies else ""


def not_compared(target: Target, problem: str) -> str:
    """A sentence that says so."""
    return f"The goal for {target.goal.metric} in {target.period.label} is not compared: {problem}."


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
        segment, labels = engine.segments(dims).place(target.goal.scope), [target.goal.scope[dim] for dim in dims]
        if segment is None:
            continue
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
                    filled.missed.append(" ".join([metric.name, *labels, f"in {target.period.label}"]))
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
