"""The settings file: where it lies, what is in it, and `--set` on top; and what each setting is, to be told."""

from __future__ import annotations

import os
import re
import sys
import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from crm_metrics.errors import SettingsError
from crm_metrics.settings.blocks import values_of, with_base
from crm_metrics.settings.lines import lines_of
from crm_metrics.settings.model import Settings, validated

NAME = "crm-metrics.toml"


DATABASE = "duckdb:"  # what a path begins with whose tables DuckDB reads
ELSEWHERE = r"\w{2,}:"  # what it goes on with where that is no file: postgres:, md:, s3:


def load(config: Path | None = None, *, search: bool = True, over: dict[str, Any] | None = None) -> Settings:
    """The settings in force: those of `config`, else, with `search`, of the file that is found, with `over` on top. Relative
    paths in a file are relative to it. Raises `SettingsError` that lists every mistake of a file at once."""
    path = config if config is not None else find() if search else None
    if path is None:
        return validated(over, "settings") if over else Settings()
    text = _text(path)
    values = with_base(_parsed(text, path))
    lines = lines_of(text)
    validated(values, str(path), lines)  # a mistake in the file is the file's
    lines = {place: line for place, line in lines.items() if place[0] not in (over or {})}
    return validated(_over(_placed(values, path.parent), over or {}), "settings").but(file=str(path), _lines=lines)


def _over(values: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    """The values of a file with others on top: words for states beside those of the file, rules for files before them, all
    else in their place."""
    if isinstance(over.get("files"), list):
        over = over | {"files": [*over["files"], *values.get("files", [])]}
    if isinstance(states := over.get("states"), dict):
        own = values.get("states", {})
        over = over | {"states": own | {table: own.get(table, {}) | words for table, words in states.items()}}
    return values | over


def find() -> Path | None:
    """The `crm-metrics.toml` of the working folder or the nearest folder above it, else the user's own; None without."""
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / NAME).is_file():
            return Path(NAME) if folder == here else folder / NAME
    own = user_folder() / NAME
    return own if own.is_file() else None


def user_folder() -> Path:
    """Where programs keep a user's settings on this system. The one folder that is needed is not worth a library."""
    if sys.platform == "win32":
        return Path(os.environ.get("APPDATA") or _home("~/AppData/Roaming")) / "crm-metrics"
    folder = Path(os.environ.get("XDG_CONFIG_HOME", ""))
    if folder.is_absolute():  # the standard says to ignore relative ones
        return folder / "crm-metrics"
    return _home("~/Library/Application Support" if sys.platform == "darwin" else "~/.config") / "crm-metrics"


def _home(path: str) -> Path:
    """The path with its ~ resolved; as it is, which is no folder, for a user without a home."""
    try:
        return Path(path).expanduser()
    except RuntimeError:
        return Path(path)


def read(path: Path) -> dict[str, Any]:
    """The values of a settings file, not yet validated. Raises `SettingsError` when it is no TOML file."""
    return _parsed(_text(path), path)


def from_pairs(pairs: list[str]) -> dict[str, Any]:
    """The values of `name=value` pairs, each value as TOML would read it, else as text; those of lists are put together."""
    values: dict[str, Any] = {}
    for pair in pairs:
        name, equals, text = pair.partition("=")
        if not equals:
            raise SettingsError(f"{pair!r} is not NAME=VALUE", where="--set", hint="Example: --set gross_margin=0.8")
        try:
            read = tomllib.loads(f"value = {text}")
        except tomllib.TOMLDecodeError:
            read = {}
        value = read["value"] if read.keys() == {"value"} else text.strip()
        name, block = name.strip(), values
        if name.startswith("states."):  # states.tickets={ "Wartet" = "open" }
            block, name = values.setdefault("states", {}), name.partition(".")[2]
        before = block.get(name)
        if isinstance(before, list) and isinstance(value, list):  # won_stages=["Signed"], and another one
            value = before + value
        elif isinstance(before, dict) and isinstance(value, dict) and before.keys().isdisjoint(value):
            value = before | value
        elif before is not None:
            raise SettingsError(f"{pair.partition('=')[0].strip()} is given twice", where="--set", hint="Give it once.")
        block[name] = value
    return values


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise SettingsError("there is no such file", where=str(path)) from error
    except (UnicodeDecodeError, OSError) as error:
        raise SettingsError(f"cannot be read as TOML: {error}", where=str(path)) from error


def _parsed(text: str, path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        at = re.search(r"at line (\d+)", str(error))
        line = text.split("\n")[int(at[1]) - 1].strip() if at else ""
        hint = f'The line is: {line}\nText needs quotation marks: name = "text".' if line else None
        raise SettingsError(f"cannot be read as TOML: {error}", where=str(path), hint=hint) from error


def _placed(values: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Valid values with their relative paths as seen from the working folder instead of from the file."""
    placed = dict(values)
    for name in ("paths", "vendor_files", "metrics_file"):
        if name in placed:
            placed[name] = _under(folder, placed[name])
    if isinstance(placed.get("rates"), str):
        placed["rates"] = _under(folder, placed["rates"])
    elif "file" in placed.get("rates", {}):
        placed["rates"] = placed["rates"] | {"file": _under(folder, placed["rates"]["file"])}
    if "profile" in placed:
        placed["profile"] = {
            name: profile | {key: _under(folder, profile[key]) for key in ("paths", "output") if key in profile}
            for name, profile in placed["profile"].items()
        }
    return placed


def _under(folder: Path, path: Any) -> Any:
    """A path, or each of a list, that is relative to a folder; `-` is standard input and lies nowhere."""
    if isinstance(path, list | tuple):
        return [_under(folder, entry) for entry in path]
    if path.startswith(DATABASE):
        file = path.removeprefix(DATABASE)
        return path if re.match(ELSEWHERE, file) else DATABASE + _under(folder, file)
    if path == "-" or (folder == Path() and not path.startswith("~")):
        return path
    return str(folder / _home(path)) + ("/" if path.endswith("/") else "")


@dataclass(frozen=True)
class Described:
    """A setting for people: its name, its default (None: not set), what it means, and an example as the file has it."""

    name: str
    default: Any
    about: str
    example: str


def described() -> list[Described]:
    """Every setting, in the order in which a file would have them."""
    return [
        Described(of.name, default, **of.metadata)
        for of, default in zip(fields(Settings), values_of(Settings).values(), strict=True)
    ]
