"""The TOML files that come with the program, as they are read at every start: metrics, tools' exports, words.

They are written in a part of TOML that is JSON but for a few signs: tables in brackets, `key = value` at the beginning of a
line, values that are JSON, texts of several lines in three quotation marks, inline tables that fill their line. So a file is
one text of JSON, which is read in a fifth of the time. A file that is not of this kind is read as any TOML is.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

_PACKAGE = Path(__file__).parent

_TEXT = re.compile(r'"""\n?([^\\]*?)"""')
_COMMENT = re.compile(r"^#.*$", re.M)
_TABLE = re.compile(r"^(\[\[?)([\w.-]+)\]\]?$", re.M)
_INLINE = re.compile(r"^[\w-]+ = \{.*\}$", re.M)
_INNER = re.compile(r"([{,] *)([\w-]+) = ")
_KEY = re.compile(r"^([\w-]+) = ", re.M)
_QUOTED_KEY = re.compile(r'^("[^"\\]*") = ', re.M)
_LAST_COMMA = re.compile(r",\s*\]")


def listed(folder: str) -> list[str]:
    """The names of the files of a folder of the package, such as `loaders/words`, in order and without their ending."""
    return sorted(path.stem for path in (_PACKAGE / folder).glob("*.toml"))


def shipped(folder: str, name: str) -> dict[str, Any]:
    """What one of them holds."""
    text = (_PACKAGE / folder / f"{name}.toml").read_text(encoding="utf-8")
    try:
        return quick(text)
    except (ValueError, TypeError, AttributeError):
        import tomllib

        return tomllib.loads(text)


def quick(text: str) -> dict[str, Any]:
    """What a TOML text of this kind holds; an error where it is of another."""
    text = _TEXT.sub(lambda found: json.dumps(found[1]), text)
    text = _INLINE.sub(lambda found: _INNER.sub(r'\1"\2": ', found[0]), text)
    parts = _TABLE.split(_COMMENT.sub("", text))
    bodies = [_QUOTED_KEY.sub(r",\1:", _KEY.sub(r',"\1":', body)).strip().removeprefix(",") for body in parts[::3]]
    tables = json.loads(_LAST_COMMA.sub("]", f"[{{{'},{'.join(bodies)}}}]"))
    for brackets, path, table in zip(parts[1::3], parts[2::3], tables[1:], strict=True):
        *above, last = path.split(".")
        place = tables[0]
        for step in above:
            place = place.setdefault(step, {})
            place = place[-1] if isinstance(place, list) else place
        if brackets == "[[":
            place.setdefault(last, []).append(table)
        else:
            place[last] = place.get(last, {}) | table
    return tables[0]
