"""A figure that is asked for without the others is the figure of the whole report."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from crm_metrics import schema
from crm_metrics.metrics import catalog
from crm_metrics.metrics.checking import columns_of
from tests.cli.conftest import SAMPLE
from tests.cli.running import crm_metrics

LISTED = [line.split()[0] for line in crm_metrics("metrics").out.splitlines() if line.startswith("  ")]
CATALOG = catalog.built_in()


def read_for(name: str) -> frozenset[tuple[str, frozenset[str]]]:
    """The columns of each table that are read for a metric."""
    parts = [part for part in CATALOG.parts([CATALOG[name]]) if part.aggregate]
    wanted = {(part.table, column) for part in parts for column in (*columns_of(part), *part.per)}
    wanted |= {(part.table, part.outcome_at) for part in parts if part.outcome_at}
    return frozenset((table, frozenset(columns)) for table, columns in schema.inputs(wanted).items())


def read_alike() -> list[list[str]]:
    """All metrics, those together for which the same is read."""
    alike: dict[object, list[str]] = defaultdict(list)
    for name in LISTED:
        if CATALOG[name].shown != "on-request":
            alike[read_for(name)].append(name)
    return list(alike.values())


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


@pytest.mark.parametrize("names", read_alike(), ids=" ".join)
def test_alone_it_is_the_same(whole: Any, names: list[str]):
    """What is read depends on the question. That a metric is the same without others that read the same is a property
    (test_parts_alone)."""
    wanted = {name: rows_of(whole, name) for name in names}
    given = [name for name in names if any(row["status"] != "unavailable" for row in wanted[name])]
    if lacking := [name for name in names if name not in given]:
        assert crm_metrics(*asked("-m", ",".join(lacking))).refusal == (4, "", False)
    if given:
        alone = crm_metrics(*asked("-m", ",".join(given)))
        assert (alone.code, alone.err) == (0, "")
        assert {name: rows_of(alone.json, name) for name in given} == {name: wanted[name] for name in given}
        assert alone.json["as_of"] == whole["as_of"]


@pytest.mark.parametrize(
    "by", ["owner", "team", "plan", "campaign", "source", "country", "segment", "industry", "product"]
)
def test_every_dimension_of_the_sample_data_can_be_reported_by(folder: Path, by: str):
    done = crm_metrics("report", str(SAMPLE), "-p", "2025-Q4", "--by", by, "--compare", "none", "-f", "csv", "-q")
    assert (done.code, done.err) == (0, "")
    assert len({row[by] for row in done.rows if row["value"]}) > 1
