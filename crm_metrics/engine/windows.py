"""Windows of time: half-open stretches between two instants, in microseconds since 1970 (UTC)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from crm_metrics.engine.cells import Ints

Scope = frozenset[tuple[str, str]]
DAY = 86_400_000_000


@dataclass(frozen=True)
class Window:
    """[start, end); `months` its length; `is_all` marks the window of everything, which has no start to compare with;
    `values` are the named values of formulas that differ by period, `scoped` those of single segments, by name and scope
    (dimension and value); `shifted` are the [start, end) of the windows that are moved back by a named number of days, or
    to the period before; `whole_end` is the end of the period that as-of has cut. `cuts` are the window as single tables
    know it that end earlier than others; `is_compared` marks one that is only there to be compared with.
    `then` are the instants, by table, up to which what became of its records counts, where it is looked at as it stood at
    an age; with `only_followed` nothing is asked of it but figures that follow records to what became of them. `past` are
    the periods before, which tell how much they differ by themselves."""

    start: int
    end: int
    months: float = 1.0
    is_all: bool = False
    values: Mapping[str, float] = field(default_factory=dict)
    scoped: Mapping[tuple[str, Scope], float] = field(default_factory=dict)
    shifted: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    whole_end: int | None = None
    cuts: Mapping[str, Window] = field(default_factory=dict)
    is_compared: bool = False
    then: Mapping[str, int] = field(default_factory=dict)
    only_followed: bool = False
    past: tuple[Window, ...] = ()


@dataclass(frozen=True)
class Layer:
    """Windows that do not overlap, in order of time, with their places in the whole list."""

    places: Ints
    starts: Ints
    ends: Ints


def layers(bounds: Sequence[tuple[int, int]]) -> list[Layer]:
    """The windows as few layers of disjoint, ordered ones, so that a row falls into at most one window of a layer. Empty
    windows (start not before end) are in none."""
    order = sorted((i for i, (start, end) in enumerate(bounds) if start < end), key=lambda i: bounds[i])
    groups: list[list[int]] = []
    for place in order:
        for group in groups:
            if bounds[group[-1]][1] <= bounds[place][0]:
                group.append(place)
                break
        else:
            groups.append([place])
    edges = np.array(bounds, dtype=np.int64)
    return [Layer(np.array(group, dtype=np.int64), edges[group, 0], edges[group, 1]) for group in groups]
