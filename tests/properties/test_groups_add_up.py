"""Segments, "(none)" among them, add up to the total; so do days to weeks and months, and months to quarters and years."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import pytest

from .conftest import Reports
from .exports import FEW, Exports, dimensions, of_seed, sample
from .figures import ADDITIVE, CATALOG, FLOWS, Figure, disagreements, figures, some

PERIODS = ("2024-03", "2023-11-05..2024-04-20")
SAMPLE_DIMENSIONS = (
    "owner",
    "region",
    "team",
    "source",
    "campaign",
    "country",
    "industry",
    "segment",
    "plan",
    "product",
)
NAMES = [metric.name for metric in ADDITIVE]
Rows = list[tuple[str | None, Figure]]


def unequal_groups(
    reports: Reports, exports: Exports, period: str, by: tuple[str, ...], among: Sequence[str]
) -> list[object]:
    """Additive metrics whose segments do not add up to the metric without segments; `among` are the dimensions that are
    loaded, for the segments of all of these."""
    total = reports(exports, period, metrics=NAMES)
    grouped = reports(exports, period, by=by, metrics=NAMES, loaded=reports.dataset(exports, among, NAMES))
    wholes: dict[tuple[str, tuple[str | None, ...]], Rows] = defaultdict(list)
    parts: dict[tuple[str, tuple[str | None, ...]], Rows] = defaultdict(list)
    for key, figure in figures(total).items():
        own = dict(zip(total.per, key.segment, strict=True))
        wholes[key.metric, tuple(own[dim] for dim in CATALOG[key.metric].per)].append((key.currency, figure))
    for key, figure in figures(grouped).items():
        own = dict(zip((*grouped.by, *grouped.per), key.segment, strict=True))
        parts[key.metric, tuple(own[dim] for dim in CATALOG[key.metric].per)].append((key.currency, figure))
    wrong: list[object] = []
    for metric in ADDITIVE:
        mine = {place: rows for place, rows in parts.items() if place[0] == metric.name}
        if all(figure.reason == "missing-column" for rows in mine.values() for _, figure in rows):
            continue  # its table lacks the dimension, or there is no table
        for place in {**mine, **{place: rows for place, rows in wholes.items() if place[0] == metric.name}}:
            # A table without any row has no segment: one row says so, where the total is a real 0.
            problems = disagreements(metric, wholes[place], parts[place], ("missing-values", "no-rows"))
            wrong += [(period, by, *place, problem) for problem in problems]
    return wrong


@pytest.mark.parametrize("seed", FEW)
def test_the_segments_of_every_dimension_add_up_to_the_total(reports: Reports, seed: int) -> None:
    exports = of_seed(seed)
    dims = dimensions(exports)
    asked = [*((dim,) for dim in dims), tuple(dims[seed % 3 : seed % 3 + 2])]
    wrong = [part for by in asked for part in unequal_groups(reports, exports, PERIODS[seed % 2], by, dims)]

    assert [] == some(wrong)


@pytest.mark.parametrize("dim", SAMPLE_DIMENSIONS)
def test_the_segments_of_the_sample_data_add_up_to_the_total(reports: Reports, dim: str) -> None:
    period = ("2025-Q3", "2024")[SAMPLE_DIMENSIONS.index(dim) % 2]

    assert [] == some(unequal_groups(reports, sample(), period, (dim,), SAMPLE_DIMENSIONS))


def unequal_times(
    reports: Reports, exports: Exports, period: str, fine: str, coarse: str, dims: tuple[str, ...]
) -> list[object]:
    """Flows whose finer units do not add up to the coarser ones they lie in."""
    names = [metric.name for metric in FLOWS]
    small = reports(exports, period, by=[fine, *dims], metrics=names)
    large = reports(exports, period, by=[coarse, *dims], metrics=names)
    starts = dict(zip(small.rows["period"], small.rows["start"], strict=True))
    spans = {row.period: (row.start, row.end) for row in large.rows.itertuples()}
    within = {
        unit: next(label for label, (first, last) in spans.items() if first <= start <= last)
        for unit, start in starts.items()
    }
    wholes: dict[tuple[str, str, tuple[str | None, ...]], Rows] = defaultdict(list)
    parts: dict[tuple[str, str, tuple[str | None, ...]], Rows] = defaultdict(list)
    for key, figure in figures(large).items():
        wholes[key.metric, key.period, key.segment].append((key.currency, figure))
    for key, figure in figures(small).items():
        parts[key.metric, within[key.period], key.segment].append((key.currency, figure))
    flows = {metric.name: metric for metric in FLOWS}
    wrong: list[object] = []
    for place in {**wholes, **parts}:
        if place[0] in flows:
            # A day outside what its table covers has no value; the month around it may have one.
            lacking, spread = (
                ("missing-values", "no-rows", "not-covered"),
                flows[place[0]].table in ("spend", "lead_counts"),
            )
            problems = disagreements(flows[place[0]], wholes[place], parts[place], lacking, shared=spread)
            wrong += [(fine, *place, problem) for problem in problems]
    return wrong


CHAIN = (("day", "week"), ("day", "month"), ("month", "quarter"), ("quarter", "year"))


@pytest.mark.parametrize("seed", FEW)
def test_days_add_up_to_months_and_months_to_quarters(reports: Reports, seed: int) -> None:
    exports = of_seed(seed)
    dims = ("owner",) if seed % 2 and reports.has(exports, "owner") else ()
    wrong = [
        part
        for fine, coarse in CHAIN
        for part in unequal_times(
            reports,
            exports,
            "2024-02-10..2024-05-20" if fine == "day" else "2023-11-10..2024-05-20",
            fine,
            coarse,
            dims,
        )
    ]

    assert [] == some(wrong)


@pytest.mark.parametrize(("fine", "coarse"), CHAIN)
def test_days_of_the_sample_data_add_up(reports: Reports, fine: str, coarse: str) -> None:
    wrong = unequal_times(reports, sample(), "2025-05-10..2025-12-31", fine, coarse, ())

    assert [] == some(wrong)
