"""What a metric is made of that goes on from week to week: flows that add up, stocks that rise and fall, what stays."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

import numpy as np

from crm_metrics.engine.cells import Floats
from crm_metrics.engine.compute import SETTLED
from crm_metrics.engine.formulas import OPERATIONS, adds_up
from crm_metrics.expressions import Formula, Name, Number, names
from crm_metrics.metrics.catalog import Catalog
from crm_metrics.metrics.metric import Metric


class Kind(StrEnum):
    """How a part goes on: a sum or a count, a mean (of a sum by a number), the state at the end, the state at the start."""

    FLOW, MEAN, STOCK, FIXED = "flow", "mean", "stock", "fixed"


_BEGINNINGS = ("created_at", "asked_at", "entered_at")  # where a record is placed that goes on from there


def kinds(metric: Metric, catalog: Catalog) -> dict[str, Kind] | None:
    """The aggregates that a metric is made of, each with how it goes on; None when one of them does not follow from what
    comes week by week: a median, distinct customers, a share of those who were there at the start, and what becomes only
    later of the records that have come."""
    if metric.immature is not None or metric.per_month:
        return None
    if metric.formula is None:
        kind = _kind(metric)
        return None if kind is None or _may_change(metric) else {metric.name: kind}
    by_name: dict[str, Kind] = {}
    for name in names(metric.formula):
        if name in SETTLED:
            continue
        inner = kinds(catalog[name], catalog) if name in catalog else None
        if inner is None:
            return None
        by_name |= inner
    return by_name


def _kind(metric: Metric) -> Kind | None:
    if metric.lag or metric.among or metric.window in ("whole", "always"):
        return None
    adds = metric.aggregate in ("sum", "count")
    if metric.open is not None or metric.window == "to_end":
        if not adds and metric.aggregate != "distinct":
            return None
        return {"end": Kind.STOCK, "start": Kind.FIXED}.get(metric.when)
    if metric.aggregate == "mean":
        return Kind.MEAN
    return Kind.FLOW if adds else None


def _may_change(metric: Metric) -> bool:
    """Whether a record that has come is counted by what becomes of it: those of the last weeks have not had the time."""
    return metric.at in _BEGINNINGS and (metric.where is not None or bool(metric.column))


def builds_up(metric: Metric, catalog: Catalog) -> bool:
    """Whether a metric that `kinds` cannot take apart grows or shrinks as the period goes on, such as the share of
    customers lost since its start; the median of what has come so far does not."""
    if metric.formula is not None:
        aggregates = [part for part in catalog.parts([metric]) if part.formula is None]
        return any(_kind(part) not in (Kind.FLOW, Kind.MEAN) for part in aggregates)
    return (
        metric.at is None or metric.window is not None or metric.aggregate in ("count", "sum", "distinct", "min", "max")
    )


def is_additive(metric: Metric, catalog: Catalog) -> bool:
    """Whether the values of single days add up to that of the period."""
    if metric.formula is None:
        return _kind(metric) is Kind.FLOW

    def is_part(name: str) -> bool:
        return name in catalog and is_additive(catalog[name], catalog)

    return not metric.per_month and adds_up(metric.formula, is_part, lambda name: name == "gross_margin")


def combined(tree: Formula, catalog: Catalog, values: Mapping[str, Floats], named: Mapping[str, float]) -> Floats:
    """A formula over the values of its aggregates, case by case; NaN where it divides by 0."""
    match tree:
        case Number(number):
            return np.array(number, dtype=np.float64)
        case Name(name):
            if name in named:
                return np.array(named[name], dtype=np.float64)
            inner = catalog[name].formula
            return values[name] if inner is None else combined(inner, catalog, values, named)
    left, right = (combined(part, catalog, values, named) for part in (tree.left, tree.right))
    with np.errstate(all="ignore"):
        value = OPERATIONS[tree.operator](left, right)
    return np.where((tree.operator == "/") & (right == 0), np.nan, value)
