"""Purchases: orders where there are orders, won deals otherwise; and what was sold, by product."""

from __future__ import annotations

import numpy as np
import pandas as pd

from crm_metrics.loaders.facts import orders, states
from crm_metrics.loaders.facts.workbench import NAT, Bools, Floats, Workbench, has_value, moments, numbers
from crm_metrics.loaders.identity import as_text
from crm_metrics.tables import ROW, SOURCE, Table


def derive(bench: Workbench) -> None:
    """Purchases with their ordinal per customer, and one row per product sold."""
    if not bench.wanted & {"purchases", "sold_lines", "spells", "predictions"}:
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
    void_ids = orders.leave_out(bench, table)
    frame = table.frame
    whole = orders.whole(bench, table)
    refund = numbers(whole, "amount") < 0
    whole["is_refund"] = refund
    back = numbers(whole, "refunded_amount")
    # "Refunded" without an amount is all of it.
    entirely = np.isnan(back) & states.is_in(whole, "orders", "refunded") & ~refund
    back = np.where(entirely, numbers(whole, "amount"), back)
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
    if bench.asks("purchases", "ordinal"):
        ordinal = np.full(len(frame), np.nan)
        if "customer" in frame and "purchased_at" in frame:
            placed = np.flatnonzero(bought & ~np.isnat(frame["purchased_at"].to_numpy()))
            part = frame.iloc[placed]
            order = _in_order(part)
            ordinal[placed[order]] = part.iloc[order].groupby("customer", observed=True).cumcount().to_numpy() + 1
        frame["ordinal"] = ordinal
    if "customer" in frame and "purchased_at" in frame:
        dated = frame["purchased_at"].where(bought)
        first = dated.groupby(frame["customer"], observed=True).transform("min").to_numpy()
        frame["counted_from"] = np.fmax(frame["purchased_at"].to_numpy(), np.where(known, first, NAT))
        frame.loc[np.isnat(first) | ~known | frame["purchased_at"].isna(), "counted_from"] = NAT
    bench.tables["purchases"] = made


def _in_order(purchases: pd.DataFrame) -> np.ndarray:
    """The places of the purchases in the order of time; a customer's purchases of one moment by their number, then by what
    they hold."""
    order = np.argsort(purchases["purchased_at"].to_numpy(), kind="stable")
    tied = purchases.duplicated(["customer", "purchased_at"], keep=False).to_numpy()
    if tied.any():
        content = ["order_id", *sorted(set(purchases.columns) - {SOURCE, ROW, "order_id"})]
        moved = [name for name in content if name in purchases]
        keys = as_text(purchases[tied], moved).to_numpy(dtype=object)
        # The places that tied purchases have among all stay theirs; only who has which changes.
        places = np.flatnonzero(tied[order])
        among = np.cumsum(tied) - 1
        dates = purchases["purchased_at"].to_numpy()[tied]
        order[places] = np.flatnonzero(tied)[sorted(among[order[places]], key=lambda at: (dates[at], keys[at]))]
    return order


def _lines(bench: Workbench, frame: pd.DataFrame, whole: pd.DataFrame, void_ids: set[str]) -> None:
    """What was sold by product: the lines of a file of its own, else the orders that name a product."""
    if "order_lines" in bench.tables:
        table = bench.tables["order_lines"]
        bench.leave_out(table, table.frame["order_id"].astype("str").isin(void_ids).to_numpy(), "cancelled-order")
        made = _joined(bench, table, whole)
    elif "product" in frame and has_value(frame, "product").any():
        table = bench.tables["orders"]
        made = frame.assign(purchased_at=moments(frame, "ordered_at"), is_refund=numbers(frame, "amount") < 0)
        made["amount"] = _line_amounts(bench, table)
    else:
        return
    if "quantity" not in made:
        made["quantity"] = 1.0
    made["quantity"] = np.where(np.isnan(numbers(made, "quantity")), 1.0, numbers(made, "quantity"))
    if "amount" not in made and "unit_price" in made:
        made["amount"] = numbers(made, "unit_price") * numbers(made, "quantity")
    bench.tables["sold_lines"] = Table("sold_lines", made)


def _line_amounts(bench: Workbench, table: Table) -> Floats:
    """What each line comes to: its price times its units where the amount is that of the whole order. Where only one line of
    an order has an amount and none a price, it is not known which line it is of."""
    frame = table.frame
    amount, price = numbers(frame, "amount"), numbers(frame, "line_price")
    units = numbers(frame, "quantity")
    priced = price * np.where(np.isnan(units), 1.0, units) - np.nan_to_num(numbers(frame, "line_discount"))
    if "order_id" in frame:
        key = orders.keys(bench, table)
        groups = pd.Series(amount, index=key.index).groupby(key)
        alone = groups.transform("count").eq(1) & groups.transform("size").gt(1)
        amount = np.where(alone.to_numpy(), np.nan, amount)
    return np.where(np.isnan(price), amount, priced)


def _joined(bench: Workbench, table: Table, whole: pd.DataFrame) -> pd.DataFrame:
    """Order lines with the date, the customer and the attributes of their order. Lines of no order that was read are left
    out and counted; those of a cancelled order belong to it."""
    # Orders without an id have no lines, and lines without one no order.
    whole = whole[has_value(whole, "order_id")] if "order_id" in whole else whole[:0]
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
