"""Currencies: amounts of different ones are never added. A money metric of one table is given per currency where a cell
holds several; a formula over tables only where all its money is in one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from crm_metrics.engine.cells import CODE, GRIDS, Bools, Cells, Unavailable
from crm_metrics.engine.columns import Columns
from crm_metrics.engine.compute import Engine
from crm_metrics.metrics.metric import Metric
from crm_metrics.schema import Kind, column
from crm_metrics.tables import NO_RATE, NONE, Dataset, Table

_NOBODY, _SEVERAL = "(nobody)", "(several)"
# Cells of no rows; all else of them is NaN.
_EMPTY: dict[str, Any] = {"n": 0, "reason": CODE["no-rows"], "partial": False, "effective": 0.0}
_SLICES: WeakKeyDictionary[Engine, dict[tuple[str, str], Engine]] = WeakKeyDictionary()


@dataclass(frozen=True)
class Money:
    """Cells with the currency of each, None where it is not known, and which cells are shown; whether they are of the rows
    of only one of several currencies."""

    cells: Cells
    currency: np.ndarray
    shown: Bools
    is_one_of_several: bool = False


def split(engine: Engine, metric: Metric, cells: Cells) -> list[Money]:
    """The metric's cells, in as many parts as a cell needs currencies."""
    aggregates = engine.covering.aggregates(metric)
    leaves = [leaf for leaf in aggregates if _adds_money(leaf)]
    shape = cells.value.shape
    present = np.broadcast_to(cells.present, shape)
    if (converted := engine.dataset.priced_in) is not None:
        return [Money(_without_rate(engine, leaves, cells), np.full(shape, converted, dtype=object), present)]
    by_table = {leaf.table: engine.columns(leaf.table).currencies for leaf in leaves}
    every = {name for names in by_table.values() for name in names}
    if len(every) <= 1:
        currency = next(iter(every), None) or engine.dataset.settings.currency
        return [Money(cells, np.full(shape, currency, dtype=object), present)]
    # Tables in one each differ everywhere; and months of which a cell says nothing may be in other currencies.
    over_months = any(part.over_months for part in engine.catalog.parts([metric]))
    if over_months or all(len(codes) <= 1 for codes in by_table.values()):
        return [Money(_mixed(cells, np.ones(shape, dtype=bool)), np.full(shape, None, dtype=object), present)]
    slices = {(table, name): _slice(engine, table, name) for table, codes in by_table.items() for name in codes}
    names = np.full(shape, _NOBODY, dtype=object)
    for leaf in leaves:
        for name in by_table[leaf.table]:
            some = _rows(slices[leaf.table, name], engine, [leaf], cells) > 0
            names[some & (names != _NOBODY) & (names != name)] = _SEVERAL
            names[some & (names == _NOBODY)] = name
    several, named = names == _SEVERAL, names.copy()
    named[names == _NOBODY], named[several] = engine.dataset.settings.currency, None
    single = Money(_mixed(cells, several), named, present)
    if len(by_table) > 1 or any(part.table not in by_table for part in aggregates):
        return [single]
    # Each currency on its own, so that it can be compared with itself; and the cells in which there is none.
    parts = [replace(single, shown=present & (names == _NOBODY))]
    ((table, codes),) = by_table.items()
    for name in codes:
        own = slices[table, name].cells(metric.name)
        if isinstance(own, Unavailable):
            continue
        aligned = _aligned(slices[table, name], engine, own, cells)
        shown = present & (_rows(slices[table, name], engine, leaves, cells) > 0)
        parts.append(Money(aligned, np.full(shape, name, dtype=object), shown, is_one_of_several=True))
        slices[table, name].forget()
    return parts


def _slice(engine: Engine, table: str, currency: str) -> Engine:
    """The engine of only one table's rows of one currency, the same for every metric."""
    slices = _SLICES.setdefault(engine, {})
    if (table, currency) not in slices:
        only = _only(engine.dataset, table, currency)
        slices[table, currency] = engine.over(engine.windows, dataset=only)
    return slices[table, currency]


