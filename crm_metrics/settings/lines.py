"""On which line of a TOML file each key stands, and the mistakes in it. The standard library's reader does not say it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Sequence
from typing import Any

from crm_metrics.errors import SettingsError

Place = tuple[str | int, ...]

_PART = r"(?:\"(?:\\.|[^\"\\])*\"|'[^']*'|[A-Za-z0-9_-]+)"
_DOTTED = rf"\s*{_PART}(?:\s*\.\s*{_PART})*\s*"
_KEY = re.compile(rf"^({_DOTTED})=")
_HEADER = re.compile(rf"^\s*(\[\[?)({_DOTTED})\]\]?")
# What can hold a bracket or a quotation mark that means nothing.
_TOKEN = re.compile(r'"""|\'\'\'|"(?:\\.|[^"\\])*"|\'[^\']*\'|#.*|[\[\]{}]')


def lines_of(text: str) -> dict[Place, int]:
    """The line (from 1) of every key and block by its place, such as `("goal", 0, "target")`, in a text that has been read
    as TOML without a complaint. Keys within braces are on the line of what holds them."""
    lines: dict[Place, int] = {}
    counts: dict[Place, int] = {}
    block: Place = ()
    for number, line in _beginnings(text):
        if header := _HEADER.match(line):
            block = _inside(_path(header[2]), counts)
            if header[1] == "[[":
                counts[block] = counts.get(block, -1) + 1
                block = (*block, counts[block])
            lines.setdefault(block, number)
        elif key := _KEY.match(line):
            lines.setdefault((*block, *_path(key[1])), number)
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


def _path(written: str) -> Place:
    """The parts of a dotted key; the reader itself knows about quotation marks and escapes."""
    value: Any = tomllib.loads(f"{written.strip()} = 0")
    parts: list[str | int] = []
    while isinstance(value, dict):
        name = next(iter(value))
        parts.append(name)
        value = value[name]
    return tuple(parts)


def _inside(path: Place, counts: dict[Place, int]) -> Place:
    """The path with the number of each list entry it goes through: `[files.columns]` belongs to the last `[[files]]`."""
    numbered: Place = ()
    for at, part in enumerate(path):
        numbered = (*numbered, part)
        if numbered in counts and at < len(path) - 1:
            numbered = (*numbered, counts[numbered])
    return numbered


def _beginnings(text: str) -> Iterator[tuple[int, str]]:
    """The lines on which something begins, with their numbers: not those within a list or a text of several lines."""
    depth, quote = 0, ""
    for number, line in enumerate(text.split("\n"), start=1):
        if not depth and not quote:
            yield number, line
        at = 0
        if not depth and not quote and (key := _HEADER.match(line) or _KEY.match(line)):
            at = key.end()
        while at < len(line):
            if quote:
                end = line.find(quote, at)
                at, quote = (end + 3, "") if end >= 0 else (len(line), quote)
                continue
            token = _TOKEN.search(line, at)
            if token is None:
                break
            at = token.end()
            if token[0] in ('"""', "'''"):
                quote = token[0]
            elif token[0] in "[{":
                depth += 1
            elif token[0] in "]}":
                depth -= 1
