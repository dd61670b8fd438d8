"""The currency of each record: by a column of its own, by the header or the cells of its amount."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from crm_metrics.errors import DataError
from crm_metrics.loaders.coercing import currencies
from crm_metrics.loaders.currency_codes import of_sign
from crm_metrics.loaders.normalising.file import File
from crm_metrics.schema import Kind
from crm_metrics.tables import Unusable

_ODD_CURRENCIES = 20


def settle(file: File, frame: pd.DataFrame) -> None:
    """Put the currency of each row into its column; what a header names, as `Spend [USD]`, stands in every row. What
    the cells name is taken from the frame."""
    _settle(file, frame)
    for name in file.currencies:
        del frame[written_in(name)]


def _settle(file: File, frame: pd.DataFrame) -> None:
    if "currency" not in file.schema.columns:
        return
    if "currency" in frame:
        codes = frame["currency"].cat
        _refuse_other_words(file, list(map(str, codes.categories)))
        frame["currency"] = _codes(file, codes.categories, codes.codes.to_numpy())
    _refuse_contradictions(file, frame)
    if "currency" in frame:
        return
    for name in ("amount", "cost", "mrr"):
        sign = currencies.of_header(file.recognised.suffixes.get(name, ""))
        code = file.currency_of(sign, name) if name in frame and sign and name not in file.currencies else None
        if code is not None:
            frame["currency"] = pd.Categorical([code] * len(frame), pd.Index([code], dtype="str"))
            return
    written = next((written_in(name) for name in ("amount", "cost", "mrr") if name in file.currencies), None)
    if written is not None and frame[written].notna().any():
        frame["currency"] = frame[written]


def _refuse_contradictions(file: File, frame: pd.DataFrame) -> None:
    """Use no amounts that are in one currency by their header or their cells, and in another by the column of currencies or
    the other of the two."""
    for name in [str(name) for name in frame if file.kind(str(name)) is Kind.MONEY and name in file.recognised.columns]:
        columns = {"its cells": written_in(name)} | (
            {file.header("currency"): "currency"} if "currency" in frame else {}
        )
        columns = {place: column for place, column in columns.items() if column in frame}
        of_header = currencies.of_header(file.recognised.suffixes.get(name, ""))
        if len(columns) + (of_header is not None) < 2:
            continue
        for labels in frame.loc[frame[name].notna(), [*columns.values()]].drop_duplicates().itertuples(index=False):
            named = {"its header": of_header, **dict(zip(columns, labels, strict=True))}
            said = {place: str(label) for place, label in named.items() if label is not None and not pd.isna(label)}
            if said and not set.intersection(*(set(of_sign(label) or (label,)) for label in said.values())):
                told = " and ".join(f"{label} by {place}" for place, label in said.items())
                off = ", or switch that column off: columns = { currency = false }" if "currency" in frame else ""
                hint = f"let the export say one{off}"
                file.unusable[name] = Unusable("mixed-currency", f"{file.header(name)} is in {told}", hint)
                file.note("currency-conflict", column=file.header(name), seen=told)
                del frame[name]
                break


def written_in(name: str) -> str:
    """The column that holds, while a file is read, the currency that each cell of a money column is written in."""
    return f"_{name}_currency"


def _refuse_other_words(file: File, labels: list[str]) -> None:
    """Raises `DataError` for a column of names or numbers: each would be a currency of its own, with all figures in it."""
    odd = [label for label in labels if not re.fullmatch("[A-Z]{3}", currencies.code_of(label))]
    if len(odd) > _ODD_CURRENCIES:
        raise DataError(
            f"{file.header('currency')} holds {len(odd):,} values that are no currencies, such as {odd[0][:40]!r}",
            where=file.raw.path,
            hint="A currency is a code such as EUR. Rename the column, or export the one that holds codes.",
        )


def _codes(file: File, labels: pd.Index, codes: NDArray[Any]) -> pd.Categorical:
    """Currencies as ISO 4217 writes them: Stripe exports `usd`, Dynamics `Euro`."""
    written = [file.currency_of(currencies.code_of(str(label)), "currency") for label in labels]
    labels_there = sorted({code for code in written if code is not None})
    place = np.array([*(-1 if code is None else labels_there.index(code) for code in written), -1], dtype=np.int32)
    return pd.Categorical.from_codes(place[codes], pd.Index(labels_there, dtype="str"))
