"""The same in Python: from exports to a report.

from crm_metrics import api
report = api.report(["exports/"], period="2025-Q3", by=["owner"], metrics=["sales"])
report.rows  # a pandas DataFrame, one row per metric, period and segment

A room is imported when one of its names is asked for: a report needs nothing of a forecast.
"""

import ast
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from crm_metrics.commands.check import check as check
    from crm_metrics.commands.cohorts import CohortTable as CohortTable, cohorts as cohorts
    from crm_metrics.commands.customers import (
        CustomerList as CustomerList,
        customers as customers,
        hold_out as hold_out,
    )
    from crm_metrics.commands.explain import explain as explain, open_figure as open_figure
    from crm_metrics.commands.forecast import Forecasted as Forecasted, forecast as forecast
    from crm_metrics.commands.funnel import Funnel as Funnel, bottleneck as bottleneck, funnel as funnel
    from crm_metrics.commands.goals import Goals as Goals, goals as goals
    from crm_metrics.commands.pipeline import Pipeline as Pipeline, pipeline as pipeline
    from crm_metrics.commands.products import Products as Products, products as products
    from crm_metrics.commands.report import report as report
    from crm_metrics.commands.report.computing import compute as compute
    from crm_metrics.commands.review import Review as Review, findings as findings, review as review
    from crm_metrics.commands.scan import scan as scan
    from crm_metrics.commands.tables import tables as tables
    from crm_metrics.commands.trend import trend as trend
    from crm_metrics.commands.trend.tracks import Trends as Trends
    from crm_metrics.commands.voice import Voice as Voice, voice as voice
    from crm_metrics.commands.why import Why as Why, why as why
    from crm_metrics.query import GRAINS as GRAINS, Query as Query, query as query
    from crm_metrics.session import Session as Session, inventory as inventory, load as load


def _homes() -> dict[str, str]:
    """The module of each name, as the imports above have it: the one list of them."""
    tree = ast.parse(Path(__file__).read_text(encoding="utf-8"))
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    return {name.name: node.module or "" for node in imports for name in node.names if name.asname}


_HOME = _homes()
__all__ = sorted(_HOME)


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return __all__
