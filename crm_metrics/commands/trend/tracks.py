"""The series of a trend: the values of metrics period by period, and what can be fitted to them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from crm_metrics import periods
from crm_metrics.commands.report.computing import compute
from crm_metrics.errors import UsageError
from crm_metrics.metrics.metric import Metric, Unit
from crm_metrics.periods import Grain, Period, PeriodSpec
from crm_metrics.query import Query
from crm_metrics.settings import Settings

if TYPE_CHECKING:
    from crm_metrics.analysis.trend import Series, Trend
    from crm_metrics.reporting.report import Report
    from crm_metrics.tables import Dataset

_ADDS_UP = ("count", "sum", "distinct")
_SEASONS: dict[Grain, int] = {"month": 12, "quarter": 4, "week": 52, "day": 7}  # periods in a season


@dataclass(frozen=True)
class Point:
    """One period of a series, first and last day inclusive. `value`, `low` and `high` are None where there is none;
    `complete` says whether the period is over and its value final, `fitted` whether the trend rests on it."""

    period: str
    start: date
    end: date
    complete: bool
    fitted: bool
    value: float | None
    low: float | None
    high: float | None
    n: int
    status: str
    reason: str | None
    target: float | None


@dataclass(frozen=True)
class Track:
    """A metric of one segment and in one currency, oldest period first; `trend` is None for fewer than six to fit."""

    metric: Metric
    title: str
    segment: dict[str, str]
    currency: str | None
    points: list[Point]
    trend: Trend | None


@dataclass(frozen=True)
class Trends:
    """The series that were asked for; `by` are the columns of their segments."""

    tracks: list[Track]
    grain: Grain
    by: tuple[str, ...]
    report: Report
    notes: list[str] = field(default_factory=list)


def measured(dataset: Dataset, asked: Query, last: int | None = None) -> Trends:
    """The trend of the question's metrics, by its grain, over a loaded dataset."""
    from crm_metrics.analysis.trend import MOST, trends

    span = _whole_periods(dataset, asked, last)
    grain = cast(Grain, asked.grain)
    if (count := len(span.split(grain))) > MOST:
        raise UsageError(
            f"{span.label} has {count:,} {grain}s, more than can be fitted",
            hint="Choose a coarser --grain, a shorter period with -p, or --last 365.",
        )
    period = PeriodSpec(span.label, False, lambda as_of, first: span)
    report = compute(dataset, replace(asked, period=period), alike=True)
    drawn = _tracks(report, dataset, asked)
    fitted = trends([_series(track, grain) for track in drawn])
    tracks = [replace(track, trend=trend) for track, trend in zip(drawn, fitted, strict=True)]
    notes = [*_ages(asked, report, grain), *_silences(tracks, grain)]
    return Trends(tracks, grain, (*report.by, *report.per), report, notes)


def season_from(grain: Grain) -> int | None:
    """From how many complete periods on a season can be told; None for a grain that has none."""
    from crm_metrics.analysis.trend import FEWEST_FOR_SEASON

    return max(FEWEST_FOR_SEASON, 2 * _SEASONS[grain]) if grain in _SEASONS else None


def _series(track: Track, grain: Grain) -> Series:
    import numpy as np

    from crm_metrics.analysis.trend import Series

    values = np.array([np.nan if point.value is None else point.value for point in track.points], dtype=float)
    place = np.array([season_of(point.start, grain) for point in track.points], dtype=int)
    return Series(values, np.array([point.fitted for point in track.points], dtype=bool), place, _SEASONS.get(grain))


def season_of(start: date, grain: Grain) -> int:
    """The place of a period in its season, from 0."""
    if grain == "day":
        return start.weekday()
    if grain == "week":  # the fourth day is in the ISO week whichever day the week starts on
        return min((start + timedelta(days=3)).isocalendar().week, 52) - 1
    return (start.month - 1) // 3 if grain == "quarter" else start.month - 1


def _whole_periods(dataset: Dataset, asked: Query, last: int | None) -> Period:
    """The period asked for with its first and last unit made whole, up to the one that as-of is in."""
    from crm_metrics.reporting.timeline import reported

    span, grain = reported(dataset, asked.period), cast(Grain, asked.grain)
    begun = [part for part in span.split(grain) if part.start <= dataset.as_of]
    units = [part.calendar.unit(part.unit, part.start) for part in begun or span.split(grain)]
    if last is not None:
        under_way = sum(not unit.is_complete(dataset.as_of) for unit in units)
        units = units[-(last + under_way) :]
    label = units[0].label if len(units) == 1 else f"{units[0].label} to {units[-1].label}"
    unit: periods.Unit = span.unit if span.unit.startswith("fiscal") else "range"
    return replace(span, start=units[0].start, end=units[-1].end, label=label, unit=unit)


