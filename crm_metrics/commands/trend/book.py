"""Trends as a book: a curve for each series with what it shows in a sentence; every period as a row."""

from __future__ import annotations

from calendar import day_name, month_name
from typing import TYPE_CHECKING

from crm_metrics.book import OF_ROW, Book, Cell, Column, Curve, Sheet, cells
from crm_metrics.book.rows import naming, unseen
from crm_metrics.commands.report.book import origin
from crm_metrics.metrics.metric import Unit

if TYPE_CHECKING:
    from crm_metrics.commands.trend.tracks import Track, Trends

_SMALLEST_P = 0.001


def book(trends: Trends) -> Book:
    """The book: a row per series and period first, then one per series, per change of level, per place in a season."""
    report = trends.report
    titles = list(dict.fromkeys(track.title for track in trends.tracks))
    return Book(
        title=f"Trend of {', '.join(titles)}",
        origin=origin(report),
        sheets=[_periods(trends), _trends(trends), _changes(trends), _seasons(trends)],
        about=[f"by {trends.grain}", *_span(trends)],
        notes=[*trends.notes, *_notes(trends)],
        charts=[_curve(track, trends.grain) for track in trends.tracks],
    )


def _curve(track: Track, grain: str) -> Curve:
    """The series as a chart; its trend is drawn only where one is detectable, or a change of level."""
    trend, points = track.trend, track.points
    shown = trend if trend and (trend.rising or trend.steps) else None
    line = [None if value != value else value for value in shown.line.tolist()] if shown else [None] * len(points)
    return Curve(
        ", ".join([*track.segment.values(), track.title]),
        track.metric.unit,
        track.currency,
        [point.period for point in points],
        [point.value for point in points],
        [point.complete for point in points],
        [point.low for point in points],
        [point.high for point in points],
        [point.target for point in points],
        line,
        steps=[step.at for step in trend.steps] if trend else (),
        odd=list(trend.odd) if trend else (),
        says=sentence(track, grain),
        is_notable=trend is not None and bool(trend.rising or trend.steps or trend.season is not None),
    )


def _span(trends: Trends) -> list[str]:
    first, last = (
        sorted((track.points[at] for track in trends.tracks), key=lambda point: point.start) for at in (0, -1)
    )
    return [f"{first[0].period} to {last[-1].period}"] if first else []


def sentence(track: Track, grain: str) -> str:
    """What a series shows, claiming no more than can be told from chance."""
    name = ", ".join([*track.segment.values(), track.title])
    over = [point for point in track.points if point.fitted]
    if track.trend is None:
        from crm_metrics.analysis.trend import FEWEST

        return (
            f"{name}: {cells.several(len(over), f'complete {grain}')} with a figure; a trend needs at least {FEWEST}."
        )
    slope = track.trend.slope
    span = f"over {track.trend.fitted} complete {grain}s, {over[0].period} to {over[-1].period}"
    steady = f"{_by(track, slope.per_period)} a {grain}"
    sure = f"95 % interval {_by(track, slope.low)} to {_by(track, slope.high)}; Mann–Kendall {_p(slope.p)}"
    beside = " beside the change of level" if track.trend.steps else ""
    if track.trend.rising:
        verb = "rising" if track.trend.rising > 0 else "falling"
        first = f"{name}: {verb}{beside}, {steady} ({sure}) {span}."
    else:
        first = f"{name}: no trend is detectable{beside} {span} ({steady}, {sure})."
    return " ".join([first, *_season_said(track, grain), *_changes_said(track), *_odd_said(track, grain)])


def _season_said(track: Track, grain: str) -> list[str]:
    trend = track.trend
    if trend is None or trend.season is None:
        return []
    high, low = int(trend.season.argmax()), int(trend.season.argmin())
    named = [f"{_place(at, grain)} ({_by(track, float(trend.season[at]))})" for at in (high, low)]
    return [f"It has a season: highest in {named[0]}, lowest in {named[1]}, against the level ({_p(trend.season_p)})."]


def _changes_said(track: Track) -> list[str]:
    steps = track.trend.steps if track.trend else ()
    changes = [f"{_by(track, step.by)} from {track.points[step.at].period} on ({_p(step.p)})" for step in steps]
    return [f"The level changed: {', '.join(changes)}."] if changes else []


def _odd_said(track: Track, grain: str) -> list[str]:
    odd = [track.points[at].period for at in (track.trend.odd if track.trend else ())]
    if not track.trend or not odd:
        return []
    doubt = " (or a season, which cannot be told yet)" if track.trend.season_p is None and grain != "year" else ""
    return [f"Out of line: {', '.join(odd)}{doubt}."]


def _by(track: Track, difference: float) -> str:
    shown = cells.change(difference, None, track.metric.unit, track.currency)
    return shown or cells.value(difference, track.metric.unit, track.currency)


def _p(chance: float | None) -> str:
    if chance is None:
        return ""
    return f"p < {_SMALLEST_P}" if chance < _SMALLEST_P else f"p = {chance:.3f}"


def _place(at: int, grain: str) -> str:
    if grain == "month":
        return month_name[at + 1]
    return f"{day_name[at]}s" if grain == "day" else f"Q{at + 1}" if grain == "quarter" else f"week {at + 1}"


