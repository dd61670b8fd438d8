"""The same in Python: from exports to a report.

from crm_metrics import api
report = api.report(["exports/"], period="2025-Q3", by=["owner"], metrics=["sales"])
report.rows  # a pandas DataFrame, one row per metric, period and segment

A module of this folder is imported when one of its names is asked for: a report needs nothing of a forecast.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from crm_metrics.api.asking import GRAINS, Query, query
    from crm_metrics.api.cohort_tables import CohortTable, cohorts
    from crm_metrics.api.customer_lists import CustomerList, customers, hold_out
    from crm_metrics.api.forecasts import Forecasted, forecast
    from crm_metrics.api.funnels import Funnel, bottleneck
    from crm_metrics.api.goal_standings import Goals, goals
    from crm_metrics.api.loading import load
    from crm_metrics.api.looking import check, everything, scan
    from crm_metrics.api.opening import Why, explain, open_figure, why
    from crm_metrics.api.pipelines import Pipeline, pipeline
    from crm_metrics.api.product_sales import Products, products
    from crm_metrics.api.reporting import compute, report
    from crm_metrics.api.reviewing import Review, findings, review
    from crm_metrics.api.trends import Trends, trend
    from crm_metrics.api.voices import Voice, voice

# None of the modules has the name of a function: importing it would put it in the function's place.
_HOMES = {
    "asking": ("GRAINS", "Query", "query"),
    "cohort_tables": ("CohortTable", "cohorts"),
    "customer_lists": ("CustomerList", "customers", "hold_out"),
    "forecasts": ("Forecasted", "forecast"),
    "funnels": ("Funnel", "bottleneck"),
    "goal_standings": ("Goals", "goals"),
    "loading": ("load",),
    "looking": ("check", "everything", "scan"),
    "opening": ("Why", "explain", "open_figure", "why"),
    "pipelines": ("Pipeline", "pipeline"),
    "product_sales": ("Products", "products"),
    "reporting": ("compute", "report"),
    "reviewing": ("Review", "findings", "review"),
    "trends": ("Trends", "trend"),
    "voices": ("Voice", "voice"),
}
_HOME = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "GRAINS",
    "CohortTable",
    "CustomerList",
    "Forecasted",
    "Funnel",
    "Goals",
    "Pipeline",
    "Products",
    "Query",
    "Review",
    "Trends",
    "Voice",
    "Why",
    "bottleneck",
    "check",
    "cohorts",
    "compute",
    "customers",
    "everything",
    "explain",
    "findings",
    "forecast",
    "goals",
    "hold_out",
    "load",
    "open_figure",
    "pipeline",
    "products",
    "query",
    "report",
    "review",
    "scan",
    "trend",
    "voice",
    "why",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return __all__
