"""The settings of a run: what each can be, where the file with them lies, and every mistake in it at once."""

from crm_metrics.settings.blocks import Check, FileRules, Profile, Stated
from crm_metrics.settings.files import NAME, find, from_pairs, load, read, user_folder
from crm_metrics.settings.model import WEEKDAYS, Settings, validated

__all__ = [
    "NAME",
    "WEEKDAYS",
    "Check",
    "FileRules",
    "Profile",
    "Settings",
    "Stated",
    "find",
    "from_pairs",
    "load",
    "read",
    "user_folder",
    "validated",
]
