"""Ledgers: files of orders whose rows are of several types: invoices, the payments that pay them, refunds, fees."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd

from crm_metrics.errors import DataError
from crm_metrics.loaders.coercing.columns import by_text
from crm_metrics.loaders.facts.draft import Bools, Draft, distinct_values
from crm_metrics.loaders.ledger_words import kind_of
from crm_metrics.tables import SOURCE, Table
from crm_metrics.tables.frames import has_value, moments, numbers

_MOST = 60  # a column with more different texts is none of types
_PAIRED = 0.5


def split(draft: Draft, table: Table) -> None:
    """Leave out what a ledger holds besides sales, and make its refunds negative. Raises `DataError` for a ledger with types
    that are not known and hold money: which of its rows are sales cannot be told then."""
    frame = table.frame
    if "type" not in frame:
        return
    out = np.zeros(len(frame), dtype=bool)
    sign = np.ones(len(frame))
    typed = has_value(frame, "type")
    for i, mine in draft.by_file(table):
        kinds = [kind_of(label) for label in distinct_values(frame, "type", mine & typed)]
        if not kinds or len(kinds) > _MOST or not is_ledger(kinds):
            continue
        of_row = by_text(frame["type"], lambda label: kind_of(label) or "?", "?", object)
        of_row[~mine] = None
        amount = numbers(frame, "amount")
        _refuse_unknown(draft, table, i, of_row, amount)
        gone, why = _no_sales(table, of_row, amount)
        for label, hit in why.items():
            names = ", ".join(distinct_values(frame, "type", hit)) or "without a type"
            draft.report("no-sale", table, hit, column=draft.sources[i].columns["type"], seen=names, why=label)
        out |= gone
        refund = of_row == "refund"
        if not (amount[refund] < 0).any():
            sign[refund] = -1
    if (sign < 0).any():
        frame["amount"] = numbers(frame, "amount") * sign
    draft.leave_out(table, out, "no-sale")


def is_ledger(kinds: list[str | None]) -> bool:
    """Whether types of these kinds tell sales from what is none, or hold a sale as ordered and as invoiced: an attribute
    such as Online and In-store does not."""
    is_paid = len(kinds) > 1 and "payment" in kinds and not {"order", "invoice", "sale"}.isdisjoint(kinds)
    return is_paid or {"order", "invoice"} <= {*kinds} or not {"other", "refund"}.isdisjoint(kinds)


def _refuse_unknown(draft: Draft, table: Table, source: int, of_row: np.ndarray, amount: np.ndarray) -> None:
    """Raises `DataError` for rows with money of which nothing says whether they are sales."""
    kinds = {str(kind) for kind in of_row if kind is not None}
    sold = kinds & {"order", "invoice", "sale", "payment", "refund"}
    doubtful = np.isin(of_row, ["?", "method"]) & has_value(table.frame, "type") & (np.nan_to_num(amount) != 0)
    if sold == {"refund"} and "other" not in kinds:
        return  # sales of every kind, and their refunds
    if sold - {"refund"} and not doubtful.any():
        return
    unsold = doubtful if doubtful.any() else np.isin(of_row, ["other", "refund"])  # debits and credits of an account
    path, column = draft.sources[source].path, draft.sources[source].columns["type"]
    names = distinct_values(table.frame, "type", unsold)
    meant = {name: "other" if kind_of(name) == "other" else "sale" for name in names[:3]}
    chosen = ", ".join(f'{json.dumps(name, ensure_ascii=False)} = "{kind}"' for name, kind in meant.items())
    file = json.dumps(path.rpartition("/")[2].partition("#")[0], ensure_ascii=False)
    raise DataError(
        f"{column} says that the rows are of several types, and not which of {', '.join(names[:5])} are sales",
        where=path,
        hint=f"Say what each is (sale, invoice, payment, refund or other), such as --set 'files=[{{path = {file}, "
        f"values = {{type = {{{chosen}}}}}}}]'",
    )


def _no_sales(table: Table, of_row: np.ndarray, amount: np.ndarray) -> tuple[Bools, dict[str, Bools]]:
    """The rows of a ledger that are no sales, and why: an invoice counts, not what was ordered or paid for it."""
    there = {str(kind) for kind in of_row if kind is not None}
    why: dict[str, Bools] = {}
    blank = (of_row == "?") & ~has_value(table.frame, "type")
    why["which are no sales"] = np.isin(of_row, ["other", "method"]) | blank
    # What a payment takes away was paid out: refunds have a type of their own.
    why["which were paid out"] = (of_row == "payment") & (amount < 0)
    paid: Bools = (of_row == "payment") & ~(amount < 0)
    if "invoice" in there:
        why["whose invoices are there too"] = paid | (of_row == "order")
    elif "order" in there or ("sale" in there and _pays(table.frame, paid, of_row == "sale")):
        why["which pay what is there too"] = paid
    gone = np.logical_or.reduce([*why.values()])
    return gone, {reason: hit for reason, hit in why.items() if hit.any()}


def _pays(frame: pd.DataFrame, paid: Bools, sold: Bools) -> bool:
    """Whether most payments are of an amount that the same customer was charged before."""
    if "customer" not in frame or not paid.any():
        return False
    keys = pd.DataFrame({"customer": frame["customer"].astype("str"), "amount": numbers(frame, "amount")})
    first = keys[sold].assign(at=moments(frame, "ordered_at")[sold]).groupby(["customer", "amount"])["at"].min()
    place = pd.MultiIndex.from_frame(keys[paid])
    begun = first.reindex(place).to_numpy()
    return bool(np.mean(begun <= moments(frame, "ordered_at")[paid]) >= _PAIRED)


def documents(table: Table, source: int) -> str:
    """What the rows of a ledger that are left are: orders, invoices or payments; empty where no type tells."""
    kinds = _kinds_of(table.frame, source)
    sold = (f"{kind}s" for kind in ("order", "invoice") if kind in kinds)
    return next(sold, "payments" if kinds == {"payment"} else "")


def gives_back(frame: pd.DataFrame, source: int) -> bool:
    """Whether all rows of a file are refunds."""
    return _kinds_of(frame, source) == {"refund"}


def _kinds_of(frame: pd.DataFrame, source: int) -> set[str | None]:
    if "type" not in frame:
        return set()
    return {*map(kind_of, distinct_values(frame, "type", (frame[SOURCE] == source).to_numpy()))}
