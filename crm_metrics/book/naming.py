"""Periods and days as people say them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date

from crm_metrics.book import cells
from crm_metrics.metrics.metric import Metric

_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_MONTH = re.compile(r"(\d{4})-(\d{2})")
_LONGEST_HEADING = 10


def day(of: date) -> str:
    """A day: "5 Jan 2026"."""
    return f"{of.day} {_MONTHS[of.month - 1][:3]} {of.year}"


def spoken(label: str, *, beside: str = "") -> str:
    """A period by its label: "December 2025", "5 Jan to 20 Feb 2025" by days, anything else as it is; a month of the
    same year as the one `beside` without it."""
    if month := _MONTH.fullmatch(label):
        name = _MONTHS[int(month[2]) - 1]
        return name if beside[:4] == month[1] and _MONTH.fullmatch(beside) else f"{name} {month[1]}"
    days = [_day(text) for text in label.split("..")]
    if None in days:
        return label
    return " to ".join(dict.fromkeys(day(text) for text in days if text))


def is_plain(label: str) -> bool:
    """Whether a period's label tells its days."""
    return bool(_MONTH.fullmatch(label) or re.fullmatch(r"\d{4}", label)) or None not in map(_day, label.split(".."))


def headings(now: str, before: str) -> tuple[str, str]:
    """Two periods above their columns: "Dec" and "Nov", with their years where these differ."""
    months = _MONTH.fullmatch(now), _MONTH.fullmatch(before)
    if months[0] and months[1]:
        alike = months[0][1] == months[1][1]
        both = [f"{_MONTHS[int(match[2]) - 1][:3]}{'' if alike else f' {match[1]}'}" for match in months if match]
        return both[0], both[1]
    if max(len(now), len(before)) > _LONGEST_HEADING:
        return "now", "before"
    return column(now), column(before)


def column(label: str) -> str:
    """A period above its column: "Dec 2025", anything else as it is."""
    month = _MONTH.fullmatch(label)
    return f"{_MONTHS[int(month[2]) - 1][:3]} {month[1]}" if month else label


def unit_of(label: str) -> str:
    """What periods of this kind are called together: "months", "quarters", else "periods"."""
    kinds = {r"\d{4}-\d{2}": "months", r"(FY)?\d{4}-Q\d": "quarters", r"(FY)?\d{4}": "years", r"\d{4}-W\d\d": "weeks"}
    units = (name for form, name in kinds.items() if re.fullmatch(form, label))
    return next(units, "days" if _day(label) else "periods")


def unripe(metrics: Iterable[Metric], ripe: Mapping[str, tuple[str, float]]) -> list[str]:
    """The line that says which figures are of too young a period to tell, each with the newest period that is old enough and
    its value; none where there is no such figure."""
    of = {metric.name: metric for metric in metrics}
    figures = [
        f"{of[name].title} ({column(label)}: {cells.value(value, of[name].unit)})"
        for name, (label, value) in ripe.items()
    ]
    return [cells.visible(f"Not yet to be told: {' · '.join(figures)}")] if figures else []


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if re.fullmatch(r"\d{4}-\d\d-\d\d", text) else None
    except ValueError:
        return None
