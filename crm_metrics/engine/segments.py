"""Segments: the combinations of values of some dimensions, numbered the same way for every table."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from crm_metrics.engine.cells import Bools, Codes, Ints
from crm_metrics.errors import NothingToReport, UsageError, did_you_mean
from crm_metrics.tables import NONE, Table
from crm_metrics.tables.arrays import taken


def has_all(table: Table, dims: Iterable[str]) -> bool:
    return all(table.has(dim) for dim in dims)


_FEW = 1 << 22


class Segments:
    """The segments of some dimensions over all tables that have them. `labels` holds one tuple of values per segment, in
    order, a missing value as `(none)` and last. With `keep`, all other segments are one: the `rest`. Of tables in `chosen`
    only these rows count."""

    def __init__(
        self,
        dims: tuple[str, ...],
        tables: Mapping[str, Table],
        *,
        keep: tuple[tuple[str, ...], ...] = (),
        rest: str = "",
        chosen: Mapping[str, Bools] | None = None,
    ) -> None:
        self.dims = dims
        having = {name: table.frame for name, table in tables.items() if has_all(table, dims)}
        values = [_values(frame[dim] for frame in having.values()) for dim in dims]
        sizes = [len(names) + 1 for names in values]
        coded = {name: _coded(frame, dims, values, sizes) for name, frame in having.items()}
        codes_of = {name: table.distinct((chosen or {}).get(name)) for name, table in coded.items()}
        used = np.unique(np.concatenate([np.zeros(0, dtype=np.int64), *codes_of.values()]))
        places = np.unravel_index(used, sizes) if dims else ()
        named = [np.array([*names, NONE], object)[place].tolist() for names, place in zip(values, places, strict=True)]
        labels: list[tuple[str, ...]] = list(zip(*named, strict=True)) if dims else [()]
        target: Codes = np.arange(len(used), dtype=np.int32)
        if keep:
            labels, target = _merged(labels, keep, rest)
        self.labels = labels
        self._codes = {name: table.placed(used, target) for name, table in coded.items()}
        self._present = {name: np.zeros(len(self.labels), dtype=bool) for name in coded}
        for name, codes in codes_of.items():
            self._present[name][target[np.searchsorted(used, codes)] if dims else slice(None)] = True

    def __len__(self) -> int:
        return len(self.labels)

    def codes(self, table: str) -> Codes:
        """The segment of each row of a table."""
        return self._codes[table]

    def present(self, table: str) -> Bools:
        """Which segments have any row in a table."""
        return self._present[table]

    def place(self, segment: Mapping[str, str]) -> int | None:
        """Where the segment with a value for each dimension stands; None where no row is in it."""
        label = tuple(segment[dim] for dim in self.dims)
        return self.labels.index(label) if label in self.labels else None

    def place_of(self, segment: Mapping[str, str]) -> int:
        """Where it stands. Raises `UsageError` for a value that no row has, `NothingToReport` where none has all of them."""
        for at, dim in enumerate(self.dims):
            names = sorted({label[at] for label in self.labels})
            if segment[dim] not in names:
                raise UsageError(f"no {dim} is called {segment[dim]!r}. {did_you_mean(segment[dim], names)}")
        if (place := self.place(segment)) is None:
            raise NothingToReport(
                f"there is no record of {', '.join(f'{dim} {name}' for dim, name in segment.items())}"
            )
        return place

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


@dataclass(frozen=True)
class _Coded:
    """The rows of a table as places in a short list of codes; with `codes` None they are the codes themselves."""

    rows: Codes
    codes: Codes | None
    size: int

    def distinct(self, chosen: Bools | None = None) -> Codes:
        """The codes that occur, in all rows or in chosen ones, in order."""
        if chosen is not None:
            return _Coded(self.rows[chosen], self.codes, self.size).distinct()
        if self.codes is not None:
            return np.unique(self.codes[_there(self.rows, len(self.codes))])
        return np.flatnonzero(_there(self.rows, self.size)) if self.size <= _FEW else np.unique(self.rows)

    def placed(self, used: Codes, target: Codes) -> Codes:
        """For each row the target at the place of its code among the used ones."""
        codes = self.rows if self.codes is None else self.codes
        if self.size > _FEW and len(used):
            place = target[np.searchsorted(used, np.minimum(codes, used[-1]))]
        else:
            every = np.zeros(self.size, dtype=np.int32)
            every[used] = target
            place = taken(every, codes)
        return place if self.codes is None else taken(place, self.rows)


def _coded(frame: pd.DataFrame, dims: tuple[str, ...], values: list[list[str]], sizes: list[int]) -> _Coded:
    size = math.prod(sizes)
    if len(dims) == 1:
        return _Coded(*_codes(frame[dims[0]], values[0]), size)
    kind: type[np.signedinteger[Any]] = np.int32 if size < 2**31 else np.int64
    code: Codes = np.zeros(len(frame), dtype=kind)
    for dim, names, count in zip(dims, values, sizes, strict=True):
        rows, codes = _codes(frame[dim], names)
        code = (code * count + taken(codes, rows)).astype(kind, copy=False)
    return _Coded(code, None, size)


def _there(codes: Codes, size: int) -> Bools:
    """Which of the codes from 0 up occur; -1 is the last."""
    there = np.zeros(size, dtype=bool)
    there[codes] = True
    return there


def _values(columns: Iterable[pd.Series[Any]]) -> list[str]:
    """The values in the order of the alphabet; those that a table has an order for in that order, before the others."""
    texts_found: set[str] = set()
    order: dict[str, int] = {}
    for column in columns:
        values = column.cat.categories if isinstance(column.dtype, pd.CategoricalDtype) else column.dropna().unique()
        texts = [_text(value) for value in values.tolist()]
        texts_found.update(texts)
        if isinstance(column.dtype, pd.CategoricalDtype) and column.cat.ordered:
            order = {text: place for place, text in enumerate(texts)}
    return sorted(texts_found, key=lambda value: (order.get(value, len(order)), value.casefold(), value))


def _text(value: object) -> str:
    if isinstance(value, bool | np.bool_):
        return "true" if value else "false"
    return str(value)


def _codes(column: pd.Series[Any], values: list[str]) -> tuple[Codes, Codes]:
    """Each row's place in a list, and that list: of places among the known values, behind the last for a missing one."""
    place = {value: i for i, value in enumerate(values)}
    category = column if isinstance(column.dtype, pd.CategoricalDtype) else column.astype("category")
    places = [place[_text(value)] for value in category.cat.categories.tolist()]
    lookup = np.array([*places, len(values)], dtype=np.int32)
    rows: Codes = np.asarray(category.cat.codes)
    return rows, lookup
