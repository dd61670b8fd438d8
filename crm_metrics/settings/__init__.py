"""The settings of a run: what each can be, where the file with them lies, and every mistake in it at once."""

from crm_metrics.settings.blocks import Check as Check, FileRules as FileRules, Profile as Profile, Stated as Stated
from crm_metrics.settings.files import (
    NAME as NAME,
    find as find,
    from_pairs as from_pairs,
    load as load,
    read as read,
    user_folder as user_folder,
)
from crm_metrics.settings.model import WEEKDAYS as WEEKDAYS, Settings as Settings, validated as validated
