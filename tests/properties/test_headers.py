"""How headers are joined, and in which language they are written, changes no figure."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from dataclasses import replace
from importlib.resources import files

import pytest

from crm_metrics import schema
from crm_metrics.loaders.naming import worded
from crm_metrics.loaders.recognising import recognise
from crm_metrics.schema import Kind

from .conftest import Reports
from .exports import SEEDS, Exports, File, of_seed, sample
from .figures import some

PERIOD = "2023-12..2024-05"
LANGUAGES = ("de", "fr", "es", "pt", "it", "nl", "pl", "ja")


def words(label: str) -> list[str]:
    return re.sub(r"[\W_]+", " ", label).split()


STYLES: dict[str, Callable[[str], str]] = {
    "camelCase": lambda label: "".join(word.title() if at else word.lower() for at, word in enumerate(words(label))),
    "PascalCase": lambda label: "".join(word.title() for word in words(label)),
    "SNAKE_CASE": lambda label: "_".join(words(label)).upper(),
    "kebab-case": lambda label: "-".join(words(label)).lower(),
    "Title Case": lambda label: " ".join(words(label)).title(),
    "full width": lambda label: "".join(chr(ord(sign) + 0xFEE0) if "!" <= sign <= "~" else sign for sign in label),
}


def recognised(file: File) -> str | None:
    cells = [[row[at] or None for row in file.rows] for at in range(len(file.header))]
    found = recognise(file.header, "export.csv", cells=cells)
    return found.layout.table if found is not None else None


def renamed(exports: Exports, names: Callable[[File], list[str]]) -> Exports:
    """The files with other headers, without the name of their table where the file itself says it."""

    def change(file: File) -> File:
        table = None if file.table is None or recognised(file) == file.table else file.table
        return replace(file, header=names(file), table=table)

    return exports.with_files(lambda _, file: change(file))


def translated(file: File, language: str) -> list[str]:
    """The header in a language, as far as it has words for the table's columns; durations keep the name with their unit."""
    if file.table not in worded():
        return file.header
    layout, block = worded()[file.table], _block(language)
    kinds = schema.TABLES[file.table].columns
    made: list[str] = []
    for name in file.header:
        found = [text for spec in layout.columns.get(name, ()) if (text := _in_words(spec, layout.things, block))]
        is_plain = name in kinds and kinds[name].kind not in (Kind.MINUTES, Kind.BOOL)
        label = next((text for text in found if is_plain and text not in made), name)
        made.append(label)
    return made


def _block(language: str) -> dict[str, dict[str, list[str]]]:
    return tomllib.loads(files("crm_metrics.loaders.words").joinpath(f"{language}.toml").read_text(encoding="utf-8"))


def _in_words(spec: str, things: tuple[str, ...], block: dict[str, dict[str, list[str]]]) -> str | None:
    first, _, second = spec.partition(" ")
    attributes = {**block["moments"], **block["attributes"]}
    if second:
        return f"{attributes[second][0]} {block['things'][first][0]}" if {first} & block["things"].keys() else None
    if first == "id":
        return f"{attributes['id'][0]} {block['things'][things[0]][0]}" if things[0] in block["things"] else None
    return attributes[first][0] if first in attributes else None


@pytest.mark.parametrize(("seed", "style"), [*zip(SEEDS, [*STYLES, *STYLES], strict=False)])
def test_how_headers_are_joined_changes_no_figure(reports: Reports, seed: int, style: str) -> None:
    exports = of_seed(seed)
    other = renamed(exports, lambda file: [STYLES[style](label) for label in file.header])

    assert [] == some(reports.changes(exports, other, PERIOD).items())


def test_how_headers_of_the_sample_are_joined_changes_no_figure(reports: Reports) -> None:
    def name(label: str) -> str:  # a stage in quotes is a name, and what stands in brackets is no word of the header
        before, bracket, behind = label.partition("(")
        return label if '"' in label else STYLES["PascalCase"](before) + bracket + behind

    def names(file: File) -> list[str]:
        return [name(label) for label in file.header]

    other = renamed(sample(), names)

    assert [] == some(reports.changes(sample(), other, "2025-Q4").items())


@pytest.mark.parametrize(("seed", "language"), list(zip(SEEDS, LANGUAGES, strict=True)))
def test_the_language_of_headers_changes_no_figure(reports: Reports, seed: int, language: str) -> None:
    exports = of_seed(seed)
    other = exports.with_files(lambda _, file: replace(file, header=translated(file, language)))
    assert any(file.header != exports.files[name].header for name, file in other.files.items())

    assert [] == some(reports.changes(exports, other, PERIOD).items())
