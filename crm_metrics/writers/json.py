"""JSON: one object with everything that is known of a result."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from datetime import date
from enum import Enum
from typing import TYPE_CHECKING, Any

from crm_metrics.book.provenance import covered
from crm_metrics.book.rows import ISSUE, by_name
from crm_metrics.writers.drawing.tidy import json_text, objects

if TYPE_CHECKING:
    from crm_metrics.book import Book, Origin, Sheet
    from crm_metrics.tables import Source
    from crm_metrics.writers import How

# The version of the form; it changes when a key is renamed or removed, not when one is added.
FORMAT_VERSION = 1


def write(book: Book, how: How) -> Iterator[str]:
    """One object: `rows` of the main table, the other tables under their own names, each row on a line; missing is null,
    shares are fractions, dates ISO text."""
    origin, main = book.origin, book.sheets[0]
    extra = dict(book.extra)
    head = {
        "format": FORMAT_VERSION,
        "as_of": origin.as_of,
        "where": origin.where,
        "coverage": covered(origin.coverage),
        **({"period": extra.pop("period")} if "period" in extra else {}),
        "inputs": [_input(source, origin) for source in origin.sources],
        "settings": origin.settings,
        "settings_file": origin.settings_file,
        "notes": [*book.notes, *origin.notes, *(note for sheet in book.sheets for note in sheet.notes)],
    }
    says = [*book.says, *(chart.says for chart in book.charts if chart.says)]
    yield "{\n" + "".join(f"{json_text(key)}: {_value(value)},\n" for key, value in head.items())
    yield from _rows("rows", main)
    parts = [_listed("issues", [by_name(issue, *ISSUE) for issue in origin.issues])]
    for key, value in {**extra, "title": book.title, "says": says}.items():
        listed = value if isinstance(value, list) and any(isinstance(item, Mapping) for item in value) else None
        parts.append(_listed(key, listed) if listed else f"{json_text(key)}: {_value(value)}")
    yield "".join(f",\n{part}" for part in parts)
    for sheet in book.sheets[1:]:
        if not sheet.for_people:
            yield ",\n"
            yield from _rows(sheet.name, sheet)
    yield "\n}\n"


def _input(source: Source, origin: Origin) -> dict[str, Any]:
    """What is said of a file: its table and vendor, and what became of its rows."""
    return {
        **by_name(source, "path", "table", "vendor", "rows", "used"),
        "left_out": sum(source.left_out.values()),
        "left_out_by_reason": dict(source.left_out),
        "sha256": origin.digests.get(source.path) or None,
        "asked": source.asked,
    }


def _rows(key: str, sheet: Sheet) -> Iterator[str]:
    yield f"{json_text(key)}: ["
    if len(sheet.rows):
        yield "\n"
        yield from objects(sheet, between=",")
    yield "]"


def _listed(key: str, items: list[Any]) -> str:
    lines = ",\n".join(map(_value, items))
    return f"{json_text(key)}: [\n{lines}\n]" if lines else f"{json_text(key)}: []"


def _value(value: object) -> str:
    return json_text(_plain(value))


def _plain(value: object) -> Any:
    """The value as JSON has it: dates as ISO text, what is missing or not finite None."""
    if isinstance(value, Mapping):
        return {str(_plain(key)): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_plain(item) for item in value]
    if isinstance(value, Enum):
        return _plain(value.value)
    if hasattr(value, "item"):  # a NumPy number
        return _plain(value.item())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, (bool, int, str)):
        return value
    return value.isoformat() if isinstance(value, date) else str(value)
