"""The largest segments: what `--top` keeps, and the rest as one; and the order in which segments stand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from crm_metrics.engine.cells import Cells
from crm_metrics.errors import UsageError
from crm_metrics.intervals.engine import Engine
from crm_metrics.metrics.metric import Metric

if TYPE_CHECKING:
    import pandas as pd

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
    limits, grid = np.flatnonzero(engine.limited).tolist(), (engine.catalog, engine.windows, engine.by)
    return Engine(dataset, *grid, keep=keep, rest=rest, limits=limits, compared=engine.compared), rest


def ranks(engine: Engine, metric: Metric, window: int) -> dict[tuple[str, ...], int]:
    """The place of each segment by a figure in a window, largest first; segments without the figure have none, and the rest
    of `--top` neither. Raises `UsageError` where no segment has the figure."""
    cells = engine.cells(metric.name)
    if not isinstance(cells, Cells) or cells.dims != engine.by or not (cells.reason[window] == 0).any():
        raise UsageError(
            f"--sort {metric.name}: there is no such figure by {' and '.join(engine.by)}",
            hint=f"'crm-metrics metrics {metric.name}' says what it is made of.",
        )
    placed = np.flatnonzero(cells.reason[window] == 0)
    labels = engine.segments(engine.by).labels
    order = placed[np.argsort(-cells.value[window, placed], kind="stable")].tolist()
    return {labels[at]: place for place, at in enumerate(order) if engine.rest not in labels[at] or not engine.rest}


def in_order(rows: pd.DataFrame, by: Sequence[str], places: dict[tuple[str, ...], int]) -> pd.DataFrame:
    """Tidy rows with the segments of each metric and period in the order of their places, the others after them."""
    import pandas as pd

    block, _ = pd.factorize(pd.MultiIndex.from_arrays([rows["metric"], rows["period"]]))
    segments, labels = pd.factorize(pd.MultiIndex.from_arrays([rows[name] for name in by]))
    place = np.array([places.get(tuple(segment), len(places)) for segment in labels], dtype=np.int64)
    return rows.iloc[np.lexsort((place[segments], block))].reset_index(drop=True)
