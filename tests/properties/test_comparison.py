"""The compared value is what a report of the compared period says; of figures that follow records, what it said at the
same age (test_same_age)."""

from __future__ import annotations

import math

import pytest

from crm_metrics.metrics.metric import Unit
from crm_metrics.reporting.report import Report

from .conftest import Reports
from .exports import FEW, Exports, of_seed, sample
from .figures import CATALOG, SHOWN, close, is_amount, leaves, some, text

IN_CURRENCIES = {metric.name for metric in SHOWN if any(is_amount(leaf) for leaf in leaves(metric))}
Place = tuple[str | None, ...]


def given(number: float) -> float | None:
    return None if math.isnan(number) else number


def values(report: Report, period: str | None = None) -> dict[Place, float | None]:
    """Values by metric, segment and currency, those of one of several periods where it is given."""
    dims = [*report.by, *report.per]
    rows = report.rows if period is None else report.rows[report.rows["period"] == period]
    columns = (rows[name].tolist() for name in ("metric", *dims, "currency", "value"))
    return {tuple(map(text, place)): given(value) for *place, value in zip(*columns, strict=True)}


def wrong_comparisons(reports: Reports, exports: Exports, period: str, compare: str, by: list[str]) -> list[object]:
    report = reports(exports, period, by=by, compare=compare)
    labels = report.rows["compare_period"].dropna().unique()
    if by == ["month"]:  # of which each is what it is alone (test_parts_alone)
        months = reports(exports, f"{min(labels)}..{max(labels)}", by=by)
        earlier = {label: values(months, label) for label in labels}
    else:
        earlier = {label: values(reports(exports, label, by=by)) for label in labels}
    dims = [*report.by, *report.per]
    wrong: list[object] = []
    names = ("metric", *dims, "currency", "compare_period", "value", "compare_value", "change", "change_pct")
    for *place, label, value, before, change, share in zip(
        *(report.rows[name].tolist() for name in names), strict=True
    ):
        metric = CATALOG[str(place[0])]
        place = [text(cell) for cell in place]
        value, before, change, share = map(given, (value, before, change, share))
        alone = earlier.get(label, {})
        expected = alone.get(tuple(place))
        if tuple(place) not in alone and before == 0 and metric.name in IN_CURRENCIES and place[-1] is not None:
            expected = 0.0  # nothing in this currency then
        if place[-1] is None and metric.name in IN_CURRENCIES and not value:
            # Nothing, or 0, is in no currency: it may stand beside an earlier value in any, or beside none.
            before_in_any = [found for other, found in alone.items() if other[:-1] == tuple(place[:-1])]
            expected = next((found for found in before_in_any if close(found, before)), None)
        if CATALOG.follows(metric):
            expected = before
        difference = value - before if value is not None and before is not None else None
        relative = difference / before if difference is not None and before and before > 0 else None
        if metric.unit in (Unit.PERCENT, Unit.POINTS):
            relative = None
        if not (close(expected, before) and close(difference, change) and close(relative, share)):
            wrong.append((period, label, place, value, before, expected, change, share))
    return wrong


ASKED = [
    ("2024-03", "previous", False),
    ("2024-03", "year-ago", True),
    ("2024-Q2", "previous", True),
    ("2024-02-10..2024-04-20", "previous", False),
    ("2024-04", "2024-Q1", False),
    ("2024", "2023-10..2024-01", False),
]


@pytest.mark.parametrize("seed", FEW)
def test_the_compared_value_is_that_of_a_report_of_the_compared_period(reports: Reports, seed: int) -> None:
    """Each question is put to two of the three."""
    exports = of_seed(seed)
    has_owner = reports.has(exports, "owner")
    start = 2 * FEW.index(seed)
    wrong = [
        row
        for period, compare, by_owner in [*ASKED, *ASKED][start : start + 4]
        for row in wrong_comparisons(reports, exports, period, compare, ["owner"] if by_owner and has_owner else [])
    ]

    assert [] == some(wrong)


@pytest.mark.parametrize("seed", FEW)
def test_each_month_is_compared_with_its_own_earlier_month(reports: Reports, seed: int) -> None:
    assert [] == some(wrong_comparisons(reports, of_seed(seed), "2024-01..2024-05", "previous", ["month"]))


@pytest.mark.parametrize(
    ("period", "compare"), [("2025-Q3", "previous"), ("2026-01", "year-ago"), ("2025", "previous")]
)
def test_the_sample_data_is_compared_with_what_it_was(reports: Reports, period: str, compare: str) -> None:
    assert [] == some(wrong_comparisons(reports, sample(), period, compare, ["owner"]))


def test_what_adds_up_all_that_has_come_so_far_is_neither_better_nor_worse(reports: Reports) -> None:
    """The later figure holds the earlier one in it, and a change of one customer would be beyond chance."""
    rows = reports(sample(), "2025-12", compare="previous").rows
    judged = rows[rows["signal"].notna()].set_index("metric")["signal"].to_dict()
    so_far = {name for name in judged if any(part.window == "to_end" for part in CATALOG.parts([CATALOG[name]]))}

    assert so_far
    assert {judged[name] for name in so_far} == {"cannot tell"}
    assert {judged[name] for name in judged.keys() - so_far} > {"cannot tell", "no detectable change"}
