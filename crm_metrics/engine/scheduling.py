"""In which order the metrics of a run are computed: the tables side by side, what shares rows one after the other."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby

from crm_metrics.engine.blocks import blocks, joined
from crm_metrics.engine.compute import Engine
from crm_metrics.metrics.metric import Metric

_FEW = 200_000  # rows: with fewer, threads wait for each other longer than they compute


def prepare(engine: Engine, metrics: Iterable[Metric]) -> None:
    """Compute the aggregates behind the metrics and what is made of those of one table; of metrics whose rows are too many
    for all windows at once also all else, block by block."""
    metrics = list(metrics)
    heavy = [metric for metric in metrics if len(blocks(engine, [metric])) > 1]
    _prepare(engine, [metric for metric in metrics if metric not in heavy])
    names, blockwise = [metric.name for metric in engine.catalog.parts(heavy)], []
    for part in engine.parts(heavy):
        _prepare(part, heavy)
        for name in names:
            part.cells(name)
            part.forget()
        blockwise.append(part.by_metric)
    if blockwise:
        engine.by_metric |= {name: joined([cells[name] for cells in blockwise]) for name in names}


def _prepare(engine: Engine, metrics: Iterable[Metric]) -> None:
    """The tables side by side: arithmetic on columns leaves the interpreter free."""
    tables: dict[str, list[Metric]] = {}
    formulas: list[tuple[Metric, set[str]]] = []
    for part in engine.catalog.parts(metrics):
        if part.over_months is None and part.among is None and part.immature is None:
            engine.segments(engine.dims(part))
            if part.formula is None:
                tables.setdefault(part.table, []).append(part)
            else:
                formulas.append((part, {leaf.name for leaf in engine.catalog.parts([part]) if leaf.aggregate}))
    if len(tables) > 1 and sum(len(table.frame) for table in engine.dataset.tables.values()) < _FEW:
        for table, parts in tables.items():
            _of_table(engine, table, parts, formulas)
    elif len(tables) > 1:
        with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
            for job in [pool.submit(_of_table, engine, table, parts, formulas) for table, parts in tables.items()]:
                job.result()


def _of_table(
    engine: Engine, table: str, metrics: Iterable[Metric], formulas: Sequence[tuple[Metric, set[str]]]
) -> None:
    """The metrics of one table: those of the same date and column one after the other, and then what they complete, so
    that each is looked up once and its memory serves the next."""

    def flow(metric: Metric) -> tuple[str, tuple[str, ...]]:
        return metric.at or "", metric.open or ()

    ordered = sorted(metrics, key=lambda metric: (*flow(metric), metric.where_text or "", metric.column, metric.name))
    computed: set[str] = set()
    for _, group in groupby(ordered, key=flow):
        names = [metric.name for metric in group]
        computed.update(names)
        names += [formula.name for formula, parts in formulas if parts <= computed and not parts.isdisjoint(names)]
        for name in names:
            engine.cells(name)
        engine.forget(table)
