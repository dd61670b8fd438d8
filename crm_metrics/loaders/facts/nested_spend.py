"""Reports of one range of days that hold what other files have for days within it: a quarter beside its months."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm_metrics.loaders.facts.draft import Draft, Ints
from crm_metrics.loaders.facts.same_spend import LABELS, PARTED, days_between, days_of, is_one_header
from crm_metrics.tables import ROW, SOURCE, Table
from crm_metrics.tables.frames import has_value, numbers

_ROUNDING = 0.01


@dataclass(frozen=True)
class _Report:
    """A file's rows with a cost, and the first and the last of their days; `is_one` where each row has all these days."""

    source: int
    rows: Ints
    first: int
    last: int
    is_one: bool

    @property
    def length(self) -> int:
        return self.last - self.first + 1

    def holds(self, other: _Report) -> bool:
        return self.first <= other.first and other.last <= self.last and other.length < self.length

    def meets(self, other: _Report) -> bool:
        return self.first <= other.last and other.first <= self.last


def subtract(draft: Draft, table: Table) -> None:
    """Leave to a report of one range what no other file holds: its amounts less those of the same campaigns on days within
    it, on the days that remain. A file with another campaign, or with more cost of one, is no part of it."""
    files = draft.files(table)
    if len(files) < 2 or not table.has("cost") or not table.has("spent_at"):
        return
    reports = [report for i in files if (report := _report(draft, table, i)) is not None]
    for longer in sorted((report for report in reports if report.is_one), key=lambda report: report.length):
        _subtract(draft, table, longer.source, [report.source for report in reports])


def _report(draft: Draft, table: Table, source: int) -> _Report | None:
    """None for a file without a cost on any day."""
    frame = table.frame
    there = has_value(frame, "spent_at") & has_value(frame, "cost")
    rows = np.flatnonzero((frame[SOURCE].to_numpy() == source) & there)
    if not len(rows):
        return None
    first, last = days_of(draft, frame, rows)
    is_one = bool((first == first[0]).all() and (last == last[0]).all())
    return _Report(source, rows, int(first.min()), int(last.max()), is_one)


def _subtract(draft: Draft, table: Table, source: int, files: Sequence[int]) -> None:
    frame = table.frame
    longer = _report(draft, table, source)
    if longer is None:
        return
    names = [name for name in PARTED if name in frame]
    parts: list[_Report] = []
    labels: list[str] = []
    whole = left = pd.DataFrame()
    for other in (report for i in files if (report := _report(draft, table, i)) is not None and longer.holds(report)):
        mine = _labels(draft, frame, longer, other)
        if not mine or (parts and (mine != labels or any(map(other.meets, parts)))):
            continue
        if not parts:
            labels, whole = mine, _sums(frame, longer, mine, names)
            left = whole
        sums = _sums(frame, other, labels, names)
        rest = left.sub(sums, fill_value=0)
        if sums.index.isin(whole.index).all() and (rest["cost"] >= whole["cost"] * -_ROUNDING).all():
            left = rest
            parts.append(other)
    if parts:
        hit = np.zeros(len(frame), dtype=bool)
        hit[longer.rows] = True
        paths = " and ".join(draft.sources[part.source].path for part in parts)
        draft.report("spend-in-parts", table, hit, other=paths)
        keys = _keys(frame.iloc[longer.rows], labels)
        share = (left / whole).clip(lower=0).fillna(0).reindex(pd.MultiIndex.from_frame(keys))
        _put(draft, table, longer, parts, share)


def _put(draft: Draft, table: Table, longer: _Report, parts: Sequence[_Report], share: pd.DataFrame) -> None:
    """Write what is left of the longer report on the days that no part covers, in proportion to them."""
    frame, rows = table.frame, longer.rows
    for name in map(str, share):
        values = numbers(frame, name).copy()
        values[rows] *= share[name].to_numpy()
        frame[name] = values
    edges = [longer.first - 1, *sorted(edge for part in parts for edge in (part.first, part.last)), longer.last + 1]
    gaps = [
        (before + 1, after - 1) for before, after in zip(edges[::2], edges[1::2], strict=True) if after - before > 1
    ]
    free = sum(last - first + 1 for first, last in gaps)
    rest = [days_between(draft, frame, rows, first, last, longer.length / free) for first, last in gaps]
    if not rest:
        draft.sources[longer.source].left_out["same-spend"] += len(np.unique(frame[ROW].to_numpy()[rows]))
    table.frame = pd.concat([frame.drop(index=frame.index[rows]), *rest], ignore_index=True)


def _labels(draft: Draft, frame: pd.DataFrame, longer: _Report, shorter: _Report) -> list[str]:
    """The columns by which both reports name what was paid for, under one header in both."""
    columns = [draft.sources[report.source].columns for report in (longer, shorter)]
    labels = [name for name in LABELS if name in frame and is_one_header(name, *columns)]
    return [*labels, "currency"] if labels and "currency" in frame else labels


def _sums(frame: pd.DataFrame, report: _Report, labels: Sequence[str], names: Sequence[str]) -> pd.DataFrame:
    """What was paid and reached by label."""
    rows = frame.iloc[report.rows]
    keys = _keys(rows, labels)
    sums = rows[[*names]].astype(float).groupby([keys[name] for name in labels]).sum()
    return sums.set_axis(pd.MultiIndex.from_frame(sums.index.to_frame()))  # of a single label too


def _keys(rows: pd.DataFrame, labels: Sequence[str]) -> pd.DataFrame:
    return pd.DataFrame({name: rows[name].astype("str").where(rows[name].notna(), "") for name in labels})
