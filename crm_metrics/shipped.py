"""The TOML files that come with the program: metrics, tools' exports, words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import tomli  # compiled: three times as quick as tomllib, and eighty files are read at every start

_PACKAGE = Path(__file__).parent


def listed(folder: str) -> list[str]:
    """The names of the files of a folder of the package, such as `loaders/words`, in order and without their ending."""
    return sorted(path.stem for path in (_PACKAGE / folder).glob("*.toml"))


def shipped(folder: str, name: str) -> dict[str, Any]:
    """What one of them holds."""
    return tomli.loads((_PACKAGE / folder / f"{name}.toml").read_text(encoding="utf-8"))
