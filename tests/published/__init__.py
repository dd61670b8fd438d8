"""Figures others have published, or that were computed without this tool from the same files: shared/data/README.md."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest

from crm_metrics import api
from crm_metrics.reporting.report import Report
from tests.conftest import TODAY, figures, shared


@cache
def found(*names: str, period: str = "all", **asked: Any) -> dict[tuple[str, ...], float]:
    """The figures of real exports; `by` and `metrics` are lists in one text, separated by commas."""
    given = figures(*map(shared, names), period=period, **_lists(asked))
    # Where one metric has products, those of the others are NaN.
    return {tuple(part for part in key if isinstance(part, str)): value for key, value in given.items()}


@cache
def report_of(*names: str, period: str = "all", **asked: Any) -> Report:
    """The report of real exports."""
    return api.report([shared(name) for name in names], period=period, today=TODAY, **_lists(asked))


def _lists(asked: dict[str, Any]) -> dict[str, Any]:
    """What was asked, with lists where the report takes lists."""
    return {name: [value] if name in ("by", "metrics") else value for name, value in asked.items()}


def by_key(given: dict[tuple[str, ...], float]) -> dict[str, float]:
    """The figures by the last part of their key: the period, the segment or, without these, the metric."""
    return {key[-1]: value for key, value in given.items()}


def rounded(expected: Any, digits: int) -> Any:
    """Equal to what was published with so many digits behind the point."""
    return pytest.approx(expected, rel=0, abs=0.500001 * 10**-digits)


def percent(expected: dict[Any, float], digits: int) -> Any:
    """Equal to percentages that were published with so many digits; ours are fractions."""
    return rounded({key: value / 100 for key, value in expected.items()}, digits + 2)


def issues(report: Report, code: str) -> dict[str, int]:
    """How many rows of each file an issue touches."""
    return {Path(issue.path).name: issue.count for issue in report.issues if issue.code == code}


def reason(report: Report, metric: str) -> str | None:
    """Why a metric has no value; None when it has one."""
    rows = report.rows[report.rows["metric"] == metric]
    (status,) = set(rows["status"])
    return rows["reason"].iloc[0] if status == "unavailable" else None
