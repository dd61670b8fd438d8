"""One mutant through the whole house: which outcome it has, and whether that is one a user may meet."""

from __future__ import annotations

import random
import signal
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from crm_metrics import api, writers
from crm_metrics.commands.report.book import book
from crm_metrics.errors import CrmMetricsError
from crm_metrics.tables import ROW, SOURCE, Dataset
from tests.fuzz import commands
from tests.fuzz.mutators import mutant

LONGEST = 5.0
TODAY = date(2026, 11, 1)
COMMANDS_SHARE = 0.3


@dataclass(frozen=True)
class Outcome:
    """`said` is the command or the error's class; `wrong` is what may not happen, empty when all is well."""

    seed: int
    said: str
    seconds: float
    wrong: str = ""


class HangError(Exception):
    """A mutant took longer than it may."""


def run(seed: int) -> Outcome:
    """The outcome of the mutant with this seed."""
    with TemporaryDirectory() as folder:
        for name, data in mutant(seed).items():
            (Path(folder) / name).write_bytes(data)
        start, busy = time.perf_counter(), time.process_time()
        try:
            with _limited(4 * LONGEST):
                said, wrong = _asked(folder, seed)
        except CrmMetricsError as error:
            said, wrong = type(error).__name__, _unclear(error)
        except Exception:
            said, wrong = "traceback", traceback.format_exc().strip()
        # What others do on the same machine does not count.
        seconds = min(time.perf_counter() - start, time.process_time() - busy)
    if seconds > LONGEST and not wrong:
        wrong = f"took {seconds:.1f} s"
    return Outcome(seed, said, seconds, wrong.replace(folder, ""))


def _asked(folder: str, seed: int) -> tuple[str, str]:
    """A report, or of some seeds another command: chosen apart, so that the reports of the other seeds stay as they were."""
    rng, apart = random.Random(seed), random.Random(f"command {seed}")
    if apart.random() >= COMMANDS_SHARE:
        return _reported(folder, rng)
    name, dataset = commands.asked(apart, sorted(str(path) for path in Path(folder).iterdir()), TODAY)
    return name, "" if dataset is None else "\n".join(lost(dataset))


def _reported(folder: str, rng: random.Random) -> tuple[str, str]:
    question: dict[str, Any] = {"period": rng.choice(("all", "all", "all", "2024", "2025-03"))}
    if rng.random() < 0.3:
        question["by"] = [rng.choice(("month", "owner", "customer"))]
    # By their names, as a user would give them: in a folder, files are chosen by their ending.
    paths = sorted(str(path) for path in Path(folder).iterdir()) if rng.random() < 0.7 else [folder]
    asked = api.query(**question)
    dataset = api.load(paths, asked, today=TODAY)
    wrong = lost(dataset)
    report = api.compute(dataset, asked, strict=False)
    writers.write(book(report), rng.choice(commands.BOOK_FORMATS))
    return "report", "\n".join(wrong)


def lost(dataset: Dataset) -> list[str]:
    """The sources whose rows are not used plus left out, or whose used rows are not those in the tables."""
    wrong = []
    for source in dataset.sources:
        if source.rows != source.used + sum(source.left_out.values()) or source.used < 0:
            wrong.append(f"{source.path}: {source.rows} rows, {source.used} used, {dict(source.left_out)} left out")
        if min(source.left_out.values(), default=1) < 1:
            wrong.append(f"{source.path}: left out {dict(source.left_out)}")
        if source.table in dataset.tables:
            frame = dataset.tables[source.table].frame
            there = frame.loc[(frame[SOURCE] == source.index).to_numpy(), ROW].nunique()
            if there != source.used:
                wrong.append(f"{source.path}: {source.used} rows used, {there} in the table {source.table}")
    return wrong


def _unclear(error: CrmMetricsError) -> str:
    """A complaint when the message would break a terminal or names nothing."""
    text = str(error)
    return "" if text.strip() and len(text) < 20_000 else f"unclear message: {text[:300]!r}"


@contextmanager
def _limited(seconds: float) -> Iterator[None]:
    """Ends what takes longer, where the operating system can."""
    if not hasattr(signal, "setitimer"):
        yield
        return

    def stop(*_: object) -> None:
        raise HangError(f"longer than {seconds} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
