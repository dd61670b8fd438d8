"""Orders, invoices and payments: which of them count, and the lines of an order put together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from crm_metrics.errors import AmbiguousError, Reading
from crm_metrics.loaders.coercing.columns import by_text
from crm_metrics.loaders.facts import ledgers, states
from crm_metrics.loaders.facts.draft import Bools, Draft, distinct_values, quantities
from crm_metrics.loaders.normalising.total_words import ALONE, says
from crm_metrics.loaders.recognising import normalised
from crm_metrics.loaders.vocabulary import meanings_of
from crm_metrics.tables import ROW, SOURCE, Table
from crm_metrics.tables.frames import has_value, numbers, truths

_MANY = 30
_MOST, _CENT = 0.9, 0.0051
# What is said once of an order whatever the number of its lines.
_OF_THE_ORDER = (
    "customer customer_name customer_email ordered_at updated_at status other_status cancelled_at is_cancelled is_refunded "
    "is_paid is_captured currency channel source campaign owner"
)
# One sale stands in three documents: the first kind that is given is counted.
_DOCUMENTS = ("orders", "invoices", "payments", "lines")


def settle(draft: Draft, table: Table) -> None:
    """Settle what lines come to where only their price is given, what stands on several lines, and each order's state."""
    priced = draft.of_files(table.frame, lambda source: _is_priced(source.columns))
    if priced.any():
        by_price = numbers(table.frame, "line_price") * quantities(table.frame)
        table.frame["amount"] = np.where(priced, by_price, numbers(table.frame, "amount"))
    _settle_lines(draft, table)
    _unname_totals(draft, table)
    states.settle(draft, table)


def _is_priced(columns: Mapping[str, str]) -> bool:
    """Whether a file says what a line comes to by its price alone."""
    return "line_price" in columns and "amount" not in columns


def _settle_lines(draft: Draft, table: Table) -> None:
    """Write what only the first line of an order says onto its other lines, and onto its refunds, which say nothing of the
    order. This comes before as-of and the customers are known, which depend on it."""
    if "order_id" not in table.frame:
        return
    frame = table.frame
    gaps = [column for column in _OF_THE_ORDER.split() if column in frame and frame[column].isna().any()]
    if not gaps:
        return
    key = keys(draft, frame)
    several = of_several(key)
    groups = key[several]
    back = np.isin(frame[SOURCE], [i for i in draft.files(table) if ledgers.gives_back(frame, i)])[several]
    for column in gaps:
        if frame.loc[several, column].isna().any():
            values = frame.loc[several, column]
            frame.loc[several, column] = values.fillna(values.mask(back).groupby(groups).transform("first"))


def _unname_totals(draft: Draft, table: Table) -> None:
    """Take away the product of a row called "Total" that comes to no less than the other lines of its order: it stands for
    the whole order, as a row without a product does."""
    frame = table.frame
    if not {"order_id", "product", "amount"} <= {*frame.columns}:
        return
    called = by_text(frame["product"], lambda label: says(label) == ALONE, False, bool)
    if not called.any():
        return
    key, amount = keys(draft, frame), numbers(frame, "amount")
    others = pd.Series(np.where(called, np.nan, amount), index=frame.index).groupby(key)
    whole = called & (others.transform("count").fillna(0) > 0).to_numpy()
    larger = amount >= others.transform("sum").to_numpy() - _CENT
    if whole.any() and larger[whole].mean() >= _MOST:
        frame["product"] = frame["product"].mask(whole)


def keys(draft: Draft, frame: pd.DataFrame, column: str = "order_id") -> pd.Series:
    """The order each row belongs to, or the one that another column names, missing where it has no number; equal numbers of
    two systems are two orders."""
    if column not in frame:
        return pd.Series(np.full(len(frame), None), index=frame.index, dtype="str")
    ids = frame[column].astype("str")
    numbering = draft.tables["orders"].numbering
    place = {source.index: str(numbering.get(source.index, 0)) for source in draft.sources if source.table == "orders"}
    if len(set(place.values())) < 2:
        return ids
    return frame[SOURCE].map(place).astype("str") + "\x1f" + ids


def of_several(key: pd.Series) -> Bools:
    """The rows whose order stands on several."""
    return key.notna().to_numpy() & key.duplicated(keep=False).to_numpy()


def with_any(rows: Bools, key: pd.Series) -> Bools:
    """The rows of orders of which one of the marked rows is."""
    return pd.Series(rows, index=key.index).groupby(key).transform("any").fillna(False).to_numpy(dtype=bool)


def ids(frame: pd.DataFrame, rows: Bools) -> set[str]:
    """The numbers that the files give the orders of these rows."""
    return set(frame.loc[rows, "order_id"].dropna().astype(str)) if "order_id" in frame else set()


def is_refunded(frame: pd.DataFrame) -> Bools:
    """The rows whose status says that all of the money was given back."""
    return states.is_in(frame, "orders", "refunded")


