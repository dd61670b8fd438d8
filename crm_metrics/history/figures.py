"""The figures of a report as a history keeps them, and when two of them differ."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from crm_metrics.metrics.catalog import Catalog

if TYPE_CHECKING:
    from crm_metrics.reporting.report import Report

ALL = "all"
GONE = "gone"  # the status of a figure whose segment is no longer in the report
_YOUNG = {"immature-cohort", "censored-median"}  # reasons that time alone takes away
_SAME = 1e-12  # below this, relative to the figure, a difference is the order in which a computer added


@dataclass(frozen=True)
class Group:
    """Figures that a run computes together: a metric in a period, over some dimensions. `kind` is `all` for the period of
    that name, which also counts rows without a date; `dims` are names parted by commas."""

    metric: str
    start: str
    end: str
    kind: str
    complete: bool
    dims: str


@dataclass(frozen=True)
class Figure:
    """One figure; `segment` is JSON of dimension and label, `value` None where it is not available."""

    segment: str
    currency: str
    value: float | None
    n: int
    status: str
    reason: str

    @property
    def counts(self) -> bool:
        """Whether there is something to miss: a value that rests on records."""
        return self.value is not None and (self.n > 0 or self.value != 0)


def nothing(like: Figure) -> Figure:
    """The figure of a segment that is not there."""
    return Figure(like.segment, like.currency, None, 0, GONE, "")


def same(old: Figure, new: Figure) -> bool:
    """Whether two figures have the same value, or both have none."""
    if old.value is None or new.value is None:
        return old.value is None and new.value is None
    return old.currency == new.currency and math.isclose(old.value, new.value, rel_tol=_SAME, abs_tol=1e-9)


def restated(old: Figure, new: Figure) -> bool:
    """Whether the later figure says something else than the earlier one; what was too young to tell may change."""
    if any(figure.status == "partial" or figure.reason in _YOUNG for figure in (old, new)) or same(old, new):
        return False
    return (old.counts or new.counts) if GONE in (old.status, new.status) else True


def figures_of(report: Report, catalog: Catalog) -> dict[Group, list[Figure]]:
    """The figures of a report by group. Left aside: what the files have no column for, and the row of the rest of `--top`,
    which is another one with every number of segments."""
    by = [*report.by, *report.per]
    moving = {
        metric.name for metric in report.metrics if any(part.window == "always" for part in catalog.parts([metric]))
    }
    frame = report.rows[report.rows["reason"].fillna("") != "missing-column"]
    groups: dict[Group, list[Figure]] = {}
    for row in frame.to_dict("records"):
        labels = {name: str(row[name]) for name in by if not pd.isna(row[name])}
        if report.rest and report.rest in labels.values():
            continue
        kind = ALL if row["period"] == ALL else ""
        complete = bool(row["complete"]) and (kind == ALL or row["metric"] not in moving)
        # Figures of some rows are none of all, nor of others.
        dims = ",".join([*sorted(labels), *([f"where {report.where}"] if report.where else [])])
        group = Group(row["metric"], row["start"], row["end"], kind, complete, dims)
        value = None if pd.isna(row["value"]) or not math.isfinite(row["value"]) else float(row["value"])
        figure = Figure(
            json.dumps(labels, sort_keys=True),
            "" if pd.isna(row["currency"]) else str(row["currency"]),
            value,
            int(row["n"]),
            str(row["status"]),
            "" if pd.isna(row["reason"]) else str(row["reason"]),
        )
        groups.setdefault(group, []).append(figure)
    return groups


def pairs(old: Iterable[Figure], new: Iterable[Figure], *, came: bool, went: bool) -> list[tuple[Figure, Figure]]:
    """Each earlier figure with the later one of its segment: by currency where a segment has several. One that has no
    partner stands with nothing; `came` and `went` say whether that means anything, as it does not after `--top`."""
    before, after = _by_segment(old), _by_segment(new)
    matched = []
    for segment in dict.fromkeys([*before, *after]):
        was, is_now = before.get(segment, {}), after.get(segment, {})
        if len(was) == len(is_now) == 1:
            matched.append((next(iter(was.values())), next(iter(is_now.values()))))
            continue
        for currency in dict.fromkeys([*was, *is_now]):
            earlier, later = was.get(currency), is_now.get(currency)
            if earlier and later:
                matched.append((earlier, later))
            elif earlier and went:
                matched.append((earlier, nothing(earlier)))
            elif later and came:
                matched.append((nothing(later), later))
    return matched


def _by_segment(figures: Iterable[Figure]) -> dict[str, dict[str, Figure]]:
    by_segment: dict[str, dict[str, Figure]] = {}
    for figure in figures:
        by_segment.setdefault(figure.segment, {})[figure.currency] = figure
    return by_segment
