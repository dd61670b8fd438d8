"""Axes: the range that is drawn, round numbers along it, and dates that fit below."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

from crm_metrics.book import Curve, cells
from crm_metrics.metrics.metric import Unit

_ROUND = (1.0, 2.0, 2.5, 5.0)
_NEAR_ZERO = 0.4  # of the highest value: an axis that begins higher would make small moves look large


def extent(curve: Curve) -> tuple[float, float]:
    """The lowest and the highest that is drawn, in the unit as it is shown (percent): all values and targets; of the
    intervals no more than the values themselves span to each side."""
    factor = shown_as(curve.unit)
    drawn = [number * factor for number in (*curve.values, *curve.target) if number is not None]
    low, high = min(drawn), max(drawn)
    span = (high - low) or abs(high) * 0.1 or 1.0
    edges = [number * factor for number in (*curve.low, *curve.high) if number is not None]
    edges = [min(max(edge, low - span), high + span) for edge in edges]
    low, high = min([low, *edges]), max([high, *edges])
    if 0 < low < _NEAR_ZERO * high:
        low = 0.0
    return (low, high) if high > low else (low - span / 2, high + span / 2)


def shown_as(unit: Unit) -> float:
    """What a value is multiplied by to be drawn: shares are drawn in percent."""
    return 100.0 if unit is Unit.PERCENT else 1.0


def ticks(low: float, high: float, most: int) -> list[float]:
    """Round numbers between `low` and `high`: as many as there can be up to `most`, but two at least."""
    size = 10.0 ** math.floor(math.log10((high - low) / most))
    marks: list[float] = []
    for step in (factor * scale for scale in (size * 100, size * 10, size, size / 10) for factor in reversed(_ROUND)):
        first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
        if len(marks) >= 2 and last - first + 1 > most:
            break
        marks = [place * step for place in range(first, last + 1)]
        if len(marks) > most:
            break
    return marks


def tick_texts(numbers: Sequence[float]) -> list[str]:
    """Round numbers as an axis shows them, all with the same decimals; from ten million on in millions."""
    step = min((b - a for a, b in pairwise(numbers)), default=1.0)
    factor, mark = (1e6, "M") if max(map(abs, numbers)) >= 1e7 and step >= 1e5 else (1.0, "")
    scaled = step / factor
    decimals = next((count for count in range(8) if abs(scaled - round(scaled, count)) < 1e-6 * scaled), 8)
    return [f"{number / factor + 0.0:,.{decimals}f}{mark}".replace("-", cells.MINUS) for number in numbers]


def heading(curve: Curve) -> str:
    """What a chart shows: its title, and the unit: "%", "USD", "days", nothing for plain numbers."""
    if curve.unit in (Unit.MONEY, Unit.MONEY_PER_DAY):
        unit = f"{curve.currency or ''}{'/day' if curve.unit is Unit.MONEY_PER_DAY else ''}"
    else:
        signs = {Unit.PERCENT: "%", Unit.RATIO: "×", Unit.MINUTES: "min", Unit.HOURS: "h"}
        unit = signs.get(curve.unit, curve.unit if curve.unit in (Unit.DAYS, Unit.MONTHS, Unit.POINTS) else "")
    return cells.visible(f"{curve.title} ({unit})" if unit else curve.title)


def dates(labels: Sequence[str], room: int, gap: int = 2) -> list[int]:
    """The places of the labels that fit side by side in `room` characters: every so many, so that the first beginning of a
    year (of a month, where labels are days) is among them."""
    count = len(labels)
    if count < 2:
        return list(range(count))
    wide = max(map(len, labels)) + gap
    apart = (room - 1) / (count - 1)
    step = max(1, math.ceil(wide / apart))
    step = next((nice for nice in (1, 2, 3, 4, 6, 12, 13, 24, 26, 36, 48, 52, 60, 120) if nice >= step), step)
    start = next((at for at, label in enumerate(labels) if label.endswith(("-01", "-Q1", "W01"))), 0)
    return list(range(start % step, count, step))
