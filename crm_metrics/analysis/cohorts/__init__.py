"""Cohorts: customers who began in the same period, and what part of them, or of their money, is there k periods later."""

from crm_metrics.analysis.cohorts.buying import of_purchases
from crm_metrics.analysis.cohorts.staying import of_starts
from crm_metrics.analysis.cohorts.survival import Lifetime, lifetime
from crm_metrics.analysis.cohorts.table import KINDS, Cohorts, Of, within

__all__ = ["KINDS", "Cohorts", "Lifetime", "Of", "lifetime", "of_purchases", "of_starts", "within"]
