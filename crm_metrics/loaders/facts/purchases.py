"""Purchases: orders where there are orders, won deals otherwise; and what was sold, by product."""

from __future__ import annotations

import numpy as np
import pandas as pd

from crm_metrics.errors import DataError
from crm_metrics.loaders.facts.workbench import NAT, Bools, Workbench, has_value, moments, numbers, words
from crm_metrics.tables import ROW, SOURCE, Table

_VOID = ("cancelled", "canceled", "voided", "void", "failed", "declined", "expired", "uncollectible", "draft")
_MANY = 30


def derive(bench: Workbench) -> None:
    """Purchases with their ordinal per customer, and one row per product sold."""
    if not bench.wanted & {"purchases", "sold_lines", "spells"}:
        return
    if "orders" in bench.tables:
        _orders(bench, bench.tables["orders"])
    elif "deals" in bench.tables:
        _deals(bench, bench.tables["deals"])


def _deals(bench: Workbench, table: Table) -> None:
    won = table.frame[table.frame["is_outcome_won"].to_numpy()].reset_index(drop=True)
    if "closed_at" in won:
        won["purchased_at"] = won["closed_at"]
    won["order_id"] = won["deal_id"] if "deal_id" in won else pd.Series([None] * len(won), dtype="str")
    won["is_refund"] = False
    won["quantity"] = 1.0
    _finish(bench, won, table, "closed_at")
    if "product" in won and has_value(won, "product").any():
        bench.tables["sold_lines"] = Table("sold_lines", won)


def _orders(bench: Workbench, table: Table) -> None:
    void = words(table.frame, "status", _VOID)
    void_ids = set(table.frame.loc[void, "order_id"].dropna().astype(str)) if "order_id" in table.frame else set()
    if void.any():
        seen = sorted(set(table.frame.loc[void, "status"].astype(str)))
        bench.report("cancelled-order", table, void, seen=", ".join(seen))
        bench.leave_out(table, void, "cancelled-order")
    frame = table.frame
    whole = _whole_orders(bench, table)
    refund = numbers(whole, "amount") < 0
    whole["is_refund"] = refund
    back = numbers(whole, "refunded_amount")
    returned = whole[back > 0].assign(amount=-back[back > 0], is_refund=True)
    both = pd.concat([whole, returned], ignore_index=True) if len(returned) else whole
    both["purchased_at"] = moments(both, "ordered_at")
    _finish(bench, both, table, "ordered_at")
    _lines(bench, frame, whole, void_ids)


def _finish(bench: Workbench, frame: pd.DataFrame, table: Table, date: str) -> None:
    """Number each customer's purchases in the order of time and put the table on the bench."""
    known = has_value(frame, "customer")
    made = Table(
        "purchases", frame, {"purchased_at": table.calendar.get(date, np.zeros(len(bench.sources), dtype=bool))}
    )
    if "customer" in frame:
        frame["has_customer"] = known
        bench.report("order-without-customer", made, ~known)
    bought = known & ~frame["is_refund"].to_numpy(dtype=bool)
    ordinal = np.full(len(frame), np.nan)
    if "customer" in frame and "purchased_at" in frame:
        placed = np.flatnonzero(bought & ~np.isnat(frame["purchased_at"].to_numpy()))
        part = frame.iloc[placed]
        order = np.argsort(part["purchased_at"].to_numpy(), kind="stable")
        ordinal[placed[order]] = part.iloc[order].groupby("customer", observed=True).cumcount().to_numpy() + 1
    frame["ordinal"] = ordinal
    if "customer" in frame and "purchased_at" in frame:
        dated = frame["purchased_at"].where(bought)
        first = dated.groupby(frame["customer"], observed=True).transform("min").to_numpy()
        frame["counted_from"] = np.fmax(frame["purchased_at"].to_numpy(), np.where(known, first, NAT))
        frame.loc[np.isnat(first) | ~known | frame["purchased_at"].isna(), "counted_from"] = NAT
    bench.tables["purchases"] = made


