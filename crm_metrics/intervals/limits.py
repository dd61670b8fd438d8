"""The limits of a metric's cells, by the kind of figure that it is, with the customer as the unit where customers repeat.

What many records of few customers say is as sure as so many independent records would be as vary as much: of shares and Net
Promoter Scores (Korn and Graubard 1998, Survey Methodology 24, 193-201: the records over the design effect, less for the
degrees of freedom that few customers leave), and likewise of quantiles, whose limits are values at two ranks (Woodruff 1952,
J. Am. Stat. Assoc. 47, 635-646). Means and formulas have limits by Student's t with as many degrees of freedom as customers
less one, sums those of a compound sum of customers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np

from crm_metrics.engine import survival
from crm_metrics.engine.aggregates import Column, weighted
from crm_metrics.engine.cells import Cells, Floats, Z
from crm_metrics.engine.compute import Engine
from crm_metrics.engine.measuring import DECIDED, FEWEST, quantile
from crm_metrics.expressions import Formula, Name, Number, Operation, names, walk
from crm_metrics.intervals.distributions import Remembered, t_quantile
from crm_metrics.intervals.scores import Scores, of_units, repeats, scores
from crm_metrics.intervals.shares import among, difference, net_promoter, per_count, wilson
from crm_metrics.metrics.metric import Metric, Unit

AMOUNTS = (Unit.MONEY, Unit.MONEY_PER_DAY, Unit.MINUTES, Unit.HOURS, Unit.DAYS, Unit.MONTHS)
_QUANTILES = ("median", "quantile")
_POINT = Remembered(lambda df: t_quantile(df, 0.975))

Limits = tuple[Floats, Floats, Floats]  # low, high, and the effective number of records


def limited(engine: Engine, metric: Metric, cells: Cells) -> Cells:
    """The cells with their 95 % limits, NaN where there are none, and the independent records that they are worth."""
    if metric.private or metric.interval == "none" or metric.over_months:
        return cells
    if metric.unit is Unit.COUNT:
        return _counted(engine, metric, cells)
    if (metric.table, metric.column) == DECIDED or not (cells.reason == 0).any():
        return cells
    with np.errstate(all="ignore"):  # what cannot be divided has no limits either
        limits = (_of_formula if metric.formula is not None else _of_aggregate)(engine, metric, cells)
    if limits is None:
        return cells
    valid = (cells.reason == 0) & engine.limited[:, None]
    low, high, effective = (np.where(valid, grid, np.nan) for grid in limits)
    return replace(cells, low=low, high=high, effective=effective)


def _counted(engine: Engine, metric: Metric, cells: Cells) -> Cells:
    """A count is shown without limits; compared it is as sure as one of so many customers as vary as much."""
    spread = scores(engine, metric, cells) if engine.compared and repeats(engine, metric) else None
    if spread is None:
        return replace(cells, effective=np.maximum(cells.value, 0))
    with np.errstate(all="ignore"):
        effective = np.minimum(cells.value**2 / spread.variance, cells.value)
    return replace(cells, effective=np.where(cells.value > 0, effective, 0.0))


def _of_waits(engine: Engine, metric: Metric, cells: Cells) -> Limits:
    """Of a survival median, wider by as much as what each customer adds varies more than what each record does."""
    pairs, size, shape = engine.limited_pairs(metric), cells.value.size, cells.value.shape
    times, events, others, timed = engine.measures.waits(metric, pairs)
    every = engine.cell_numbers(metric, pairs)
    cell, wider = every[timed], np.ones(size)
    if repeats(engine, metric):
        added = np.zeros(len(every))
        added[timed] = survival.deviations(times, events, others, cell, size, cells.value.ravel())
        groups = engine.groups(metric, pairs.every, cells.dims)
        spread, counts = np.zeros(len(groups.cell)), np.zeros(len(groups.cell), dtype=bool)
        member = slice(None) if pairs.member is None else pairs.member
        spread[member], counts[member] = added, timed
        rows = engine.measures.rows(pairs.every, cells.dims, groups.cell, size)
        by_unit = of_units(groups, spread, counts, rows, shape)
        alone = weighted(cell, added[timed] ** 2, size).reshape(shape)
        n = np.bincount(cell, minlength=size).reshape(shape).astype(np.float64)
        wider = np.sqrt(n / _effective(n, alone * n, by_unit)).ravel()
    low, high = survival.limits(times, events, cell, size, wider, others)
    return low.reshape(shape), high.reshape(shape), cells.n / wider.reshape(shape) ** 2


def _of_aggregate(engine: Engine, metric: Metric, cells: Cells) -> Limits | None:
    if metric.aggregate == "survival":
        return _of_waits(engine, metric, cells)
    if metric.aggregate in ("min", "max", "count", "distinct"):
        return None
    by_unit = scores(engine, metric, cells) if repeats(engine, metric) else None
    return of_column(metric, engine.column(metric), cells.value, by_unit)


def of_column(metric: Metric, column: Column, value: Floats, by_unit: Scores | None = None) -> Limits:
    """The limits of an aggregate of a column, by the scores of its units or without them by its values: of a sum from the
    units' second moments, as many as came by chance; of a mean from their spread about it, by Student's t; of a quantile two
    of the values themselves."""
    n = column.n.reshape(value.shape).astype(np.float64)
    units = n if by_unit is None else by_unit.units
    if metric.aggregate in _QUANTILES:
        q = quantile(metric)
        effective = n if by_unit is None else _effective(n, np.full(n.shape, q * (1 - q)), by_unit)
        low, high = (column.ordered.at(rank.ravel()).reshape(n.shape) for rank in among(n, effective, q))
        return low, high, effective
    if metric.aggregate == "sum":
        variance = column.squares.reshape(n.shape) if by_unit is None else by_unit.variance
        half = Z * np.sqrt(variance)
    else:
        squares = column.squares.reshape(n.shape) / n - value**2 if by_unit is None else by_unit.variance * units
        half = _student(units) * np.sqrt(np.maximum(squares, 0) / np.maximum(units - 1, 1))
    half = np.where(units >= FEWEST, half, np.nan)
    low, high = value - half, value + half
    if metric.unit in AMOUNTS:
        # Amounts are skewed: sums of few customers' more than the t distribution makes up for.
        skewed = (value > 0) & ~column.is_negative.reshape(n.shape) & ((low < 0) | (by_unit is not None))
        low, high = (
            np.where(skewed, value / np.exp(half / value), low),
            np.where(skewed, value * np.exp(half / value), high),
        )
    return low, high, units


def _of_formula(engine: Engine, metric: Metric, cells: Cells) -> Limits | None:
    """A share's by Wilson, a Net Promoter Score's by adjusted Wald, of a cost per count by the count alone, of a product or
    quotient of figures from theirs, of all others by the delta method."""
    assert metric.formula is not None
    parts = {
        name: engine.spread(part, cells.dims)
        for name in names(metric.formula)
        if name in engine.catalog and isinstance(part := engine.cells(name), Cells)
    }
    if metric.interval == "parts":
        return *product(cells.value, metric.formula, parts), cells.n.astype(np.float64)
    is_counted = metric.interval in ("proportion", "nps", "poisson")
    by_unit = scores(engine, metric, cells) if not is_counted or repeats(engine, metric) else None
    match metric.interval:
        case "proportion":
            n = parts[names(metric.formula)[1]].value
            effective = n if by_unit is None else _effective(n, cells.value * (1 - cells.value), by_unit)
            return *wilson(cells.value, effective), effective
        case "nps":
            up, down, n = (parts[name].value for name in names(metric.formula))
            spread = 1e4 * ((up + down) / n - ((up - down) / n) ** 2)
            effective = n if by_unit is None else _effective(n, spread, by_unit)
            kept = effective / n
            return *net_promoter(up * kept, down * kept, effective), effective
        case "poisson":
            amount, count = (parts[name].value for name in names(metric.formula))
            effective = count if by_unit is None else np.minimum((amount / count) ** 2 / by_unit.variance, count)
            return *per_count(amount * effective / count, effective), effective
    return None if by_unit is None else _by_gradient(engine, metric, cells, by_unit)


def _by_gradient(engine: Engine, metric: Metric, cells: Cells, by_unit: Scores) -> Limits:
    """By Student's t, NaN where a figure rests on fewer than six units. Amounts are skewed: those above 0 that nothing is
    taken from have their limits on the scale of logarithms, with the variance of a sample rather than of all there is. A
    share that is no count by another, such as of money, has Wilson's limits of as many records as vary as much."""
    assert metric.formula is not None
    units, value, variance = cells.n.astype(np.float64), cells.value, by_unit.variance
    if repeats(engine, metric):
        units = np.minimum(units, by_unit.units)
    valid = units >= FEWEST
    if metric.interval == "share":
        records = np.where(variance > 0, value * (1 - value) / variance, units)
        records = np.minimum(records, _of_weights(engine, metric.formula, cells))
        valid &= (value >= 0) & (value <= 1)  # refunds may take a part of a sum beyond the whole
        low, high = wilson(value, records)
    elif metric.interval == "kept":
        records = np.minimum(units, _of_weights(engine, metric.formula, cells))
        low, high = _of_kept(engine, metric, cells, records)
    else:
        records = units
        half = _student(units) * np.sqrt(variance)
        low, high = value - half, value + half
        if metric.unit in AMOUNTS and not _subtracts(engine, metric):
            wide = np.exp(half * np.sqrt(units / (units - 1)) / value)
            skewed = value > 0
            low, high = np.where(skewed, value / wide, low), np.where(skewed, value * wide, high)
    return np.where(valid, low, np.nan), np.where(valid, high, np.nan), records


