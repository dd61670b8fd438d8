"""Purchases: orders where there are orders, won deals otherwise; and what was sold, by product."""

from __future__ import annotations

import numpy as np
import pandas as pd

from crm_metrics.loaders.facts import filtering, ledgers, orders, refunds
from crm_metrics.loaders.facts.draft import Bools, Draft, Floats, quantities
from crm_metrics.loaders.identity import order_of_ties
from crm_metrics.tables import ROW, SOURCE, Table, Unusable
from crm_metrics.tables.frames import NAT, has_value, moments, numbers, truths


def derive(draft: Draft) -> None:
    """Purchases with their ordinal per customer, and one row per product sold."""
    if not draft.wanted & {"purchases", "sold_lines", "spells", "predictions"}:
        return
    if "orders" in draft.tables:
        _orders(draft, draft.tables["orders"])
    elif "deals" in draft.tables:
        _deals(draft, draft.tables["deals"])


def _deals(draft: Draft, table: Table) -> None:
    won = table.frame[table.frame["is_outcome_won"].to_numpy()].reset_index(drop=True)
    if "closed_at" in won:
        won["purchased_at"] = won["closed_at"]
    won["order_id"] = won["deal_id"] if "deal_id" in won else pd.Series([None] * len(won), dtype="str")
    won["is_refund"] = False
    won["quantity"] = 1.0
    _finish(draft, won, table, "closed_at")
    if "product" in won and has_value(won, "product").any():
        draft.tables["sold_lines"] = Table("sold_lines", won)


def _orders(draft: Draft, table: Table) -> None:
    ledgers.split(draft, table)
    void_ids = orders.leave_out(draft, table)
    apart = refunds.rows_of(draft, table.frame, orders.keys(draft, table.frame), orders.is_refunded(table.frame))
    sold, totals = orders.order_rows(draft, table.frame[~apart])
    filtering.mark(draft, sold)  # by what an order comes to
    back_rows = table.frame[apart].reset_index(drop=True)
    sold, free = _without_zeros(draft, table, sold, apart)
    origin = orders.keys(draft, back_rows, "original_id").fillna(orders.keys(draft, back_rows))
    numbered = orders.keys(draft, sold), origin
    filtering.follow(draft, back_rows, origin, sold, numbered[0])
    back = refunds.still_to_take(draft, sold, back_rows, numbered, orders.is_refunded(sold))
    sold["is_refund"] = numbers(sold, "amount") < 0
    sales = pd.concat([sold, back_rows.assign(is_refund=True)], ignore_index=True) if len(back_rows) else sold
    returned = refunds.given_back(sold, back)
    both = pd.concat([sales, returned], ignore_index=True) if len(returned) else sales
    both["purchased_at"] = moments(both, "ordered_at")
    _finish(draft, both, table, "ordered_at")
    _lines(draft, table, sales, {"cancelled-order": void_ids, "zero-order": free}, totals)


def _without_zeros(draft: Draft, table: Table, sold: pd.DataFrame, apart: Bools) -> tuple[pd.DataFrame, set[str]]:
    """The orders without those that come to 0, such as trials and samples, unless no order of the table has an amount, and
    the numbers of those. What was sold and taken back within one order, as by an exchange, stays; and so does a row of a
    file without numbers, which is a log of what was bought and no list of orders or invoices."""
    frame = table.frame
    if not (np.nan_to_num(numbers(frame, "amount")) != 0).any():
        return sold, set()
    numbered = np.array(["order_id" in source.columns for source in draft.sources], dtype=bool)
    zero = (numbers(sold, "amount") == 0) & ~(np.abs(numbers(sold, "refunded_amount")) > 0)
    zero &= numbered[sold[SOURCE].to_numpy()]
    if not zero.any():
        return sold, set()
    key, moved = orders.keys(draft, frame), np.nan_to_num(numbers(frame, "amount")) != 0
    mine: Bools = key.isin(orders.keys(draft, sold[zero]).dropna()).to_numpy() & ~apart
    exchanged = set(key[mine & moved])
    alone = key.isna().to_numpy() & (numbers(frame, "amount") == 0) & numbered[frame[SOURCE].to_numpy()]
    mine = (mine & ~key.isin(exchanged).to_numpy()) | (alone & ~(np.abs(numbers(frame, "refunded_amount")) > 0))
    free = orders.ids(frame, mine)
    draft.report("zero-order", table, mine)
    draft.leave_out(table, mine, "zero-order")
    return sold[~zero | orders.keys(draft, sold).isin(exchanged).to_numpy()].reset_index(drop=True), free


def _finish(draft: Draft, frame: pd.DataFrame, table: Table, date: str) -> None:
    """Number each customer's purchases in the order of time and add their table; the title of revenue says which
    it is of."""
    draft.labels["revenue"] = "orders" if table.name == "orders" else "won deals"
    has_buyer = has_value(frame, "customer")
    purchases = Table("purchases", frame, {"purchased_at": draft.calendar(table, date)})
    if "customer" in frame:
        frame["has_customer"] = has_buyer
        draft.report("order-without-customer", purchases, ~has_buyer)
    if table.name == "orders" and "amount" in frame:
        draft.report("no-amount", purchases, np.isnan(numbers(frame, "amount")) & ~truths(frame, "is_refund"))
    bought = has_buyer & ~frame["is_refund"].to_numpy(dtype=bool)
    if draft.asks("purchases", "ordinal"):
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
        frame["counted_from"] = np.fmax(frame["purchased_at"].to_numpy(), np.where(has_buyer, first, NAT))
        frame.loc[np.isnat(first) | ~has_buyer | frame["purchased_at"].isna(), "counted_from"] = NAT
    if draft.asks("purchases", "given_back") and (
        table.has("refunded_amount") or table.has("refunded_at") or frame["is_refund"].any()
    ):
        frame["given_back"] = np.where(frame["is_refund"].to_numpy(dtype=bool), -numbers(frame, "amount"), 0.0)
    draft.tables["purchases"] = purchases


