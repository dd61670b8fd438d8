"""The strict loader of metric definitions: the built-in families and a user's own file, in one format."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from importlib.resources import files
from pathlib import Path
from typing import Any, get_args

from crm_metrics import expressions, schema
from crm_metrics.errors import SettingsError, UsageError, did_you_mean
from crm_metrics.metrics.metric import AGGREGATES, Better, Example, Metric, Unit, When
from crm_metrics.metrics.units import check_units

FAMILIES = ("acquisition", "sales", "value", "retention", "service", "voice", "marketing")
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
# Numbers a formula may name that are no metrics: settings, and facts of the period.
NAMED_VALUES = {
    "gross_margin": "the setting gross_margin, 1 when not set",
    "period_months": "the months in the period: calendar months, else days / 30.4375",
    "goal_revenue_won": "the goal set for revenue_won in exactly this period",
}
# Settings in days by which a period can be moved back.
LAGS = ("cac_lag_days",)
_GIVEN_KEYS = {
    field.name
    for field in fields(Metric)
    if field.name not in ("name", "family", "formula_text", "where_text", "aggregate", "table", "column", "examples")
}
_KEYS = _GIVEN_KEYS | set(AGGREGATES) | {"example"}
_EXAMPLE_KEYS = {"period", "gives", "reason", "as_of", "settings", "of", "why"}


class Catalog(Mapping[str, Metric]):
    """Metrics by name, in the order they are shown; private building blocks included."""

    def __init__(self, metrics: dict[str, Metric]) -> None:
        self._metrics = metrics

    def __getitem__(self, name: str) -> Metric:
        return self._metrics[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._metrics)

    def __len__(self) -> int:
        return len(self._metrics)

    def shown(self) -> list[Metric]:
        """The metrics of a plain report: all that are not private."""
        return [metric for metric in self.values() if not metric.private]

    def chosen(self, names: Iterable[str]) -> list[Metric]:
        """The metrics of the given names and families, in the order given, each once. Raises `UsageError` for a name that
        is neither, with the nearest one."""
        picked: dict[str, Metric] = {}
        for name in names:
            folded = name.strip().casefold().replace("-", "_")
            if folded in self and not self[folded].private:
                picked[folded] = self[folded]
                continue
            family = {metric.name: metric for metric in self.shown() if metric.family == folded}
            if not family:
                known = [metric.name for metric in self.shown()] + [metric.family for metric in self.shown()]
                raise UsageError(
                    f"there is no metric or family {name!r}. {_suggestion(folded, known)}".rstrip(),
                    hint="'crm-metrics metrics' lists them all.",
                )
            picked |= family
        return list(picked.values())

    def parts(self, metrics: Iterable[Metric]) -> list[Metric]:
        """The given metrics and all they are made of, each once, parts before wholes."""
        ordered: dict[str, Metric] = {}

        def add(metric: Metric) -> None:
            if metric.name in ordered:
                return
            for name in references(metric):
                if name in self:
                    add(self[name])
            ordered[metric.name] = metric

        for metric in metrics:
            add(metric)
        return list(ordered.values())


def _suggestion(name: str, known: Iterable[str]) -> str:
    words = did_you_mean(name, known)
    return words if words.startswith("Did") else ""


def references(metric: Metric) -> list[str]:
    """The metrics and named values this one is computed from, directly."""
    named = expressions.names(metric.formula) if metric.formula is not None else []
    return [*named, *(name for name in (metric.among, metric.immature) if name)]


def built_in() -> Catalog:
    """The catalogue that comes with the program: every TOML file of this folder, families in the order of a report."""
    folder = files("crm_metrics.metrics")
    found = {Path(entry.name).stem: entry for entry in folder.iterdir() if entry.name.endswith(".toml")}
    blocks: dict[str, Metric] = {}
    for family in sorted(found, key=lambda name: (FAMILIES.index(name) if name in FAMILIES else len(FAMILIES), name)):
        blocks |= _metrics(found[family].read_text(encoding="utf-8"), family, f"metrics/{family}.toml")
    _check(blocks, blocks, "metrics")
    return Catalog(blocks)


def with_own(catalog: Catalog, path: Path) -> Catalog:
    """The catalogue with the metrics of a user's own file behind the built-in ones. Raises `SettingsError` for everything
    the format does not allow, and for a name that is already taken."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"the metrics file cannot be read: {error}", where=str(path)) from error
    own = _metrics(text, "own", str(path))
    for name in own:
        if name in catalog or name in NAMED_VALUES:
            raise SettingsError("there is already a metric of this name; choose another", where=f"{path} [{name}]")
    everything = {**catalog, **own}
    _check(own, everything, str(path))
    return Catalog(everything)


