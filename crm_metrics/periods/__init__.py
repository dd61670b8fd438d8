"""Periods: how they are written, and calendar arithmetic on them. Nothing here reads a clock."""

from crm_metrics.periods.calendar import Calendar, Grain, Period, Unit, WeekStart
from crm_metrics.periods.written import (
    FIRST_YEAR,
    FORMS,
    LAST_YEAR,
    PeriodSpec,
    comparison,
    last_complete,
    parse,
    trailing,
)

__all__ = [
    "FIRST_YEAR",
    "FORMS",
    "LAST_YEAR",
    "Calendar",
    "Grain",
    "Period",
    "PeriodSpec",
    "Unit",
    "WeekStart",
    "comparison",
    "last_complete",
    "parse",
    "trailing",
]
