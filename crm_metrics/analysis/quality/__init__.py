"""Checks of the data: each has a name, says what it looks for and which figures suffer, and lists the rows it found."""

from crm_metrics.analysis.quality.check import Check, Dimension, Part
from crm_metrics.analysis.quality.running import Finding, all_checks, refuse_unknown, run

__all__ = ["Check", "Dimension", "Finding", "Part", "all_checks", "refuse_unknown", "run"]
