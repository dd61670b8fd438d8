"""Currencies: amounts of different ones are never added. A money metric of one table is given per currency where a cell
holds several; a formula over tables only where all its money is in one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from weakref import WeakKeyDictionary

import numpy as np

from crm_metrics.engine.cells import CODE, Bools, Cells, Unavailable
from crm_metrics.engine.columns import Columns
from crm_metrics.engine.compute import Engine
from crm_metrics.expressions import names
from crm_metrics.metrics.metric import Metric
from crm_metrics.schema import Kind, column
from crm_metrics.tables import NO_RATE, NONE, Dataset, Table

_NOBODY, _SEVERAL = "(nobody)", "(several)"
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
    leaves = [leaf for leaf in _aggregates(engine, metric) if _adds_money(leaf)]
    shape = cells.value.shape
    present = np.broadcast_to(cells.present, shape)
    if (converted := engine.dataset.priced_in) is not None:
        return [Money(_without_rate(engine, leaves, cells), np.full(shape, converted, dtype=object), present)]
    by_table = {leaf.table: engine.columns(leaf.table).currencies for leaf in leaves}
    if all(len(codes) <= 1 for codes in by_table.values()):
        every = {name for names in by_table.values() for name in names}
        if len(every) > 1:
            return [Money(_mixed(cells, np.ones(shape, dtype=bool)), np.full(shape, None, dtype=object), present)]
        currency = next(iter(every), None) or engine.dataset.settings.currency
        return [Money(cells, np.full(shape, currency, dtype=object), present)]
    if _over_months(engine, metric):  # months of which a cell says nothing may be in other currencies
        return [Money(_mixed(cells, np.ones(shape, dtype=bool)), np.full(shape, None, dtype=object), present)]
    slices = {(table, name): _slice(engine, table, name) for table, codes in by_table.items() for name in codes}
    names = np.full(shape, _NOBODY, dtype=object)
    for leaf in leaves:
        _merge(names, _of_cells(engine, leaf, cells, slices, by_table[leaf.table]))
    several = names == _SEVERAL
    tables = set(by_table)
    single = Money(_mixed(cells, several), _with(names, names == _NOBODY, engine.dataset.settings.currency), present)
    single = replace(single, currency=_with(single.currency, several, None))
    if len(tables) > 1 or any(part.table not in tables for part in _aggregates(engine, metric)):
        return [single]
    # Each currency on its own, so that it can be compared with itself; and the cells in which there is none.
    parts = [replace(single, shown=present & (names == _NOBODY))]
    table = next(iter(tables))
    for name in by_table[table]:
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


def _aggregates(engine: Engine, metric: Metric) -> list[Metric]:
    """The aggregates that a metric's value is made of; what its rows only have to be among adds nothing to it."""
    metric = engine.catalog.get(metric.name, metric)
    if metric.formula is None:
        return [metric]
    named = [engine.catalog[name] for name in names(metric.formula) if name in engine.catalog]
    return [part for other in named for part in _aggregates(engine, other)]


def _over_months(engine: Engine, metric: Metric) -> bool:
    return any(part.over_months for part in engine.catalog.parts([metric]))


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


def _with(currency: np.ndarray, where: Bools, name: str | None) -> np.ndarray:
    """The currencies with another one, or none, in the marked cells."""
    result = currency.copy()
    result[where] = name
    return result


def _merge(codes: np.ndarray, other: np.ndarray) -> None:
    differs = (codes != other) & (codes != _NOBODY) & (other != _NOBODY)
    codes[codes == _NOBODY] = other[codes == _NOBODY]
    codes[differs] = _SEVERAL


def _of_cells(
    engine: Engine, leaf: Metric, like: Cells, slices: dict[tuple[str, str], Engine], names: list[str]
) -> np.ndarray:
    """The currency of the rows a part of the metric has in each cell."""
    codes = np.full(like.value.shape, _NOBODY, dtype=object)
    for name in names:
        own = np.full(like.value.shape, _NOBODY, dtype=object)
        sliced = slices.get((leaf.table, name))
        some = _rows(sliced, engine, [leaf], like) > 0 if sliced else np.ones(like.value.shape, dtype=bool)
        own[some] = name
        _merge(codes, own)
    return codes


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
    absent = place < 0

    def taken(values: np.ndarray, fill: object) -> np.ndarray:
        picked = values[..., place].copy() if values.shape[-1] else np.full((*values.shape[:-1], len(place)), fill)
        picked[..., absent] = fill
        return picked

    return Cells(
        like.dims,
        taken(own.value, np.nan),
        taken(own.n, 0),
        taken(own.reason, CODE["no-rows"]),
        taken(own.partial, False),
        like.present,
        taken(own.low, np.nan),
        taken(own.high, np.nan),
        taken(own.effective, 0.0),
    )


def _mixed(cells: Cells, where: Bools) -> Cells:
    reason = np.where(where & (cells.reason == 0), CODE["mixed-currency"], cells.reason).astype(np.int8)
    value, low, high = (np.where(reason == 0, grid, np.nan) for grid in (cells.value, cells.low, cells.high))
    return replace(cells, reason=reason, value=value, low=low, high=high)
