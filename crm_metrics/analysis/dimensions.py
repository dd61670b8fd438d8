"""By which columns a metric can be looked at."""

from __future__ import annotations

from collections.abc import Sequence

from crm_metrics import schema
from crm_metrics.expressions import columns
from crm_metrics.loaders.mapping import Recogniser
from crm_metrics.loaders.reading import Raw
from crm_metrics.metrics.catalog import Catalog
from crm_metrics.metrics.metric import Metric
from crm_metrics.schema import Kind
from crm_metrics.settings import Settings

# What became of a record, or how it is measured, is no group that it belongs to.
_NO_GROUPS = {"stage", "status", "outcome", "currency", "kind", "scale", "interval", "satisfaction", "lost_reason"}


def known(metric: Metric, catalog: Catalog, raws: Sequence[Raw], settings: Settings) -> tuple[str, ...]:
    """The columns by which a metric can be looked at: names and groups in any of the files that the metric does not itself
    depend on."""
    own = {name for part in catalog.parts([metric]) if part.where is not None for name in columns(part.where)}
    found: dict[str, None] = {}
    recogniser = Recogniser(settings)
    for raw in raws:
        if (recognised := recogniser.recognise(raw, None)) is not None:
            defined = schema.TABLES[recognised.layout.table].columns
            names = (name for name in recognised.columns if name in defined)
            found |= {name: None for name in names if defined[name].kind is Kind.CATEGORY}
    return tuple(name for name in found if name not in own and name not in _NO_GROUPS)
