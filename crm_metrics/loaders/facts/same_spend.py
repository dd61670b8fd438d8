"""The same spend at several levels: campaigns, ad sets, regions, keywords of one account, each in a file of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
import pandas as pd

from crm_metrics import schema
from crm_metrics.loaders.facts.draft import Bools, Draft, Floats, Ints
from crm_metrics.loaders.recognising import normalised
from crm_metrics.tables import ROW, SOURCE, Table
from crm_metrics.tables.frames import has_value, moments, numbers

AMOUNTS = ("cost", "impressions", "clicks", "conversions", "conversion_value", "leads")
_NEAR, _MOST = 0.01, 0.9  # costs agree within 1 %, on nine of ten days
_IMPRESSIONS = 0.05
_COMMON_SPAN = 0.8  # ranges of two reports that are so much the same have the same total
PARTED = (*AMOUNTS, "results")  # what a part of the days has a part of
LABELS = ("campaign", "ad", "channel")
_EXACT = 1e-6
_MOST_PARTS = 9  # files of which every choice is looked at
_LONGEST = 36_525  # days of one cost that are looked at


@dataclass(frozen=True)
class _Spend:
    """What a file spends by day, from the day `first` on; `daily` when each row is one day, and there are several;
    `length` is how many days a row has on average."""

    source: int
    first: int
    costs: Floats
    daily: bool
    rows: int
    length: float = 1.0

    @property
    def end(self) -> int:
        return self.first + len(self.costs)

    def between(self, first: int, end: int) -> Floats:
        return self.costs[first - self.first : end - self.first]


def leave_out(draft: Draft, table: Table) -> None:
    """Take away the costs that a file which the figures need more holds too, on the days that it covers. Files that do not
    agree are accounts of their own and add up."""
    files = draft.files(table)
    if len(files) < 2 or not table.has("cost") or not table.has("spent_at"):
        return
    spends = [spend for i in files if (spend := _spend(draft, table, i)) is not None]
    spends.sort(key=lambda spend: _rank(draft, table, spend))
    kept: list[_Spend] = []
    for spend in spends:
        for other in kept:
            if why := _agreement(draft, table, spend, other):
                _cut(draft, table, spend, other, why)
        if (rest := _spend(draft, table, spend.source)) is not None:
            kept.append(rest)
    _leave_out_overviews(draft, table, [spend.source for spend in kept])


def _leave_out_overviews(draft: Draft, table: Table, files: Sequence[int]) -> None:
    """Take away the costs of a file that are those of several others together: one file for each channel, and one for all.
    The overview counts where it has more of the columns that the figures need than each of the others."""
    if not 2 < len(files) <= _MOST_PARTS:
        return
    for i in sorted(files, key=lambda i: -_total(draft, table, i)):
        whole = _spend(draft, table, i)
        others = [spend for j in files if j != i and (spend := _spend(draft, table, j)) is not None]
        if whole is None:
            continue
        for size in range(len(others), 1, -1):
            found = next((some for some in combinations(others, size) if _is_sum(draft, table, whole, some)), None)
            if found is not None:
                _keep_one(draft, table, whole, found)
                return


def _total(draft: Draft, table: Table, source: int) -> float:
    spend = _spend(draft, table, source)
    return 0.0 if spend is None else float(spend.costs.sum())


def _is_sum(draft: Draft, table: Table, whole: _Spend, parts: Sequence[_Spend]) -> bool:
    """Whether the costs of a file are those of others together, day by day, and not by chance: on days of several amounts
    within 1 %, else to the cent. Other currencies or labels under one header are other costs."""
    summed = _together(parts)
    if summed.first < whole.first or summed.end > whole.end:
        return False
    if all(_name_others(draft, table, whole, part) for part in parts):
        return False
    left, right = whole.between(summed.first, summed.end), summed.costs
    days = (left != 0) | (right != 0)
    several = len(np.unique(np.round(left[days], 2))) > 2
    alike = _near(left, right) if several else np.abs(left - right) <= _EXACT * np.abs(right)
    return bool(days.any()) and int(alike[days].sum()) >= (_MOST if several else 1) * int(days.sum())


def _together(parts: Sequence[_Spend]) -> _Spend:
    """What several files spend by day, on all of their days."""
    first, end = min(part.first for part in parts), max(part.end for part in parts)
    costs = np.zeros(end - first)
    for part in parts:
        costs[part.first - first : part.end - first] += part.costs
    return replace(parts[0], first=first, costs=costs)


def _keep_one(draft: Draft, table: Table, whole: _Spend, parts: Sequence[_Spend]) -> None:
    summed = _together(parts)
    why = f"both come to {summed.costs.sum():,.10g}"
    if all(_rank(draft, table, whole)[0] < _rank(draft, table, part)[0] for part in parts):
        for part in parts:
            _cut(draft, table, part, whole, why)
    else:
        _cut(draft, table, whole, summed, why, " and ".join(draft.sources[part.source].path for part in parts))


def _spend(draft: Draft, table: Table, source: int) -> _Spend | None:
    """None for a file without a cost on any day."""
    frame = table.frame
    cost = numbers(frame, "cost")
    rows = np.flatnonzero((frame[SOURCE].to_numpy() == source) & has_value(frame, "spent_at") & ~np.isnan(cost))
    if not len(rows):
        return None
    first, last = days_of(draft, frame, rows)
    span = last - first + 1
    if (span > _LONGEST).any():
        return None
    start = int(first.min())
    if (span == 1).all():
        costs: Floats = np.bincount(first - start, weights=cost[rows]).astype(np.float64)
        return _Spend(source, start, costs, len(costs) > 1, len(rows))
    change = np.zeros(int(last.max()) - start + 2)
    np.add.at(change, first - start, cost[rows] / span)
    np.add.at(change, last - start + 1, -cost[rows] / span)
    return _Spend(source, start, np.cumsum(change)[:-1], False, len(rows), float(span.mean()))


def days_of(draft: Draft, frame: pd.DataFrame, rows: Ints) -> tuple[Ints, Ints]:
    """The first and the last day of each row's cost, as numbers."""
    first = draft.days(moments(frame, "spent_at")[rows]).astype("datetime64[D]").astype(np.int64)
    last = draft.days(moments(frame, "spent_to_at")[rows]).astype("datetime64[D]")
    end = np.where(np.isnat(last), first, last.astype(np.int64))
    return first, np.maximum(first, end)


