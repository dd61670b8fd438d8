"""On which line of a TOML file each key stands, and the mistakes in it. The standard library's reader does not say it."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from typing import Any

from crm_metrics.errors import SettingsError

Place = tuple[str | int, ...]


def lines_of(text: str) -> dict[Place, int]:
    """The line (from 1) of every key and block by its place, such as `("goal", 0, "target")`, in a text that has been read
    as TOML without a complaint. Keys within braces are on the line of what holds them."""
    lines: dict[Place, int] = {}
    counts: dict[Place, int] = {}
    block: Place = ()
    for number, statement, path in _statements(text):
        if not statement.startswith("["):
            lines.setdefault((*block, *path), number)
            continue
        block = _inside(path, counts)
        if statement.startswith("[["):
            counts[block] = counts.get(block, -1) + 1
            block = (*block, counts[block])
        lines.setdefault(block, number)
    for place, number in list(lines.items()):
        for size in range(1, len(place)):
            lines.setdefault(place[:size], number)
    return lines


def line_of(place: Place, lines: dict[Place, int]) -> int | None:
    """The line of a place, else of the nearest that holds it."""
    return next((lines[place[:size]] for size in range(len(place), 0, -1) if place[:size] in lines), None)


def all_mistakes(mistakes: Sequence[tuple[int | None, str]], where: str) -> SettingsError:
    """The error that names every mistake, each with its line where it has one."""
    problems = [f"line {line}: {sentence}" if line else sentence for line, sentence in mistakes]
    text = problems[0] if len(problems) == 1 else "\n  ".join([f"{len(problems)} mistakes", *problems])
    return SettingsError(text, where=where)


def _statements(text: str) -> Iterator[tuple[int, str, Place]]:
    """Every key with its value and every header, with the line on which it begins and the parts of its name: each is the
    fewest lines that can be read by themselves."""
    begin, statement = 1, ""
    for number, line in enumerate(text.split("\n"), start=1):
        statement += f"{line}\n"
        try:
            value: Any = tomllib.loads(statement)
        except tomllib.TOMLDecodeError:
            continue
        path: list[str] = []
        while isinstance(value, dict) and value:
            path.append(next(iter(value)))
            value = value[path[-1]]
        if path:
            yield begin, statement.lstrip(), tuple(path)
        begin, statement = number + 1, ""


def _inside(path: Place, counts: dict[Place, int]) -> Place:
    """The path with the number of each list entry it goes through: `[files.columns]` belongs to the last `[[files]]`."""
    numbered: Place = ()
    for at, part in enumerate(path):
        numbered = (*numbered, part)
        if numbered in counts and at < len(path) - 1:
            numbered = (*numbered, counts[numbered])
    return numbered
