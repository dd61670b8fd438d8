"""The same in Python: from exports to a report.

from crm_metrics import api
report = api.report(["exports/"], period="2025-Q3", by=["owner"], metrics=["sales"])
report.rows  # a pandas DataFrame, one row per metric, period and segment
"""

from crm_metrics.api.asking import GRAINS, Query, query
from crm_metrics.api.loading import load
from crm_metrics.api.looking import check, everything, scan
from crm_metrics.api.opening import Why, explain, open_figure, why
from crm_metrics.api.reporting import compute, report

__all__ = [
    "GRAINS",
    "Query",
    "Why",
    "check",
    "compute",
    "everything",
    "explain",
    "load",
    "open_figure",
    "query",
    "report",
    "scan",
    "why",
]
