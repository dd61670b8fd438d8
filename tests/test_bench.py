"""The benchmark makes what a report can be made of, and every stage of it runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import bench
from tests.cli.running import crm_metrics


def test_the_files_are_recognised_and_the_same_each_time(tmp_path: Path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        bench.make(tmp_path / name, 200)
    done = crm_metrics("report", str(tmp_path / "a"), "-p", "2025", "-f", "csv", "-q")
    assert {"win_rate", "nps", "tickets_created"} <= {name for name, value in done.values.items() if value}
    assert all(one.read_bytes() == (tmp_path / "b" / one.name).read_bytes() for one in (tmp_path / "a").iterdir())


@pytest.mark.parametrize("stage", ["parse floor (Arrow)", "report of a month"])
def test_a_stage_runs_in_a_process_of_its_own(stage: str, tmp_path: Path):
    bench.make(tmp_path, 200)
    seconds, megabytes = bench.run(bench.STAGES[stage], tmp_path)
    assert (seconds > 0, megabytes > 10) == (True, True)


def test_ratios_are_to_the_floor_and_to_pandas():
    lines = bench.table([("floor", 2.0, 100.0), ("pandas", 4.0, 200.0), ("report", 3.0, 150.0)]).splitlines()
    assert lines[-1] == "| report | 3.00 | 150 | 1.50 | 0.75 |"
