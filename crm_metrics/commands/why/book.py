"""A change and what it came of as tables and in words: a row for each dimension and segment, and for people one for each
dimension."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, fields
from typing import TYPE_CHECKING

from crm_metrics.analysis.drivers import Driver
from crm_metrics.book import BY_SIGNAL, OF_ROW, Book, Cell, Column, Origin, Sheet, cells
from crm_metrics.book.rows import by_name, naming, unseen
from crm_metrics.intervals.signals import BETTER, BEYOND_CHANCE, MAYBE_BETTER, MAYBE_WORSE, NONE, UNKNOWN, WORSE
from crm_metrics.metrics.metric import Unit

if TYPE_CHECKING:
    from crm_metrics.analysis.drivers import Change, Dimension
    from crm_metrics.commands.why import Why

_DIMENSIONS, _SEGMENTS = 3, 6  # on a page
_COLUMNS = {
    column.name: column
    for column in (
        Column("dimension", "by"),
        Column("segment", "of"),
        Column("before", unit=OF_ROW),
        Column("now", unit=OF_ROW),
        Column("share_before", "share before", Unit.PERCENT),
        Column("share_now", "share now", Unit.PERCENT),
        Column("n_before", "records before", Unit.COUNT),
        Column("n", "records", Unit.COUNT),
        Column("rate_effect", "own", OF_ROW, signed="difference"),
        Column("mix_effect", "mix", OF_ROW, signed="difference"),
        Column("contribution", "part of change", OF_ROW, signed="difference"),
        Column("signal", "beyond chance", styles=BY_SIGNAL),
    )
}


def book(why: Why, *, is_full: bool = True) -> Book:
    """The segments, whose contributions add up to the change within each dimension; `total` in JSON has both values and the
    change. People have a table for each dimension, without `everything` of the first ones, and what explains least as one
    row."""
    change = why.change
    columns = [_COLUMNS[name] for name in ("dimension", *(field.name for field in fields(Driver)))]
    rows: list[list[Cell]] = [
        [dimension.name, *asdict(driver).values(), str(change.metric.unit), change.currency]
        for dimension in change.dimensions
        for driver in dimension.drivers
    ]
    total = {"before": change.before, "now": change.now, "change": change.now - change.before}
    total |= by_name(change, "n_before", "n", "signal")
    extra = {
        **naming(change.metric),
        "currency": change.currency,
        "period": why.period.label,
        "compare_period": why.earlier.label,
        "total": total,
        "refused": change.refused,
    }
    shown = change.dimensions if is_full else change.dimensions[:_DIMENSIONS]
    hidden = ", ".join(dimension.name for dimension in change.dimensions[len(shown) :])
    refused = [f"Not by {dimension}: {reason}" for dimension, reason in change.refused.items()] if is_full else []
    return Book(
        f"{change.metric.title}  {why.period.label} against {why.earlier.label}",
        Origin.of(why.dataset),
        [
            Sheet("rows", "Segments", [*columns, *unseen(OF_ROW, "currency")], rows, for_people=False),
            *(_dimension(change, dimension_, None if is_full else _SEGMENTS) for dimension_ in shown),
        ],
        says=[headline(change), sentence(change)],
        notes=[f"Explain less: {hidden} (all of it with -v)"] if hidden else refused,
        extra=extra,
    )


def _dimension(change: Change, dimension: Dimension, most: int | None) -> Sheet:
    """The segments of a dimension, those beyond `most` as one, so that the parts add up."""
    unit, drivers = change.metric.unit, dimension.drivers
    largest = max((abs(driver.contribution) for driver in drivers), default=0.0) or 1.0
    rows: list[list[Cell]] = [
        [
            *(driver.segment, driver.before, driver.now),
            " → ".join(cells.value(share, Unit.PERCENT) for share in (driver.share_before, driver.share_now)),
            *(_shown_part(change, part) for part in (driver.rate_effect, driver.mix_effect, driver.contribution)),
            abs(driver.contribution) / largest,
            driver.signal if driver.signal in BEYOND_CHANCE else None,
        ]
        for driver in drivers[:most]
    ]
    if rest := drivers[len(rows) :]:
        effects = ("rate_effect", "mix_effect", "contribution")
        sums = [_shown_part(change, sum(getattr(driver, name) for driver in rest)) for name in effects]
        rows.append([f"{len(rest)} more", None, None, None, *sums, None, None])
    mixed = any(driver.mix_effect for driver in drivers)
    columns: Sequence[Column] = (
        Column("segment", dimension.name),
        Column("before", unit=unit, spare=2),
        Column("now", unit=unit),
        Column("share", shown=mixed, spare=5),
        Column("rate_effect", "own", unit, shown=mixed, spare=3, signed="difference"),
        Column("mix_effect", "mix", unit, shown=mixed, spare=3, signed="difference"),
        Column("contribution", "part of change", unit, signed="difference"),
        Column("size", " ", bar=True, spare=4),
        Column("signal", "beyond chance", spare=1, styles=BY_SIGNAL),
    )
    title = f"By {dimension.name}" + ("  (explains most)" if dimension is change.dimensions[0] else "")
    return Sheet(f"by_{dimension.name}", title, columns, rows, currency=change.currency, for_people=True)


def _shown_part(change: Change, part: float) -> float:
    """A part of a change, 0 where it is too small to be told."""
    return 0.0 if difference(change, part) == "±0" else part


_FEW = 0.2  # of the whole change: what came of a single segment explains little

_SAID = {
    BETTER: "better, by more than chance brings 3 times in 1,000",
    WORSE: "worse, by more than chance brings 3 times in 1,000",
    MAYBE_BETTER: "maybe better: chance brings as much less than 5 times in 100",
    MAYBE_WORSE: "maybe worse: chance brings as much less than 5 times in 100",
    NONE: "no more than chance may bring",
    UNKNOWN: "too few records to tell it from chance",
}


def headline(change: Change) -> str:
    """Both values, the change, and what chance says of it."""
    before, now = (cells.value(number, change.metric.unit, change.currency) for number in (change.before, change.now))
    verdict = _SAID.get(change.signal or "", "")
    return f"{before} → {now}   {difference(change, change.now - change.before)}{f'   {verdict}' if verdict else ''}"


def difference(change: Change, number: float) -> str:
    """A part of the change in the metric's own unit: points for shares, else the amount itself."""
    if not number:
        return "±0"
    if change.metric.unit in (Unit.PERCENT, Unit.POINTS, Unit.SCORE):
        points = number * 100 if change.metric.unit is Unit.PERCENT else number
        small = abs(points) < 0.05 if change.metric.unit is not Unit.SCORE else abs(points) < 0.005
        return cells.change(number, None, change.metric.unit) if not small else "±0"
    shown = cells.value(abs(number), change.metric.unit, change.currency)
    return f"{'+' if number > 0 else cells.MINUS}{shown}"


def sentence(change: Change) -> str:
    """What the parts say in plain words, and nothing that they do not carry."""
    if not change.dimensions:
        return "No column of the files splits it into parts that add up."
    first = change.dimensions[0]
    significant = [driver for driver in first.drivers if driver.signal in BEYOND_CHANCE]
    if not significant:
        start = "No segment changed by more than chance may bring. " if change.signal in BEYOND_CHANCE else ""
        return f"{start}The parts below add up to the change, but each of them may be chance."
    top = significant[0]
    own = ""
    if top.before is not None and top.now is not None:
        values = [cells.value(number, change.metric.unit, change.currency) for number in (top.before, top.now)]
        own = f", where it went from {values[0]} to {values[1]}"
    total = change.now - change.before
    wide = " and yet is spread wide" if abs(top.contribution) < _FEW * abs(total) else ""
    return (
        f"By {first.name} it differs most{wide}. Of {difference(change, total)} in all, "
        f"{difference(change, top.contribution)} "
        f"came of {cells.visible(top.segment)}{own}: more than chance brings."
    )