def leave_out(draft: Draft, table: Table) -> set[str]:
    """Take away what stands in another document too, and what is no sale: cancelled, failed, only authorised. The numbers of
    the latter come back."""
    draft.leave_out(table, _elsewhere(draft, table), "counted-elsewhere")
    frame = table.frame
    said = {name: states.says(draft, table, name, "cancelled") for name in ("status", "other_status") if name in frame}
    worded = states.is_in(frame, "orders", "cancelled") & np.any([has_value(frame, name) for name in said], axis=0)
    marks = {
        "with a date of cancellation": has_value(frame, "cancelled_at"),
        "marked as cancelled": truths(frame, "is_cancelled"),
        "not captured": has_value(frame, "is_captured") & ~truths(frame, "is_captured"),
    }
    void: Bools = np.logical_or.reduce([worded, *marks.values()])
    for _, mine in draft.by_file(table, void):
        reasons = [word for name, rows in said.items() for word in distinct_values(frame, name, mine & worded & rows)]
        reasons += [mark for mark, rows in marks.items() if (mine & rows & ~worded).any()]
        draft.report("cancelled-order", table, mine, seen=", ".join(reasons))
    gone = ids(frame, void)
    draft.leave_out(table, void, "cancelled-order")
    unpaid = states.is_in(table.frame, "orders", "pending")
    if unpaid.any():
        shown = {word for name in said for word in distinct_values(table.frame, name, unpaid)}
        draft.report("unpaid-order", table, unpaid, seen=", ".join(sorted(shown)) or "not paid")
    return gone


def _elsewhere(draft: Draft, table: Table) -> Bools:
    """The rows whose money another document that is given counts: invoices beside orders, payments beside either. A payment
    that names no invoice, or one that is not given, is money of its own where the file names invoices at all."""
    source = table.frame[SOURCE].to_numpy()
    kinds = {i: _documents(draft, table, i) for i in draft.files(table) if not ledgers.gives_back(table.frame, i)}
    hit = np.zeros(len(table.frame), dtype=bool)
    best = min(kinds.values(), key=_DOCUMENTS.index, default="orders")
    others = [j for j, kind in kinds.items() if kind == best]
    if len(others) == len(kinds):
        return hit
    counted = np.isin(source, others)
    counted_ids = ids(table.frame, counted)
    for i, kind in kinds.items():
        rows: Bools = source == i
        if kind == best:
            continue
        link = _paid_for(draft, table, i)
        if link is not None and (best == "invoices" or link[rows].isin(counted_ids).any()):
            rows = rows & link.isin(counted_ids).to_numpy()
            _carry_refunds(table, rows, counted, link)
        hit |= rows
        named = kind.removesuffix("s") if np.count_nonzero(rows) == 1 else kind
        where = ", ".join(draft.sources[j].path for j in others)
        draft.report("counted-elsewhere", table, rows, documents=named, other=best, where=where)
    return hit


def _paid_for(draft: Draft, table: Table, source: int) -> pd.Series | None:
    """The number of the invoice or order that each payment of a file pays; None where the file names none."""
    frame = table.frame
    rows = frame[SOURCE].to_numpy() == source
    if "paid_invoice_id" in frame and has_value(frame, "paid_invoice_id")[rows].any():
        return frame["paid_invoice_id"].astype("str")
    label = set(normalised(draft.sources[source].columns.get("order_id", "")).split())
    return frame["order_id"].astype("str") if label & {"invoice", "order"} else None


def _carry_refunds(table: Table, payments: Bools, invoices: Bools, link: pd.Series) -> None:
    """Write what was given back of payments onto the invoices that they pay: invoices do not say it."""
    frame = table.frame
    if "refunded_amount" not in frame or not payments.any():
        return
    back = frame.loc[payments].groupby(link[payments])["refunded_amount"].sum(min_count=1)
    own = frame.loc[invoices, "refunded_amount"]
    frame.loc[invoices, "refunded_amount"] = own.fillna(frame.loc[invoices, "order_id"].astype("str").map(back))


def _documents(draft: Draft, table: Table, source: int) -> str:
    """What the rows of a file are: its vendor says so, else their types, else the names of its number and its date do, in
    any language. Rows with an invoice's number beside that of an order which another file has are invoices."""
    stated = draft.recognised[source].layout.documents or ledgers.documents(table, source)
    if stated:
        return stated
    file = draft.sources[source]
    labels = (*file.columns.values(), *file.unmapped)
    meant = dict(zip(labels, meanings_of(labels), strict=True))
    number, day = (meant.get(file.columns.get(name, ""), ()) for name in ("order_id", "ordered_at"))
    things = {meaning.thing for meaning in number} - {None}
    if "payment" in things or {"payment", "paid"} & {part for meaning in day for part in meaning[:2]}:
        return "payments"
    if "charge" in normalised(file.columns.get("order_id", "")).split():
        return "payments"
    if "invoice" in (things or {meaning.thing for meaning in day}):
        return "invoices"
    if any(meaning[:2] == ("invoice", "id") for meanings in meant.values() for meaning in meanings):
        mine = table.frame[SOURCE].to_numpy() == source
        return "invoices" if ids(table.frame, mine) & ids(table.frame, ~mine) else "orders"
    return "orders"