def _whole_orders(bench: Workbench, table: Table) -> pd.DataFrame:
    """One row per order: the lines of an order become one."""
    frame = table.frame
    if "order_id" not in frame:
        return frame.copy()
    named = has_value(frame, "order_id")
    often = frame.loc[named, "order_id"].astype("str").duplicated(keep=False)
    several = np.zeros(len(frame), dtype=bool)
    several[np.flatnonzero(named)] = often.to_numpy()
    if not several.any():
        return frame.copy()
    lines = frame[several].assign(order_id=frame.loc[several, "order_id"].astype("str"))
    groups = lines.groupby("order_id", sort=False)
    first, alike = groups.first(), groups.nunique() <= 1
    for column in map(str, first):
        kind = frame[column].dtype
        if isinstance(kind, pd.CategoricalDtype):  # of what its lines say differently nothing is said of the order
            first[column] = pd.Categorical(first[column].where(alike[column]), dtype=kind)
        elif column == "refunded_amount":
            first[column] = groups[column].max()
        elif pd.api.types.is_datetime64_any_dtype(kind) or column == ROW:
            first[column] = groups[column].min()
    first["amount"] = _totals(bench, table, lines)
    whole = first.reset_index()
    return pd.concat([frame[~several], whole[frame.columns]], ignore_index=True)


def _totals(bench: Workbench, table: Table, lines: pd.DataFrame) -> pd.Series:
    """What each order of several lines comes to: the lines are parts of it, or each repeats its total."""
    amounts = lines.groupby("order_id", sort=False)["amount"]
    blank_somewhere = amounts.count() < amounts.size()
    equal = amounts.nunique() <= 1
    choice = bench.settings.order_amount
    if choice == "line" or (choice is None and (blank_somewhere.all() or ("product" in lines and not equal.all()))):
        return amounts.sum(min_count=1)
    if choice == "total" or (equal.all() and len(equal) > _MANY):
        return amounts.first()
    raise DataError(
        f"{len(equal):,} order ids stand on several rows, and their amounts can be parts of the order or its total repeated",
        where=bench.sources[int(table.frame[SOURCE].iloc[0])].path,
        hint="Say which with --set order_amount=line or --set order_amount=total.",
    )


def _lines(bench: Workbench, frame: pd.DataFrame, whole: pd.DataFrame, void_ids: set[str]) -> None:
    """What was sold by product: the lines of a file of its own, else the orders that name a product."""
    if "order_lines" in bench.tables:
        table = bench.tables["order_lines"]
        bench.leave_out(table, table.frame["order_id"].astype("str").isin(void_ids).to_numpy(), "cancelled-order")
        made = _joined(bench, table, whole)
    elif "product" in frame and has_value(frame, "product").any():
        table = bench.tables["orders"]
        made = frame.assign(purchased_at=moments(frame, "ordered_at"), is_refund=numbers(frame, "amount") < 0)
    else:
        return
    if "quantity" not in made:
        made["quantity"] = 1.0
    made["quantity"] = np.where(np.isnan(numbers(made, "quantity")), 1.0, numbers(made, "quantity"))
    if "amount" not in made and "unit_price" in made:
        made["amount"] = numbers(made, "unit_price") * numbers(made, "quantity")
    bench.tables["sold_lines"] = Table("sold_lines", made)


def _joined(bench: Workbench, table: Table, whole: pd.DataFrame) -> pd.DataFrame:
    """Order lines with the date, the customer and the attributes of their order. Lines of no order that was read are left
    out and counted; those of a cancelled order belong to it."""
    keys = whole["order_id"].astype("str") if "order_id" in whole else pd.Series(dtype="str")
    place = pd.Index(keys).get_indexer(pd.Index(table.frame["order_id"].astype("str")))
    lost: Bools = place < 0
    bench.report("lines-without-order", table, lost)
    bench.leave_out(table, lost, "lines-without-order")
    place = place[~lost]
    made = table.frame.copy()
    orders = whole.iloc[place].reset_index(drop=True)
    for column in orders.columns:
        if column not in made and column != "amount":
            made[column] = orders[column]
    made["purchased_at"] = moments(orders, "ordered_at") if "ordered_at" in orders else NAT
    return made
