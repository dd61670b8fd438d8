"""The columns of one table as arrays: what several metrics read is read once."""

from __future__ import annotations

from functools import cached_property

import numpy as np
import pandas as pd

from crm_metrics import schema
from crm_metrics.engine.cells import Bools, Floats, Ints
from crm_metrics.expressions import Filter
from crm_metrics.tables import NONE, ROW, SOURCE, UNIT, Table
from crm_metrics.tables.filters import matches

NEVER = np.iinfo(np.int64).min  # how a missing date reads as a number
_HEAD = 10_000


class Columns:
    """The columns of a table, and which of its rows are parts of one record or of one customer."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self._filters: dict[str, Bools] = {}
        self._entities: dict[str, Ints] = {}

    def __len__(self) -> int:
        return len(self.table.frame)

    def numbers(self, column: str) -> Floats:
        """A column as numbers, NaN where missing."""
        return self.table.frame[column].to_numpy(dtype=np.float64, na_value=np.nan)

    def dates(self, column: str) -> Ints:
        """A date column in microseconds since 1970, `NEVER` where missing."""
        return self.table.frame[column].to_numpy().astype("datetime64[us]", copy=False).view(np.int64)

    def flags(self, column: str) -> Bools:
        """A column of truth values, False where missing."""
        return self.table.frame[column].fillna(False).to_numpy(dtype=bool)

    def meets(self, column: str) -> Bools:
        """Which rows have what is required: a truth column that holds, of any other a value."""
        kind = schema.column(self.table.name, column)
        if kind is not None and kind.kind is schema.Kind.BOOL:
            return self.flags(column)
        return self.table.frame[column].notna().to_numpy(dtype=bool)

    def matches(self, where: Filter, text: str) -> Bools:
        """Which rows a filter, written as `text`, lets through."""
        if text not in self._filters:
            self._filters[text] = matches(self.table.frame, where)
        return self._filters[text]

    def entities(self, column: str) -> Ints:
        """A column's values as numbers from 0 up, −1 where missing."""
        if column not in self._entities:
            self._entities[column] = self.table.frame[column].astype("category").cat.codes.to_numpy().astype(np.int64)
        return self._entities[column]

    def attributes(self, beside: str | None) -> Ints:
        """A number for each combination of attributes that a row has beside a column."""
        combined = np.zeros(len(self), dtype=np.int64)
        for name in sorted(self.table.frame.select_dtypes("category").columns):
            if name != beside:
                codes = self.entities(str(name))
                combined = np.unique(combined * (codes.max(initial=0) + 2) + codes + 1, return_inverse=True)[1]
        return combined

    @cached_property
    def currencies(self) -> list[str]:
        """The currencies of the rows in order, `NONE` last where some name none; empty where no row names one."""
        if "currency" not in self.table.frame:
            return []
        values = self.table.frame["currency"]
        names = sorted({str(value) for value in values.dropna().unique()})
        return [*names, NONE] if names and values.isna().any() else names

    @cached_property
    def records(self) -> Ints | None:
        """The number of the record that each row is a part of; None where every row is a record of its own."""
        if not self.table.in_parts:
            return None
        frame = self.table.frame
        keys = frame[SOURCE].to_numpy().astype(np.int64) << 40 | frame[ROW].to_numpy().astype(np.int64)
        return np.unique(keys, return_inverse=True)[1].astype(np.int64)

    @property
    def number_of_records(self) -> int:
        return len(self) if self.records is None else int(self.records.max(initial=-1)) + 1

    def records_of(self, rows: Ints) -> Ints:
        """The numbers of the records that rows are parts of; the rows themselves where each is a record of its own."""
        return rows if self.records is None else self.records.take(rows)

    @cached_property
    def units(self) -> Ints | None:
        """The customer of each row as a number; beyond these one for each row that names none. None where nobody repeats."""
        frame = self.table.frame
        if "customer" in frame:
            units = self.entities("customer")
        elif UNIT in frame:
            # Forty bits tell a million customers apart, and leave room for the number of a cell.
            keys = frame[UNIT].to_numpy()
            units = keys & ((1 << 40) - 1)
            units[keys == 0] = -1
        else:
            return None
        unnamed = np.flatnonzero(units < 0)
        if not _repeats(np.delete(units, unnamed) if len(unnamed) else units):
            return None
        if len(unnamed):
            units = units.copy()
            units[unnamed] = int(units.max()) + 1 + unnamed
        return units


def _repeats(numbers: Ints) -> bool:
    """Whether a number is there twice: where it is so, the first ones mostly tell."""
    return pd.Index(numbers[:_HEAD]).has_duplicates or pd.Index(numbers).has_duplicates
