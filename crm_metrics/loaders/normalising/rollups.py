"""Rows of a spend file that hold what others of the same time hold in parts: all channels, all countries, a campaign above
its ad sets. They carry the dates of what they sum up, so only the figures tell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import compress

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from crm_metrics.loaders.coercing.columns import Texts
from crm_metrics.loaders.normalising.file import File
from crm_metrics.loaders.normalising.total_words import ALL, ALONE, by_word, has_letters
from crm_metrics.loaders.stretches import COLUMNS
from crm_metrics.schema import NUMERIC, Kind
from crm_metrics.tables.frames import Bools, Floats

Ints = NDArray[np.int64]

_ROUNDING, _CENT = 1e-4, 0.0051  # a sum or mean as a spreadsheet shows it
_MOST = 0.9  # of the rows under one label must be sums
_USUAL = 0.5  # of the times of others have a row of all, where three amounts do not prove it
_BLANK, _SURE = 1, 2  # a cell that may stand for all the others of its column: blank or naming a total; a word for it
_MOST_LEVELS = 4
_DIFFERENT = 3  # sums of different amounts that are no chance where no word says that they are sums


def near(left: Floats, right: Floats) -> Bools:
    return np.abs(left - right) <= np.maximum(_ROUNDING * np.abs(right), _CENT)


def rollups(file: File, texts: Mapping[int, Texts], names: Mapping[int, str], cost: Floats, gone: Bools) -> Bools:
    """The rows that hold the costs of others again, those left out that are `gone` already. A row whose label is blank or a
    word for all stands above the rows that share its other cells; any label does that is the sum of all the others of its
    time, again and again, and one of several that all come to the same."""
    labels, times = _columns(file, texts, names)
    hit = np.zeros(len(cost), dtype=bool)
    if not labels or len(cost) < 3:
        return hit
    codes = np.stack([texts[at].codes.astype(np.int64) for at in (*labels, *times)])
    wild = np.stack([_stands_for_all(texts[at], file, is_time=at in times) for at in (*labels, *times)])
    bits = (1 << np.arange(len(wild)))[:, None]
    for least in (_SURE, _BLANK):
        pattern = ((wild >= least) * bits).sum(axis=0)
        for above in sorted(set(pattern.tolist()) - {0}, key=lambda pattern: (int(pattern).bit_count(), pattern)):
            left = ~gone & ~hit & ~np.isnan(cost)
            parent = left & (pattern == above)
            child = left & (pattern != above) & ((pattern & above) == pattern)
            shared = codes[(above & bits[:, 0]) == 0]
            hit |= _sums(parent, child, shared, cost, is_said=least == _SURE)
    nothing = ((wild == _SURE) | (codes < 0))[: len(labels)].all(axis=0)  # the total of a report, of all of its days
    left = ~gone & ~hit & ~np.isnan(cost)
    if np.count_nonzero(left & nothing) == 1:
        hit |= _sums(left & nothing, left & ~nothing, codes[:0], cost, is_said=True)
    for place in range(len(labels)):
        others = np.where(gone | hit, np.nan, cost)
        hit |= _by_figures(codes[place], np.delete(codes, place, axis=0), others)
        hit |= _levels(codes[place], codes[len(labels) :], others)
    return hit


def above_all(
    file: File, texts: Mapping[int, Texts], names: Mapping[int, str], cost: Floats
) -> Iterator[tuple[int, Bools]]:
    """The columns with rows that a word for all names and that cost more than the others of their time together, with these
    rows: they may hold the others and more, or be one of them."""
    labels, times = _columns(file, texts, names)
    time = _groups(np.array([texts[at].codes for at in times], dtype=np.int64), len(cost))
    there = ~np.isnan(cost)
    for at in labels:
        is_all = there & (texts[at].codes >= 0) & (_stands_for_all(texts[at], file, is_time=False) == _SURE)
        rest = there & ~is_all
        whole, others = (np.bincount(time, np.where(rows, cost, 0)) for rows in (is_all, rest))
        both = (np.bincount(time, is_all) == 1) & (np.bincount(time, rest) > 1)
        if both.any() and np.count_nonzero(whole[both] > others[both]) >= _MOST * np.count_nonzero(both):
            yield at, is_all


def _columns(file: File, texts: Mapping[int, Texts], names: Mapping[int, str]) -> tuple[list[int], list[int]]:
    """The columns of labels by which the rows differ, and those that say of which time a row is."""
    labels, times = [], []
    for at, column in texts.items():
        name = names.get(at, "")
        if name in COLUMNS or file.kind(name) is Kind.DATE:
            times.append(at)
        elif name != "currency" and file.kind(name) not in {*NUMERIC, Kind.BOOL}:
            words = np.count_nonzero(has_letters(column.values))
            labels += [at] if words > 1 or (words and (column.codes < 0).any()) else []
    return labels, times


def _stands_for_all(column: Texts, file: File, *, is_time: bool) -> NDArray[np.int8]:
    word = by_word(column.values, file.layout.total_rows)
    said = np.where((word == ALL) | (word == ALONE), _SURE, np.where((word > 0) & (not is_time), _BLANK, 0))
    return column.spread(said.astype(np.int8), np.int8(_BLANK))


def _sums(parent: Bools, child: Bools, shared: Ints, cost: Floats, *, is_said: bool) -> Bools:
    """The parents of which nine of ten cost what the children with the same shared cells do. Where no word says that they
    are sums, two at least are of different amounts and one is of several children; else few are without children, and half
    of all children have one, unless three amounts agree."""
    none = np.zeros_like(parent)
    if not parent.any() or not child.any():
        return none
    group = _groups(shared, len(cost))
    total = np.bincount(group, weights=np.where(child, cost, 0.0))[group].astype(np.float64)
    count = np.bincount(group, weights=child)[group]
    has_parts = parent & (count > 0) & ((cost != 0) | (total != 0))
    agrees = has_parts & near(cost, total)
    if not agrees.any() or np.count_nonzero(agrees) < _MOST * np.count_nonzero(has_parts):
        return none
    different, several = len(np.unique(cost[agrees])), bool((count[agrees] > 1).any())
    without_parts = np.count_nonzero(parent & (cost != 0)) > np.count_nonzero(agrees) / _MOST
    is_rare = np.isin(np.unique(group[child]), group[parent]).mean() < _USUAL
    if (without_parts or is_rare) and different < _DIFFERENT if is_said else different < 2 or not several:
        return none
    return parent & (count > 0)


def _groups(shared: Ints, count: int) -> Ints:
    if not len(shared):
        return np.zeros(count, dtype=np.int64)
    return pd.DataFrame(shared.T).groupby(list(range(len(shared))), sort=False).ngroup().to_numpy().astype(np.int64)


def _levels(label: Ints, times: Ints, cost: Floats) -> Bools:
    """The rows of the labels that all come to the same at each time, with different amounts, but for the label of the most
    rows: campaigns, and the ad sets that they are made of."""
    there = ~np.isnan(cost) & (label >= 0)
    rows = pd.DataFrame({"label": label, "time": _groups(times, len(cost)), "cost": cost})[there]
    count = rows["label"].value_counts()
    none = np.zeros_like(there)
    if not 1 < len(count) <= _MOST_LEVELS or count.nunique() < 2:
        return none
    sums = rows.pivot_table(index="time", columns="label", values="cost", aggfunc="sum", fill_value=0).to_numpy()
    if len(np.unique(np.round(sums[:, 0], 2))) < _DIFFERENT or not near(sums, sums[:, :1]).all():
        return none
    return there & (label != count.index[0])


def _by_figures(label: Ints, shared: Ints, cost: Floats) -> Bools:
    """The rows of a label that in every group costs half of all, beside several others and with different amounts."""
    there = ~np.isnan(cost)
    group = _groups(shared, len(cost))
    total = np.bincount(group, weights=np.where(there, cost, 0.0))[group]
    count = np.bincount(group, weights=there)[group]
    half = there & (label >= 0) & (count > 2) & (cost != 0) & near(cost, total / 2)
    rows = pd.DataFrame({"label": label, "half": half, "cost": cost})[there & (label >= 0)]
    by_label = rows.groupby("label")["half"].all()
    different = rows[rows["half"]].groupby("label")["cost"].nunique()
    found = [name for name in compress(by_label.index, by_label) if different[name] >= _DIFFERENT]
    return half & np.isin(label, found)
