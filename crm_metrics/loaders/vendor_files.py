"""A user's own description of a tool's exports, in the format of the built-in ones and checked to the letter."""

from __future__ import annotations

import dataclasses
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, get_type_hints

from pydantic import TypeAdapter, ValidationError

from crm_metrics import schema
from crm_metrics.errors import SettingsError, did_you_mean
from crm_metrics.loaders.layouts import FILE_KEYS, GENERIC, Layout, layout_of
from crm_metrics.settings.kinds import given_tables
from crm_metrics.settings.lines import Place, all_mistakes, line_of, lines_of
from crm_metrics.settings.mistakes import written

# Keys that hold one of a few words.
_WORDS = {
    "probability": ("percent",),
    "date_order": ("dmy", "mdy"),
    "money": ("minor", "micro"),
    "documents": ("orders", "invoices", "payments", "lines"),
    "amounts": ("line", "total"),
}
_FORMS = {"signature": list[str] | list[list[str]], "unless": list[str | list[str]], "columns": dict[str, list[str]]}
_EXPECTED = {
    "signature": "a list of headers, or several such lists",
    "unless": "a list of headers, or of lists of headers that are all there,",
    "needs": "lists of columns of which one must be there",
    "columns": "lists of headers",
}


def read(path: str) -> list[Layout]:
    """The layouts of a vendor file. Raises `SettingsError` that lists every mistake with its line."""
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
        file = tomllib.loads(text)
    except FileNotFoundError as error:
        raise SettingsError("there is no such vendor file", where=path) from error
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"cannot be read as TOML: {error}", where=path) from error
    lines = lines_of(text)
    if complaints := mistakes(file):
        raise all_mistakes([(line_of(place, lines), sentence) for place, sentence in complaints], path)
    name = Path(path).stem
    # The built-in layouts of no tool are in words instead of headers.
    return [layout_of(f"{name}-own" if name == GENERIC else name, file, block) for block in file["layout"]]


def mistakes(file: Mapping[str, Any]) -> list[tuple[Place, str]]:
    """Everything that the format does not allow: where it is, and what is wrong with it."""
    complaints: list[tuple[Place, str]] = []
    for key, value in file.items():
        complaints += _form((key,), key, value, (*FILE_KEYS, "layout")) if key != "layout" else []
    blocks = file.get("layout")
    if "title" not in file:
        complaints.append(((), "title is missing: the name of the tool"))
    if not isinstance(blocks, list) or not blocks or not all(isinstance(block, dict) for block in blocks):
        return [*complaints, (("layout",), "a block [[layout]] is missing: one for each table the tool exports")]
    for number, block in enumerate(blocks):
        complaints += _block(("layout", number), block)
    return complaints


def _block(place: Place, block: Mapping[str, Any]) -> list[tuple[Place, str]]:
    complaints: list[tuple[Place, str]] = []
    for key, value in block.items():
        complaints += _form((*place, key), key, value, _block_keys())
    table = block.get("table")
    if table not in given_tables():
        return [*complaints, ((*place, "table"), f"table = {table!r}. {did_you_mean(str(table), given_tables())}")]
    if "columns" not in block:
        complaints.append((place, "[layout.columns] is missing: which header stands for which column"))
    if not block.get("signature") and not block.get("needs"):
        complaints.append((place, "signature is missing: the headers by which the export is told from all others"))
    return complaints + ([] if complaints else _names(place, block, str(table)))


def _names(place: Place, block: Mapping[str, Any], table: str) -> list[tuple[Place, str]]:
    """Columns that the table does not have, wherever a block names columns."""
    columns = schema.TABLES[table].columns
    named: list[tuple[Place, str]] = [
        ((*place, key, name), name) for key in ("columns", "siblings") for name in block.get(key, {})
    ]
    for key in ("distinctive", "own", "total_blank", "zero_is_missing"):
        named += [((*place, key), name) for name in block.get(key, ())]
    named += [((*place, "needs"), name) for choice in block.get("needs", ()) for name in choice]
    return [
        (where, f"{table} have no column {name!r}. {did_you_mean(name, columns)}")
        for where, name in named
        if name not in columns and not _is_of_another(name)
    ]


def _is_of_another(name: str) -> bool:
    """Whether it is a column of a second table that the file holds as well, such as `deals.amount`."""
    other, _, column = name.partition(".")
    return other in schema.TABLES and column in schema.TABLES[other].columns


def _form(place: Place, key: str, value: Any, keys: Sequence[str]) -> list[tuple[Place, str]]:
    """The complaint about a key that is none of these, or about a value that it cannot have."""
    if key not in keys:
        return [(place, f"there is no key {key!r}. {did_you_mean(key, keys)}")]
    if key == "columns" and isinstance(value, dict):
        return [
            ((*place, name), f"{name} = {written(labels)}: a list of headers expected")
            for name, labels in value.items()
            if not isinstance(labels, list) or not all(isinstance(label, str) for label in labels)
        ]
    try:
        TypeAdapter(_form_of(key)).validate_python(value)
    except ValidationError:
        return [(place, f"{key} = {written(value)}: {_expected(key)}")]
    if key in _WORDS and value not in _WORDS[key]:
        return [(place, f"{key} = {value!r}: {' or '.join(_WORDS[key])}")]
    return []


def _expected(key: str) -> str:
    if key in _EXPECTED:
        return f"{_EXPECTED[key]} expected"
    form = str(_form_of(key))
    if "bool" in form:
        return "true or false expected"
    if "Mapping" in form:
        return "a block of names and what they stand for expected"
    return "a list of texts expected" if "set" in form or "tuple" in form else "a text expected"


@cache
def _block_keys() -> Sequence[str]:
    return [field.name for field in dataclasses.fields(Layout) if field.name not in (*FILE_KEYS, "vendor")]


@cache
def _form_of(key: str) -> Any:
    return _FORMS.get(key) or get_type_hints(Layout)[key]
