"""In which language a tool writes the states of records changes no figure."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from importlib.resources import files

import pytest

from crm_metrics.loaders.state_words import state_words
from crm_metrics.schema import STATES

from .conftest import Reports
from .exports import SEEDS, Exports, File, of_seed
from .figures import some

PERIOD = "2023-12..2024-05"
LANGUAGES = ("de", "fr", "es", "pt", "it", "nl", "pl", "ja")
# An outcome is the program's own word, which a file may write in any language.
COLUMNS = {"deals": ("status", "outcome")}


def word(table: str, state: str, language: str) -> str:
    text = files("crm_metrics.loaders.states").joinpath(f"{table}.toml").read_text(encoding="utf-8")
    return str(tomllib.loads(text)[state][language][0])


def translated(file: File, language: str) -> File:
    """The file with every state that has a word written by another language's, in capitals."""
    if file.table not in STATES:
        return file
    columns = [name for name in COLUMNS.get(file.table, ("status",)) if name in file.header]
    rows = [list(row) for row in file.rows]
    for column in columns:
        place = file.header.index(column)
        for row in rows:
            state = state_words(file.table).of_status(row[place]) if row[place] else None
            row[place] = word(file.table, state, language).upper() if state else row[place]
    return file.with_rows(rows)


def in_language(exports: Exports, language: str) -> Exports:
    return replace(exports, files={name: translated(file, language) for name, file in exports.files.items()})


@pytest.mark.parametrize(("seed", "language"), list(zip(SEEDS, LANGUAGES, strict=True)))
def test_no_figure_changes(reports: Reports, seed: int, language: str) -> None:
    exports = of_seed(seed)
    other = in_language(exports, language)
    assert any(file.rows != exports.files[name].rows for name, file in other.files.items())

    assert [] == some(reports.changes(exports, other, PERIOD).items())
