"""What tests share: exports written from text, and the folder of real ones."""

from __future__ import annotations

import gc
import inspect
import os
from collections import OrderedDict
from collections.abc import Callable
from datetime import date
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the program has it; before anything imports numpy

import pytest
from hypothesis import settings

from crm_metrics import api
from crm_metrics.session import Session
from crm_metrics.settings import Settings
from crm_metrics.tables import Dataset

SHARED = Path(__file__).parents[2] / "shared" / "data"
SAMPLE = Path(__file__).parents[1] / "sample_data"
TODAY = date(2026, 11, 1)
Result = TypeVar("Result")
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
    report = api.report(list(paths), settings=settings, today=TODAY, **{"compare": "none", **asked})  # type: ignore[arg-type]
    rows = report.rows[report.rows["status"] != "unavailable"]
    keys = ["metric", *(["period"] if report.grain else []), *report.by, *report.per]
    return {
        tuple(part for part in key if part is not None): value
        for *key, value in rows[[*keys, "value"]].itertuples(index=False, name=None)
    }


class Kept:
    """The sample data and the real exports as they were read, for whoever asks the same of them again: hundreds of tests do,
    and a dataset is a value, as is an inventory. Whatever decides what is read is part of the question; a file that was
    changed, or one that a test wrote, is read, and so is every file by a test that patches the program."""

    most = 24  # datasets: those of a few neighbouring modules
    opened = ("files", "_recogniser")  # what sessions of the same files share, whatever is read of them
    reads_anew = False

    def __init__(self) -> None:
        self._known = {_state(path) for path in SAMPLE.iterdir()}
        self._results: OrderedDict[object, Any] = OrderedDict()
        self._sessions: dict[object, dict[str, Any]] = {}
        Session._read = self._keeping(Session._read)  # type: ignore[method-assign]
        Session.inventory = self._keeping(Session.inventory)  # type: ignore[method-assign]

    def _keeping(self, read: Callable[..., Result]) -> Callable[..., Result]:
        @wraps(read)
        def kept(session: Session, *need: object) -> Result:
            asked = None if self.reads_anew else self._asked(session, read.__name__, *need)
            if asked is None:
                return read(session, *need)
            if asked not in self._results:
                state, same = vars(session), self._asked(session)
                state |= {name: value for name, value in self._sessions.get(same, {}).items() if name not in state}
                self._results[asked] = read(session, *need)
                self._sessions = {same: {name: state[name] for name in self.opened if name in state}}
            self._results.move_to_end(asked)
            if len(self._results) > self.most:
                self._results.popitem(last=False)
            return self._results[asked]

        return kept

    def _asked(self, session: Session, *what: object) -> object | None:
        """All that decides what is read; None where files lie elsewhere."""
        states: list[object] = []
        for path in map(Path, session.paths):
            files = sorted(path.iterdir()) if path.is_dir() else [path] if path.is_file() else []
            if not files or not all(SHARED in file.parents or _state(file) in self._known for file in files):
                return None
            states += map(_state, files)
        how = (repr(session.settings), session.today, tuple(session.tables.items()), session.metrics_file)
        return (session.paths, tuple(states), *what, *how)


def _state(file: Path) -> tuple[str, int, int]:
    status = file.stat()
    return file.name, status.st_size, status.st_mtime_ns


KEPT = Kept()


def pytest_runtest_setup(item: pytest.Item) -> None:
    KEPT.reads_anew = isinstance(item, pytest.Function) and "monkeypatch" in inspect.signature(item.function).parameters


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
