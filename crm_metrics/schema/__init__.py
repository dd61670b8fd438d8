"""The canonical tables as data: their columns, what each means, and which columns a derived one is made from."""

from crm_metrics.schema.columns import ABOUT, IDENTITY, LEAD_STAGES, NUMERIC, RATES, TEXTUAL, Column, Kind, Link, Schema
from crm_metrics.schema.tables import LINKED, STATES, TABLES, called, column, inputs, is_derived

__all__ = [
    "ABOUT",
    "IDENTITY",
    "LEAD_STAGES",
    "LINKED",
    "NUMERIC",
    "RATES",
    "STATES",
    "TABLES",
    "TEXTUAL",
    "Column",
    "Kind",
    "Link",
    "Schema",
    "called",
    "column",
    "inputs",
    "is_derived",
]
