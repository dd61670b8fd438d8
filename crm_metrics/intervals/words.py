"""How a metric's limits are made, in words."""

from __future__ import annotations

from crm_metrics.engine.measuring import DECIDED, FEWEST
from crm_metrics.metrics.metric import Metric, Unit

_CUSTOMERS = "; of customers with several, of as many independent records as vary as much"
_OF_FORMULA = {
    "proportion": f"Wilson's score limits of a share of records{_CUSTOMERS}",
    "share": "delta method, then Wilson's limits of as many records as would vary as much",
    "kept": "of what was lost Wilson's limits, of what was gained those of a compound sum, put together",
    "nps": f"adjusted Wald limits of a Net Promoter Score{_CUSTOMERS}",
    "parts": "those of its parts, which are taken to be independent, on the scale of logarithms",
    "poisson": "the exact limits of a Poisson count; what was paid is taken as it is",
    None: f"delta method from what each record (or customer) adds, from {FEWEST} records on",
}
_OF_AGGREGATE = {
    "sum": f"what each record (or customer) adds, as many as come by chance, from {FEWEST} on",
    "mean": f"Student's t between records (or customers), from {FEWEST} on",
    "median": f"order statistics: two of the values themselves, from {FEWEST} records on{_CUSTOMERS}",
    "quantile": f"order statistics: two of the values themselves, where there are enough on both sides{_CUSTOMERS}",
    "survival": f"log-log limits of the Kaplan-Meier curve; those still waiting are in it{_CUSTOMERS}",
}


def method(metric: Metric) -> str:
    """The method behind the 95 % limits of a metric; empty for one that has none."""
    if metric.unit is Unit.COUNT or metric.interval == "none" or (metric.table, metric.column) == DECIDED:
        return ""
    if len(metric.event) > 1:
        curve = "log-log limits of the Aalen-Johansen curve; those still waiting are in it, other ends are ends of their own"
        return f"{curve}{_CUSTOMERS}"
    if metric.formula is not None:
        return _OF_FORMULA[metric.interval]
    return _OF_AGGREGATE.get(metric.aggregate or "", "")