def _tracks(report: Report, dataset: Dataset, asked: Query) -> list[Track]:
    """The series of a report, without the periods before their first record."""
    metrics = {metric.name: metric for metric in asked.metrics}
    begins = {name: _first_record(dataset, asked, metric) for name, metric in metrics.items()}
    dims = (*report.by, *report.per)
    grouped: dict[tuple[Any, ...], dict[str, dict[Any, dict[str, Any]]]] = {}
    for row in cast("list[dict[str, Any]]", report.rows.to_dict("records")):
        currency = row["currency"] if isinstance(row["currency"], str) else None
        key = (row["metric"], *(row[dim] if isinstance(row[dim], str) else None for dim in dims))
        grouped.setdefault(key, {}).setdefault(row["start"], {})[currency] = row
    tracks = []
    for (name, *labels), by_start in grouped.items():
        segment = {dim: label for dim, label in zip(dims, labels, strict=True) if label is not None}
        currencies = list(dict.fromkeys(code for rows in by_start.values() for code in rows if code is not None))
        for currency in currencies or [None]:
            rows = [_row(rows, currency, metrics[name], len(currencies)) for rows in by_start.values()]
            target = partial(_target, asked.settings, metrics[name], segment, currency)
            points = _points(rows, begins[name], target, alike=name in report.alike)
            if asked.catalog.follows(metrics[name]) and name not in report.alike:
                points = [replace(point, fitted=False) for point in points]
            if any(point.value is not None for point in points):
                title = next(iter(next(iter(by_start.values())).values()))["title"]
                tracks.append(Track(metrics[name], title, segment, currency, points, None))
    return tracks


def _row(rows: dict[Any, dict[str, Any]], currency: str | None, metric: Metric, currencies: int) -> dict[str, Any]:
    """The row of a currency; where others alone have records in the period, a sum in it is 0 and nothing else is known."""
    if currency in rows or currencies < 2:
        return rows[currency] if currency in rows else next(iter(rows.values()))
    other = next(iter(rows.values()))
    none = {"value": float("nan"), "low": float("nan"), "high": float("nan"), "n": 0}
    if metric.aggregate in _ADDS_UP and metric.at:
        return other | none | {"value": 0.0, "status": "ok" if other["complete"] else "partial", "reason": None}
    return other | none | {"status": "unavailable", "reason": "no-rows"}


def _points(
    rows: Sequence[dict[str, Any]], begins: date | None, target: Callable[[date, date], float | None], *, alike: bool
) -> list[Point]:
    """The periods from the first with a record on; one that begins well before the first record is not fitted, nor one whose
    records are younger than those of others (not `alike`)."""
    first = next((place for place, row in enumerate(rows) if row["n"] > 0), len(rows))
    points = []
    for row in rows[first:]:
        start, end = date.fromisoformat(row["start"]), date.fromisoformat(row["end"])
        cut = begins is not None and start + (end - start) / 10 < begins
        over = bool(row["complete"]) and (alike or row["status"] != "partial")
        value, low, high = (_number(row[name]) for name in ("value", "low", "high"))
        points.append(
            Point(
                period=row["period"],
                start=start,
                end=end,
                complete=over,
                fitted=over and not cut and value is not None,
                value=value,
                low=low,
                high=high,
                n=int(row["n"]),
                status=row["status"],
                reason=row["reason"] if isinstance(row["reason"], str) else None,
                target=target(start, end),
            )
        )
    return points


def _number(value: float) -> float | None:
    return float(value) + 0.0 if value - value == 0 else None


def _first_record(dataset: Dataset, asked: Query, metric: Metric) -> date | None:
    """The day of the first record that the metric can count: its first period is whole only if this lies in its first
    tenth. None where records do not fall on days."""
    days = []
    for part in asked.catalog.parts([metric]):
        if part.at and part.table in dataset.tables and dataset.tables[part.table].has(part.at):
            column = dataset.tables[part.table].frame[part.at]
            if not column.isna().all():
                days.append(column.min().date())
    return max(days, default=None)


def _target(
    settings: Settings, metric: Metric, segment: dict[str, str], currency: str | None, start: date, end: date
) -> float | None:
    """The goal of just this period and segment; of a figure that does not grow with time also one that spans it."""
    grows = metric.unit in (Unit.COUNT, Unit.MONEY) and metric.open is None
    own = {name: label.casefold() for name, label in segment.items()}
    for goal in settings.goal:
        alike = goal.metric == metric.name and {name: label.casefold() for name, label in goal.scope.items()} == own
        if not alike or (metric.is_money and (goal.currency or settings.currency or currency) != currency):
            continue
        for begins, due, target in goal.steps:
            if (begins, due) == (start, end) or (not grows and begins <= start and end <= due):
                return target
    return None


def _ages(asked: Query, report: Report, grain: Grain) -> list[str]:
    """At which age figures that follow records to what became of them are given, or that their periods are not alike."""
    follow = [metric for metric in asked.metrics if asked.catalog.follows(metric) and metric.name not in report.missing]
    alike_titles = ", ".join(metric.title for metric in follow if metric.name in report.alike)
    untold = ", ".join(metric.title for metric in follow if metric.name not in report.alike)
    age = f"at the age that {next(iter(report.alike.values()), '')} has now"
    alike = f"{alike_titles}: each {grain} as it stood {age}; what became of its records later is left out."
    unlike = f"{untold}: no trend; when its records were decided is not known, and older {grain}s had longer for it."
    return [alike] * bool(alike_titles) + [unlike] * bool(untold)


def _silences(tracks: Sequence[Track], grain: Grain) -> list[str]:
    """Series that end in zeros: whether nothing happened or the file ends earlier cannot be told from them."""
    sentences = []
    for track in tracks:
        over = [point for point in track.points if point.complete]
        last = max((place for place, point in enumerate(over) if point.n > 0), default=-1)
        silent = over[last + 1 :]
        if 0 <= last and silent and all(point.value == 0 for point in silent):
            named = ", ".join([track.title, *track.segment.values()])
            since = f"the {len(silent)} {grain}s since count" if len(silent) > 1 else f"the {grain} since counts"
            sentences.append(f"{named}: the last records are of {over[last].period}; {since} as 0.")
    return sentences
