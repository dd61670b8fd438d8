"""Rows of a table from the records that they are of, and the columns that many tables have."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from crm_metrics.book import OF_ROW, Cell, Column
from crm_metrics.metrics.metric import Metric, Unit


def row_of(columns: Iterable[Column], record: object, **cells: Cell) -> list[Cell]:
    """A cell for each column: the one that is given under its name, else what the record has of that name."""
    return [cells[column.name] if column.name in cells else getattr(record, column.name) for column in columns]


def naming(metric: Metric) -> dict[str, Cell]:
    """The cells that say which figure a row is of, and in which unit."""
    return {"metric": metric.name, "title": metric.title, "unit": str(metric.unit)}


def by_name(record: object, *names: str) -> dict[str, Any]:
    """What a record has under these names, as JSON has it."""
    return {name: getattr(record, name) for name in names}


def unseen(*names: str, unit: Unit | str | None = None) -> tuple[Column, ...]:
    """Columns that are only for machines."""
    return tuple(Column(name, unit=unit, shown=False) for name in names)


def limits(unit: Unit | str, spare: int, of: str = "") -> tuple[Column, Column]:
    """The two columns of the limits of a figure, of another one than the only one with its name in front."""
    return Column(f"{of}low", "at least", unit, spare=spare), Column(f"{of}high", "at most", unit, spare=spare)


ISSUE = ("code", "severity", "path", "count", "rows", "sentence")  # what is said of a problem with the data
FIGURE = (Column("metric", shown=False), Column("title", "Figure"), *unseen(OF_ROW, "currency"))