def slices(dataset: Dataset, table: str) -> list[Dataset]:
    """The dataset once for each currency of a table, with only that table's rows of it; itself where all amounts are in one,
    or converted to one."""
    names = [] if dataset.priced_in is not None else Columns(dataset.tables[table]).currencies
    return [_only(dataset, table, name) for name in names] if len(names) > 1 else [dataset]


def _without_rate(engine: Engine, leaves: list[Metric], cells: Cells) -> Cells:
    """The cells with the reason for those that lack values because rows in them have no exchange rate."""
    missing = cells.reason == CODE["missing-values"]
    if not missing.any():
        return cells
    hit = np.zeros(cells.reason.shape, dtype=bool)
    for leaf in leaves:
        own, table = engine.cells(leaf.name), engine.dataset.tables[leaf.table]
        if isinstance(own, Cells) and table.has(NO_RATE):
            pairs = engine.pairs(leaf)
            rateless = table.frame[NO_RATE].to_numpy(dtype=bool)[pairs.rows]
            count = np.bincount(engine.cell_numbers(leaf, pairs)[rateless], minlength=own.n.size)
            place = engine.segments(cells.dims).within(engine.segments(own.dims))
            hit |= count.reshape(own.n.shape)[:, place] > 0
    return replace(cells, reason=np.where(missing & hit, CODE["no-rate"], cells.reason).astype(np.int8))


def _adds_money(metric: Metric) -> bool:
    if metric.aggregate is None or metric.aggregate in ("count", "distinct"):
        return False
    spec = column(metric.table, metric.column)
    return spec is not None and spec.kind is Kind.MONEY


def _only(dataset: Dataset, table: str, currency: str) -> Dataset:
    """The dataset with only one table's rows of one currency, among those that a filter leaves away too."""

    def of(tables: dict[str, Table]) -> dict[str, Table]:
        if table not in tables:
            return tables
        values = tables[table].frame["currency"]
        rows = values.isna() if currency == NONE else values == currency
        frame = tables[table].frame[rows.to_numpy(dtype=bool, na_value=False)].reset_index(drop=True)
        return {**tables, table: replace(tables[table], frame=frame)}

    return replace(dataset, tables=of(dataset.tables), unfiltered=of(dataset.unfiltered))


def _rows(sliced: Engine, engine: Engine, leaves: list[Metric], like: Cells) -> np.ndarray:
    """How many rows the parts have in each cell of one currency."""
    total = np.zeros(like.value.shape, dtype=np.int64)
    for leaf in leaves:
        own = sliced.cells(leaf.name)
        if isinstance(own, Cells):
            total += _aligned(sliced, engine, own, like).n
    return total


def _aligned(sliced: Engine, engine: Engine, own: Cells, like: Cells) -> Cells:
    """A slice's cells in the places of the whole grid's segments."""
    labels = {label: i for i, label in enumerate(sliced.segments(own.dims).labels)}
    wanted = engine.segments(like.dims).labels
    place = np.array([labels.get(label[: len(own.dims)], -1) for label in wanted], dtype=np.int64)
    grids: dict[str, Any] = {}
    for name in GRIDS:  # the last column is that of the segments which the slice does not have
        grid = np.pad(getattr(own, name), ((0, 0), (0, 1)), constant_values=_EMPTY.get(name, np.nan))
        grids[name] = grid[:, place]
    return Cells(like.dims, present=like.present, **grids)


def _mixed(cells: Cells, where: Bools) -> Cells:
    reason = np.where(where & (cells.reason == 0), CODE["mixed-currency"], cells.reason).astype(np.int8)
    value, low, high = (np.where(reason == 0, grid, np.nan) for grid in (cells.value, cells.low, cells.high))
    return replace(cells, reason=reason, value=value, low=low, high=high)
