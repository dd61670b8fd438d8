"""Whether a metric can be computed from the data at all, and if not, in words, what is missing and what would help."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from crm_metrics import schema
from crm_metrics.engine.cells import Unavailable
from crm_metrics.expressions import columns
from crm_metrics.metrics.catalog import Catalog
from crm_metrics.metrics.checking import columns_of
from crm_metrics.metrics.metric import Metric
from crm_metrics.tables import Dataset, Table, Unusable


def trouble(
    metric: Metric, tables: Mapping[str, Table], dims: tuple[str, ...], *, all_time: bool = False
) -> Unavailable | None:
    """Why an aggregate cannot be computed; None when it can. With `all_time` (that period is asked for),
    rows of a table that has no date to place them by can still be counted."""
    if metric.table not in tables:
        return _absent(metric.table, tables)
    table = tables[metric.table]
    for column in columns_of(metric):
        if (problem := table.unusable.get(column) or _of_base(table, column, tables)) is not None:
            return Unavailable(**vars(problem))
        if not table.has(column) and not (all_time and _is_unplaced(metric, column, tables)):
            return _missing(table, column)
    for dim in dims:
        if not table.has(dim):
            return Unavailable("missing-column", f"the {schema.called(metric.table)} have no column {dim}")
    return None


def _of_base(table: Table, column: str, tables: Mapping[str, Table]) -> Unusable | None:
    """Why the amounts that a derived table's are made of cannot be used: those of other files alone would be too little."""
    base = next((tables[base] for base in schema.TABLES[table.name].bases if base in tables), table)
    if column not in _amounts(table):
        return None
    return next((problem for name, problem in base.unusable.items() if name in _amounts(base)), None)


def _amounts(table: Table) -> set[str]:
    columns = schema.TABLES[table.name].columns
    return {name for name, column in columns.items() if column.kind is schema.Kind.MONEY}


def _is_unplaced(metric: Metric, column: str, tables: Mapping[str, Table]) -> bool:
    """Whether a column only says when what the metric counts took place, in a table that no date places in time at all:
    that it came in, or what its filter says of it."""
    filtered = columns(metric.where) if metric.where else set()
    if column in filtered or column not in (metric.at, metric.open[0] if metric.open else None):
        return False
    spec = schema.TABLES[metric.table]
    bases = [base for base in (spec.bases or (metric.table,)) if base in tables]
    if any(tables[base].has(schema.TABLES[base].placed_by) for base in bases):
        return False
    if spec.bases or column == spec.placed_by:
        return True
    needs = {need.partition(".")[2] for need in spec.columns[column].needs} if column in spec.columns else set()
    return bool(needs & filtered) or (column != metric.at and needs <= {*spec.moments})


def with_offer(problem: Unavailable, metric: Metric, dataset: Dataset) -> Unavailable:
    """The problem with the headers that may be what is missing, where a file has such."""
    if problem.reason != "missing-column" or not dataset.offers:
        return problem
    needs = schema.inputs((metric.table, column) for column in columns_of(metric))
    offers = [
        f"{path}: {text}" for (path, table, column), text in dataset.offers.items() if column in needs.get(table, ())
    ]
    return replace(problem, offer="; ".join(dict.fromkeys(offers)))


def with_formulas(catalog: Catalog, tables: Mapping[str, Table]) -> Catalog:
    """The catalogue with the formula that a metric has `otherwise` in place of one that the data cannot give at all."""
    settled = {}
    for metric in catalog.values():
        if metric.otherwise is not None:
            first = replace(metric, otherwise=None)
            if any(trouble(part, tables, ()) for part in catalog.parts([first]) if part.aggregate):
                first = replace(first, formula=metric.otherwise, formula_text=metric.otherwise_text)
            settled[metric.name] = first
    return Catalog({**catalog, **settled}) if settled else catalog


def _absent(table: str, tables: Mapping[str, Table]) -> Unavailable:
    """A table that is not there: not given, or nothing in what was given makes it."""
    bases = schema.TABLES[table].bases or (table,)
    present = [schema.called(base) for base in bases if base in tables]
    if present:
        return Unavailable("missing-column", f"the {' and '.join(present)} hold no {schema.called(table)}")
    wanted = " or ".join(schema.called(base) for base in bases)
    return Unavailable("missing-column", f"no {wanted} were given", "add an export of them", lacks=bases)


def _missing(table: Table, column: str) -> Unavailable:
    """A column that is not there: why what it is made from cannot be used, else what of that is not there either."""
    for root in sorted(schema.inputs([(table.name, column)]).get(table.name, set()) & table.unusable.keys()):
        problem = table.unusable[root]
        return Unavailable(problem.reason, problem.seen, problem.hint)
    called, spec = schema.called(table.name), schema.column(table.name, column)
    if spec is None:
        return Unavailable("missing-column", f"the {called} have no column {column}")
    roots = sorted({need.partition(".")[2] for need in spec.needs} - {column})
    lacking = [root for root in roots if not table.has(root)] or roots or [column]
    add = f"add the column {lacking[0]}" if len(lacking) == 1 else f"add columns such as {', '.join(lacking)}"
    about = spec.about.partition("; ")[0]
    return Unavailable("missing-column", f"the {called} do not say: {about}", spec.remedy or add)
