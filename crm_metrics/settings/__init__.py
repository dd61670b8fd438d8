"""The settings of a run: what each can be, where the file with them lies, and every mistake in it at once."""

from crm_metrics.settings.alerts import Alert
from crm_metrics.settings.blocks import Check, FileRules, Profile, Rate, Rates, Stated
from crm_metrics.settings.files import NAME, find, from_pairs, load, read, user_folder
from crm_metrics.settings.goals import Goal
from crm_metrics.settings.hours import Holidays, Hours
from crm_metrics.settings.mistakes import validated
from crm_metrics.settings.model import WEEKDAYS, Settings

__all__ = [
    "NAME",
    "WEEKDAYS",
    "Alert",
    "Check",
    "FileRules",
    "Goal",
    "Holidays",
    "Hours",
    "Profile",
    "Rate",
    "Rates",
    "Settings",
    "Stated",
    "find",
    "from_pairs",
    "load",
    "read",
    "user_folder",
    "validated",
]
