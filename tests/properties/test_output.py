"""What programs read: no NaN, no infinity, and a status and a reason that agree with the value."""

from __future__ import annotations

import csv
import io
import json
import math

import pytest

from crm_metrics import writers
from crm_metrics.book import Book
from crm_metrics.commands.report.book import book
from crm_metrics.engine.cells import REASONS
from crm_metrics.errors import UsageError
from crm_metrics.metrics.metric import Metric, Unit
from crm_metrics.reporting.report import Report

from .conftest import Reports
from .exports import FEW, of_seed, sample
from .figures import CATALOG, SHOWN, some

NUMBERS = ("value", "low", "high", "n", "compare_value", "change", "change_pct", "target", "attainment")
NUMBERS += ("rank_low", "rank_high")


def made_of_money(metric: Metric) -> bool:
    """Whether amounts go into a metric: a share of money, too, is given per currency where there are several."""
    return any(part.is_money for part in CATALOG.parts([metric]))


def inconsistent(report: Report) -> list[object]:
    """Rows whose status, reason, value, n or currency do not agree."""
    wrong = []
    names = ("metric", "value", "n", "status", "reason", "complete", "currency")
    for row in zip(*(report.rows[name].tolist() for name in names), strict=True):
        metric, value, n, status, reason, complete, currency = row
        missing = math.isnan(value)
        given = reason if isinstance(reason, str) else None
        ok = (status == "unavailable") == missing
        ok &= status in ("ok", "partial", "unavailable")
        ok &= given is None or (given in REASONS and given != "")
        ok &= (given is not None) if missing else given in (None, "immature-cohort")
        ok &= missing or status == ("partial" if not complete or given == "immature-cohort" else "ok")
        ok &= n >= 0 and not math.isinf(value)
        ok &= not isinstance(currency, str) or made_of_money(CATALOG[metric])
        if CATALOG[metric].unit is Unit.COUNT and CATALOG[metric].aggregate in ("count", "distinct") and not missing:
            ok &= value == int(value) >= 0
        if not ok:
            wrong.append(row)
    return [*wrong, *report.unavailable(report.metrics).get("no figure", ())]  # a figure without a value says why


def written(made: Book, form: str) -> str:
    text = writers.write(made, form)
    assert isinstance(text, str)
    return text


def refuse(constant: str) -> float:
    raise AssertionError(f"{constant} in JSON")


def is_no_number(cell: str) -> bool:
    try:
        return bool(cell) and not math.isfinite(float(cell))
    except ValueError:
        return True


def broken_cells(report: Report) -> list[object]:
    """Cells of the forms for programs that are no finite number where a number belongs, or differ between the forms."""
    wrong: list[object] = []
    made = book(report)
    separated = {
        form: list(csv.DictReader(io.StringIO(written(made, form), newline=""), delimiter=sign))
        for form, sign in (("csv", ","), ("tsv", "\t"))
    }
    objects = {
        "json": json.loads(written(made, "json"), parse_constant=refuse)["rows"],
        "jsonl": [json.loads(line, parse_constant=refuse) for line in written(made, "jsonl").splitlines()],
    }
    for form, rows in separated.items():
        wrong += [(form, name, row) for row in rows for name in NUMBERS if is_no_number(row[name])]
        wrong += [
            (form, row)
            for row in rows
            for cell in row.values()
            if cell.casefold() in ("nan", "inf", "-inf", "<na>", "nat")
        ]
    if not len(report.rows) == len(separated["csv"]) == len(objects["json"]):
        wrong.append("rows are lost")
    if separated["csv"] != separated["tsv"] or objects["json"] != objects["jsonl"]:
        wrong.append("the forms differ")
    for plain, typed, exact in zip(separated["csv"], objects["json"], report.rows["value"].tolist(), strict=True):
        value = typed["value"]
        if (plain["value"] == "") != (value is None) or (value is not None and float(plain["value"]) != value):
            wrong.append((plain, typed))
        if value is not None and value != exact:
            wrong.append(("does not read back", value, exact))
    return wrong


PERIODS = dict(zip(FEW, ("2030", "2024-Q2", "1999-12"), strict=True))


@pytest.mark.parametrize("seed", FEW)
def test_status_reason_and_value_agree_and_every_cell_is_finite(reports: Reports, seed: int) -> None:
    exports = of_seed(seed)
    dims = ["owner"] if reports.has(exports, "owner") else []
    made = [reports(exports, period, compare="previous") for period in ("2024-03", "all", PERIODS[seed])]
    made += [reports(exports, "2023-11..2024-06", by=["month", *dims], compare="year-ago")]

    assert [] == some(row for report in made for row in inconsistent(report))
    assert [] == some(cell for report in made for cell in broken_cells(report))


@pytest.mark.parametrize("by", [[], ["owner"], ["month", "campaign"], ["quarter", "product"]])
def test_the_sample_data_is_written_without_a_gap(reports: Reports, by: list[str]) -> None:
    report = reports(sample(), "2025-05..2026-03", by=by, compare="previous")

    assert [] == some(inconsistent(report))
    assert [] == some(broken_cells(report))


@pytest.mark.parametrize("seed", FEW)
def test_no_two_rows_are_of_one_metric_period_segment_and_currency(reports: Reports, seed: int) -> None:
    exports = of_seed(seed)
    dims = ["owner"] if reports.has(exports, "owner") else []
    keys = ["metric", "period", *dims, "lost_reason", "stage", "product", "currency"]
    rows = reports(exports, "2024-01..2024-04", by=["month", *dims]).rows

    assert [] == rows.loc[rows.duplicated(keys, keep=False), keys].to_numpy().tolist()


@pytest.mark.parametrize("name", ["status", "currency"])
def test_a_segment_named_like_a_column_of_the_report_is_refused_or_kept_apart(reports: Reports, name: str) -> None:
    exports = of_seed(1)
    try:
        report = reports(exports, "2024-Q1", by=[name])
    except UsageError:
        return

    assert len(report.columns) == len(set(report.columns))


@pytest.mark.parametrize("seed", FEW)
def test_a_plain_report_has_every_metric_that_is_not_private(reports: Reports, seed: int) -> None:
    report = reports(of_seed(seed), "2024-03")

    assert [metric.name for metric in SHOWN] == list(dict.fromkeys(report.rows["metric"]))


@pytest.mark.parametrize("seed", FEW)
def test_whatever_has_no_value_anywhere_is_explained(reports: Reports, seed: int) -> None:
    report = reports(of_seed(seed), "2024-03")
    given = set(report.rows.loc[report.rows["status"] != "unavailable", "metric"])

    assert {metric.name for metric in SHOWN} - given == set(report.missing)
    assert [] == [name for name, words in report.missing.items() if not words.strip()]