def _in_order(purchases: pd.DataFrame) -> np.ndarray:
    """The places of the purchases in the order of time; a customer's purchases of one moment by their number, then by what
    they hold."""
    tied = purchases.duplicated(["customer", "purchased_at"], keep=False).to_numpy()
    content = ["order_id", *sorted(set(purchases.columns) - {SOURCE, ROW, "order_id"})]
    text = order_of_ties(purchases, tied, [name for name in content if name in purchases])
    return np.lexsort((text, purchases["purchased_at"].to_numpy()))


def _lines(draft: Draft, table: Table, sales: pd.DataFrame, gone: dict[str, set[str]], totals: Bools) -> None:
    """What was sold by product: the lines of a file of its own, else the orders that name a product. `gone` are the numbers
    of orders that were left out, by reason, `totals` marks the files whose amounts are those of whole orders, repeated on
    their lines."""
    frame, unknown = table.frame, False
    if "order_lines" in draft.tables:
        lines = draft.tables["order_lines"]
        for reason, ids in gone.items():
            draft.leave_out(lines, lines.frame["order_id"].astype("str").isin(ids).to_numpy(), reason)
        sold = _joined(draft, lines, sales)
    elif "product" in frame and has_value(frame, "product").any():
        named = has_value(frame, "product")  # a row without one may stand for the whole order
        wholes = orders.with_any(named, orders.keys(draft, frame)) & ~named
        frame = frame[~wholes].reset_index(drop=True)
        sold = frame.assign(purchased_at=moments(frame, "ordered_at"), is_refund=numbers(frame, "amount") < 0)
        sold["amount"], unknown = _line_amounts(draft, frame, totals)
    else:
        return
    sold["quantity"] = quantities(sold)
    if "amount" not in sold and "unit_price" in sold:
        sold["amount"] = numbers(sold, "unit_price") * sold["quantity"]
    draft.tables["sold_lines"] = Table("sold_lines", sold)
    if unknown:
        problem = "the total of an order stands on its lines, and no price says what each product brought"
        hint = "add a column with the price or the amount of each line to the export"
        draft.tables["sold_lines"].unusable["amount"] = Unusable("missing-values", problem, hint)


def _line_amounts(draft: Draft, frame: pd.DataFrame, totals: Bools) -> tuple[Floats, bool]:
    """What each line comes to, and whether it cannot be told of some. Where the amount is the total of the whole order, the
    lines' own prices say it: as they are where it stands on one of the lines, as shares of it where it is repeated."""
    amount, price = numbers(frame, "amount"), numbers(frame, "line_price")
    key = orders.keys(draft, frame)
    priced = price * quantities(frame) - np.nan_to_num(numbers(frame, "line_discount"))
    of_order = pd.Series(amount, index=frame.index).groupby(key)
    several = (of_order.transform("size") > 1).fillna(False).to_numpy(dtype=bool)
    alone = several & of_order.transform("count").eq(1).to_numpy()
    repeated = several & totals[frame[SOURCE].to_numpy()]
    listed = pd.Series(priced, index=frame.index).groupby(key)
    with np.errstate(all="ignore"):
        shared = amount * priced / listed.transform("sum").to_numpy()
    shared[(listed.transform("count") < listed.transform("size")).fillna(True).to_numpy(dtype=bool)] = np.nan
    # A vendor's own column of prices says what its lines come to also where an order has only one.
    priced_by = [i for i in draft.files(draft.tables["orders"]) if "line_price" in draft.sources[i].columns]
    source = frame[SOURCE].to_numpy()
    first_only = [i for i in priced_by if draft.recognised[i].layout.signature or (alone & (source == i)).any()]
    totalled = np.isin(source, first_only) & ~np.isnan(price)
    amounts = np.select([repeated, alone | totalled], [shared, priced], amount)
    return amounts, bool((np.isnan(amounts) & (repeated | alone)).any())


def _joined(draft: Draft, table: Table, sales: pd.DataFrame) -> pd.DataFrame:
    """Order lines with the date, the customer and the attributes of their order. Lines of no order that was read are left
    out and counted; those of a cancelled order belong to it."""
    # Orders without an id have no lines, and lines without one no order.
    sales = sales[has_value(sales, "order_id")] if "order_id" in sales else sales[:0]
    keys = sales["order_id"].astype("str") if "order_id" in sales else pd.Series(dtype="str")
    place = pd.Index(keys).get_indexer(pd.Index(table.frame["order_id"].astype("str")))
    lost: Bools = place < 0
    draft.report("lines-without-order", table, lost)
    draft.leave_out(table, lost, "lines-without-order")
    place = place[~lost]
    sold = table.frame.copy()
    orders = sales.iloc[place].reset_index(drop=True)
    for column in orders.columns:
        if column not in sold and column != "amount":
            sold[column] = orders[column]
    sold["purchased_at"] = moments(orders, "ordered_at") if "ordered_at" in orders else NAT
    return sold
