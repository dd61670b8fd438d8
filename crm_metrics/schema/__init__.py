"""The canonical tables as data: their columns, what each means, and which columns a derived one is made from."""

from crm_metrics.schema.columns import NUMERIC, TEXTUAL, Column, Kind, Schema
from crm_metrics.schema.lists import RATES
from crm_metrics.schema.tables import TABLES, called, column, inputs, is_derived

__all__ = [
    "NUMERIC",
    "RATES",
    "TABLES",
    "TEXTUAL",
    "Column",
    "Kind",
    "Schema",
    "called",
    "column",
    "inputs",
    "is_derived",
]
