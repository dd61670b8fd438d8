"""Exports that were cut after so many rows, so that the lines of an order go on in the next file."""

from __future__ import annotations

import pandas as pd

from crm_metrics.loaders.identity import Ints
from crm_metrics.tables import ROW, SOURCE


def cut_in_two(frame: pd.DataFrame, codes: Ints) -> list[int]:
    """The orders (their `codes`, one a row of the frame, −1 for none) that one file ends with and another begins with, with
    other products, where these files hold nothing else in common."""
    if "product" not in frame:
        return []
    rows = pd.DataFrame({"code": codes, "file": frame[SOURCE].to_numpy(), "row": frame[ROW].to_numpy()})
    rows = rows.sort_values(["file", "row"])
    held = rows[rows["code"] >= 0].drop_duplicates(["code", "file"])
    pairs = held[held.duplicated("code", keep=False)].groupby("code")["file"].agg(tuple)
    if len(pairs) >= rows["file"].nunique():
        return []
    ends = {file: (part["code"].iloc[0], part["code"].iloc[-1]) for file, part in rows.groupby("file")}
    return [
        int(str(code))
        for code, files in pairs[~pairs.duplicated(keep=False)].items()
        if len(files) == 2
        and (ends[files[0]][1] == code == ends[files[1]][0] or ends[files[1]][1] == code == ends[files[0]][0])
        and _goes_on(frame[codes == code])
    ]


def _goes_on(order: pd.DataFrame) -> bool:
    """Whether the lines of an order in two files are others, of which nothing says that one is a later version."""
    first = (order[SOURCE] == order[SOURCE].iloc[0]).to_numpy()
    sold = order["product"].astype("str")
    said = order.columns.intersection(["ordered_at", "updated_at", "status", "customer"])
    is_one = all(order[name].dropna().nunique() <= 1 for name in said)
    return is_one and bool(sold.notna().all()) and not sold[first].isin(sold[~first]).any()