def _of_weights(engine: Engine, tree: Formula, cells: Cells) -> Floats:
    """How many units of equal weight say as much as those of a share's denominator (Kish 1965, Survey Sampling, 8.2): where
    few of many have moved, their own sizes tell too little of how the share varies. Infinite where it does not apply."""
    match tree:
        case Operation("-", Number(), Name(name)) if (inner := engine.catalog.get(name)) and inner.formula:
            return _of_weights(engine, inner.formula, cells)
        case Operation("/", _, Name(name)) if (base := engine.catalog.get(name)) and engine.dims(base) == cells.dims:
            under = engine.cells(name)
            if isinstance(under, Cells) and (by_unit := scores(engine, base, under)) is not None:
                return under.value**2 / by_unit.variance
    return np.full(cells.value.shape, np.inf)


def _of_kept(engine: Engine, metric: Metric, cells: Cells, records: Floats) -> tuple[Floats, Floats]:
    """The limits of what is left of something, more or less: of what was lost those of a share, of what was won those of a
    compound sum, put together (Zou and Donner 2008). What has not moved at all has no upper one: it may have grown."""
    by_unit = scores(engine, metric, cells, about=1)
    assert by_unit is not None
    size, shape = cells.value.size, cells.value.shape
    less, more = np.maximum(-by_unit.score, 0), np.maximum(by_unit.score, 0)
    lost, gained, squares = (weighted(by_unit.cell, grid, size).reshape(shape) for grid in (less, more, more**2))
    least, most = wilson(lost, records)
    wide = np.where(gained > 0, np.exp(Z * np.sqrt(squares) / gained), 1)
    low, high = difference((gained, gained / wide, gained * wide), (lost, least, most))
    return np.maximum(1 + low, 0), np.where((lost == 0) & (gained == 0), np.nan, 1 + high)


