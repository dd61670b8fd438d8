"""Whether a metric can be computed from the data at all, and if not, in words, what is missing and what would help."""

from __future__ import annotations

from collections.abc import Mapping

from crm_metrics import schema
from crm_metrics.engine.cells import Unavailable
from crm_metrics.metrics.catalog import columns_of
from crm_metrics.metrics.metric import Metric
from crm_metrics.tables import Table


def trouble(
    metric: Metric, tables: Mapping[str, Table], dims: tuple[str, ...], *, everything: bool = False
) -> Unavailable | None:
    """Why an aggregate cannot be computed; None when it can. With `everything` (the period of all time is asked for), rows
    that nothing places in time can still be counted."""
    if metric.table not in tables:
        return Unavailable("missing-column", f"no {_words(metric.table)} were given", _wanted(metric.table))
    table = tables[metric.table]
    for column in columns_of(metric):
        if column in table.unusable:
            problem = table.unusable[column]
            return Unavailable(problem.reason, problem.seen, problem.hint)
        if not table.has(column) and not (everything and column in (metric.at, (metric.open or (None,))[0])):
            return _missing(metric.table, column)
    for dim in dims:
        if not table.has(dim):
            return Unavailable("missing-column", f"the {_words(metric.table)} have no column {dim}")
    return None


def _words(table: str) -> str:
    return table.replace("_", " ")


def _wanted(table: str) -> str:
    bases = schema.TABLES[table].bases or (table,)
    return f"add an export of {' or '.join(_words(base) for base in bases)}"


def _missing(table: str, column: str) -> Unavailable:
    known = schema.column(table, column)
    roots = sorted({need.partition(".")[2] for need in known.needs} - {column}) if known else []
    about = known.about if known else ""
    made_from = f" (made from {', '.join(roots)})" if roots else ""
    return Unavailable(
        "missing-column",
        f"the {_words(table)} do not tell: {about or column}",
        (known.remedy if known else "") or f"needs the column {column}{made_from}",
    )