def _rank(draft: Draft, table: Table, spend: _Spend) -> tuple[int, float, int, int, str]:
    """Which of several files counts: the one with most of the columns that the figures need, the one of the
    shorter times, the one with more known columns, the one with fewer rows."""
    source = draft.sources[spend.source]
    mine = table.frame[SOURCE].to_numpy() == spend.source
    schema_columns = schema.TABLES["spend"].columns
    needed = {name for name in source.columns if name in draft.needs.get("spend", ()) or name not in schema_columns}
    there = sum(name in table.frame and bool(has_value(table.frame, name)[mine].any()) for name in needed)
    return -there, spend.length, -len(source.columns), spend.rows, source.path


def _agreement(draft: Draft, table: Table, spend: _Spend, other: _Spend) -> str:
    """Why the costs of two files are the same, empty when they are not: they agree by day or, where a file has no days, in
    all. Costs of other campaigns, in other currencies or with other impressions only happen to agree."""
    first, end = max(spend.first, other.first), min(spend.end, other.end)
    if first >= end or _differ(draft, table, spend, other):
        return ""
    left, right = spend.between(first, end), other.between(first, end)
    if spend.daily and other.daily:
        days = (left != 0) | (right != 0)
        alike = int(_near(left[days], right[days]).sum())
        count = int(days.sum())
        return f"the costs agree on {alike} of {count} days" if count and alike >= _MOST * count else ""
    longest = max(len(spend.costs), len(other.costs))
    if end - first >= _COMMON_SPAN * longest:
        left, right = spend.costs, other.costs
    sums = np.array([left.sum()]), np.array([right.sum()])
    return f"both come to {sums[1][0]:,.10g}" if sums[0][0] > 0 and _near(*sums)[0] else ""


