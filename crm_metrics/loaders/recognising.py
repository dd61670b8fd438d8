"""Which table a file is, and which of its columns is which: by exact header names after normalising, never by likeness."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.resources import files
from typing import Any

from crm_metrics import schema
from crm_metrics.errors import DataError

_SUFFIX = re.compile(r"^(?P<name>.*\S)\s*[\[(](?P<suffix>[^()\[\]]*)[\])]\s*$", re.DOTALL)
_UNITS = {
    "hours": ("hours", "hour", "hrs", "hr", "h"),
    "minutes": ("minutes", "minute", "mins", "min"),
    "seconds": ("seconds", "second", "secs", "sec"),
    "days": ("days", "day"),
}
_DISTINCTIVE, _OTHER, _VENDOR = 3, 1, 1000


def normalised(label: str) -> str:
    """A header or value with case, punctuation and repeated space taken away: `Deal_Stage ` and `deal stage` are one."""
    folded = unicodedata.normalize("NFKC", label).casefold()
    return " ".join(re.sub(r"[^\w]|_", " ", folded).split())


@dataclass(frozen=True)
class Layout:
    """One table of one vendor: what its export is recognised by, and which header stands for which column."""

    vendor: str
    title: str
    table: str
    columns: Mapping[str, tuple[str, ...]]
    signature: frozenset[str] = frozenset()
    needs: tuple[frozenset[str], ...] = ()
    distinctive: frozenset[str] = frozenset()
    key_first: frozenset[str] = frozenset()
    units: Mapping[str, str] = field(default_factory=dict)
    won: frozenset[str] = frozenset()
    lost: frozenset[str] = frozenset()
    converted: frozenset[str] = frozenset()
    missing: tuple[str, ...] = ()
    total_rows: tuple[str, ...] = ()
    blank_is_false: bool = False
    probability: str | None = None
    date_order: str | None = None


@dataclass(frozen=True)
class Recognised:
    """A file's layout, the place of each canonical column in its header, what the header's suffixes say, and canonical
    columns that two headers claim."""

    layout: Layout
    columns: dict[str, int]
    suffixes: dict[str, str]
    units: dict[str, str]
    candidates: dict[str, tuple[str, ...]]
    score: int


@cache
def layouts() -> tuple[Layout, ...]:
    """All layouts, from every TOML file in the vendors' folder."""
    folder = files("crm_metrics.loaders.vendors")
    found: list[Layout] = []
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.name.endswith(".toml"):
            block = tomllib.loads(entry.read_text(encoding="utf-8"))
            vendor = entry.name.removesuffix(".toml")
            found += [_layout(vendor, block, part) for part in block["layout"]]
    return tuple(found)


def _layout(vendor: str, file: dict[str, Any], block: dict[str, Any]) -> Layout:
    own = {column: tuple(normalised(name) for name in names) for column, names in block["columns"].items()}
    own = {column: tuple(dict.fromkeys([*names, normalised(column)])) for column, names in own.items()}
    if vendor == "generic":  # every canonical column answers to its own name, derived ones included
        for column, known in schema.TABLES[block["table"]].columns.items():
            if column in schema.TABLES[block["table"]].columns and not known.needs:
                own.setdefault(column, (normalised(column),))
    return Layout(
        vendor=vendor,
        title=file["title"],
        table=block["table"],
        columns=own,
        signature=frozenset(normalised(name) for name in block.get("signature", ())),
        needs=tuple(frozenset(choice) for choice in block.get("needs", ())),
        distinctive=frozenset(block.get("distinctive", ())),
        key_first=frozenset(block.get("key_first", ())),
        units={normalised(name): unit for name, unit in block.get("units", {}).items()},
        won=frozenset(normalised(name) for name in block.get("won", ())),
        lost=frozenset(normalised(name) for name in block.get("lost", ())),
        converted=frozenset(normalised(name) for name in block.get("converted", ())),
        missing=tuple(file.get("missing", ())),
        total_rows=tuple(file.get("total_rows", ())),
        blank_is_false=bool(file.get("blank_is_false", False)),
        probability=block.get("probability"),
        date_order=block.get("date_order"),
    )


def recognise(header: Sequence[str], path: str, *, table: str | None = None) -> Recognised | None:
    """The best reading of a header, None when it is no known table; with `table`, as that table in the generic names.
    Raises `DataError` when two readings are equally good."""
    if table is not None:
        return _reading(header, _generic(table))
    readings = [reading for layout in layouts() if (reading := _reading(header, layout)) is not None]
    if not readings:
        return None
    best = max(reading.score for reading in readings)
    winners = [reading for reading in readings if reading.score == best]
    if len(winners) > 1:
        names = " or ".join(f"{winner.layout.table} ({winner.layout.title})" for winner in winners)
        raise DataError(
            f"can be read as {names}",
            where=path,
            hint=f"Rename a column so that it says which, for example the id: "
            f"{' or '.join(sorted({winner.layout.table.rstrip('s') + '_id' for winner in winners}))}.",
        )
    return winners[0]


@cache
def _generic(table: str) -> Layout:
    """The generic names of a table, for a file that is known to be one."""
    layout = next(layout for layout in layouts() if layout.vendor == "generic" and layout.table == table)
    return replace(layout, needs=(), key_first=frozenset())


def _reading(header: Sequence[str], layout: Layout) -> Recognised | None:
    full = [normalised(label) for label in header]
    parts = [_SUFFIX.match(label.strip()) for label in header]
    short = [normalised(part["name"]) if part else name for part, name in zip(parts, full, strict=True)]
    if not layout.signature <= {*full, *short}:
        return None
    columns: dict[str, int] = {}
    candidates: dict[str, tuple[str, ...]] = {}
    for column, names in layout.columns.items():
        places = list(dict.fromkeys(_places(full, names) + _places(short, names)))
        places = [place for place in places if place not in columns.values() or column in columns]
        if not places:
            continue
        columns[column] = places[0]
        if len(places) > 1 and not layout.signature and full[places[0]] != normalised(column):
            candidates[column] = tuple(header[place] for place in places)
    if not layout.signature and not _enough(columns, layout):
        return None
    suffixes = {column: part["suffix"].strip() for column, place in columns.items() if (part := parts[place])}
    units = {column: unit for column, place in columns.items() if (unit := _unit(full[place], layout))}
    score = sum(_DISTINCTIVE if column in layout.distinctive else _OTHER for column in columns)
    return Recognised(layout, columns, suffixes, units, candidates, score + (_VENDOR if layout.signature else 0))


def _places(labels: Sequence[str], names: Sequence[str]) -> list[int]:
    """Where the names stand, in the order of the names; of two equal labels the first."""
    return [labels.index(name) for name in names if name in labels]


def _enough(columns: Mapping[str, int], layout: Layout) -> bool:
    if not all(choice & columns.keys() for choice in layout.needs):
        return False
    return not layout.key_first or any(columns.get(key) == 0 for key in layout.key_first)


def _unit(label: str, layout: Layout) -> str | None:
    if label in layout.units:
        return layout.units[label]
    known = {word: unit for unit, spellings in _UNITS.items() for word in spellings}
    return next((known[word] for word in label.split() if word in known), None)  # "in minutes within business hours"
