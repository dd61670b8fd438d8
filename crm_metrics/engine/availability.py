"""Whether a metric can be computed from the data at all, and if not, in words, what is missing and what would help."""

from __future__ import annotations

from collections.abc import Mapping

from crm_metrics import schema
from crm_metrics.engine.cells import Unavailable
from crm_metrics.expressions import columns
from crm_metrics.metrics.checking import columns_of
from crm_metrics.metrics.metric import Metric
from crm_metrics.tables import Table


def trouble(
    metric: Metric, tables: Mapping[str, Table], dims: tuple[str, ...], *, everything: bool = False
) -> Unavailable | None:
    """Why an aggregate cannot be computed; None when it can. With `everything` (the period of all time is asked for), rows
    that nothing places in time can still be counted."""
    if metric.table not in tables:
        return _absent(metric.table, tables)
    table = tables[metric.table]
    unplaced = {metric.at, metric.open[0] if metric.open else None} - (columns(metric.where) if metric.where else set())
    for column in columns_of(metric):
        if column in table.unusable:
            problem = table.unusable[column]
            return Unavailable(problem.reason, problem.seen, problem.hint)
        if not table.has(column) and not (everything and column in unplaced):
            return _missing(metric.table, column)
    for dim in dims:
        if not table.has(dim):
            return Unavailable("missing-column", f"the {schema.called(metric.table)} have no column {dim}")
    return None


def _absent(table: str, tables: Mapping[str, Table]) -> Unavailable:
    """A table that is not there: not given, or nothing in what was given makes it."""
    bases = schema.TABLES[table].bases or (table,)
    given = [schema.called(base) for base in bases if base in tables]
    if given:
        return Unavailable("missing-column", f"the {' and '.join(given)} hold no {schema.called(table)}")
    wanted = " or ".join(schema.called(base) for base in bases)
    return Unavailable("missing-column", f"no {wanted} were given", "add an export of them")


def _missing(table: str, column: str) -> Unavailable:
    """A column that is not there, with what it would be made from."""
    known = schema.column(table, column)
    if known is None:
        return Unavailable("missing-column", f"the {schema.called(table)} have no column {column}")
    roots = sorted({need.partition(".")[2] for need in known.needs} - {column})
    need = f"it is made from {', '.join(roots)}" if roots else f"add the column {column}"
    return Unavailable("missing-column", f"the {schema.called(table)} do not say: {known.about}", known.remedy or need)