def _notes(trends: Trends) -> list[str]:
    from crm_metrics.analysis.trend import LEVEL
    from crm_metrics.commands.trend.tracks import season_from

    report = trends.report
    notes = [
        f"{metric.title}: {report.missing[metric.name]}" for metric in report.metrics if metric.name in report.missing
    ]
    cut = [track for track in trends.tracks if track.points and track.points[0].complete and not track.points[0].fitted]
    begun = {track.points[0].period for track in cut if track.points[0].value is not None}
    if begun:
        notes.append(f"The records begin within {', '.join(sorted(begun))}, which is drawn but not fitted.")
    if any(not point.complete for track in trends.tracks for point in track.points):
        notes.append("A period that is not over, or whose records are too young to tell, is drawn but not fitted.")
    if any(track.trend and not track.trend.rising and track.trend.slope.p < LEVEL for track in trends.tracks):
        notes.append("All that is looked for is tested together: one p below 0.05 among several is not enough.")
    if (least := season_from(trends.grain)) and any(
        track.trend and track.trend.season_p is None for track in trends.tracks
    ):
        notes.append(
            f"A season can be told from {least} complete {trends.grain}s on; with fewer, it may pass for a trend, a change "
            "of level or a value out of line."
        )
    return notes


def _periods(trends: Trends) -> Sheet:
    names = ["metric", "title", OF_ROW, "period", "start", "end", "complete", *trends.by]
    figures = [Column(name, unit=OF_ROW) for name in ("value", "low", "high")]
    more = [Column("n", "records", unit=Unit.COUNT), Column("status"), Column("reason"), Column("currency")]
    more += [Column(name, unit=OF_ROW) for name in ("fitted", "season", "target")] + [Column("out_of_line")]
    shown = ("title", "period", *trends.by)
    columns = [*(Column(name, shown=name in shown) for name in names), *figures, *more]
    rows = [row for track in trends.tracks for row in _period_rows(trends, track)]
    return Sheet("rows", "", columns, rows, empty="no figure in these periods", charted=True)


def _period_rows(trends: Trends, track: Track) -> list[list[Cell]]:
    from crm_metrics.commands.trend.tracks import season_of

    rows: list[list[Cell]] = []
    trend = track.trend
    for at, point in enumerate(track.points):
        line = float(trend.line[at]) if trend else None
        season = (
            float(trend.season[season_of(point.start, trends.grain)]) if trend and trend.season is not None else None
        )
        head: list[Cell] = [track.metric.name, track.title, str(track.metric.unit), point.period]
        head += [point.start, point.end, point.complete, *_labels(trends, track)]
        figures: list[Cell] = [point.value, point.low, point.high, point.n, point.status, point.reason, track.currency]
        rows.append([*head, *figures, line, season, point.target, at in trend.odd if trend else None])
    return rows


def _labels(trends: Trends, track: Track) -> list[Cell]:
    return [track.segment.get(name) for name in trends.by]


def _named(trends: Trends) -> list[Column]:
    """The columns that say which series a row is about."""
    return [*unseen("metric"), Column("title"), *unseen(OF_ROW), *map(Column, trends.by), *unseen("currency")]


def _name(trends: Trends, track: Track) -> list[Cell]:
    return [*(naming(track.metric) | {"title": track.title}).values(), *_labels(trends, track), track.currency]


def _trends(trends: Trends) -> Sheet:
    columns = [*_named(trends), Column("fitted", unit=Unit.COUNT), Column("direction")]
    columns += [Column("slope", f"slope a {trends.grain}", OF_ROW), Column("slope_low", "low", OF_ROW)]
    columns += [Column("slope_high", "high", OF_ROW)]
    columns += [Column(name, unit=Unit.SCORE) for name in ("tau", "p", "season_p", "change_p")]
    rows: list[list[Cell]] = []
    for track in trends.tracks:
        trend, name = track.trend, _name(trends, track)
        if trend is None:
            fitted = sum(point.fitted for point in track.points)
            rows.append([*name, fitted, *[None] * 8])
            continue
        slope = trend.slope
        way = {1: "rising", -1: "falling"}.get(trend.rising, "not detectable")
        tested: list[Cell] = [slope.tau, slope.p, trend.season_p, trend.step_p]
        rows.append([*name, trend.fitted, way, slope.per_period, slope.low, slope.high, *tested])
    return Sheet("trends", "Trends", columns, rows, charted=True)


def _changes(trends: Trends) -> Sheet:
    columns = [*_named(trends), Column("period"), *unseen("start")]
    rows: list[list[Cell]] = [
        [*_name(trends, track), point.period, point.start, step.by, step.p]
        for track in trends.tracks
        for step in (track.trend.steps if track.trend else ())
        for point in [track.points[step.at]]
    ]
    columns += [Column("by", unit=OF_ROW), Column("p", unit=Unit.SCORE)]
    return Sheet("changes", "Changes of level", columns, rows, empty="none is detectable", charted=True)


def _seasons(trends: Trends) -> Sheet:
    columns = [*_named(trends), Column("place"), Column("adds", unit=OF_ROW)]
    rows: list[list[Cell]] = [
        [*_name(trends, track), _place(at, trends.grain), float(adds)]
        for track in trends.tracks
        if track.trend and track.trend.season is not None
        for at, adds in enumerate(track.trend.season)
    ]
    return Sheet("seasons", "Seasons", columns, rows, empty="none is detectable", charted=True)
