"""The same costs in several files of one account: in another breakdown, or in an overview of all channels; and costs of a
range of days that hold what others have for days within it: a quarter beside its months, figures to date."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from math import log2

import numpy as np
import pandas as pd

from crm_metrics import schema
from crm_metrics.loaders.facts.costs_by_day import AMOUNTS, Costs, Spend, evenly, together
from crm_metrics.loaders.facts.draft import Bools, Draft, Floats, Ints
from crm_metrics.loaders.missing_exports import number_of
from crm_metrics.loaders.recognising import normalised
from crm_metrics.loaders.versions import day_in_name
from crm_metrics.tables import TOLD, Table
from crm_metrics.tables.frames import has_value, numbers

_NEAR, _MOST = 0.01, 0.9  # costs agree within 1 %, on nine of ten days
_SOME = 0.3  # of the days of two exports of one account are not corrected
_IMPRESSIONS = 0.05
_COMMON_SPAN = 0.8  # ranges of two reports that are so much the same have the same total
_EXACT = 1e-6
_MOST_PARTS = 9  # files of which every choice is looked at
_DECIMALS = 9


def leave_out(draft: Draft, table: Table) -> None:
    """Take away the costs that others hold too, from a table with a row for each day of a cost. Costs that do not agree are
    of accounts of their own and add up."""
    told = table.frame.pop(TOLD) if TOLD in table.frame else None
    files = draft.files(table)
    if not table.has("cost") or not table.has("spent_at") or (len(files) < 2 and told is None):
        return
    costs = Costs(draft, table)
    if told is not None:
        for i in files:
            _within_file(costs, i, told.to_numpy())
    _in_pairs(costs, files)
    _in_overviews(costs, files)
    _within_files(costs, files)
    costs.close()


def _in_pairs(costs: Costs, files: Sequence[int]) -> None:
    """Take away the costs that a file which the figures need more holds too, on the days that it covers."""
    kept: list[Spend] = []
    for spend in sorted(costs.spends(files), key=lambda spend: _rank(costs, spend)):
        for other in kept:
            if why := _agreement(costs, spend, other):
                _cut(costs, spend, other, why)
        kept += costs.spends([spend.source])


def _in_overviews(costs: Costs, files: Sequence[int]) -> None:
    """Take away the costs of a file that are those of several others together: one file for each channel, and one for
    all. The overview counts where it has more of the columns that the figures need than each of the others."""
    spends = costs.spends(files)
    if not 2 < len(spends) <= _MOST_PARTS:
        return
    for whole in sorted(spends, key=lambda spend: -spend.costs.sum()):
        others = [spend for spend in spends if spend is not whole]
        choices = (some for size in range(len(others), 1, -1) for some in combinations(others, size))
        if (parts := next((some for some in choices if _is_sum(costs, whole, some)), None)) is None:
            continue
        summed = together(parts)
        why = f"both come to {summed.costs.sum():,.10g}"
        if all(_rank(costs, whole)[0] < _rank(costs, part)[0] for part in parts):
            for part in parts:
                _cut(costs, part, whole, why)
        else:
            _cut(costs, whole, summed, why, costs.paths(parts))
        return


def _is_sum(costs: Costs, whole: Spend, parts: Sequence[Spend]) -> bool:
    """Whether the costs of a file are those of others together, day by day, and not by chance: on days of several
    amounts within 1 %, else to the cent. Other currencies or labels under one header are other costs."""
    summed = together(parts)
    if summed.first < whole.first or summed.end > whole.end or all(_name_others(costs, whole, part) for part in parts):
        return False
    left, right = whole.between(summed.first, summed.end), summed.costs
    days = (left != 0) | (right != 0)
    several = len(np.unique(np.round(left[days], 2))) > 2
    alike = _near(left, right) if several else np.abs(left - right) <= _EXACT * np.abs(right)
    return bool(days.any()) and int(alike[days].sum()) >= (_MOST if several else 1) * int(days.sum())


def _rank(costs: Costs, spend: Spend) -> tuple[int, int, int, int, int, str]:
    """Which of several files counts: the one with most of the columns that the figures need, the one of the shorter
    times, the one with more known columns, the newer one, the one with fewer rows."""
    source, mine = costs.draft.sources[spend.source], costs.source == spend.source
    needs, known = costs.draft.needs.get("spend", ()), schema.TABLES["spend"].columns
    needed = {name for name in source.columns if name in needs or name not in known}
    there = sum(bool(has_value(costs.table.frame, name)[mine].any()) for name in needed)
    named = day_in_name(source.path)
    newest = max(spend.end, 0 if named is None else number_of(named))
    times = round(log2(spend.length))  # months are of one length
    return -there, times, -len(source.columns), -newest, spend.records, source.path


def _agreement(costs: Costs, spend: Spend, other: Spend) -> str:
    """Why the costs of two files are the same, empty when they are not: they agree by day or, where a file has no days,
    in all. Costs of other campaigns, in other currencies or with other impressions only happen to agree."""
    first, end = max(spend.first, other.first), min(spend.end, other.end)
    if first >= end or _name_others(costs, spend, other):
        return ""
    left, right = spend.between(first, end), other.between(first, end)
    days = (left != 0) | (right != 0)
    alike, count = int(_near(left[days], right[days]).sum()), int(days.sum())
    same = days & (np.abs(left - right) <= _EXACT * np.abs(right))
    columns = [costs.draft.sources[one.source].columns.values() for one in (spend, other)]
    is_version = {*map(normalised, columns[0])} == {*map(normalised, columns[1])}
    why = f"the costs agree on {alike} of {count} days"
    if len(np.unique(np.round(right[same], 2))) > 2 and same.sum() >= (_SOME if is_version else _MOST) * count:
        return f"{why}, so that they are two exports of one account" if is_version else why
    if _show_others(costs, spend, other):
        return ""
    if spend.is_daily and other.is_daily:
        return why if count and alike >= _MOST * count else ""
    longest = max(len(spend.costs), len(other.costs))
    if 2 * (end - first) < longest:  # what a range has on a few of its days is not known
        return ""
    if end - first >= _COMMON_SPAN * longest:
        left, right = spend.costs, other.costs
    sums = np.array([left.sum()]), np.array([right.sum()])
    return f"both come to {sums[1][0]:,.10g}" if sums[0][0] > 0 and _near(*sums)[0] else ""


def _show_others(costs: Costs, spend: Spend, other: Spend) -> bool:
    """Whether two files of the same days have impressions that do not agree."""
    both = [spend.source, other.source]
    if (spend.first, spend.end) != (other.first, other.end) or any("impressions" not in costs.columns[i] for i in both):
        return False
    shown = [float(np.nansum(numbers(costs.table.frame, "impressions")[costs.source == i])) for i in both]
    return abs(shown[0] - shown[1]) > _IMPRESSIONS * max(shown)


def _name_others(costs: Costs, spend: Spend, other: Spend) -> bool:
    """Whether two files have no currency, or no label under one header, in common."""
    for name in ("currency", *costs.common(spend, other)):
        if name in costs.table.frame:
            files = (costs.table.frame.loc[costs.source == i, name] for i in (spend.source, other.source))
            left, right = (set(labels.dropna().astype(str)) for labels in files)
            if left and right and not left & right:
                return True
    return False


def _cut(costs: Costs, spend: Spend, kept: Spend, why: str, where: str = "") -> None:
    """Take the days that another file covers out of a file's rows."""
    gone = costs.counts & (costs.source == spend.source) & (costs.day >= kept.first) & (costs.day < kept.end)
    costs.counts &= ~gone
    costs.draft.report("same-spend", costs.table, gone, other=where or costs.paths([kept]), why=why)


def _near(left: Floats, right: Floats) -> Bools:
    return np.abs(left - right) <= _NEAR * np.maximum(np.abs(left), np.abs(right)) + 1e-9


def _within_files(costs: Costs, files: Sequence[int]) -> None:
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


def _within_file(costs: Costs, source: int, told: Ints) -> None:
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
