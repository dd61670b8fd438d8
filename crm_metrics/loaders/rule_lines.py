"""What is to be said of a file, as one line: all of it, together with what is said already, so that it works as it is."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from typing import Any

from crm_metrics.settings import FileRules, Settings
from crm_metrics.settings.blocks import values_of


def with_rule(settings: Settings, path: str, additions: Mapping[str, Any]) -> tuple[Settings, str, str]:
    """The settings with more said of a file (`table`, `columns`, …), and how to say it: as an option of the command line and
    as a line of a settings file. What is set for this file already stays and is said again."""
    file, _, sheet = path.partition("#")
    before = settings.rules(path)
    values: dict[str, Any] = {"path": file.replace("\\", "/").rpartition("/")[2]}
    if sheet:
        values["sheet"] = sheet
    own = {name: value for name, value in values_of(before).items() if name not in ("path", "sheet")}
    values |= {name: value for name, value in own.items() if value is not None} | dict(additions)
    if "columns" in additions:
        values["columns"] = {**before.columns, **additions["columns"]}
    values = {key: value for key, value in values.items() if value != {}}
    from crm_metrics.settings.mistakes import checked

    rule = checked(FileRules, values, path)
    text = f"[{_toml(values)}]"
    return settings.but(files=(rule, *settings.files)), f"--set {shlex.quote(f'files={text}')}", f"files = {text}"


def _toml(value: object) -> str:
    """A value as TOML writes it in one line."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_key(str(key))} = {_toml(inner)}" for key, inner in value.items()) + "}"
    return str(value) if isinstance(value, int | float) else json.dumps(str(value), ensure_ascii=False)


def _key(name: str) -> str:
    is_bare = name.isascii() and name.replace("_", "").replace("-", "").isalnum()
    return name if is_bare else json.dumps(name, ensure_ascii=False)
