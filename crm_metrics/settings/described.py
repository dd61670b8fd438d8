"""The settings described for people."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from crm_metrics.settings.blocks import values_of
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
    return [
        Described(of.name, default, **of.metadata)
        for of, default in zip(fields(Settings), values_of(Settings).values(), strict=True)
    ]
