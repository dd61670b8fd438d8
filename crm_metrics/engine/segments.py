"""Segments: the combinations of values of some dimensions, numbered the same way for every table."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from crm_metrics.engine.cells import Bools, Codes, Ints
from crm_metrics.tables import NONE, Table


def has_all(table: Table, dims: Iterable[str]) -> bool:
    return all(table.has(dim) for dim in dims)


_FEW = 1 << 22


class Segments:
    """The segments of some dimensions over all tables that have them. `labels` holds one tuple of values per segment, in
    order, a missing value as `(none)` and last. With `keep`, all other segments are one: the `rest`."""

    def __init__(
        self,
        dims: tuple[str, ...],
        tables: Mapping[str, Table],
        *,
        keep: tuple[tuple[str, ...], ...] = (),
        rest: str = "",
    ) -> None:
        self.dims = dims
        self._present: dict[str, Bools] = {}
        having = {name: table.frame for name, table in tables.items() if has_all(table, dims)}
        values = [_values(frame[dim] for frame in having.values()) for dim in dims]
        sizes = [len(known) + 1 for known in values]
        raw: dict[str, Codes] = {}
        kind: type[np.signedinteger[Any]] = np.int32 if math.prod(sizes) < 2**31 else np.int64
        for name, frame in having.items():
            parts = [
                _codes(frame[dim], known).astype(kind, copy=False) for dim, known in zip(dims, values, strict=True)
            ]
            code: Codes = parts[0] if parts else np.zeros(len(frame), dtype=kind)
            for part, size in zip(parts[1:], sizes[1:], strict=True):
                code = (code * size + part).astype(kind, copy=False)
            raw[name] = code
        used = _used(raw.values(), math.prod(sizes))
        labels = [_label(code, values, sizes) for code in used.tolist()]
        target: Codes = np.arange(len(used), dtype=np.int32)
        if keep:
            labels, target = _merged(labels, keep, rest)
        self.labels: list[tuple[str, ...]] = labels if dims else [()]
        self._codes = (
            {name: _placed(used, code, math.prod(sizes), target) for name, code in raw.items()} if dims else raw
        )

    def __len__(self) -> int:
        return len(self.labels)

    def codes(self, table: str) -> Codes:
        """The segment of each row of a table."""
        return self._codes[table]

    def present(self, table: str) -> Bools:
        """Which segments have any row in a table."""
        if table not in self._present:
            found = np.zeros(len(self), dtype=bool)
            found[self._codes[table] if self.dims else slice(None)] = True
            self._present[table] = found
        return self._present[table]

    def within(self, coarse: Segments) -> Ints:
        """For each segment its place among coarser segments, whose dimensions are the first of these."""
        place = {label: i for i, label in enumerate(coarse.labels)}
        return np.array([place[label[: len(coarse.dims)]] for label in self.labels], dtype=np.int64)


def _merged(
    labels: list[tuple[str, ...]], keep: tuple[tuple[str, ...], ...], rest: str
) -> tuple[list[tuple[str, ...]], Codes]:
    """The labels with all that do not begin with a kept one made one, last; and the new place of each old label."""
    width = len(keep[0])
    rank = {label: place for place, label in enumerate(keep)}
    other = (rest, *[""] * (width - 1))
    named = [label if label[:width] in rank else (*other, *label[width:]) for label in labels]
    merged = sorted(dict.fromkeys(named), key=lambda label: rank.get(label[:width], len(keep)))
    place = {label: i for i, label in enumerate(merged)}
    return merged, np.array([place[label] for label in named], dtype=np.int32)


def _used(codes: Iterable[Codes], size: int) -> Ints:
    """The codes that occur, in order."""
    if size <= _FEW:
        found = np.zeros(size, dtype=bool)
        for code in codes:
            found[code] = True
        return np.flatnonzero(found)
    return np.unique(np.concatenate([np.zeros(0, dtype=np.int64), *codes]))


def _placed(used: Ints, code: Codes, size: int, target: Codes) -> Codes:
    """What stands for each code: the target at its place among those that occur."""
    if size <= _FEW:
        place = np.zeros(size, dtype=np.int32)
        place[used] = target
        return place[code]
    return target[np.searchsorted(used, code)]


def _values(columns: Iterable[pd.Series[Any]]) -> list[str]:
    """The values in the order of the alphabet; those that a table has an order for in that order, before the others."""
    found: set[str] = set()
    order: dict[str, int] = {}
    for column in columns:
        known = column.cat.categories if isinstance(column.dtype, pd.CategoricalDtype) else column.dropna().unique()
        texts = [_text(value) for value in known]
        found.update(texts)
        if isinstance(column.dtype, pd.CategoricalDtype) and column.cat.ordered:
            order = {text: place for place, text in enumerate(texts)}
    return sorted(found, key=lambda value: (order.get(value, len(order)), value.casefold(), value))


def _text(value: object) -> str:
    if isinstance(value, bool | np.bool_):
        return "true" if value else "false"
    return str(value)


def _codes(column: pd.Series[Any], known: list[str]) -> Codes:
    """Each row's place among the known values; the place behind the last for a missing one."""
    place = {value: i for i, value in enumerate(known)}
    category = column if isinstance(column.dtype, pd.CategoricalDtype) else column.astype("category")
    lookup = np.array([place[_text(value)] for value in category.cat.categories] + [len(known)], dtype=np.int32)
    return lookup[category.cat.codes.to_numpy()]


def _label(code: int, values: list[list[str]], sizes: list[int]) -> tuple[str, ...]:
    label: list[str] = []
    for known, size in zip(reversed(values), reversed(sizes), strict=True):
        code, place = divmod(code, size)
        label.append(known[place] if place < len(known) else NONE)
    return tuple(reversed(label))
