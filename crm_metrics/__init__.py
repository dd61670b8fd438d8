"""Key figures of a period from the CSV and Excel files that CRM, help desk, survey and billing tools export."""

from importlib import import_module
from typing import Any

__version__ = "0.1.0"


_OFFERED = ("report", "Session")  # of the names of `crm_metrics.api`


def __getattr__(name: str) -> Any:
    """`crm_metrics.report` and `crm_metrics.Session`, for which nothing is imported before they are asked for."""
    if name not in _OFFERED:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module("crm_metrics.api"), name)
