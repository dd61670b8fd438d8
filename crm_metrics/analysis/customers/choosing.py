"""Which customers are shown, and in which order."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import pandas as pd

from crm_metrics import expressions
from crm_metrics.errors import UsageError, did_you_mean
from crm_metrics.expressions import Among, Both, Compare, Either, Filter, Flag, Missing, Not
from crm_metrics.tables.filters import matches

_DAYS = ("first_purchase", "last_purchase", "left_at")


def matching(frame: pd.DataFrame, tree: Filter) -> pd.DataFrame:
    """The rows that satisfy a filter over the columns. Raises `UsageError` for a column that there is not, and for a value
    that the column cannot have."""
    for name in sorted(expressions.columns(tree)):
        _refuse_unknown(frame, name, "--where")
    for part in _parts(tree):
        _check(frame, part)
    return frame[matches(frame, tree)]


def in_order(frame: pd.DataFrame, by: str) -> pd.DataFrame:
    """The rows by a column: numbers from the largest, texts from A; after a `-` the other way round. Missing ones come
    last, equal ones by customer."""
    name = by.removeprefix("-").strip().casefold().replace("-", "_")
    _refuse_unknown(frame, name, "--sort")
    upwards = pd.api.types.is_numeric_dtype(frame[name].dtype) == by.startswith("-")
    keys = [name] if name == "customer" else [name, "customer"]
    return frame.sort_values(keys, ascending=[upwards, True][: len(keys)], kind="stable", na_position="last")


def _refuse_unknown(frame: pd.DataFrame, name: str, option: str) -> None:
    if name not in frame.columns:
        columns = [str(column) for column in frame.columns]
        raise UsageError(
            f"{option}: customers have no column {name!r}. {did_you_mean(name, columns)}",
            hint=f"Columns: {', '.join(columns)}.",
        )


def _parts(tree: Filter) -> Iterable[Filter]:
    match tree:
        case Both(parts) | Either(parts):
            for part in parts:
                yield from _parts(part)
        case Not(part):
            yield from _parts(part)
        case _:
            yield tree


def _check(frame: pd.DataFrame, part: Filter) -> None:
    match part:
        case Flag(column):
            raise UsageError(f"--where: {column} alone is no condition", hint=f"For example: {column} is not None")
        case Missing() | Not() | Both() | Either():
            return
        case Compare(column, _, value):
            values = [value]
        case Among(column, several, _):
            values = list(several)
    numeric = pd.api.types.is_numeric_dtype(frame[column].dtype)
    for value in values:
        if isinstance(value, str) == numeric or isinstance(value, bool):
            kind = "a number" if numeric else "text, in quotes (dates as '2025-12-31')"
            raise UsageError(f"--where: {column} is compared with {value!r}: give {kind}")
        if column in _DAYS and not _is_day(value):
            raise UsageError(f"--where: {column} is compared with {value!r}: give a day, such as '2025-12-31'")


def _is_day(value: object) -> bool:
    """Whether a text is a day as the columns write it: others would be compared letter by letter."""
    try:
        return date.fromisoformat(str(value)).isoformat() == value
    except ValueError:
        return False
