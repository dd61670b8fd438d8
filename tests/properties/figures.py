"""The figures of a report as values to compare, and what a metric's definition says of it."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np

from crm_metrics import expressions, schema
from crm_metrics.metrics import catalog as catalogs
from crm_metrics.metrics.metric import Metric
from crm_metrics.reporting.report import Report
from crm_metrics.tables import ROW, SOURCE, Dataset, Table, Unusable

CATALOG = catalogs.built_in()
SHOWN = CATALOG.shown()


class Key(NamedTuple):
    metric: str
    period: str
    segment: tuple[str | None, ...]
    currency: str | None


class Figure(NamedTuple):
    value: float | None
    n: int
    status: str
    reason: str | None


def figures(report: Report) -> dict[Key, Figure]:
    """Every row of the report."""
    rows = report.rows
    made: dict[Key, Figure] = {}
    segments = zip(*(_texts(rows[dim]) for dim in (*report.by, *report.per)), strict=True)
    parts = list(segments) if report.by or report.per else [()] * len(rows)
    named = ("metric", "period", "currency", "value", "n", "status", "reason")
    columns = (rows[name].tolist() for name in named)
    for segment, metric, period, currency, value, n, status, reason in zip(parts, *columns, strict=True):
        key = Key(metric, period, segment, text(currency))
        while key in made:  # that there are not two such rows is a property of its own
            key = key._replace(currency=f"{key.currency} again")
        made[key] = Figure(None if math.isnan(value) else value, n, status, text(reason))
    return made


def _texts(column: Iterable[object]) -> list[str | None]:
    return [text(cell) for cell in column]


def text(cell: object) -> str | None:
    return None if cell is None or cell != cell else str(cell)


def differences(
    left: dict[Key, Figure], right: dict[Key, Figure], same: Callable[[Key, Figure, Figure], bool] | None = None
) -> dict[Key, tuple[Figure | None, Figure | None]]:
    """The rows that differ, or that only one side has."""
    same = same or (lambda _, one, other: one == other)
    found: dict[Key, tuple[Figure | None, Figure | None]] = {}
    for key in {**left, **right}:
        one, other = left.get(key), right.get(key)
        if one is None or other is None or not same(key, one, other):
            found[key] = (one, other)
    return found


def is_same(one: Dataset, other: Dataset) -> bool:
    """Whether two datasets are equal in all that figures are made of, cell by cell: then every figure of one is that of the
    other. Of a row's place in its file only the order is compared, of columns not even that; an id that one of them did
    not need is read by no figure."""
    if one.tables.keys() != other.tables.keys() or any(getattr(one, part) != getattr(other, part) for part in _SAID):
        return False
    if _why(one.unable) != _why(other.unable) or one.settings.goal != other.settings.goal:
        return False
    return all(_is_same_table(table, other.tables[name]) for name, table in one.tables.items())


_SAID = ("as_of", "now", "labels", "constants", "priced_in", "unfiltered", "coverage")
_SAID_OF_TABLE = ("refused", "in_parts", "numbering")


def _is_same_table(one: Table, other: Table) -> bool:
    ids = {schema.TABLES[name].key for name in (one.name, *schema.TABLES[one.name].bases)}
    unread = {ROW, *ids.intersection({*one.frame.columns} ^ {*other.frame.columns})}
    if any(getattr(one, part) != getattr(other, part) for part in _SAID_OF_TABLE):
        return False
    if _why(one.unusable) != _why(other.unusable) or one.calendar.keys() != other.calendar.keys():
        return False
    if not all(np.array_equal(by_day, other.calendar[column]) for column, by_day in one.calendar.items()):
        return False
    frames = [table.frame for table in (one, other)]
    places = [frame.groupby(SOURCE)[ROW].rank("dense") for frame in frames]
    left, right = (frame[sorted({*frame.columns} - unread)] for frame in frames)
    return left.equals(right) and places[0].equals(places[1])


def _why(unusable: dict[str, Unusable]) -> dict[str, str]:
    return {name: problem.reason for name, problem in unusable.items()}


def some(problems: Iterable[object]) -> list[object]:
    """The first few problems: enough to see what is wrong."""
    return list(problems)[:3]


def nearly(key: Key, one: Figure, other: Figure) -> bool:
    """Equal but for the last digits of a sum that was made of other parts."""
    return one[1:] == other[1:] and close(one.value, other.value)


def close(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return one is other
    return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-9)


# ---- definitions ----


def leaves(metric: Metric) -> list[Metric]:
    """The aggregates a metric is made of."""
    return [part for part in CATALOG.parts([metric]) if part.aggregate]


def is_amount(leaf: Metric) -> bool:
    """Whether an aggregate is made of money."""
    known = schema.column(leaf.table, leaf.column) if leaf.column else None
    return known is not None and known.kind is schema.Kind.MONEY


def reads(metric: Metric, column: str) -> bool:
    """Whether an aggregate of the metric chooses its rows by the column."""
    return any(leaf.where is not None and column in expressions.columns(leaf.where) for leaf in leaves(metric))


ADDITIVE = [metric for metric in SHOWN if metric.aggregate in ("count", "sum")]
# `among` chooses rows by what else happened in the same period, so the days of a month choose fewer than the month.
FLOWS = [metric for metric in ADDITIVE if metric.at and metric.among is None and metric.window is None]


def disagreements(
    metric: Metric,
    whole: list[tuple[str | None, Figure]],
    parts: list[tuple[str | None, Figure]],
    may_lack: tuple[str, ...],
    *,
    shared: bool = False,
) -> list[object]:
    """Where the parts do not add up to the whole. Both are rows with their currency; a part without a value because of one
    of `may_lack` holds nothing. With `shared` a record may be in several parts, as a cost of several days is."""
    problems: list[object] = []
    lacking = [figure for _, figure in parts if figure.value is None]
    whole_reasons = {figure.reason for _, figure in whole if figure.value is None}
    problems += [
        ("a part lacks a value, the whole does not", figure)
        for figure in lacking
        if figure.reason not in {*may_lack, *whole_reasons}
    ]
    if "missing-values" in whole_reasons:
        # One row that lacks its value is enough for a metric that needs all of them; else no row has a value.
        return problems if metric.requires or not any(figure.n for _, figure in parts) else [*problems, (whole, parts)]
    if metric.requires and any(figure.reason == "missing-values" for figure in lacking):
        return [*problems, ("a row lacks its value, and the whole does not", whole, parts)]
    # Whoever pays for two plans is one of all customers, and one of each plan's.
    shared |= metric.table in ("recurring", "movements")
    records, of_parts = sum(figure.n for _, figure in whole), [figure.n for _, figure in parts]
    if not (max(of_parts, default=0) <= records <= sum(of_parts) if shared else records == sum(of_parts)):
        problems.append(("n", whole, parts))
    expected, actual = _by_currency(whole), _by_currency(parts)
    problems += [
        (currency, expected.get(currency, 0.0), actual.get(currency, 0.0))
        for currency in {**expected, **actual}
        if not close(expected.get(currency, 0.0), actual.get(currency, 0.0))
    ]
    return problems


def _by_currency(rows: list[tuple[str | None, Figure]]) -> dict[str | None, float]:
    sums: dict[str | None, list[float]] = defaultdict(list)
    for currency, figure in rows:
        if figure.value is not None and figure.n:
            sums[currency].append(figure.value)
    return {currency: math.fsum(values) for currency, values in sums.items()}
