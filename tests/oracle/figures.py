"""Numbers that may be unavailable, and the few statistics the metrics need. Exact fractions wherever possible."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

Number = Fraction | float

# READINGS, "Reason that wins"; the rest in the order of DESIGN section 5. "?" means that no document names the reason.
REASONS = (
    "missing-column",
    "not-covered",
    "scale-ambiguous",
    "mixed-currency",
    "missing-values",
    "immature-cohort",
    "zero-denominator",
    "no-rows",
    "no-rate",
    "censored-median",
    "not-converged",
    "infinite-mean",
    "not-identified",
    "contract-like",
    "failed-hold-out",
    "negative-base",
    "no-baseline",
    "?",
)


class UnavailableError(Exception):
    """The figure cannot be given; the message is the reason code."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class NotCoveredError(Exception):
    """The documents do not settle what this combination means: the oracle has no opinion."""


@dataclass(frozen=True)
class Figure:
    """A number, or the reason why there is none."""

    value: Number | None
    reason: str | None = None


def worst(reasons: Iterable[str | None]) -> str | None:
    """The reason that wins; None when there is none."""
    given = [reason for reason in reasons if reason is not None]
    return min(given, key=REASONS.index) if given else None


def plus(a: Figure, b: Figure) -> Figure:
    if a.value is None or b.value is None:
        return Figure(None, worst([a.reason, b.reason]))
    return Figure(a.value + b.value)


def minus(a: Figure, b: Figure) -> Figure:
    if a.value is None or b.value is None:
        return Figure(None, worst([a.reason, b.reason]))
    return Figure(a.value - b.value)


def times(a: Figure, b: Figure) -> Figure:
    if a.value is None or b.value is None:
        return Figure(None, worst([a.reason, b.reason]))
    return Figure(a.value * b.value)


def divide(a: Figure, b: Figure) -> Figure:
    """A zero denominator is a reason of its own, also when the numerator is not available."""
    zero = "zero-denominator" if b.value == 0 else None
    if a.value is None or b.value is None or zero:
        return Figure(None, worst([a.reason, b.reason, zero]))
    return Figure(a.value / b.value)


def number(value: object) -> Fraction | None:
    """A cell as an exact number: 0.1 is a tenth."""
    return None if value is None else Fraction(str(value))


def total(values: Sequence[Fraction | None]) -> Fraction:
    """A sum: 0 without rows; missing values add nothing; rows of which none has a value are no 0."""
    if values and all(value is None for value in values):
        raise UnavailableError("missing-values")
    return sum((value for value in values if value is not None), Fraction(0))


def present(values: Sequence[Fraction | None]) -> list[Fraction]:
    """The values to take a mean or a median of: there must be some."""
    if not values:
        raise UnavailableError("no-rows")
    found = [value for value in values if value is not None]
    if not found:
        raise UnavailableError("missing-values")
    return found


def mean(values: Sequence[Fraction | None]) -> Fraction:
    found = present(values)
    return sum(found, Fraction(0)) / len(found)


def quantile(values: Sequence[Fraction | None], q: Fraction) -> Fraction:
    """Linear interpolation between ranks."""
    found = sorted(present(values))
    place = q * (len(found) - 1)
    below = int(place)
    if below + 1 == len(found):
        return found[below]
    return found[below] + (place - below) * (found[below + 1] - found[below])


def median(values: Sequence[Fraction | None]) -> Fraction:
    return quantile(values, Fraction(1, 2))


def survival_median(waits: Sequence[tuple[Fraction, bool]]) -> Fraction:
    """Kaplan–Meier: the first time at which the share still waiting is one half or less. `waits` are (time, ended?)."""
    if not waits:
        raise UnavailableError("no-rows")
    surviving = Fraction(1)
    for moment in sorted({time for time, ended in waits if ended}):
        at_risk = sum(1 for time, _ in waits if time >= moment)
        ending = sum(1 for time, ended in waits if ended and time == moment)
        surviving *= 1 - Fraction(ending, at_risk)
        if surviving <= Fraction(1, 2):
            return moment
    raise UnavailableError("censored-median")


def incidence_median(waits: Sequence[tuple[Fraction, str]]) -> Fraction:
    """Aalen–Johansen: the first time at which the incidence of "won" reaches half of its last value. `waits` are
    (time, "won" / "lost" / "open")."""
    if not waits:
        raise UnavailableError("no-rows")
    if sum(1 for _, how in waits if how == "won") < 6:
        raise UnavailableError("censored-median")
    surviving, incidence = Fraction(1), Fraction(0)
    steps: list[tuple[Fraction, Fraction]] = []
    for moment in sorted({time for time, how in waits if how != "open"}):
        at_risk = sum(1 for time, _ in waits if time >= moment)
        won = sum(1 for time, how in waits if how == "won" and time == moment)
        lost = sum(1 for time, how in waits if how == "lost" and time == moment)
        incidence += surviving * Fraction(won, at_risk)
        surviving *= 1 - Fraction(won + lost, at_risk)
        steps.append((moment, incidence))
    return next(moment for moment, reached in steps if reached >= incidence / 2)
