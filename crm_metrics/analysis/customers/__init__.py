"""Customers one by one: what they bought, how they are, what they will bring, and who left."""

from crm_metrics.analysis.customers.choosing import in_order, left, matching
from crm_metrics.analysis.customers.table import Customers, customers

__all__ = ["Customers", "customers", "in_order", "left", "matching"]
