"""What a metric may be: the values of its keys, the columns it reads, the metrics its formula names, and their units: a
formula's unit follows from its parts, and what a metric declares must agree with it."""

from __future__ import annotations

from collections.abc import Mapping
from graphlib import CycleError, TopologicalSorter
from typing import Any, get_args

from crm_metrics import expressions, schema
from crm_metrics.errors import SettingsError, did_you_mean
from crm_metrics.expressions import Formula, Name, Number
from crm_metrics.metrics.metric import Metric, Shown, Unit

# Numbers a formula may name that are no metrics: settings, and facts of the period.
NAMED_VALUES = {
    "gross_margin": "the setting gross_margin, 1 when not set",
    "period_months": "the months in the period: calendar months, else days / 30.4375",
    "goal_revenue_won": "the goal set for revenue_won in exactly this period",
}
# What a period can be moved back by: a setting in days, or the period before it.
LAGS = ("cac_lag_days", "period")
_CHOICES = {
    "interval": ("proportion", "share", "kept", "nps", "poisson", "parts", "none"),
    "over_months": ("mean", "sum"),
    "window": ("to_end", "whole", "always"),
    "lag": LAGS,
    "shown": get_args(Shown),
}
# How many figures a formula with limits of this kind is made of.
_PARTS = {"proportion": 2, "kept": 2, "poisson": 2, "nps": 3}
_FLAGS = ("per_month", "waiting_always", "undecided")
# Powers of (money, minutes, hours, days). Counts, shares, points and calendar months are plain numbers.
Powers = tuple[int, int, int, int]
PLAIN: Powers = (0, 0, 0, 0)
_POWERS: dict[Unit, Powers] = {
    Unit.MONEY: (1, 0, 0, 0),
    Unit.MONEY_PER_DAY: (1, 0, 0, -1),
    Unit.MINUTES: (0, 1, 0, 0),
    Unit.HOURS: (0, 0, 1, 0),
    Unit.DAYS: (0, 0, 0, 1),
}
_VALUES: dict[str, Powers] = {"goal_revenue_won": _POWERS[Unit.MONEY]}


def check_kind(key: str, value: Any, where: str) -> None:
    """Refuse a value that its key cannot have."""
    is_list, is_flag = isinstance(value, list), isinstance(value, bool)
    parts = value if is_list else [value]
    is_text = all(isinstance(part, str) for part in parts)
    is_by_vendor = isinstance(value, dict) and all(isinstance(part, str) for part in value.values())
    rules = {
        **dict.fromkeys(_FLAGS, (is_flag, "true or false")),
        "q": (isinstance(value, int | float) and not is_flag, "a number"),
        "at_least": (isinstance(value, int) and not is_flag, "a number"),
        "open": (is_list and is_text and len(value) == 2, 'two columns, such as ["started_at", "ended_at"]'),
        "event": (is_text and len(parts) in (1, 2), 'a column, or two, such as ["is_won", "is_lost"]'),
        "per": (is_text, "a column or a list of columns"),
        "also": (is_list and is_text, 'a list of names, such as ["ltv"]'),
        "differs": (is_by_vendor, 'a block [NAME.differs] of sentences by vendor, such as zendesk = "..."'),
        "example": (all(isinstance(part, dict) for part in parts), "a block: [NAME.example]"),
    }
    fits, wanted = rules.get(key, (isinstance(value, str), "text"))
    if isinstance(value, str) and key in _CHOICES:
        fits, wanted = value in _CHOICES[key], f"one of {', '.join(_CHOICES[key])}"
    if not fits:
        raise SettingsError(f"{key} = {value!r}: {wanted}", where=where)


def choice(kind: Any, value: Any, key: str, where: str) -> Any:
    choices = [str(choice) for choice in kind]
    if value not in choices:
        raise SettingsError(f"{key} = {value!r}. {did_you_mean(str(value), choices)}", where=where)
    return kind(value)


def check(metrics: Mapping[str, Metric], catalog: Mapping[str, Metric], file: str) -> None:
    for metric in metrics.values():
        where = f"{file} [{metric.name}]"
        if metric.aggregate:
            _check_aggregate(metric, where)
        _check_references(metric, catalog, where)
    _check_cycles(catalog, file)
    _check_units(metrics, catalog, file)


