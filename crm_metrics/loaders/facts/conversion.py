"""Amounts in the currency of the report, where exchange rates are given.

Each row is converted at the rate of its own date, the last one known before it: a deal at the day it was closed, while open
at the day it was created; an order and its lines at the day of the order; spend at its day, a cost of several days day by
day; subscriptions all at the as-of day, so that a change of a rate is no change of recurring revenue. A row without a rate
keeps no amount: it is counted, but not priced, and reported. The column `currency` stays as the file has it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from crm_metrics import schema
from crm_metrics.loaders.coercing.columns import by_text
from crm_metrics.loaders.facts.draft import Bools, Draft, Floats, Ints
from crm_metrics.loaders.rates import EVER, Book
from crm_metrics.schema import Kind
from crm_metrics.tables import NO_RATE, NONE, RATE, ROW, SOURCE, Table
from crm_metrics.tables.frames import moments

_TABLES = ("order_lines", "orders", "deals", "subscriptions", "spend")


# Of each currency that was converted how its rates were come by, and how old the oldest was on the day of its row.
_Converted = dict[str, tuple[str, int]]


def derive(draft: Draft) -> None:
    """Convert every amount that has a currency, where the settings name one for the report and rates are given."""
    target = draft.settings.currency
    if draft.settings.rates is None:
        return
    if target is None:
        draft.notes.append("Exchange rates are given, but no currency to report in: amounts stay in their own.")
        return
    if draft.rates is None:
        return
    draft.priced_in = target
    converted: _Converted = {}
    for name in _TABLES:
        if name in draft.tables:
            _convert(draft, draft.tables[name], draft.rates, target, converted)
    if converted:
        draft.notes.append(_sentence(converted, target))


def _sentence(converted: _Converted, target: str) -> str:
    names = " and ".join(f"{code} ({how})" if how else code for code, (how, _) in sorted(converted.items()))
    age = max(age for _, age in converted.values())
    old = f"; the oldest rate used is {age:,} days older than its row" if age > 1 else ""
    return f"Amounts in {names} are converted to {target} at the rate of each row's date{old}."


def _convert(draft: Draft, table: Table, book: Book, target: str, converted: _Converted) -> None:
    frame = table.frame
    money = [name for name, column in schema.TABLES[table.name].columns.items() if column.kind is Kind.MONEY]
    money = [name for name in money if name in frame and not schema.TABLES[table.name].columns[name].needs]
    labels, currency = _currencies(draft, table, target)
    if not money or (currency == labels.index(target)).all():
        return
    priced: Bools = frame[money].notna().any(axis="columns").to_numpy(dtype=bool)
    days = _days(draft, table)
    factor: Floats = np.ones(len(frame))
    for code in sorted(labels[place] for place in np.unique(currency[priced]) if labels[place] != target):
        rows = np.flatnonzero(priced & (currency == labels.index(code)))
        series = book.series(code, target) if code != NONE else None
        if series is None:
            factor[rows] = np.nan
            why = "the file names no currency there" if code == NONE else "no such rate is given"
            _report(draft, table, rows, code, target, why)
            continue
        factor[rows], ages = series.on(days[rows])
        early: Bools = np.isnan(factor[rows])
        dated: Bools = np.not_equal(days[rows], EVER)
        first = np.datetime64(int(series.days[0]), "D")
        _report(draft, table, rows[early & dated], code, target, f"the first rate is of {first}")
        _report(draft, table, rows[early & ~dated], code, target, "the row has no date")
        if not early.all():
            how, age = converted.get(code, (series.how, 0))
            converted[code] = how, max(age, int(ages[~early].max()))
    for name in money:
        frame[name] = frame[name].to_numpy(dtype=np.float64, na_value=np.nan) * factor
    frame[RATE], frame[NO_RATE] = factor, priced & np.isnan(factor)


def _report(draft: Draft, table: Table, rows: Ints, code: str, target: str, why: str) -> None:
    """A row that is spread over several days is still one row."""
    if len(rows):
        once = np.zeros(len(table.frame), dtype=bool)
        once[rows] = ~table.frame[[SOURCE, ROW]].iloc[rows].duplicated().to_numpy()
        draft.report("no-rate", table, once, seen=code, currency=target, why=why)


def _currencies(draft: Draft, table: Table, target: str) -> tuple[list[str], Ints]:
    """The currency of each row, as a place among labels: that of the report where its file names none, `(none)` where only
    the row has none."""
    frames = [table.frame]
    if table.name == "order_lines" and "orders" in draft.tables:
        frames.append(draft.tables["orders"].frame)
    codes = {str(value) for frame in frames if "currency" in frame for value in frame["currency"].dropna().unique()}
    labels = [NONE, *sorted(codes | {target})]
    result = _places(frames[0], labels)
    if len(frames) > 1:
        result = np.where(result == 0, _of_order(frames[0], frames[1], _places(frames[1], labels), np.int64(0)), result)
    source = table.frame[SOURCE].to_numpy()
    named = np.bincount(source, weights=result != 0, minlength=len(draft.sources)) > 0
    return labels, np.where(named[source], result, labels.index(target))


def _places(frame: pd.DataFrame, labels: list[str]) -> Ints:
    """The place of each row's currency among the labels, 0 where it has none."""
    if "currency" not in frame:
        return np.zeros(len(frame), dtype=np.int64)
    return by_text(frame["currency"], labels.index, 0, np.int64)


def _of_order(lines: pd.DataFrame, orders: pd.DataFrame, values: NDArray[Any], missing: Any) -> NDArray[Any]:
    """What each line's order says, `missing` for a line of no order."""
    if "order_id" not in lines or "order_id" not in orders:
        return np.full(len(lines), missing, dtype=values.dtype)
    named = orders["order_id"].notna().to_numpy()
    by_id = pd.Series(values[named], index=orders.loc[named, "order_id"].astype("str"))
    by_id = by_id[~by_id.index.duplicated()]
    return by_id.reindex(lines["order_id"].astype("str"), fill_value=missing).to_numpy()


def _days(draft: Draft, table: Table) -> Ints:
    """The day whose rate each row is converted at, EVER where it has none."""
    frame = table.frame
    as_of = np.full(len(frame), draft.as_of, dtype="datetime64[D]")
    if table.name == "subscriptions":
        return as_of.astype(np.int64)
    if table.name == "deals":
        created = draft.days(moments(frame, "created_at"))
        is_open = (frame["outcome"] == "open").to_numpy()
        closed = draft.days(moments(frame, "closed_at"))
        # An open deal without a date is open now; what was closed without a date was at least created on one.
        own = np.where(np.isnat(closed), created, closed)
        return np.where(is_open & np.isnat(own), as_of, own).astype("datetime64[D]").astype(np.int64)
    if table.name == "order_lines":
        orders = draft.tables["orders"].frame if "orders" in draft.tables else frame
        ordered = draft.days(moments(orders, "ordered_at"))
        return _of_order(frame, orders, ordered, np.datetime64("NaT", "D")).astype("datetime64[D]").astype(np.int64)
    return draft.days(moments(frame, "spent_at" if table.name == "spend" else "ordered_at")).astype(np.int64)
