"""A change and what it came of as a table: a row for each dimension and segment."""

from __future__ import annotations

from dataclasses import asdict, fields
from functools import partial
from typing import TYPE_CHECKING

from crm_metrics.analysis.drivers import Driver
from crm_metrics.book import OF_ROW, Book, Cell, Column, Origin, Sheet
from crm_metrics.commands.why import page
from crm_metrics.commands.why.words import sentence
from crm_metrics.metrics.metric import Unit

if TYPE_CHECKING:
    from crm_metrics.commands.why import Why

_STYLES = {"better": "green", "maybe better": "green", "worse": "red", "maybe worse": "red"}
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
        Column("signal", "beyond chance", styles=_STYLES),
    )
}


def book(why: Why) -> Book:
    """The segments, whose contributions add up to the change within each dimension; `total` in JSON has both values and the
    change. A terminal has a page of its own."""
    change = why.change
    columns = [_COLUMNS[name] for name in ("dimension", *(field.name for field in fields(Driver)))]
    unit, currency = Column(OF_ROW, shown=False), Column("currency", shown=False)
    rows: list[list[Cell]] = [
        [dimension.name, *asdict(driver).values(), str(change.metric.unit), change.currency]
        for dimension in change.dimensions
        for driver in dimension.drivers
    ]
    total = {
        "before": change.before,
        "now": change.now,
        "change": change.now - change.before,
        "n_before": change.n_before,
        "n": change.n,
        "signal": change.signal,
    }
    known = {
        "metric": change.metric.name,
        "title": change.metric.title,
        "unit": str(change.metric.unit),
        "currency": change.currency,
        "period": why.period.label,
        "compare_period": why.earlier.label,
        "total": total,
        "refused": change.refused,
    }
    return Book(
        f"{change.metric.title}  {why.period.label} against {why.earlier.label}",
        Origin.of(why.dataset),
        [
            Sheet(
                "rows", "Segments", [*columns, unit, currency], rows, empty="no column splits it into parts that add up"
            )
        ],
        says=[page.headline(change), sentence(change)],
        notes=[f"Not by {dimension}: {said}" for dimension, said in change.refused.items()],
        known=known,
        page=partial(page.draw, why),
    )