def _metrics(text: str, family: str, where: str) -> dict[str, Metric]:
    try:
        blocks = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"is no TOML file: {error}", where=where) from error
    return {name: _metric(name, family, block, f"{where} [{name}]") for name, block in blocks.items()}


def _metric(name: str, family: str, block: Any, where: str) -> Metric:
    if not isinstance(block, dict):
        raise SettingsError("a metric is a block: [name], then its keys", where=where)
    if not name.isidentifier() or name != name.casefold():
        raise SettingsError("a metric's name is lower-case letters, digits and _", where=where)
    for key in block:
        if key not in _KEYS:
            raise SettingsError(f"there is no key {key!r}. {did_you_mean(key, _KEYS)}", where=where)
    for key, value in block.items():
        _check_kind(key, value, where)
    for key in ("title", "unit"):
        if key not in block:
            raise SettingsError(f"the key {key!r} is missing", where=where)
    values: dict[str, Any] = {key: value for key, value in block.items() if key in _GIVEN_KEYS}
    values["unit"] = _choice(Unit, block["unit"], "unit", where)
    values["better"] = _choice(Better, block.get("better", "neither"), "better", where)
    kinds = [key for key in (*AGGREGATES, "formula") if key in block]
    if len(kinds) != 1:
        raise SettingsError(
            f"needs exactly one of formula, {', '.join(AGGREGATES)}; has {kinds or 'none'}", where=where
        )
    if kinds == ["formula"]:
        values["formula"] = expressions.parse_formula(block["formula"], where)
        values["formula_text"] = block["formula"]
    else:
        table, _, column = str(block[kinds[0]]).partition(".")
        values |= {"aggregate": kinds[0], "table": table, "column": column}
    if "where" in block:
        values["where"] = expressions.parse_filter(block["where"], where)
        values["where_text"] = block["where"]
    if "open" in block:
        values["open"] = tuple(block["open"])
    if "per" in block:
        values["per"] = (block["per"],) if isinstance(block["per"], str) else tuple(block["per"])
    if block.get("when", "end") not in get_args(When):
        raise SettingsError(f"when = {block['when']!r}: one of {', '.join(get_args(When))}", where=where)
    examples = block.get("example", [])
    values["examples"] = tuple(
        _example(example, where) for example in (examples if isinstance(examples, list) else [examples])
    )
    return Metric(name=name, family=family, **values)


_CHOICES = {"window": ("to_end", "always"), "covered": ("part", "whole"), "cap": ("start",), "lag": LAGS}
_NUMBERS = {"q": (int, float), "at_least": (int,)}
_FLAGS = ("complete", "uncut", "per_month", "headline", "private")


def _check_kind(key: str, value: Any, where: str) -> None:
    """Refuse a value that its key cannot have."""
    if key in _FLAGS:
        fits, wanted = isinstance(value, bool), "true or false"
    elif key in _NUMBERS:
        fits, wanted = isinstance(value, _NUMBERS[key]) and not isinstance(value, bool), "a number"
    elif key == "open":
        fits = isinstance(value, list) and len(value) == 2 and all(isinstance(part, str) for part in value)
        wanted = 'two columns, such as ["started_at", "ended_at"]'
    elif key == "per":
        parts = value if isinstance(value, list) else [value]
        fits, wanted = all(isinstance(part, str) for part in parts), "a column or a list of columns"
    elif key == "example":
        parts = value if isinstance(value, list) else [value]
        fits, wanted = all(isinstance(part, dict) for part in parts), "a block: [NAME.example]"
    else:
        fits, wanted = isinstance(value, str), "text"
        if fits and key in _CHOICES:
            fits, wanted = value in _CHOICES[key], f"one of {', '.join(_CHOICES[key])}"
    if not fits:
        raise SettingsError(f"{key} = {value!r}: {wanted}", where=where)


def _choice(kind: Any, value: Any, key: str, where: str) -> Any:
    known = [str(choice) for choice in kind]
    if value not in known:
        raise SettingsError(f"{key} = {value!r}. {did_you_mean(str(value), known)}", where=where)
    return kind(value)


