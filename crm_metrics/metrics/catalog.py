"""The strict loader of metric definitions: the built-in families and a user's own file, in one format."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import fields
from functools import cache, cached_property
from pathlib import Path
from typing import Any, get_args

from crm_metrics import expressions, schema
from crm_metrics.errors import SettingsError, UsageError, did_you_mean
from crm_metrics.metrics.checking import NAMED_VALUES, check, check_kind, choice, references
from crm_metrics.metrics.metric import AGGREGATES, Better, Example, Metric, Unit, When
from crm_metrics.shipped import listed, shipped

FAMILY_TITLES = {
    "acquisition": "Acquisition",
    "sales": "Sales",
    "value": "Revenue and value",
    "retention": "Retention",
    "service": "Service",
    "voice": "Voice of the customer",
    "marketing": "Marketing return",
    "own": "Your own metrics",
}
FAMILIES = tuple(family for family in FAMILY_TITLES if family != "own")
# Tools without a file of their own here, whose screens show figures that are made otherwise.
OTHER_TOOLS = {name.casefold(): name for name in ("ChartMogul", "ProfitWell", "RevenueCat", "SaaSGrid")}
# Fields of a metric that are no keys of its block.
_READ = {"name", "family", "formula_text", "otherwise_text", "where_text", "aggregate", "table", "column", "examples"}
_GIVEN_KEYS = {field.name for field in fields(Metric)} - _READ
_KEYS = _GIVEN_KEYS | set(AGGREGATES) | {"example"}
# Keys of earlier versions, and what says the same now.
_GONE = {
    "cap": 'instead of when = "both" and cap = "start" write when = "capped"',
    "uncut": 'instead of uncut = true write window = "whole"',
    "carried": 'count what was open when the period began with open = [...] and when = "start"',
    "hint": "write it into edges",
    "headline": 'instead of headline = true write shown = "headline"',
    "private": 'instead of private = true write shown = "never"',
    "on_request": 'instead of on_request = true write shown = "on-request"',
    "complete": 'instead of complete = true name the column that no row may lack: requires = "amount"',
    "competing": 'write both columns into event, such as event = ["is_won", "is_lost"]',
    "positive": "a formula has no value anyway where it divides by a negative number",
}
_EXAMPLE_KEYS = {"period", "gives", "reason", "as_of", "settings", "of", "why"}


class Catalog(dict[str, Metric]):
    """Metrics by name, in the order they are shown; private building blocks included."""

    def shown(self) -> list[Metric]:
        """The metrics of a plain report: all that are neither private nor made on request only."""
        return [metric for metric in self.listed() if metric.shown != "on-request"]

    def listed(self) -> list[Metric]:
        """The metrics that can be asked for by name."""
        return [metric for metric in self.values() if not metric.private]

    def chosen(self, names: Iterable[str]) -> list[Metric]:
        """The metrics of the given names, other names they go by, and families, in the order given, each once. Raises
        `UsageError` for a name that is none of these, with the nearest one, and for one that several metrics go by."""
        picked: dict[str, Metric] = {}
        for name in names:
            key = _key(name)
            called = [key] if key in self and not self[key].private else self._called.get(key, [])
            if len(called) > 1:
                hint = f"'crm-metrics metrics {called[0]}' says what it is."
                raise UsageError(f"{name!r} may be {' or '.join(called)}", hint=hint)
            picks = called or [metric.name for metric in self.shown() if metric.family == key]
            if not picks:
                choices = [metric.name for metric in self.listed()] + [metric.family for metric in self.shown()]
                raise UsageError(
                    f"there is no metric or family {name!r}. {_suggestion(key, choices)}".rstrip(),
                    hint="'crm-metrics metrics' lists them all.",
                )
            picked |= {own: self[own] for own in picks}
        return list(picked.values())

    def is_named(self, text: str) -> bool:
        """Whether a metric or a family goes by a text."""
        key = _key(text)
        is_own = key in self and not self[key].private
        return is_own or key in self._called or any(metric.family == key for metric in self.shown())

    @cached_property
    def _called(self) -> dict[str, list[str]]:
        """The metrics that have a title or another name, by what it is without case, spaces and signs."""
        by_title: dict[str, list[str]] = {}
        for metric in self.listed():
            for other in dict.fromkeys(map(_folded, (metric.title, *metric.also))):
                by_title.setdefault(other, []).append(metric.name)
        return by_title

    def follows(self, metric: Metric) -> bool:
        """Whether a metric follows the records of a period to what became of them."""
        return any(part.outcome_at is not None for part in self.parts([metric]))

    def parts(self, metrics: Iterable[Metric]) -> list[Metric]:
        """The given metrics and all they are made of, each once, parts before wholes."""
        ordered: dict[str, Metric] = {}
        for metric in metrics:
            ordered |= {name: part for name, part in self._parts_of(metric).items() if name not in ordered}
        return list(ordered.values())

    def _parts_of(self, metric: Metric) -> dict[str, Metric]:
        """A metric and all it is made of, looked up once for each of the catalogue."""
        is_own = self.get(metric.name) is metric
        if is_own and metric.name in self._known:
            return self._known[metric.name]
        inner = self.parts(self[name] for name in references(metric) if name in self)
        parts = {part.name: part for part in (*inner, metric)}
        if is_own:
            self._known[metric.name] = parts
        return parts

    @cached_property
    def _known(self) -> dict[str, dict[str, Metric]]:
        return {}


def _folded(name: str) -> str:
    return re.sub(r"\W+", "_", name.casefold()).strip("_")


def _key(name: str) -> str:
    """A name as it is looked up; what begins like a path is none, so that `./mrr` is the file."""
    return name if name.startswith((".", "/", "\\", "~")) else _folded(name)


def _suggestion(name: str, choices: Iterable[str]) -> str:
    words = did_you_mean(name, choices)
    return words if words.startswith("Did") else ""


@cache
def built_in() -> Catalog:
    """The catalogue that comes with the program: every TOML file of this folder, families in the order of a report. It is
    read once: whoever asks many questions in one process asks with the same one."""
    blocks: dict[str, Metric] = {}
    for family in dict.fromkeys([*FAMILIES, *listed("metrics")]):
        where = f"metrics/{family}.toml"
        read = shipped("metrics", family)
        blocks |= {name: _metric(name, family, block, f"{where} [{name}]") for name, block in read.items()}
    check(blocks, blocks, "metrics")
    return Catalog(blocks)


def with_own(catalog: Catalog, path: Path) -> Catalog:
    """The catalogue with the metrics of a user's own file behind the built-in ones. Raises `SettingsError` for everything
    the format does not allow, and for a name that is already taken."""
    try:
        blocks = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"is no TOML file: {error}", where=str(path)) from error
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"the metrics file cannot be read: {error}", where=str(path)) from error
    return with_blocks(catalog, blocks, str(path))


def with_blocks(catalog: Catalog, blocks: Mapping[str, Any], where: str) -> Catalog:
    """The same for metrics that are read already; `where` they stand is for errors."""
    own = {name: _metric(name, "own", block, f"{where} [{name}]") for name, block in blocks.items()}
    for name in own:
        if name in catalog or name in NAMED_VALUES:
            raise SettingsError("there is already a metric of this name; choose another", where=f"{where} [{name}]")
    combined = {**catalog, **own}
    check(own, combined, where)
    return Catalog(combined)


def _metric(name: str, family: str, block: Any, where: str) -> Metric:
    if not isinstance(block, dict):
        raise SettingsError("a metric is a block: [name], then its keys", where=where)
    if not name.isidentifier() or name != name.casefold():
        raise SettingsError("a metric's name is lower-case letters, digits and _", where=where)
    for key in block:
        if key in _GONE:
            raise SettingsError(f"there is no key {key!r} any more: {_GONE[key]}", where=where)
        if key not in _KEYS:
            raise SettingsError(f"there is no key {key!r}. {did_you_mean(key, _KEYS)}", where=where)
    for key, value in block.items():
        check_kind(key, value, where)
    for key in ("title", "unit"):
        if key not in block:
            raise SettingsError(f"the key {key!r} is missing", where=where)
    values: dict[str, Any] = {key: value for key, value in block.items() if key in _GIVEN_KEYS}
    values["unit"] = choice(Unit, block["unit"], "unit", where)
    values["better"] = choice(Better, block.get("better", "neither"), "better", where)
    kinds = [key for key in (*AGGREGATES, "formula") if key in block]
    if len(kinds) != 1:
        raise SettingsError(
            f"needs exactly one of formula, {', '.join(AGGREGATES)}; has {kinds or 'none'}", where=where
        )
    if kinds == ["formula"]:
        for key in ("formula", "otherwise"):
            if key in block:
                values |= {key: expressions.parse_formula(block[key], where), f"{key}_text": block[key]}
    else:
        table, _, column = str(block[kinds[0]]).partition(".")
        values |= {"aggregate": kinds[0], "table": table, "column": column}
    if "where" in block:
        values |= {"where": expressions.parse_filter(block["where"], where), "where_text": block["where"]}
    for key in {"open", "also", "event", "per"} & block.keys():
        values[key] = (block[key],) if isinstance(block[key], str) else tuple(block[key])
    if block.get("when", "end") not in get_args(When):
        raise SettingsError(f"when = {block['when']!r}: one of {', '.join(get_args(When))}", where=where)
    examples = block.get("example", [])
    examples = examples if isinstance(examples, list) else [examples]
    values["examples"] = tuple(_example(example, where) for example in examples)
    return Metric(name=name, family=family, **values)


def _example(block: dict[str, Any], where: str) -> Example:
    tables = {key: value for key, value in block.items() if key in schema.TABLES}
    for key in block:
        if key not in tables and key not in _EXAMPLE_KEYS:
            choices = {*_EXAMPLE_KEYS, *schema.TABLES}
            raise SettingsError(f"an example has no key {key!r}. {did_you_mean(key, choices)}", where=where)
    if "period" not in block or ("gives" not in block) == ("reason" not in block) or not tables:
        raise SettingsError("an example needs a period, a table, and either gives or reason", where=where)
    keys = {key: value for key, value in block.items() if key in _EXAMPLE_KEYS}
    keys["gives"] = float(keys["gives"]) if "gives" in keys else None
    return Example(tables=tables, **keys)
