"""Which columns of a file to read, and as what: judged by a sample, so that most columns are typed while they are parsed."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from crm_metrics.loaders.coercing.words import MISSING
from crm_metrics.loaders.halves import Halves
from crm_metrics.loaders.reading import As, Raw
from crm_metrics.schema import NUMERIC, Kind

_ISO = re.compile(r"\d{4}-\d{2}-\d{2}(?:[ T]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?)?")
_WHOLE = re.compile(r"-?\d+")
_POINT = re.compile(r"-?\d*\.\d+|-?\d+")
# Written so, a point can only separate decimals: not 1.234, which may be one thousand two hundred and thirty-four.
_PROVEN = re.compile(r"-?(?:\d*\.(?:\d{1,2}|\d{4,})|\d{4,}\.\d+|0?\.\d+)")
_FOREIGN_KEYS = ("customer", "customer_email", "lead_id", "order_id")


@dataclass(frozen=True)
class Plan:
    """The canonical names by place in the header, what each place is read as, and the dates of which a part lies in another
    column."""

    names: dict[str, int]
    columns: dict[int, As]
    halves: dict[str, Halves]


def plan(
    raw: Raw,
    chosen: Mapping[str, int],
    kinds: Mapping[str, Kind],
    *,
    unread: str | None = None,
    halves: Mapping[str, Halves] | None = None,
) -> Plan:
    """How to read the chosen columns of a file, with the `halves` of its dates. A column whose sample leaves a doubt is
    read as text and decided as a whole later. `unread` is an id that nobody reads: its numbers are enough to see that none
    repeats."""
    head = raw.head if chosen else []
    columns = {place: _reading(name, kinds[name], head[place]) for name, place in chosen.items()}
    if unread is not None and unread in chosen and all(_WHOLE.fullmatch(cell or "") for cell in head[chosen[unread]]):
        columns[chosen[unread]] = As.INTEGER
    parts = {name: half for name, half in (halves or {}).items() if name in chosen}
    for half in parts.values():
        columns |= {place: As.TEXT for place in (half.time, half.zone) if place is not None}
    return Plan(dict(chosen), columns, parts)


def _reading(name: str, kind: Kind, cells: Sequence[str | None]) -> As:
    if kind is Kind.ID:
        return As.TEXT if name in _FOREIGN_KEYS and name != "lead_id" else As.PLAIN
    if kind is not Kind.DATE and kind not in NUMERIC:
        return As.TEXT
    seen = [text for text in map(str.strip, filter(None, cells)) if text.casefold() not in MISSING]
    if not seen:
        return As.TEXT
    if kind is Kind.DATE:
        return As.MOMENT if all(_ISO.fullmatch(cell) for cell in seen) else As.TEXT
    if kind in NUMERIC:
        if all(_WHOLE.fullmatch(cell) for cell in seen):
            return As.INTEGER
        if all(_POINT.fullmatch(cell) for cell in seen) and any(_PROVEN.fullmatch(cell) for cell in seen):
            return As.FLOAT
    return As.TEXT