def _check_aggregate(metric: Metric, where: str) -> None:
    if metric.table not in schema.TABLES:
        suggestion = did_you_mean(metric.table, schema.TABLES)
        raise SettingsError(f"there is no table {metric.table!r}. {suggestion}", where=where)
    if [metric.at is not None, metric.open is not None, metric.window == "always"].count(True) != 1:
        raise SettingsError("an aggregate needs exactly one of 'at', 'open' and window = 'always'", where=where)
    if metric.aggregate == "count" and metric.column:
        raise SettingsError(f"count names a table alone: count = {metric.table!r}", where=where)
    if metric.aggregate != "count" and not metric.column:
        raise SettingsError(f'{metric.aggregate} names a column: {metric.aggregate} = "{metric.table}.…"', where=where)
    for aggregate, key, value in (("quantile", "q", metric.q), ("survival", "event", metric.event)):
        if metric.aggregate == aggregate and not value:
            raise SettingsError(f"{aggregate} needs {key}", where=where)
    if metric.q is not None and not 0 < metric.q < 1:
        raise SettingsError("q lies between 0 and 1", where=where)
    for column in columns_of(metric):
        spec = schema.column(metric.table, column)
        if spec is None:
            tables = (metric.table, *schema.TABLES[metric.table].bases)
            names = {name for table in tables for name in schema.TABLES[table].columns}
            raise SettingsError(f"{metric.table} has no column {column!r}. {did_you_mean(column, names)}", where=where)
    if metric.aggregate in ("sum", "mean", "median", "quantile", "survival") and not metric.is_age:
        kind = schema.column(metric.table, metric.column)
        if kind is not None and kind.kind not in schema.NUMERIC:
            raise SettingsError(f"{metric.column} is no number", where=where)
    if metric.outcome_at and schema.column(metric.table, metric.outcome_at) is None:
        raise SettingsError(f"{metric.table} has no column {metric.outcome_at!r}.", where=where)
    for date in (metric.at, metric.outcome_at, *(metric.open or ())):
        spec_of_date = schema.column(metric.table, date) if date else None
        if spec_of_date is not None and spec_of_date.kind is not schema.Kind.DATE:
            raise SettingsError(f"{date} is no date", where=where)


def _check_references(metric: Metric, catalog: Mapping[str, Metric], where: str) -> None:
    for name in references(metric):
        if name not in catalog and name not in NAMED_VALUES:
            names = {*catalog, *NAMED_VALUES}
            raise SettingsError(f"there is no metric {name!r}. {did_you_mean(name, names)}", where=where)
    parts = _PARTS.get(metric.interval or "")
    if metric.formula is not None and parts and len(expressions.names(metric.formula)) != parts:
        raise SettingsError(f"interval = {metric.interval!r} is for a formula of {parts} figures", where=where)
    if metric.months_of and (metric.months_of not in catalog or not catalog[metric.months_of].over_months):
        raise SettingsError(f"months_of = {metric.months_of!r} is not over months", where=where)
    for role, part in (("among", metric.among), ("immature", metric.immature)):
        if part and (part not in catalog or not catalog[part].aggregate):
            raise SettingsError(f"{role} = {part!r} is no aggregate", where=where)
    if metric.waiting and (metric.waiting not in catalog or catalog[metric.waiting].aggregate != "survival"):
        raise SettingsError(f"waiting = {metric.waiting!r} is no survival median", where=where)


def _check_cycles(catalog: Mapping[str, Metric], file: str) -> None:
    try:
        TopologicalSorter({name: references(metric) for name, metric in catalog.items()}).prepare()
    except CycleError as error:
        cycle = error.args[1][::-1]
        raise SettingsError(f"is made of itself: {' → '.join(cycle)}", where=f"{file} [{cycle[0]}]") from error


def _check_units(metrics: Mapping[str, Metric], catalog: Mapping[str, Metric], file: str) -> None:
    """Raise `SettingsError` for the first formula that adds unlike units or whose declared unit is not what comes out."""
    for metric in metrics.values():
        where = f"{file} [{metric.name}]"
        if metric.formula and _powers(metric.formula, catalog, where) != _POWERS.get(metric.unit, PLAIN):
            raise SettingsError(f"the unit {str(metric.unit)!r} does not fit {metric.formula_text!r}", where=where)


def _powers(tree: Formula, catalog: Mapping[str, Metric], where: str) -> Powers:
    match tree:
        case Number():
            return PLAIN
        case Name(name):
            return _POWERS.get(catalog[name].unit, PLAIN) if name in catalog else _VALUES.get(name, PLAIN)
    left, right = _powers(tree.left, catalog, where), _powers(tree.right, catalog, where)
    if tree.operator in "+-":
        if left != right and Number(0.0) not in (tree.left, tree.right):
            raise SettingsError("adds or subtracts values of different units", where=where)
        return right if tree.left == Number(0.0) else left
    sign = 1 if tree.operator == "*" else -1
    return tuple(a + sign * b for a, b in zip(left, right, strict=True))  # type: ignore[return-value]


def columns_of(metric: Metric) -> list[str]:
    """The columns of its own table that an aggregate reads, dimensions aside."""
    named = [metric.column, metric.at, metric.entity, *metric.event, metric.requires, *(metric.open or ())]
    filtered = sorted(expressions.columns(metric.where)) if metric.where is not None else []
    return list(dict.fromkeys([name for name in named if name] + filtered))


def references(metric: Metric) -> list[str]:
    """The metrics and named values this one is computed from, directly."""
    trees = [tree for tree in (metric.formula, metric.otherwise) if tree is not None]
    named = dict.fromkeys(name for tree in trees for name in expressions.names(tree))
    return [*named, *(name for name in (metric.among, metric.immature) if name)]