def _effective(n: Floats, spread: Floats, by_unit: Scores) -> Floats:
    """How many independent records would vary as much as these n, one of which has the variance `spread`: never more than
    there are, and fewer where few units tell how much they vary. Of records that are all alike the units count."""
    units = by_unit.units
    effective = np.where(spread > 0, spread / by_unit.variance, units)
    few = (units < n) & (units > 1)
    effective = np.where(few, effective * (_student(n) / _student(units)) ** 2, np.where(units < n, np.nan, effective))
    return np.where(np.abs(effective - n) < 1e-9 * n, n, np.minimum(effective, n))


def _student(units: Floats) -> Floats:
    """The 97.5 % point of Student's distribution with one degree of freedom less than there are units."""
    return _POINT(np.maximum(units - 1, 0))


def _subtracts(engine: Engine, metric: Metric) -> bool:
    """Whether a formula, or one that it is made of, takes something away."""
    trees = [part.formula for part in engine.catalog.parts([metric]) if part.formula is not None]
    return any(isinstance(node, Operation) and node.operator == "-" for tree in trees for node in walk(tree))


def product(value: Floats, tree: Formula, parts: Mapping[str, Cells]) -> tuple[Floats, Floats]:
    """The limits of a product or quotient of independent figures above 0 from theirs, on the scale of logarithms; NaN where
    none of them has limits."""
    below, above = np.zeros(value.shape), np.zeros(value.shape)
    some = np.zeros(value.shape, dtype=bool)
    for name, upright in factors(tree):
        if name in parts:
            part = parts[name]
            down, up = np.log(part.value / part.low), np.log(part.high / part.value)
            finite = np.isfinite(down) & np.isfinite(up)
            down, up = (np.where(finite, width, 0.0) for width in ((down, up) if upright else (up, down)))
            below, above, some = below + down**2, above + up**2, some | finite
    low, high = value / np.exp(np.sqrt(below)), value * np.exp(np.sqrt(above))
    return np.where(some, low, np.nan), np.where(some, high, np.nan)


def factors(tree: Formula, *, upright: bool = True) -> Iterator[tuple[str, bool]]:
    """The names in a product or quotient, and whether each multiplies it rather than divides."""
    if isinstance(tree, Name):
        yield tree.name, upright
    elif isinstance(tree, Operation) and tree.operator in "*/":
        yield from factors(tree.left, upright=upright)
        yield from factors(tree.right, upright=upright == (tree.operator == "*"))
