"""Counts, which are shown without limits, look at their customers only where something is compared with them."""

from __future__ import annotations

from pathlib import Path

import pytest

from crm_metrics import api
from crm_metrics.intervals import limits

SAMPLE = str(Path(__file__).parents[2] / "sample_data")


@pytest.mark.parametrize(
    ("asked", "is_compared"), [({"by": ["month", "team"], "compare": "none"}, False), ({"by": ["team"]}, True)]
)
def test_the_customers_behind_a_count_matter_only_where_it_is_compared(
    asked: dict[str, object], is_compared: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    scores, seen = limits.scores, []
    monkeypatch.setattr(
        limits, "scores", lambda engine, metric, *more: seen.append(metric.name) or scores(engine, metric, *more)
    )
    report = api.report([SAMPLE], period="2025-Q4", metrics=["tickets_created"], **asked)
    assert report.rows["value"].sum() > 100
    assert ("tickets_created" in seen) == is_compared
