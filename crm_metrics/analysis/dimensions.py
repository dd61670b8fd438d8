"""By which columns a metric can be looked at."""

from __future__ import annotations

from collections.abc import Iterable

from crm_metrics import schema
from crm_metrics.expressions import columns
from crm_metrics.metrics.catalog import Catalog
from crm_metrics.metrics.metric import Metric
from crm_metrics.schema import Kind

# What became of a record, or how it is measured, is no group that it belongs to.
_NO_GROUPS = {"stage", "status", "outcome", "currency", "kind", "scale", "interval", "satisfaction", "lost_reason"}


def by_which(metric: Metric, catalog: Catalog, tables: Iterable[tuple[str, Iterable[str]]]) -> tuple[str, ...]:
    """The dimensions of a metric: the names and groups among the columns of the tables, but those it depends on itself."""
    own = {name for part in catalog.parts([metric]) if part.where is not None for name in columns(part.where)}
    groups: dict[str, None] = {}
    for table, names in tables:
        specs = schema.TABLES[table].columns
        groups |= {name: None for name in names if name in specs and specs[name].kind is Kind.CATEGORY}
    return tuple(name for name in groups if name not in own and name not in _NO_GROUPS)
