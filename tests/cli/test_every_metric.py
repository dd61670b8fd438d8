"""A figure that is asked for alone is the figure of the whole report."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from crm_metrics.metrics import catalog
from tests.cli.conftest import SAMPLE
from tests.cli.running import crm_metrics

LISTED = [line.split()[0] for line in crm_metrics("metrics").out.splitlines() if line.startswith("  ")]
NAMES = [name for name in LISTED if not catalog.built_in()[name].on_request]
DIMENSIONS = {"lost_reason", "stage", "product"}


def asked(*options: str) -> tuple[str, ...]:
    return ("report", str(SAMPLE), "-p", "2025-11", "-f", "json", "-q", *options)


@pytest.fixture(scope="module")
def whole() -> Any:
    """The whole report: all metrics in one run."""
    return crm_metrics(*asked()).json


def rows_of(report: Any, name: str) -> list[dict[str, Any]]:
    """The rows of a metric without the dimensions that only others have."""
    rows = [row for row in report["rows"] if row["metric"] == name]
    return [{key: cell for key, cell in row.items() if cell is not None or key not in DIMENSIONS} for row in rows]


@pytest.mark.parametrize("name", NAMES)
def test_alone_it_is_the_same(whole: Any, name: str):
    alone = crm_metrics(*asked("-m", name))
    wanted = rows_of(whole, name)
    if all(row["status"] == "unavailable" for row in wanted):
        assert alone.refusal == (4, "", False)
        return
    assert (alone.code, alone.err) == (0, "")
    assert rows_of(alone.json, name) == wanted
    assert alone.json["as_of"] == whole["as_of"]


@pytest.mark.parametrize(
    "by", ["owner", "team", "plan", "campaign", "source", "country", "segment", "industry", "product"]
)
def test_every_dimension_of_the_sample_data_can_be_reported_by(folder: Path, by: str):
    done = crm_metrics("report", str(SAMPLE), "-p", "2025-Q4", "--by", by, "-f", "csv", "-q")
    assert (done.code, done.err) == (0, "")
    assert len({row[by] for row in done.rows if row["value"]}) > 1
