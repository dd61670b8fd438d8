"""The same in Python: from exports to a report.

from crm_metrics import api
report = api.report(["exports/"], period="2025-Q3", by=["owner"], metrics=["sales"])
report.rows  # a pandas DataFrame, one row per metric, period and segment

A room is imported when one of its names is asked for: a report needs nothing of a forecast.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from crm_metrics.commands.check import check
    from crm_metrics.commands.cohorts import CohortTable, cohorts
    from crm_metrics.commands.customers import CustomerList, customers, hold_out
    from crm_metrics.commands.explain import explain, open_figure
    from crm_metrics.commands.forecast import Forecasted, forecast
    from crm_metrics.commands.funnel import Funnel, bottleneck
    from crm_metrics.commands.goals import Goals, goals
    from crm_metrics.commands.pipeline import Pipeline, pipeline
    from crm_metrics.commands.products import Products, products
    from crm_metrics.commands.report import compute, report
    from crm_metrics.commands.review import Review, findings, review
    from crm_metrics.commands.scan import scan
    from crm_metrics.commands.tables import tables
    from crm_metrics.commands.trend import trend
    from crm_metrics.commands.trend.tracks import Trends
    from crm_metrics.commands.voice import Voice, voice
    from crm_metrics.commands.why import Why, why
    from crm_metrics.query import GRAINS, Query, query
    from crm_metrics.session import Session, everything, load

_HOMES = {
    "query": ("GRAINS", "Query", "query"),
    "session": ("Session", "everything", "load"),
    "commands.cohorts": ("CohortTable", "cohorts"),
    "commands.customers": ("CustomerList", "customers", "hold_out"),
    "commands.explain": ("explain", "open_figure"),
    "commands.forecast": ("Forecasted", "forecast"),
    "commands.funnel": ("Funnel", "bottleneck"),
    "commands.goals": ("Goals", "goals"),
    "commands.pipeline": ("Pipeline", "pipeline"),
    "commands.products": ("Products", "products"),
    "commands.report": ("compute", "report"),
    "commands.review": ("Review", "findings", "review"),
    "commands.scan": ("scan",),
    "commands.tables": ("tables",),
    "commands.check": ("check",),
    "commands.why": ("Why", "why"),
    "commands.trend": ("trend",),
    "commands.trend.tracks": ("Trends",),
    "commands.voice": ("Voice", "voice"),
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
    "Session",
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
    "tables",
    "trend",
    "voice",
    "why",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"crm_metrics.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return __all__
