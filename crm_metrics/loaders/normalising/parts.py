"""Records that stand on a row for each of their products, shares, owners or campaigns, in a file without ids."""

from __future__ import annotations

import numpy as np
import pandas as pd

from crm_metrics import schema
from crm_metrics.loaders.coercing import columns as coerced
from crm_metrics.loaders.normalising.file import File
from crm_metrics.loaders.reading import As
from crm_metrics.loaders.vocabulary import meanings_of
from crm_metrics.tables import ROW, SOURCE
from crm_metrics.tables.frames import numbers

_MOST, _CENT = 0.9, 0.0051
_OF_PARTS = frozenset((SOURCE, ROW, "product", "owner", "team", "source", "channel", "campaign"))  # may differ
# What a record is called, of the tables that are looked at.
_CALLED = {"deals": ("name",), "tickets": ("subject",), "leads": ("customer_email", "customer_name", "customer")}


def once_per_record(file: File, frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with one row for each deal. Rows without an id are of one where they agree in its name and all else that is
    known of it, and a column of the file, alone or times the quantity, has the parts of the amount that each of them has.
    Others that are alike count, as do those of tickets and leads, and are reported."""
    known = file.recognised.columns
    called = next((name for name in _CALLED.get(file.layout.table, ()) if name in known), None)
    if (
        called is None
        or file.schema.key in known
        or not frame.duplicated([name for name in frame if name not in _OF_PARTS]).any()
    ):
        return frame
    table = file.raw.read(dict.fromkeys(range(len(file.raw.header)), As.TEXT))
    kept = np.isin(table.rows, frame[ROW].to_numpy())
    cells = {at: coerced.texts(column, file.missing) for at, column in table.columns.items()}
    alike = pd.DataFrame({name: cells[at].codes[kept] for name, at in known.items() if name not in _OF_PARTS})
    amount = numbers(frame, "amount")
    again = alike.duplicated().to_numpy() & (alike[called].to_numpy() >= 0) & ~(amount <= 0)
    deal = alike.groupby([*alike], sort=False).ngroup().to_numpy()
    several = np.isin(deal, deal[again])
    others = {at: file.numbers(cells[at])[kept] for at in cells if again.any() and at not in known.values()}
    said = meanings_of(tuple(file.raw.header))
    counts = [others[at] for at in others if any(meaning.attribute == "quantity" for meaning in said[at])]
    for place, part in others.items():
        for parts in (part, *(part * count for count in counts)):
            total = pd.Series(parts).groupby(deal).transform("sum").to_numpy()
            if (np.abs(total - amount) <= _CENT)[several].mean() >= _MOST:
                file.left_out["part-of-deal"] += int(again.sum())
                file.note("part-of-deal", frame[ROW].to_numpy()[again], column=file.raw.header[place])
                return frame[~again].reset_index(drop=True)
    differ = again & ~pd.DataFrame({place: cell.codes[kept] for place, cell in cells.items()}).duplicated().to_numpy()
    if differ.any():  # others are exact copies, which are said as such
        file.note("alike-record", frame[ROW].to_numpy()[differ])
    return frame


def with_orders(file: File, frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with a number for each order of a file without ids whose lines repeat what it comes to, by their prices and
    quantities: the amount stands on its first line alone."""
    known = file.recognised.columns
    whose = [name for name in schema.IDENTITY if name in known]
    if file.layout.table != "orders" or "order_id" in known or not whose:
        return frame
    if not {"ordered_at", "amount", "line_price", "product"} <= known.keys() or "amount" not in frame:
        return frame
    table = file.raw.texts()
    kept = np.isin(table.rows, frame[ROW].to_numpy())
    cells = {name: coerced.texts(table.columns[at], file.missing) for name, at in known.items() if at in table.columns}
    same = pd.DataFrame({name: cells[name].codes[kept] for name in (*whose, "ordered_at", "amount")})
    order = same.groupby([*same], sort=False).ngroup().to_numpy()
    several = pd.Series(order).duplicated(keep=False).to_numpy()
    quantity = file.numbers(cells["quantity"])[kept] if "quantity" in cells else 1.0
    lines = pd.Series(file.numbers(cells["line_price"])[kept] * quantity)
    amount = numbers(frame, "amount")
    agree = np.abs(lines.groupby(order).transform("sum").to_numpy() - amount) <= _CENT
    if not several.any() or agree[several].mean() < _MOST:
        return frame
    again = pd.Series(order).duplicated().to_numpy()
    ids = pd.Series([f"{file.index} {number}" for number in order], index=frame.index, dtype="str")
    return frame.assign(order_id=ids, amount=np.where(again, np.nan, amount))
