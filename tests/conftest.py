"""What tests share: exports written from text, and the folder of real ones."""

from __future__ import annotations

import gc
import os
from datetime import date
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the program has it; before anything imports numpy

import pytest
from hypothesis import settings

from crm_metrics import api
from crm_metrics.settings import Settings
from crm_metrics.tables import Dataset

SHARED = Path(__file__).parents[2] / "shared" / "data"
TODAY = date(2026, 11, 1)
settings.register_profile("any machine", deadline=None)  # what is slow on a busy machine is no mistake
settings.load_profile("any machine")


def shared(name: str) -> str:
    """The path of a real export; the test is skipped, by name, where the folder is absent."""
    path = SHARED / name
    if not path.exists():
        pytest.skip(f"the real exports are not here: shared/data/{name}")
    return str(path)


def write_tables(folder: Path, tables: dict[str, str]) -> dict[str, str]:
    """One CSV file per table, cells trimmed; the table of each path."""
    paths = {}
    for name, text in tables.items():
        path = folder / f"{name}.csv"
        lines = [",".join(cell.strip() for cell in line.split(",")) for line in text.strip().splitlines()]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        paths[str(path)] = name
    return paths


def load_tables(folder: Path, tables: dict[str, str], asked: api.Query) -> Dataset:
    """A dataset made of tables given as text with canonical column names."""
    paths = write_tables(folder, tables)
    return api.load(list(paths), asked, today=TODAY, tables=paths)


def figures(*paths: str, settings: Settings | None = None, **asked: object) -> dict[tuple[str, ...], float]:
    """The available values of a report by metric, period and segment (what of these varies)."""
    report = api.report(list(paths), settings=settings, today=TODAY, **asked)  # type: ignore[arg-type]
    rows = report.rows[report.rows["status"] != "unavailable"]
    keys = ["metric", *(["period"] if report.grain else []), *report.by, *report.per]
    return {
        tuple(part for part in key if part is not None): value
        for *key, value in rows[[*keys, "value"]].itertuples(index=False, name=None)
    }


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> object:
    """With `-n`, neighbours stay together: what the tests of a module load once is loaded by one process, not by each."""
    from xdist.scheduler import WorkStealingScheduling

    return WorkStealingScheduling(config, log)


def pytest_collection_finish() -> None:
    """Thousands of collected tests stay to the end: looking through them for garbage again and again shows nothing, and
    the program itself looks for it hardly ever."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update", action="store_true", help="write the expected output of the vendors' exports anew")
