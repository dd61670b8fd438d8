"""Refunds: a row of its own that takes money back, and an order that says how much of it was given back, are one refund."""

from __future__ import annotations

import numpy as np
import pandas as pd

from crm_metrics.loaders.facts import orders
from crm_metrics.loaders.facts.draft import Bools, Draft, Floats
from crm_metrics.tables import SOURCE
from crm_metrics.tables.frames import has_value, moments, numbers

_SAME = 0.005  # amounts that differ by less are equal


def rows_of(draft: Draft, frame: pd.DataFrame, key: pd.Series, refunded: Bools) -> Bools:
    """The rows that are refunds of their own and no lines of an order: they take money away and stand alone under their
    number, or are later than the rest of their order, or say that they are refunds where the rest does not, or stand in a
    file that has no lines. What is taken off on the day of the order, such as a line of an exchange, is a line of it."""
    negative = numbers(frame, "amount") < 0
    if not negative.any():
        return negative
    several = orders.of_several(key)
    groups = key.where(several)
    day = pd.Series(draft.days(moments(frame, "ordered_at")), index=frame.index)
    later = (day > day.groupby(groups).transform("min")).to_numpy()
    apart = refunded & orders.with_any(~negative & ~refunded, groups)
    lineless = ~frame[SOURCE].isin([source.index for source in draft.sources if "product" in source.columns]).to_numpy()
    return negative & (~several | later | apart | lineless)


def still_to_take(
    draft: Draft, sales: pd.DataFrame, refunds: pd.DataFrame, keys: tuple[pd.Series, pd.Series], refunded: Bools
) -> Floats:
    """What is to be taken off each sale besides the rows of refunds: what it says was given back (all of it where it only
    says that it was refunded; also where its file says 0 of all such) less the rows that give it back. These name the sale
    by its number; else they are of the same customer, currency and amount and no older, one for one."""
    stated = np.abs(numbers(sales, "refunded_amount"))
    source = sales[SOURCE].to_numpy()
    is_told = np.isin(source, source[refunded & (stated > 0)])
    wholly = refunded & (np.isnan(stated) | ((stated == 0) & ~is_told))
    back = np.where(wholly, numbers(sales, "amount"), np.nan_to_num(stated))
    if refunds.empty or not (back > 0).any():
        return back
    sale_key, refund_key = keys
    amount = pd.Series(-numbers(refunds, "amount"), index=refunds.index)
    linked = refund_key.isin(sale_key.dropna()).to_numpy()
    by_number = amount[linked].groupby(refund_key[linked]).sum()
    paid_back = np.nan_to_num(sale_key.map(by_number).to_numpy(dtype=np.float64))
    back = np.where(wholly & (paid_back > 0), 0.0, np.maximum(back - paid_back, 0.0))
    back[back < _SAME] = 0.0
    return np.where(_paired(draft, sales, refunds[~linked], back, wholly), 0.0, back)


def _paired(draft: Draft, sales: pd.DataFrame, refunds: pd.DataFrame, back: Floats, wholly: Bools) -> Bools:
    """The sales whose money was given back by rows of their own that name no sale. Those are of the same customer, currency
    and amount, the earliest first; of what is left, a customer's only sale that says that it was refunded, not how much, is
    that of their refunds that are no larger."""
    result = np.zeros(len(sales), dtype=bool)
    marked = back > 0
    if not marked.any() or refunds.empty:
        return result
    rows = pd.concat([_told(draft, sales[marked], back[marked]), _told(draft, refunds, -numbers(refunds, "amount"))])
    rows = rows.reset_index(drop=True).assign(is_sale=np.arange(len(rows)) < np.count_nonzero(marked))
    same = ["customer", "currency", "cents"]
    ordered = rows.sort_values([*same, "day", "is_sale"], ascending=[True, True, True, True, False], kind="stable")
    step = ordered["is_sale"] * 2 - 1
    keys = [ordered[name] for name in same]
    # Sales that wait for a refund: none take part that come before any sale.
    total = step.groupby(keys).cumsum()
    waiting = total - total.groupby(keys).cummin().clip(upper=0)
    met = ~ordered["is_sale"] & (waiting.groupby(keys).shift(fill_value=0) > 0)
    often = met.groupby(keys).transform("sum")
    settled = ordered["is_sale"] & (ordered.groupby([*same, "is_sale"]).cumcount() < often)
    done = (met | settled).sort_index().to_numpy()
    is_sale = rows["is_sale"].to_numpy()
    left = rows[~done & (rows["customer"] != "").to_numpy() & (~is_sale | np.append(wholly[marked], is_sale[~is_sale]))]
    result[np.flatnonzero(marked)] = done[is_sale]
    result[np.flatnonzero(marked)[_alone(left)]] = True
    return result


def _alone(rows: pd.DataFrame) -> np.ndarray:
    """The places of the sales that are the only one of their customer and currency, where what they got back later is no
    more than the sale came to."""
    same = ["customer", "currency"]
    sales = rows[rows["is_sale"]].reset_index(names="place").drop_duplicates(same, keep=False)
    both = sales.merge(rows[~rows["is_sale"]], on=same, suffixes=("", "_back"))
    both = both[both["day_back"] >= both["day"]]
    summed = both.groupby("place").agg(cents=("cents", "first"), refunded=("cents_back", "sum"))
    return summed.index[summed["refunded"] <= summed["cents"]].to_numpy(dtype=np.int64)


def _told(draft: Draft, frame: pd.DataFrame, amount: Floats) -> pd.DataFrame:
    """Of each row who pays or gets how much in which currency, and on which day."""
    texts = {name: frame[name].astype("str").fillna("") if name in frame else "" for name in ("customer", "currency")}
    days = draft.days(moments(frame, "ordered_at")).astype(np.int64)
    return pd.DataFrame({**texts, "cents": np.rint(amount * 100), "day": days}, index=frame.index)


def given_back(sales: pd.DataFrame, back: Floats) -> pd.DataFrame:
    """A row for each sale of which something is to be taken off, at the date of the refund where it has one."""
    refunds = sales[back > 0].assign(amount=-back[back > 0], is_refund=True)
    if "refunded_at" in refunds and has_value(refunds, "refunded_at").any():
        ordered = refunds.get("ordered_at")
        refunded = refunds["refunded_at"]
        refunds["ordered_at"] = refunded if ordered is None else refunded.fillna(ordered)
    return refunds
