"""Goals: a target for a metric from a day to a day, for everything or a part of it; once, or for each month or quarter.
Alerts: a figure, and what has to be so that somebody is called."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterator
from datetime import date, datetime
from typing import Annotated, Literal, Self, get_args

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from crm_metrics import periods
from crm_metrics.errors import UsageError, did_you_mean
from crm_metrics.periods.calendar import DAY, Period, add_months
from crm_metrics.settings.blocks import ALERTS
from crm_metrics.settings.kinds import Block, Currency, Day

Every = Literal["month", "quarter"]
_MONTHS: dict[Every, int] = {"month": 1, "quarter": 3}
_UNIT = re.compile(r"\d{4}(-([QqHh]\d|\d\d))?")


def _edge(of: Callable[[Period], date]) -> BeforeValidator:
    """A day; of a month, quarter, half or year (2025-Q4, or 2025 as TOML reads it: a number) its first or last day."""

    def read(value: object) -> object:
        text = str(value).strip() if isinstance(value, str | int) and not isinstance(value, bool) else ""
        if not _UNIT.fullmatch(text):
            if isinstance(value, date) and not isinstance(value, datetime):
                return value
            if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
                return text
            raise ValueError("a day is written 2025-12-31; a month 2025-12, a quarter 2025-Q4, a year 2025")
        try:
            return of(periods.parse(text).resolve(as_of=date.min, first=date.min))
        except UsageError as error:
            raise ValueError(error.what) from error

    return BeforeValidator(read)


def _named(name: str) -> str:
    return name.strip().casefold().replace("-", "_").replace(" ", "_")


def _dimension(name: str) -> str:
    dimension = _named(name)
    if dimension in get_args(periods.Grain):
        raise ValueError("a scope is a part of the records, such as an owner; the time is said by start, due and every")
    return dimension


Finite = Annotated[float, Field(allow_inf_nan=False)]
Name = Annotated[str, AfterValidator(_named)]
Dimension = Annotated[str, AfterValidator(_dimension)]


class Goal(Block):
    """A target for a metric from `start` to `due`, both inclusive; with `every` one for each month or quarter in between:
    the same `target` for all, or one of `targets` for each."""

    metric: Name
    target: Finite | None = None
    targets: tuple[Finite, ...] = ()
    every: Every | None = None
    start: Annotated[Day, _edge(lambda period: period.start)]
    due: Annotated[Day, _edge(lambda period: period.end - DAY)]
    scope: dict[Dimension, str] = Field(default_factory=dict)
    baseline: Finite | None = None
    currency: Currency | None = None
    owner: str | None = None
    note: str | None = None

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if mistakes := list(self._mistakes()):
            raise ValueError("; ".join(mistakes))
        return self

    def _mistakes(self) -> Iterator[str]:
        if self.due < self.start:
            yield "a goal is due on or after the day it starts"
        if (self.target is None) == (not self.targets):
            yield "a goal has either target, a number, or targets, a list with one for each month or quarter"
        if self.targets and self.every is None:
            yield 'say what each of the targets is for: every = "month" or every = "quarter"'
        if self.every is None or self.due < self.start:
            return
        months = _MONTHS[self.every]
        end = self.due + DAY
        size = (end.year - self.start.year) * 12 + end.month - self.start.month
        if (self.start.day, end.day) != (1, 1) or size % months:
            yield f"{self.start} to {self.due} are no whole {self.every}s; write for example start = 2025 and due = 2025"
        elif self.targets and len(self.targets) != size // months:
            yield f"{len(self.targets)} targets for the {size // months} {self.every}s from {self.start} to {self.due}"

    @property
    def steps(self) -> list[tuple[date, date, float]]:
        """First day, last day and target of each part, oldest first; of a goal without `every` the one there is."""
        if self.every is None:
            return [(self.start, self.due, float(self.target or 0))]
        steps: list[tuple[date, date, float]] = []
        start = self.start
        while start <= self.due:
            after = add_months(start, _MONTHS[self.every])
            target = self.targets[len(steps)] if self.targets else self.target
            steps.append((start, after - DAY, float(target or 0)))
            start = after
        return steps


_PASSED = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
_LIMIT = re.compile(r"(?P<sign>[<>]=?)\s*(?P<number>-?\d+(\.\d+)?)\s*(?P<percent>%?)")


def _condition(when: str) -> str:
    plain = when.strip().casefold()
    if plain not in ALERTS and not _LIMIT.fullmatch(plain):
        raise ValueError(
            f'{when!r} is no condition: worse, goal-missed, goal-behind, or a limit such as "< 0.3", "< 30 %" or ">= 100". '
            f"{did_you_mean(plain, ALERTS)}"
        )
    return plain


class Alert(Block):
    """Somebody is to be called `when` the figure is worse by more than chance brings, when its goal is missed or behind, or
    when it passes a limit."""

    metric: Name
    when: Annotated[str, AfterValidator(_condition)]

    @property
    def is_percent(self) -> bool:
        """Whether the limit is written in per cent."""
        return self.when.endswith("%")

    @property
    def limit(self) -> float | None:
        """The limit in the unit of the figure, shares as fractions; None where there is none."""
        match = _LIMIT.fullmatch(self.when)
        return None if match is None else float(match["number"]) / (100 if self.is_percent else 1)

    def is_passed(self, value: float) -> bool:
        """Whether a value is on the side of the limit that is to be told."""
        match = _LIMIT.fullmatch(self.when)
        return match is not None and _PASSED[match["sign"]](value, self.limit or 0.0)
