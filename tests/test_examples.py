"""The hand-worked examples of the catalogue."""

from __future__ import annotations

from pathlib import Path

import pytest

from crm_metrics import api
from crm_metrics.metrics import catalog
from crm_metrics.metrics.metric import Example, Metric
from crm_metrics.settings import validated

from .conftest import load_tables

CASES = [
    pytest.param(metric, example, id=f"{metric.name}-{number}")
    for metric in catalog.built_in().listed()
    for number, example in enumerate(metric.examples, start=1)
]


def digits(number: float) -> int:
    """How many decimals a number is written with."""
    text = repr(number)
    return 0 if text.endswith(".0") else len(text.partition(".")[2])


@pytest.mark.parametrize(("metric", "example"), CASES)
def test_a_worked_example_gives_what_it_says(metric: Metric, example: Example, tmp_path: Path) -> None:
    given = dict(example.settings or {}) | ({"as_of": example.as_of} if example.as_of else {})
    asked = api.query(period=example.period, metrics=[metric.name], settings=validated(given, "example"))
    report = api.compute(load_tables(tmp_path, example.tables, asked), asked, strict=False)
    rows = report.rows
    for dimension, value in (example.of or {}).items():
        rows = rows[rows[dimension] == value]

    assert len(rows) == 1
    row = rows.iloc[0]
    if example.gives is None:
        assert (example.reason, "unavailable") == (row["reason"], row["status"])
    else:
        assert row["status"] != "unavailable", row["reason"]
        assert example.gives == pytest.approx(round(float(row["value"]), digits(example.gives)), abs=1e-9)


def test_every_metric_that_is_shown_has_an_example() -> None:
    without = [metric.name for metric in catalog.built_in().listed() if not metric.examples]

    assert without == []