def order_rows(draft: Draft, frame: pd.DataFrame) -> tuple[pd.DataFrame, Bools]:
    """One row per order: the lines of an order become one. Beside it, for each file, whether its amounts are those of whole
    orders, repeated on their lines."""
    repeated = np.zeros(len(draft.sources), dtype=bool)
    key = keys(draft, frame)
    several = of_several(key)
    if not several.any():
        return frame.copy().reset_index(drop=True), repeated
    lines = frame[several].assign(order_id=frame.loc[several, "order_id"].astype("str"))
    groups = lines.groupby(key[several].to_numpy(), sort=False)
    first, alike = groups.first(), groups.nunique() <= 1
    for column in map(str, first):
        kind = lines[column].dtype
        if isinstance(kind, pd.CategoricalDtype):  # of what its lines say differently nothing is said of the order
            first[column] = pd.Categorical(first[column].where(alike[column]), dtype=kind)
        elif column == "refunded_amount":
            first[column] = groups[column].max()
        elif pd.api.types.is_datetime64_any_dtype(kind) or column == ROW:
            first[column] = groups[column].min()
    if "amount" in lines:
        first["amount"] = _totals(draft, lines, key[several].to_numpy(), repeated)
    return pd.concat([frame[~several], first.reset_index(drop=True)[frame.columns]], ignore_index=True), repeated


def _totals(draft: Draft, lines: pd.DataFrame, key: Any, repeated: Bools) -> pd.Series:
    """What each order of several lines comes to, decided for each vendor's files on their own; those whose lines repeat the
    total are marked."""
    system = lines[SOURCE].map({i: id(file.layout) for i, file in draft.recognised.items()})
    parts = []
    for _, part in lines.groupby(system):
        total, is_repeated = _total(draft, part, pd.Series(key, index=lines.index)[part.index])
        parts.append(total)
        repeated[np.unique(part[SOURCE])] = is_repeated
    return pd.concat(parts)


def _total(draft: Draft, lines: pd.DataFrame, key: pd.Series) -> tuple[pd.Series, bool]:
    """What each order comes to: the lines are parts of it, or each repeats its total."""
    source = int(lines[SOURCE].iloc[0])
    if "product" in lines:  # a row for the whole order beside one for each product
        is_total = ~has_value(lines, "product") & has_value(lines, "amount")
        by_row = with_any(is_total & with_any(has_value(lines, "product"), key), key)
        lines = lines.assign(amount=lines["amount"].where(~by_row | is_total))
    amounts = lines.groupby(key, sort=False)["amount"]
    blank_somewhere = amounts.count() < amounts.size()
    equal = amounts.nunique() <= 1
    by_file = "line" if _is_priced(draft.sources[source].columns) else draft.recognised[source].layout.amounts
    choice = draft.settings.order_amount or by_file or _by_prices(lines, key)
    if choice == "line" or (choice is None and (blank_somewhere.all() or ("product" in lines and not equal.all()))):
        return amounts.sum(min_count=1), False
    if choice == "total" or (equal.all() and len(equal) > _MANY):
        return amounts.first(), True
    raise _asked(draft.sources[source].path, len(equal), float(amounts.sum().sum()), float(amounts.first().sum()))


def _by_prices(lines: pd.DataFrame, key: pd.Series) -> str | None:
    """Whether the amounts of orders are parts or totals by what their lines' prices come to; None where these do not say."""
    listed = pd.Series(numbers(lines, "line_price") * quantities(lines), index=lines.index).groupby(key, sort=False)
    total, amounts = listed.sum(min_count=1), lines["amount"].groupby(key, sort=False)
    told = (listed.count() == listed.size()) & (amounts.count() == amounts.size())
    once, added = (amounts.first() - total).abs(), (amounts.sum() - total).abs()
    share = (once < added)[told].mean()
    return "total" if share >= _MOST else "line" if share <= 1 - _MOST else None


def _asked(path: str, orders: int, as_lines: float, as_totals: float) -> AmbiguousError:
    """The question whether the amounts on the rows of one order are its parts or its total each time."""
    effects = {
        "line": ("each amount is a part of its order", as_lines),
        "total": ("each amount is the whole of its order, repeated", as_totals),
    }
    return AmbiguousError(
        f"{orders:,} order ids stand on several rows, and their amounts can be parts of the order or its total repeated",
        where=path,
        setting="order_amount",
        readings=[
            Reading(
                title, f"these orders come to {total:,.10g}", f"--set order_amount={value}", f'order_amount = "{value}"'
            )
            for value, (title, total) in effects.items()
        ],
    )
