"""The costs of a table by day: what each file spends, and which rows still count."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from crm_metrics.loaders.facts.draft import Draft, Floats, Ints
from crm_metrics.loaders.recognising import normalised
from crm_metrics.tables import ROW, SOURCE, Table
from crm_metrics.tables.frames import has_value, moments, numbers

AMOUNTS = ("cost", "impressions", "clicks", "conversions", "conversion_value", "leads", "results")
LABELS = ("campaign", "ad", "channel")
_DECIMALS = (1e12, 1e10, 1e8, 1e6, 1e4)


@dataclass(frozen=True)
class Spend:
    """What a file spends by day, from the day `first` on; `length` is how many days a row has on average; `is_one` where all
    rows have the same days."""

    source: int
    first: int
    costs: Floats
    records: int
    length: float
    is_one: bool

    @property
    def end(self) -> int:
        return self.first + len(self.costs)

    @property
    def is_daily(self) -> bool:
        return self.length == 1 and len(self.costs) > 1

    def between(self, first: int, end: int) -> Floats:
        return self.costs[first - self.first : end - self.first]

    def holds(self, other: Spend) -> bool:
        return self.first <= other.first and other.end <= self.end and len(other.costs) < len(self.costs)


def together(parts: Sequence[Spend]) -> Spend:
    """What several files spend by day, on all of their days."""
    first, end = min(part.first for part in parts), max(part.end for part in parts)
    costs = np.zeros(end - first)
    for part in parts:
        costs[part.first - first : part.end - first] += part.costs
    return replace(parts[0], first=first, costs=costs)


class Costs:
    """The costs of a table by day, and which of its rows still count."""

    def __init__(self, draft: Draft, table: Table) -> None:
        self.draft, self.table, frame = draft, table, table.frame
        self.source = frame[SOURCE].to_numpy()
        self.row = frame[ROW].to_numpy().astype(np.int64)
        self.day: Ints = draft.days(moments(frame, "spent_at")).astype(np.int64)
        self.cost = numbers(frame, "cost")
        self.dated = has_value(frame, "spent_at")
        self.counts = self.dated.copy()
        self.columns = [source.columns for source in draft.sources]

    def rows(self, *sources: int) -> Ints:
        """The rows of files that have a cost on a day and count."""
        return np.flatnonzero(self.counts & ~np.isnan(self.cost) & np.isin(self.source, sources))

    def spend(self, source: int) -> Spend | None:
        """None for a file without a cost on any day."""
        rows = self.rows(source)
        if not len(rows):
            return None
        first = int(self.day[rows].min())
        days = self.day[rows] - first
        costs = np.bincount(days, weights=self.cost[rows]).astype(np.float64)
        records = len(np.unique(self.row[rows]))
        is_one = bool(np.isin(np.bincount(days), (0, records)).all())
        return Spend(source, first, costs, records, len(rows) / records, is_one)

    def spends(self, files: Sequence[int]) -> list[Spend]:
        return [spend for i in files if (spend := self.spend(i)) is not None]

    def close(self) -> None:
        """Take the rows that do not count out of the table. A record of which no day is left is left out of its file."""
        gone = self.dated & ~self.counts
        for i in np.unique(self.source[gone]).tolist():
            mine = self.source == i
            lost = np.setdiff1d(self.row[gone & mine], self.row[~gone & mine])
            self.draft.sources[i].left_out["same-spend"] += len(lost)
        self.table.frame = self.table.frame[~gone].reset_index(drop=True)

    def common(self, spend: Spend, other: Spend) -> list[str]:
        """The columns by which both files name what was paid for, under one header in both."""
        mine, its = (self.columns[one.source] for one in (spend, other))
        named = [name for name in LABELS if name in self.table.frame and name in mine and name in its]
        return [name for name in named if normalised(mine[name]) == normalised(its[name])]

    def paths(self, spends: Sequence[Spend]) -> str:
        return " and ".join(self.draft.sources[spend.source].path for spend in spends)

    def told(self, labels: Sequence[str]) -> Ints:
        """A number for what the labels of each row, and its currency, say."""
        names = [*labels, *(["currency"] if "currency" in self.table.frame else [])]
        texts = self.table.frame[names].astype("str").where(self.table.frame[names].notna(), "")
        return texts.groupby(names, sort=False).ngroup().to_numpy().astype(np.int64)

    def sums(self, name: str, longer: Ints, parts: Ints, told: Ints) -> tuple[Floats, Floats]:
        """What the rows of two sets come to, by what they tell."""
        values = np.nan_to_num(numbers(self.table.frame, name))
        whole, held = (np.bincount(told[rows], values[rows], int(told.max()) + 1) for rows in (longer, parts))
        return whole.astype(np.float64), held.astype(np.float64)


def evenly(amounts: Floats, often: Ints, rows: Ints, among: Floats | None = None) -> Floats:
    """Each amount in as many parts, in the order of `rows`, which says whose part each is: as equal as whole numbers of the
    smallest decimal are, so that however many of them (and of the numbers `among` which they are) are added up, all the
    parts of an amount make exactly the amount."""
    step = pd.Series(rows).groupby(rows).cumcount().to_numpy()
    every = amounts if among is None else among
    total = np.abs(every[np.isfinite(every)]).sum()
    scale = next((scale for scale in _DECIMALS if total * scale < 2.0**53), 1.0)
    scaled = np.rint(amounts * scale)
    scaled = np.where(scaled / scale == amounts, scaled, amounts * scale)
    until, before = (np.rint(scaled[rows] * days / often[rows]) for days in (step + 1, step))
    until = np.where(step + 1 == often[rows], scaled[rows], until)
    return np.where(often[rows] == 1, amounts[rows], (until - before) / scale)
