"""Periods: how they are written, and calendar arithmetic on them. Nothing here reads a clock."""

from crm_metrics.periods.calendar import (
    Calendar as Calendar,
    Grain as Grain,
    Period as Period,
    Unit as Unit,
    WeekStart as WeekStart,
)
from crm_metrics.periods.written import (
    FIRST_YEAR as FIRST_YEAR,
    FORMS as FORMS,
    LAST_YEAR as LAST_YEAR,
    PeriodSpec as PeriodSpec,
    comparison as comparison,
    last_complete as last_complete,
    parse as parse,
    trailing as trailing,
)
