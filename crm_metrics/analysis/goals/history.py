"""The values of single segments out of the grid: of a period with its currency, and of the weeks of the past."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from crm_metrics.analysis.goals.chances import Past
from crm_metrics.analysis.goals.parts import Kind
from crm_metrics.engine.cells import CODE, Cells, Floats, Unavailable
from crm_metrics.engine.currencies import Money, split
from crm_metrics.intervals.engine import Engine
from crm_metrics.metrics.metric import Metric

WEEK = 7


@dataclass(frozen=True)
class Grid:
    """Engines over the same dataset and dimensions: `periods` of the goals, and of the past `days` and `weeks` (one more,
    the first) up to as-of, oldest first."""

    periods: Engine
    days: Engine
    weeks: Engine

    @property
    def length(self) -> int:
        """How many weeks of the past there are."""
        return len(self.days.windows) // WEEK


def money(engine: Engine, metric: Metric) -> list[Money] | Unavailable:
    """The metric's cells, in as many parts as they need currencies."""
    cells = engine.cells(metric.name)
    return cells if isinstance(cells, Unavailable) else split(engine, metric, cells)


def place_of(engine: Engine, cells: Cells, segment: Mapping[str, str]) -> int | None:
    """Where a segment stands among a metric's cells; None when no record is in it."""
    labels, label = engine.segments(cells.dims).labels, tuple(segment[dim] for dim in cells.dims)
    return labels.index(label) if label in labels else None


def pasts(
    grid: Grid, kinds: Mapping[str, Kind], window: int, segment: Mapping[str, str], currency: str | None
) -> dict[str, Past] | None:
    """Each part so far, in the goal's window, and in the weeks since the first record of any of them; None where the data
    does not say it for all of that time, or in another currency."""
    by_name = {name: _past(grid, name, kind, window, segment, currency) for name, kind in kinds.items()}
    usable = {name: past for name, past in by_name.items() if past is not None}
    if len(usable) < len(by_name):
        return None
    since = min((past.first_week for past in usable.values() if past.kind is not Kind.FIXED), default=0)
    if since:  # what began within the data began within a week
        since = min(since + 1, grid.length)
    since = max(since, *(past.known_from for past in usable.values()))
    return {name: past.last(grid.length - since) for name, past in usable.items()}


def _past(
    grid: Grid, name: str, kind: Kind, window: int, segment: Mapping[str, str], currency: str | None
) -> Past | None:
    now = _series(grid.periods, name, segment, currency)
    if now is None:
        return None
    amount, number = (float(values[window]) for values in now)
    if np.isnan(amount):
        return None
    so_far = (amount * number if kind is Kind.MEAN else amount, number)
    if kind is Kind.FIXED:
        return Past(kind, so_far, np.zeros(grid.length), np.zeros(grid.length))
    before = _series(grid.weeks if kind is Kind.STOCK else grid.days, name, segment, currency)
    if before is None:
        return None
    amounts, numbers = before
    if kind is Kind.STOCK:
        return Past(kind, so_far, np.diff(amounts), numbers[1:])
    if kind is Kind.MEAN:
        amounts = amounts * numbers
    amounts, numbers = amounts.reshape(grid.length, WEEK), numbers.reshape(grid.length, WEEK)
    return Past(kind, so_far, amounts, numbers)


def _series(
    engine: Engine, name: str, segment: Mapping[str, str], currency: str | None
) -> tuple[Floats, Floats] | None:
    """A part in each window: its value (NaN: not known) and how many records it rests on."""
    parts = money(engine, engine.catalog[name])
    if isinstance(parts, Unavailable):
        return None
    place = place_of(engine, parts[0].cells, segment)
    if place is None:
        return None
    metric = engine.catalog[name]
    value, n = np.zeros(len(engine.windows)), np.zeros(len(engine.windows))
    for part in parts:
        some = part.cells.n[:, place] > 0
        here = part.shown[:, place] & (some | (len(parts) == 1))
        if len(parts) > 1 and (part.currency[here, place] != currency).any():
            return None
        value = np.where(here, _values(metric, part.cells, place), value)
        n = np.where(here, part.cells.n[:, place], n)
    return value, n


def _values(metric: Metric, cells: Cells, place: int) -> Floats:
    """A part's value in each window, 0 where there is nothing to add up, NaN where it is not known."""
    nothing = ["no-rows", "missing-values"] if metric.aggregate == "mean" else ["missing-values"]
    if metric.requires:
        nothing = []
    return np.where(np.isin(cells.reason[:, place], [CODE[reason] for reason in nothing]), 0.0, cells.value[:, place])
