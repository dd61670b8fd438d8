"""Which customers are shown, and in which order; who left in a period, and what they were worth."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from crm_metrics import expressions
from crm_metrics.analysis.customers import table
from crm_metrics.analysis.customers.table import Customers, People
from crm_metrics.analysis.lifetimes.contracts import months_held
from crm_metrics.engine.windows import Window
from crm_metrics.errors import NothingToReport, UsageError, did_you_mean
from crm_metrics.expressions import Filter, Flag, Leaf
from crm_metrics.tables import Dataset
from crm_metrics.tables.filters import matches
from crm_metrics.tables.frames import day_numbers, moments

DAYS = ("first_purchase", "last_purchase", "left_at")


def matching(frame: pd.DataFrame, tree: Filter) -> pd.DataFrame:
    """The rows that satisfy a filter over the columns. Raises `UsageError` for a column that there is not, and for a value
    that the column cannot have."""
    for name in sorted(expressions.columns(tree)):
        _refuse_unknown(frame, name, "--where")
    for part in expressions.leaves(tree):
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


def _check(frame: pd.DataFrame, part: Leaf) -> None:
    if isinstance(part, Flag):
        raise UsageError(
            f"--where: {part.column} alone is no condition", hint=f"For example: {part.column} is not None"
        )
    column = part.column
    numeric = pd.api.types.is_numeric_dtype(frame[column].dtype)
    for value in expressions.literals(part):
        if isinstance(value, str) == numeric or isinstance(value, bool):
            kind = "a number" if numeric else "text, in quotes (dates as '2025-12-31')"
            raise UsageError(f"--where: {column} is compared with {value!r}: give {kind}")
        if column in DAYS and not _is_day(value):
            raise UsageError(f"--where: {column} is compared with {value!r}: give a day, such as '2025-12-31'")


def _is_day(value: object) -> bool:
    """Whether a text is a day as the columns write it: others would be compared letter by letter."""
    try:
        return date.fromisoformat(str(value)).isoformat() == value
    except ValueError:
        return False


# What is expected of who stays.
_AHEAD = ("mrr", "alive", "expected_purchases", "predicted_value", "predicted_recurring")


def left(dataset: Dataset, customers: Customers, window: Window) -> pd.DataFrame:
    """The rows of the customers who were there when the period began and are not when it ends, with the day they left, the
    months they stayed and their recurring revenue before. Raises `NothingToReport` where no file says who left."""
    spells = dataset.tables.get("spells")
    if spells is None or not spells.has("ended_at"):
        why = spells.unusable.get("ended_at") if spells is not None else None
        raise NothingToReport(
            why.seen if why else "no file says when customers leave",
            hint=why.hint if why else "Give subscriptions, or customers with start and end dates.",
        )
    if window.is_all:
        raise NothingToReport("under 'all' nobody was there before", hint="Choose a period with -p.")
    people = People(set(customers.frame["customer"]))
    places = people.places(spells.frame["customer"])
    before, after = (table.present_at(spells.frame, "started_at", "ended_at", at) for at in (window.start, window.end))
    still = np.zeros(len(people) + 1, dtype=bool)
    still[places[after]] = True
    rows = np.flatnonzero(before & ~still[places])
    started, ended = moments(spells.frame, "started_at")[rows], moments(spells.frame, "ended_at")[rows]
    days = day_numbers(ended, dataset.settings.timezone).astype("datetime64[D]")
    mrr = table.recurring(people, dataset.tables.get("recurring"), window.start)
    added = {
        "left_at": np.datetime_as_string(days).astype(object),
        "months_stayed": months_held(started, ended),
        "mrr_lost": np.where(customers.several, np.nan, mrr)[places[rows]],
    }
    return customers.frame.iloc[places[rows]].drop(columns=[*_AHEAD]).assign(**added)
