"""A metric as sums by segment: what a change is split into has to add up to the whole."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from crm_metrics.engine.cells import Bools, Cells, Floats, Ints, Unavailable
from crm_metrics.engine.formulas import adds_up, evaluate, named_value
from crm_metrics.errors import UsageError
from crm_metrics.expressions import Formula, Name, Operation
from crm_metrics.intervals.engine import Engine
from crm_metrics.metrics.catalog import Catalog
from crm_metrics.metrics.metric import Metric

FEWEST = 10  # records of both periods together; with fewer, segments are put together


@dataclass(frozen=True)
class Grid:
    """Numerator and denominator by window and segment (of a sum all denominators are 1), records, and the metric's cells."""

    labels: list[str]
    numerator: Floats
    denominator: Floats | None
    n: Ints
    cells: Cells


def sums(metric: Metric, catalog: Catalog) -> tuple[Formula, Formula | None]:
    """What a metric adds up, over what else it adds up. Raises `UsageError` for other metrics."""
    if metric.formula is None and metric.aggregate in ("count", "sum", "mean"):
        return Name(metric.name), None
    if isinstance(metric.formula, Operation) and not metric.per_month:
        over, under = metric.formula.left, metric.formula.right
        if metric.formula.operator == "/" and _adds_up(over, catalog) and _adds_up(under, catalog):
            return over, under
        if _adds_up(metric.formula, catalog):
            return metric.formula, None
    if metric.aggregate == "distinct":
        return Name(metric.name), None
    what = metric.aggregate or "formula"
    raise UsageError(
        f"{metric.name} is neither a sum nor a ratio of sums but a {what}: its change has no parts that add up",
        hint="A mean or a rate beside it can be taken apart; 'crm-metrics metrics' lists them.",
    )


def _adds_up(tree: Formula, catalog: Catalog) -> bool:
    def is_part(name: str) -> bool:
        return name in catalog and catalog[name].aggregate in ("count", "sum", "distinct")

    return adds_up(tree, is_part, lambda name: name not in catalog)


def grid_of(engine: Engine, metric: Metric, over: Formula, under: Formula | None) -> Grid | str:
    """The sums by segment, or in words why there are none."""
    cells = engine.cells(metric.name)
    if isinstance(cells, Unavailable):
        return cells.seen
    shape = cells.value.shape

    def summed(tree: Formula) -> Floats:
        values = evaluate(
            tree, lambda name: _cells(engine, name), lambda name: named_value(engine, name, cells.dims), shape
        )[0]
        return np.nan_to_num(values)

    numerator = summed(over)
    denominator = summed(under) if under is not None else None
    if metric.aggregate == "mean":
        denominator = cells.n.astype(np.float64)
        numerator = np.nan_to_num(cells.value) * denominator
    labels = [label[0] if label else "" for label in engine.segments(cells.dims).labels]
    return Grid(labels, numerator, denominator, cells.n, cells)


def _cells(engine: Engine, name: str) -> Cells | None:
    """A part's cells with 0 where there is nothing to add up; that the segments still make the whole is seen afterwards."""
    cells = engine.cells(name) if name in engine.catalog else None
    if cells is None or isinstance(cells, Unavailable):
        return None
    return replace(cells, value=np.nan_to_num(cells.value), reason=np.zeros_like(cells.reason))


def unlike(grid: Grid, total: Grid) -> str:
    """Why the segments do not make the whole; empty when they do."""
    pairs = [(grid.numerator, total.numerator)]
    if grid.denominator is not None and total.denominator is not None:
        pairs.append((grid.denominator, total.denominator))
    if grid.denominator is not None and ((grid.denominator == 0) & (grid.numerator != 0)).any():
        return "one of its segments has nothing to divide by in one of the periods"
    if all(np.allclose(part.sum(axis=1), total[:, 0], rtol=1e-9, atol=1e-9) for part, total in pairs):
        return ""
    return "its segments do not add up to the whole: a record counts in several of them, or in none"


def few(grid: Grid) -> Bools:
    """The segments that have records, but too few of them."""
    records = grid.n.sum(axis=0)
    return (records > 0) & (records < FEWEST)


def without_small(grid: Grid, signs: list[str | None]) -> tuple[Grid, list[str | None]]:
    """The grid with the segments of too few records as one, called by their number; a single one stays as it is."""
    small = few(grid)
    if small.sum() < 2:
        return grid, signs

    def together(values: np.ndarray) -> np.ndarray:
        return np.concatenate([values[:, ~small], values[:, small].sum(axis=1, keepdims=True)], axis=1)

    labels = [label for label, is_small in zip(grid.labels, small, strict=True) if not is_small]
    kept = [word for word, is_small in zip(signs, small, strict=True) if not is_small]
    under = together(grid.denominator) if grid.denominator is not None else None
    merged = Grid(
        [*labels, f"({small.sum()} small ones)"], together(grid.numerator), under, together(grid.n), grid.cells
    )
    return merged, [*kept, None]
