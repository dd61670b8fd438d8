"""Which figures rest on a column: found in the catalogue, not kept in a list."""

from __future__ import annotations

from collections.abc import Iterable

from crm_metrics import schema
from crm_metrics.metrics.catalog import Catalog
from crm_metrics.metrics.checking import columns_of


def resting_on(columns: Iterable[str], catalog: Catalog) -> tuple[str, ...]:
    """The names of the metrics that read one of the columns (`table.column`), in catalogue order: directly, or through a
    column that is made from it. `table.*` stands for every metric over the rows of a table."""
    wanted = set(columns)
    return tuple(metric.name for metric in catalog.listed() if wanted & _read(metric.name, catalog))


def _read(name: str, catalog: Catalog) -> set[str]:
    result: set[str] = set()
    for part in catalog.parts([catalog[name]]):
        if not part.aggregate:
            continue
        result.add(f"{part.table}.*")
        for column in columns_of(part):
            result.add(f"{part.table}.{column}")
            described = schema.column(part.table, column)
            result.update(described.needs if described is not None else ())
    return result
