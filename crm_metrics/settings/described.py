"""The settings described for people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from crm_metrics.settings.model import Settings


@dataclass(frozen=True)
class Described:
    """A setting for people: its name, its default (None: not set), what it means, and an example as the file has it."""

    name: str
    default: Any
    about: str
    example: str


def described() -> list[Described]:
    """Every setting, in the order in which a file would have them."""
    fields = Settings.model_fields.items()
    defaults = {name: field.get_default(call_default_factory=True) for name, field in fields}
    return [Described(name, defaults[name], of.description or "", str((of.examples or [""])[0])) for name, of in fields]