def _near(left: Floats, right: Floats) -> Bools:
    return np.abs(left - right) <= _NEAR * np.maximum(np.abs(left), np.abs(right)) + 1e-9


def _differ(draft: Draft, table: Table, spend: _Spend, other: _Spend) -> bool:
    """Whether two files are about other things, or have impressions that do not agree."""
    if _name_others(draft, table, spend, other):
        return True
    columns = [draft.sources[i].columns for i in (spend.source, other.source)]
    if (spend.first, spend.end) != (other.first, other.end) or not all("impressions" in mapped for mapped in columns):
        return False
    source = table.frame[SOURCE].to_numpy()
    impressions = numbers(table.frame, "impressions")
    shown = [float(np.nansum(impressions[source == i])) for i in (spend.source, other.source)]
    return abs(shown[0] - shown[1]) > _IMPRESSIONS * max(shown)


def _name_others(draft: Draft, table: Table, spend: _Spend, other: _Spend) -> bool:
    """Whether two files have no currency, or no label under one header, in common."""
    frame = table.frame
    source = frame[SOURCE].to_numpy()
    files = spend.source, other.source
    columns = [draft.sources[i].columns for i in files]
    for name in ("currency", *LABELS):
        if name not in frame or (name != "currency" and not is_one_header(name, *columns)):
            continue
        left, right = (set(frame.loc[source == i, name].dropna().astype(str)) for i in files)
        if left and right and not left & right:
            return True
    return False


def is_one_header(name: str, columns: dict[str, str], other: dict[str, str]) -> bool:
    return name in columns and name in other and normalised(columns[name]) == normalised(other[name])


def _cut(draft: Draft, table: Table, spend: _Spend, kept: _Spend, why: str, where: str = "") -> None:
    """Take the days that another file covers out of a file's rows: whole rows, or the parts of them that lie within."""
    frame = table.frame
    rows = np.flatnonzero((frame[SOURCE].to_numpy() == spend.source) & has_value(frame, "spent_at"))
    first, last = days_of(draft, frame, rows)
    inside = (first >= kept.first) & (last < kept.end)
    gone = np.zeros(len(frame), dtype=bool)
    gone[rows[inside]] = True
    draft.report("same-spend", table, gone, other=where or draft.sources[kept.source].path, why=why)
    partly = rows[~inside & (first < kept.end) & (last >= kept.first)]
    ever = np.iinfo(np.int64).max
    parts = [days_between(draft, frame, partly, *days) for days in ((-ever, kept.first - 1), (kept.end, ever))]
    removed = np.setdiff1d(frame[ROW].to_numpy()[gone], np.concatenate([part[ROW].to_numpy() for part in parts]))
    if len(removed):
        draft.sources[spend.source].left_out["same-spend"] += len(removed)
    stays = ~gone
    stays[partly] = False
    table.frame = pd.concat([frame[stays], *(part for part in parts if len(part))], ignore_index=True)


def days_between(
    draft: Draft, frame: pd.DataFrame, rows: Ints, start: int, end: int, weight: float = 1.0
) -> pd.DataFrame:
    """The parts of costs on the days from `start` to `end`, with their share of every amount, times a weight."""
    first, last = days_of(draft, frame, rows)
    begin, until = np.maximum(first, start), np.minimum(last, end)
    there = begin <= until
    part = frame.iloc[rows[there]].copy()
    share = weight * (until - begin + 1)[there] / (last - first + 1)[there]
    shift = (begin - first)[there].astype("timedelta64[D]"), (until - last)[there].astype("timedelta64[D]")
    for name in PARTED:
        if name in part:
            part[name] = numbers(part, name) * share
    part["spent_at"] = part["spent_at"].to_numpy() + shift[0].astype("timedelta64[us]")
    if "spent_to_at" in part:
        part["spent_to_at"] = part["spent_to_at"].to_numpy() + shift[1].astype("timedelta64[us]")
    return part
