"""Goals as a table: a row for each, with bars of how much of it is reached."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_metrics.book import OF_ROW, Book, Cell, Column, Origin, Sheet, cells
from crm_metrics.metrics.metric import Unit

if TYPE_CHECKING:
    from crm_metrics.analysis.goals import Standing
    from crm_metrics.commands.goals import Goals

_STATUS = {
    "met": "green",
    "on pace": "green",
    "missed": "red",
    "behind": "red",
    "cannot tell": "dim",
    "not begun": "dim",
}
_COLUMNS = (
    Column("metric", shown=False),
    Column("goal", "Goal"),
    Column("scope", shown=False),
    Column("period", "in"),
    Column("start", shown=False),
    Column("due", "due", spare=8),
    Column("value", "value", OF_ROW),
    Column("target", "target", OF_ROW),
    Column("attainment", "reached", Unit.PERCENT, bar=True),
    Column("elapsed", "time gone", Unit.PERCENT, spare=5),
    Column("pace_per_day", "so far a day", OF_ROW, spare=7),
    Column("needed_per_day", "needed a day", OF_ROW, spare=6),
    Column("expected", "expected", OF_ROW, spare=4),
    Column("chance", "chance", Unit.PERCENT, spare=1),
    Column("status", "status", styles=_STATUS),
    Column("owner", "owner", spare=3),
    Column("note", "note", spare=9),
    Column("unit", shown=False),
    Column("currency", shown=False),
    Column("baseline", shown=False, unit=OF_ROW),
    Column("low", shown=False, unit=OF_ROW),
    Column("high", shown=False, unit=OF_ROW),
    Column("n", shown=False, unit=Unit.COUNT),
    Column("expected_low", shown=False, unit=OF_ROW),
    Column("expected_high", shown=False, unit=OF_ROW),
    Column("why", shown=False),
)
_LEGEND = (
    "Expected and chance: the rest of the time put together from past weeks, 4,000 times. On pace from 75 %, behind up to "
    "25 %, in between nobody can tell. Days are calendar days."
)


def book(goals: Goals) -> Book:
    """All goals in the order of the settings; below them why what cannot be told cannot."""
    rows = [_row(standing) for standing in goals.standings]
    notes = [
        f"{_named(standing)}, {standing.target.period.label}: {standing.status}, {_why(standing)}"
        for standing in goals.standings
        if standing.why and standing.chance is None
    ]
    if any(standing.chance is not None for standing in goals.standings):
        notes.append(_LEGEND)
    counts = [f"{sum(one.status == status for one in goals.standings)} {status}" for status in _STATUS]
    about = [said for said in counts if not said.startswith("0 ")]
    return Book("Goals", Origin.of(goals.dataset), [Sheet("goals", "", _COLUMNS, rows, notes=notes)], about)


def _named(standing: Standing) -> str:
    return ", ".join([standing.metric.title, *(value for _, value in standing.target.scope)])


def _why(standing: Standing) -> str:
    return cells.REASONS.get(standing.why, standing.why)


def _row(standing: Standing) -> list[Cell]:
    target, goal = standing.target, standing.target.goal
    made: dict[str, Cell] = {
        "metric": standing.metric.name,
        "goal": _named(standing),
        "scope": ", ".join(f"{name}={value}" for name, value in target.scope) or None,
        "period": target.period.label,
        "start": target.period.start,
        "due": target.due,
        "value": standing.value,
        "target": target.target,
        "attainment": standing.attainment,
        "elapsed": standing.elapsed,
        "pace_per_day": standing.pace,
        "needed_per_day": standing.needed,
        "expected": standing.expected,
        "chance": standing.chance,
        "status": standing.status,
        "owner": goal.owner,
        "note": goal.note,
        "unit": str(standing.metric.unit),
        "currency": standing.currency,
        "baseline": goal.baseline,
        "low": standing.low,
        "high": standing.high,
        "n": standing.n,
        "expected_low": standing.expected_low,
        "expected_high": standing.expected_high,
        "why": _why(standing) or None,
    }
    return [made[column.name] for column in _COLUMNS]
