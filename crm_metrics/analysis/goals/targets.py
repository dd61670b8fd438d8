"""One target: the metric, the part of the records and the days it is for, and what a value is against it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

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
