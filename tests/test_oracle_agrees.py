"""The engine against a slow, independent oracle in plain Python, on random tables."""

from __future__ import annotations

import math
from datetime import date
from pathlib import Path

import pytest

from crm_metrics import api
from crm_metrics.settings import validated

from .conftest import TODAY
from .oracle.figures import NotCoveredError
from .oracle.metrics import METRICS, compute
from .oracle.random_tables import as_csv, make

PERIODS = {
    "2024-03": (date(2024, 3, 1), date(2024, 4, 1)),
    "2024-Q1": (date(2024, 1, 1), date(2024, 4, 1)),
    "2024-05-10..2024-06-20": (date(2024, 5, 10), date(2024, 6, 21)),
}


@pytest.mark.parametrize("seed", range(40))
@pytest.mark.parametrize("period", PERIODS)
def test_the_engine_agrees_with_the_oracle(seed: int, period: str, tmp_path: Path) -> None:
    tables, settings = make(seed)
    as_of = settings["as_of"]
    given = {name: value for name, value in settings.items() if value is not None}
    paths = {}
    for name, text in as_csv(tables).items():
        path = tmp_path / f"{name}.csv"
        path.write_text(text, encoding="utf-8")
        paths[str(path)] = name
    asked = api.query(period=period, metrics=METRICS, settings=validated(given, "test"))
    report = api.compute(api.load(list(paths), asked, today=TODAY, tables=paths), asked, strict=False)
    rows = report.rows.set_index("metric")
    differences = []
    for metric in METRICS:
        try:
            expected = compute(tables, metric, *PERIODS[period], as_of, settings=settings)
        except NotCoveredError:
            continue
        row = rows.loc[metric]
        value = None if row["status"] == "unavailable" else float(row["value"])
        if expected.value is None or value is None:
            same = expected.value is value and expected.reason in (row["reason"], "?")
        else:
            same = math.isclose(value, expected.value, rel_tol=1e-9, abs_tol=1e-9)
            same = same and expected.partial == (row["status"] == "partial")
        if not same:
            differences.append((metric, expected, value, row["status"], row["reason"]))

    assert [] == differences
