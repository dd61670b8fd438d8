"""What every family of metrics stands on: a world, and how a method becomes a figure."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

from .figures import Figure, Number, UnavailableError, divide, number
from .rows import clean, moment
from .world import World


class Family:
    """One method for each metric, named like it. A method returns a number, or raises `UnavailableError`."""

    def __init__(self, world: World, per_value: str | None) -> None:
        self.world = world
        self.shared = world.shared
        self.per_value = clean(per_value)

    def figure(self, name: str) -> Figure:
        method: Callable[[], Number | Figure] = getattr(self, name)
        try:
            value = method()
        except UnavailableError as problem:
            return Figure(None, problem.reason)
        return value if isinstance(value, Figure) else Figure(value if isinstance(value, float) else Fraction(value))

    def ratio(self, above: str, below: str) -> Figure:
        return divide(self.figure(above), self.figure(below))

    def gross_margin(self) -> Figure:
        return Figure(number(self.world.settings.get("gross_margin", 1)))

    def period_months(self) -> Figure:
        return Figure(self.world.months())


def before(value: Any, world: World) -> bool:
    """Before the end of the period."""
    return moment(value) < world.cut


def in_target(waits: list[tuple[Fraction, bool]], target: Any) -> Figure:
    """Answered within the target, of all that were answered or have waited longer than it."""
    limit = number(target)
    if limit is None:
        raise UnavailableError("?")
    judged = [(time, ended) for time, ended in waits if ended or time > limit]
    hits = sum(1 for time, ended in judged if ended and time <= limit)
    return divide(Figure(Fraction(hits)), Figure(Fraction(len(judged))))
