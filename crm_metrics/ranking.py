"""The largest segments: what `--top` keeps, and the rest as one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from crm_metrics.engine.cells import Cells
from crm_metrics.engine.compute import Engine
from crm_metrics.errors import UsageError
from crm_metrics.metrics.metric import Metric

RANKED_BY = ("revenue_won", "revenue", "mrr", "deals_won", "tickets_created", "leads_created", "acquisition_spend")


def largest(engine: Engine, metrics: Sequence[Metric], windows: list[int], *, top: int) -> tuple[Engine, str]:
    """An engine in which all segments but the `top` largest are one, and that one's name, empty when there is none; largest
    by the first amount that the report has. Raises `UsageError` when nothing ranks the segments."""
    names = [metric.name for metric in metrics if not metric.per]
    for name in [*(name for name in RANKED_BY if name in names), *names, *RANKED_BY]:
        cells = engine.cells(name)
        if isinstance(cells, Cells) and cells.dims == engine.by and (cells.reason[windows] == 0).any():
            break
    else:
        raise UsageError(
            "--top has nothing to rank the segments by", hint=f"Add a metric that has {', '.join(engine.by)}."
        )
    total = np.where(cells.reason[windows] == 0, cells.value[windows], 0.0).sum(axis=0)
    labels = engine.segments(engine.by).labels
    order = sorted(range(len(labels)), key=lambda i: (-total[i], i))
    keep = tuple(labels[i] for i in order[:top])
    rest = f"(rest: {len(labels) - len(keep)})" if len(labels) > len(keep) else ""
    note = f"The {len(keep)} largest by {engine.catalog[name].title.lower()} are shown; the rest is one row."
    dataset = replace(engine.dataset, notes=[*engine.dataset.notes, note])
    return Engine(dataset, engine.catalog, engine.windows, engine.by, keep=keep, rest=rest), rest
