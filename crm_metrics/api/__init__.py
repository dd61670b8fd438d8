"""The same in Python: from exports to a report.

from crm_metrics import api
report = api.report(["exports/"], period="2025-Q3", by=["owner"], metrics=["sales"])
report.rows  # a pandas DataFrame, one row per metric, period and segment
"""

from crm_metrics.api.asking import GRAINS, Query, query
from crm_metrics.api.cohorts import CohortTable, cohorts
from crm_metrics.api.customers import CustomerList, customers, hold_out
from crm_metrics.api.forecast import Forecasted, forecast
from crm_metrics.api.funnel import Funnel, bottleneck
from crm_metrics.api.goals import Goals, goals
from crm_metrics.api.loading import load
from crm_metrics.api.looking import check, everything, scan
from crm_metrics.api.opening import Why, explain, open_figure, why
from crm_metrics.api.pipeline import Pipeline, pipeline
from crm_metrics.api.products import Products, products
from crm_metrics.api.reporting import compute, report
from crm_metrics.api.reviewing import Review, findings, review
from crm_metrics.api.trend import Trends, trend
from crm_metrics.api.voice import Voice, voice

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