def _example(block: dict[str, Any], where: str) -> Example:
    tables = {key: value for key, value in block.items() if key in schema.TABLES}
    for key in block:
        if key not in tables and key not in _EXAMPLE_KEYS:
            known = {*_EXAMPLE_KEYS, *schema.TABLES}
            raise SettingsError(f"an example has no key {key!r}. {did_you_mean(key, known)}", where=where)
    if "period" not in block or ("gives" not in block) == ("reason" not in block) or not tables:
        raise SettingsError("an example needs a period, a table, and either gives or reason", where=where)
    given = {key: value for key, value in block.items() if key in _EXAMPLE_KEYS}
    given["gives"] = float(given["gives"]) if "gives" in given else None
    return Example(tables=tables, **given)


def _check(metrics: Mapping[str, Metric], known: Mapping[str, Metric], file: str) -> None:
    for metric in metrics.values():
        where = f"{file} [{metric.name}]"
        if metric.aggregate:
            _check_aggregate(metric, where)
        _check_references(metric, known, where)
    _check_cycles(metrics, known, file)
    check_units(metrics, known, file)


def _check_aggregate(metric: Metric, where: str) -> None:
    if metric.table not in schema.TABLES:
        raise SettingsError(
            f"there is no table {metric.table!r}. {did_you_mean(metric.table, schema.TABLES)}", where=where
        )
    if [metric.at is not None, metric.open is not None, metric.window == "always"].count(True) != 1:
        raise SettingsError("an aggregate needs exactly one of 'at', 'open' and window = 'always'", where=where)
    if metric.aggregate == "count" and metric.column:
        raise SettingsError(f"count names a table alone: count = {metric.table!r}", where=where)
    if metric.aggregate != "count" and not metric.column:
        raise SettingsError(f'{metric.aggregate} names a column: {metric.aggregate} = "{metric.table}.…"', where=where)
    needed = {"quantile": metric.q, "survival": metric.event}
    if metric.aggregate in needed and needed[metric.aggregate] is None:
        raise SettingsError(
            f"{metric.aggregate} needs {'q' if metric.aggregate == 'quantile' else 'event'}", where=where
        )
    if metric.q is not None and not 0 < metric.q < 1:
        raise SettingsError("q lies between 0 and 1", where=where)
    for column in columns_of(metric):
        known = schema.column(metric.table, column)
        if known is None:
            names = {*schema.TABLES[metric.table].columns}.union(
                *(schema.TABLES[base].columns for base in schema.TABLES[metric.table].bases)
            )
            raise SettingsError(f"{metric.table} has no column {column!r}. {did_you_mean(column, names)}", where=where)
    if metric.aggregate in ("sum", "mean", "median", "quantile", "survival"):
        kind = schema.column(metric.table, metric.column)
        if kind is not None and kind.kind not in schema.NUMERIC:
            raise SettingsError(f"{metric.column} is no number", where=where)
    for date in (metric.at, metric.carried, *(metric.open or ())):
        column_known = schema.column(metric.table, date) if date else None
        if column_known is not None and column_known.kind is not schema.Kind.DATE:
            raise SettingsError(f"{date} is no date", where=where)


def _check_references(metric: Metric, known: Mapping[str, Metric], where: str) -> None:
    for name in references(metric):
        if name not in known and name not in NAMED_VALUES:
            names = {*known, *NAMED_VALUES}
            raise SettingsError(f"there is no metric {name!r}. {did_you_mean(name, names)}", where=where)
    for role, part in (("among", metric.among), ("immature", metric.immature)):
        if part and (part not in known or not known[part].aggregate):
            raise SettingsError(f"{role} = {part!r} is no aggregate", where=where)


def _check_cycles(metrics: Mapping[str, Metric], known: Mapping[str, Metric], file: str) -> None:
    done: set[str] = set()

    def visit(name: str, path: tuple[str, ...]) -> None:
        if name in path:
            raise SettingsError(f"is made of itself: {' → '.join([*path, name])}", where=f"{file} [{name}]")
        if name in done or name not in known:
            return
        for part in references(known[name]):
            visit(part, (*path, name))
        done.add(name)

    for name in metrics:
        visit(name, ())


def columns_of(metric: Metric) -> list[str]:
    """The columns of its own table that an aggregate reads, dimensions aside."""
    named = [
        metric.column,
        metric.at,
        metric.entity,
        metric.carried,
        metric.event,
        metric.competing,
        metric.requires,
        *(metric.open or ()),
    ]
    filtered = sorted(expressions.columns(metric.where)) if metric.where is not None else []
    return list(dict.fromkeys([name for name in named if name] + filtered))
