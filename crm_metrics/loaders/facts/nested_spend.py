"""Costs of a range of days that hold what others have for days within it: a quarter beside its months, figures to date."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from crm_metrics.loaders.facts.costs_by_day import AMOUNTS, Costs, Spend, evenly
from crm_metrics.loaders.facts.draft import Bools, Ints
from crm_metrics.tables.frames import numbers

_NEAR = 0.01
_DECIMALS = 9


def within_files(costs: Costs, files: Sequence[int]) -> None:
    """Leave to a report of one range what no other file holds of the same campaigns for days within it. A file with
    another campaign, or with more cost of one, is no part of it."""
    ranges = [spend for spend in costs.spends(files) if spend.is_one]
    for i in [spend.source for spend in sorted(ranges, key=lambda spend: len(spend.costs))]:
        if (longer := costs.spend(i)) is None:
            continue
        parts: list[Spend] = []
        labels: list[str] = []
        for other in filter(longer.holds, costs.spends(files)):
            mine = costs.common(longer, other)
            if not mine or (parts and mine != labels):
                continue
            if any(part.first < other.end and other.first < part.end for part in parts):
                continue
            some = [*parts, other]
            rows = costs.rows(i), costs.rows(*(part.source for part in some)), costs.told(mine)
            whole, held = costs.sums("cost", *rows)
            if ((held <= whole * (1 + _NEAR)) & ((whole != 0) | (held == 0))).all():
                parts, labels = some, mine
        if parts:
            covered = np.logical_or.reduce([(costs.day >= part.first) & (costs.day < part.end) for part in parts])
            longer_rows = np.isin(np.arange(len(costs.day)), costs.rows(i))
            costs.draft.report("spend-in-parts", costs.table, longer_rows, other=costs.paths(parts))
            rows = costs.rows(i), costs.rows(*(part.source for part in parts)), costs.told(labels)
            _subtract(costs, *rows, covered)


def within_file(costs: Costs, source: int, told: Ints) -> None:
    """Leave to a row what others with the same labels do not hold for days within its own. One of them begins on its
    first day, as the figures to date of a report do: bookings that run within another one add up, and so does what has
    more of any amount, or days that only overlap."""
    rows = costs.rows(source)
    rows = rows[told[rows] > 0]
    days = pd.DataFrame({"row": costs.row[rows], "told": told[rows], "day": costs.day[rows]})
    days = days.groupby(["row", "told"])["day"].agg(["min", "max"]).reset_index()
    if not len(days) or not _is_nested(days[["min", "max"]].drop_duplicates()):
        return
    days["length"] = days["max"] - days["min"]
    single = ~days.duplicated(["told", "min", "max"], keep=False)
    days = days[single.groupby(days["told"]).transform("all") & days.duplicated("told", keep=False)]
    hit = np.zeros(len(costs.counts), dtype=bool)
    for length, first in sorted({*zip(days["length"].tolist(), days["min"].tolist(), strict=True)}):
        outer = days[(days["length"] == length) & (days["min"] == first)]
        inner = days[(days["length"] < length) & (days["min"] >= first) & (days["max"] <= first + length)]
        begun = np.intersect1d(outer["told"], inner.loc[inner["min"] == first, "told"])
        if not len(begun):
            continue
        mine = rows[np.isin(told[rows], begun) & costs.counts[rows]]
        longer, parts = (mine[np.isin(costs.row[mine], some["row"])] for some in (outer, inner))
        pair = told * (length + 1) + costs.day - first
        covered = np.isin(pair, pair[parts])
        more = np.bincount(told[longer], ~covered[longer], int(told.max()) + 1) == 0
        cost, held = costs.sums("cost", longer, parts, told)
        more &= cost - held > _NEAR * np.abs(cost)
        for name in AMOUNTS:
            whole, held = costs.sums(name, longer, parts, told)
            more |= held > whole + _NEAR * np.abs(whole)
        longer, parts = (some[~more[told[some]]] for some in (longer, parts))
        hit[longer] = True
        _subtract(costs, longer, parts, told, covered)
    costs.draft.report("spend-in-parts", costs.table, hit, other="other rows")


def _subtract(costs: Costs, longer: Ints, parts: Ints, told: Ints, covered: Bools) -> None:
    """Leave to the rows of a longer time what the parts do not hold of what they tell, on the days not covered."""
    costs.counts[longer[covered[longer]]] = False
    record, stay = np.unique(costs.row[longer], return_inverse=True)[1], ~covered[longer]
    often = np.bincount(record[stay], minlength=int(record.max(initial=0)) + 1).astype(np.int64)
    for name in (name for name in AMOUNTS if name in costs.table.frame):
        whole, held = costs.sums(name, longer, parts, told)
        share = np.clip(np.divide(whole - held, whole, out=np.zeros_like(whole), where=whole != 0), 0, None)
        values = numbers(costs.table.frame, name).copy()
        summed = np.bincount(record, np.nan_to_num(values[longer]) * share[told[longer]], len(often))
        left = np.round(summed, _DECIMALS).astype(np.float64)  # whole counts stay whole
        values[longer[stay]] = np.where(
            np.isnan(values[longer[stay]]), np.nan, evenly(left, often, record[stay], values)
        )
        costs.table.frame[name] = values
    costs.cost = numbers(costs.table.frame, "cost")


def _is_nested(ranges: pd.DataFrame) -> bool:
    """Whether some range of days lies within another one, and none only overlaps another, as those of bookings do."""
    outer: list[int] = []  # the last days of the ranges around the one looked at
    found = False
    for first, last in ranges.sort_values(["min", "max"], ascending=[True, False]).itertuples(index=False):
        while outer and outer[-1] < first:
            outer.pop()
        if outer and outer[-1] < last:
            return False
        found |= bool(outer)
        outer.append(last)
    return found
